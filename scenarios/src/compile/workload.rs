//! Who asks when.

use crate::diagnostic::{Mistake, Origin};
use crate::scenario::{Scenario, WorkloadSection};
use crate::traces;
use cospike_sim_core::workload::{ArrivalProcess, Workload};

/// The workload of `scenario`, which has been checked; reads a trace of arrivals.
pub(super) fn workload(scenario: &Scenario, origin: &Origin) -> Result<Workload, Mistake> {
    let section = &scenario.workload;
    Ok(Workload {
        arrivals: arrivals(section, scenario.fleet.devices.get(), origin)?,
        samples: scenario.samples.order.get(),
        requests: section.requests.get(),
        horizon_seconds: section.horizon_s.as_ref().map(|s| s.get()),
        warmup: section.warmup.get(),
        deadlines_seconds: section.deadlines_ms.iter().map(|ms| ms.get() * 1e-3).collect(),
    })
}

fn arrivals(section: &WorkloadSection, devices: u32, origin: &Origin) -> Result<ArrivalProcess, Mistake> {
    if let Some(periodic) = &section.periodic {
        return Ok(ArrivalProcess::Periodic {
            period_seconds: periodic.period_s.get(),
            jitter_seconds: periodic.jitter_s.get(),
        });
    }
    if let Some(bursty) = &section.bursty {
        return Ok(ArrivalProcess::Bursty {
            quiet_requests_per_second: bursty.quiet_hz.get(),
            burst_requests_per_second: bursty.burst_hz.get(),
            mean_quiet_seconds: bursty.mean_quiet_s.get(),
            mean_burst_seconds: bursty.mean_burst_s.get(),
        });
    }
    if let Some(closed) = &section.closed_loop {
        return Ok(ArrivalProcess::ClosedLoop { mean_think_seconds: closed.mean_think_s.get() });
    }
    if let Some(trace) = &section.trace {
        return Ok(ArrivalProcess::Trace(traces::arrivals(trace, devices, origin)?.into()));
    }
    // The check of the scenario leaves this way only.
    let rate = section.rate_hz.as_ref().map_or(0.0, |rate| rate.get());
    Ok(ArrivalProcess::Poisson { requests_per_second: rate })
}
