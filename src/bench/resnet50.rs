//! The spiking ResNet-50 on 224x224 pixels: time and memory of a large network.

use crate::Failure;
use cospike_sim_core::inference::{Executable, Feature, Real};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::network::{Network, NetworkName, Neuron, Signal, Tensor, Weights};
use rand::RngExt;
use serde_json::{Value, json};
use std::time::Instant;

const NAME: &str = "resnet50";
const STEPS: usize = 4;
const SEED: u64 = 1;
/// Weights are uniform within this over the root of their number per output: wide enough that no layer falls silent.
const GAIN: f64 = 1.2;
/// Timed images.
const REPEATS: usize = 3;

/// What one image takes.
pub(super) struct Measured {
    seconds: f64,
    accumulates: u64,
    /// Spikes per neuron and step.
    density: f64,
    /// Bytes of weights, as they are given.
    weights: usize,
    /// The most bytes of features that are held at once.
    features: usize,
    /// The most bytes that the process held, if the system says.
    resident: Option<u64>,
}

impl Measured {
    pub(super) fn measure() -> Result<Self, Failure> {
        let name: NetworkName = NAME.parse()?;
        let network = name.spiking(Neuron::INTEGRATE_AND_FIRE);
        let weights = random_weights(&network)?;
        let executable = Executable::new(&network, &weights)?;
        let parameters = weights.parameters();
        drop(weights);
        let mut draws = Streams::new(SEED, 0).stream("pixels", 0);
        let data = (0..network.input().len()).map(|_| draws.random_range(0.0..1.0)).collect();
        let image = Feature::Real(Real { shape: network.input(), steps: 1, data });
        let all = 1..network.layers.len();
        let mut seconds = f64::INFINITY;
        let mut layers = vec![];
        for _ in 0..REPEATS {
            let start = Instant::now();
            layers = executable.run(all.clone(), &image, STEPS)?.layers;
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        let sum = |of: fn(&cospike_sim_core::inference::LayerCounts) -> u64| layers.iter().map(of).sum::<u64>();
        let updates = sum(|layer| layer.counts.neuron_updates);
        let fired = layers.iter().filter(|layer| layer.counts.neuron_updates > 0).map(|layer| layer.output_events);
        Ok(Self {
            seconds,
            accumulates: sum(|layer| layer.counts.ac),
            density: fired.sum::<u64>() as f64 / updates as f64,
            weights: 4 * parameters,
            features: most_features(&executable),
            resident: resident(),
        })
    }

    pub(super) fn print(&self) {
        println!(
            "{NAME}, 224x224, T = {STEPS}, random weights (seed {SEED}): {:.2} s per image, {:.2} G synaptic operations, {:.2} \
             G/s; {:.1} % of neurons fire in a step",
            self.seconds,
            self.accumulates as f64 / 1e9,
            self.accumulates as f64 / self.seconds / 1e9,
            100.0 * self.density
        );
        let resident =
            self.resident.map(|bytes| format!("; most memory held by this process: {} MB", bytes / 1_000_000));
        println!(
            "weights {} MB, features at most {} MB at once{}",
            self.weights / 1_000_000,
            self.features / 1_000_000,
            resident.unwrap_or_default()
        );
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "network": NAME,
            "time_steps": STEPS,
            "seed": SEED,
            "seconds_per_image": self.seconds,
            "synaptic_operations": self.accumulates,
            "density": self.density,
            "weight_bytes": self.weights,
            "most_feature_bytes": self.features,
            "most_resident_bytes": self.resident,
        })
    }
}

fn random_weights(network: &Network) -> Result<Weights, Failure> {
    let streams = Streams::new(SEED, 0);
    let tensor = |(i, (name, shape)): (usize, (String, Vec<usize>))| {
        let mut draws = streams.stream("weights", i as u64);
        let len: usize = shape.iter().product();
        let half = (GAIN / ((len / shape[0]) as f64).sqrt()) as f32;
        // Biases are zero.
        let data = (0..len).map(|_| if shape.len() > 1 { draws.random_range(-half..half) } else { 0.0 }).collect();
        (name, Tensor { shape, data })
    };
    let store = Weights::shapes(network).into_iter().enumerate().map(tensor).collect();
    Ok(Weights::from_store(network, &store)?)
}

/// The bound: a feature is held from when it is computed until its last reader has run. Currents that go into membranes
/// at once count too, though they are never held whole.
fn most_features(executable: &Executable) -> usize {
    let layers = &executable.network().layers;
    let bytes = |i: usize| {
        let (shape, steps) = (layers[i].output, executable.steps_after(i, STEPS));
        match executable.signal(i) {
            Signal::Real => 4 * shape.len() * steps,
            Signal::Spikes { max } => 8 * shape.channels.div_ceil(64) * shape.area() * steps * max as usize,
        }
    };
    let last_reader =
        |i: usize| (i..layers.len()).rev().find(|&reader| layers[reader].inputs.contains(&i)).unwrap_or(i);
    let held = |now: usize| (0..=now).filter(|&i| last_reader(i) >= now).map(bytes).sum();
    (0..layers.len()).map(held).max().unwrap_or(0)
}

/// The most resident memory of this process, as Linux counts it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024 * line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?)
}
