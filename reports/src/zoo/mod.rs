//! The page about a zoo, from the metadata of its weight files alone.

mod last_cut;
mod metadata;
mod training;

use crate::error::ReportError;
use crate::figures::zoo_figure;
use crate::markdown_page::MarkdownPage;
use crate::quantity::{count, fixed, times};
use cospike_models::zoo::{Branch, Series, Spread, WeightFile, Zoo, splits};
use cospike_results::store::whole_file::Kind;
pub(crate) use metadata::row;
use metadata::{float32_bits, said};
use std::collections::BTreeSet;

/// How to tell a page about a zoo.
const PAGE: Kind =
    Kind { name: "page of CoSpike about a zoo", start: "# The zoo\n", mark: "made by `cospike zoo page" };
/// Renders the page about `zoo`; equal zoos give equal bytes.
///
/// # Errors
/// [`ReportError::Drawing`].
pub fn zoo_page(zoo: &Zoo) -> Result<MarkdownPage, ReportError> {
    let branches = zoo.branches();
    let mut page = MarkdownPage::new("zoo.md", PAGE, introduction(zoo));
    page.add(&backbones(&branches));
    for architecture in architectures(&branches) {
        let own: Vec<&Branch<'_>> = branches.iter().filter(|branch| name(branch) == Some(architecture)).collect();
        page.add(&format!("## Units of {architecture}\n\n"));
        if let Some(figure) = zoo_figure(architecture, &own)? {
            page.show(figure);
        }
        page.add(&units(&own));
    }
    page.add(&last_cut::section(&branches));
    page.add(&training::section(zoo));
    page.add(&every_network(&branches));
    Ok(page)
}

fn introduction(zoo: &Zoo) -> String {
    let size: usize = zoo.weight_files().iter().map(WeightFile::size).sum();
    format!(
        "# The zoo\n\n\
         The trained networks that ship: {} files, {} MB. This page is made by `cospike zoo page docs` from what the files \
         say of themselves; `cospike zoo verify` measures every accuracy and payload again, each network as it runs cut in two. \
         The epoch of each was chosen on validation images that were held out of the training images. How to train these again, or networks on other images, is in [training.md](training.md); what was tried and \
         did not work in [notes/training.md](notes/training.md).\n\n\
         A *unit* is a bottleneck unit at a split point with the tail that was trained with it; its head is the backbone's, but for layers that \
         were trained with the unit where *Training* says so. \
         Kinds: *spiking* (SpikeBottleNet: one bit per value in each of T steps), *float* (BottleNet: 8-bit values and JPEG), \
         *binary* (a float network with 1-bit activations at the cut: one bit per value) and *quantised* (the spiking network \
         without time: quantisers of some levels in the place of its neurons, executed once, ceil(log2(levels + 1)) bits per \
         value). *noisy* units were trained on a \
         link that erases and flips bits. Accuracies are in % of all test images; where several seeds were trained, the mean, and \
         in brackets the lowest and the highest.\n\n",
        zoo.weight_files().len(),
        fixed(size as f64 / 1e6, 1),
    )
}

