//! One request by hand, and the invariants.

use crate::close;
use crate::common::{KnownAnswers, accumulates, system};
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{CosimError, Outcome, Phase, PlaceUse, RequestCounters, System, run};
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::kernel::{ImpossibleValue, Streams};
use cospike_sim_core::link::{Channel, Radio, RadioPower, Rate, Sharing, Standby, Transport};
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};
use std::collections::BTreeMap;

/// A fleet in which everything happens: waits at every queue, losses, full queues.
fn busy_fleet() -> (System, KnownAnswers) {
    let mut system = system(3.0, 6_000);
    system.devices = 20;
    system.edge.queue_capacity = Some(2);
    system.link.sharing = Sharing::Cell;
    system.link.channel = Channel::losing(0.2);
    system.link.propagation_seconds = 0.02;
    system.link.header_bytes = 28;
    system.cloud.servers = 2;
    // Heads of 0.2 s on average (rho = 0.6), messages of 11.65 ms (rho near 0.65), tails of 25 ms (rho near 0.7).
    let network = KnownAnswers::uniform(500, Counts::default(), &[700, 700], accumulates(25_000_000));
    (system, network.with_heads((0..500).map(|sample| accumulates(sample % 5 * 100_000_000))))
}

pub(crate) fn outcome(system: &System, network: &mut KnownAnswers, seed: u64) -> Outcome {
    let labels = network.classes.clone();
    run(system, network, &labels, &Streams::new(seed, 0)).unwrap()
}

/// Everything below is worked out by hand from the numbers in the test.
#[test]
fn one_request_meets_the_hand_computed_latency_and_energy() {
    let mut system = system(10.0, 1);
    system.edge.processor =
        Processor { ac_per_second: 1e6, mac_per_second: 1e5, neuron_updates_per_second: 1e4, overhead_seconds: 4e-3 };
    system.edge.static_watts = 0.2;
    system.link.uplink = Rate::Constant { bits_per_second: 1.2e5 };
    system.link.downlink_bits_per_second = 2.4e5;
    system.link.propagation_seconds = 5e-3;
    system.link.header_bytes = 10;
    let power = RadioPower { up_watts_per_mbps: 2.0, down_watts_per_mbps: 0.5, active_watts: 0.1 };
    system.link.radio = Radio { standby: Standby::Listening { watts: 0.05 }, ..Radio::always_ready(power) };
    system.cloud.answer_bytes = 20;
    system.cloud.processor =
        Processor { ac_per_second: 1e9, mac_per_second: 1e6, neuron_updates_per_second: 1e9, overhead_seconds: 1e-3 };
    let head = Counts { ac: 2_000, mac: 100, neuron_updates: 30, ..Counts::default() };
    let tail = Counts { mac: 7_000, ..Counts::default() };
    let mut network = KnownAnswers::uniform(1, head, &[90, 40], tail);
    network.heads[0][0].energy =
        ComputeEnergy { ac: 2e-6, mac: 0.2e-6, neuron: 0.09e-6, memory: 11.84e-6, other: 7e-6 };
    let found = outcome(&system, &mut network, 1);

    let latency = found.latency.unwrap();
    let phases = latency.phases;
    close(phases.edge_compute, 4e-3 + 2e-3 + 1e-3 + 3e-3, 1e-12);
    close(phases.uplink, 150.0 * 8.0 / 1.2e5 + 5e-3, 1e-12);
    close(phases.cloud_service, 1e-3 + 7e-3, 1e-12);
    close(phases.downlink, 5e-3 + 30.0 * 8.0 / 2.4e5, 1e-12);
    assert_eq!((phases.edge_wait, phases.uplink_wait, phases.cloud_wait), (0.0, 0.0, 0.0));
    close(latency.mean, 39e-3, 1e-12);
    assert_eq!((latency.min, latency.percentiles[49], latency.max), (latency.mean, latency.mean, latency.mean));

    let seconds = found.simulated.seconds();
    close(found.energy.compute.ac, 2e-6, 1e-12);
    close(found.energy.compute.mac, 0.2e-6, 1e-12);
    close(found.energy.compute.neuron, 0.09e-6, 1e-12);
    close(found.energy.compute.memory, 11.84e-6, 1e-12);
    close(found.energy.compute.other, 7e-6, 1e-12);
    close(found.energy.power.static_power, 0.2 * seconds, 1e-12);
    close(found.energy.power.radio_tx, (2.0 * 0.12 + 0.1) * 10e-3, 1e-12);
    close(found.energy.power.radio_rx, (0.5 * 0.24 + 0.1) * 1e-3, 1e-12);
    close(found.energy.power.radio_idle, 0.05 * (seconds - 11e-3), 1e-12);
    close(found.edge.utilisation.unwrap(), 10e-3 / seconds, 1e-12);
    close(found.uplink.utilisation.unwrap(), 10e-3 / seconds, 1e-12);
    close(found.cloud.utilisation.unwrap(), 8e-3 / seconds, 1e-12);
    assert_eq!(
        (found.sent_bytes, found.payload_bytes, found.traffic.packets_sent, found.traffic.packets_lost),
        (150, 130, 2, 0)
    );
    assert_eq!(
        (found.requests.generated, found.requests.completed, found.requests.correct, found.trajectory.events),
        (1, 1, 1, 7)
    );
}

