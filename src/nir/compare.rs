//! A network of another framework, executed on recorded inputs and compared with what was recorded of its nodes.

use super::{refused, semantics};
use crate::arguments::Infer;
use crate::failure::Failure;
use crate::given::check_samples;
use crate::output::{note, print_json, printable, say, table};
use cospike_models::import::nir::{NirFile, NodeComparison, Recorded, RecordedComparison};
use serde_json::{Value, json};
use std::path::Path;

/// Prints the differences. Fails if there are more than rounding makes.
pub(crate) fn compare(arguments: &Infer, path: &Path, recorded: &Path) -> Result<(), Failure> {
    let recorded = Recorded::read(recorded).map_err(Failure::mistake)?;
    let options = recorded.complete(arguments.nir.options());
    let file = NirFile::read(path, &options).map_err(Failure::mistake)?;
    let made = file.network.as_ref().map_err(|error| refused(&file.path, error))?;
    let samples = arguments.samples;
    let samples = samples.map(|samples| check_samples(samples, recorded.samples(), "recorded samples")).transpose()?;
    let comparison = recorded.compare(made, samples).map_err(Failure::mistake)?;
    if !recorded.others.is_empty() {
        note!(
            "warning: not compared, because they are nothing that a node emits: {}",
            printable(&recorded.others.join(", "))
        );
    }
    if arguments.json {
        print_json(&json!({
            "network": file.path,
            "dt": file.time_step.map(|step| step.dt),
            "samples": comparison.samples,
            "time_steps": comparison.steps,
            "agrees": comparison.agrees(),
            "flips": comparison.flips(),
            "nodes": comparison.nodes.iter().map(node_json).collect::<Vec<_>>(),
            "out": comparison.out.as_ref().map(node_json),
        }));
    } else {
        print(&comparison);
        semantics(&file, &options).iter().for_each(|line| say!("{line}"));
    }
    match comparison.agrees() {
        true => Ok(()),
        false => Err(Failure::Other(anyhow::anyhow!(
            "what was recorded is not reproduced: {} flips; see `--dt`, `--fire`, `--reset` and `--init` for what the file does not say",
            comparison.flips()
        ))),
    }
}

fn print(comparison: &RecordedComparison) {
    let mut nodes = table(&["layer", "compared", "spikes", "recorded", "flips", "largest difference"]);
    let mut row = |name: String, node: &NodeComparison| {
        let (spikes, recorded) = match node.spikes {
            Some((spikes, recorded)) => (spikes.to_string(), recorded.to_string()),
            None => ("-".into(), "-".into()),
        };
        let (flips, error) = match node.spikes {
            Some(_) => (node.flips.to_string(), "-".into()),
            None => ("-".into(), format!("{:.1e}", node.error)),
        };
        nodes.add_row([name, node.compared.to_string(), spikes, recorded, flips, error]);
    };
    comparison.nodes.iter().for_each(|node| row(printable(&node.layer), node));
    if let Some(out) = &comparison.out {
        row(format!("{}, the output", printable(&out.layer)), out);
    }
    say!("{nodes}");
    let compared: u64 = comparison.nodes.iter().chain(&comparison.out).map(|node| node.compared).sum();
    let RecordedComparison { samples, steps, .. } = comparison;
    say!("\n{} flips of {compared} values, {samples} samples, T = {steps}", comparison.flips());
}

fn node_json(node: &NodeComparison) -> Value {
    json!({
        "layer": node.layer,
        "compared": node.compared,
        "spikes": node.spikes.map(|(spikes, _)| spikes),
        "recorded": node.spikes.map(|(_, recorded)| recorded),
        "flips": node.flips,
        "largest_difference": node.error,
    })
}
