//! Invariants of a network cut in two.

#[path = "common/random.rs"]
mod random;

use cospike_sim_core::energy::{Form, PriceList};
use cospike_sim_core::inference::{Convention, Counts, Executable, Feature, InferenceError, LayerCounts, Real, argmax};
use cospike_sim_core::network::{
    Activation, Bottleneck, BottleneckKind, Network, Neuron, Nonlinearity, Operation, ResNet, Shape, Stage, Stem,
    Weights,
};
use cospike_sim_core::payload::{Codec, Damage, Jpeg};
use cospike_sim_core::split::{HeadOutput, SplitError, SplitNetwork};

const SPIKING: Nonlinearity = Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE);
const FLOAT: Nonlinearity = Nonlinearity::Float(Activation::Relu);
const STEPS: usize = 3;

fn backbone(f: Nonlinearity) -> Network {
    const STAGES: &[Stage] = &[Stage::new(6, 2, 1), Stage::new(12, 2, 2), Stage::new(70, 2, 2)];
    let input = Shape::new(2, 9, 11);
    ResNet { input, classes: 5, stem: Stem::SMALL_IMAGE, stages: STAGES, ..ResNet::ZOO }.build(f)
}

fn weights(network: &Network) -> Weights {
    Weights::from_store(network, &random::store(network, 7, 2.0, 0.125)).unwrap()
}

fn input(network: &Network, pixels: &[u8]) -> Feature {
    let data = pixels.iter().map(|&p| f32::from(p) / 255.0).collect();
    Feature::Real(Real { shape: network.input(), steps: 1, data })
}

/// The backbone, and the backbone with a bottleneck unit at each of its inner split points.
fn networks(f: Nonlinearity) -> Vec<Network> {
    let backbone = backbone(f);
    let unit = Bottleneck { kind: BottleneckKind::default_for(backbone.family()), width: 3, stride: 2 };
    let inner = &backbone.split_points[1..backbone.split_points.len() - 1];
    let mut networks: Vec<_> = inner.iter().map(|s| backbone.with_bottleneck(&s.name, unit).unwrap().0).collect();
    networks.push(backbone);
    networks
}

/// The lossless codec of the cut.
fn lossless(network: &Network, cut: usize) -> Codec {
    match Codec::for_cut(network, cut, 50) {
        Codec::Jpeg { .. } => Codec::Float32,
        codec => codec,
    }
}

/// Every layer after which the network can be cut at all, the named split points among them.
#[test]
fn invariant_6_the_cut_is_invisible() {
    for network in networks(SPIKING).into_iter().chain(networks(FLOAT)) {
        let weights = weights(&network);
        let executable = Executable::new(&network, &weights).unwrap();
        let pixels = random::pixels(&network, 3);
        let layers = network.layers.len();
        let whole = executable.run(1..layers, &input(&network, &pixels), STEPS).unwrap();
        let mut cuts = vec![];
        for cut in 0..layers {
            let codec = lossless(&network, cut);
            let split = match SplitNetwork::new(&network, &weights, cut, codec, STEPS) {
                Ok(split) => split,
                Err(SplitError::Inference(_)) => continue,
                Err(other) => panic!("{other}"),
            };
            let head = split.head(&pixels).unwrap();
            let (scores, tail_layers) = match head.output {
                HeadOutput::Scores(scores) => (scores, vec![]),
                HeadOutput::Payload(payload) => {
                    let tail = split.tail(&payload, &Damage::NONE).unwrap();
                    assert_eq!(tail.answer, argmax(&tail.scores));
                    (tail.scores, tail.layers)
                }
            };
            assert_eq!(scores, executable.scores(&whole), "cut after {}", network.layers[cut].name);
            assert_eq!([head.layers, tail_layers].concat(), whole.layers, "cut after {}", network.layers[cut].name);
            cuts.push(cut);
        }
        assert!(network.split_points.iter().all(|s| cuts.contains(&s.layer)));
        assert!(cuts.len() < layers, "no cut through a residual block");
        let events: u64 = whole.layers.iter().map(|l| l.output_events).sum();
        assert_eq!(events > 0, network.is_spiking());
    }
}

