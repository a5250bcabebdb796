//! The difference between a spiking design point and one of another family that is otherwise equal.

use super::estimate::{Estimate, Serialised};
use crate::index::PointIndex;
use cospike_sim_core::stats::PairedDifference;
use serde::{Serialize, Serializer};

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
    /// Difference of mean latency in seconds, over the replications in which both have one; none where that of either holds for its run
    /// only, because a longer run would change it.
    pub latency_mean_s: Estimate,
    /// Difference of energy per answered request in joules, over the replications in which both have one; none as for latency.
    pub energy_j: Estimate,
    /// Probabilities of differences as large as these if there are none.
    pub adjusted_p: AdjustedP,
}

/// Two-sided p-values of no difference, each adjusted for all comparisons of the same quantity in the study (Holm's
/// correction). A difference counts as shown if its p-value is at most [`SIGNIFICANCE`](super::SIGNIFICANCE). The intervals are not adjusted.
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
