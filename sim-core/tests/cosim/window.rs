//! Energy in steady state: over a window, from a stationary start.

use crate::close;
use crate::cloud::arriving;
use crate::common::{KnownAnswers, accumulates, system};
use crate::scripted::{Design, MILLISECOND, Scripted, run_one};
use cospike_sim_core::cosim::{Guess, NoWindow, System, WaitingEnergies, Window, run};
use cospike_sim_core::edge::{Sleep, Standby};
use cospike_sim_core::inference::Counts;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{self, Radio, Sharing};
use cospike_sim_core::stats::{Interval, mean_interval};
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};

/// A radio that takes 0.2 s at 1.5 W to connect, and stays so for 1 s at 0.8 W.
fn radio(system: &mut System) {
    system.link.radio = Radio {
        promotion_seconds: 0.2,
        promotion_watts: 1.5,
        tail_seconds: 1.0,
        tail_watts: 0.8,
        standby: link::Standby::Listening { watts: 0.01 },
        ..system.link.radio
    };
}

/// Messages of 10,000 bytes take 80 ms, tails 300 ms, answers 32 us.
fn design() -> Design {
    Design::whole(0, 10_000, 300 * MILLISECOND)
}

fn periodic(period_seconds: f64, requests: u64, warmup: u64) -> System {
    let mut system = system(1.0, requests);
    radio(&mut system);
    system.workload.arrivals = ArrivalProcess::Periodic { period_seconds, jitter_seconds: 0.0 };
    system.workload.warmup = warmup;
    system
}

fn trace(seconds: &[f64]) -> System {
    let mut system = periodic(1.0, seconds.len() as u64, 0);
    let arrival = |&seconds: &f64| TraceArrival { seconds, device: 0 };
    system.workload.arrivals = ArrivalProcess::Trace(seconds.iter().map(arrival).collect());
    system
}

fn window(system: &System, design: Design) -> Window {
    run_one(system, design).window.unwrap()
}

/// What sending and receiving costs besides the states: 1 mJ of the head, 80,000 bits up, 32 down, `beta` meanwhile.
const MESSAGES: f64 = 1e-3 + 0.3e-6 * 80_000.0 + 0.1e-6 * 32.0 + 0.2 * (0.08 + 32e-6);

/// In a cycle of 2 s: 0.2 s of promotion, 0.08 s of sending, 0.3 s connected, the answer, 1 s of tail, and the rest in standby.
/// In one of 0.9 s the radio is never in standby, not even before the first request.
#[test]
fn a_periodic_device_meets_its_closed_form_to_the_nanojoule() {
    let slow = 0.1 * 2.0 + MESSAGES + 1.5 * 0.2 + 0.8 * 1.3 + 0.01 * (2.0 - 1.580_032);
    let fast = 0.1 * 0.9 + MESSAGES + 0.8 * (0.9 - 0.080_032);
    for (period, expected, answered, latency) in [(2.0, slow, 8, 0.580_032), (0.9, fast, 8, 0.380_032)] {
        let outcome = run_one(&periodic(period, 12, 3), design());
        let window = outcome.window.unwrap();
        // Requests 3 to 11, and the gaps between them.
        assert_eq!(window.answered, answered);
        assert!((window.seconds() - 8.0 * period).abs() < 2e-9, "{window:?}");
        let found = window.energy.total / 8.0;
        assert!((found - expected).abs() < 1e-9, "{found} J is not {expected} J");
        close(window.watts_per_device(1), expected / period, 1e-9);
        close(window.energy.sum_of_parts(), window.energy.total, 1e-12);
        let latencies = outcome.latency.unwrap();
        assert_eq!((latencies.min, latencies.max), (latency, latency));
        // Neither the warm-up nor the number of requests matters.
        let longer = run_one(&periodic(period, 200, 50), design()).window.unwrap();
        assert!((longer.energy.total / longer.answered as f64 - expected).abs() < 1e-9, "{longer:?}");
    }
}

