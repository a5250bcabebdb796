//! The device decides on the scores that come down after each step: schedules by hand, and beside the cloud's own decision.

use crate::close;
use crate::scripted::{Design, MILLISECOND, Scripted};
use crate::streaming::one_request;
use cospike_sim_core::cloud::{EarlyExit, ExitAt};
use cospike_sim_core::cosim::{Guess, Outcome, System, run};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{self, Channel, Rate, Transport, WakeUpRadio};
use proptest::prelude::*;

const LIMIT: f64 = 0.3;

/// Steps whose answers are their numbers; the first `sure` of them is certain.
fn sure_after(sure: usize, mut design: Design) -> Design {
    for (step, tail) in (1..).zip(&mut design.tails) {
        tail.guess = Guess { answer: step as u32, entropy: if step == sure { LIMIT } else { 0.9 } };
    }
    design
}

fn exiting_at(place: ExitAt, system: &System) -> System {
    let mut system = system.clone();
    system.cloud.exit = Some(EarlyExit { entropy: LIMIT, at: place });
    system
}

/// Runs a design of 8 steps (or of 4, without an exit before the last) in which step `sure` decides; gives what the cloud was
/// asked, too. The labels say that the answer of step `sure` is right.
fn decided(place: ExitAt, sure: usize) -> (Outcome, Vec<u32>) {
    let (system, _) = one_request();
    let design = sure_after(sure, Design::streaming(8, 10 * MILLISECOND, 500, 7 * MILLISECOND));
    let mut network = Scripted::new([design]);
    let labels = [sure as u32; 100];
    let found = run(&exiting_at(place, &system), &mut network, &labels, &Streams::new(1, 0)).unwrap();
    assert_eq!(found.requests.correct, 1);
    (found, network.asked.iter().map(|asked| asked.steps).collect())
}

/// The scores of step t are made at 10 t + 16 ms and received from 10 t + 21 to 10 t + 21.032 ms. If they decide, step t + 2 is
/// being sent, which goes on, and step t + 3 is being made, which is not sent. The cloud executes what reaches it, and its scores
/// are received.
#[test]
fn the_device_decides_and_what_is_under_way_comes_to_nothing() {
    for (sure, sent, made) in [(1, 3, 4), (2, 4, 5), (5, 7, 8), (8, 8, 8)] {
        let (found, asked) = decided(ExitAt::Edge, sure);
        let latency = found.latency.as_ref().unwrap();
        close(latency.mean, (10.0 * sure as f64 + 21.032) * 1e-3, 1e-12);
        close(latency.phases.sum(), latency.mean, 1e-12);
        let traffic = found.traffic;
        assert_eq!((traffic.steps_sent, traffic.steps_saved), (sent, 8 - sent), "{sure}");
        assert_eq!((traffic.steps_wasted, traffic.answers_received), (sent - sure as u64, sent), "{sure}");
        assert_eq!(asked, (1..=sent as u32).collect::<Vec<_>>());
        close(found.cloud.utilisation.unwrap() * found.simulated.seconds(), sent as f64 * 7e-3, 1e-9);
        close(found.energy.compute.ac, made as f64 * 1e-3, 1e-12);
        close(found.energy.power.radio_tx, sent as f64 * 4e-3 * (0.3 + 0.2), 1e-9);
        // 32 bits at 0.1 uJ each; of 0.2 W meanwhile, only for the last two scores, because a step is being sent during the others.
        close(found.energy.power.radio_rx, sent as f64 * 32.0 * 0.1e-6 + 2.0 * 32e-6 * 0.2, 1e-9);
        // The cloud's own decision comes at the same time on an empty system; it executes and sends nothing more.
        let (cloud, asked) = decided(ExitAt::Cloud, sure);
        assert_eq!((cloud.latency.unwrap().mean, cloud.traffic.steps_sent), (latency.mean, sent));
        assert_eq!((asked.len(), cloud.traffic.answers_received), (sure, 1));
    }
}

/// Scores that come while the device sleeps are lost if it misses their signals: those of step 3, which would have decided. Those
/// of steps 1 and 2 find the radio sending (from 30 and 40 ms on, for 4 ms). Without those of the last step there is no answer.
#[test]
fn scores_that_the_device_does_not_notice_decide_nothing() {
    let (mut system, design) = one_request();
    let wake_up = WakeUpRadio {
        watts: 0.0,
        duty: 1.0,
        period_seconds: 1.0,
        signal_seconds: 1e-3,
        miss_probability: 1.0,
        tries: 1,
        retry_seconds: 0.0,
        false_alarms_per_second: 0.0,
    };
    system.link.radio.standby = link::Standby::Asleep { watts: 0.0, wake_up };
    let go = |sure| Scripted::new([sure_after(sure, design.clone())]).run(&exiting_at(ExitAt::Edge, &system), 1);
    let lost = go(3);
    assert_eq!((lost.requests.completed, lost.requests.dropped_unreachable), (0, 1));
    assert_eq!((lost.traffic.missed_signals, lost.traffic.answers_received, lost.traffic.steps_wasted), (2, 2, 0));
    // Decided at 41.032 ms, and then the scores of steps 3 and 4 are missed to no harm.
    let answered = go(2);
    assert_eq!((answered.requests.completed, answered.requests.dropped_unreachable), (1, 0));
    assert_eq!((answered.traffic.missed_signals, answered.traffic.answers_received), (2, 2));
}

