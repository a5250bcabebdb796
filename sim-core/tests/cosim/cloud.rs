//! The cloud: batches, deadlines and autoscaling on timetables worked out by hand.

use crate::close;
use crate::common::system;
use crate::scripted::{Design, MILLISECOND, run_one};
use cospike_sim_core::cloud::{Autoscaling, BatchTime, Batching, CloudPower, Order};
use cospike_sim_core::cosim::System;
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};

/// An answer of four bytes takes this long at 1 Mbit/s.
const ANSWER: f64 = 32e-6;

/// A fleet of two whose requests come at these (milliseconds, device), and take no time to get to the cloud.
pub(crate) fn arriving(at: &[(u32, u32)]) -> System {
    let arrival = |&(ms, device): &(u32, u32)| TraceArrival { seconds: f64::from(ms) * 1e-3, device };
    let mut system = system(1.0, at.len() as u64);
    system.devices = 2;
    system.workload.arrivals = ArrivalProcess::Trace(at.iter().map(arrival).collect());
    system
}

/// Batches of up to 3 after up to 10 ms, in `5 + n` ms. Requests 0 and 2 ms: the batch begins at 10. 20, 21, 22: it is
/// full at 22, and done at 30. 23: alone until 33, done at 39.
#[test]
fn batches_begin_when_full_or_when_one_has_waited_long_enough() {
    for order in [Order::FirstCome, Order::EarliestDeadline] {
        let mut system = arriving(&[(0, 0), (2, 1), (20, 0), (21, 1), (22, 0), (23, 1)]);
        let time = BatchTime::Linear { fixed_seconds: 5e-3, item_seconds: 1e-3 };
        system.cloud.batching = Batching { max_size: 3, max_wait_seconds: 10e-3, time };
        system.cloud.order = order;
        let found = run_one(&system, Design::whole(0, 0, 1));
        let latency = found.latency.unwrap();
        close(latency.mean, (17.0 + 15.0 + 10.0 + 9.0 + 8.0 + 16.0) / 6.0 * 1e-3 + ANSWER, 1e-12);
        close(latency.phases.cloud_wait, (10.0 + 8.0 + 2.0 + 1.0 + 0.0 + 10.0) / 6.0 * 1e-3, 1e-12);
        close(found.cloud.utilisation.unwrap() * found.simulated.seconds(), (7.0 + 8.0 + 6.0) * 1e-3, 1e-12);
    }
}

/// Three equal tails of 4 ms and an overhead of 1 ms: `1 + 12 (m + (1 - m) / 3)` ms.
#[test]
fn a_batch_of_operations_costs_its_marginal_share() {
    for (marginal_cost, milliseconds) in [(1.0, 13.0), (0.0, 5.0), (0.25, 1.0 + 12.0 * 0.5)] {
        let mut system = arriving(&[(0, 0), (0, 1), (0, 0)]);
        system.cloud.processor.overhead_seconds = 1e-3;
        let time = BatchTime::Counts { marginal_cost };
        system.cloud.batching = Batching { max_size: 3, max_wait_seconds: 1.0, time };
        let found = run_one(&system, Design::whole(0, 0, 4 * MILLISECOND));
        close(found.latency.unwrap().mean, milliseconds * 1e-3 + ANSWER, 1e-12);
    }
}

/// Tails of 10 ms. The first request is served as it comes; then the one of device 1, wanted within 20 ms of 2 ms, goes
/// before the one that came at 1 ms.
#[test]
fn the_earliest_deadline_goes_first() {
    let run = |order| {
        let mut system = arriving(&[(0, 0), (1, 0), (2, 1)]);
        system.workload.deadlines_seconds = vec![1.0, 0.02];
        system.cloud.order = order;
        let found = run_one(&system, Design::whole(0, 0, 10 * MILLISECOND));
        (found.latency.unwrap().max, found.requests.deadline_misses, found.requests.correct_in_time)
    };
    // Latencies 10, 18 and 29 ms, or 10, 19 and 28 of which the last should have been 20.
    let (worst, misses, in_time) = run(Order::EarliestDeadline);
    close(worst, 29e-3 + ANSWER, 1e-12);
    assert_eq!((misses, in_time), (0, 3));
    let (worst, misses, in_time) = run(Order::FirstCome);
    close(worst, 28e-3 + ANSWER, 1e-12);
    assert_eq!((misses, in_time), (1, 2));
}

/// Ten requests at once, tails of 100 ms, looks every 100 ms. At 100: 8 wait for 1 server, a second serves from 150. At 200:
/// 6 wait for 2, a third serves from 250. At 300: 3 for 3, enough. At 400: none waits but all are busy. The last
/// are done at 500, and one server is removed. Done at 100, 200, 250, 300, 350, 350, 400, 450, 450, 500.
#[test]
fn servers_follow_the_queue_after_their_start() {
    let mut system = arriving(&[(0, 0); 10]);
    system.cloud.scaling = Some(Autoscaling {
        min_servers: 1,
        max_servers: 3,
        up_above: 2.0,
        down_below: 0.5,
        period_seconds: 0.1,
        startup_seconds: 0.05,
    });
    system.cloud.power = CloudPower { idle_watts: 10.0, busy_watts: 5.0 };
    let found = run_one(&system, Design::whole(0, 0, 100 * MILLISECOND));
    close(found.latency.unwrap().mean, 0.335 + ANSWER, 1e-12);
    let seconds = found.simulated.seconds();
    close(seconds, 0.5 + ANSWER, 1e-12);
    // A starting server draws its idle power, too, and counts.
    close(found.mean_servers.unwrap() * seconds, 0.1 + 0.2 + 0.9 + 2.0 * ANSWER, 1e-9);
    close(found.cloud_energy.idle, 10.0 * found.mean_servers.unwrap() * seconds, 1e-9);
    // One, two and three serve: for 0.15, 0.1 and 0.25 s, the third with nothing to do from 0.45 s on.
    let running = 0.15 + 0.2 + 0.75 + 2.0 * ANSWER;
    close(found.cloud.utilisation.unwrap(), 1.0 / running, 1e-9);
    close(found.cloud_energy.busy, 5.0 * 1.0, 1e-9);
    close(found.cloud_energy.operations, 10.0 * 1e-3, 1e-12);
}
