//! `[workload]`: who asks when.

use super::check::Check;
use crate::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[workload]`. One of `rate_hz`, `periodic`, `bursty`, `closed_loop` and `trace` says when devices ask.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadSection {
    /// Requests per second and device, each device a Poisson process.
    pub rate_hz: Option<Spanned<f64>>,
    /// Each device at regular times.
    pub periodic: Option<Spanned<Periodic>>,
    /// Each device in bursts.
    pub bursty: Option<Spanned<Bursty>>,
    /// Each device a while after its last answer.
    pub closed_loop: Option<Spanned<ClosedLoop>>,
    /// As recorded: a CSV file of `seconds,device`.
    pub trace: Option<Spanned<String>>,
    /// Requests of all devices together; then the run drains.
    pub requests: Spanned<u64>,
    /// The first so many are left out of the latency statistics.
    #[serde(default = "none")]
    pub warmup: Spanned<u64>,
    /// The run stops here even if requests are under way.
    pub horizon_s: Option<Spanned<f64>>,
    /// Time in which a request should be answered; the devices take the list in turn.
    #[serde(default)]
    pub deadlines_ms: Vec<Spanned<f64>>,
}

/// `[workload.periodic]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// Time between two requests of a device.
    pub period_s: Spanned<f64>,
    /// Each request is later by up to this, at random.
    #[serde(default = "zero")]
    pub jitter_s: Spanned<f64>,
}

/// `[workload.bursty]`: a device is quiet or bursting for exponentially distributed times.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bursty {
    /// Requests per second while quiet.
    pub quiet_hz: Spanned<f64>,
    /// Requests per second in a burst.
    pub burst_hz: Spanned<f64>,
    /// Mean length of a quiet time.
    pub mean_quiet_s: Spanned<f64>,
    /// Mean length of a burst.
    pub mean_burst_s: Spanned<f64>,
}

/// `[workload.closed_loop]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedLoop {
    /// Mean time from an answer to the next request, exponentially distributed.
    pub mean_think_s: Spanned<f64>,
}

fn zero() -> Spanned<f64> {
    Spanned::new(0..0, 0.0)
}

fn none() -> Spanned<u64> {
    Spanned::new(0..0, 0)
}

impl WorkloadSection {
    pub(super) fn check(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        let ways = [
            ("rate_hz", self.rate_hz.as_ref().map(Spanned::span)),
            ("periodic", self.periodic.as_ref().map(Spanned::span)),
            ("bursty", self.bursty.as_ref().map(Spanned::span)),
            ("closed_loop", self.closed_loop.as_ref().map(Spanned::span)),
            ("trace", self.trace.as_ref().map(Spanned::span)),
        ];
        check.one_of(&ways, Some(("workload", "when devices ask")))?;
        check.positive("rate_hz", self.rate_hz.as_ref())?;
        if let Some(periodic) = self.periodic.as_ref().map(Spanned::get_ref) {
            check.positive("period_s", &periodic.period_s)?;
            check.not_negative("jitter_s", &periodic.jitter_s)?;
            let (jitter, period) = (*periodic.jitter_s.get_ref(), *periodic.period_s.get_ref());
            if jitter > period {
                let message = format!("a jitter of {jitter} s is longer than the period of {period} s");
                return Err(check.source.error_at(&periodic.jitter_s, message).help("requests keep their order"));
            }
        }
        if let Some(bursty) = self.bursty.as_ref().map(Spanned::get_ref) {
            check.not_negative("quiet_hz", &bursty.quiet_hz)?;
            check.positive("burst_hz", &bursty.burst_hz)?;
            check.positive("mean_quiet_s", &bursty.mean_quiet_s)?;
            check.positive("mean_burst_s", &bursty.mean_burst_s)?;
        }
        if let Some(closed) = &self.closed_loop {
            check.positive("mean_think_s", &closed.get_ref().mean_think_s)?;
        }
        check.count("requests", &self.requests)?;
        check.positive("horizon_s", self.horizon_s.as_ref())?;
        self.deadlines_ms.iter().try_for_each(|deadline| check.positive("deadlines_ms", deadline))?;
        let (warmup, requests) = (*self.warmup.get_ref(), *self.requests.get_ref());
        if warmup < requests {
            return Ok(());
        }
        let message = format!("a warm-up of {warmup} of {requests} requests leaves none to measure");
        Err(check.source.error_at(&self.warmup, message).help(format!("give 0 to {}", requests - 1)))
    }
}
