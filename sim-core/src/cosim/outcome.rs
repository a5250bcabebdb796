//! What came out of a run.

use super::observer::DropReason;
use super::requests::{PARTS, Part, Request};
use crate::energy::Energy;
use crate::kernel::SimTime;
use crate::stats::{Moments, Quantiles, SteadyEstimate, SteadyMean};

/// What came out of a run. Equal systems, samples and streams give equal outcomes, bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Requests made: `completed + dropped.total() + in_flight`.
    pub generated: u64,
    /// Requests answered.
    pub completed: u64,
    /// Requests given up.
    pub dropped: Dropped,
    /// Requests still under way when the horizon ended the run.
    pub in_flight: u64,
    /// Answered requests whose answer is the sample's label.
    pub correct: u64,
    /// Those of them that were answered by their deadline; all, without deadlines.
    pub correct_in_time: u64,
    /// Requests answered late, dropped, or in flight at the end although their deadline was over; 0 without deadlines.
    pub deadline_misses: u64,
    /// Requests answered by the edge itself.
    pub answered_at_edge: u64,
    /// Latency of the answered requests after the warm-up; `None` if there are none.
    pub latency: Option<Latency>,
    /// Energy of all devices, from time zero to the end. An inference is booked when it is done.
    pub energy: Energy,
    /// Bytes put on the uplink, with headers.
    pub sent_bytes: u64,
    /// Bytes of payload put on the uplink.
    pub payload_bytes: u64,
    /// Packets put on the uplink.
    pub packets_sent: u64,
    /// Packets that did not arrive; copies and repeated tries are counted one by one.
    pub packets_lost: u64,
    /// Packets sent again because they had not arrived whole.
    pub retransmissions: u64,
    /// Bits of payloads that reached the cloud inverted, after what the transport repaired.
    pub bits_flipped: u64,
    /// Bits of payloads that reached the cloud but could not be told, after what the transport repaired.
    pub bits_erased: u64,
    /// Steps whose sending began.
    pub steps_sent: u64,
    /// Steps of answered requests that were not sent because the answer came first.
    pub steps_saved: u64,
    /// Times that a wake-up radio took noise for a signal while the main radio was off.
    pub false_alarms: u64,
    /// Wake-up signals that were not noticed.
    pub missed_signals: u64,
    /// Devices whose battery ran empty.
    pub depletion: Depletion,
    /// Energy of the cloud's servers. [`Outcome::energy`] is that of the devices.
    pub cloud_energy: CloudEnergy,
    /// Mean number of servers that ran; `None` if no time passed.
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
    /// Events that ran.
    pub events: u64,
    /// Summary of (time, kind, subject) of every event in order; the subject is the request's number.
    pub fingerprint: u64,
}

/// Requests given up, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The device's queue was full.
    pub queue_full: u64,
    /// No packet arrived.
    pub all_packets_lost: u64,
    /// The device's battery was empty when it was asked, or before it had the answer.
    pub battery_empty: u64,
    /// The device did not notice any wake-up signal for its answer.
    pub unreachable: u64,
}

impl Dropped {
    /// For all reasons together.
    pub fn total(&self) -> u64 {
        self.queue_full + self.all_packets_lost + self.battery_empty + self.unreachable
    }

    pub(super) fn count(&mut self, reason: DropReason) {
        *match reason {
            DropReason::QueueFull => &mut self.queue_full,
            DropReason::AllPacketsLost => &mut self.all_packets_lost,
            DropReason::BatteryEmpty => &mut self.battery_empty,
            DropReason::Unreachable => &mut self.unreachable,
        } += 1;
    }
}

/// Batteries that ran empty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Depletion {
    /// Devices.
    pub devices: u64,
    /// When the first ran empty.
    pub first: Option<SimTime>,
    /// Mean lifetime of those that ran empty, in seconds. If not all did, it is shorter than that of the fleet.
    pub mean_seconds: Option<f64>,
}

/// Energy of the cloud's servers, in joules.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CloudEnergy {
    /// Of running and starting.
    pub idle: f64,
    /// Of computing, by time.
    pub busy: f64,
    /// Of operations.
    pub operations: f64,
}

impl CloudEnergy {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.idle + self.busy + self.operations
    }
}

