//! Summary of results: one line per design point, and spiking networks against those that are executed once, pair by pair.

mod caution;
mod estimate;
mod point;
mod search;
mod standing;

pub use caution::{Caution, Loads};
pub use estimate::{Estimate, UNRESOLVED};
pub use point::PointSummary;
pub use search::{Answer, Probed, ProbedLimit};
pub use standing::Standing;

use crate::goal::Selection;
use crate::index::{NetworkIndex, PointIndex};
use crate::metrics::{METRICS, energy};
use crate::rows::{AnswerRow, PointRow, ReplicationRow, Results};
use caution::cautions;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::stats::{PairedDifference, StatsError, compare_with_control, holm, paired_difference, wilson};
pub(crate) use estimate::Limits;
pub(crate) use estimate::ROUNDING;
use estimate::{Serialised, largest, scaled, unit};
use search::answers;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most design points that terminal, JSON and report show, the first ones: no browser shows more, no reader reads them, and each takes
/// memory. The tables have all.
pub const MOST_POINTS: usize = 10_000;

/// Summary of the results of a study. It serialises as `cospike run --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Number of design points of the study, of which `points` are the first.
    pub all_points: usize,
    /// What was simulated but is not as it should be, see [`Manifest::warnings`](crate::manifest::Manifest::warnings).
    pub warnings: Vec<String>,
    /// Summaries of the design points, in the order of the table `points`.
    pub points: Vec<PointSummary>,
    /// Comparisons of every pair of a spiking design point and one of another family (float, with a float or a binary bottleneck
    /// unit, or quantised) that are otherwise equal.
    pub comparisons: Vec<Comparison>,
    /// Answers of searches; none without `[find]`.
    pub searches: Vec<Answer>,
    /// The best design point of all, also of those beyond `points`; `None` without `[goal]`.
    pub selection: Option<Selection>,
}

/// Comparison of a spiking network with one of another family, the baseline, at the same split, width and other parameters.
/// Differences are spiking minus baseline; both saw the same samples and, replication by replication, the same arrivals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Number of the spiking design point.
    pub spiking: PointIndex,
    /// Number of the design point of the other family.
    pub baseline: PointIndex,
    /// Difference of offline accuracy, sample by sample; `None` if one of the networks cannot be executed.
    #[serde(serialize_with = "optional_difference")]
    pub accuracy: Option<PairedDifference>,
    /// Difference of mean latency in seconds, over the replications in which both have one; none where the means of either hold for its
    /// run only, because a longer run would change it.
    pub latency_mean_s: Estimate,
    /// Difference of energy per answered request in joules, over the replications in which both have one; none as for latency.
    pub energy_j: Estimate,
    /// Probabilities of differences as large as these if there are none.
    pub adjusted_p: AdjustedP,
}

/// Two-sided p-values of no difference, each adjusted for all comparisons of the same quantity in the summary (Holm's
/// correction). A difference counts as shown if its p-value is at most [`SIGNIFICANCE`]. The intervals are not adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdjustedP {
    /// p-value of accuracy by McNemar's mid-p test; pairs of the same two networks are one comparison. `None` if one of
    /// them cannot be executed.
    pub accuracy: Option<f64>,
    /// p-value of mean latency by the paired t test; `None` where the difference has no interval.
    pub latency_mean_s: Option<f64>,
    /// p-value of energy by the paired t test; `None` as for latency.
    pub energy_j: Option<f64>,
}

fn optional_difference<S: Serializer>(found: &Option<PairedDifference>, serializer: S) -> Result<S::Ok, S::Error> {
    found.as_ref().map(|found| Serialised(&found.difference)).serialize(serializer)
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
        let points =
            results.points.iter().map(|point| PointSummary::new(point, rows(point))).collect::<Result<Vec<_>, _>>()?;
        let mut correct: BTreeMap<NetworkIndex, Vec<bool>> = BTreeMap::new();
        for &AnswerRow { network, label, answer, .. } in &results.answers {
            correct.entry(network).or_default().push(label == answer);
        }
        let unsteady: BTreeSet<PointIndex> =
            points.iter().filter(|point| !point.is_steady()).map(|point| point.point).collect();
        let pairs = pairs(&results.points).into_iter().map(|(spiking, baseline)| {
            let answers = [spiking, baseline].map(|point| correct.get(&point.network));
            let holds = ![spiking, baseline].iter().any(|point| unsteady.contains(&point.point));
            let paired = |get| {
                let of = Paired::new([spiking, baseline], [rows(spiking), rows(baseline)], get);
                if holds { of } else { Paired { difference: of.difference.without_value(), p_value: None } }
            };
            Ok(Pair {
                points: [spiking.point, baseline.point],
                networks: [spiking.network, baseline.network],
                accuracy: match answers {
                    [Some(first), Some(second)] => Some(paired_difference(first, second)?),
                    _ => None,
                },
                latency_mean_s: paired(|row| row.latency_mean_s),
                energy_j: paired(energy),
            })
        });
        let comparisons = adjust(&pairs.collect::<Result<Vec<_>, StatsError>>()?);
        let searches =
            answers(results, points.iter().map(|point| (point.point, (point.replications, &point.cautions[..]))));
        let selection = results.selection.clone().or_else(|| Selection::new(results, &points));
        let (all_points, warnings) = (results.all_points, results.manifest.warnings.clone());
        Ok(Self { all_points, warnings, points, comparisons, searches, selection })
    }
}

