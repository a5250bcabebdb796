//! What a cut at the last split point costs.

use super::metadata::{epochs, float32_bits, row, said};
use crate::quantity::{count as number, fixed, times};
use cospike_models::zoo::{Branch, PLAIN, Series, Spread, WeightFile};
use std::collections::BTreeSet;

/// The section on the loss of accuracy at the last split point of every backbone, for plain units.
pub(super) fn section(branches: &[Branch<'_>]) -> String {
    let mut text = "## What a cut at the last stage costs\n\n\
         Loss in points of test accuracy against the unsplit backbone of the same family, on the same test images; compression against \
         the float32 features at the split, and against their T-step binary form (T = 1 in a float or quantised network). Over several seeds of the \
         unit, the mean, and in brackets the lowest and the highest, which is no confidence interval: those, and what \
         they say of the claims of the papers, are in [paper.md](paper.md). \
         *Epochs* and *images* are those of the unit's training, all phases together; compare only what had as much of both.\n\n\
         | backbone | split | unit | width | seeds | epochs | images | payload bit | x float32 | x binary | loss |\n\
         |---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
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
        ];
        row(text, &cells.each_ref().map(String::as_str));
    }
}

/// What all `units` say, or the different things that they say.
fn alike(units: &[&WeightFile], says: impl Fn(&WeightFile) -> String) -> String {
    let said: BTreeSet<String> = units.iter().map(|unit| says(unit)).collect();
    said.into_iter().collect::<Vec<_>>().join(", ")
}