/// Asked at 1, 2 and 3 s, the window opens at 2 s and closes at 3 s, each time in the tail of the request before.
#[test]
fn invariant_5_a_window_divides_the_states_that_it_cuts() {
    let tails = window(&trace(&[1.0, 2.0, 3.0]), design());
    assert_eq!((tails.from.seconds(), tails.to.seconds(), tails.answered), (2.0, 3.0, 1));
    let power = tails.energy.power;
    close(power.radio_tail, 0.8 * (1.0 - 0.080_032), 1e-12);
    close(power.static_power, 0.1, 1e-12);
    assert_eq!((power.radio_promotion, power.radio_idle), (0.0, 0.0));
    close(tails.energy.sum_of_parts(), tails.energy.total, 1e-12);
    // A horizon cuts the promotion that the last request begins.
    let mut system = trace(&[1.0, 4.0, 7.0]);
    system.workload.horizon_seconds = Some(4.125);
    let cut = window(&system, design());
    assert_eq!((cut.from.seconds(), cut.to.seconds(), cut.answered), (4.0, 4.125, 0));
    close(cut.energy.power.radio_promotion, 1.5 * 0.125, 1e-12);
    close(cut.energy.total, (1.5 + 0.1) * 0.125 + 1e-3, 1e-12);
}

fn energies_wait(system: &System) -> WaitingEnergies {
    WaitingEnergies::new(&system.edge, &system.link, &system.cloud, &system.workload)
}

/// A tail of 600 ms in the place of one of 300 ms makes every request wait for its answer, and two messages at the same time make one of
/// them wait for the cell, or share it. Where it is said that energy does not depend on the waiting, it is the same, and else another one.
#[test]
fn waiting_costs_energy_only_where_it_is_said_to() {
    let total = |system: &System, tail: u64| window(system, Design::whole(0, 10_000, tail * MILLISECOND)).energy.total;
    let connected = periodic(2.0, 12, 3);
    let mut ready = connected.clone();
    ready.link.radio = Radio::always_ready(ready.link.radio.power);
    for (system, waits) in [(&connected, true), (&ready, false)] {
        assert_eq!(energies_wait(system), WaitingEnergies { devices: waits, cloud: false });
        assert_eq!((total(system, 600) - total(system, 300)).abs() > 1e-9, waits);
    }
    for (sharing, waits) in
        [(Sharing::Dedicated, false), (Sharing::Cell, false), (Sharing::SharedCell { weights: vec![] }, true)]
    {
        let energy = |other: u32| {
            let mut system = arriving(&[(0, 0), (2_000, 0), (other, 1), (4_000, 0)]);
            (system.link.sharing, system.cloud.servers) = (sharing.clone(), 2);
            assert_eq!(energies_wait(&system).devices, waits);
            total(&system, 300)
        };
        assert_eq!((energy(2_000) - energy(2_900)).abs() > 1e-9, waits, "{sharing:?}");
    }
}

#[test]
fn a_window_that_is_empty_has_a_reason() {
    let reason = |system: &System| run_one(system, design()).window.unwrap_err();
    assert_eq!(reason(&trace(&[1.0])), NoWindow::NeverOpened { warm_up: 1 });
    // The first answer comes after the last request.
    assert_eq!(reason(&trace(&[1.0, 1.1, 1.2])), NoWindow::NeverOpened { warm_up: 1 });
    assert_eq!(reason(&trace(&[1.0, 3.0, 3.0])), NoWindow::NoTime);
    let message = reason(&periodic(0.1, 40, 39)).to_string();
    assert!(message.starts_with("no request was made after the first 39 had ended"), "{message}");
}

/// A queue without end does not change what an answer costs: a device that computes for 0.5 s of each request and is asked
/// every 0.25 s draws its power for 0.5 s per answer, long after the requests of the window were made, too.
#[test]
fn an_overloaded_device_pays_for_what_it_answers() {
    let mut system = periodic(0.25, 400, 40);
    system.link.radio.tail_watts = 0.01;
    let found = window(&system, Design::whole(500 * MILLISECOND, 0, 0));
    close(found.energy.total / found.answered as f64, 0.5 * 0.11 + 1e-3, 0.02);
}

