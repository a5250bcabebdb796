//! Workloads: which device makes a request when, for which sample, and by which deadline.

mod arrivals;
mod past;
mod samples;

pub(crate) use arrivals::Arrivals;
pub(crate) use past::{Past, Pasts};
pub(crate) use samples::Samples;

use crate::kernel::{
    ImpossibleValue, MAX_SECONDS, SimTime, TimeError, count, per_second, positive, positive_seconds, seconds,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Profile of the requests of a whole run.
///
/// Common random numbers: every draw belongs to a device or to a request (its number by arrival), never to what
/// became of other requests. Design points with the same fleet and workload therefore see the same arrivals and samples;
/// in a closed loop, where a device asks again only once it was answered, the same think times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Process by which requests arrive.
    pub arrivals: ArrivalProcess,
    /// Order in which samples are requested.
    pub samples: SampleOrder,
    /// Number of requests of the whole fleet, after which arrivals stop and the run drains.
    pub requests: u64,
    /// The run ends here, in seconds. If requests are left, they count as in flight and are missing from the latency
    /// statistics: that favours short latencies unless the horizon is long. If all have ended earlier, the devices are idle
    /// until then, and draw the power of that. `None`: the run ends when all requests have.
    pub horizon_seconds: Option<f64>,
    /// Number of requests, from the first arrival on, that the latency statistics leave out. The window in which energy is
    /// measured ([`Window`](crate::cosim::Window)) opens when they have ended.
    pub warmup: u64,
    /// Deadlines in seconds after the arrival of a request; device `d` has deadline `d % n` of the `n` given. Empty: no
    /// deadlines. A late answer counts as an answer and as a deadline miss; a dropped request counts as a miss too.
    pub deadlines_seconds: Vec<f64>,
}

/// Process by which requests arrive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ArrivalProcess {
    /// Each device asks in a Poisson process of its own.
    ///
    /// Independent Poisson processes of equal rate are, taken together, one Poisson process of the summed rate in which
    /// each arrival belongs to any device with equal probability, independently of the rest (superposition and
    /// colouring, Kingman, Poisson Processes, 1993, sections 2.2 and 5.1). So the fleet needs one pending arrival and
    /// no state per device. Gaps are drawn as multiples of the mean gap: another rate only stretches time.
    Poisson {
        /// Mean number of requests per second of one device.
        requests_per_second: f64,
    },
    /// Device `d` asks at `phase(d) + k period + jitter(d, k)` for every whole `k` that makes this time positive: the phase is
    /// uniform over one period, the jitter uniform from 0 to `jitter_seconds`.
    Periodic {
        /// Seconds between two requests of a device, jitter aside.
        period_seconds: f64,
        /// Largest delay of a request, at most the period, so that requests keep their order.
        jitter_seconds: f64,
    },
    /// Each device is quiet or bursting for exponentially distributed times of its own, and asks in a Poisson process
    /// whose rate depends on which: a Markov-modulated Poisson process of two states (Fischer and Meier-Hellstern,
    /// Performance Evaluation 18, 1993). It begins in its stationary distribution.
    Bursty {
        /// Mean number of requests per second of a quiet device; may be 0.
        quiet_requests_per_second: f64,
        /// Mean number of requests per second of a bursting device.
        burst_requests_per_second: f64,
        /// Mean length of a quiet time, in seconds.
        mean_quiet_seconds: f64,
        /// Mean length of a burst, in seconds.
        mean_burst_seconds: f64,
    },
    /// Each device thinks for an exponentially distributed time, asks, waits until its request has been answered or
    /// dropped, and thinks again.
    ClosedLoop {
        /// Mean time to think, in seconds.
        mean_think_seconds: f64,
    },
    /// Recorded arrivals in order of time. Arrivals stop at the end of the trace, or earlier after
    /// [`Workload::requests`].
    Trace(Arc<[TraceArrival]>),
}

/// One arrival of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceArrival {
    /// Time of the arrival, in seconds from the start of the run.
    pub seconds: f64,
    /// Device that makes the request.
    pub device: u32,
}

/// Order in which samples are requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SampleOrder {
    /// From one shuffled deck for the fleet: every sample is asked for once before any repeats, and the `n`-th request
    /// of the fleet gets the `n`-th card, whatever becomes of the requests.
    #[default]
    FleetDeck,
    /// From a shuffled deck of the device's own, shuffled anew for each pass. No deck is stored: the `n`-th card is
    /// computed by a keyed permutation of the sample numbers (a four-round Feistel network with cycle walking; Black
    /// and Rogaway, CT-RSA 2002), so a device needs four bytes whatever the number of samples.
    DeviceDeck,
    /// Any sample with equal probability each time, drawn for the device's `n`-th request.
    Uniform,
}

