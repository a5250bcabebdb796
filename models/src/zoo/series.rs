//! The units of a zoo in order: by backbone, split point, kind and variant, and in each such series by width and seed.

use super::{Measurement, PLAIN, Unit, WeightFile, Zoo};
use cospike_sim_core::network::BottleneckKind;
use std::collections::{BTreeMap, BTreeSet};

/// A backbone with all bottleneck units that were trained for it.
#[derive(Clone, Debug)]
pub struct Branch<'a> {
    /// File of the backbone; `None` if the zoo has only units of it.
    pub backbone: Option<&'a WeightFile>,
    /// Series of units, by split point from the input on, then by kind and variant.
    pub series: Vec<Series<'a>>,
}

/// Units of one backbone that differ in nothing but width and seed.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Kind of the units.
    pub kind: BottleneckKind,
    /// Name of the split point at which the units stand.
    pub split: &'a str,
    /// Variant of the training, without the seed.
    pub variant: String,
    /// Files by width, one per seed.
    pub widths: BTreeMap<u32, Vec<&'a WeightFile>>,
    /// Index of the layer at the split point, by which series are sorted.
    place: usize,
}

/// Mean and range of a set of values, such as the accuracies of several seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Arithmetic mean.
    pub mean: f64,
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
    /// Number of values.
    pub count: usize,
}

impl Zoo {
    /// Groups all networks by backbone.
    pub fn branches(&self) -> Vec<Branch<'_>> {
        self.backbone_groups().into_iter().map(Branch::new).collect()
    }
}

impl<'a> Branch<'a> {
    fn new(files: Vec<&'a WeightFile>) -> Self {
        let mut series: BTreeMap<_, BTreeMap<u32, Vec<&WeightFile>>> = BTreeMap::new();
        for &file in &files {
            let Some(Unit { split, choice, .. }) = &file.metadata.unit else { continue };
            let key = (place(file, split), split.as_str(), choice.kind, without_seed(&choice.variant));
            series.entry(key).or_default().entry(choice.width).or_default().push(file);
        }
        let series = series.into_iter();
        Self {
            backbone: files.into_iter().find(|file| file.metadata.unit.is_none()),
            series: series
                .map(|((place, split, kind, variant), widths)| Series { kind, split, variant, widths, place })
                .collect(),
        }
    }

    /// A network that stands for the others in architecture, family and time steps, in which all agree.
    pub fn representative(&self) -> Option<&'a WeightFile> {
        self.backbone.or_else(|| self.series.first()?.widths.values().flatten().next().copied())
    }
}

impl Series<'_> {
    /// Claimed test accuracy (a share) over the seeds at `width`, and the mean payload in bits; `None` if there are no such
    /// units, or one of them was not measured.
    pub fn accuracy_and_payload(&self, width: u32) -> Option<(Spread, f64)> {
        let claims = self.widths.get(&width)?.iter().map(|unit| unit.metadata.claim());
        let claims: Vec<Measurement> = claims.collect::<Option<_>>()?;
        let accuracies: Vec<f64> = claims.iter().map(Measurement::accuracy).collect();
        let payloads: Vec<f64> = claims.iter().map(|claim| claim.payload_bits).collect();
        Some((Spread::new(&accuracies)?, Spread::new(&payloads)?.mean))
    }

    /// Kind of the units, and their variant unless it is [`PLAIN`]: `spiking, noisy`.
    pub fn name(&self) -> String {
        let mark = if self.variant == PLAIN { String::new() } else { format!(", {}", self.variant) };
        format!("{}{mark}", self.kind.name())
    }
}

/// Names of the split points of `series`, from the input on, each once.
pub fn splits<'a>(series: impl IntoIterator<Item = &'a Series<'a>>) -> Vec<&'a str> {
    let places: BTreeSet<_> = series.into_iter().map(|series| (series.place, series.split)).collect();
    places.into_iter().map(|(_, split)| split).collect()
}

impl Spread {
    /// Mean and range of `values`; `None` if there are none.
    pub fn new(values: &[f64]) -> Option<Self> {
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        let count = values.len();
        Some(Self { mean: values.iter().sum::<f64>() / count as f64, low, high, count })
    }
}

/// Index of the layer at a split point, so that split points are in the order of the network; an unknown one comes last.
fn place(file: &WeightFile, split: &str) -> usize {
    let network = file.architecture();
    network.ok().and_then(|network| network.split(split).ok()).unwrap_or(usize::MAX)
}

/// The variant of a unit, or the name of a backbone, without its seed: `noisy-seed2` becomes `noisy`, and [`PLAIN`] stands for what
/// is nothing but a seed.
pub fn without_seed(variant: &str) -> String {
    let is_seed = |mark: &str| mark.strip_prefix("seed").is_some_and(|number| number.parse::<u64>().is_ok());
    let marks: Vec<&str> = variant.split('-').filter(|mark| !is_seed(mark)).collect();
    if marks.is_empty() { PLAIN.into() } else { marks.join("-") }
}
