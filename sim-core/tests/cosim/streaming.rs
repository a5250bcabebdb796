//! Step by step: schedules by hand, early exit, and steps that arrive out of order.

use crate::close;
use crate::common::system;
use crate::scripted::{Design, MILLISECOND, Scripted, run_one};
use cospike_sim_core::cloud::{EarlyExit, ExitAt};
use cospike_sim_core::cosim::System;
use cospike_sim_core::link::{Channel, Rate, Transport};

fn exit_at_cloud(entropy: f64) -> EarlyExit {
    EarlyExit { entropy, at: ExitAt::Cloud }
}

/// Heads of 10 ms a step, messages of 4 ms (500 bytes at 1 Mbit/s), propagation 5 ms, tails of 7 ms a step; answers of
/// 4 bytes take 32 us.
pub(crate) fn one_request() -> (System, Design) {
    let mut system = system(1.0, 1);
    system.link.propagation_seconds = 5e-3;
    (system, Design::streaming(4, 10 * MILLISECOND, 500, 7 * MILLISECOND))
}

/// Step t leaves the head at 10 t, the uplink at 10 t + 4, arrives at 10 t + 9, and its tail is done at 10 t + 16.
#[test]
fn steps_overlap_and_the_last_one_decides() {
    let (system, design) = one_request();
    let found = run_one(&system, design);
    let latency = found.latency.unwrap();
    close(latency.mean, 56e-3 + 5e-3 + 32e-6, 1e-12);
    // Foremost step: edge 0-10, uplink 10-19, cloud 19-26, then the next one's uplink 26-29, cloud 29-36, and so on.
    close(latency.phases.edge_compute, 10e-3, 1e-12);
    close(latency.phases.uplink, (9.0 + 3.0 * 3.0) * 1e-3, 1e-12);
    close(latency.phases.cloud_service, 4.0 * 7e-3, 1e-12);
    assert_eq!((found.traffic.steps_sent, found.traffic.steps_saved, found.traffic.packets_sent), (4, 0, 4));
    // All at once: 40 + 16 + 5 + 28 + 5.032 ms.
    let mut whole = Design::whole(40 * MILLISECOND, 2_000, 28 * MILLISECOND);
    whole.tails[0].guess.entropy = 0.0;
    close(run_one(&system, whole).latency.unwrap().mean, 94.032e-3, 1e-12);
}

/// The cloud is sure after step 2, at 36 ms; its answer is there at 41.032 ms, when steps 1 to 4 have been made
/// (at 40 ms the fourth) and the fourth is being sent (40 to 44 ms). The fifth, begun at 40, is made until 50 but not sent;
/// the sixth to eighth are not even made.
#[test]
fn an_early_exit_saves_exactly_the_steps_that_were_not_sent() {
    let (mut system, _) = one_request();
    system.cloud.exit = Some(exit_at_cloud(0.1));
    let mut design = Design::streaming(8, 10 * MILLISECOND, 500, 7 * MILLISECOND);
    design.tails[1].guess.entropy = 0.1;
    let mut network = Scripted::new([design.clone()]);
    let found = network.run(&system, 1);
    close(found.latency.unwrap().mean, 41.032e-3, 1e-12);
    assert_eq!((found.traffic.steps_sent, found.traffic.steps_saved), (4, 4));
    assert_eq!((found.traffic.steps_wasted, found.traffic.answers_received), (2, 1));
    assert_eq!(network.asked.iter().map(|asked| asked.steps).collect::<Vec<_>>(), [1, 2]);
    // Five steps of the head were computed, though the fifth was of no use, and four messages were sent.
    close(found.energy.compute.ac, 5e-3, 1e-12);
    close(found.energy.power.radio_tx, 4.0 * 4e-3 * (0.3 + 0.2), 1e-9);
    assert_eq!(found.sent_bytes, 4 * 500);
    // Without the exit all eight are sent and run.
    system.cloud.exit = None;
    let all = run_one(&system, design);
    assert_eq!((all.traffic.steps_sent, all.traffic.steps_saved), (8, 0));
}

/// The stop finds messages in the queue of the uplink, too: at 100 kbit/s a message takes 40 ms, so of the steps made
/// by the time of the answer only those whose sending began are sent.
#[test]
fn a_stop_takes_back_what_waits_for_the_uplink() {
    let (mut system, _) = one_request();
    system.cloud.exit = Some(exit_at_cloud(0.1));
    system.link.uplink = Rate::Constant { bits_per_second: 1e5 };
    let mut design = Design::streaming(8, 10 * MILLISECOND, 500, 7 * MILLISECOND);
    design.tails[0].guess.entropy = 0.0;
    let found = run_one(&system, design);
    // Sent at 50, arrived at 55, run at 62, answered at 67.032: the second is being sent (50 to 90), the others are not.
    close(found.latency.unwrap().mean, 67.032e-3, 1e-12);
    assert_eq!((found.traffic.steps_sent, found.traffic.steps_saved), (2, 6));
    close(found.uplink.utilisation.unwrap() * found.simulated.seconds(), 0.08, 1e-12);
}

/// Steps are run in order: with retransmission a lost step keeps the later ones, which have arrived, waiting.
#[test]
fn steps_are_run_in_order_whatever_the_link_does() {
    let (mut system, design) = one_request();
    system.workload.requests = 200;
    system.link.channel = Channel::losing(0.4);
    system.link.jitter_seconds = 0.05;
    system.link.transport = Transport::Retransmit { timeout_seconds: 0.03, tries: 20 };
    let mut network = Scripted::new([design]);
    let found = network.run(&system, 3);
    assert_eq!((found.requests.completed, found.traffic.retransmissions > 300), (200, true));
    let mut per_sample = std::collections::BTreeMap::<u32, Vec<u32>>::new();
    network.asked.iter().for_each(|asked| per_sample.entry(asked.sample).or_default().push(asked.steps));
    for steps in per_sample.values() {
        assert!(steps.chunks(4).all(|steps| steps == [1, 2, 3, 4]), "{steps:?}");
    }
    assert!(network.asked.iter().all(|asked| asked.lost.is_empty()));
}

/// Of datagrams each step is told what is missing up to it, and a request of which nothing arrives is dropped.
#[test]
fn each_step_knows_what_is_missing_of_the_steps_so_far() {
    let (mut system, design) = one_request();
    system.workload.requests = 300;
    system.link.channel = Channel { bit_error_probability: 0.01, ..Channel::losing(0.5) };
    let mut network = Scripted::new([design]);
    let found = network.run(&system, 4);
    assert_eq!(found.requests.completed + found.requests.dropped_lost, 300);
    assert!((8..35).contains(&found.requests.dropped_lost), "0.5^4 of 300: {}", found.requests.dropped_lost);
    for asked in &network.asked {
        assert!(asked.lost.iter().all(|&packet| packet < asked.steps), "{asked:?}");
        assert!(asked.flipped.iter().all(|&bit| bit < asked.steps * 4_000), "{asked:?}");
        assert!(!asked.flipped.iter().any(|&bit| asked.lost.contains(&(bit / 4_000))), "{asked:?}");
        assert!(asked.flipped.is_sorted() && asked.lost.is_sorted());
    }
    let steps: u64 = network.asked.iter().map(|asked| u64::from(asked.steps == 4)).sum();
    assert_eq!(steps, found.requests.completed);
}