/// The names of the architectures, in order.
fn architectures<'a>(branches: &'a [Branch<'_>]) -> BTreeSet<&'a str> {
    branches.iter().filter_map(name).collect()
}

fn name<'a>(branch: &'a Branch<'_>) -> Option<&'a str> {
    branch.representative().map(|file| file.metadata.backbone.as_str())
}

fn backbones(branches: &[Branch<'_>]) -> String {
    let mut text = "## Backbones\n\n| network | T, or levels | test accuracy | validation | dense MACs | file |\n\
                    |---|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for file in branches.iter().filter_map(|branch| branch.backbone) {
        let size = count(file.size() as u64 / 1000);
        let macs = said(&file.metadata, "macs").parse().map_or_else(|_| "–".to_owned(), count);
        let (test, validation) = (test_accuracy(file), validation(file));
        let (name, steps) = (&file.name, file.metadata.time_steps);
        let resolution = file.metadata.levels.map_or_else(|| steps.to_string(), |levels| format!("{levels} levels"));
        row(&mut text, &[&format!("`{name}`"), &resolution, &test, &validation, &macs, &format!("{size} kB")]);
    }
    text + "\n"
}

/// One table per split point: accuracy and payload by series and width.
fn units(branches: &[&Branch<'_>]) -> String {
    let series: Vec<&Series<'_>> = branches.iter().flat_map(|branch| &branch.series).collect();
    let widths: BTreeSet<u32> = series.iter().flat_map(|series| series.widths.keys().copied()).collect();
    if widths.is_empty() {
        return "No units.\n\n".into();
    }
    let mut text = "Accuracy in %, and payload in bits.\n\n| split | unit |".to_owned();
    widths.iter().for_each(|width| text += &format!(" width {width} |"));
    text += &format!("\n|---|---|{}\n", "---:|".repeat(widths.len()));
    for split in splits(series.iter().copied()) {
        for series in series.iter().filter(|series| series.split == split) {
            let cell = |width: &u32| match series.accuracy_and_payload(*width) {
                Some((accuracy, bits)) => format!("{}, {}", percent(accuracy), count(bits.round() as u64)),
                None if series.widths.contains_key(width) => "not measured".into(),
                None => "–".into(),
            };
            let cells: Vec<String> =
                [split.to_owned(), series.name()].into_iter().chain(widths.iter().map(cell)).collect();
            row(&mut text, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    text + "\n"
}

fn every_network(branches: &[Branch<'_>]) -> String {
    let mut text =
        "## Every network\n\nLoss: points of accuracy below the unsplit backbone. Compression: bits of the float32 \
                    features at the split over payload bits.\n\n\
                    | network | test accuracy | validation | loss | payload bit | compression |\n\
                    |---|---:|---:|---:|---:|---:|\n"
            .to_owned();
    for branch in branches {
        let units = branch.series.iter().flat_map(|series| series.widths.values().flatten());
        for file in branch.backbone.iter().chain(units) {
            let claim = file.metadata.claim();
            let whole = branch.backbone.filter(|_| file.metadata.unit.is_some()).and_then(|b| b.metadata.claim());
            let loss = claim.zip(whole).map(|(unit, whole)| fixed(100.0 * (whole.accuracy() - unit.accuracy()), 2));
            let bits = claim.filter(|_| file.metadata.unit.is_some()).map(|claim| claim.payload_bits);
            let compression = bits.zip(float32_bits(&file.metadata)).map(|(bits, whole)| times(whole / bits));
            let dash = |value: Option<String>| value.unwrap_or_else(|| "–".into());
            row(
                &mut text,
                &[
                    &format!("`{}`", file.name),
                    &test_accuracy(file),
                    &validation(file),
                    &dash(loss),
                    &dash(bits.map(|bits| count(bits.round() as u64))),
                    &dash(compression),
                ],
            );
        }
    }
    text
}

/// Accuracy in per cent: `91.57`, or with several seeds `91.57 [91.44, 91.70]`.
fn percent(accuracy: Spread) -> String {
    let percent = |share: f64| fixed(100.0 * share, 2);
    match accuracy.count {
        1 => percent(accuracy.mean),
        _ => format!("{} [{}, {}]", percent(accuracy.mean), percent(accuracy.low), percent(accuracy.high)),
    }
}

fn test_accuracy(file: &WeightFile) -> String {
    file.metadata.claim().map_or_else(|| "not measured".into(), |claim| fixed(100.0 * claim.accuracy(), 2))
}

fn validation(file: &WeightFile) -> String {
    said(&file.metadata, "validation_accuracy").parse::<f64>().map_or_else(|_| "–".into(), |v| fixed(100.0 * v, 2))
}
