//! Spiking design points against those of other families that are otherwise equal, pair by pair.

use super::comparison::{AdjustedP, Comparison};
use super::estimate::{Estimate, largest, scaled, unit};
use super::{PointSummary, Standing};
use crate::answers::Answers;
use crate::index::{NetworkIndex, PointIndex};
use crate::manifest::Manifest;
use crate::metrics::{ENERGY, LATENCY, energy};
use crate::rows::{PointRow, ReplicationRow};
use cospike_sim_core::stats::{PairedDifference, StatsError, compare_with_control, holm};
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Keys that tell a spiking design point from one of another family: besides the family, the kind of bottleneck unit, and the time steps,
/// which other networks do not have.
const COMPARED_KEYS: [&str; 3] = ["network.family", "network.bottleneck", "network.time_steps"];

/// The design points of a study that may be pairs, taken one after the other: of each only what a comparison asks about is kept, so that it
/// may be a study of which not all results are in memory.
pub(crate) struct Pairing {
    /// Whether the study has swept a key in which a pair differs.
    may_have_pairs: bool,
    sides: Vec<Side>,
    /// Positions of the spiking design points among the sides, each with what its baselines have in common with it.
    spiking: Vec<(usize, Others)>,
    /// Positions of the others, by what they have in common.
    baselines: BTreeMap<Others, Vec<usize>>,
}

/// Hash of what two design points of a pair have in common: split, width, and the values of all other swept keys.
type Others = [u8; blake3::OUT_LEN];

/// What a comparison asks of a design point.
pub(crate) struct Side {
    pub(crate) point: PointIndex,
    pub(crate) label: Box<str>,
    /// Kind of the bottleneck unit; the family where there is none.
    pub(crate) kind: Box<str>,
    network: NetworkIndex,
    /// Number of replications, also of those that failed.
    replications: usize,
    measured: Box<[Measured]>,
    /// Whether the mean latency holds for longer runs, too.
    latency_holds: bool,
    /// Whether the energy does.
    energy_holds: bool,
}

/// What a replication says of the quantities that are compared.
struct Measured {
    replication: u32,
    latency_mean_s: Option<f64>,
    energy_j: Option<f64>,
}

impl Measured {
    fn new(row: &ReplicationRow) -> Self {
        Self { replication: row.replication, latency_mean_s: row.latency_mean_s, energy_j: energy(row) }
    }
}

impl Side {
    fn new(row: &PointRow, summary: &PointSummary, rows: &[&ReplicationRow]) -> Self {
        let holds = |metric| summary.standing(metric) == Standing::Holds;
        Self {
            point: row.point,
            label: row.label.as_str().into(),
            kind: row.kind.as_str().into(),
            network: row.network,
            replications: rows.len() + row.failed_replications as usize,
            measured: rows.iter().map(|row| Measured::new(row)).collect(),
            latency_holds: holds(&LATENCY),
            energy_holds: holds(&ENERGY),
        }
    }
}

impl Pairing {
    /// No design point yet, of the study with this `manifest`.
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let may_have_pairs = manifest.axes.iter().any(|axis| COMPARED_KEYS.contains(&axis.key.as_str()));
        Self { may_have_pairs, sides: vec![], spiking: vec![], baselines: BTreeMap::new() }
    }

    /// Whether a design point can be one of a pair at all.
    pub(crate) fn may_have_pairs(&self) -> bool {
        self.may_have_pairs
    }

    /// Takes the design point of `row`, of which `rows` are the replications.
    pub(crate) fn add(&mut self, row: &PointRow, summary: &PointSummary, rows: &[&ReplicationRow]) {
        if !self.may_have_pairs {
            return;
        }
        let (place, others) = (self.sides.len(), others(row));
        self.sides.push(Side::new(row, summary, rows));
        match row.family == "spiking" {
            true => self.spiking.push((place, others)),
            false => self.baselines.entry(others).or_default().push(place),
        }
    }

    /// The comparisons of all pairs, each with its two sides, in the order of the design points; `answers` are those of all networks.
    ///
    /// They are made one after the other when they are asked for, because of a large study not all fit into memory; only the p-values, which
    /// are adjusted together, are made for all at first.
    ///
    /// # Errors
    /// [`StatsError`] for answers of two networks to different samples.
    pub(crate) fn comparisons(
        &self,
        answers: &Answers,
    ) -> Result<impl Iterator<Item = (Comparison, [&Side; 2])>, StatsError> {
        let mut accuracies: BTreeMap<[NetworkIndex; 2], Option<PairedDifference>> = BTreeMap::new();
        for sides in self.pairs() {
            let networks = sides.map(|side| side.network);
            if let Entry::Vacant(unknown) = accuracies.entry(networks) {
                unknown.insert(answers.difference(networks).transpose()?);
            }
        }
        let p_value = |found: &Option<PairedDifference>| found.map(|found| found.p_value);
        let accuracy_p = adjusted(accuracies.iter().map(|(networks, found)| (*networks, p_value(found))));
        let p_values = |of: fn([&Side; 2]) -> Paired| {
            adjusted(self.pairs().enumerate().map(|(number, sides)| (number, of(sides).p_value)))
        };
        let (latency_p, energy_p) = (p_values(Paired::latencies), p_values(Paired::energies));
        Ok(self.pairs().enumerate().map(move |(number, sides)| {
            let networks = sides.map(|side| side.network);
            let comparison = Comparison {
                spiking: sides[0].point,
                baseline: sides[1].point,
                accuracy: accuracies.get(&networks).copied().flatten(),
                latency_mean_s: Paired::latencies(sides).difference,
                energy_j: Paired::energies(sides).difference,
                adjusted_p: AdjustedP {
                    accuracy: accuracy_p.get(&networks).copied(),
                    latency_mean_s: latency_p.get(&number).copied(),
                    energy_j: energy_p.get(&number).copied(),
                },
            };
            (comparison, sides)
        }))
    }

    /// Pairs of a spiking design point and one of another family.
    fn pairs(&self) -> impl Iterator<Item = [&Side; 2]> {
        self.spiking.iter().flat_map(|(spiking, others)| {
            let baselines = self.baselines.get(others).into_iter().flatten();
            baselines.map(|baseline| [&self.sides[*spiking], &self.sides[*baseline]])
        })
    }
}

