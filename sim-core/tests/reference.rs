//! Against what others computed: SpikingJelly 2.0's spikes and class scores, and the synaptic operations on which
//! SpikingJelly, NeuroBench and sinabs agree.

#[path = "common/reference.rs"]
mod reference;

use cospike_sim_core::inference::{Executable, Feature, LayerCounts, argmax};
use cospike_sim_core::network::{Operation, Weights};
use reference::STEPS;

/// Images of the reference.
const IMAGES: usize = 16;

/// Bits in numpy's `packbits` order of a `[T, image, channel, row, column]` array.
struct RecordedSpikes {
    bits: Vec<u8>,
    shape: Vec<usize>,
}

impl RecordedSpikes {
    fn get(&self, step: usize, image: usize, channel: usize, position: usize) -> bool {
        let (channels, area) = (self.shape[2], self.shape[3] * self.shape[4]);
        let i = ((step * self.shape[1] + image) * channels + channel) * area + position;
        self.bits[i / 8] >> (7 - i % 8) & 1 == 1
    }
}

fn executable() -> Executable {
    Executable::new(&reference::network(), &reference::weights(&mut reference::open())).unwrap()
}

/// A threshold off by 1e-6 would flip 1,717 of these 6.4 million bits, so equality here checks every sum.
#[test]
fn no_spike_differs_from_spikingjelly() {
    let mut archive = reference::open();
    let (executable, images) = (executable(), reference::images(&mut archive));
    let names: Vec<String> = reference::array_names(&archive);
    let recorded: Vec<&str> = names.iter().filter_map(|n| n.strip_prefix("spike_bits/")).collect();
    assert_eq!(recorded.len(), 13);
    let mut compared = 0;
    for torch in recorded {
        let name = reference::ours(torch);
        let layer = executable.network().layers.iter().position(|l| l.name == name).unwrap();
        let shape = executable.network().layers[layer].output;
        let (_, recorded_shape) = reference::array::<i64>(&mut archive, &format!("spike_shape/{torch}"));
        let (_, bits) = reference::array::<u8>(&mut archive, &format!("spike_bits/{torch}"));
        let recorded = RecordedSpikes { bits, shape: recorded_shape.iter().map(|&n| n as usize).collect() };
        assert_eq!(recorded.shape, [STEPS, IMAGES, shape.channels, shape.height, shape.width]);
        for (image, input) in images.iter().enumerate() {
            let Feature::Spikes(train) = executable.run(1..layer + 1, input, STEPS).unwrap().output else {
                panic!("{name} emits spikes")
            };
            for t in 0..STEPS {
                for (channel, position) in (0..shape.channels).flat_map(|c| (0..shape.area()).map(move |p| (c, p))) {
                    let (ours, theirs) = (train.get(t, position, channel), recorded.get(t, image, channel, position));
                    assert_eq!(ours, theirs, "{name} image {image} step {t} channel {channel} position {position}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 6_422_528);
}

#[test]
fn scores_agree_with_spikingjelly_at_every_step() {
    let mut archive = reference::open();
    let executable = executable();
    let (shape, logits) = reference::array::<f32>(&mut archive, "logits_f32_TNC");
    let (_, means) = reference::array::<f32>(&mut archive, "logits_mean_f32");
    assert_eq!(shape, [STEPS, IMAGES, 10]);
    for (image, input) in reference::images(&mut archive).iter().enumerate() {
        let run = executable.run(1..executable.network().layers.len(), input, STEPS).unwrap();
        let Feature::Real(scores) = run.output else { panic!("scores are real") };
        for (t, c) in (0..STEPS).flat_map(|t| (0..10).map(move |c| (t, c))) {
            let theirs = logits[(t * IMAGES + image) * 10 + c];
            assert!((scores.step(t)[c] - theirs).abs() < 1e-5, "image {image} step {t} class {c}");
        }
        let means = &means[image * 10..(image + 1) * 10];
        let answer = (0..10).max_by(|&a, &b| means[a].total_cmp(&means[b])).unwrap();
        assert_eq!(argmax(&scores.means()), answer);
    }
}

/// `[image][layer]` counts of the whole network.
fn counts(images: &[Feature]) -> (Executable, Vec<Vec<LayerCounts>>) {
    let executable = executable();
    let layers = executable.network().layers.len();
    let runs = images.iter().map(|input| executable.run(1..layers, input, STEPS).unwrap().layers).collect();
    (executable, runs)
}

/// `counts_spiking_hard.json`: sums over the first four images. Its MACs are those of T identical passes over the
/// constant input, over the zeros of the padding too; here the first layer is computed, and counted, once.
#[test]
fn synaptic_operations_of_every_layer_are_the_published_integers() {
    let images = reference::images(&mut reference::open());
    let (executable, runs) = counts(&images[..4]);
    let published: serde_json::Value = serde_json::from_str(include_str!("data/counts_spiking_hard.json")).unwrap();
    let layers = published["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 16);
    for published in layers {
        let name = reference::ours(published["layer"].as_str().unwrap());
        let index = executable.network().layers.iter().position(|l| l.name == name).unwrap();
        let ours: Vec<_> = runs.iter().map(|run| &run[index - 1]).inspect(|c| assert_eq!(c.layer, index)).collect();
        let integer = |key: &str| published[key].as_u64().unwrap();
        assert_eq!(ours.iter().map(|c| c.counts.ac).sum::<u64>(), integer("sj_SynOp"), "{name}");
        let repeated = if name == "stem.conv" { STEPS as u64 } else { 1 };
        assert_eq!(ours.iter().map(|c| c.with_borders.mac).sum::<u64>() * repeated, integer("sj_MAC"), "{name}");
        if published["binary"].as_bool().unwrap() {
            assert_eq!(ours.iter().map(|c| c.input_events).sum::<u64>(), integer("nnz"), "{name}");
        }
    }
}

/// The 3,674,368 accumulates per image that NeuroBench 2.3, SpikingJelly 2.0 and sinabs 3.1 all give for this
/// network's binary convolutions are the mean over the first two images, on which those three were run.
#[test]
fn the_first_two_images_give_the_count_that_three_tools_agree_on() {
    let images = reference::images(&mut reference::open());
    let (executable, runs) = counts(&images[..2]);
    let is_conv = |c: &&LayerCounts| matches!(executable.network().layers[c.layer].operation, Operation::Conv2d(_));
    let ac: u64 = runs.iter().flatten().filter(is_conv).map(|c| c.counts.ac).sum();
    assert_eq!(ac, 2 * 3_674_368);
}

/// The recorded weights were folded in float32: a weight is one product, a bias the difference of two values around 1.
#[test]
fn batch_normalisation_folds_to_the_recorded_weights() {
    let (network, mut archive) = (reference::network(), reference::open());
    let ours = reference::weights(&mut archive);
    let theirs = Weights::from_store(&network, &reference::store(&mut archive, true)).unwrap();
    let mut compared = 0;
    for layer in 0..network.layers.len() {
        let (Some(ours), Some(theirs)) = (ours.layer(layer), theirs.layer(layer)) else { continue };
        for (a, b) in ours.weight.data.iter().zip(&theirs.weight.data) {
            assert!((a - b).abs() <= 1e-6 * b.abs(), "weight {a} instead of {b}");
        }
        for (a, b) in ours.bias.iter().zip(&theirs.bias) {
            assert!((a - b).abs() <= 1e-6, "bias {a} instead of {b}");
        }
        compared += ours.weight.data.len() + ours.bias.len();
    }
    assert_eq!(compared, ours.parameters());
}
