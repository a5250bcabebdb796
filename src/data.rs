//! `data check`: what a folder of samples is taken for.

use crate::failure::Failure;
use crate::output::{print_json, say};
use clap::{Args, Subcommand};
use cospike_models::dataset::{Dataset, DatasetError, SampleKind, Subset, Values};
use cospike_sim_core::network::Signal;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum Data {
    /// Say what a folder is taken for as a data set, of which classes and sizes. Exit code 2, and what is wrong, if it is none
    Check(CheckData),
}

#[derive(Args)]
pub(crate) struct CheckData {
    /// Folder of the data set
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reads the subsets of a data set, of which one may be missing, and says what they are.
pub(crate) fn check(arguments: &CheckData) -> Result<(), Failure> {
    let mut found = vec![];
    let mut nothing = None;
    for subset in [Subset::Training, Subset::Test] {
        match Dataset::from_folder(&arguments.folder, subset) {
            Ok(dataset) => found.push((subset, dataset)),
            Err(error @ DatasetError::NoDataset { .. }) => nothing = Some(error),
            Err(error) => return Err(Failure::mistake(error)),
        }
    }
    match nothing {
        Some(error) if found.is_empty() => return Err(Failure::mistake(error)),
        _ => {}
    }
    if arguments.json {
        print_json(
            &found.iter().map(|(subset, dataset)| (subset.name().to_owned(), as_json(dataset))).collect::<Value>(),
        );
        return Ok(());
    }
    for (subset, dataset) in &found {
        print(subset.name(), dataset);
    }
    if let ([(Subset::Training, _)], true) = (&found[..], nothing.is_some()) {
        say!("There are no test samples: the trainer can use this folder, `infer` and scenarios cannot.");
    }
    Ok(())
}

fn as_json(dataset: &Dataset) -> Value {
    let (shape, (format, stored)) = (dataset.shape, dataset.format());
    json!({
        "kind": dataset.kind.name(),
        "samples": dataset.len(),
        "format": format,
        "type": stored,
        "reads": reads(dataset),
        "time_steps": dataset.kind.steps(),
        "channels": shape.channels,
        "height": shape.height,
        "width": shape.width,
        "class_sizes": dataset.class_sizes(),
        "files": dataset.files().collect::<Vec<_>>(),
        "blake3": dataset.blake3(),
    })
}

/// How a network reads the values.
fn reads(dataset: &Dataset) -> &'static str {
    match (&dataset.values, dataset.feed().input.signal) {
        (Values::Pixels(_), _) => "divided by 255",
        (_, Signal::BINARY) => "as spikes: there is nothing but 0 and 1",
        _ => "as they are",
    }
}

fn print(subset: &str, dataset: &Dataset) {
    let (format, stored) = dataset.format();
    let (kind, shape) = (dataset.kind.name(), dataset.shape_in_words());
    let samples = match dataset.kind {
        SampleKind::Images => format!("{} images of {shape} (channels x rows x columns)", dataset.len()),
        SampleKind::Frames { .. } => format!("{} samples of {shape} (channels x rows x columns)", dataset.len()),
        SampleKind::Vectors => format!("{} vectors of {shape} values", dataset.len()),
        SampleKind::Signals => format!("{} signals of {shape} (channels x length)", dataset.len()),
    };
    say!("{subset}: {samples}");
    say!("    {format}, {kind} of {stored}, which a network reads {}", reads(dataset));
    match dataset.kind.steps() {
        Some(steps) => {
            say!("    T = {steps}: another frame is fed in at each time step; no other number of them is accepted")
        }
        None => say!("    T is the network's: the same values are fed in at each time step"),
    }
    let sizes = dataset.class_sizes();
    let (least, most) = (sizes.iter().min().unwrap_or(&0), sizes.iter().max().unwrap_or(&0));
    let each = if least == most { format!("{most}") } else { format!("{least} to {most}") };
    say!("    classes 0 to {}, {each} samples of each", sizes.len().saturating_sub(1));
    let mut files = dataset.files();
    if let Some(first) = files.next() {
        let others = files.count();
        say!("    labels in {first}{}", if others > 0 { format!(" and {others} more") } else { String::new() });
    }
    say!("    blake3 {}", dataset.blake3());
}