/// What the design point of `row` has in common with those that it is compared with.
fn others(row: &PointRow) -> Others {
    let mut others: BTreeMap<String, Value> = serde_json::from_str(&row.parameters).unwrap_or_default();
    others.retain(|key, _| !COMPARED_KEYS.contains(&key.as_str()));
    *blake3::hash(serde_json::json!([others, row.split, row.width]).to_string().as_bytes()).as_bytes()
}

/// Difference of energy per answered request in joules, the first point less the second, over the replications in which
/// both have one; `rows` are those of the points.
pub fn energy_difference(points: [&PointRow; 2], rows: [&[&ReplicationRow]; 2]) -> Estimate {
    let all = [0, 1].map(|side| rows[side].len() + points[side].failed_replications as usize);
    let measured = rows.map(|rows| rows.iter().map(|row| Measured::new(row)).collect::<Vec<_>>());
    Paired::new(all, [&measured[0], &measured[1]], |measured| measured.energy_j).difference
}

/// Difference of means over replications, with the p-value of no difference.
struct Paired {
    difference: Estimate,
    p_value: Option<f64>,
}

impl Paired {
    fn latencies(sides: [&Side; 2]) -> Self {
        Self::of_sides(sides, |side| side.latency_holds, |measured| measured.latency_mean_s)
    }

    fn energies(sides: [&Side; 2]) -> Self {
        Self::of_sides(sides, |side| side.energy_holds, |measured| measured.energy_j)
    }

    /// Compares two sides; without a value unless that of both holds.
    fn of_sides(sides: [&Side; 2], holds: fn(&Side) -> bool, get: fn(&Measured) -> Option<f64>) -> Self {
        let found = Self::new(sides.map(|side| side.replications), sides.map(|side| &*side.measured), get);
        if sides.into_iter().all(holds) {
            return found;
        }
        Self { difference: found.difference.without_value(), p_value: None }
    }

    /// Compares two design points, of which `measured` are those of `all` replications that did not fail, in those in which both have a
    /// value. Where a precision was asked for, one may have more replications than the other.
    fn new(all: [usize; 2], measured: [&[Measured]; 2], get: fn(&Measured) -> Option<f64>) -> Self {
        let value = |measured: &Measured| get(measured).filter(|value| value.is_finite());
        let second: BTreeMap<u32, &Measured> = measured[1].iter().map(|of| (of.replication, of)).collect();
        let pair = |of: &Measured| Some((value(of)?, value(second.get(&of.replication)?)?));
        let (first, second): (Vec<f64>, Vec<f64>) = measured[0].iter().filter_map(pair).unzip();
        let size = largest(&first).max(largest(&second));
        let [first, second] = [first, second].map(|values| scaled(&values, size));
        let differences = first.iter().zip(&second).map(|(a, b)| (a - b) * unit(size));
        let differences: Vec<f64> = differences.filter(|difference| difference.is_finite()).collect();
        let difference = Estimate::of_values(&differences, all[0].min(all[1]), size);
        let compared = compare_with_control(&second, &[&first]).ok().filter(|_| difference.interval.is_some());
        Self { difference, p_value: compared.and_then(|compared| Some(compared.first()?.p_value)) }
    }
}
/// The p-values that exist, adjusted for multiple testing, by the key of the test.
fn adjusted<K: Ord>(tests: impl Iterator<Item = (K, Option<f64>)>) -> BTreeMap<K, f64> {
    let (tested, p_values): (Vec<K>, Vec<f64>) = tests.filter_map(|(tested, p_value)| Some((tested, p_value?))).unzip();
    let adjusted = holm(&p_values);
    tested.into_iter().zip(adjusted).collect()
}
