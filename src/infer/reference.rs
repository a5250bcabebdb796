//! `infer --reference`: comparison with another framework, spike for spike.

use super::layers::Layers;
use crate::arguments::Infer;
use crate::failure::Failure;
use crate::given::check_samples;
use crate::output::{print_json, say, say_wrapped, table};
use cospike_models::import::reference::{Comparison, Reference};
use serde_json::{Value, json};
use std::path::Path;

/// Executes the reference in the file at `path`, and prints the spikes of each layer that differ, the largest difference of
/// scores, and the operations. Fails if a spike or a score differs.
pub(super) fn compare(arguments: &Infer, path: &Path) -> Result<(), Failure> {
    let at_path = |error| Failure::mistake(format_args!("{}: {error}", path.display()));
    let reference = Reference::read(path).map_err(Failure::mistake)?;
    let images = reference.images().len();
    let samples = match arguments.samples {
        Some(samples) => check_samples(samples, images, "images in the reference")?,
        None => images,
    };
    let comparison = reference.compare(samples).map_err(at_path)?;
    let observed = match arguments.count {
        Some(_) => reference.observe(samples).map_err(at_path)?.layers().to_vec(),
        None => vec![],
    };
    let layers = Layers {
        network: reference.network(),
        cut: None,
        counts: &comparison.counts,
        observed: &observed,
        samples,
        tool: arguments.count,
    };
    if arguments.json {
        print_json(&json!({
            "reference": path.display().to_string(),
            "samples": samples,
            "time_steps": reference.steps(),
            "agrees": comparison.agrees(),
            "flips": comparison.flips(),
            "score_error": comparison.score_error,
            "compared": compared_json(&reference, &comparison),
            "folded_normalisations": reference.weights().folded(),
            "layers": layers.json(),
        }));
    } else {
        layers.print();
        say!();
        print_comparison(&reference, &comparison);
        layers.print_notes(reference.weights().folded());
    }
    match comparison.agrees() {
        true => Ok(()),
        false => Err(Failure::Other(anyhow::anyhow!(
            "the reference is not reproduced: {} flips, largest difference of scores {:e} (at most {:e} is rounding)",
            comparison.flips(),
            comparison.score_error.unwrap_or(0.0),
            Comparison::SCORE_TOLERANCE,
        ))),
    }
}

fn print_comparison(reference: &Reference, comparison: &Comparison) {
    let mut spikes = table(&["neurons", "compared", "spikes", "recorded", "flips"]);
    for layer in &comparison.layers {
        let numbers = [layer.compared, layer.spikes, layer.recorded, layer.flips].map(|n| n.to_string());
        spikes.add_row(std::iter::once(reference.network().layers[layer.layer].name.clone()).chain(numbers));
    }
    say!("{spikes}");
    let compared: u64 = comparison.layers.iter().map(|layer| layer.compared).sum();
    let scores = match comparison.score_error {
        Some(error) => format!("largest difference of scores {error:.1e}"),
        None => "no scores recorded".into(),
    };
    say_wrapped!("\n{} flips of {compared} neurons x steps, {scores}, T = {}", comparison.flips(), reference.steps());
}

fn compared_json(reference: &Reference, comparison: &Comparison) -> Vec<Value> {
    let layer = |layer: &cospike_models::import::reference::LayerComparison| {
        json!({
            "layer": reference.network().layers[layer.layer].name,
            "compared": layer.compared,
            "spikes": layer.spikes,
            "recorded": layer.recorded,
            "flips": layer.flips,
        })
    };
    comparison.layers.iter().map(layer).collect()
}