#[test]
fn invariant_10_counts_before_prices() {
    let network = backbone(FLOAT);
    let executable = Executable::new(&network, &weights(&network)).unwrap();
    let sample = input(&network, &random::pixels(&network, 1));
    let layers = 1..network.layers.len();
    let once = executable.run(layers.clone(), &sample, 1).unwrap();
    assert_eq!(executable.run(layers.clone(), &sample, 8).unwrap(), once, "a float network runs once whatever T is");
    let mac = |run: &[_]| run.iter().map(|l: &LayerCounts| l.with_borders.mac).sum::<u64>();
    assert_eq!(mac(&once.layers), network.dense_macs(layers.clone()));

    let network = backbone(SPIKING);
    let executable = Executable::new(&network, &weights(&network)).unwrap();
    for steps in [1, 4] {
        let run = executable.run(layers_of(&network), &sample, steps).unwrap();
        let at = |name: &str| {
            let i = network.layers.iter().position(|l| l.name == name).unwrap();
            (i, run.layers[i - 1].with_borders)
        };
        // The sample is real-valued and constant: multiply-accumulates, once.
        let (stem, counts) = at("stem.conv");
        let (mac, values) = (network.dense_macs(stem..stem + 1), network.layers[stem].output.len() as u64);
        let expected =
            Counts { mac, weight_reads: mac, activation_reads: mac, activation_writes: values, ..Counts::NONE };
        assert_eq!(counts, expected);
        // So is the pooled feature, but it changes over time.
        let (fc, counts) = at("fc");
        let mac = steps as u64 * network.dense_macs(fc..fc + 1);
        let expected = Counts {
            mac,
            weight_reads: mac,
            activation_reads: mac,
            activation_writes: 5 * steps as u64,
            ..Counts::NONE
        };
        assert_eq!(counts, expected);
        for (layer, counts) in run.layers.iter().map(|l| (&network.layers[l.layer], l.counts)) {
            let updates = if let Operation::Neuron(_) = layer.operation { layer.output.len() * steps } else { 0 };
            assert_eq!(counts.neuron_updates, updates as u64, "{}", layer.name);
            assert_eq!(counts.state_accesses, 2 * updates as u64, "{}", layer.name);
            assert!(counts.mac == 0 || ["stem.conv", "fc"].contains(&layer.name.as_str()), "{}", layer.name);
        }
    }
}

fn layers_of(network: &Network) -> std::ops::Range<usize> {
    1..network.layers.len()
}

/// With the JPEG codec, the tail runs on the very feature that training sees through `Jpeg::round_trip`.
#[test]
fn the_tail_of_a_float_bottleneck_runs_on_the_jpeg_round_trip() {
    let unit = Bottleneck { kind: BottleneckKind::Float, width: 3, stride: 2 };
    let (network, cut) = backbone(FLOAT).with_bottleneck("stage1", unit).unwrap();
    let (weights, pixels) = (weights(&network), random::pixels(&network, 5));
    let codec = Codec::for_cut(&network, cut, 40);
    assert_eq!(codec, Codec::Jpeg { quality: 40 });
    let split = SplitNetwork::new(&network, &weights, cut, codec, 1).unwrap();
    let HeadOutput::Payload(payload) = split.head(&pixels).unwrap().output else { panic!("cut before the end") };

    let executable = Executable::new(&network, &weights).unwrap();
    let head = executable.run(1..cut + 1, &input(&network, &pixels), 1).unwrap();
    let Feature::Real(mut feature) = head.output else { panic!("a float network") };
    let shape = feature.shape;
    let planes = |c: usize, p: usize| (c * shape.area() + p, p * shape.channels + c);
    let indices = || (0..shape.channels).flat_map(|c| (0..shape.area()).map(move |p| planes(c, p)));
    let mut chw = vec![0.0; shape.len()];
    indices().for_each(|(plane, interleaved)| chw[plane] = feature.data[interleaved]);
    let received = Jpeg::new(shape, 40).unwrap().round_trip(&chw).unwrap();
    assert_ne!(received, chw, "quality 40 loses something");
    indices().for_each(|(plane, interleaved)| feature.data[interleaved] = received[plane]);
    let tail = executable.run(cut + 1..network.layers.len(), &Feature::Real(feature), 1).unwrap();
    assert_eq!(split.tail(&payload, &Damage::NONE).unwrap().scores, executable.scores(&tail));

    let lost = split.tail(&payload, &Damage::losing(std::slice::from_ref(&(0..1)))).unwrap();
    let silent = Feature::Real(Real::zeros(shape, 1));
    let on_silence = executable.run(cut + 1..network.layers.len(), &silent, 1).unwrap();
    assert_eq!(lost.scores, executable.scores(&on_silence));
}

