//! Summary of results: one line per design point, and spiking against float networks pair by pair.

use crate::index::{NetworkIndex, PointIndex};
use crate::rows::{AnswerRow, PointRow, ReplicationRow, Results};
use cospike_sim_core::stats::{
    Interval, PairedDifference, StatsError, compare_with_control, holm, mean_interval, paired_difference, wilson,
};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Summary of the results of a study. It serialises as `cospike run --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Summaries of the design points, in the order of the table `points`.
    pub points: Vec<PointSummary>,
    /// Comparisons of every pair of a spiking design point and one of the float family, with a float or a binary bottleneck
    /// unit, that are otherwise equal.
    pub comparisons: Vec<Comparison>,
}

/// Mean over replications.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Mean, in the unit of what is estimated; NaN if a replication completed no request.
    pub mean: f64,
    /// 95 % t-interval of the mean; `None` with a single replication.
    #[serde(serialize_with = "optional_interval")]
    pub interval: Option<Interval>,
}

/// Summary of one design point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointSummary {
    /// Number of the design point.
    pub point: PointIndex,
    /// Label of the design point, unique in the study.
    pub label: String,
    /// Number of replications.
    #[serde(skip)]
    pub replications: usize,
    /// Share of samples answered correctly with nothing lost, with its 95 % Wilson interval.
    #[serde(serialize_with = "interval")]
    pub offline_accuracy: Interval,
    /// Share of completed requests answered correctly in the event loop.
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

/// Comparison of a spiking network with one of the float family at the same split, width and other parameters. Differences
/// are spiking minus float; both saw the same samples and, replication by replication, the same arrivals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Number of the spiking design point.
    pub spiking: PointIndex,
    /// Number of the design point of the float family.
    pub float: PointIndex,
    /// Difference of offline accuracy, sample by sample.
    #[serde(serialize_with = "difference")]
    pub accuracy: PairedDifference,
    /// Difference of mean latency in seconds, replication by replication.
    pub latency_mean_s: Estimate,
    /// Difference of energy per completed request in joules, replication by replication.
    pub energy_j: Estimate,
    /// Probabilities of differences as large as these if there are none.
    pub adjusted_p: AdjustedP,
}

/// Two-sided p-values of no difference, each adjusted for all comparisons of the same quantity in the summary (Holm's
/// correction). A difference counts as shown if its p-value is at most [`SIGNIFICANCE`]. The intervals are not adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdjustedP {
    /// p-value of accuracy by McNemar's mid-p test; pairs of the same two networks are one comparison.
    pub accuracy: f64,
    /// p-value of mean latency by the paired t test; `None` with a single replication, or one that completed no request.
    pub latency_mean_s: Option<f64>,
    /// p-value of energy by the paired t test; `None` as for latency.
    pub energy_j: Option<f64>,
}

/// The form of an [`Interval`], which is a type of another crate without one.
#[derive(Serialize)]
#[serde(remote = "Interval")]
struct IntervalForm {
    estimate: f64,
    low: f64,
    high: f64,
}

/// An [`Interval`] that serialises.
#[derive(Serialize)]
struct Serialised<'a>(#[serde(with = "IntervalForm")] &'a Interval);

fn interval<S: Serializer>(interval: &Interval, serializer: S) -> Result<S::Ok, S::Error> {
    IntervalForm::serialize(interval, serializer)
}

fn optional_interval<S: Serializer>(interval: &Option<Interval>, serializer: S) -> Result<S::Ok, S::Error> {
    interval.as_ref().map(Serialised).serialize(serializer)
}

fn difference<S: Serializer>(difference: &PairedDifference, serializer: S) -> Result<S::Ok, S::Error> {
    IntervalForm::serialize(&difference.difference, serializer)
}

/// Significance level: the largest share of summaries in which a difference of a quantity counts as shown although there is
/// none.
pub const SIGNIFICANCE: f64 = 0.05;

impl Summary {
    /// Summarises `results`.
    ///
    /// # Errors
    /// [`StatsError`] for results that no study can have, such as a design point without samples.
    pub fn new(results: &Results) -> Result<Self, StatsError> {
        let mut replications: BTreeMap<PointIndex, Vec<&ReplicationRow>> = BTreeMap::new();
        for row in &results.replications {
            replications.entry(row.point).or_default().push(row);
        }
        let rows = |point: &PointRow| replications.get(&point.point).map_or(&[][..], Vec::as_slice);
        let points = results.points.iter().map(|point| summarise(point, rows(point))).collect::<Result<_, _>>()?;
        let mut correct: BTreeMap<NetworkIndex, Vec<bool>> = BTreeMap::new();
        for &AnswerRow { network, label, answer, .. } in &results.answers {
            correct.entry(network).or_default().push(label == answer);
        }
        let pairs = pairs(&results.points).into_iter().map(|(spiking, float)| {
            let answers = |point: &PointRow| correct.get(&point.network).map_or(&[][..], Vec::as_slice);
            let paired = |get| Paired::new(rows(spiking), rows(float), get);
            Ok(Pair {
                points: [spiking.point, float.point],
                networks: [spiking.network, float.network],
                accuracy: paired_difference(answers(spiking), answers(float))?,
                latency_mean_s: paired(|row| row.latency_mean_s)?,
                energy_j: paired(|row| row.energy.total)?,
            })
        });
        Ok(Self { points, comparisons: adjust(&pairs.collect::<Result<Vec<_>, StatsError>>()?) })
    }
}

/// Comparison of two design points before the p-values are adjusted.
struct Pair {
    points: [PointIndex; 2],
    networks: [NetworkIndex; 2],
    accuracy: PairedDifference,
    latency_mean_s: Paired,
    energy_j: Paired,
}

/// Difference of means over replications, with the p-value of no difference.
struct Paired {
    difference: Estimate,
    p_value: Option<f64>,
}

impl Paired {
    /// Compares the replications that both have: where a precision was asked for, one may have more.
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

/// The comparisons with their p-values adjusted, quantity by quantity.
fn adjust(pairs: &[Pair]) -> Vec<Comparison> {
    let by_pair =
        |get: fn(&Pair) -> Option<f64>| adjusted(pairs.iter().enumerate().map(|(i, pair)| (i, get(pair))).collect());
    let accuracy = adjusted(pairs.iter().map(|pair| (pair.networks, Some(pair.accuracy.p_value))).collect());
    let (latency, energy) = (by_pair(|pair| pair.latency_mean_s.p_value), by_pair(|pair| pair.energy_j.p_value));
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

/// The p-values that exist, adjusted for multiple testing, by the key of the test.
fn adjusted<K: Ord>(tests: BTreeMap<K, Option<f64>>) -> BTreeMap<K, f64> {
    let (tested, p_values): (Vec<K>, Vec<f64>) =
        tests.into_iter().filter_map(|(tested, p_value)| Some((tested, p_value?))).unzip();
    let adjusted = holm(&p_values);
    tested.into_iter().zip(adjusted).collect()
}

fn summarise(point: &PointRow, rows: &[&ReplicationRow]) -> Result<PointSummary, StatsError> {
    let mean = |get: fn(&ReplicationRow) -> f64| estimate(&rows.iter().map(|row| get(row)).collect::<Vec<_>>());
    let ratio = |bits: u64| (point.payload_bits > 0.0).then(|| bits as f64 / point.payload_bits);
    Ok(PointSummary {
        point: point.point,
        label: point.label.clone(),
        replications: rows.len(),
        offline_accuracy: wilson(point.correct.into(), point.samples.into())?,
        accuracy: mean(|row| row.requests.correct as f64 / row.requests.completed as f64)?,
        completed: mean(|row| row.requests.completed as f64 / row.requests.generated as f64)?,
        latency_mean_s: mean(|row| row.latency_mean_s)?,
        latency_p95_s: mean(|row| row.latency_p95_s)?,
        energy_j: mean(|row| row.energy.total)?,
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

/// Pairs of a spiking and a float design point that differ only in the family, the kind of bottleneck unit, and the time
/// steps, which a float network does not have.
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
