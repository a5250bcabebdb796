//! Labels of design points.

use super::networks::asked;
use crate::sweep::{Combination, Expansion, Outlines};
use cospike_models::zoo::{NetworkChoice, PLAIN, UnitChoice};
use rayon::prelude::*; // a large sweep has as many labels as design points
use serde_json::Value;
use std::collections::HashSet;

/// What labels are made from.
#[derive(Clone, Copy)]
pub(super) struct Named<'e> {
    pub(super) expansion: &'e Expansion<'e>,
    pub(super) outlines: &'e Outlines,
    /// Key whose value is left out; empty if none is.
    pub(super) searched: &'e str,
}

/// What tells labels of design points apart that would be the same, as the name of a grid can make them. A label is made when it is
/// asked for, and only hashes are held: another one that has the same hash by chance makes a label longer than it needs to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// Hashes of the labels that several points have: they are followed by all swept values.
    equal: HashSet<u64>,
    /// Hashes of those that several have even so: they are followed by a number.
    still_equal: HashSet<u64>,
}

impl Labels {
    /// Tells the labels of the design points with these `numbers` apart.
    pub(super) fn new(named: Named<'_>, numbers: &[u32]) -> Self {
        let mut labels = Self { equal: repeated(numbers, |number| named.label(number)), ..Self::default() };
        if !labels.equal.is_empty() {
            labels.still_equal = repeated(numbers, |number| labels.extended(named, number));
        }
        labels
    }

    /// Label of the design point `number`; `place` is its place among those whose labels are told apart. One of which no network is
    /// known has a mistake, and no label that matters.
    pub(super) fn label(&self, named: Named<'_>, number: u32, place: usize) -> String {
        let mut label = self.extended(named, number);
        if self.still_equal.contains(&hash(&label)) {
            label += &format!(" #{place}");
        }
        label
    }

    fn extended(&self, named: Named<'_>, number: u32) -> String {
        let mut label = named.label(number);
        if self.equal.contains(&hash(&label)) {
            let parameters = named.expansion.combination(number as usize).parameters;
            let others = parameters.iter().filter(|(path, _)| *path != named.searched);
            others.for_each(|(path, value)| label += &format!(" {path}={value}"));
        }
        label
    }
}

impl Named<'_> {
    fn label(&self, number: u32) -> String {
        let network = self.outlines.outline(number as usize).map(|outline| &outline.network);
        let label = network.and_then(|network| {
            let choice = asked(network, network.family()?, &network.split, &network.width)?.choice(None);
            Some(label(&self.expansion.combination(number as usize), &choice, self.searched))
        });
        label.unwrap_or_default()
    }
}

fn hash(label: &str) -> u64 {
    let mut first = [0; 8];
    blake3::Hasher::new().update(label.as_bytes()).finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

/// Hashes of the labels that more than one of `numbers` has.
fn repeated(numbers: &[u32], label: impl Fn(u32) -> String + Sync) -> HashSet<u64> {
    let mut hashes: Vec<u64> = numbers.par_iter().map(|&number| hash(&label(number))).collect();
    hashes.sort_unstable();
    hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

/// Keys that say how long a run is, which mostly follows from what else is swept. A label has them only where points differ in nothing
/// else.
const EXTENT: [&str; 3] = ["workload.requests", "workload.warmup", "workload.horizon_s"];

/// Label of a design point: kind, split, width, variant and codec, the name of the grid, then whatever else is swept. The value of the
/// key `searched` is left out.
fn label(combination: &Combination, choice: &NetworkChoice, searched: &str) -> String {
    let mut label = format!("{} {}", choice.kind(), choice.split);
    if let Some(UnitChoice { width, variant, .. }) = &choice.unit {
        if searched != "network.width" {
            label += &format!(" w{width}");
        }
        if variant != PLAIN {
            label += &format!(" {variant}");
        }
    }
    if let Some(codec) = choice.codec.filter(|_| searched != "network.jpeg_quality") {
        label += &format!(" {codec}");
    }
    if let Some(steps) = choice.time_steps.filter(|_| searched != "network.time_steps") {
        label += &format!(" T{steps}");
    }
    if let Some(grid) = &combination.grid {
        label += &format!(" {grid}");
    }
    let named = ["family", "split", "width", "bottleneck", "variant", "codec", "jpeg_quality", "time_steps"]
        .map(|key| format!("network.{key}"));
    let is_shown = |path: &String| {
        let is_elsewhere = path == searched || named.contains(path) || EXTENT.contains(&path.as_str());
        combination.label_axes.contains(path) && !is_elsewhere
    };
    for (path, value) in combination.parameters.iter().filter(|(path, _)| is_shown(path)) {
        label += &format!(" {path}={}", written(value));
    }
    label
}

/// A value as labels show it: `1e9` in the place of `1000000000.0`.
fn written(value: &Value) -> String {
    let is_long = |number: &f64| !(1e-4..1e6).contains(&number.abs()) && *number != 0.0;
    let exponent =
        value.as_f64().filter(|number| value.is_f64() && is_long(number)).map(|number| format!("{number:e}"));
    let plain = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    exponent.filter(|exponent| exponent.len() < plain.len()).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::written;
    use serde_json::json;

    #[test]
    fn labels_write_round_numbers_with_an_exponent_where_that_is_shorter() {
        for (value, text) in [
            (json!(1_000_000_000.0), "1e9"),
            (json!(2.5e-5), "2.5e-5"),
            (json!(1_234_567.5), "1234567.5"),
            (json!(0.001), "0.001"),
            (json!(0.0), "0.0"),
            (json!(20_000_000), "20000000"),
            (json!("wifi"), "wifi"),
            (json!(true), "true"),
        ] {
            assert_eq!(written(&value), text);
        }
    }
}