/// The mean over ten replications, with the run's own interval in the first.
fn replicated(
    system: &System,
    network: impl Fn() -> KnownAnswers,
    value: impl Fn(&Window) -> f64,
) -> (Interval, Option<Interval>) {
    let windows: Vec<Window> = (0..10)
        .map(|replication| {
            let mut network = network();
            let labels = network.classes.clone();
            run(system, &mut network, &labels, &Streams::new(11, replication)).unwrap().window.unwrap()
        })
        .collect();
    let values: Vec<f64> = windows.iter().map(value).collect();
    (mean_interval(&values).unwrap(), windows[0].joules_per_answer)
}

fn agrees(found: &Interval, expected: f64, most: f64, what: &str) {
    let half = found.half_width();
    assert!(half < most * expected, "{what}: {found:?} is too wide");
    // 1.8 half-widths at 9 degrees of freedom: 4 standard errors.
    assert!((found.estimate - expected).abs() < 1.8 * half, "{what}: {found:?} misses {expected}");
}

/// Radios with an LTE tail of 11.6 s at 1.06 W: the whole is the same whatever the number of devices among which the requests are
/// divided, from a run of 1,000 s to one of a tenth of the tail.
#[test]
fn fleets_of_any_size_need_the_same_energy_per_request() {
    let network = || KnownAnswers::uniform(50, accumulates(5_000_000), &[1_250], accumulates(1_000_000));
    for devices in [4, 50, 100, 400, 4_000] {
        let mut system = system(1.0, 4_000);
        system.devices = devices;
        system.cloud.servers = 1_000;
        system.workload.warmup = 400;
        radio(&mut system);
        (system.link.radio.tail_seconds, system.link.radio.tail_watts) = (11.6, 1.06);
        let (found, own) = replicated(&system, network, |window| window.energy.total / window.answered as f64);
        // 1 Hz: once in 100,000 times a gap outlasts the tail. Messages of 10 ms, answers of 32 us.
        let active = 10e-3 + 32e-6;
        let bits = 0.3e-6 * 10_000.0 + 0.1e-6 * 32.0;
        let expected = 0.1 + 1e-3 + bits + 0.2 * active + 1.06 * (1.0 - active);
        agrees(&found, expected, 0.03, &format!("{devices} devices"));
        // Only the run of 1,000 s has batches that are longer than a tail.
        assert_eq!(own.is_some(), devices == 4);
        assert!(own.is_none_or(|own| (own.estimate - expected).abs() < 2.0 * own.half_width()), "{own:?}");
    }
}

/// A device that asks in a Poisson process of rate `r` is in its tail of `t` seconds for `1 - exp(-r t)` of the time, and its
/// processor is idle for `1 - exp(-r s)` if it falls asleep after `s`; if it answers half of the samples by itself, its radio
/// only sees half the rate. Runs of 250, 10 and 1 s.
#[test]
fn poisson_devices_are_in_their_tails_as_often_as_theory_says() {
    for answered_at_edge in [false, true] {
        let network = || {
            let mut network = KnownAnswers::uniform(50, Counts::default(), &[1], Counts::default());
            for sample in (0..50).step_by(2).filter(|_| answered_at_edge) {
                network.heads[sample][0].guess = Some(Guess { answer: 0, entropy: 0.0 });
            }
            network
        };
        for devices in [160, 4_000, 40_000] {
            let mut system = system(0.05, 2_000);
            system.devices = devices;
            system.workload.warmup = 200;
            system.edge.exit_entropy = Some(0.5);
            radio(&mut system);
            (system.link.radio.tail_seconds, system.link.radio.promotion_seconds) = (11.6, 0.0);
            let sleep = Sleep { after_seconds: 5.0, watts: 0.0, wake_seconds: 0.0, wake_watts: 0.0 };
            system.edge.standby = Standby { idle_watts: 0.3, computing_watts: 0.3, sleep: Some(sleep) };
            let watts = |joules: f64, window: &Window| joules / window.seconds() / f64::from(devices);
            let rate = if answered_at_edge { 0.025 } else { 0.05 };
            let in_tail = 1.0 - (-rate * 11.6_f64).exp();
            let (tail, _) = replicated(&system, network, |window| watts(window.energy.power.radio_tail, window));
            agrees(&tail, 0.8 * in_tail, 0.03, &format!("tails of {devices} devices"));
            let (idle, _) = replicated(&system, network, |window| watts(window.energy.power.standby, window));
            agrees(&idle, 0.3 * (1.0 - (-0.05 * 5.0_f64).exp()), 0.04, &format!("idle time of {devices} devices"));
        }
    }
}

