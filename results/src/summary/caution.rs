//! Load of the places of a design point, and what speaks against its means (invariant 16).

use super::estimate::Estimate;
use crate::rows::ReplicationRow;
use serde::Serialize;

/// Offered load of each place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Loads {
    /// Of the edge devices.
    pub edge: Estimate,
    /// Of the uplinks, or of the cell.
    pub uplink: Estimate,
    /// Of the cloud, of as many servers as may run.
    pub cloud: Estimate,
}

impl Loads {
    /// The place that is asked for most, with its load; `None` if no place has one.
    pub fn greatest(&self) -> Option<(&'static str, f64)> {
        let places = [("edge devices", &self.edge), ("uplink", &self.uplink), ("cloud", &self.cloud)];
        let loads = places.into_iter().filter_map(|(place, load)| Some((place, load.mean?)));
        loads.max_by(|(_, one), (_, other)| one.total_cmp(other))
    }
}

/// Reason why the means of a design point hold for this run only (invariant 16).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caution {
    /// A place is asked for more than it can do, so queues and latencies grow with the length of the run.
    Overloaded {
        /// The place.
        place: &'static str,
        /// Its offered load.
        load: f64,
    },
    /// The latency of most replications was still drifting when half of the answers had been given.
    Drifting,
    /// The 95th percentile of latency is well below the mean: a few requests, those of the start or of the end, decide the mean.
    TooShort,
}

impl std::fmt::Display for Caution {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overloaded { place, load } => write!(
                formatter,
                "overloaded: the {place} is asked for {load:.2} times what it can do, so latencies grow with the length of the run"
            ),
            Self::Drifting => {
                write!(
                    formatter,
                    "not steady: latencies are still drifting, so the means depend on the length of the run"
                )
            }
            Self::TooShort => write!(
                formatter,
                "too short: the 95th percentile of latency is well below its mean, so a few requests decide the mean; ask for more"
            ),
        }
    }
}

/// Answers of a replication from which on a missing steady latency means that it was drifting, and not that there are too few.
const ENOUGH_ANSWERS: u64 = 1_000;

/// Share of the mean below which a 95th percentile is well below it. Where nearly all latencies are equal, the few that are longer put the
/// mean a little above the percentile.
const WELL_BELOW: f64 = 0.9;

/// What speaks against taking the means of a point for those of a longer run.
pub(super) fn cautions(
    load: &Loads,
    latency_mean_s: &Estimate,
    latency_p95_s: &Estimate,
    rows: &[&ReplicationRow],
) -> Vec<Caution> {
    let overloaded = load.greatest().filter(|(_, load)| *load >= 1.0);
    let overloaded = overloaded.map(|(place, load)| Caution::Overloaded { place, load });
    let is_drifting =
        |row: &&&ReplicationRow| row.requests.completed >= ENOUGH_ANSWERS && row.steady_latency_s.is_none();
    let drifting = 2 * rows.iter().filter(is_drifting).count() > rows.len();
    let is_short = latency_p95_s.mean.zip(latency_mean_s.mean).is_some_and(|(p95, mean)| p95 < WELL_BELOW * mean);
    // An overloaded place explains the others.
    match overloaded {
        Some(overloaded) => vec![overloaded],
        None => [drifting.then_some(Caution::Drifting), is_short.then_some(Caution::TooShort)]
            .into_iter()
            .flatten()
            .collect(),
    }
}
