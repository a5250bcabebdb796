//! What was executed and simulated to test the claims.

use crate::quantity::plural;
use cospike_models::zoo::{Disturbance, Executed, PLAIN, without_seed};
use cospike_results::rows::Results;
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::network::{BottleneckKind, Family};
use cospike_sim_core::stats::{CrossedDifference, Interval, StatsError, ratio_interval};
use std::collections::BTreeMap;

/// Everything that the page about the papers is computed from.
#[derive(Debug)]
pub struct Evidence {
    /// What networks did: unsplit ones, and units. Float units at the last split point are there twice, with their values as JPEG
    /// and plain. Units at the last split point met bit errors, others none.
    pub executed: Vec<Executed>,
    /// Probabilities of an inverted bit.
    pub bit_errors: Vec<f64>,
    /// Units of joint source-channel coding at the last split points, each set with what its channel did to the payloads, which is the one
    /// disturbance that they met.
    pub joint: Vec<(Disturbance, Vec<Executed>)>,
    /// Price lists, with their names.
    pub prices: Vec<(String, PriceList)>,
    /// Results of the scenario `radios`.
    pub radios: Results,
    /// Results of the scenario `whole-device`.
    pub whole_device: Results,
    /// Results of the scenario `fallback`.
    pub fallback: Results,
    /// Results of the scenario `neucodex`.
    pub neucodex: Results,
}

/// Units of one kind and width at one split point.
#[derive(Clone, Debug)]
pub(super) struct Units<'a> {
    /// Name of the architecture.
    pub(super) architecture: &'a str,
    pub(super) kind: BottleneckKind,
    pub(super) split: &'a str,
    pub(super) width: u32,
    /// By backbone, of which there is one, or several that were trained from different seeds.
    pub(super) backbones: Vec<Trained<'a>>,
}

/// A backbone, and units that were trained on it from different seeds, at least one.
#[derive(Clone, Debug)]
pub(super) struct Trained<'a> {
    pub(super) backbone: &'a Executed,
    pub(super) units: Vec<&'a Executed>,
}

/// Name of the architecture of a network: that of its backbone without a seed.
pub(super) fn architecture(executed: &Executed) -> &str {
    let name = &executed.choice.backbone;
    let end = name.find("-seed").unwrap_or(name.len());
    if without_seed(name) == name[..end] { &name[..end] } else { name }
}

impl Evidence {
    /// Names of the architectures, that of the ResNet first, because the claims are about it.
    pub(super) fn architectures(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.executed.iter().map(architecture).collect();
        names.sort_by_key(|name| (!name.starts_with("resnet"), *name));
        names.dedup();
        names
    }

    /// The unsplit networks of a family, one for each seed.
    pub(super) fn backbones(&self, name: &str, family: Family) -> Vec<&Executed> {
        let is_it = |of: &&Executed| of.choice.unit.is_none() && architecture(of) == name && of.choice.family == family;
        self.executed.iter().filter(is_it).collect()
    }