/// Between its only answer and the horizon the device draws 0.1 W of static power and 0.01 W of its listening radio.
#[test]
fn invariant_5_a_run_covers_its_horizon_although_nothing_is_left_to_do() {
    let mut system = system(1.0, 1);
    let mut network = KnownAnswers::uniform(1, accumulates(5), &[1], Counts::default());
    let drained = outcome(&system, &mut network, 4);
    system.workload.horizon_seconds = Some(100.0);
    let covered = outcome(&system, &mut network, 4);
    assert_eq!((covered.simulated.seconds(), covered.requests), (100.0, drained.requests));
    close(covered.energy.total - drained.energy.total, 0.11 * (100.0 - drained.simulated.seconds()), 1e-9);

    // What recurs goes on to the horizon as well: a battery runs empty in it.
    system.edge.battery_joules = Some(1.1);
    let empty = outcome(&system, &mut network, 4);
    let died = empty.depletion.first.map(|died| died.seconds());
    assert!(died.is_some_and(|died| (died - 10.0).abs() < 0.5), "{died:?}");
}

#[test]
fn invariant_1_requests_are_conserved() {
    let (mut system, mut network) = busy_fleet();
    system.workload.horizon_seconds = Some(60.0);
    let found = outcome(&system, &mut network, 2);
    assert_eq!(
        found.requests.generated,
        found.requests.completed + found.requests.dropped() + found.requests.in_flight
    );
    let all_happened = [
        found.requests.completed,
        found.requests.dropped_queue_full,
        found.requests.dropped_lost,
        found.requests.in_flight,
    ];
    assert!(all_happened.iter().all(|&count| count > 0), "{all_happened:?}");
    assert_eq!(found.simulated.seconds(), 60.0);

    system.workload.horizon_seconds = None;
    let drained = outcome(&system, &mut network, 2);
    assert_eq!((drained.requests.generated, drained.requests.in_flight), (6_000, 0));
    assert_eq!(drained.requests.generated, drained.requests.completed + drained.requests.dropped());
}

/// The same requests meet the same samples and losses whatever the edge, the payload and the cloud are.
#[test]
fn invariant_3_design_points_see_the_same_samples_and_losses() {
    let losses = |packets: &[u32], head: u64| -> BTreeMap<u32, Vec<u32>> {
        let mut system = system(1.0, 800);
        system.devices = 4;
        system.link.channel = Channel::losing(0.3);
        let mut network = KnownAnswers::uniform(1_000, accumulates(head), packets, Counts::default());
        outcome(&system, &mut network, 3);
        network.asked.into_iter().collect()
    };
    let (one, other) = (losses(&[10, 10], 1_000), losses(&[900, 20, 7], 700_000_000));
    // 800 of 1,000 samples are asked for; of those with two packets 9 % lose both.
    assert!(one.len() > 690 && other.len() > one.len(), "{} {}", one.len(), other.len());
    let first_two = |lost: &[u32]| lost.iter().copied().filter(|&packet| packet < 2).collect::<Vec<_>>();
    assert!(one.iter().all(|(sample, lost)| first_two(&other[sample]) == *lost));
}

