//! How many cameras one cell carries: fleets of growing size share an uplink, and the mean wait for it is compared with the
//! Pollaczek-Khinchine formula for an M/D/1 queue, `rho / (2 (1 - rho))` times the time of a message.
//!
//! All messages have the same length, and the cameras ask in Poisson processes, so the shared uplink is such a queue as long as
//! the heads before it hardly ever wait. Means carry 95 % intervals over replications.
//!
//! `cargo run --release -p cospike-sim-core --example fleet_on_a_cell`

mod quadrants;

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{System, run};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{Link, RadioPower, Sharing};
use cospike_sim_core::stats::mean_interval;
use cospike_sim_core::workload::{ArrivalProcess, Workload};
use quadrants::{CLASSES, samples};
use std::error::Error;
use std::num::NonZeroUsize;

const REPLICATIONS: u64 = 10;
const REQUESTS_PER_SECOND: f64 = 0.5;
const BITS_PER_SECOND: f64 = 100_000.0;
/// 8 bytes of spikes and 42 of headers.
const MESSAGE_SECONDS: f64 = (8 + HEADER_BYTES) as f64 * 8.0 / BITS_PER_SECOND;
const HEADER_BYTES: u32 = 42;

fn system(devices: u32) -> System {
    let fast =
        Processor { ac_per_second: 1e9, mac_per_second: 1e9, neuron_updates_per_second: 1e9, overhead_seconds: 1e-6 };
    let power = RadioPower { up_watts_per_mbps: 0.438_39, down_watts_per_mbps: 0.051_97, active_watts: 1.288_04 };
    System {
        devices,
        edge: EdgeDevice::plain(fast, 0.1),
        link: Link {
            sharing: Sharing::Cell,
            header_bytes: HEADER_BYTES,
            ..Link::plain(BITS_PER_SECOND, BITS_PER_SECOND, power)
        },
        cloud: Cloud::plain(4, fast, 4),
        workload: Workload {
            warmup: 2_000,
            ..Workload::plain(ArrivalProcess::Poisson { requests_per_second: REQUESTS_PER_SECOND }, 20_000)
        },
        starvation_seconds: None,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let labels: Vec<u32> = (0..CLASSES).collect();
    println!("cameras  load  mean wait for the uplink in ms       M/D/1");
    for devices in [50, 200, 350, 450] {
        let system = system(devices);
        let waits = (0..REPLICATIONS)
            .map(|replication| {
                let mut network = samples(NonZeroUsize::MAX)?;
                let outcome = run(&system, &mut network, &labels, &Streams::new(1, replication))?;
                Ok(outcome.latency.ok_or("no request was answered")?.phases.uplink_wait * 1e3)
            })
            .collect::<Result<Vec<f64>, Box<dyn Error>>>()?;
        let wait = mean_interval(&waits)?;
        let load = f64::from(devices) * REQUESTS_PER_SECOND * MESSAGE_SECONDS;
        let theory = load / (2.0 * (1.0 - load)) * MESSAGE_SECONDS * 1e3;
        println!(
            "{devices:7}  {load:.2}  {:6.3} ({:6.3} to {:6.3})  {theory:13.3}",
            wait.estimate, wait.low, wait.high
        );
    }
    Ok(())
}