/// Share of compute in the energy of a device below which no price list changes what it needs.
pub const LEAST_COMPUTE: f64 = 0.01;

/// Smallest and largest share of compute in the energy of the devices, over all replications; `None` if none has an energy.
pub fn compute_share(rows: &[ReplicationRow]) -> Option<[f64; 2]> {
    let shares = || {
        let shares = rows.iter().filter_map(|row| row.energy).map(|energy| energy.compute.total() / energy.total);
        // Parts sum to the total (invariant 5), so a study has no other shares.
        shares.filter(|share| (0.0..=1.0 + 1e-9).contains(share))
    };
    Some([shares().reduce(f64::min)?, shares().reduce(f64::max)?])
}

/// Difference of energy per answered request in joules, the first point less the second, over the replications in which
/// both have one; `rows` are those of the points.
pub fn energy_difference(points: [&PointRow; 2], rows: [&[&ReplicationRow]; 2]) -> Estimate {
    Paired::new(points, rows, energy).difference
}

/// Comparison of two design points before the p-values are adjusted.
struct Pair {
    points: [PointIndex; 2],
    networks: [NetworkIndex; 2],
    accuracy: Option<PairedDifference>,
    latency_mean_s: Paired,
    energy_j: Paired,
}

/// Difference of means over replications, with the p-value of no difference.
struct Paired {
    difference: Estimate,
    p_value: Option<f64>,
}

impl Paired {
    /// Compares two design points, of which `rows` are the replications, in those in which both have a value. Where a
    /// precision was asked for, one may have more replications than the other.
    fn new(points: [&PointRow; 2], rows: [&[&ReplicationRow]; 2], get: fn(&ReplicationRow) -> Option<f64>) -> Self {
        let of = [0, 1].map(|side| rows[side].len() + points[side].failed_replications as usize);
        let values = |row: &ReplicationRow| get(row).filter(|value| value.is_finite());
        let second: BTreeMap<u32, &ReplicationRow> = rows[1].iter().map(|&row| (row.replication, row)).collect();
        let pair = |row: &&ReplicationRow| Some((values(row)?, values(second.get(&row.replication)?)?));
        let (first, second): (Vec<f64>, Vec<f64>) = rows[0].iter().filter_map(pair).unzip();
        let size = largest(&first).max(largest(&second));
        let [first, second] = [first, second].map(|values| scaled(&values, size));
        let differences = first.iter().zip(&second).map(|(a, b)| (a - b) * unit(size));
        let differences: Vec<f64> = differences.filter(|difference| difference.is_finite()).collect();
        let difference = Estimate::of_values(&differences, of[0].min(of[1]), size);
        let compared = compare_with_control(&second, &[&first]).ok().filter(|_| difference.interval.is_some());
        Self { difference, p_value: compared.and_then(|compared| Some(compared.first()?.p_value)) }
    }
}

