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
    /// A place is asked for almost as much as it can do, and the replications are too short for the long busy periods that its queue has then:
    /// nothing in their results shows that these have not occurred yet.
    TooShortForLoad {
        /// The place.
        place: &'static str,
        /// Its offered load.
        load: f64,
        /// Number of requests that a replication needs at least.
        requests: u64,
    },
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
            Self::TooShortForLoad { place, load, requests } => write!(
                formatter,
                "too short: at a load of {load:.2} the queue of the {place} has busy periods that fewer than {requests} requests do not show; ask \
                 for more"
            ),
        }
    }
}

/// Answers of a replication from which on a missing steady latency means that it was drifting, and not that there are too few.
const ENOUGH_ANSWERS: u64 = 1_000;

/// Share of the mean below which a 95th percentile is well below it. Where nearly all latencies are equal, the few that are longer put the
/// mean a little above the percentile.
const WELL_BELOW: f64 = 0.9;

/// Load from which on the length of a run has to be that of [`requests_needed`]; below, a run that reaches a steady state has them.
const HIGH_LOAD: f64 = 0.9;

/// Times that a run has to last in which its queue forgets: an interval needs 20 batches, each longer than that. With fewer, three quarters
/// of the intervals or less cover the mean (docs/notes/statistics.md).
const RELAXATIONS: f64 = 20.0;

/// Requests of a run in which a queue of one server at this load, below 1, forgets often enough. It forgets in about
/// `1 / (1 - sqrt(load))^2` services (relaxation time of M/M/1, docs/notes/statistics.md); one of several servers needs more.
fn requests_needed(load: f64) -> u64 {
    (RELAXATIONS / (1.0 - load.sqrt()).powi(2)).ceil() as u64
}

/// The place that is asked for almost as much as it can do by too few requests, if there is one.
fn too_short_for_load(load: &Loads, rows: &[&ReplicationRow]) -> Option<Caution> {
    let (place, load) = load.greatest().filter(|(_, load)| (HIGH_LOAD..1.0).contains(load))?;
    let requests = requests_needed(load);
    let is_short = |row: &&ReplicationRow| row.requests.completed < requests;
    rows.iter().any(is_short).then_some(Caution::TooShortForLoad { place, load, requests })
}

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
        None => {
            let short = is_short.then_some(Caution::TooShort);
            [drifting.then_some(Caution::Drifting), short, too_short_for_load(load, rows)]
                .into_iter()
                .flatten()
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 0.95 a queue forgets in 1,560 services.
    #[test]
    fn a_queue_near_its_limit_needs_long_runs() {
        assert_eq!(requests_needed(0.95), 31_195);
        assert!(requests_needed(0.9) < 8_000 && requests_needed(0.99) > 700_000);
    }
}
