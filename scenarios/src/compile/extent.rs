//! What follows from several values together: how long the simulated time of a run is, and how often something recurs in it.
//!
//! Each value by itself is within the limits of its key. Here their sums and products are held against the clock.

use crate::declarations::grouped;
use crate::diagnostic::Mistake;
use crate::scenario::{Scenario, Sharing};
use cospike_sim_core::cloud::BatchTime;
use cospike_sim_core::cosim::System;
use cospike_sim_core::kernel::{Number, SimTime};
use cospike_sim_core::link::{PacketLoss, Standby, Transport};
use cospike_sim_core::workload::ArrivalProcess;
use std::ops::Range;

/// Longest simulated time that a scenario may ask for, in seconds: half of what the clock can hold, because most times are drawn at
/// random and their sum may exceed what is expected.
const MOST_SECONDS: f64 = SimTime::MAX.seconds() / 2.0;

/// Greatest number of recurrences of one thing in a run, however few requests there are. Each is an event or a draw, and so many
/// take a minute.
const MOST_RECURRENCES: f64 = 1e9;

/// Greatest number of recurrences for each request, of which each takes some ten events itself. In all there may be as many as a
/// channel can count, which numbers its states in 32 bits.
const MOST_PER_REQUEST: f64 = 10.0;

/// Shortest mean time between two requests of the fleet, in seconds.
const SHORTEST_GAP: f64 = 1e-9;

/// A time that a run needs, and the value that decides it.
struct Share {
    what: &'static str,
    seconds: f64,
    span: Range<usize>,
}

/// Refuses a system of `scenario` whose simulated time is beyond the clock, or in which something recurs too often.
pub(super) fn check(scenario: &Scenario, system: &System) -> Result<(), Mistake> {
    let arrivals = arrivals(scenario, system);
    check_gap(&arrivals, system)?;
    if let Some(horizon) = system.workload.horizon_seconds {
        return check_recurrences(scenario, system, horizon);
    }
    let mut shares = delays(scenario, system);
    shares.push(arrivals);
    let length = shares.iter().map(|share| share.seconds).sum();
    check_clock(shares, length)?;
    check_recurrences(scenario, system, length)
}

/// Expected time of the last arrival, in seconds.
pub(super) fn arrival_seconds(scenario: &Scenario, system: &System) -> f64 {
    arrivals(scenario, system).seconds
}

/// Expected time of the last arrival.
fn arrivals(scenario: &Scenario, system: &System) -> Share {
    let section = &scenario.workload;
    let per_device = per_device(system);
    let requests = system.workload.requests as f64;
    let (what, seconds, span) = match &system.workload.arrivals {
        ArrivalProcess::Poisson { requests_per_second } => (
            "the requests at this rate",
            requests / (requests_per_second * f64::from(system.devices)),
            section.rate_hz.as_ref().map(|rate| rate.span()),
        ),
        ArrivalProcess::Periodic { period_seconds, .. } => (
            "the requests with this period",
            per_device * period_seconds,
            section.periodic.as_ref().map(|periodic| periodic.period_s.span()),
        ),
        &ArrivalProcess::Bursty {
            quiet_requests_per_second: quiet,
            burst_requests_per_second: burst,
            mean_quiet_seconds,
            mean_burst_seconds,
        } => {
            let rate =
                (quiet * mean_quiet_seconds + burst * mean_burst_seconds) / (mean_quiet_seconds + mean_burst_seconds);
            // Whatever the rates, a device may have to wait for its first burst.
            let seconds = requests / (rate * f64::from(system.devices)) + mean_quiet_seconds;
            ("the requests in these bursts", seconds, section.bursty.as_ref().map(|bursty| bursty.burst_hz.span()))
        }
        ArrivalProcess::ClosedLoop { mean_think_seconds } => (
            "the requests with this time to think",
            per_device * mean_think_seconds,
            section.closed_loop.as_ref().map(|closed| closed.mean_think_s.span()),
        ),
        ArrivalProcess::Trace(arrivals) => (
            "the requests of this trace",
            arrivals.last().map_or(0.0, |last| last.seconds),
            section.trace.as_ref().map(|trace| trace.span()),
        ),
    };
    Share { what, seconds, span: span.unwrap_or_else(|| section.requests.span()) }
}

