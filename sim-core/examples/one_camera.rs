//! One camera on a Wi-Fi link, with the network of `quadrants`: latency by phase, energy and accuracy, each beside the value
//! that follows from the rates by hand.
//!
//! `cargo run --release -p cospike-sim-core --example one_camera`

mod quadrants;

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{System, run};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{Link, RadioPower};
use cospike_sim_core::workload::{ArrivalProcess, Workload};
use quadrants::{CLASSES, samples};
use std::error::Error;
use std::num::NonZeroUsize;

fn main() -> Result<(), Box<dyn Error>> {
    let mut network = samples(NonZeroUsize::MAX)?;

    // A slow microcontroller; the power of Wi-Fi is that of Huang et al., MobiSys 2012.
    let edge =
        Processor { ac_per_second: 1e6, mac_per_second: 1e5, neuron_updates_per_second: 1e6, overhead_seconds: 1e-3 };
    let cloud =
        Processor { ac_per_second: 1e9, mac_per_second: 1e9, neuron_updates_per_second: 1e9, overhead_seconds: 1e-4 };
    let wifi = RadioPower { up_watts_per_mbps: 0.283_17, down_watts_per_mbps: 0.137_01, active_watts: 0.132_86 };
    let link = Link { header_bytes: 28, propagation_seconds: 2e-3, ..Link::plain(1e6, 1e6, wifi) };
    let system = System {
        devices: 1,
        edge: EdgeDevice::plain(edge, 0.01),
        link,
        cloud: Cloud::plain(1, cloud, 4),
        workload: Workload::plain(ArrivalProcess::Periodic { period_seconds: 0.1, jitter_seconds: 0.0 }, 1_000),
        starvation_seconds: None,
    };
    let labels: Vec<u32> = (0..CLASSES).collect();
    let outcome = run(&system, &mut network, &labels, &Streams::new(1, 0))?;

    let latency = outcome.latency.as_ref().ok_or("no request was answered")?;
    println!("answered:         {} of {}", outcome.requests.completed, outcome.requests.generated);
    println!(
        "accuracy:         {:.3} (by hand: 1, nothing is lost)",
        outcome.requests.accuracy_over_all().unwrap_or(0.0)
    );
    println!("mean latency:     {:.4} ms", latency.mean * 1e3);
    println!(
        "  head            {:.4} ms (by hand: 64 MAC at 0.1 M/s + 64 neuron updates at 1 M/s + 1 ms = 1.7040)",
        latency.phases.edge_compute * 1e3
    );
    println!("  uplink          {:.4} ms (by hand: 36 bytes at 1 Mbit/s + 2 ms = 2.2880)", latency.phases.uplink * 1e3);
    println!("  tail            {:.4} ms", latency.phases.cloud_service * 1e3);
    println!(
        "  downlink        {:.4} ms (by hand: 32 bytes at 1 Mbit/s + 2 ms = 2.2560)",
        latency.phases.downlink * 1e3
    );
    let per_request = |joules: f64| joules / outcome.requests.completed as f64 * 1e6;
    println!("energy/request:   {:.2} uJ", per_request(outcome.energy.total));
    println!(
        "  sending         {:.2} uJ (by hand: 36 bytes x 8 x 0.28317 uJ + 0.288 ms x 132.86 mW = 119.82)",
        per_request(outcome.energy.power.radio_tx)
    );
    println!("  static          {:.2} uJ", per_request(outcome.energy.power.static_power));
    Ok(())
}