#[test]
fn invariant_4_one_seed_gives_one_outcome_on_any_thread() {
    let go = |seed| {
        let (system, mut network) = busy_fleet();
        outcome(&system, &mut network, seed)
    };
    let first = go(4);
    let again: Vec<Outcome> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| go(4))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(again.iter().all(|outcome| *outcome == first));
    let other = go(5);
    assert!(other.trajectory.fingerprint != first.trajectory.fingerprint && other.simulated != first.simulated);
}

#[test]
fn invariant_5_energy_is_conserved_over_the_fleet() {
    let (mut system, mut network) = busy_fleet();
    system.workload.horizon_seconds = Some(60.0);
    let found = outcome(&system, &mut network, 5);
    close(found.energy.sum_of_parts(), found.energy.total, 1e-12);
    close(found.energy.power.static_power, 20.0 * 60.0 * 0.1, 1e-12);
    // The cell sends one message at a time: sending energy is its busy time at sending power.
    let sending_seconds = found.uplink.utilisation.unwrap() * 60.0;
    close(found.energy.power.radio_tx, sending_seconds * (0.3 + 0.2), 1e-9);
    assert!(found.energy.compute.ac > 0.0 && found.energy.power.radio_rx > 0.0 && found.energy.power.radio_idle > 0.0);
}

#[test]
fn invariant_7_lossless_accuracy_is_the_offline_accuracy() {
    let (mut system, mut network) = busy_fleet();
    system.edge.queue_capacity = None;
    system.link.channel = Channel::CLEAN;
    // Three passes over the deck.
    system.workload.requests = 1_500;
    let labels: Vec<u32> = (0..500).map(|sample| if sample % 7 == 0 { 99 } else { sample % 10 }).collect();
    let offline = network.classes.iter().zip(&labels).filter(|(class, label)| class == label).count() as u64;
    let found = run(&system, &mut network, &labels, &Streams::new(7, 0)).unwrap();
    assert_eq!((found.requests.completed, found.requests.correct), (1_500, 3 * offline));
    // With losses the tail works on what arrived, and this one then answers wrong.
    system.link.channel = Channel::losing(0.2);
    let lossy = run(&system, &mut network, &labels, &Streams::new(7, 0)).unwrap();
    assert!(lossy.requests.correct < lossy.requests.completed * 8 / 10 && lossy.requests.correct > 0);
}

#[test]
fn invariant_8_littles_law_holds_at_every_queue() {
    let (mut system, mut network) = busy_fleet();
    for sharing in [Sharing::Cell, Sharing::Dedicated] {
        // A slower own link, so that a device's own messages queue too.
        system.link.uplink = Rate::Constant { bits_per_second: if sharing == Sharing::Cell { 1e6 } else { 5e4 } };
        system.link.sharing = sharing;
        let found = outcome(&system, &mut network, 8);
        let seconds = found.simulated.seconds();
        for (name, queue) in [("edge", found.edge), ("uplink", found.uplink), ("cloud", found.cloud)] {
            let PlaceUse { mean_queue_length, entered, mean_wait_seconds, .. } = queue;
            let length = mean_queue_length.unwrap();
            assert!(length > 0.1, "nobody waits at the {name}, so the law says nothing: {length}");
            close(length, entered as f64 / seconds * mean_wait_seconds.unwrap(), 1e-12);
        }
        let latency = found.latency.unwrap();
        close(latency.phases.sum(), latency.mean, 1e-12);
    }
}

/// One device whose requests pile up at every place must not let one overtake another. (Mean waits cannot tell:
/// they are the same in any order.)
#[test]
fn requests_of_a_device_do_not_overtake_one_another() {
    let order = |requests_per_second| {
        let mut network = KnownAnswers::uniform(300, accumulates(500_000_000), &[100_000], accumulates(800_000_000));
        outcome(&system(requests_per_second, 300), &mut network, 6);
        network.asked.into_iter().map(|(sample, _)| sample).collect::<Vec<_>>()
    };
    assert_eq!(order(1e-3), order(10.0));
}

