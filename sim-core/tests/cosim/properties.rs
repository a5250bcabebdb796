//! What must hold for every system, over random ones.

use crate::close;
use crate::common::system;
use crate::scripted::{Asked, Design, MILLISECOND, Scripted};
use cospike_sim_core::cloud::{Autoscaling, BatchTime, Batching, CloudPower, EarlyExit, ExitAt, Order};
use cospike_sim_core::cosim::{Guess, Outcome, RequestCounters, System, run};
use cospike_sim_core::edge::{DesignChoice, DesignThreshold, DropPolicy, Governor, Sleep, SpeedLevel, Standby};
use cospike_sim_core::energy::PowerPart;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{self, Channel, Frame, PacketLoss, Rate, RateStep, Sharing, Transport, WakeUpRadio};
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, TraceArrival};
use proptest::prelude::*;

const REQUESTS: u64 = 120;

/// Takes one of several values by the next of some random numbers.
struct Choices(Vec<u8>);

impl Choices {
    fn pick<T: Clone>(&mut self, values: &[T]) -> T {
        let choice = self.0.pop().expect("as many numbers as choices");
        values[usize::from(choice) % values.len()].clone()
    }
}

fn arrivals(choices: &mut Choices) -> ArrivalProcess {
    let trace = (0..200).map(|k| TraceArrival { seconds: f64::from(k / 7) * 0.05, device: k % 5 }).collect();
    choices.pick(&[
        ArrivalProcess::Poisson { requests_per_second: 3.0 },
        ArrivalProcess::Periodic { period_seconds: 0.2, jitter_seconds: 0.2 },
        ArrivalProcess::Bursty {
            quiet_requests_per_second: 0.0,
            burst_requests_per_second: 30.0,
            mean_quiet_seconds: 0.5,
            mean_burst_seconds: 0.3,
        },
        ArrivalProcess::ClosedLoop { mean_think_seconds: 0.1 },
        ArrivalProcess::Trace(trace),
    ])
}

fn edge(system: &mut System, choices: &mut Choices) {
    let edge = &mut system.edge;
    edge.queue_capacity = choices.pick(&[None, Some(1), Some(3)]);
    edge.when_full = choices.pick(&[DropPolicy::Newest, DropPolicy::Oldest]);
    let sleep = Sleep { after_seconds: 0.05, watts: 0.001, wake_seconds: 0.01, wake_watts: 0.3 };
    let at_once = Sleep { after_seconds: 0.0, ..sleep };
    edge.standby.idle_watts = 0.05;
    edge.standby.computing_watts = choices.pick(&[0.05, 0.0]);
    edge.standby = Standby { sleep: choices.pick(&[None, Some(sleep), Some(at_once)]), ..edge.standby };
    if choices.pick(&[true, false]) {
        edge.levels = vec![SpeedLevel { rate_factor: 0.5, power_factor: 0.2 }, SpeedLevel::NOMINAL];
        edge.governor = Governor::ByQueue { thresholds: vec![2] };
    }
    edge.battery_joules = choices.pick(&[None, None, Some(0.8)]);
    edge.measured_watts = choices.pick(&[None, Some(0.2)]);
    edge.exit_entropy = choices.pick(&[None, Some(0.4), Some(0.6)]);
    let threshold = |from_bits_per_second, design| DesignThreshold { from_bits_per_second, design };
    edge.design = choices.pick(&[
        DesignChoice::Fixed { design: 0 },
        DesignChoice::Fixed { design: 1 },
        DesignChoice::Fixed { design: 2 },
        DesignChoice::ByRate {
            smoothing: 0.3,
            initial_bits_per_second: 4e5,
            designs: vec![threshold(0.0, 2), threshold(2e5, 1), threshold(6e5, 0)],
        },
    ]);
}

