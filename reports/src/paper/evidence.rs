//! What was executed and simulated to test the claims.

use cospike_models::zoo::{Branch, Executed, PLAIN, Series, Zoo};
use cospike_results::rows::Results;
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::network::{BottleneckKind, Family};
use cospike_sim_core::stats::{CrossedDifference, Interval, StatsError, ratio_interval};
use std::collections::BTreeMap;

/// Everything that the page about the papers is computed from.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The zoo.
    pub zoo: &'a Zoo,
    /// What the network of each weight file did, by the file's name.
    pub executed: BTreeMap<String, Executed>,
    /// What units at the last split point did, whose payloads met bit errors; 8-bit values as JPEG and plain.
    pub with_errors: Vec<Executed>,
    /// Probabilities of an inverted bit there.
    pub bit_errors: Vec<f64>,
    /// Price lists, with their names.
    pub prices: Vec<(String, PriceList)>,
    /// Results of the scenario `radios`.
    pub radios: Results,
    /// Results of the scenario `whole-device`.
    pub whole_device: Results,
    /// Results of the scenario `fallback`.
    pub fallback: Results,
}

/// Units of one kind and width at one split point, one per training, beside their backbone.
#[derive(Clone, Debug)]
pub(super) struct Units<'a> {
    pub(super) backbone: &'a Executed,
    pub(super) kind: BottleneckKind,
    pub(super) split: &'a str,
    pub(super) width: u32,
    pub(super) trainings: Vec<&'a Executed>,
}

impl Evidence<'_> {
    /// Names of the architectures that have units, that of the ResNet first, because the claims are about it.
    pub(super) fn architectures(&self) -> Vec<String> {
        let mut names: Vec<String> = self.executed.values().map(|executed| executed.choice.backbone.clone()).collect();
        names.sort_by_key(|name| (!name.starts_with("resnet"), name.clone()));
        names.dedup();
        names
    }

    /// The unsplit network.
    pub(super) fn backbone(&self, architecture: &str, family: Family) -> Option<&Executed> {
        let is_it = |of: &&Executed| {
            of.choice.unit.is_none() && of.choice.backbone == architecture && of.choice.family == family
        };
        self.executed.values().find(is_it)
    }

    /// Plain units of `kind` in `architecture`, by split point from the input on and by width.
    pub(super) fn units(&self, architecture: &str, kind: BottleneckKind) -> Vec<Units<'_>> {
        let branches = self.zoo.branches().into_iter().filter(|branch| is_of(branch, architecture));
        let series = branches.flat_map(|branch| branch.series);
        let series = series.filter(|series| series.kind == kind && series.variant == PLAIN);
        series.flat_map(|series| self.of_series(architecture, &series)).collect()
    }

    fn of_series<'a>(&'a self, architecture: &str, series: &Series<'a>) -> Vec<Units<'a>> {
        let Some(backbone) = self.backbone(architecture, series.kind.family()) else { return vec![] };
        let units = series.widths.iter().map(|(&width, files)| Units {
            backbone,
            kind: series.kind,
            split: series.split,
            width,
            trainings: files.iter().filter_map(|file| self.executed.get(&file.name)).collect(),
        });
        units.filter(|units| !units.trainings.is_empty()).collect()
    }

    /// Plain units of `kind` at the last split point of `architecture`, by width.
    pub(super) fn last_units(&self, architecture: &str, kind: BottleneckKind) -> Vec<Units<'_>> {
        let mut units = self.units(architecture, kind);
        let last = units.last().map(|units| units.split);
        units.retain(|units| Some(units.split) == last);
        units
    }

    /// Units that met bit errors: of one kind, variant and width, with plain values or JPEG, one per training.
    pub(super) fn damaged(&self, architecture: &str) -> BTreeMap<Damaged, Vec<&Executed>> {
        let mut groups: BTreeMap<Damaged, Vec<&Executed>> = BTreeMap::new();
        for executed in self.with_errors.iter().filter(|executed| executed.choice.backbone == architecture) {
            let Some(unit) = &executed.choice.unit else { continue };
            let is_noisy = unit.variant.split('-').any(|mark| mark == "noisy");
            let is_raw = executed.choice.codec.is_some();
            let key = Damaged { kind: unit.kind, is_raw, is_noisy, width: unit.width };
            groups.entry(key).or_default().push(executed);
        }
        groups
    }
}