#[test]
fn invariant_9_labels_change_the_score_and_nothing_else() {
    let (system, mut network) = busy_fleet();
    let right = outcome(&system, &mut network, 9);
    let wrong = run(&system, &mut network, &[99; 500], &Streams::new(9, 0)).unwrap();
    assert_eq!(wrong.requests.correct, 0);
    let requests = RequestCounters { correct: 0, correct_in_time: 0, ..right.requests };
    assert_eq!(wrong, Outcome { requests, ..right });
}

/// More requests at the same instant than any fleet has by chance.
#[test]
fn invariant_12_time_that_stands_still_is_an_error() {
    let mut system = system(1.0, 2_000_000);
    system.workload.arrivals = ArrivalProcess::Trace(vec![TraceArrival { seconds: 0.0, device: 0 }; 2_000_000].into());
    system.edge.queue_capacity = Some(1);
    let mut network = KnownAnswers::uniform(1, accumulates(5), &[1], Counts::default());
    let error = run(&system, &mut network, &[0], &Streams::new(12, 0)).unwrap_err();
    let CosimError::TimeStandsStill { in_flight: 2, first, .. } = &error else { panic!("{error}") };
    assert_eq!(first.iter().map(|stranded| stranded.phase).collect::<Vec<_>>(), [Phase::EdgeCompute, Phase::EdgeWait]);
    assert!(error.to_string().contains("request 1 of device 0 (edge wait)"), "{error}");
}

#[test]
fn what_cannot_be_simulated_is_refused_by_name() {
    let mut network = KnownAnswers::uniform(1, accumulates(1), &[], Counts::default());
    type Change = fn(&mut System);
    let mut refused = |change: Change, labels: &[u32]| {
        let mut system = system(1.0, 1);
        change(&mut system);
        run(&system, &mut network, labels, &Streams::new(0, 0)).unwrap_err()
    };
    assert_eq!(refused(|_| (), &[]), CosimError::Samples { samples: 0 });
    assert_eq!(refused(|_| (), &[0]), CosimError::NothingToSend { design: 0, sample: 0 });
    let changes: [(&str, Change); 12] = [
        ("devices", |s| s.devices = 0),
        ("servers", |s| s.cloud.servers = 0),
        ("loss_probability", |s| s.link.channel = Channel::losing(f64::NAN)),
        ("uplink bits_per_second", |s| s.link.uplink = Rate::Constant { bits_per_second: 0.0 }),
        ("requests_per_second", |s| {
            s.workload.arrivals = ArrivalProcess::Poisson { requests_per_second: f64::INFINITY }
        }),
        ("requests_per_second", |s| s.workload.arrivals = ArrivalProcess::Poisson { requests_per_second: 1e-20 }),
        ("devices", |s| s.devices = System::MAX_DEVICES + 1),
        ("copies", |s| s.link.transport = Transport::Repeat { copies: Transport::MAX_COPIES + 1 }),
        ("propagation_seconds", |s| s.link.propagation_seconds = 1e-10),
        ("jitter_seconds", |s| s.link.jitter_seconds = 2e9),
        ("warmup", |s| s.workload.warmup = 1),
        ("overhead_seconds", |s| s.edge.processor.overhead_seconds = -1.0),
    ];
    for (expected, change) in changes {
        let error = refused(change, &[0]);
        let CosimError::ImpossibleValue(ImpossibleValue { name, .. }) = error else { panic!("{error}") };
        assert_eq!(name, expected);
    }
    // A hundred times a thousandth of the clock's range is within it, a hundred times its eighteenth is not.
    let mut network = KnownAnswers::uniform(1, accumulates(5), &[1], Counts::default());
    let mut rare = |rate| run(&system(rate, 100), &mut network, &[0], &Streams::new(0, 0));
    assert!(rare(1e-7).is_ok() && matches!(rare(1e-9), Err(CosimError::Time(_))));
}
