//! Time per image on one thread: `cargo bench -p cospike-sim-core`. The throughput is that of accumulates and
//! multiply-accumulates.

#[path = "../tests/common/random.rs"]
mod random;
#[path = "../tests/common/reference.rs"]
mod reference;

use cospike_sim_core::inference::{Executable, Feature, Real};
use cospike_sim_core::network::{Activation, Network, Neuron, Nonlinearity, ResNet, Weights};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use reference::STEPS;

/// Benchmarks `network` on `images` in turn; the synaptic operations are the mean's.
fn images(c: &mut Criterion, name: &str, network: &Network, weights: &Weights, images: &[Feature]) {
    let executable = Executable::new(network, weights).unwrap();
    let layers = 1..network.layers.len();
    let run = |image| executable.run(layers.clone(), image, STEPS).unwrap();
    let layer_counts: Vec<_> = images.iter().flat_map(|image| run(image).layers).collect();
    let operations: u64 = layer_counts.iter().map(|l| l.counts.ac + l.counts.mac).sum();
    let updates: u64 = layer_counts.iter().map(|l| l.counts.neuron_updates).sum();
    let spikes: u64 = layer_counts.iter().map(|l| l.output_events).sum();
    if updates > 0 {
        println!("{name}: {:.1} % of neurons fire in a step", 100.0 * spikes as f64 / updates as f64);
    }
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(operations / images.len() as u64));
    let mut next = images.iter().cycle();
    group.bench_function("image", |b| b.iter(|| next.next().map(run)));
    group.finish();
}

fn random_image(network: &Network) -> Feature {
    let data = random::pixels(network, 1).iter().map(|&p| f32::from(p) / 255.0).collect();
    Feature::Real(Real { shape: network.input(), steps: 1, data })
}

fn inference(c: &mut Criterion) {
    let mut archive = reference::open();
    let weights = reference::weights(&mut archive);
    images(c, "reference", &reference::network(), &weights, &reference::images(&mut archive));

    let spiking = ResNet::ZOO.build(Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE));
    let weights = random::weights(&spiking, 1, GAIN, BIAS);
    images(c, "zoo, spiking", &spiking, &weights, &[random_image(&spiking)]);

    let float = ResNet::ZOO.build(Nonlinearity::Float(Activation::Relu));
    let weights = random::weights(&float, 1, 2.0, 0.0);
    images(c, "zoo, float", &float, &weights, &[random_image(&float)]);
}

/// Weights and biases for which about one neuron in ten fires in a step.
const GAIN: f64 = 2.0;
const BIAS: f64 = -0.15;

criterion_group!(benches, inference);
criterion_main!(benches);
