//! Time and memory of a large network: the spiking ResNet-50 on 224x224 pixels.

use crate::error::BenchError;
use cospike_sim_core::inference::{Executable, Feature, LayerCounts, Real};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::network::{Network, NetworkName, Neuron, Signal, Tensor, Weights};
use rand::RngExt;
use serde::Serialize;
use std::time::Instant;

/// Name of the network in the catalogue.
const NAME: &str = "resnet50";
/// Time steps.
const STEPS: usize = 4;
/// Seed of weights and pixels.
const SEED: u64 = 1;
/// Weights are uniform within plus and minus this gain divided by the root of the number of weights per output: wide
/// enough that no layer falls silent.
const GAIN: f64 = 1.2;
/// Repetitions of the image.
const REPEATS: usize = 3;

/// Time and memory that one image takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LargeNetwork {
    /// Name of the network in the catalogue.
    pub network: &'static str,
    /// Time steps.
    pub time_steps: usize,
    /// Seed of weights and pixels.
    pub seed: u64,
    /// Shortest time of an image.
    pub seconds_per_image: f64,
    /// Accumulates of an image, all steps.
    pub synaptic_operations: u64,
    /// Spikes per neuron and step.
    pub density: f64,
    /// Bytes of the weights as float32.
    pub weight_bytes: usize,
    /// Largest number of bytes of features that are held at once.
    pub most_feature_bytes: usize,
    /// Largest resident memory of this process since its start, in bytes; none where the system does not tell.
    pub most_resident_bytes: Option<u64>,
}

impl LargeNetwork {
    /// Builds the network with random weights and measures it on a random image.
    pub(crate) fn measure() -> Result<Self, BenchError> {
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
        let sum = |count: fn(&LayerCounts) -> u64| layers.iter().map(count).sum::<u64>();
        let updates = sum(|layer| layer.counts.neuron_updates);
        let fired = layers.iter().filter(|layer| layer.counts.neuron_updates > 0).map(|layer| layer.output_events);
        Ok(Self {
            network: NAME,
            time_steps: STEPS,
            seed: SEED,
            seconds_per_image: seconds,
            synaptic_operations: sum(|layer| layer.counts.ac),
            density: fired.sum::<u64>() as f64 / updates as f64,
            weight_bytes: 4 * parameters,
            most_feature_bytes: most_feature_bytes(&executable),
            most_resident_bytes: most_resident_bytes(),
        })
    }
}

fn random_weights(network: &Network) -> Result<Weights, BenchError> {
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

/// Upper bound of the bytes of features held at once: a feature is held from when it is computed until its last reader has
/// been computed. Currents that go straight into membranes count too, though they are never held whole.
fn most_feature_bytes(executable: &Executable) -> usize {
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

/// Largest resident memory of this process since its start, as Linux counts it.
fn most_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(1024 * line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?)
}
