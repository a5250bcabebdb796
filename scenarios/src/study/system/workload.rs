//! Who asks when.

use crate::diagnostic::{Diagnostic, Source};
use crate::scenario::{self, Scenario, WorkloadSection};
use crate::traces;
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, Workload};
use toml::Spanned;

/// The workload of `scenario`, which has been checked; reads a trace of arrivals.
pub(super) fn workload(scenario: &Scenario, source: &Source) -> Result<Workload, Diagnostic> {
    let section = &scenario.workload;
    Ok(Workload {
        arrivals: arrivals(section, *scenario.fleet.devices.get_ref(), source)?,
        samples: match scenario.samples.order {
            scenario::SampleOrder::FleetDeck => SampleOrder::FleetDeck,
            scenario::SampleOrder::DeviceDeck => SampleOrder::DeviceDeck,
            scenario::SampleOrder::Uniform => SampleOrder::Uniform,
        },
        requests: *section.requests.get_ref(),
        horizon_seconds: section.horizon_s.as_ref().map(|s| *s.get_ref()),
        warmup: *section.warmup.get_ref(),
        deadlines_seconds: section.deadlines_ms.iter().map(|ms| ms.get_ref() * 1e-3).collect(),
    })
}

fn arrivals(section: &WorkloadSection, devices: u32, source: &Source) -> Result<ArrivalProcess, Diagnostic> {
    if let Some(periodic) = section.periodic.as_ref().map(Spanned::get_ref) {
        return Ok(ArrivalProcess::Periodic {
            period_seconds: *periodic.period_s.get_ref(),
            jitter_seconds: *periodic.jitter_s.get_ref(),
        });
    }
    if let Some(bursty) = section.bursty.as_ref().map(Spanned::get_ref) {
        return Ok(ArrivalProcess::Bursty {
            quiet_requests_per_second: *bursty.quiet_hz.get_ref(),
            burst_requests_per_second: *bursty.burst_hz.get_ref(),
            mean_quiet_seconds: *bursty.mean_quiet_s.get_ref(),
            mean_burst_seconds: *bursty.mean_burst_s.get_ref(),
        });
    }
    if let Some(closed) = section.closed_loop.as_ref().map(Spanned::get_ref) {
        return Ok(ArrivalProcess::ClosedLoop { mean_think_seconds: *closed.mean_think_s.get_ref() });
    }
    if let Some(trace) = &section.trace {
        return Ok(ArrivalProcess::Trace(traces::arrivals(trace, devices, source)?.into()));
    }
    // The check of the scenario leaves this way only.
    let rate = section.rate_hz.as_ref().map_or(0.0, |rate| *rate.get_ref());
    Ok(ArrivalProcess::Poisson { requests_per_second: rate })
}
