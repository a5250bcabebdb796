//! `[workload]`: when the devices send requests, and how many.

use super::check;
use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::scenario::limits::{MAX_MS, MIN_MS, MIN_S, MIN_STATE_S};
use cospike_sim_core::kernel::{MAX_PER_SECOND, MAX_SECONDS, MIN_PER_SECOND};
use cospike_sim_core::workload::Workload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The requests of the devices. Exactly one of `rate_hz`, `periodic`, `bursty`, `closed_loop` and `trace` says when they arrive.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadSection {
    /// Requests per second and device, each device a Poisson process.
    #[schemars(range(min = MIN_PER_SECOND, max = MAX_PER_SECOND))]
    pub rate_hz: Option<Located<f64>>,
    /// Each device sends its requests at regular times.
    pub periodic: Option<Located<Periodic>>,
    /// Each device sends its requests in bursts.
    pub bursty: Option<Located<Bursty>>,
    /// Each device sends its next request some time after its last answer.
    pub closed_loop: Option<Located<ClosedLoop>>,
    /// Recorded arrivals: a CSV file of `seconds,device`.
    pub trace: Option<Located<String>>,
    /// Number of requests of all devices together.
    #[schemars(range(min = 1, max = Workload::MAX_REQUESTS))]
    pub requests: Located<u64>,
    /// Number of requests, from the start, that are left out of the latency statistics. Energy is measured from the first
    /// request on that is made when all of these have ended.
    #[serde(default)]
    #[schemars(range(min = 0, max = Workload::MAX_REQUESTS))]
    pub warmup: Located<u64>,
    /// Simulated time at which the run ends, even with requests in flight; if all are answered earlier, devices are idle until
    /// then. Energy per request is measured until then, or until the last request if that comes earlier. If it is left out, the run ends when all requests are answered or dropped.
    #[schemars(range(min = MIN_S, max = MAX_SECONDS))]
    pub horizon_s: Option<Located<f64>>,
    /// Time within which a request should be answered; the devices take the list in turn.
    #[serde(default)]
    #[schemars(inner(range(min = MIN_MS, max = MAX_MS)))]
    pub deadlines_ms: Vec<Located<f64>>,
}

/// Each device sends its requests at regular times.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// Time between two requests of a device.
    #[schemars(range(min = MIN_S, max = MAX_SECONDS))]
    pub period_s: Located<f64>,
    /// Maximum delay of each request, uniformly distributed from 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = MAX_SECONDS), extend("x-minimum-above-0" = MIN_S))]
    pub jitter_s: Located<f64>,
}

/// Each device is quiet or in a burst, for exponentially distributed times; its requests are a Poisson process in both.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bursty {
    /// Requests per second while quiet.
    #[schemars(range(min = 0.0, max = MAX_PER_SECOND), extend("x-minimum-above-0" = MIN_PER_SECOND))]
    pub quiet_hz: Located<f64>,
    /// Requests per second in a burst.
    #[schemars(range(min = MIN_PER_SECOND, max = MAX_PER_SECOND))]
    pub burst_hz: Located<f64>,
    /// Mean length of a quiet time.
    #[schemars(range(min = MIN_STATE_S, max = MAX_SECONDS))]
    pub mean_quiet_s: Located<f64>,
    /// Mean length of a burst.
    #[schemars(range(min = MIN_STATE_S, max = MAX_SECONDS))]
    pub mean_burst_s: Located<f64>,
}

/// Each device waits for its answer, and some time after it sends the next request.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedLoop {
    /// Mean time from an answer to the next request, exponentially distributed.
    #[schemars(range(min = MIN_S, max = MAX_SECONDS))]
    pub mean_think_s: Located<f64>,
}

impl WorkloadSection {
    /// Checks every value.
    pub(super) fn check(section: &Located<Self>) -> Result<(), Mistake> {
        check::exactly_one(
            section,
            "[workload] does not say when devices ask",
            &[
                ("rate_hz", check::span(&section.rate_hz)),
                ("periodic", check::span(&section.periodic)),
                ("bursty", check::span(&section.bursty)),
                ("closed_loop", check::span(&section.closed_loop)),
                ("trace", check::span(&section.trace)),
            ],
        )?;
        section.periodic.as_ref().map_or(Ok(()), |periodic| periodic.check())?;
        section.check_extent()
    }

    fn check_extent(&self) -> Result<(), Mistake> {
        let (warmup, requests) = (self.warmup.get(), self.requests.get());
        if warmup < requests {
            return Ok(());
        }
        let message = format!("a warm-up of {warmup} of {requests} requests leaves none to measure");
        Err(Mistake::in_value(&self.warmup, message).help(format!("give 0 to {}", requests - 1)))
    }
}

impl Periodic {
    fn check(&self) -> Result<(), Mistake> {
        let (jitter, period) = (self.jitter_s.get(), self.period_s.get());
        if jitter <= period {
            return Ok(());
        }
        let message = format!("a jitter of {jitter} s is longer than the period of {period} s");
        Err(Mistake::in_value(&self.jitter_s, message)
            .help("the requests of a device must keep their order: give at most the period"))
    }
}