/// Requests that each device makes, one after the other.
fn per_device(system: &System) -> f64 {
    system.workload.requests.div_ceil(system.devices.into()) as f64
}

/// Refuses requests that come faster than the clock can tell apart.
fn check_gap(arrivals: &Share, system: &System) -> Result<(), Mistake> {
    let is_recorded = matches!(system.workload.arrivals, ArrivalProcess::Trace(_));
    let gap = arrivals.seconds / system.workload.requests as f64;
    if is_recorded || gap >= SHORTEST_GAP {
        return Ok(());
    }
    let (devices, gap) = (grouped(system.devices.into()), Number(three_digits(gap)));
    let message = format!("{devices} devices together would ask every {gap} s, but the clock counts nanoseconds");
    Err(Mistake::at_span(arrivals.span.clone(), message).help("give fewer devices, or let each ask less often"))
}

/// Times that a request may take after its arrival, each as long as the values allow; those in which the next one cannot begin
/// count for all requests of a device or a server.
fn delays(scenario: &Scenario, system: &System) -> Vec<Share> {
    let System { edge, link, cloud, .. } = system;
    let profile = |name: &crate::located::Located<String>| name.span();
    let (fleet, section, servers) = (&scenario.fleet, &scenario.link, &scenario.cloud);
    let or = |key: Option<Range<usize>>, name: &crate::located::Located<String>| key.unwrap_or_else(|| profile(name));
    let one_by_one = per_device(system);
    let served = system.workload.requests.div_ceil(cloud.servers.into()) as f64;
    let mut shares = vec![];
    let mut add = |what, seconds, span| shares.push(Share { what, seconds, span });
    add("the overheads of this device", one_by_one * edge.processor.overhead_seconds, profile(&fleet.profile));
    if let Some(sleep) = &edge.standby.sleep {
        add("waking up with this device", one_by_one * sleep.wake_seconds, profile(&fleet.profile));
    }
    let propagation = or(section.propagation_ms.as_ref().map(|ms| ms.span()), &section.profile);
    add("the way there and back", 2.0 * link.propagation_seconds, propagation);
    let jitter = or(section.jitter_ms.as_ref().map(|ms| ms.span()), &section.profile);
    add("the jitter there and back", 2.0 * link.jitter_seconds, jitter);
    let radio = link.radio.promotion_seconds + link.radio.tail_seconds;
    add("promotion and tail of this radio", radio, profile(&section.profile));
    add("the permissions to send on this link", one_by_one * link.grant_seconds, profile(&section.profile));
    // A request has at least one packet up and one down; of each device, and of all where they share one uplink.
    let packets =
        one_by_one * 2.0 * f64::from(if section.sharing.get() == Sharing::Dedicated { 1 } else { system.devices });
    add("the packets on this link", packets * link.frame.overhead_seconds, profile(&section.profile));
    if let (Transport::Retransmit { timeout_seconds, tries }, Some(key)) = (&link.transport, &section.retransmit) {
        add("all tries with this timeout", f64::from(*tries) * timeout_seconds, key.timeout_ms.span());
    }
    if let (Standby::Asleep { wake_up, .. }, Some(key)) = (&link.radio.standby, &section.wake_up) {
        let each = wake_up.period_seconds + wake_up.retry_seconds + wake_up.signal_seconds;
        let longer = if wake_up.retry_seconds > wake_up.period_seconds { &key.retry_ms } else { &key.period_ms };
        add("all wake-up signals", f64::from(wake_up.tries) * each, longer.span());
    }
    if let Some(batching) = &servers.batching {
        add("waiting for a batch", cloud.batching.max_wait_seconds, batching.max_wait_ms.span());
        if let BatchTime::Linear { fixed_seconds, item_seconds } = cloud.batching.time {
            let fixed = batching.fixed_ms.as_ref().map_or(0..0, |ms| ms.span());
            let item = batching.item_ms.as_ref().map_or(0..0, |ms| ms.span());
            add("the batches with this time", served * fixed_seconds, fixed);
            add("the requests of the batches", served * item_seconds, item);
        }
    }
    if let (Some(scaling), Some(key)) = (&cloud.scaling, &servers.autoscaling) {
        add("the start of a server", scaling.startup_seconds, key.startup_s.span());
    }
    add("the overheads of this server", served * cloud.processor.overhead_seconds, profile(&servers.profile));
    shares
}

