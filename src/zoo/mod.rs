//! `zoo`: the trained networks and the accuracies that they claim.

mod verify;

pub(crate) use verify::verify;

use crate::arguments::Page;
use crate::failure::Failure;
use crate::given::GivenZoo;
use crate::output::{plural, print_json, printable, say, say_wrapped, table};
use cospike_models::zoo::{Branch, PLAIN, Series, Spread, WeightFile};
use cospike_reports::zoo_page;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Lists the trained networks with accuracy and payload.
pub(crate) fn list(given: &GivenZoo, as_json: bool) -> Result<(), Failure> {
    let zoo = given.open()?;
    if as_json {
        print_json(&Value::Array(zoo.weight_files().iter().map(file_json).collect()));
        return Ok(());
    }
    zoo.branches().iter().for_each(print_branch);
    let unmeasured = zoo.weight_files().iter().filter(|file| file.metadata.claim().is_none()).count();
    if unmeasured > 0 {
        say_wrapped!(
            "v: on the validation images; not measured on the test images yet: {}",
            plural(unmeasured as u64, "network")
        );
    }
    if given.is_given() {
        let (units, own): (Vec<_>, Vec<_>) = zoo.weight_files().iter().partition(|file| file.is_of_another_file());
        let names =
            |files: &[&WeightFile]| files.iter().map(|file| printable(&file.name)).collect::<Vec<_>>().join(", ");
        if !own.is_empty() {
            say_wrapped!("names, as `infer`, `energy` and `export` take them: {}", names(&own));
        }
        if !units.is_empty() {
            say_wrapped!("units of networks in other files, as `--unit` takes them: {}", names(&units));
        }
        say!();
    }
    let size: usize = zoo.weight_files().iter().map(WeightFile::size).sum();
    say_wrapped!(
        "{}, {} kB; accuracy in % on all test images / payload in bits, which `cospike zoo verify` measures \
         again; [lowest, highest] over seeds; a network with a unit takes what the unit's file does not hold from the backbone's; names, and \
         how each was trained: `cospike zoo --json`",
        plural(zoo.weight_files().len() as u64, "network"),
        size / 1000
    );
    Ok(())
}

/// Writes the documentation page about the zoo, with its figures.
pub(crate) fn page(arguments: &Page) -> Result<(), Failure> {
    let page = zoo_page(&arguments.zoo.open()?)?;
    page.write(&arguments.folder).map_err(Failure::mistake)
}

/// Prints a backbone and a table of its units: a row for each series, a column for each width.
fn print_branch(branch: &Branch<'_>) {
    let Some(file) = branch.representative() else { return };
    let metadata = &file.metadata;
    let task = metadata.all.get("task").map_or("task not recorded", String::as_str);
    let unsplit = branch.backbone.map_or_else(|| "not in this zoo".into(), |backbone| accuracies(&[backbone]));
    let resolution =
        metadata.levels.map_or_else(|| format!("T = {}", metadata.time_steps), |levels| format!("{levels} levels"));
    // Scenarios call a backbone by this name; several files that say the same one are called by their own.
    say!("{} {} ({resolution}, {task}): unsplit {unsplit}", metadata.backbone, metadata.family.name());
    let widths: BTreeSet<u32> = branch.series.iter().flat_map(|series| series.widths.keys().copied()).collect();
    if !widths.is_empty() {
        let titles: Vec<String> =
            ["  unit, split".into()].into_iter().chain(widths.iter().map(|w| format!("width {w}"))).collect();
        let mut units = table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
        let mut series: Vec<&Series<'_>> = branch.series.iter().collect();
        series.sort_by_key(|series| (series.kind, series.variant != PLAIN));
        for series in series {
            let cell = |width| series.widths.get(width).map_or_else(|| "-".into(), |units| cell(units));
            let title = format!("  {}, {}", series.name(), series.split);
            units.add_row([title].into_iter().chain(widths.iter().map(cell)));
        }
        say!("{units}");
    }
    say!();
}

/// Accuracy over the seeds, and mean payload: `91.36 [91.12, 91.52] / 32`.
fn cell(units: &[&WeightFile]) -> String {
    let payloads: Vec<f64> = units.iter().filter_map(|unit| Some(unit.metadata.claim()?.payload_bits)).collect();
    let payload = Spread::new(&payloads).map_or_else(|| "?".into(), |payload| format!("{:.0}", payload.mean));
    format!("{} / {payload}", accuracies(units))
}

/// Test accuracy of networks that differ only in the seed, in per cent. If one of them was not measured on the test images, it
/// is the accuracy on the validation images, marked by `v`.
fn accuracies(files: &[&WeightFile]) -> String {
    let test: Option<Vec<f64>> = files.iter().map(|file| Some(file.metadata.claim()?.accuracy())).collect();
    let validation = |file: &&WeightFile| file.metadata.all.get("validation_accuracy")?.parse().ok();
    let (values, mark) = match test {
        Some(test) => (test, ""),
        None => (files.iter().filter_map(validation).collect(), "v"),
    };
    match Spread::new(&values) {
        None => "-".into(),
        Some(Spread { mean, count: 1, .. }) => format!("{:.2}{mark}", 100.0 * mean),
        Some(Spread { mean, low, high, .. }) => {
            format!("{:.2}{mark} [{:.2}, {:.2}]", 100.0 * mean, 100.0 * low, 100.0 * high)
        }
    }
}

fn file_json(file: &WeightFile) -> Value {
    json!({ "name": file.name, "bytes": file.size(), "blake3": file.blake3, "metadata": file.metadata.all })
}
