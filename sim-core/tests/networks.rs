//! Every network of the catalogue, small and with random weights, against loops written for clarity, cut anywhere, on
//! any thread.

#[path = "common/plain.rs"]
mod plain;
#[path = "common/random.rs"]
mod random;

use cospike_sim_core::inference::{Coding, Executable, Feature, Real};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::network::{
    Fires, Leak, Network, NetworkName, Neuron, Operation, Reset, Signal, TensorStore, Weights,
};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::{HeadOutput, SplitNetwork};
use plain::Map;

const STEPS: usize = 2;

/// One neuron for every architecture in turn, so that leaks and resets of all kinds meet graphs of all kinds.
fn neuron(i: usize) -> Neuron {
    let leaks = [Leak::None, Leak::Tau(2.0), Leak::Share(0.5), Leak::Learned];
    Neuron {
        leak: leaks[i % 4],
        decay_input: i.is_multiple_of(3),
        threshold: 0.5,
        fires: Fires::From,
        initial: 0.125,
        reset: if i.is_multiple_of(2) { Reset::Hard(0.0) } else { Reset::Soft },
    }
}

/// Every architecture in every form, spiking, float and quantised, with weights.
fn networks() -> impl Iterator<Item = (Network, TensorStore, Weights)> {
    // Made small, a network is the same whatever width its name asked for.
    let names = NetworkName::all().filter(|name| !name.to_string().contains("-0."));
    let twins = names.enumerate().flat_map(|(i, name)| name.small(neuron(i)));
    twins.map(|network| {
        let store = random::store(&network, 11, 2.0, 0.125);
        let weights = Weights::from_store(&network, &store).unwrap();
        (network, store, weights)
    })
}

fn sample(network: &Network) -> Real {
    let pixels = random::pixels(network, 5);
    Real { shape: network.input(), steps: 1, data: pixels.iter().map(|&p| f32::from(p) / 256.0).collect() }
}

/// The scores, and a check that every layer is what the plain network says, as far as it was kept: spikes to the bit,
/// real values but for the order of their sums.
fn check(network: &Network, store: &TensorStore, executable: &Executable, input: &Feature) {
    let expected = {
        let maps = plain::maps(input);
        let of_every_step: Vec<Map> = (0..STEPS).map(|t| maps[t.min(maps.len() - 1)].clone()).collect();
        plain::run(network, store, &of_every_step)
    };
    let (mut compared, mut spikes) = (0, 0);
    executable
        .run_observed(1..network.layers.len(), input, STEPS, |i, _, output| {
            let Some(output) = output else { return };
            let name = format!("{}: {}", network.name, network.layers[i].name);
            let found = plain::maps(output);
            for (t, expected) in expected[i].iter().enumerate() {
                let found = &found[t.min(found.len() - 1)];
                let scale = expected.iter().fold(1.0_f32, |scale, x| scale.max(x.abs()));
                let tolerance = if executable.signal(i) == Signal::Real { 1e-5 * scale } else { 0.0 };
                assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance), "{name}, step {t}");
            }
            compared += 1;
            spikes += output.spikes();
        })
        .unwrap();
    assert!(compared > 2 && (spikes > 0) == network.is_spiking(), "{}", network.name);
}

#[test]
fn every_network_equals_plain_loops_on_direct_and_coded_samples() {
    for (network, store, weights) in networks() {
        let sample = sample(&network);
        check(&network, &store, &Executable::new(&network, &weights).unwrap(), &Feature::Real(sample.clone()));
        if network.is_spiking() {
            let executable = Executable::with_input(Signal::BINARY, &network, &weights).unwrap();
            for coding in [Coding::Rate, Coding::Latency] {
                let mut random = Streams::new(3, 0).stream("coding", 0);
                check(&network, &store, &executable, &coding.encode(&sample, STEPS, &mut random).unwrap());
            }
        }
    }
}

#[test]
fn invariant_6_the_cut_is_invisible_at_every_split_point_of_every_network() {
    let (mut graded, mut levels) = (0, 0);
    for (network, _, weights) in networks() {
        let executable = Executable::new(&network, &weights).unwrap();
        let pixels = random::pixels(&network, 5);
        let sample = Real {
            shape: network.input(),
            steps: 1,
            data: pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect(),
        };
        let whole = executable.run(1..network.layers.len(), &Feature::Real(sample), STEPS).unwrap();
        for point in &network.split_points {
            let codec = match Codec::for_cut(&network, point.layer, 50) {
                Codec::Jpeg { .. } => Codec::Float32,
                codec => codec,
            };
            graded += usize::from(matches!(codec, Codec::Graded { .. }));
            levels += usize::from(codec == Codec::Levels { levels: 4 });
            let name = format!("{} cut after {}", network.name, point.name);
            let split = SplitNetwork::new(&network, &weights, point.layer, codec, STEPS).unwrap();
            let head = split.head(&pixels).unwrap();
            let (scores, tail) = match head.output {
                HeadOutput::Scores(scores) => (scores, vec![]),
                HeadOutput::Payload(payload) => {
                    let tail = split.tail(&payload, &cospike_sim_core::payload::Damage::NONE).unwrap();
                    (tail.scores, tail.layers)
                }
            };
            assert_eq!(scores, executable.scores(&whole), "{name}");
            assert_eq!([head.layers, tail].concat(), whole.layers, "{name}");
        }
    }
    assert!(graded > 10, "the networks with sums of spikes are cut behind them");
    assert!(levels > 50, "quantised networks are cut behind quantisers: {levels}");
}

#[test]
fn invariant_4_a_network_gives_the_same_on_any_thread() {
    for (network, _, weights) in networks() {
        let executable = Executable::new(&network, &weights).unwrap();
        let sample = Feature::Real(sample(&network));
        let run = || executable.run(1..network.layers.len(), &sample, STEPS).unwrap();
        let here = run();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
            threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), here, "{}", network.name));
        });
    }
}

/// What a one-bit float network emits are spikes of a single step, whatever T is.
#[test]
fn one_level_quantisers_emit_spikes_of_one_step() {
    use cospike_sim_core::network::{Activation, Nonlinearity, ResNet};
    let network = ResNet::ZOO.build(Nonlinearity::Float(Activation::Quantise { levels: 1 }));
    let store = random::store(&network, 11, 4.0, 0.25);
    let executable = Executable::new(&network, &Weights::from_store(&network, &store).unwrap()).unwrap();
    assert!(!network.is_spiking());
    let input = Feature::Real(sample(&network));
    let run = executable.run(1..network.layers.len(), &input, STEPS).unwrap();
    assert_eq!(executable.run(1..network.layers.len(), &input, 1).unwrap(), run);
    let stem = network
        .layers
        .iter()
        .position(|layer| layer.operation == Operation::Activation(Activation::Quantise { levels: 1 }));
    let stem = executable.run(1..stem.unwrap() + 1, &input, STEPS).unwrap();
    assert!(matches!(&stem.output, Feature::Spikes(train) if train.steps() == 1 && train.spikes() > 0));
    let weighted = run.layers.iter().filter(|layer| layer.counts.ac > 0 && layer.counts.weight_reads > 0).count();
    assert!(weighted > 10, "layers behind it accumulate: {weighted}");
    let plain = plain::run(&network, &store, &plain::maps(&input));
    let scores = &plain.last().unwrap()[0];
    let Feature::Real(found) = run.output else { panic!("scores are real") };
    assert!(found.data.iter().zip(scores).all(|(a, b)| (a - b).abs() < 1e-4));
}
