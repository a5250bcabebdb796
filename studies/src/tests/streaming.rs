//! Payloads that are sent step by step.

use super::plan;
use crate::study::Study;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::Zoo;
use cospike_results::rows::ReplicationRow;
use cospike_sim_core::link::PacketLoss;
use cospike_sim_core::payload::Packetise;

const REQUESTS: u64 = 40;

/// The first replication of the plan, in which the network is evaluated `stepwise` or not, and packets are lost with `loss`.
fn run(stepwise: bool, packetise: Packetise, loss: f64) -> ReplicationRow {
    let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let mut plan = plan(&zoo, &dataset);
    plan.networks[0].stepwise = stepwise;
    plan.points[0].packets.packetise = packetise;
    plan.points[0].system.link.channel.packet_loss = PacketLoss::Independent { probability: loss };
    let results = Study::new(plan, &zoo, [dataset]).unwrap().run(None, &|_| ()).unwrap();
    assert_eq!(results.points[0].failure, None);
    results.replications[0].clone()
}

#[test]
fn every_packet_of_a_payload_is_sent_once_with_the_step_in_which_it_begins() {
    for (stepwise, packetise, packets, steps) in [
        (false, Packetise::Message, 1, 1),
        (false, Packetise::Step, 4, 1),
        (true, Packetise::Message, 1, 1),
        (true, Packetise::Step, 4, 4),
    ] {
        let row = run(stepwise, packetise, 0.0);
        let sent = (row.traffic.packets_sent, row.traffic.steps_sent, row.requests.completed);
        assert_eq!(sent, (packets * REQUESTS, steps * REQUESTS, REQUESTS), "stepwise: {stepwise}, {packetise:?}");
    }
}

/// A lost step leaves the others, so the tail is executed on all four, or, sent step by step, on each as it comes.
#[test]
fn a_payload_that_arrives_in_part_is_executed_on_all_its_steps() {
    for stepwise in [false, true] {
        let row = run(stepwise, Packetise::Step, 0.2);
        let requests = row.requests;
        assert!(row.traffic.packets_lost > 10, "{} packets of 160", row.traffic.packets_lost);
        assert!(requests.completed > 36 && requests.correct > REQUESTS / 2, "stepwise: {stepwise}, {requests:?}");
    }
}