/// In a run of half a tail most tails are those of requests before the run. They have to be as long as those
/// that the run itself shows when it is long, although it takes a second until an answer comes and the tail begins; and so
/// with every process.
#[test]
fn a_short_run_of_many_devices_draws_the_power_of_a_long_run_of_few() {
    let network = || KnownAnswers::uniform(50, accumulates(800 * MILLISECOND), &[1], Counts::default());
    let bursty = ArrivalProcess::Bursty {
        quiet_requests_per_second: 0.01,
        burst_requests_per_second: 0.2,
        mean_quiet_seconds: 30.0,
        mean_burst_seconds: 10.0,
    };
    for arrivals in [
        ArrivalProcess::Poisson { requests_per_second: 0.05 },
        ArrivalProcess::Periodic { period_seconds: 20.0, jitter_seconds: 0.0 },
        ArrivalProcess::Periodic { period_seconds: 20.0, jitter_seconds: 15.0 },
        ArrivalProcess::ClosedLoop { mean_think_seconds: 20.0 },
        bursty,
    ] {
        let power = |devices: u32, requests| {
            let mut system = system(1.0, requests);
            system.devices = devices;
            system.workload.arrivals = arrivals.clone();
            system.workload.warmup = requests / 2;
            radio(&mut system);
            system.link.radio.tail_seconds = 10.0;
            replicated(&system, network, |window| window.watts_per_device(devices)).0
        };
        let (long, short) = (power(40, 8_000), power(10_000, 3_000));
        let error = (long.half_width().powi(2) + short.half_width().powi(2)).sqrt();
        assert!(error < 0.02 * long.estimate, "{long:?} {short:?}");
        assert!((long.estimate - short.estimate).abs() < 1.8 * error, "{arrivals:?}: {long:?} {short:?}");
    }
}

/// What a device would have done before a recording is not known: it begins in standby. A device that answers everything by
/// itself was never connected.
#[test]
fn no_tail_begins_that_nothing_speaks_for() {
    let recorded = run_one(&trace(&[1.0, 2.0]), design());
    close(recorded.energy.power.radio_idle, 0.01, 1e-12);
    let mut system = periodic(0.5, 20, 0);
    system.edge.exit_entropy = Some(1.0);
    let mut local = design();
    local.steps[0].guess = Some(Guess { answer: 0, entropy: 0.5 });
    let found = Scripted::new([local]).run(&system, 3);
    assert_eq!((found.requests.answered_at_edge, found.energy.power.radio_tail), (20, 0.0));
}

/// Ten requests a second, one of which is lost with probability 1/2: an answer costs what two requests do.
#[test]
fn requests_that_are_lost_cost_energy_too() {
    let mut system = system(10.0, 20_000);
    system.workload.warmup = 100;
    system.link.channel = link::Channel::losing(0.5);
    let found = window(&system, Design::whole(0, 0, 0));
    close(found.answered as f64, 9_950.0, 0.03);
    close(found.energy.compute.ac / found.answered as f64, 2e-3, 0.03);
}

/// Servers of 10 W and 5 W more while they compute 0.1 s of each request, whatever happens before and after the window.
#[test]
fn the_cloud_is_measured_in_the_same_window() {
    let mut system = periodic(2.0, 12, 3);
    system.cloud.power = cospike_sim_core::cloud::CloudPower { idle_watts: 10.0, busy_watts: 5.0 };
    let found = window(&system, Design::whole(0, 0, 100 * MILLISECOND));
    close(found.cloud_energy.total() / found.answered as f64, 10.0 * 2.0 + 5.0 * 0.1 + 1e-3, 1e-9);
    close(found.cloud_watts(), 10.0 + (5.0 * 0.1 + 1e-3) / 2.0, 1e-9);
}
