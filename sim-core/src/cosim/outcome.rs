//! The outcome of a run.

use super::counters::{RequestCounters, TrafficCounters, Trajectory};
use super::phase::Phases;
use crate::energy::Energy;
use crate::kernel::SimTime;
use crate::stats::{Interval, SteadyEstimate};

/// Outcome of a run. Equal systems, samples and streams give equal outcomes, bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Requests, by what became of them.
    pub requests: RequestCounters,
    /// Latency of the answered requests after the warm-up; `None` if there are none.
    pub latency: Option<Latency>,
    /// Energy of all devices, from time zero to the end. An inference is booked when it is done. It depends on how the run
    /// begins and ends: [`Outcome::window`] has the energy of a request.
    pub energy: Energy,
    /// What was drawn and answered in steady state.
    pub window: Result<Window, NoWindow>,
    /// Bytes put on the uplink, with headers.
    pub sent_bytes: u64,
    /// Bytes of payload put on the uplink.
    pub payload_bytes: u64,
    /// Packets, bits, steps and signals.
    pub traffic: TrafficCounters,
    /// When batteries ran empty.
    pub depletion: Depletion,
    /// Energy of the cloud's servers, from time zero to the end. [`Outcome::energy`] is that of the devices.
    pub cloud_energy: CloudEnergy,
    /// Mean number of servers that draw power, those that are starting included; `None` if no time passed.
    pub mean_servers: Option<f64>,
    /// Use of the devices.
    pub edge: PlaceUse,
    /// Use of the uplink, or of the uplinks.
    pub uplink: PlaceUse,
    /// Use of the cloud's servers.
    pub cloud: PlaceUse,
    /// Simulated time: the horizon, or, without one, the last event, which may be a radio or a processor going to rest.
    pub simulated: SimTime,
    /// Number and fingerprint of the events.
    pub trajectory: Trajectory,
}

/// What was drawn and answered between two moments of a run: from the first request that is made when all requests of the
/// warm-up, and at least one, have ended, to the last request, or to the horizon if that comes earlier.
///
/// Each power counts for the time of its state that lies inside; an inference, and the bits of a message, count if they
/// are done inside. Between two requests as many gaps lie as requests, so that starting and ending anywhere else in a
/// cycle adds nothing to the energy of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// When it opens: everything that happens at that time before the request is outside.
    pub from: SimTime,
    /// When it closes: everything that happens at that time before the last request is inside.
    pub to: SimTime,
    /// Requests answered inside, at the device or by the cloud, whenever they were made. Those that are lost or dropped
    /// cost energy, but are no answers.
    pub answered: u64,
    /// Energy of all devices.
    pub energy: Energy,
    /// Energy of the cloud's servers.
    pub cloud_energy: CloudEnergy,
    /// Energy of all devices per answer, in joules, with its interval from the batches of this run alone. `None` for fewer
    /// than 200 requests, and for batches no longer than radios and processors remember a request.
    pub joules_per_answer: Option<Interval>,
}

/// Reason why a run has no [`Window`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoWindow {
    /// No request was made in steady state.
    #[error(
        "no request was made after the first {warm_up} had ended, so no energy was measured: ask for more requests or a \
         shorter warm-up, or lower the load"
    )]
    NeverOpened {
        /// Number of requests that have to end first.
        warm_up: u64,
    },
    /// The first and the last request after the warm-up were made at the same time.
    #[error(
        "no time passed between the first request after the warm-up and the last, so no energy was measured: ask for \
             more requests or a longer run"
    )]
    NoTime,
}

impl Window {
    /// Length in seconds, above 0.
    pub fn seconds(&self) -> f64 {
        self.to.since(self.from).seconds()
    }

    /// Mean power of each of `devices` devices, in watts.
    pub fn watts_per_device(&self, devices: u32) -> f64 {
        self.energy.total / self.seconds() / f64::from(devices)
    }

    /// Mean power of all servers together, in watts.
    pub fn cloud_watts(&self) -> f64 {
        self.cloud_energy.total() / self.seconds()
    }
}

/// When batteries ran empty; [`TrafficCounters::depleted_devices`] says how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Depletion {
    /// When the first battery ran empty; `None` if none did.
    pub first: Option<SimTime>,
    /// Mean lifetime of the devices, restricted to the run, in seconds: the mean over all devices of the time until the
    /// battery was empty, or until the end of the run for those whose was not. That is the restricted mean survival
    /// time, at most the mean lifetime and equal to it if every battery ran empty. A mean over the dead alone would be
    /// shorter, the sooner the run ended. `None` without batteries.
    pub restricted_mean_seconds: Option<f64>,
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
    /// What this is more than `earlier`, part by part.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            idle: self.idle - earlier.idle,
            busy: self.busy - earlier.busy,
            operations: self.operations - earlier.operations,
        }
    }

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
    /// Percentiles 1 to 99, `percentiles[p - 1]` being the `p`-th, within [`Quantiles::RELATIVE_ERROR`](crate::stats::Quantiles::RELATIVE_ERROR).
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
    /// Mean share of its servers that were busy; `None` if no time passed. Includes the time in which the run drains.
    pub utilisation: Option<f64>,
    /// Offered load: the work that the requests bring, in time of one server, over what all servers can do while requests are
    /// made, from time zero to the last request or the horizon. At 1 and above the place is overloaded: the longer the run, the
    /// longer its queues. The work of what was turned away, or is still waiting at the horizon, counts as that of the others does on
    /// average. `None` if nothing was served or no time passed.
    pub load: Option<f64>,
    /// Time average of the requests waiting, those in service left out; `None` if no time passed.
    pub mean_queue_length: Option<f64>,
    /// Requests that came, whether they waited or not.
    pub entered: u64,
    /// Mean wait of the requests whose service began, in seconds; `None` without any.
    pub mean_wait_seconds: Option<f64>,
}