/// The comparisons with their p-values adjusted, quantity by quantity.
fn adjust(pairs: &[Pair]) -> Vec<Comparison> {
    let by_pair =
        |get: fn(&Pair) -> Option<f64>| adjusted(pairs.iter().enumerate().map(|(i, pair)| (i, get(pair))).collect());
    let p_value = |pair: &Pair| pair.accuracy.map(|accuracy| accuracy.p_value);
    let accuracy = adjusted(pairs.iter().map(|pair| (pair.networks, p_value(pair))).collect());
    let (latency, energy) = (by_pair(|pair| pair.latency_mean_s.p_value), by_pair(|pair| pair.energy_j.p_value));
    let comparison = |(index, pair): (usize, &Pair)| Comparison {
        spiking: pair.points[0],
        baseline: pair.points[1],
        accuracy: pair.accuracy,
        latency_mean_s: pair.latency_mean_s.difference,
        energy_j: pair.energy_j.difference,
        adjusted_p: AdjustedP {
            accuracy: accuracy.get(&pair.networks).copied(),
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

impl PointSummary {
    /// Summarises the design point of `row`, whose replications are `rows`.
    ///
    /// # Errors
    /// [`StatsError`] for a design point that no study can have, such as one without samples.
    pub(crate) fn new(point: &PointRow, rows: &[&ReplicationRow]) -> Result<Self, StatsError> {
        let failed = point.failed_replications as usize;
        let depletion = Estimate::new(rows.iter().map(|row| row.first_depletion_s), failed).within(Limits::Positive);
        // Every metric gets its mean below.
        let none = Estimate::default();
        let sent = point.payload_bits.filter(|bits| *bits > 0.0);
        let ratio = |bits: u64| sent.map(|sent| bits as f64 / sent).filter(|ratio| ratio.is_finite());
        let mut summary = PointSummary {
            point: point.point,
            label: point.label.clone(),
            parameters: serde_json::from_str(&point.parameters).unwrap_or_default(),
            replications: rows.len(),
            failed_replications: failed,
            failure: point.failure.clone(),
            is_deterministic: false,
            offline_accuracy: point.correct.map(|correct| wilson(correct.into(), point.samples.into())).transpose()?,
            correct: none,
            accuracy: none,
            completed: none,
            latency_mean_s: none,
            latency_p50_s: none,
            latency_p95_s: none,
            latency_p99_s: none,
            latency_max_s: none,
            energy_j: none,
            power_per_device_w: none,
            no_energy: rows.iter().find_map(|row| row.no_energy.clone()),
            deadline_misses: none,
            first_depletion_s: depletion,
            restricted_lifetime_s: none,
            mean_servers: none,
            cloud_energy_j: none,
            cloud_power_w: none,
            load: Loads { edge: none, uplink: none, cloud: none },
            cautions: vec![],
            on_air_bytes: none,
            payload_bits: point.payload_bits,
            ratio_to_float32: ratio(point.float32_bits),
            ratio_to_binary: ratio(point.binary_bits),
        };
        for metric in &METRICS {
            *metric.place(&mut summary) = metric.estimate(rows, failed, point.samples);
        }
        summary.cautions = cautions(&summary.load, &summary.latency_mean_s, &summary.latency_p95_s, rows);
        let constant = summary.estimates().iter().all(|estimate| estimate.is_constant || estimate.interval.is_none());
        summary.is_deterministic =
            rows.len() > 1 && constant && rows.iter().all(|row| row.trajectory == rows[0].trajectory);
        Ok(summary)
    }
}

impl PointSummary {
    /// The summary as it can be shown: where a place is overloaded, without the means that grow with the length of the run, or
    /// depend on how it ended (invariant 16). Means that hold for the run only have to be marked where they are shown, see
    /// [`standing`](Self::standing).
    pub fn that_holds(mut self) -> Self {
        for metric in &METRICS {
            if self.standing(metric) == Standing::Overloaded {
                let place = metric.place(&mut self);
                *place = place.without_value();
            }
        }
        self
    }

    /// Means over the replications that every study has.
    pub fn estimates(&self) -> [&Estimate; 6] {
        let Self { accuracy, completed, latency_mean_s, latency_p95_s, energy_j, power_per_device_w, .. } = self;
        [accuracy, completed, latency_mean_s, latency_p95_s, energy_j, power_per_device_w]
    }
}

/// Pairs of a spiking design point and one of another family that differ only in the family, the kind of bottleneck unit, and
/// the time steps, which other networks do not have.
fn pairs(points: &[PointRow]) -> Vec<(&PointRow, &PointRow)> {
    let key = |point: &PointRow| {
        let mut others: BTreeMap<String, Value> = serde_json::from_str(&point.parameters).unwrap_or_default();
        others.remove("network.family");
        others.remove("network.bottleneck");
        others.remove("network.time_steps");
        (serde_json::json!(others).to_string(), point.split.clone(), point.width)
    };
    let (spiking, others): (Vec<_>, Vec<_>) = points.iter().partition(|point| point.family == "spiking");
    let mut baselines: BTreeMap<_, Vec<&PointRow>> = BTreeMap::new();
    others.into_iter().for_each(|point| baselines.entry(key(point)).or_default().push(point));
    let partners = |point: &PointRow| baselines.get(&key(point)).cloned().unwrap_or_default();
    spiking.into_iter().flat_map(|point| partners(point).into_iter().map(move |partner| (point, partner))).collect()
}

/// Whether the devices of a study compute with the zeros of real-valued layers, as a sentence: no latency or energy of a float
/// network means anything without it.
pub fn zeros(points: &[PointRow]) -> &'static str {
    let skips = |point: &PointRow| point.convention == Convention::NonZero.name();
    match (points.iter().any(skips), points.iter().all(skips)) {
        (false, _) => {
            "Latency and energy hold for devices that compute with the zeros of real-valued layers, as with any other value."
        }
        (true, true) => "Latency and energy hold for devices that skip the zeros of real-valued layers.",
        (true, false) => {
            "The devices of some design points skip the zeros of real-valued layers, those of others compute with them, as their \
             profiles say (column `convention` of the table `points`)."
        }
    }
}
