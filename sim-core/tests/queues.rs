//! The engine against queues whose mean wait is known in closed form (Kleinrock, Queueing Systems I, 1975).
//!
//! Each case runs 20 replications of 100,000 requests after a warm-up. Its 95 % interval must hold the truth, be
//! narrow, and exclude the truth of the queue that differs only in the service distribution.

mod common;

use common::{KnownAnswers, accumulates, system};
use cospike_sim_core::cosim::{Parts, System, run};
use cospike_sim_core::inference::Counts;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::Sharing;
use cospike_sim_core::stats::{Interval, mean_interval};
use rand::RngExt;
use rand_distr::Exp1;

const SEED: u64 = 20;
const REPLICATIONS: u64 = 20;
const WARMUP: u64 = 5_000;
const REQUESTS: u64 = 100_000 + WARMUP;
/// Mean service: 1 s, at one accumulate per nanosecond.
const SERVICE: u64 = 1_000_000_000;

/// One service time per request: constant, or exponential and drawn anew in every replication.
fn services(exponential: bool, streams: &Streams) -> Vec<Counts> {
    let mut draws = streams.stream("test-service", 0);
    let exponential_count = || accumulates((draws.sample::<f64, _>(Exp1) * SERVICE as f64).round() as u64);
    if exponential {
        std::iter::repeat_with(exponential_count).take(REQUESTS as usize).collect()
    } else {
        vec![accumulates(SERVICE); REQUESTS as usize]
    }
}

fn mean_wait(system: &System, part: fn(&Parts) -> f64, computation: impl Fn(&Streams) -> KnownAnswers) -> Interval {
    let waits: Vec<f64> = (0..REPLICATIONS)
        .map(|replication| {
            let streams = Streams::new(SEED, replication);
            let mut computation = computation(&streams);
            let labels = vec![0; REQUESTS as usize];
            part(&run(system, &mut computation, &labels, &streams).unwrap().latency.unwrap().parts)
        })
        .collect();
    mean_interval(&waits).unwrap()
}

fn assert_tells_apart(found: Interval, truth: f64, other: f64) {
    assert!(found.contains(truth), "{found:?} misses {truth}");
    assert!(found.half_width() < 0.03 * truth, "{found:?} is too wide to say anything");
    assert!(!found.contains(other), "{found:?} cannot tell {truth} from {other}");
}

fn loaded(rho: f64) -> System {
    let mut system = system(rho, REQUESTS);
    system.workload.warmup = WARMUP;
    system
}

/// `W = rho / (mu (1 - rho))` for M/M/1.
fn exponential_wait(rho: f64) -> f64 {
    rho / (1.0 - rho)
}

/// `W = rho / (2 mu (1 - rho))` for M/D/1 (Pollaczek-Khinchine).
fn constant_wait(rho: f64) -> f64 {
    exponential_wait(rho) / 2.0
}

fn at_the_edge(rho: f64, exponential: bool) -> Interval {
    mean_wait(
        &loaded(rho),
        |parts| parts.edge_wait,
        |streams| KnownAnswers {
            heads: services(exponential, streams),
            at_edge: true,
            ..KnownAnswers::uniform(REQUESTS as usize, Counts::default(), &[], Counts::default())
        },
    )
}

#[test]
fn the_edge_is_an_m_m_1_queue_for_exponential_heads() {
    for rho in [0.5, 0.8] {
        assert_tells_apart(at_the_edge(rho, true), exponential_wait(rho), constant_wait(rho));
    }
}

#[test]
fn the_edge_is_an_m_d_1_queue_for_constant_heads() {
    for rho in [0.5, 0.8] {
        assert_tells_apart(at_the_edge(rho, false), constant_wait(rho), exponential_wait(rho));
    }
}

/// Cloud-only requests come to the cloud as they were made. M/M/2: `W = rho^2 / (mu (1 - rho^2))` with
/// `rho = lambda / 2 mu`; two servers with a queue each would be two M/M/1.
#[test]
fn two_servers_of_the_cloud_are_an_m_m_2_queue() {
    let rho: f64 = 0.8;
    let mut system = loaded(2.0 * rho);
    system.cloud.servers = 2;
    let found = mean_wait(
        &system,
        |parts| parts.cloud_wait,
        |streams| KnownAnswers {
            tails: services(true, streams),
            ..KnownAnswers::uniform(REQUESTS as usize, Counts::default(), &[0], Counts::default())
        },
    );
    assert_tells_apart(found, rho * rho / (1.0 - rho * rho), exponential_wait(rho));
}

/// Five devices that send at once what they are asked make one M/D/1 queue of a shared uplink, and five of a fifth of the
/// load each if every device has its own.
#[test]
fn a_cell_is_one_m_d_1_queue_and_dedicated_uplinks_are_many() {
    let rho = 0.8;
    let mut system = loaded(rho / 5.0);
    system.devices = 5;
    let message = |_: &Streams| {
        // 125,000 bytes at 1 Mbit/s take 1 s.
        KnownAnswers::uniform(REQUESTS as usize, Counts::default(), &[100_000, 25_000], Counts::default())
    };
    let uplink_wait = |parts: &Parts| parts.uplink_wait;
    let dedicated = mean_wait(&system, uplink_wait, message);
    assert_tells_apart(dedicated, constant_wait(rho / 5.0), exponential_wait(rho / 5.0));
    system.link.sharing = Sharing::Cell;
    assert_tells_apart(mean_wait(&system, uplink_wait, message), constant_wait(rho), exponential_wait(rho));
}