/// An error for the parameter `name`, which must be `needed`.
fn out_of_range(name: &'static str, value: f64, needed: &'static str) -> ImpossibleValue {
    ImpossibleValue { name, value, needed }
}

impl Workload {
    /// Greatest number of requests of a run, which would take weeks.
    pub const MAX_REQUESTS: u64 = 1_000_000_000_000;

    /// `requests` requests of the fleet, arriving by `arrivals`: samples from one shuffled deck, no horizon, no warm-up and no
    /// deadlines.
    pub fn plain(arrivals: ArrivalProcess, requests: u64) -> Self {
        Self {
            arrivals,
            samples: SampleOrder::FleetDeck,
            requests,
            horizon_seconds: None,
            warmup: 0,
            deadlines_seconds: vec![],
        }
    }

    /// Checks every value, for a fleet of `devices`.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a number of requests, rate, period, time or deadline that is not above zero (the jitter
    /// and the quiet rate may be 0), a jitter above the period, a trace that is empty, out of order or names a
    /// device that is not there, a negative horizon, or a warm-up that leaves no request to measure.
    pub fn check(&self, devices: u32) -> Result<(), ImpossibleValue> {
        self.arrivals.check(devices)?;
        count("requests", self.requests, Self::MAX_REQUESTS, "1 to 1e12")?;
        seconds("horizon_seconds", self.horizon_seconds.unwrap_or(0.0))?;
        if self.warmup >= self.requests {
            return Err(out_of_range("warmup", self.warmup as f64, "below the number of requests"));
        }
        self.deadlines_seconds.iter().try_for_each(|&deadline| positive_seconds("deadlines_seconds", deadline))
    }

    /// Time that a request of `device` may take; `None` without a deadline.
    ///
    /// # Errors
    /// [`TimeError`] if it cannot be represented.
    pub(crate) fn deadline(&self, device: u32) -> Result<Option<SimTime>, TimeError> {
        let deadlines = &self.deadlines_seconds;
        let own = (device as usize).checked_rem(deadlines.len()).map(|index| deadlines[index]);
        own.map(SimTime::from_seconds).transpose()
    }
}

impl ArrivalProcess {
    /// Mean number of requests per second of one device; `None` where it depends on the answers, or on a recording.
    pub fn requests_per_second(&self) -> Option<f64> {
        match self {
            Self::Poisson { requests_per_second } => Some(*requests_per_second),
            Self::Periodic { period_seconds, .. } => Some(1.0 / period_seconds),
            Self::Bursty {
                quiet_requests_per_second: quiet,
                burst_requests_per_second: burst,
                mean_quiet_seconds,
                mean_burst_seconds,
            } => Some(
                (quiet * mean_quiet_seconds + burst * mean_burst_seconds) / (mean_quiet_seconds + mean_burst_seconds),
            ),
            Self::ClosedLoop { .. } | Self::Trace(_) => None,
        }
    }

    fn check(&self, devices: u32) -> Result<(), ImpossibleValue> {
        match self {
            Self::Poisson { requests_per_second } => per_second("requests_per_second", *requests_per_second),
            &Self::Periodic { period_seconds, jitter_seconds } => {
                positive_seconds("period_seconds", period_seconds)?;
                seconds("jitter_seconds", jitter_seconds)?;
                if jitter_seconds > period_seconds {
                    return Err(out_of_range("jitter_seconds", jitter_seconds, "at most the period"));
                }
                Ok(())
            }
            &Self::Bursty {
                quiet_requests_per_second,
                burst_requests_per_second,
                mean_quiet_seconds,
                mean_burst_seconds,
            } => {
                if quiet_requests_per_second != 0.0 {
                    per_second("quiet_requests_per_second", quiet_requests_per_second)?;
                }
                per_second("burst_requests_per_second", burst_requests_per_second)?;
                positive_seconds("mean_quiet_seconds", mean_quiet_seconds)?;
                positive_seconds("mean_burst_seconds", mean_burst_seconds)
            }
            Self::ClosedLoop { mean_think_seconds } => positive_seconds("mean_think_seconds", *mean_think_seconds),
            Self::Trace(arrivals) => check_trace(arrivals, devices),
        }
    }
}

fn check_trace(arrivals: &[TraceArrival], devices: u32) -> Result<(), ImpossibleValue> {
    positive("arrivals of the trace", arrivals.len() as f64)?;
    let mut before = 0.0;
    for arrival in arrivals {
        if !(0.0..=MAX_SECONDS).contains(&arrival.seconds) {
            return Err(out_of_range("seconds of an arrival", arrival.seconds, "0 to 1e9 s"));
        }
        if arrival.seconds < before {
            return Err(out_of_range("seconds of an arrival", arrival.seconds, "not before the arrival above it"));
        }
        if arrival.device >= devices {
            return Err(out_of_range("device of an arrival", arrival.device.into(), "below the number of devices"));
        }
        before = arrival.seconds;
    }
    Ok(())
}