fn link(system: &mut System, choices: &mut Choices) {
    let link = &mut system.link;
    let step = |seconds, bits_per_second| RateStep { seconds, bits_per_second };
    link.uplink = choices.pick(&[
        Rate::Constant { bits_per_second: 1e6 },
        Rate::Steps { steps: [step(0.0, 2e6), step(0.3, 0.0), step(0.5, 3e5)].into(), period_seconds: Some(0.9) },
        Rate::Opportunities { milliseconds: [3, 3, 9, 20, 31].into() },
    ]);
    link.sharing = choices.pick(&[
        Sharing::Dedicated,
        Sharing::Cell,
        Sharing::SharedCell { weights: vec![] },
        Sharing::SharedCell { weights: vec![1.0, 2.5] },
    ]);
    link.propagation_seconds = choices.pick(&[0.0, 0.01]);
    link.jitter_seconds = choices.pick(&[0.0, 0.03]);
    link.header_bytes = 28;
    let bursts = PacketLoss::GilbertElliott {
        mean_good_seconds: 0.4,
        mean_bad_seconds: 0.1,
        good_probability: 0.01,
        bad_probability: 0.8,
    };
    link.channel = choices.pick(&[
        Channel::CLEAN,
        Channel::losing(0.2),
        Channel { packet_loss: bursts, ..Channel::CLEAN },
        Channel { bit_error_probability: 1e-3, bit_erasure_probability: 1e-3, ..Channel::losing(0.1) },
    ]);
    link.transport = choices.pick(&[
        Transport::Datagram,
        Transport::Retransmit { timeout_seconds: 0.03, tries: 4 },
        Transport::Repeat { copies: 3 },
    ]);
    let frame = Frame { overhead_seconds: 2e-4, header_bytes: 39, sent_joules: 1e-4 };
    link.frame = choices.pick(&[Frame::default(), frame]);
    link.grant_seconds = choices.pick(&[0.0, 0.018]);
    radio(system, choices);
}

fn radio(system: &mut System, choices: &mut Choices) {
    let radio = &mut system.link.radio;
    (radio.promotion_seconds, radio.promotion_watts) = choices.pick(&[(0.0, 0.0), (0.05, 1.0)]);
    (radio.tail_seconds, radio.tail_watts) = choices.pick(&[(0.0, 0.0), (0.08, 0.6)]);
    let wake_up = WakeUpRadio {
        watts: 0.002,
        duty: 0.5,
        period_seconds: 0.04,
        signal_seconds: 0.002,
        miss_probability: 0.3,
        tries: 3,
        retry_seconds: 0.02,
        false_alarms_per_second: 2.0,
    };
    radio.standby =
        choices.pick(&[link::Standby::Listening { watts: 0.01 }, link::Standby::Asleep { watts: 0.0, wake_up }]);
}

fn cloud(system: &mut System, choices: &mut Choices) {
    let cloud = &mut system.cloud;
    cloud.servers = choices.pick(&[1, 2]);
    cloud.order = choices.pick(&[Order::FirstCome, Order::EarliestDeadline]);
    let time = choices.pick(&[
        BatchTime::Counts { marginal_cost: 0.3 },
        BatchTime::Linear { fixed_seconds: 0.01, item_seconds: 0.002 },
    ]);
    let batching = Batching { max_size: 4, max_wait_seconds: 0.02, time };
    cloud.batching = choices.pick(&[Batching::NONE, batching, Batching { max_wait_seconds: 0.0, ..batching }]);
    let scaling = Autoscaling {
        min_servers: 1,
        max_servers: 4,
        up_above: 1.0,
        down_below: 0.2,
        period_seconds: 0.05,
        startup_seconds: 0.1,
    };
    cloud.scaling = choices.pick(&[None, Some(scaling)]);
    cloud.power = CloudPower { idle_watts: 3.0, busy_watts: 7.0 };
    let exit = |at| Some(EarlyExit { entropy: 0.5, at });
    cloud.exit = choices.pick(&[None, exit(ExitAt::Cloud), exit(ExitAt::Edge)]);
}

/// Any system that the configuration can describe, but for the sizes.
fn random_system(numbers: Vec<u8>) -> System {
    let mut choices = Choices(numbers);
    let mut system = system(1.0, REQUESTS);
    system.devices = choices.pick(&[1, 5, 20]).max(5);
    system.workload.arrivals = arrivals(&mut choices);
    system.workload.samples = choices.pick(&[SampleOrder::FleetDeck, SampleOrder::DeviceDeck, SampleOrder::Uniform]);
    system.workload.deadlines_seconds = choices.pick(&[vec![], vec![0.1], vec![0.05, 1.0]]);
    system.workload.horizon_seconds = choices.pick(&[None, None, Some(1.0)]);
    edge(&mut system, &mut choices);
    link(&mut system, &mut choices);
    cloud(&mut system, &mut choices);
    system
}