impl Outcome {
    /// Share of right answers among the answers; `None` without any.
    pub fn accuracy_among_answered(&self) -> Option<f64> {
        (self.completed > 0).then(|| self.correct as f64 / self.completed as f64)
    }

    /// Share of requests that were answered right among all that were made; `None` without any.
    pub fn accuracy_over_all(&self) -> Option<f64> {
        (self.generated > 0).then(|| self.correct as f64 / self.generated as f64)
    }
}

/// Latency of requests, from asking to the answer at the device, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency {
    /// Requests measured.
    pub requests: u64,
    /// Mean.
    pub mean: f64,
    /// Smallest, exact.
    pub min: f64,
    /// Largest, exact.
    pub max: f64,
    /// Percentiles 1 to 99, `percentiles[p - 1]` being the `p`-th, within [`Quantiles::RELATIVE_ERROR`].
    pub percentiles: [f64; 99],
    /// The 99.9th percentile, within the same error.
    pub percentile_99_9: f64,
    /// Mean by part.
    pub parts: Parts,
    /// Mean in the steady state, with its interval from this run alone: without what [`crate::stats::mser`] takes for the
    /// warm-up, in the order of the answers. `None` if the requests are too few, or their latency is still drifting
    /// halfway.
    pub steady: Option<SteadyEstimate>,
}

/// Mean seconds that a request spends in each part of its life. They sum to the mean latency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    /// Waiting for the device.
    pub edge_wait: f64,
    /// Computing the head.
    pub edge_compute: f64,
    /// Waiting for the uplink.
    pub uplink_wait: f64,
    /// Transmission and propagation up.
    pub uplink: f64,
    /// Waiting for a server.
    pub cloud_wait: f64,
    /// Computing the tail.
    pub cloud_service: f64,
    /// Propagation and transmission down.
    pub downlink: f64,
}

impl Parts {
    /// Sum of the parts: equals the mean latency but for rounding.
    pub fn sum(&self) -> f64 {
        let edge = self.edge_wait + self.edge_compute;
        edge + self.uplink_wait + self.uplink + self.cloud_wait + self.cloud_service + self.downlink
    }
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
    part_nanoseconds: [u128; PARTS],
}

impl LatencyTally {
    pub(super) fn new() -> Self {
        let (moments, quantiles, steady) = (Moments::default(), Quantiles::new(), SteadyMean::new());
        Self { moments, quantiles, steady, total_nanoseconds: 0, part_nanoseconds: [0; PARTS] }
    }

    /// Takes a request that has been answered `now`.
    pub(super) fn record(&mut self, request: &Request, now: SimTime) {
        let latency = now.since(request.arrived);
        self.moments.push(latency.seconds());
        self.quantiles.record(latency);
        self.steady.push(latency.seconds());
        self.total_nanoseconds += u128::from(latency.nanoseconds());
        for (sum, spent) in self.part_nanoseconds.iter_mut().zip(request.spent) {
            *sum += u128::from(spent);
        }
    }

    pub(super) fn summary(&self) -> Option<Latency> {
        let requests = self.moments.count();
        let mean = |nanoseconds: u128| nanoseconds as f64 / 1e9 / requests as f64;
        let percentile = |percent: f64| self.quantiles.quantile(percent / 100.0).map(SimTime::seconds);
        let mut percentiles = [0.0; 99];
        for (index, value) in percentiles.iter_mut().enumerate() {
            *value = percentile((index + 1) as f64)?;
        }
        let part = |part: Part| mean(self.part_nanoseconds[part as usize]);
        Some(Latency {
            requests,
            mean: mean(self.total_nanoseconds),
            min: self.moments.min()?,
            max: self.moments.max()?,
            percentiles,
            percentile_99_9: percentile(99.9)?,
            steady: self.steady.estimate().ok(),
            parts: Parts {
                edge_wait: part(Part::EdgeWait),
                edge_compute: part(Part::EdgeCompute),
                uplink_wait: part(Part::UplinkWait),
                uplink: part(Part::Uplink),
                cloud_wait: part(Part::CloudWait),
                cloud_service: part(Part::CloudService),
                downlink: part(Part::Downlink),
            },
        })
    }
}
