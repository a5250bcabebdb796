//! The units of a zoo, put together: what differs in width and seed alone is one series.

use super::{Entry, Outcome, PLAIN, Unit, Zoo};
use cospike_sim_core::network::BottleneckKind;
use std::collections::{BTreeMap, BTreeSet};

/// A backbone with all its units.
#[derive(Clone, Debug)]
pub struct Branch<'a> {
    /// The backbone; `None` if the zoo has units without it.
    pub backbone: Option<&'a Entry>,
    /// The units, by split point from the input on, then by kind and variant.
    pub series: Vec<Series<'a>>,
}

/// Units that differ in width and seed alone.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Their kind.
    pub kind: BottleneckKind,
    /// Where they stand.
    pub split: &'a str,
    /// How they were trained, without the seed.
    pub variant: String,
    /// By width: one per seed.
    pub widths: BTreeMap<u32, Vec<&'a Entry>>,
    place: usize,
}

/// The mean of some values, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// How many.
    pub count: usize,
}

impl Zoo {
    /// All networks, by backbone.
    pub fn branches(&self) -> Vec<Branch<'_>> {
        self.by_backbone().into_iter().map(Branch::new).collect()
    }
}

impl<'a> Branch<'a> {
    fn new(entries: Vec<&'a Entry>) -> Self {
        let mut series: BTreeMap<_, BTreeMap<u32, Vec<&Entry>>> = BTreeMap::new();
        for &entry in &entries {
            let Some(Unit { split, choice, .. }) = &entry.metadata.unit else { continue };
            let key = (place(entry, split), split.as_str(), choice.kind, without_seed(&choice.variant));
            series.entry(key).or_default().entry(choice.width).or_default().push(entry);
        }
        let series = series.into_iter();
        Self {
            backbone: entries.into_iter().find(|entry| entry.metadata.unit.is_none()),
            series: series
                .map(|((place, split, kind, variant), widths)| Series { kind, split, variant, widths, place })
                .collect(),
        }
    }

    /// Any of its networks: they agree in architecture, family and time steps.
    pub fn any(&self) -> Option<&'a Entry> {
        self.backbone.or_else(|| self.series.first()?.widths.values().flatten().next().copied())
    }
}

impl Series<'_> {
    /// Test accuracy over the seeds at `width`, and the mean payload in bits; `None` if there are no such units, or one was
    /// not measured.
    pub fn at(&self, width: u32) -> Option<(Spread, f64)> {
        let outcomes = self.widths.get(&width)?.iter().map(|unit| unit.metadata.claim());
        let outcomes: Vec<Outcome> = outcomes.collect::<Option<_>>()?;
        let accuracies: Vec<f64> = outcomes.iter().map(Outcome::accuracy).collect();
        let payloads: Vec<f64> = outcomes.iter().map(|outcome| outcome.payload_bits).collect();
        Some((Spread::of(&accuracies)?, Spread::of(&payloads)?.mean))
    }

    /// Its kind, and its variant unless that is [`PLAIN`]: `spiking, noisy`.
    pub fn name(&self) -> String {
        let mark = if self.variant == PLAIN { String::new() } else { format!(", {}", self.variant) };
        format!("{}{mark}", self.kind.name())
    }
}

/// The split points of `series`, from the input on.
pub fn splits<'a>(series: impl IntoIterator<Item = &'a Series<'a>>) -> Vec<&'a str> {
    let places: BTreeSet<_> = series.into_iter().map(|series| (series.place, series.split)).collect();
    places.into_iter().map(|(_, split)| split).collect()
}

impl Spread {
    /// Of `values`; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        let count = values.len();
        Some(Self { mean: values.iter().sum::<f64>() / count as f64, low, high, count })
    }
}

/// Layer of the split point, so that they come in the order of the network; unknown ones last.
fn place(entry: &Entry, split: &str) -> usize {
    let network = entry.metadata.architecture();
    network.ok().and_then(|network| network.split(split).ok()).unwrap_or(usize::MAX)
}

/// `noisy-seed2` without `seed2`.
fn without_seed(variant: &str) -> String {
    let is_seed = |mark: &str| mark.strip_prefix("seed").is_some_and(|number| number.parse::<u64>().is_ok());
    let marks: Vec<&str> = variant.split('-').filter(|mark| !is_seed(mark)).collect();
    if marks.is_empty() { PLAIN.into() } else { marks.join("-") }
}
