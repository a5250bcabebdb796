//! Summary of results: one line per design point, and spiking networks against those that are executed once, pair by pair.

mod caution;
mod comparison;
mod estimate;
mod pairs;
mod point;
mod search;
mod standing;

pub use caution::{Caution, Loads, Steady};
pub use comparison::{AdjustedP, Comparison};
pub use estimate::{Estimate, UNRESOLVED};
pub use pairs::energy_difference;
pub use point::PointSummary;
pub use search::{Answer, Probed, ProbedLimit};
pub use standing::Standing;

use crate::answers::Answers;
use crate::goal::Selection;
use crate::index::PointIndex;
use crate::metrics::METRICS;
use crate::rows::{PointRow, ReplicationRow, Results};
use caution::cautions;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::stats::{StatsError, wilson};
pub(crate) use estimate::Limits;
pub(crate) use estimate::ROUNDING;
pub(crate) use pairs::{Pairing, Side};
use search::answers;
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// unit, or quantised) that are otherwise equal, of those among `points`.
    pub comparisons: Vec<Comparison>,
    /// Answers of searches; none without `[find]`.
    pub searches: Vec<Answer>,
    /// The best design point of all, also of those beyond `points`; `None` without `[goal]`.
    pub selection: Option<Selection>,
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
        let comparisons = match &results.comparisons {
            Some(comparisons) => comparisons.clone(),
            None => {
                let mut pairing = Pairing::new(&results.manifest);
                results.points.iter().zip(&points).for_each(|(row, point)| pairing.add(row, point, rows(row)));
                let answers = Answers::new(results);
                let compared = pairing.comparisons(&answers)?;
                compared.map(|(comparison, _)| comparison).collect()
            }
        };
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
        summary.cautions = cautions(&summary.load, &point.setup, rows);
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
