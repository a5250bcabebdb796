//! The device: queue, speed levels, sleep, battery, and which design runs.

use crate::close;
use crate::common::{accumulates, system};
use crate::scripted::{Design, MILLISECOND, Scripted, run_one};
use cospike_sim_core::cosim::{Guess, Outcome, System};
use cospike_sim_core::edge::{DesignChoice, DesignThreshold, DropPolicy, Governor, Sleep, SpeedLevel, Standby};
use cospike_sim_core::link::Rate;
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};

/// One device that is asked at these milliseconds.
fn asked_at(milliseconds: &[u32]) -> System {
    let arrival = |&ms: &u32| TraceArrival { seconds: f64::from(ms) * 1e-3, device: 0 };
    let mut system = system(1.0, milliseconds.len() as u64);
    system.workload.arrivals = ArrivalProcess::Trace(milliseconds.iter().map(arrival).collect());
    system
}

/// A design that answers at the edge after each of `entropies.len()` steps of 10 ms, so sure of it, and sends `packets`
/// packets of 1,000 bits after the last.
fn own_answers(entropies: &[f64], packets: u32) -> Design {
    let mut design = Design::streaming(entropies.len(), 10 * MILLISECOND, 125, MILLISECOND);
    for (step, &entropy) in design.steps.iter_mut().zip(entropies) {
        step.packets = 0;
        step.guess = Some(Guess { answer: 0, entropy });
    }
    design.steps.last_mut().unwrap().packets = packets;
    design.packets.truncate(packets as usize);
    design
}

/// Heads of 100 ms and a queue of one. Request 1 waits; request 2 finds the queue full.
#[test]
fn a_full_queue_drops_the_newest_or_the_oldest() {
    let latencies = |when_full| {
        let mut system = asked_at(&[0, 10, 20]);
        system.edge.queue_capacity = Some(1);
        system.edge.when_full = when_full;
        let found = run_one(&system, own_answers(&[0.0; 10], 0));
        assert_eq!((found.requests.completed, found.requests.dropped_queue_full), (2, 1));
        let latency = found.latency.unwrap();
        (latency.min, latency.max)
    };
    // Request 1 ends at 200 ms, 190 after it came; request 2 in its place, 180 after.
    assert_eq!(latencies(DropPolicy::Newest), (0.1, 0.19));
    assert_eq!(latencies(DropPolicy::Oldest), (0.1, 0.18));
}

/// At half the rate and a quarter of the power, 100 ms of operations worth 1 mJ take 200 ms and half of it. The second of
/// three requests begins while one waits: at full speed; the first and the third begin alone.
#[test]
fn a_governor_runs_faster_when_requests_wait() {
    let mut system = asked_at(&[0, 10, 20]);
    system.edge.levels = vec![SpeedLevel { rate_factor: 0.5, power_factor: 0.25 }, SpeedLevel::NOMINAL];
    system.edge.governor = Governor::ByQueue { thresholds: vec![1] };
    let mut design = own_answers(&[0.0], 0);
    design.steps[0].counts = accumulates(100 * MILLISECOND);
    let found = run_one(&system, design);
    // Ends at 200, 300 and 500 ms.
    close(found.latency.unwrap().mean, (0.2 + 0.29 + 0.48) / 3.0, 1e-12);
    close(found.energy.compute.ac, 0.5e-3 + 1e-3 + 0.5e-3, 1e-12);
}

/// The second request finds the processor asleep again, the third finds it idle.
#[test]
fn a_processor_sleeps_and_takes_time_and_energy_to_wake() {
    let mut system = asked_at(&[1_000, 2_020, 2_100]);
    let sleep = Sleep { after_seconds: 0.1, watts: 0.001, wake_seconds: 0.02, wake_watts: 0.5 };
    system.edge.standby = Standby { idle_watts: 0.1, computing_watts: 0.1, sleep: Some(sleep) };
    let found = run_one(&system, own_answers(&[0.0], 0));
    let latency = found.latency.unwrap();
    assert_eq!((latency.min, latency.max), (0.01, 0.03));
    // Asleep 0 to 1.000, 1.130 to 2.020; waking twice; idle 1.030 to 1.130, 2.050 to 2.100, 2.110 to 2.210, when the run ends.
    let expected = 0.001 * (1.0 + 0.89) + 0.5 * 0.04 + 0.1 * (0.1 + 0.05 + 0.1);
    close(found.energy.power.standby, expected, 1e-12);
    // Computing 1.020 to 1.030, 2.040 to 2.050 and 2.100 to 2.110: idle power besides 1 mJ of operations each.
    close(found.energy.power.computing, 0.1 * 0.03, 1e-12);
    close(found.energy.compute.total(), 3e-3, 1e-12);
    close(found.energy.sum_of_parts(), found.energy.total, 1e-12);
    assert_eq!(found.simulated.seconds(), 2.21);
}