/// Refuses a run of `length` seconds that would pass the end of the clock, at the one of its `shares` that takes most of it.
fn check_clock(shares: Vec<Share>, length: f64) -> Result<(), Mistake> {
    if length <= MOST_SECONDS {
        return Ok(());
    }
    let longest = shares.into_iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    longest.map_or(Ok(()), |Share { what, seconds, span }| {
        let (seconds, most) = (Number(three_digits(seconds)), Number(three_digits(MOST_SECONDS)));
        let message = format!("{what} take about {seconds} s, but {most} s can be simulated at most");
        Err(Mistake::at_span(span, message).help("give another value here, fewer `requests`, or a `horizon_s`"))
    })
}

/// Refuses what recurs so often in `length` seconds that the run would not end.
fn check_recurrences(scenario: &Scenario, system: &System, length: f64) -> Result<(), Mistake> {
    let devices = f64::from(system.devices);
    let most = (MOST_PER_REQUEST * system.workload.requests as f64).clamp(MOST_RECURRENCES, f64::from(u32::MAX));
    let refuse = |what: &str, times: f64, span: Range<usize>| {
        if times <= most {
            return Ok(());
        }
        let [times, length, most] = [times, length, most].map(|value| Number(three_digits(value)));
        let message = format!("{what} about {times} times in the {length} s of this run, more than {most}");
        Err(Mistake::at_span(span, message)
            .help("such a run would take too long: give a longer time, or fewer `requests`"))
    };
    if let (Some(scaling), Some(key)) = (&system.cloud.scaling, &scenario.cloud.autoscaling) {
        refuse("the autoscaler would decide", length / scaling.period_seconds, key.period_s.span())?;
    }
    if let (PacketLoss::GilbertElliott { mean_good_seconds, mean_bad_seconds, .. }, Some(key)) =
        (&system.link.channel.packet_loss, &scenario.link.bursts)
    {
        let shorter = if mean_good_seconds < mean_bad_seconds { &key.mean_good_ms } else { &key.mean_bad_ms };
        let times = devices * 2.0 * length / (mean_good_seconds + mean_bad_seconds);
        refuse("the channels would change", times, shorter.span())?;
    }
    if let (ArrivalProcess::Bursty { mean_quiet_seconds, mean_burst_seconds, .. }, Some(key)) =
        (&system.workload.arrivals, &scenario.workload.bursty)
    {
        let shorter = if mean_quiet_seconds < mean_burst_seconds { &key.mean_quiet_s } else { &key.mean_burst_s };
        let times = devices * 2.0 * length / (mean_quiet_seconds + mean_burst_seconds);
        refuse("the devices would change between quiet and bursts", times, shorter.span())?;
    }
    if let (Standby::Asleep { wake_up, .. }, Some(key)) = (&system.link.radio.standby, &scenario.link.wake_up) {
        let alarms = devices * length * wake_up.false_alarms_per_second;
        refuse("the wake-up radios would give false alarms", alarms, scenario.link.profile.span())?;
        if wake_up.duty * wake_up.period_seconds < SHORTEST_GAP {
            let message = "the wake-up radio would listen for less than a nanosecond in each period";
            return Err(
                Mistake::at_span(key.duty.span(), message).help("give a larger `duty`, or a longer `period_ms`")
            );
        }
    }
    Ok(())
}

/// A number rounded to three significant digits, for messages.
fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
