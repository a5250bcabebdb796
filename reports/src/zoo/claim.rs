//! Comparison of the paper's claim for the last stage with the measured networks.

use super::metadata::{epochs, float32_bits, row, said};
use crate::quantity::{count as number, fixed, times};
use cospike_models::zoo::{Branch, PLAIN, Series, Spread, WeightFile};
use std::collections::BTreeSet;

/// Compression claimed for the last convolutional stage, against float32. SpikeBottleNet (Hassan and Davy,
/// arXiv:2410.08673), abstract.
const CLAIMED_RATIO: f64 = 256.0;
/// Loss of accuracy claimed there, in percentage points. Version 2 of the same abstract; version 1 says 2.5 %.
const CLAIMED_LOSS: f64 = 0.16;

/// The section on the loss of accuracy at the last split point of every backbone, for plain units.
pub(super) fn section(branches: &[Branch<'_>]) -> String {
    let mut text = format!(
        "## What a cut at the last stage costs\n\n\
         SpikeBottleNet (Hassan and Davy, arXiv:2410.08673v2) claims up to {CLAIMED_RATIO:.0}x bit compression at the last \
         convolutional stage of a ResNet with a loss of {CLAIMED_LOSS} % (its first version: 2.5 %); its abstract does not say what \
         the bits are compared with. Here: loss in points of test accuracy against the unsplit backbone of the same family, on \
         the same test images; compression against the float32 features at the split, and against their T-step binary form (T = 1 \
         in a float or quantised network). Over several seeds of the unit (the backbone is one), the mean, and in brackets the lowest and the \
         highest. *Kept*: at least {CLAIMED_RATIO:.0}x against float32 at a mean loss of at most {CLAIMED_LOSS} points. \
         *Epochs* and *images* are those of the unit's training, all phases together; compare only what had as much of both.\n\n\
         | backbone | split | unit | width | seeds | epochs | images | payload bit | x float32 | x binary | loss | claim |\n\
         |---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
    );
    for branch in branches {
        let last = branch.series.last().map(|series| series.split);
        let plain = |series: &&Series<'_>| Some(series.split) == last && series.variant == PLAIN;
        branch.series.iter().filter(plain).for_each(|series| add(&mut text, branch, series));
    }
    text + "\n"
}

fn add(text: &mut String, branch: &Branch<'_>, series: &Series<'_>) {
    let Some((backbone, whole)) = branch.backbone.and_then(|backbone| Some((backbone, backbone.metadata.claim()?)))
    else {
        return;
    };
    for (width, units) in &series.widths {
        let (Some((accuracy, bits)), Some(first)) = (series.accuracy_and_payload(*width), units.first()) else {
            continue;
        };
        let Some(ratio) = float32_bits(&first.metadata).map(|whole| whole / bits) else { continue };
        let loss = |accuracy: f64| 100.0 * (whole.accuracy() - accuracy);
        let Spread { mean, low, high, count } = accuracy;
        let range = format!("{} [{}, {}]", fixed(loss(mean), 2), fixed(loss(high), 2), fixed(loss(low), 2));
        let cells = [
            format!("`{}`", backbone.name),
            series.split.to_owned(),
            series.name(),
            width.to_string(),
            count.to_string(),
            alike(units, |unit| epochs(&unit.metadata).map_or_else(String::new, |epochs| epochs.to_string())),
            alike(units, |unit| said(&unit.metadata, "training_images").parse().map_or_else(|_| String::new(), number)),
            fixed(bits, 1),
            times(ratio),
            times(ratio * f64::from(backbone.metadata.time_steps) / 32.0),
            if count == 1 { fixed(loss(mean), 2) } else { range },
            verdict(ratio, loss(mean)).to_owned(),
        ];
        row(text, &cells.each_ref().map(String::as_str));
    }
}

/// What all `units` say, or the different things that they say.
fn alike(units: &[&WeightFile], says: impl Fn(&WeightFile) -> String) -> String {
    let said: BTreeSet<String> = units.iter().map(|unit| says(unit)).collect();
    said.into_iter().collect::<Vec<_>>().join(", ")
}

fn verdict(ratio: f64, loss: f64) -> &'static str {
    // A loss of exactly the claimed hundredths is one of that many test images.
    match (ratio >= CLAIMED_RATIO, loss <= CLAIMED_LOSS + 1e-9) {
        (true, true) => "**kept**",
        (true, false) => "loses more",
        (false, true) => "compresses less",
        (false, false) => "loses more, compresses less",
    }
}
