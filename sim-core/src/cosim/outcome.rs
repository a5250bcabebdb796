//! What came out of a run.

use super::counters::Counters;
use super::phase::{Phase, Phases};
use super::requests::Request;
use crate::energy::Energy;
use crate::kernel::SimTime;
use crate::stats::{Moments, Quantiles, SteadyEstimate, SteadyMean};

/// What came out of a run. Equal systems, samples and streams give equal outcomes, bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Requests, packets, steps and other things that were counted.
    pub counters: Counters,
    /// Latency of the answered requests after the warm-up; `None` if there are none.
    pub latency: Option<Latency>,
    /// Energy of all devices, from time zero to the end. An inference is booked when it is done.
    pub energy: Energy,
    /// Bytes put on the uplink, with headers.
    pub sent_bytes: u64,
    /// Bytes of payload put on the uplink.
    pub payload_bytes: u64,
    /// When batteries ran empty.
    pub depletion: Depletion,
    /// Energy of the cloud's servers. [`Outcome::energy`] is that of the devices.
    pub cloud_energy: CloudEnergy,
    /// Mean number of running servers; `None` if no time passed.
    pub mean_servers: Option<f64>,
    /// Use of the devices.
    pub edge: PlaceUse,
    /// Use of the uplink, or of the uplinks.
    pub uplink: PlaceUse,
    /// Use of the cloud's servers.
    pub cloud: PlaceUse,
    /// Simulated time: the last event, which may be a radio or a processor going to rest, or the horizon if events were
    /// left.
    pub simulated: SimTime,
    /// Summary of (time, kind, subject) of every event in order; the subject is the request's number.
    pub fingerprint: u64,
}

/// When batteries ran empty; [`Counters::depleted_devices`] says how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Depletion {
    /// When the first battery ran empty; `None` if none did.
    pub first: Option<SimTime>,
    /// Mean lifetime of the devices whose battery ran empty, in seconds; `None` if none did. If not all did, it is
    /// shorter than that of the fleet.
    pub mean_seconds: Option<f64>,
}

/// Energy of the cloud's servers, in joules.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CloudEnergy {
    /// Idle power of running and starting servers.
    pub idle: f64,
    /// Extra power of servers that compute.
    pub busy: f64,
    /// Operations of the tails.
    pub operations: f64,
}

impl CloudEnergy {
    /// Energy of all parts together.
    pub fn total(&self) -> f64 {
        self.idle + self.busy + self.operations
    }
}

/// Latency of requests, from asking to the answer at the device, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency {
    /// Number of requests measured.
    pub requests: u64,
    /// Mean latency.
    pub mean: f64,
    /// Smallest latency, exact.
    pub min: f64,
    /// Largest latency, exact.
    pub max: f64,
    /// Percentiles 1 to 99, `percentiles[p - 1]` being the `p`-th, within [`Quantiles::RELATIVE_ERROR`].
    pub percentiles: [f64; 99],
    /// The 99.9th percentile, within the same error.
    pub percentile_99_9: f64,
    /// Mean time in each phase.
    pub phases: Phases,
    /// Mean in the steady state, with its interval from this run alone: without what [`crate::stats::mser`] takes for the
    /// warm-up, in the order of the answers. `None` if the requests are too few, or their latency is still drifting
    /// halfway.
    pub steady: Option<SteadyEstimate>,
}

/// How a place was used over the whole run, warm-up included, all its queues taken together.
///
/// Little's law: `mean_queue_length = entered / simulated seconds * mean_wait_seconds`, exactly if the run
/// drained, because all these cover the same requests; otherwise but for the requests that were still waiting. The run
/// itself counts them in, and fails ([`super::CosimError::LittlesLaw`]) if the law does not hold to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaceUse {
    /// Mean share of its servers that were busy; `None` if no time passed.
    pub utilisation: Option<f64>,
    /// Time average of the requests waiting, those in service left out; `None` if no time passed.
    pub mean_queue_length: Option<f64>,
    /// Requests that came, whether they waited or not.
    pub entered: u64,
    /// Mean wait of the requests whose service began, in seconds; `None` without any.
    pub mean_wait_seconds: Option<f64>,
}

/// Latency statistics in the making.
#[derive(Debug)]
pub(super) struct LatencyTally {
    moments: Moments,
    quantiles: Quantiles,
    steady: SteadyMean,
    total_nanoseconds: u128,
    phase_nanoseconds: [u128; Phase::COUNT],
}

impl LatencyTally {
    pub(super) fn new() -> Self {
        let (moments, quantiles, steady) = (Moments::default(), Quantiles::new(), SteadyMean::new());
        Self { moments, quantiles, steady, total_nanoseconds: 0, phase_nanoseconds: [0; Phase::COUNT] }
    }

    /// Takes a request that has been answered `now`.
    pub(super) fn record(&mut self, request: &Request, now: SimTime) {
        let latency = now.since(request.arrived);
        self.moments.push(latency.seconds());
        self.quantiles.record(latency);
        self.steady.push(latency.seconds());
        self.total_nanoseconds += u128::from(latency.nanoseconds());
        for (sum, spent) in self.phase_nanoseconds.iter_mut().zip(request.spent) {
            *sum += u128::from(spent);
        }
    }

    pub(super) fn summary(&self) -> Option<Latency> {
        let requests = self.moments.count();
        let mean = |nanoseconds: u128| nanoseconds as f64 / 1e9 / requests as f64;
        let percentile = |percent: f64| self.quantiles.at(percent / 100.0).map(SimTime::seconds);
        let mut percentiles = [0.0; 99];
        for (index, value) in percentiles.iter_mut().enumerate() {
            *value = percentile((index + 1) as f64)?;
        }
        Some(Latency {
            requests,
            mean: mean(self.total_nanoseconds),
            min: self.moments.min()?,
            max: self.moments.max()?,
            percentiles,
            percentile_99_9: percentile(99.9)?,
            steady: self.steady.estimate().ok(),
            phases: Phases::from_fn(|phase| mean(self.phase_nanoseconds[phase as usize])),
        })
    }
}
