//! Load of the places of a design point, and what speaks against its means (invariant 16).

use super::estimate::Estimate;
use crate::rows::{ReplicationRow, Setup};
use cospike_sim_core::stats::Interval;
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
    /// The 95th percentile of latency is well below the mean, so a few requests decide it, and these are those of the start or of the end, or
    /// too few to show how often such come.
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
        /// Whether energy and power of the devices depend on the waiting, too.
        device_energy: bool,
        /// Whether energy and power of the cloud do.
        cloud_energy: bool,
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
                "too short: the 95th percentile of latency is well below its mean, so a few requests decide the mean, and the run does not show \
                 how often such come; ask for more requests, or for a longer `warmup` if they are those of the start"
            ),
            Self::TooShortForLoad { place, load, requests, device_energy, cloud_energy } => {
                let energies = match (device_energy, cloud_energy) {
                    (true, true) => "",
                    (true, false) => " (energy and power of the cloud do not depend on the waiting)",
                    (false, true) => " (energy and power of the devices do not depend on the waiting)",
                    (false, false) => " (energies and powers do not depend on the waiting)",
                };
                write!(
                    formatter,
                    "too short: at a load of {load:.2} the queue of the {place} has busy periods that fewer than {requests} requests do not \
                     show{energies}; ask for more"
                )
            }
        }
    }
}

/// What only a steady state has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steady {
    /// Time that requests take, of which they wait a part.
    Latency,
    /// Energy and power of the devices, which may depend on the waiting.
    DeviceEnergy,
    /// Energy and power of the cloud, which may depend on the waiting.
    CloudEnergy,
}

impl Caution {
    /// Whether it speaks against what a metric measures in the steady state.
    pub(super) fn concerns(&self, steady: Steady) -> bool {
        match (self, steady) {
            (Self::TooShortForLoad { device_energy, .. }, Steady::DeviceEnergy) => *device_energy,
            (Self::TooShortForLoad { cloud_energy, .. }, Steady::CloudEnergy) => *cloud_energy,
            _ => true,
        }
    }
}

/// Answers of a replication from which on a missing steady latency means that it was drifting, and not that there are too few.
const ENOUGH_ANSWERS: u64 = 1_000;

/// Share of the mean below which a 95th percentile is well below it. Where nearly all latencies are equal, the few that are longer put the
/// mean a little above the percentile.
const WELL_BELOW: f64 = 0.9;

/// Half-width, as a share of the mean, up to which a steady-state mean does not hang on a few requests. One of the 20 batches that the interval
/// rests on, which alone lifts the mean by the tenth that [`WELL_BELOW`] asks for, has a standard error of that tenth, and with Student's t
/// of 19 degrees of freedom a half-width of 2.09 tenths; so has no stretch of the run at its end. Long latencies that come at any time are in
/// all batches, and the half-width shrinks with the root of their number: 110 of them are enough.
const SETTLED: f64 = 0.2;

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
fn too_short_for_load(load: &Loads, setup: &Setup, rows: &[&ReplicationRow]) -> Option<Caution> {
    let (place, load) = load.greatest().filter(|(_, load)| (HIGH_LOAD..1.0).contains(load))?;
    let requests = requests_needed(load);
    let is_short = |row: &&ReplicationRow| row.requests.completed < requests;
    rows.iter().any(is_short).then_some(Caution::TooShortForLoad {
        place,
        load,
        requests,
        device_energy: setup.device_energy_waits,
        cloud_energy: setup.cloud_energy_waits,
    })
}

/// Whether a few requests decide the mean latency of a replication: its 95th percentile is well below it, and the steady-state mean, of
/// which the start is cut off where the data show a warm-up, has no interval, or one that is wide or does not contain it.
///
/// A tail of rare long latencies, such as of retransmissions, puts the percentile below the mean in a run of any length; so does what happens
/// once, and only that is in too few of the batches for a narrow interval.
fn hangs_on_few(mean: f64, p95: f64, steady: Option<Interval>) -> bool {
    let is_settled = |steady: Interval| steady.contains(mean) && steady.half_width() <= SETTLED * mean;
    p95 < WELL_BELOW * mean && !steady.is_some_and(is_settled)
}