/// An image of 2 channels, 9 rows and 11 columns is a JPEG of 22 x 9 pixels: 3 x 2 blocks. A unit of width 3 and stride 2 emits 5 x 6
/// values a channel, 90 in all: a JPEG of 12 x 10 pixels, 2 x 2 blocks. A block takes 16 x 12 + 64 = 256 multiplications and
/// 64 + 16 x 32 + 64 + 64 = 704 additions, and each bit of the scan one more; features are made 8-bit values first.
#[test]
fn coding_is_counted_and_priced_by_what_the_encoder_does() {
    let unit = |kind| Bottleneck { kind, width: 3, stride: 2 };
    let image = (backbone(FLOAT), 0);
    let float = backbone(FLOAT).with_bottleneck("stage1", unit(BottleneckKind::Float)).unwrap();
    let jscc = backbone(FLOAT).with_bottleneck("stage1", unit(BottleneckKind::Jscc)).unwrap();
    let spiking = backbone(SPIKING).with_bottleneck("stage1", unit(BottleneckKind::Spiking)).unwrap();
    let jpeg = Codec::Jpeg { quality: 40 };
    let price = |key| Some(if key == "mac" { 4.6 } else { 0.9 });
    let list = PriceList::new(Form::Operations, price).unwrap();
    let cases = [
        (&image, jpeg, Some((6, 0))),
        (&image, Codec::Pixels8, None),
        (&float, jpeg, Some((4, 90))),
        (&float, Codec::Pixels8, Some((0, 90))),
        (&float, Codec::Float32, None),
        (&jscc, Codec::Pixels8, Some((0, 90))),
        (&jscc, Codec::Symbols, None),
        (&spiking, Codec::Spikes, None),
    ];
    for ((network, cut), codec, expected) in cases {
        let split = SplitNetwork::new(network, &weights(network), *cut, codec, STEPS).unwrap();
        let head = split.head(&random::pixels(network, 5)).unwrap();
        let HeadOutput::Payload(payload) = head.output else { panic!("cut before the end") };
        assert_eq!(head.codec.is_some(), expected.is_some(), "{codec}");
        let (Some(found), Some((blocks, values))) = (head.codec, expected) else { continue };
        let bits = if blocks > 0 { 8 * payload.bytes.len() as u64 } else { 0 };
        let (mac, ac) = (256 * blocks + values, 704 * blocks + bits);
        assert_eq!((found.counts.mac, found.counts.ac), (mac, ac), "{codec}");
        assert_eq!((found.layer, found.counts, found.nonzero), (*cut, found.with_borders, found.counts));
        let account = list.account(network, None, &[found], Convention::Inside);
        assert!(account.lines.iter().all(|line| line.event == "codec"), "{account:?}");
        let picojoules = 4.6 * mac as f64 + 0.9 * ac as f64;
        assert!((account.total().unwrap() * 1e12 / picojoules - 1.0).abs() < 1e-12, "{codec}");
    }
}

#[test]
fn inputs_that_do_not_fit_are_errors() {
    let network = backbone(SPIKING);
    let executable = Executable::new(&network, &weights(&network)).unwrap();
    let Feature::Real(sample) = input(&network, &random::pixels(&network, 1)) else { panic!("pixels are real") };
    let run = |sample, layers| executable.run(layers, &Feature::Real(sample), STEPS).map(|_| ()).unwrap_err();
    let cut_off = Real { data: sample.data[1..].to_vec(), ..sample.clone() };
    assert!(matches!(run(cut_off, 1..3), InferenceError::Input { .. }));
    let repeated = Real { steps: STEPS, data: sample.data.repeat(STEPS), ..sample.clone() };
    assert_eq!(
        run(repeated, 1..3).to_string(),
        "layer `input` emits 1 steps of 2x9x11 real values, but 3 steps of 2x9x11 real values were given"
    );
    assert!(matches!(run(sample.clone(), 3..4), InferenceError::Input { .. }));
    assert!(matches!(run(sample, 0..4), InferenceError::Range { .. }));
    let mut broken = network.clone();
    broken.layers[2].output.channels += 1;
    assert!(Executable::new(&broken, &weights(&network)).unwrap_err().to_string().starts_with("layer `stem.act`: "));
    let unit = Bottleneck { kind: BottleneckKind::Float, width: 1, stride: 1 };
    let other = weights(&backbone(FLOAT).with_bottleneck("stem", unit).unwrap().0);
    assert!(matches!(Executable::new(&network, &other), Err(InferenceError::Network(_))));
}

#[test]
fn a_cut_that_is_none_is_an_error() {
    let network = backbone(SPIKING);
    let weights = weights(&network);
    let cut = |layer, steps| SplitNetwork::new(&network, &weights, layer, Codec::Spikes, steps);
    let act1 = network.layers.iter().position(|l| l.name == "stage1.0.act1").unwrap();
    assert_eq!(
        cut(act1, 4).unwrap_err().to_string(),
        "the network cannot be cut after `stage1.0.act1`: `stage1.0.add` also reads `stem.act`, which comes before"
    );
    assert!(cut(network.layers.len(), 4).is_err());
    assert!(cut(2, 0).is_err());
    let whole = cut(network.layers.len() - 1, 4).unwrap();
    assert!(whole.head(&[0; 3]).is_err());
    let payload = cospike_sim_core::payload::Payload { bytes: vec![], step_starts: vec![] };
    assert_eq!(whole.tail(&payload, &Damage::NONE).unwrap_err(), SplitError::NoTail);
}