/// A whole network, one that streams and gets surer by the step, and one with a classifier at the edge.
fn designs() -> [Design; 3] {
    let mut streaming = Design::streaming(5, 4 * MILLISECOND, 300, 3 * MILLISECOND);
    for (tail, entropy) in streaming.tails.iter_mut().zip([0.9, 0.7, 0.5, 0.3, 0.1]) {
        tail.guess = Guess { answer: 0, entropy };
    }
    let mut gated = Design::streaming(3, 8 * MILLISECOND, 200, 2 * MILLISECOND);
    for (step, entropy) in gated.steps.iter_mut().zip([0.9, 0.5, 0.5]) {
        (step.packets, step.guess) = (0, Some(Guess { answer: 1, entropy }));
    }
    gated.steps[2].packets = 3;
    [Design::whole(20 * MILLISECOND, 1_500, 15 * MILLISECOND), streaming, gated]
}

fn go(system: &System, labels: &[u32], seed: u64) -> (Outcome, Vec<Asked>) {
    let mut network = Scripted::new(designs());
    let outcome = run(system, &mut network, labels, &Streams::new(seed, 0)).unwrap();
    (outcome, network.asked)
}

fn check(system: &System, found: &Outcome) {
    assert_eq!(
        found.requests.generated,
        found.requests.completed + found.requests.dropped() + found.requests.in_flight
    );
    assert!(system.workload.horizon_seconds.is_some() || found.requests.in_flight == 0);
    assert!(found.traffic.steps_wasted <= found.traffic.steps_sent);
    close(found.energy.sum_of_parts(), found.energy.total, 1e-9);
    if let Ok(window) = &found.window {
        assert!(window.from < window.to && window.to <= found.simulated && window.answered <= found.requests.completed);
        let (inside, whole) = (window.energy, found.energy);
        assert!((inside.sum_of_parts() - inside.total).abs() <= 1e-9 * whole.total, "{inside:?}");
        let parts = PowerPart::ALL.into_iter().map(|part| (inside.power[part], whole.power[part]));
        assert!(parts.into_iter().all(|(inside, whole)| (0.0..=whole * (1.0 + 1e-12)).contains(&inside)), "{inside:?}");
    }
    let asked_for = system.workload.deadlines_seconds.is_empty();
    assert_eq!(found.requests.deadline_misses, if asked_for { 0 } else { found.requests.deadline_misses });
    assert!(
        found.requests.correct_in_time <= found.requests.correct && found.requests.correct <= found.requests.completed
    );
    if let Some(latency) = &found.latency {
        close(latency.phases.sum(), latency.mean, 1e-9);
    }
    // At a horizon messages may still wait whose requests were answered before all of them had been sent.
    if system.workload.horizon_seconds.is_some() {
        return;
    }
    for queue in [found.edge, found.uplink, found.cloud] {
        let (Some(length), Some(wait)) = (queue.mean_queue_length, queue.mean_wait_seconds) else { continue };
        let expected = queue.entered as f64 / found.simulated.seconds() * wait;
        assert!((length - expected).abs() < 1e-9 * (1.0 + expected), "{length} is not {expected}");
        assert!(queue.utilisation.is_some_and(|share| (0.0..=1.0 + 1e-12).contains(&share)), "{queue:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Conservation of requests (1) and energy (5), equal runs for equal seeds (4), Little's law at every queue (8), labels
    /// that change nothing (9), and an end (12), whatever is combined.
    #[test]
    fn invariants_1_4_5_8_9_and_12_hold_in_every_system(
        numbers in prop::collection::vec(any::<u8>(), 40),
        seed in any::<u64>(),
    ) {
        let system = random_system(numbers);
        let (found, asked) = go(&system, &[0; 50], seed);
        check(&system, &found);
        let (again, asked_again) = go(&system, &[1; 50], seed);
        prop_assert_eq!(&asked, &asked_again);
        let RequestCounters { correct, correct_in_time, .. } = found.requests;
        let scored = Outcome { requests: RequestCounters { correct, correct_in_time, ..again.requests }, ..again };
        prop_assert_eq!(scored, found);
    }
}