/// Group of units that met bit errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Damaged {
    pub(super) kind: BottleneckKind,
    /// Whether 8-bit values were sent as they are, without JPEG.
    pub(super) is_raw: bool,
    /// Whether the unit was trained with errors.
    pub(super) is_noisy: bool,
    pub(super) width: u32,
}

impl Damaged {
    /// Name of the group: `spiking, noisy`, `8-bit values`, `8-bit values, JPEG`.
    pub(super) fn name(&self) -> String {
        let kind = match (self.kind, self.is_raw) {
            (BottleneckKind::Float, true) => "8-bit values",
            (BottleneckKind::Float, false) => "8-bit values, JPEG",
            (kind, _) => kind.name(),
        };
        format!("{kind}{}", if self.is_noisy { ", noisy" } else { "" })
    }
}

fn is_of(branch: &Branch<'_>, architecture: &str) -> bool {
    branch.representative().is_some_and(|file| file.metadata.backbone == architecture)
}

impl Units<'_> {
    /// Loss of accuracy of the units against their backbone.
    pub(super) fn loss(&self) -> Result<CrossedDifference, StatsError> {
        let units: Vec<Vec<f64>> = self.trainings.iter().map(|unit| numbers(&unit.right)).collect();
        CrossedDifference::new(&[numbers(&self.backbone.right)], &units)
    }

    /// For each training, how much each sample lost against the backbone: 1, 0 or -1.
    pub(super) fn losses(&self) -> Vec<Vec<f64>> {
        let whole = numbers(&self.backbone.right);
        let loss =
            |unit: &&Executed| whole.iter().zip(numbers(&unit.right)).map(|(whole, unit)| whole - unit).collect();
        self.trainings.iter().map(loss).collect()
    }

    /// Right answers of each training.
    pub(super) fn right(&self) -> Vec<Vec<f64>> {
        self.trainings.iter().map(|unit| numbers(&unit.right)).collect()
    }

    /// Mean payload in bits.
    pub(super) fn payload_bits(&self) -> f64 {
        let bits = self.trainings.iter().map(|unit| unit.measurement().payload_bits);
        bits.sum::<f64>() / self.trainings.len() as f64
    }

    /// Number of values at the split point.
    pub(super) fn values(&self) -> f64 {
        let network = &self.backbone.network;
        network.split(self.split).map_or(0.0, |at| network.layers[at].output.len() as f64)
    }

    /// Number of values that the encoder emits.
    pub(super) fn sent_values(&self) -> f64 {
        let unit = self.trainings[0];
        unit.network.layers[unit.cut].output.len() as f64
    }

    /// Time steps of the units.
    pub(super) fn steps(&self) -> f64 {
        f64::from(self.trainings[0].choice.time_steps.unwrap_or(1))
    }
}

/// 1 where right, 0 where wrong.
pub(super) fn numbers(right: &[bool]) -> Vec<f64> {
    right.iter().map(|&right| f64::from(u8::from(right))).collect()
}

/// Energy of the head on each batch of samples, in joules; `None` where the list has no price for something that happened.
pub(super) fn joules(executed: &Executed, list: &PriceList, convention: Convention) -> Option<Vec<f64>> {
    let account = |layers| list.account(&executed.network, executed.matched_steps, layers, convention).total();
    executed.heads.iter().map(|layers| account(layers)).collect()
}

/// Spikes per neuron over all steps in the head of a spiking network, rate times T.
pub(super) fn spikes_per_neuron(executed: &Executed) -> f64 {
    let neurons = executed.heads.iter().flatten().filter(|layer| layer.counts.neuron_updates > 0);
    let (spikes, updates) = neurons
        .fold((0, 0), |(spikes, updates), layer| (spikes + layer.output_events, updates + layer.counts.neuron_updates));
    f64::from(executed.choice.time_steps.unwrap_or(1)) * spikes as f64 / updates as f64
}

/// Ratio of the means of values that belong to the same samples, batches or replications one by one.
pub(super) fn ratio_of(first: &[f64], second: &[f64]) -> Result<Interval, StatsError> {
    ratio_interval(&first.iter().copied().zip(second.iter().copied()).collect::<Vec<_>>())
}