    /// Plain units of `kind` in the architecture `name`, by split point from the input on and by width.
    pub(super) fn units(&self, name: &str, kind: BottleneckKind) -> Vec<Units<'_>> {
        let mut groups: BTreeMap<(usize, u32), Vec<&Executed>> = BTreeMap::new();
        for executed in self.executed.iter().filter(|executed| architecture(executed) == name) {
            let usual = executed.choice.unit.as_ref().filter(|_| executed.choice.codec.is_none());
            let Some(unit) = usual.filter(|unit| unit.kind == kind) else { continue };
            if let (PLAIN, Ok(place)) = (&*without_seed(&unit.variant), executed.network.split(&executed.choice.split))
            {
                groups.entry((place, unit.width)).or_default().push(executed);
            }
        }
        groups.into_values().filter_map(|units| self.by_backbone(&units)).collect()
    }

    /// `units` of one kind and width at one split point of an architecture, at least one, by the backbones on which they were trained.
    fn by_backbone<'a>(&'a self, units: &[&'a Executed]) -> Option<Units<'a>> {
        let any = *units.first()?;
        let unit = any.choice.unit.as_ref()?;
        let of = |backbone: &Executed| {
            units.iter().copied().filter(|unit| unit.choice.backbone == backbone.choice.backbone).collect()
        };
        let backbones = self.backbones(architecture(any), unit.kind.family()).into_iter();
        let trained = backbones.map(|backbone| Trained { backbone, units: of(backbone) });
        let backbones: Vec<Trained<'_>> = trained.filter(|trained| !trained.units.is_empty()).collect();
        let (architecture, split) = (architecture(any), any.choice.split.as_str());
        let is_known = !backbones.is_empty();
        is_known.then_some(Units { architecture, kind: unit.kind, split, width: unit.width, backbones })
    }

    /// Plain units of `kind` at the last split point of the architecture `name`, by width.
    pub(super) fn last_units(&self, name: &str, kind: BottleneckKind) -> Vec<Units<'_>> {
        let mut units = self.units(name, kind);
        let last = units.last().map(|units| units.split);
        units.retain(|units| Some(units.split) == last);
        units
    }

    /// Units that met bit errors: of one kind, variant and width, with plain values or JPEG.
    pub(super) fn damaged(&self, name: &str) -> Vec<(Damaged, Units<'_>)> {
        let mut groups: BTreeMap<Damaged, Vec<&Executed>> = BTreeMap::new();
        for executed in self.executed.iter().filter(|executed| architecture(executed) == name) {
            let met = executed.choice.unit.as_ref().filter(|_| !executed.right_disturbed.is_empty());
            let Some(unit) = met else { continue };
            let is_noisy = unit.variant.split('-').any(|mark| mark == "noisy");
            let is_raw = executed.choice.codec.is_some();
            let key = Damaged { kind: unit.kind, is_raw, is_noisy, width: unit.width };
            groups.entry(key).or_default().push(executed);
        }
        groups.into_iter().filter_map(|(group, units)| Some((group, self.by_backbone(&units)?))).collect()
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

impl Units<'_> {
    /// One of the units, for what all have in common.
    pub(super) fn any(&self) -> &Executed {
        self.backbones[0].units[0]
    }

    /// All units.
    fn all(&self) -> impl Iterator<Item = &Executed> {
        self.backbones.iter().flat_map(|trained| trained.units.iter().copied())
    }

    /// A row of values for each training that counts: of units, or where there are several backbones, of backbones, with the mean over
    /// their units.
    pub(super) fn rows(&self, values: impl Fn(&Executed, &Executed) -> Vec<f64>) -> Vec<Vec<f64>> {
        let of = |trained: &Trained<'_>| -> Vec<Vec<f64>> {
            trained.units.iter().map(|unit| values(trained.backbone, unit)).collect()
        };
        match &self.backbones[..] {
            [one] => of(one),
            several => several.iter().map(|trained| means(&of(trained))).collect(),
        }
    }

    /// Loss of accuracy of the units against their backbones.
    pub(super) fn loss(&self) -> Result<CrossedDifference, StatsError> {
        CrossedDifference::new(&self.losses(), &[vec![0.0; self.any().right.len()]])
    }

    /// For each training, how much each sample lost against the backbone.
    pub(super) fn losses(&self) -> Vec<Vec<f64>> {
        self.rows(|backbone, unit| {
            backbone.right.iter().zip(&unit.right).map(|(&whole, &cut)| f64::from(whole) - f64::from(cut)).collect()
        })
    }

    /// Right answers of each training.
    pub(super) fn right(&self) -> Vec<Vec<f64>> {
        self.rows(|_, unit| numbers(&unit.right))
    }

    /// Mean payload in bits.
    pub(super) fn payload_bits(&self) -> f64 {
        let (sum, number) =
            self.all().fold((0.0, 0.0), |(sum, number), unit| (sum + unit.measurement().payload_bits, number + 1.0));
        sum / number
    }

    /// What counts as one training in an interval, see [`Self::rows`].
    pub(super) fn noun(&self) -> &'static str {
        if self.backbones.len() > 1 { "backbone" } else { "training" }
    }

    /// Number of trainings, in words: `3 trainings`, or `3 backbones with 15 units`.
    pub(super) fn trainings(&self) -> String {
        match self.backbones.len() {
            1 => plural(self.all().count(), "training"),
            several => format!("{} with {}", plural(several, "backbone"), plural(self.all().count(), "unit")),
        }
    }

    /// Number of trainings for a table: `3`, or `15 on 3`.
    pub(super) fn number_of_trainings(&self) -> String {
        match self.backbones.len() {
            1 => self.all().count().to_string(),
            several => format!("{} on {several}", self.all().count()),
        }
    }

    /// Number of values at the split point.
    pub(super) fn values(&self) -> f64 {
        let network = &self.backbones[0].backbone.network;
        network.split(self.split).map_or(0.0, |at| network.layers[at].output.len() as f64)
    }

    /// Number of values that the encoder emits.
    pub(super) fn sent_values(&self) -> f64 {
        self.any().network.layers[self.any().cut].output.len() as f64
    }

    /// Time steps of the units.
    pub(super) fn steps(&self) -> f64 {
        f64::from(self.any().choice.time_steps.unwrap_or(1))
    }
}

/// Mean of several rows, value by value.
fn means(rows: &[Vec<f64>]) -> Vec<f64> {
    let values = rows.first().map_or(0, Vec::len);
    (0..values).map(|value| rows.iter().map(|row| row[value]).sum::<f64>() / rows.len() as f64).collect()
}

/// 1 where right, 0 where wrong.
pub(super) fn numbers(right: &[bool]) -> Vec<f64> {
    right.iter().map(|&right| f64::from(right)).collect()
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
