//! What is counted and measured on the way.

use super::counters::{RequestCounters, TrafficCounters};
use super::outcome::{Depletion, Latency};
use super::phase::{Phase, Phases};
use super::requests::Request;
use crate::kernel::SimTime;
use crate::stats::{Moments, Quantiles, SteadyMean};

/// Counters and statistics of a run in progress.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) requests: RequestCounters,
    pub(super) traffic: TrafficCounters,
    /// Events executed so far.
    pub(super) events: u64,
    /// Time of the last request; zero before the first.
    pub(super) last_asked: SimTime,
    /// Requests answered after their deadline.
    pub(super) late: u64,
    /// Bytes put on the uplink, with headers.
    pub(super) sent_bytes: u64,
    /// Bytes of payload put on the uplink.
    pub(super) payload_bytes: u64,
    first_depletion: Option<SimTime>,
    lifetime_nanoseconds: u128,
    /// Requests, by arrival, that are left out of the latency statistics.
    warmup: u64,
    /// Requests that have to end before the window of the energy opens, by arrival, and how many of them have not ended.
    settling: u64,
    unsettled: u64,
    latency: LatencyTally,
}

impl Tally {
    pub(super) fn new(warmup: u64) -> Self {
        Self {
            requests: RequestCounters::default(),
            traffic: TrafficCounters::default(),
            events: 0,
            last_asked: SimTime::ZERO,
            late: 0,
            sent_bytes: 0,
            payload_bytes: 0,
            first_depletion: None,
            lifetime_nanoseconds: 0,
            warmup,
            settling: warmup.max(1),
            unsettled: warmup.max(1),
            latency: LatencyTally::new(),
        }
    }

    /// Requests that have to end before the window of the energy opens: those of the warm-up, and at least one.
    pub(super) fn settling(&self) -> u64 {
        self.settling
    }

    /// Whether all of these have ended.
    pub(super) fn is_settled(&self) -> bool {
        self.unsettled == 0
    }

    /// Counts the end of request `number`, whatever became of it.
    pub(super) fn count_end(&mut self, number: u64) {
        self.unsettled -= u64::from(number < self.settling);
    }

    /// Counts a request that was answered `now`. True if that was after its deadline.
    pub(super) fn count_answer(&mut self, request: &Request, now: SimTime) -> bool {
        let late = request.deadline.is_some_and(|deadline| now > deadline);
        self.requests.completed += 1;
        self.late += u64::from(late);
        if request.number >= self.warmup {
            self.latency.record(request, now);
        }
        late
    }

    /// Counts a device whose battery ran empty `now`.
    pub(super) fn count_depletion(&mut self, now: SimTime) {
        self.traffic.depleted_devices += 1;
        self.first_depletion.get_or_insert(now);
        self.lifetime_nanoseconds += u128::from(now.nanoseconds());
    }

    /// When the batteries of `devices` devices ran empty until `end`.
    pub(super) fn depletion(&self, devices: u32, end: SimTime) -> Depletion {
        let alive = u64::from(devices) - self.traffic.depleted_devices;
        let lived = self.lifetime_nanoseconds + u128::from(alive) * u128::from(end.nanoseconds());
        let mean = (devices > 0).then(|| lived as f64 / 1e9 / f64::from(devices));
        Depletion { first: self.first_depletion, restricted_mean_seconds: mean }
    }

    pub(super) fn latency(&self) -> Option<Latency> {
        self.latency.summary()
    }
}

/// Latency statistics in the making.
#[derive(Debug)]
struct LatencyTally {
    moments: Moments,
    quantiles: Quantiles,
    steady: SteadyMean,
    total_nanoseconds: u128,
    phase_nanoseconds: [u128; Phase::COUNT],
}

impl LatencyTally {
    fn new() -> Self {
        let (moments, quantiles, steady) = (Moments::default(), Quantiles::new(), SteadyMean::new());
        Self { moments, quantiles, steady, total_nanoseconds: 0, phase_nanoseconds: [0; Phase::COUNT] }
    }

    /// Takes a request that has been answered `now`.
    fn record(&mut self, request: &Request, now: SimTime) {
        let latency = now.since(request.arrived);
        self.moments.push(latency.seconds());
        self.quantiles.record(latency);
        self.steady.push(latency.seconds());
        self.total_nanoseconds += u128::from(latency.nanoseconds());
        for (sum, spent) in self.phase_nanoseconds.iter_mut().zip(request.spent) {
            *sum += u128::from(spent);
        }
    }

    fn summary(&self) -> Option<Latency> {
        let requests = self.moments.count();
        let mean = |nanoseconds: u128| nanoseconds as f64 / 1e9 / requests as f64;
        let percentile = |percent: f64| self.quantiles.quantile(percent / 100.0).map(SimTime::seconds);
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
