//! The engine against queues whose mean wait is known in closed form (Kleinrock, Queueing Systems I, 1975).
//!
//! Each case runs 20 replications. Its 95 % interval must hold the truth, be narrow, and exclude the truth of a
//! queue that differs only in the service distribution or in who shares it.

mod common;

use common::{KnownAnswers, accumulates, system};
use cospike_sim_core::cosim::{CoInference, Guess, Head, HeadStep, Phases, Received, System, TailStep, run};
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::Sharing;
use cospike_sim_core::split::SplitError;
use cospike_sim_core::stats::{Interval, mean_interval};
use cospike_sim_core::workload::ArrivalProcess;
use rand::RngExt;
use rand_distr::Exp1;

const SEED: u64 = 20;
const REPLICATIONS: u64 = 20;
/// Mean service: 1 s, at one accumulate per nanosecond.
const SERVICE: u64 = 1_000_000_000;

/// One service time per request: constant, or exponential and drawn anew in every replication.
fn services(exponential: bool, requests: usize, streams: &Streams) -> Vec<Counts> {
    let mut draws = streams.stream("test-service", 0);
    let exponential_count = || accumulates((draws.sample::<f64, _>(Exp1) * SERVICE as f64).round() as u64);
    if exponential {
        std::iter::repeat_with(exponential_count).take(requests).collect()
    } else {
        vec![accumulates(SERVICE); requests]
    }
}

/// Mean over replications of the mean of `part`; `computation` has one sample per request.
fn mean_wait(
    system: &System,
    part: fn(&Phases) -> f64,
    computation: impl Fn(usize, &Streams) -> KnownAnswers,
) -> Interval {
    let waits: Vec<f64> = (0..REPLICATIONS)
        .map(|replication| {
            let streams = Streams::new(SEED, replication);
            let requests = system.workload.requests as usize;
            let mut computation = computation(requests, &streams);
            let labels = vec![0; requests];
            part(&run(system, &mut computation, &labels, &streams).unwrap().latency.unwrap().phases)
        })
        .collect();
    mean_interval(&waits).unwrap()
}

fn assert_tells_apart(found: Interval, truth: f64, other: f64) {
    assert!(found.contains(truth), "{found:?} misses {truth}");
    assert!(found.half_width() < 0.03 * truth, "{found:?} is too wide to say anything");
    assert!(!found.contains(other), "{found:?} cannot tell {truth} from {other}");
}

/// A system whose queue in question is loaded to `rho` by `requests_per_second`. A queue forgets in a time that grows
/// with `1 / (1 - rho)^2`, so warm-up and run grow with it.
fn loaded(requests_per_second: f64, rho: f64) -> System {
    let memory = (1.0 - rho).powi(-2);
    let warmup = (200.0 * memory) as u64;
    let mut system = system(requests_per_second, warmup + 10_000 + (2_000.0 * memory) as u64);
    system.workload.warmup = warmup;
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

/// The same network, answering at the edge.
fn answered_at_edge(mut network: KnownAnswers) -> KnownAnswers {
    for (head, &answer) in network.heads.iter_mut().zip(&network.classes) {
        head[0].guess = Some(Guess { answer, entropy: 0.0 });
    }
    network
}

fn edge_waits(rho: f64, exponential: bool) -> Interval {
    mean_wait(
        &loaded(rho, rho),
        |phases| phases.edge_wait,
        |requests, streams| {
            let network = KnownAnswers::uniform(requests, Counts::default(), &[], Counts::default());
            answered_at_edge(network.with_heads(services(exponential, requests, streams)))
        },
    )
}

#[test]
fn the_edge_is_an_m_m_1_queue_for_exponential_heads() {
    for rho in [0.5, 0.8] {
        assert_tells_apart(edge_waits(rho, true), exponential_wait(rho), constant_wait(rho));
    }
}

#[test]
fn the_edge_is_an_m_d_1_queue_for_constant_heads() {
    for rho in [0.5, 0.8] {
        assert_tells_apart(edge_waits(rho, false), constant_wait(rho), exponential_wait(rho));
    }
}

/// Cloud-only requests come to the cloud as they were made. M/M/2: `W = rho^2 / (mu (1 - rho^2))` with
/// `rho = lambda / 2 mu`; two servers with a queue each would be two M/M/1.
#[test]
fn two_servers_of_the_cloud_are_an_m_m_2_queue() {
    let rho: f64 = 0.8;
    let mut system = loaded(2.0 * rho, rho);
    system.cloud.servers = 2;
    let found = mean_wait(
        &system,
        |phases| phases.cloud_wait,
        |requests, streams| KnownAnswers {
            tails: services(true, requests, streams),
            ..KnownAnswers::uniform(requests, Counts::default(), &[0], Counts::default())
        },
    );
    assert_tells_apart(found, rho * rho / (1.0 - rho * rho), exponential_wait(rho));
}

/// Five devices that send at once what they are asked. 125,000 bytes at 1 Mbit/s take 1 s.
fn at_the_uplink(sharing: Sharing, rho: f64) -> Interval {
    let mut system = loaded(0.16, rho);
    system.devices = 5;
    system.link.sharing = sharing.clone();
    mean_wait(
        &system,
        |phases| phases.uplink_wait,
        |requests, _| KnownAnswers::uniform(requests, Counts::default(), &[100_000, 25_000], Counts::default()),
    )
}

#[test]
fn a_cell_is_one_m_d_1_queue_and_dedicated_uplinks_are_five() {
    let (five, one) = (0.16, 0.8);
    assert_tells_apart(at_the_uplink(Sharing::Dedicated, five), constant_wait(five), constant_wait(one));
    assert_tells_apart(at_the_uplink(Sharing::Cell, one), constant_wait(one), constant_wait(five));
}

/// Every sample sends one packet of its own size and is answered by the cloud in no time.
struct Sizes(Vec<[u32; 1]>);

impl CoInference for Sizes {
    fn head(&self, _: u8, sample: u32) -> Head<'_> {
        const STEP: HeadStep = HeadStep {
            counts: Counts::NONE,
            energy: ComputeEnergy { ac: 0.0, mac: 0.0, neuron: 0.0, memory: 0.0, other: 0.0 },
            packets: 1,
            guess: None,
        };
        Head { steps: &[STEP], packets: &self.0[sample as usize] }
    }

    fn tail(&mut self, _: u8, _: u32, _: &Received<'_>) -> Result<TailStep, SplitError> {
        let guess = Guess { answer: 0, entropy: 0.0 };
        Ok(TailStep { counts: Counts::NONE, energy: ComputeEnergy::default(), guess })
    }
}

