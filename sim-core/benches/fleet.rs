//! How long a run takes, and what it holds in memory, from a thousand devices to a million.
//!
//! `cargo bench -p cospike-sim-core --bench fleet`; `-- --quick` leaves the million out. The split network is trivial (one
//! packet, constant counts), so that what is measured is the event loop.

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{CoInference, Guess, Head, HeadStep, Outcome, Received, System, TailStep, run};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{Channel, Link, Radio, RadioPower, Sharing, Standby};
use cospike_sim_core::split::SplitError;
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, Workload};
use std::time::Instant;

const REQUESTS_PER_DEVICE: u64 = 4;
const PROCESSOR: Processor =
    Processor { ac_per_second: 1e9, mac_per_second: 1e9, neuron_updates_per_second: 1e9, overhead_seconds: 1e-5 };

struct Trivial {
    steps: [HeadStep; 1],
    tail: TailStep,
}

impl CoInference for Trivial {
    fn head(&self, _: u8, _: u32) -> Head<'_> {
        Head { steps: &self.steps, packets: &[256] }
    }

    fn tail(&mut self, _: u8, _: u32, _: &Received<'_>) -> Result<TailStep, SplitError> {
        Ok(self.tail)
    }
}

fn trivial() -> Trivial {
    let counts = |ac| Counts { ac, ..Counts::default() };
    let energy = ComputeEnergy { ac: 1e-6, ..ComputeEnergy::default() };
    Trivial {
        steps: [HeadStep { counts: counts(5_000_000), energy, packets: 1, guess: None }],
        tail: TailStep { counts: counts(100_000), energy, guess: Guess { answer: 0, entropy: 0.0 } },
    }
}

/// Every device asks once a minute on average; 1,000 devices share a cloud server.
fn system(devices: u32) -> System {
    let power = RadioPower { up_watts_per_mbps: 0.28, down_watts_per_mbps: 0.14, active_watts: 0.13 };
    System {
        devices,
        edge: EdgeDevice::plain(PROCESSOR, 1e-3),
        link: Link { propagation_seconds: 0.02, ..Link::plain(1e6, 1e7, power) },
        cloud: Cloud::plain((devices / 1_000).max(1), PROCESSOR, 8),
        workload: Workload {
            arrivals: ArrivalProcess::Poisson { requests_per_second: 1.0 / 60.0 },
            samples: SampleOrder::FleetDeck,
            requests: u64::from(devices) * REQUESTS_PER_DEVICE,
            horizon_seconds: None,
            warmup: 0,
            deadlines_seconds: vec![],
        },
        starvation_seconds: None,
    }
}

/// The same with an event pending per device, a radio with promotion and tail, a shared cell, and losses.
fn busy_system(devices: u32) -> System {
    let mut system = system(devices);
    system.workload.arrivals = ArrivalProcess::Periodic { period_seconds: 60.0, jitter_seconds: 5.0 };
    system.workload.samples = SampleOrder::DeviceDeck;
    system.workload.deadlines_seconds = vec![0.5];
    system.link.channel = Channel::losing(0.01);
    system.link.sharing = Sharing::SharedCell { weights: vec![] };
    system.link.uplink = cospike_sim_core::link::Rate::Constant { bits_per_second: 1e3 * f64::from(devices) };
    system.link.radio = Radio {
        promotion_seconds: 0.26,
        promotion_watts: 1.2,
        tail_seconds: 11.5,
        tail_watts: 1.0,
        standby: Standby::Listening { watts: 0.02 },
        ..system.link.radio
    };
    system.edge.battery_joules = Some(1e4);
    system
}

/// Most memory that this process has held, in MB, where the system tells.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

fn measure(name: &str, system: &System) {
    let labels = vec![0; 10_000];
    let start = Instant::now();
    let outcome: Outcome = run(system, &mut trivial(), &labels, &Streams::new(1, 0)).expect("the system is possible");
    let seconds = start.elapsed().as_secs_f64();
    let peak = peak_megabytes().map_or_else(|| "?".into(), |megabytes| format!("{megabytes:.0}"));
    println!(
        "{name:>6} {:>9} devices {:>9} requests {:>10} events {seconds:>8.2} s {:>6.2} M events/s {peak:>6} MB peak",
        system.devices,
        outcome.requests.generated,
        outcome.trajectory.events,
        outcome.trajectory.events as f64 / seconds * 1e-6,
    );
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let sizes = [1_000, 10_000, 100_000, 1_000_000];
    for devices in sizes.into_iter().filter(|&devices| !quick || devices < 1_000_000) {
        measure("plain", &system(devices));
        measure("busy", &busy_system(devices));
    }
}