/// Every step that is sent is accounted for, whatever the link does: steps that made an answer, and those that came to nothing. Of
/// these, the cloud executes all but those that wait for one that the device no longer repeats.
#[test]
fn invariant_1_steps_are_conserved() {
    let (mut system, design) = one_request();
    system.workload.requests = 500;
    system.link.channel = Channel::losing(0.4);
    system.link.jitter_seconds = 0.05;
    system.link.transport = Transport::Retransmit { timeout_seconds: 0.03, tries: 200 };
    for sure in 1..=4 {
        let mut network = Scripted::new([sure_after(sure, design.clone())]);
        let found = network.run(&exiting_at(ExitAt::Edge, &system), 3);
        let (requests, traffic) = (found.requests, found.traffic);
        assert_eq!((requests.completed, requests.in_flight), (500, 0));
        assert_eq!(traffic.steps_sent + traffic.steps_saved, 4 * 500);
        assert_eq!(traffic.steps_sent - traffic.steps_wasted, 500 * sure as u64);
        let executed = network.asked.len() as u64;
        assert_eq!(executed, traffic.answers_received);
        assert!(
            (500 * sure as u64..=traffic.steps_sent).contains(&executed) && (sure == 4) == (traffic.steps_wasted == 0)
        );
        assert!(sure != 1 || executed < traffic.steps_sent && executed > 600, "{executed} of {}", traffic.steps_sent);
    }
}

/// On a busy system the steps that nobody needs any more are in the way of others.
#[test]
fn a_device_that_decides_keeps_the_others_waiting() {
    let (mut system, _) = one_request();
    system.devices = 20;
    system.workload.requests = 2_000;
    system.workload.arrivals = cospike_sim_core::workload::ArrivalProcess::Poisson { requests_per_second: 2.0 };
    let design = sure_after(1, Design::streaming(8, 10 * MILLISECOND, 500, 7 * MILLISECOND));
    let go = |place| Scripted::new([design.clone()]).run(&exiting_at(place, &system), 5);
    let (cloud, edge) = (go(ExitAt::Cloud), go(ExitAt::Edge));
    let (load, wasted) = (cloud.cloud.utilisation.unwrap(), edge.cloud.utilisation.unwrap());
    assert!((0.2..0.35).contains(&load) && wasted > 2.5 * load, "{load} {wasted}");
    let wait = |outcome: &Outcome| outcome.latency.as_ref().unwrap().mean;
    assert!(wait(&edge) > 1.1 * wait(&cloud), "{} {}", wait(&edge), wait(&cloud));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// On an empty system and without jitter it makes no difference to the answer and its time who decides, and the device never
    /// takes less than the cloud would have: neither a step less, nor a joule, nor a moment.
    #[test]
    fn the_device_decides_no_earlier_than_the_cloud_and_on_the_same_step(
        entropies in prop::collection::vec(0.0..1.0_f64, 6),
        [head, tail, bytes, propagation] in prop::array::uniform4(0..20_u64),
        rates in prop::array::uniform2(1e5..1e7_f64),
        lossy in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let (mut system, _) = one_request();
        system.link.propagation_seconds = propagation as f64 * 1e-3;
        system.link.uplink = Rate::Constant { bits_per_second: rates[0] };
        system.link.downlink_bits_per_second = rates[1];
        if lossy {
            system.link.channel = Channel::losing(0.3);
            system.link.transport = Transport::Retransmit { timeout_seconds: 0.02, tries: 100 };
        }
        let mut design = Design::streaming(6, head * MILLISECOND, 1 + 100 * bytes as u32, tail * MILLISECOND);
        for ((answer, step), &entropy) in (0..).zip(&mut design.tails).zip(&entropies) {
            step.guess = Guess { answer, entropy };
        }
        let decisive = entropies.iter().position(|&entropy| entropy <= LIMIT).unwrap_or(5);
        let go = |place| {
            let labels = [decisive as u32; 50];
            run(&exiting_at(place, &system), &mut Scripted::new([design.clone()]), &labels, &Streams::new(seed, 0)).unwrap()
        };
        let (cloud, edge) = (go(ExitAt::Cloud), go(ExitAt::Edge));
        prop_assert_eq!((cloud.requests.correct, edge.requests.correct), (1, 1));
        prop_assert_eq!(cloud.latency.unwrap().mean, edge.latency.unwrap().mean);
        prop_assert_eq!(cloud.traffic.steps_sent, edge.traffic.steps_sent);
        prop_assert!(edge.energy.total >= cloud.energy.total && edge.simulated >= cloud.simulated);
        prop_assert!(edge.traffic.answers_received > decisive as u64);
    }
}