/// Mean time in the shared cell at load 0.7 with messages of 1 s on average when alone.
fn in_the_shared_cell(exponential: bool) -> Interval {
    let rho = 0.7;
    let mut system = loaded(rho / 2_000.0, rho);
    // So many devices that hardly any has two messages at once; those of one device follow one another.
    system.devices = 2_000;
    system.link.sharing = Sharing::SharedCell { weights: vec![] };
    let requests = system.workload.requests as usize;
    let times: Vec<f64> = (0..REPLICATIONS)
        .map(|replication| {
            let streams = Streams::new(SEED, replication);
            let bytes =
                services(exponential, requests, &streams).into_iter().map(|counts| [(counts.ac / 8_000) as u32]);
            let mut network = Sizes(bytes.collect());
            let phases = run(&system, &mut network, &vec![0; requests], &streams).unwrap().latency.unwrap().phases;
            phases.uplink
        })
        .collect();
    mean_interval(&times).unwrap()
}

/// M/G/1-PS: the mean time is `1 / (mu (1 - rho))` whatever the sizes are (Kleinrock, Queueing Systems II, 1976, section 4.4);
/// first come, first served, it would be that of M/D/1 for constant sizes.
#[test]
fn a_shared_cell_is_an_m_g_1_ps_queue() {
    let (truth, first_come) = (1.0 / 0.3, 1.0 + constant_wait(0.7));
    for exponential in [false, true] {
        assert_tells_apart(in_the_shared_cell(exponential), truth, first_come);
    }
}

/// Five devices that think for 2 s on average and share one server of 1 s on average: the machine repairman model M/M/1//5,
/// idle with probability `1 / sum_k 5! / (5 - k)! (1/2)^k`, `k = 0..5`. An open queue at its throughput would be idle as
/// often, but half the fleet waits longer: `L = 5 - throughput * 2`.
#[test]
fn a_closed_loop_is_the_machine_repairman_model() {
    let mut system = loaded(1.0, 0.8);
    system.devices = 5;
    system.workload.arrivals = ArrivalProcess::ClosedLoop { mean_think_seconds: 2.0 };
    let found = mean_wait(
        &system,
        |phases| phases.cloud_wait + phases.cloud_service,
        |requests, streams| KnownAnswers {
            tails: services(true, requests, streams),
            ..KnownAnswers::uniform(requests, Counts::default(), &[0], Counts::default())
        },
    );
    let term = |k: u32| (0..k).map(|i| f64::from(5 - i)).product::<f64>() * 0.5_f64.powi(k as i32);
    let throughput = 1.0 - 1.0 / (0..=5).map(term).sum::<f64>();
    // The answer takes 32 us more, which the device does not think meanwhile.
    let time = 5.0 / throughput - 2.0;
    assert_tells_apart(found, time, 1.0 + exponential_wait(throughput));
}