/// Steady-state latency of a replication with its interval.
fn steady_latency(row: &ReplicationRow) -> Option<Interval> {
    let (low, high) = row.steady_latency_low_s.zip(row.steady_latency_high_s)?;
    Some(Interval { estimate: row.steady_latency_s?, low, high })
}

/// What speaks against taking the means of a point for those of a longer run.
pub(super) fn cautions(load: &Loads, setup: &Setup, rows: &[&ReplicationRow]) -> Vec<Caution> {
    // An overloaded place explains the others.
    if let Some((place, load)) = load.greatest().filter(|(_, load)| *load >= 1.0) {
        return vec![Caution::Overloaded { place, load }];
    }
    let most = |holds: &dyn Fn(&ReplicationRow) -> bool| 2 * rows.iter().filter(|row| holds(row)).count() > rows.len();
    let is_drifting = |row: &ReplicationRow| row.requests.completed >= ENOUGH_ANSWERS && row.steady_latency_s.is_none();
    let is_short = |row: &ReplicationRow| {
        let latency = row.latency_mean_s.zip(row.latency_p95_s);
        latency.is_some_and(|(mean, p95)| hangs_on_few(mean, p95, steady_latency(row)))
    };
    let found = [
        most(&is_drifting).then_some(Caution::Drifting),
        most(&is_short).then_some(Caution::TooShort),
        too_short_for_load(load, setup, rows),
    ];
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cospike_sim_core::stats::SteadyMean;

    /// At 0.95 a queue forgets in 1,560 services.
    #[test]
    fn a_queue_near_its_limit_needs_long_runs() {
        assert_eq!(requests_needed(0.95), 31_195);
        assert!(requests_needed(0.9) < 8_000 && requests_needed(0.99) > 700_000);
    }

    /// Latencies of a hundredth of a second on average, of which `long` are two seconds longer.
    fn latencies(requests: usize, long: impl Fn(usize) -> bool) -> Vec<f64> {
        // The golden ratio's multiples fill the unit interval evenly in any stretch.
        let share = |number: usize| (number as f64 * 0.618_033_988_749_895).fract();
        let short = |number: usize| -0.01 * (1.0 - share(number)).ln();
        (0..requests).map(|number| short(number) + if long(number) { 2.0 } else { 0.0 }).collect()
    }

    fn is_marked(latencies: &[f64]) -> bool {
        let (mut steady, mut quantiles) = (SteadyMean::new(), latencies.to_vec());
        latencies.iter().for_each(|latency| steady.push(*latency));
        quantiles.sort_by(f64::total_cmp);
        let mean = latencies.iter().sum::<f64>() / latencies.len() as f64;
        let steady = steady.estimate().ok().map(|found| found.mean);
        hangs_on_few(mean, quantiles[latencies.len() * 95 / 100], steady)
    }

    /// Three in a hundred are long, at places without a pattern: a longer run has the same tail, and its mean is known ever better. The same
    /// number at the start, at the end or in one stretch is no property of the system.
    #[test]
    fn a_heavy_tail_is_told_from_a_run_that_is_too_short() {
        let rare = |number: usize| (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) % 100 < 3;
        assert!(!is_marked(&latencies(10_000, rare)) && !is_marked(&latencies(100_000, rare)));
        assert!(is_marked(&latencies(500, rare)), "sixteen of them do not show how often they come");
        assert!(is_marked(&latencies(150, |number| (70..73).contains(&number))), "too few for an interval");
        for requests in [1_000, 10_000] {
            let few = requests * 3 / 100;
            assert!(is_marked(&latencies(requests, |number| number < few)), "{requests} at the start");
            assert!(is_marked(&latencies(requests, |number| number >= requests - few)), "{requests} at the end");
            let middle = requests / 2..requests / 2 + few;
            assert!(is_marked(&latencies(requests, |number| middle.contains(&number))), "{requests} in the middle");
        }
        assert!(!is_marked(&latencies(10_000, |_| false)));
    }
}
