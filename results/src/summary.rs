//! What results come to: one line per design point, and spiking against float networks pair by pair.

use crate::rows::{AnswerRow, PointRow, ReplicationRow, Results};
use cospike_sim_core::stats::{
    Interval, PairedDifference, StatsError, compare_with_control, holm, mean_interval, paired_difference, wilson,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What results come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// One per design point, in order.
    pub points: Vec<PointSummary>,
    /// One per pair of a spiking design point and one of the float family, with a float or a binary bottleneck unit, that
    /// are otherwise equal.
    pub comparisons: Vec<Comparison>,
}

/// A mean over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean; NaN if a replication completed no request.
    pub mean: f64,
    /// Its 95 % t-interval; `None` with a single replication.
    pub interval: Option<Interval>,
}

/// One design point.
#[derive(Clone, Debug, PartialEq)]
pub struct PointSummary {
    /// Number of the design point.
    pub point: u32,
    /// Its label.
    pub label: String,
    /// Its replications.
    pub replications: usize,
    /// Share of samples answered right with nothing lost, with its 95 % Wilson interval.
    pub offline_accuracy: Interval,
    /// Share of completed requests answered right in the event loop.
    pub accuracy: Estimate,
    /// Share of requests that were completed.
    pub completed: Estimate,
    /// Mean latency in seconds.
    pub latency_mean_s: Estimate,
    /// 95th percentile of latency in seconds.
    pub latency_p95_s: Estimate,
    /// Energy of all edge devices per completed request, in joules.
    pub energy_j: Estimate,
    /// Mean payload in bits.
    pub payload_bits: f64,
    /// Bits of the float32 feature tensor at the split over payload bits; `None` if nothing is sent.
    pub ratio_to_float32: Option<f64>,
    /// Bits of the T-step binary feature tensor at the split over payload bits; `None` if nothing is sent.
    pub ratio_to_binary: Option<f64>,
}

/// A spiking network against a float one at the same split, width and other parameters. Differences are spiking less
/// float; both saw the same samples and, replication by replication, the same arrivals.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The spiking design point.
    pub spiking: u32,
    /// The design point of the float family.
    pub float: u32,
    /// Difference of offline accuracy, sample by sample.
    pub accuracy: PairedDifference,
    /// Difference of mean latency in seconds, replication by replication.
    pub latency_mean_s: Estimate,
    /// Difference of energy per completed request in joules, replication by replication.
    pub energy_j: Estimate,
    /// How likely such differences are if there are none.
    pub adjusted_p: AdjustedP,
}

/// Two-sided p-values of no difference, each adjusted for all comparisons of its kind in the summary (Holm's correction): a
/// difference is called one if it is at most [`SIGNIFICANCE`]. The intervals stand each for itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdjustedP {
    /// Of accuracy, by McNemar's test; pairs of the same two networks are one comparison.
    pub accuracy: f64,
    /// Of mean latency, by the paired t test; `None` with a single replication, or one that completed no request.
    pub latency_mean_s: Option<f64>,
    /// Of energy, likewise.
    pub energy_j: Option<f64>,
}

/// In at most this share of summaries, a difference of a kind is called one although there is none.
pub const SIGNIFICANCE: f64 = 0.05;

impl Summary {
    /// Sums up `results`.
    ///
    /// # Errors
    /// [`StatsError`] for results that no study can have, such as a design point without samples.
    pub fn of(results: &Results) -> Result<Self, StatsError> {
        let mut replications: BTreeMap<u32, Vec<&ReplicationRow>> = BTreeMap::new();
        for row in &results.replications {
            replications.entry(row.point).or_default().push(row);
        }
        let rows = |point: &PointRow| replications.get(&point.point).map_or(&[][..], Vec::as_slice);
        let points = results.points.iter().map(|point| summarise(point, rows(point))).collect::<Result<_, _>>()?;
        let mut correct: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
        for &AnswerRow { network, label, answer, .. } in &results.answers {
            correct.entry(network).or_default().push(label == answer);
        }
        let pairs = pairs(&results.points).into_iter().map(|(spiking, float)| {
            let answers = |point: &PointRow| correct.get(&point.network).map_or(&[][..], Vec::as_slice);
            let of = |get| Paired::new(rows(spiking), rows(float), get);
            Ok(Pair {
                points: [spiking.point, float.point],
                networks: [spiking.network, float.network],
                accuracy: paired_difference(answers(spiking), answers(float))?,
                latency_mean_s: of(|row| row.latency_mean_s)?,
                energy_j: of(|row| row.energy_total_j)?,
            })
        });
        Ok(Self { points, comparisons: adjust(&pairs.collect::<Result<Vec<_>, StatsError>>()?) })
    }
}

/// A comparison on its own.
struct Pair {
    points: [u32; 2],
    networks: [u32; 2],
    accuracy: PairedDifference,
    latency_mean_s: Paired,
    energy_j: Paired,
}

