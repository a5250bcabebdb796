//! `bench inference`: how fast this machine runs networks, and how near to its limit.
//!
//! Every time is the shortest of several: others on the machine can only make it longer. What is not said to use threads
//! uses one.

mod density;
mod layers;
mod resnet50;
mod throughput;

use crate::Failure;
use crate::arguments::BenchInference;
use crate::run::print_json;
use cospike_models::import::reference::Reference;
use cospike_sim_core::bench_support::{Arithmetic, register_loop};
use serde_json::json;
use std::time::{Duration, Instant};

/// The network that SpikingJelly ran (its spikes are tests elsewhere): its weights give the firing rates that make the
/// measurement mean something.
const REFERENCE: &[u8] = include_bytes!("../../sim-core/tests/data/ref_spiking_hard.npz");

/// Float operations per second of one core, from loops on registers alone.
#[derive(Clone, Copy)]
struct Peak {
    add: f64,
    multiply_add: f64,
}

impl Peak {
    fn measure() -> Self {
        const ROUNDS: u64 = 100_000;
        let rate = |arithmetic| {
            let operations = register_loop(arithmetic, ROUNDS);
            operations as f64
                / shortest(50, || {
                    register_loop(arithmetic, ROUNDS);
                })
        };
        Self { add: rate(Arithmetic::Add), multiply_add: rate(Arithmetic::MultiplyAdd) }
    }
}

/// Seconds of the fastest of `times` runs of `work`.
fn shortest(times: usize, mut work: impl FnMut()) -> f64 {
    let runs = (0..times).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    runs.min().unwrap_or(Duration::ZERO).as_secs_f64()
}

/// Measures, and prints.
pub(crate) fn inference(arguments: &BenchInference) -> Result<(), Failure> {
    let reference = Reference::from_bytes(REFERENCE.to_vec())?;
    let peak = Peak::measure();
    let throughput = throughput::Measured::measure(&reference)?;
    let layers = layers::Measured::measure(&reference)?;
    let density = if arguments.density { Some(density::Sweep::measure()?) } else { None };
    let resnet50 = if arguments.resnet50 { Some(resnet50::Measured::measure()?) } else { None };
    if let (Some(path), Some(sweep)) = (&arguments.svg, &density) {
        std::fs::write(path, sweep.svg()?)?;
    }
    if arguments.json {
        print_json(&json!({
            "peak": { "adds_per_second": peak.add, "multiply_adds_per_second": peak.multiply_add },
            "reference": throughput.json(peak),
            "layers": layers.json(peak),
            "density": density.map(|sweep| sweep.json()),
            "resnet50": resnet50.map(|measured| measured.json()),
        }));
        return Ok(());
    }
    println!(
        "peak of one core, on registers: {:.1} G float additions/s, {:.1} G multiply-adds/s\n",
        peak.add / 1e9,
        peak.multiply_add / 1e9
    );
    throughput.print(peak);
    println!();
    layers.print(peak);
    if let Some(sweep) = density {
        println!();
        sweep.print();
    }
    if let Some(measured) = resnet50 {
        println!();
        measured.print();
    }
    Ok(())
}