/// 0.1 W static and 0.01 W of listening drain 0.55 J in 5 s; each of 100 inferences a second costs 1 mJ more at its end.
#[test]
fn a_battery_runs_empty_when_its_energy_is_spent() {
    let mut system = system(1.0, 10);
    system.edge.battery_joules = Some(0.55);
    system.workload.arrivals = ArrivalProcess::Trace([TraceArrival { seconds: 20.0, device: 0 }].into());
    let idle = run_one(&system, own_answers(&[0.0], 0));
    close(idle.depletion.restricted_mean_seconds.unwrap(), 5.0, 1e-8);
    close(idle.energy.total, 0.55, 1e-8);
    assert_eq!((idle.traffic.depleted_devices, idle.requests.dropped_battery, idle.requests.completed), (1, 1, 0));

    // After t seconds: 0.11 t + floor(100 t) mJ; at 2.619 s 0.28809 J + 261 mJ are spent, 0.91 mJ are left, 8.27 ms of
    // power; the inference of 2.62 s asks for more than is left by then.
    let period =
        ArrivalProcess::Trace((0..1_000).map(|k| TraceArrival { seconds: f64::from(k) * 0.01, device: 0 }).collect());
    system.workload.arrivals = period;
    system.workload.requests = 1_000;
    let busy = run_one(&system, own_answers(&[0.0], 0));
    let died = busy.depletion.first.unwrap().seconds();
    assert!(died > 2.619 && died <= 2.62 + 1e-6, "{died}");
    assert_eq!(busy.requests.completed + busy.requests.dropped_battery, 1_000);
    // The last inference is done as the battery ends.
    assert!((261..=262).contains(&busy.requests.completed), "{}", busy.requests.completed);
    close(busy.energy.total, 0.55, 2e-3);

    // A second device that is asked nothing would live for 5 s; after 4 s it still does, and counts with these.
    (system.devices, system.workload.horizon_seconds) = (2, Some(4.0));
    let censored = run_one(&system, own_answers(&[0.0], 0));
    assert_eq!((censored.traffic.depleted_devices, censored.simulated.seconds()), (1, 4.0));
    close(censored.depletion.restricted_mean_seconds.unwrap(), (died + 4.0) / 2.0, 1e-9);
}

/// Nobody may be stuck: with requests at every place when the devices die, all are dropped and the run ends.
#[test]
fn invariant_1_a_dead_fleet_drops_what_it_has() {
    let mut system = system(5.0, 400);
    system.devices = 10;
    system.edge.battery_joules = Some(0.4);
    system.link.uplink = Rate::Constant { bits_per_second: 4e4 };
    system.link.propagation_seconds = 0.2;
    let found = run_one(&system, Design::streaming(3, 30 * MILLISECOND, 100, 20 * MILLISECOND));
    assert_eq!(found.requests.generated, found.requests.completed + found.requests.dropped());
    assert!(found.requests.completed > 0 && found.requests.dropped_battery > 100, "{found:?}");
    assert_eq!((found.requests.in_flight, found.traffic.depleted_devices), (0, 10));
    close(found.energy.sum_of_parts(), found.energy.total, 1e-12);
}

fn gated(most: f64, entropies: &[f64], packets: u32) -> Outcome {
    let mut system = asked_at(&[0]);
    system.edge.exit_entropy = Some(most);
    run_one(&system, own_answers(entropies, packets))
}

/// Entropy-gated offloading: what the edge is sure of is not sent.
#[test]
fn a_sure_edge_answers_and_an_unsure_one_sends() {
    let (sure, unsure) = (gated(0.3, &[0.3], 1), gated(0.3, &[0.31], 1));
    assert_eq!((sure.requests.answered_at_edge, sure.traffic.packets_sent), (1, 0));
    assert_eq!(sure.latency.unwrap().mean, 0.01);
    assert_eq!((unsure.requests.answered_at_edge, unsure.traffic.packets_sent, unsure.requests.completed), (0, 1, 1));
}

/// Early exit in time: the network that runs on the edge alone stops after the first step that is sure.
#[test]
fn an_edge_network_stops_as_soon_as_it_is_sure() {
    let found = gated(0.2, &[0.9, 0.5, 0.1, 0.0], 0);
    assert_eq!((found.requests.answered_at_edge, found.latency.unwrap().mean), (1, 0.03));
    close(found.energy.compute.ac, 3e-3, 1e-12);
    let never = gated(0.0, &[0.9, 0.5, 0.4, 0.3], 0);
    assert_eq!(never.latency.unwrap().mean, 0.04);
}

/// 1,000 bits at 1 Mbit/s take 1 ms; the estimate starts at 100 kbit/s and moves half the way to what it sees:
/// 550 kbit/s, then 775. The design changes once it reaches 600.
#[test]
fn the_design_follows_the_rate_that_the_device_has_seen() {
    let mut system = asked_at(&[0, 100, 200, 300]);
    let threshold = |from_bits_per_second, design| DesignThreshold { from_bits_per_second, design };
    system.edge.design = DesignChoice::ByRate {
        smoothing: 0.5,
        initial_bits_per_second: 1e5,
        designs: vec![threshold(0.0, 1), threshold(6e5, 0)],
    };
    let mut network = Scripted::new([Design::whole(0, 125, 0), Design::whole(0, 125, 0)]);
    network.run(&system, 1);
    let designs: Vec<u8> = network.asked.iter().map(|asked| asked.design).collect();
    assert_eq!(designs, [1, 1, 0, 0]);
}