/// A difference of means over replications, and how likely it is if there is none.
struct Paired {
    difference: Estimate,
    p_value: Option<f64>,
}

impl Paired {
    /// Of the replications that both have: with a precision to be reached, one may have more.
    fn new(
        first: &[&ReplicationRow],
        second: &[&ReplicationRow],
        get: fn(&ReplicationRow) -> f64,
    ) -> Result<Self, StatsError> {
        let (first, second): (Vec<f64>, Vec<f64>) = first.iter().zip(second).map(|(a, b)| (get(a), get(b))).unzip();
        match compare_with_control(&second, &[&first]).as_deref() {
            Ok([compared]) => Ok(Self {
                difference: Estimate { mean: compared.difference.estimate, interval: Some(compared.difference) },
                p_value: compared.difference.estimate.is_finite().then_some(compared.p_value),
            }),
            _ => {
                let differences: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
                Ok(Self { difference: estimate(&differences)?, p_value: None })
            }
        }
    }
}

/// The comparisons with their p-values adjusted, kind by kind.
fn adjust(pairs: &[Pair]) -> Vec<Comparison> {
    let of =
        |get: fn(&Pair) -> Option<f64>| adjusted(pairs.iter().enumerate().map(|(i, pair)| (i, get(pair))).collect());
    let accuracy = adjusted(pairs.iter().map(|pair| (pair.networks, Some(pair.accuracy.p_value))).collect());
    let (latency, energy) = (of(|pair| pair.latency_mean_s.p_value), of(|pair| pair.energy_j.p_value));
    let comparison = |(index, pair): (usize, &Pair)| Comparison {
        spiking: pair.points[0],
        float: pair.points[1],
        accuracy: pair.accuracy,
        latency_mean_s: pair.latency_mean_s.difference,
        energy_j: pair.energy_j.difference,
        adjusted_p: AdjustedP {
            accuracy: accuracy[&pair.networks],
            latency_mean_s: latency.get(&index).copied(),
            energy_j: energy.get(&index).copied(),
        },
    };
    pairs.iter().enumerate().map(comparison).collect()
}

/// The p-values that there are, adjusted for being several, by what was tested.
fn adjusted<K: Ord>(tests: BTreeMap<K, Option<f64>>) -> BTreeMap<K, f64> {
    let (tested, p_values): (Vec<K>, Vec<f64>) =
        tests.into_iter().filter_map(|(tested, p_value)| Some((tested, p_value?))).unzip();
    let adjusted = holm(&p_values);
    tested.into_iter().zip(adjusted).collect()
}

fn summarise(point: &PointRow, rows: &[&ReplicationRow]) -> Result<PointSummary, StatsError> {
    let of = |get: fn(&ReplicationRow) -> f64| estimate(&rows.iter().map(|row| get(row)).collect::<Vec<_>>());
    let ratio = |bits: u64| (point.payload_bits > 0.0).then(|| bits as f64 / point.payload_bits);
    Ok(PointSummary {
        point: point.point,
        label: point.label.clone(),
        replications: rows.len(),
        offline_accuracy: wilson(point.correct.into(), point.samples.into())?,
        accuracy: of(|row| row.correct as f64 / row.completed as f64)?,
        completed: of(|row| row.completed as f64 / row.generated as f64)?,
        latency_mean_s: of(|row| row.latency_mean_s)?,
        latency_p95_s: of(|row| row.latency_p95_s)?,
        energy_j: of(|row| row.energy_total_j)?,
        payload_bits: point.payload_bits,
        ratio_to_float32: ratio(point.float32_bits),
        ratio_to_binary: ratio(point.binary_bits),
    })
}

fn estimate(values: &[f64]) -> Result<Estimate, StatsError> {
    match values {
        [only] => Ok(Estimate { mean: *only, interval: None }),
        _ => mean_interval(values).map(|interval| Estimate { mean: interval.estimate, interval: Some(interval) }),
    }
}

/// Design points that differ in the family and the kind of bottleneck unit only, and in the time steps that a float
/// network has not.
fn pairs(points: &[PointRow]) -> Vec<(&PointRow, &PointRow)> {
    let key = |point: &PointRow| {
        let mut others: BTreeMap<String, Value> = serde_json::from_str(&point.parameters).unwrap_or_default();
        others.remove("network.family");
        others.remove("network.bottleneck");
        others.remove("network.time_steps");
        (serde_json::json!(others).to_string(), point.split.clone(), point.width)
    };
    let mut float: BTreeMap<_, Vec<&PointRow>> = BTreeMap::new();
    points.iter().filter(|p| p.family == "float").for_each(|p| float.entry(key(p)).or_default().push(p));
    let spiking = points.iter().filter(|point| point.family == "spiking");
    let partners = |point: &PointRow| float.get(&key(point)).cloned().unwrap_or_default();
    spiking.flat_map(|point| partners(point).into_iter().map(move |partner| (point, partner))).collect()
}
