//! Who asks when.

use crate::declarations::grouped;
use crate::diagnostic::{Mistake, Origin};
use crate::scenario::{Scenario, WorkloadSection};
use crate::traces;
use cospike_sim_core::kernel::Number;
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival, Workload};

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
        let arrivals = traces::arrivals(trace, devices, origin)?;
        check_trace(section, &arrivals)?;
        return Ok(ArrivalProcess::Trace(arrivals.into()));
    }
    // The check of the scenario leaves this way only.
    let rate = section.rate_hz.as_ref().map_or(0.0, |rate| rate.get());
    Ok(ArrivalProcess::Poisson { requests_per_second: rate })
}

/// Refuses a trace that has fewer arrivals than requests are asked for, or none that would be measured before the horizon.
fn check_trace(section: &WorkloadSection, arrivals: &[TraceArrival]) -> Result<(), Mistake> {
    let (wanted, found) = (section.requests.get(), arrivals.len() as u64);
    if wanted > found {
        let message =
            format!("`requests` is {}, but the trace has {} arrivals", grouped(wanted.into()), grouped(found.into()));
        return Err(
            Mistake::in_value(&section.requests, message).help(format!("give at most {found}, or a longer trace"))
        );
    }
    let Some(horizon) = &section.horizon_s else { return Ok(()) };
    let before = arrivals.partition_point(|arrival| arrival.seconds <= horizon.get()) as u64;
    let (first, warmup) = (arrivals.first().map_or(0.0, |first| first.seconds), section.warmup.get());
    let message = match before {
        0 => format!(
            "the run ends at {} s, before the first request of the trace at {} s",
            Number(horizon.get()),
            Number(first)
        ),
        _ if before <= warmup => format!(
            "of the trace {} requests come before the run ends, all of them within the warm-up of {}",
            grouped(before.into()),
            grouped(warmup.into())
        ),
        _ => return Ok(()),
    };
    Err(Mistake::in_value(horizon, message).help("nothing would be measured: give a later `horizon_s`"))
}
