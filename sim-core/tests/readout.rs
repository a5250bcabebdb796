//! How class scores are read out of the time steps: closed forms, a plain loop, and what is refused.

use cospike_sim_core::inference::{Executable, Feature, Real};
use cospike_sim_core::network::{
    Activation, CellOutput, CellReset, Cells, Fires, Leak, Membrane, Network, NetworkError, Neuron, Operation, Readout,
    Reset, Shape, Tensor, TensorStore, Weights,
};
use cospike_sim_core::payload::{Codec, Damage, Missing};
use cospike_sim_core::split::{HeadOutput, SplitNetwork};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SOFT: Neuron = Neuron { initial: 0.0, ..Neuron::INTEGRATE_AND_FIRE };

fn cells(membrane: Membrane, output: CellOutput) -> Operation {
    Operation::Cells(Cells { synapse: false, membrane, output })
}

fn one(value: f32) -> Tensor {
    Tensor { shape: vec![1], data: vec![value] }
}

fn store(tensors: &[(&str, f32)]) -> TensorStore {
    tensors.iter().map(|&(name, value)| (name.to_string(), one(value))).collect()
}

/// The same neuron in the three forms in which networks have it: threshold 1, which a spike takes off the membrane. The last is the loop
/// by which `cospike export` writes it.
fn forms() -> [(Network, TensorStore); 3] {
    let shape = Shape::vector(1);
    let spikes = CellOutput::Spikes { fires: Fires::From, reset: CellReset::Soft };
    let mut plain = Network::new("neuron", shape);
    plain.push("last", Operation::Neuron(SOFT), &[0], shape);
    let mut own = Network::new("cells", shape);
    own.push("last", cells(Membrane::Integrating, spikes), &[0], shape);
    let of_cells = store(&[("last.gain", 1.0), ("last.initial", 0.0), ("last.threshold", 1.0)]);
    let mut looped = Network::new("loop", shape);
    let previous = looped.push("previous", Operation::Previous, &[5], shape);
    let back = looped.push("back", Operation::Scale, &[previous], shape);
    let sum = looped.push("sum", Operation::Add, &[0, back], shape);
    let membrane = looped.push("membrane", cells(Membrane::Integrating, CellOutput::Membrane), &[sum], shape);
    looped.push("last", cells(Membrane::Direct, spikes), &[membrane], shape);
    let of_loop =
        store(&[("back.scale", -1.0), ("membrane.gain", 1.0), ("membrane.initial", 0.0), ("last.threshold", 1.0)]);
    [(plain, TensorStore::new()), (own, of_cells), (looped, of_loop)]
}

/// 0.375 in each of 4 steps: membranes of 0.375, 0.75, 1.125 with a spike, which leaves 0.125, and 0.5.
#[test]
fn a_neuron_by_hand_is_read_out_in_every_way() {
    let expected = [
        (Readout::SpikeCount, 1.0),
        (Readout::Mean, 0.25),
        (Readout::Last, 0.0),
        (Readout::Max, 1.0),
        (Readout::Membrane, 0.5),
        (Readout::MaxMembrane, 1.125),
    ];
    assert_eq!(expected.map(|(readout, _)| readout), Readout::ALL);
    for (network, store) in forms() {
        let weights = Weights::from_store(&network, &store).unwrap();
        let input = Feature::Real(Real { shape: network.input(), steps: 1, data: vec![0.375] });
        let layers = 1..network.layers.len();
        let usual = Executable::new(&network, &weights).unwrap().run(layers.clone(), &input, 4).unwrap();
        assert_eq!((network.effective_readout(), usual.membranes.clone()), (Readout::SpikeCount, None));
        for (readout, score) in expected {
            let network = Network { readout: Some(readout), ..network.clone() };
            let executable = Executable::new(&network, &weights).unwrap();
            let run = executable.run(layers.clone(), &input, 4).unwrap();
            assert_eq!(executable.scores(&run), [score], "{} by {}", network.name, readout.name());
            assert_eq!((run.layers, run.output), (usual.layers.clone(), usual.output.clone()), "it takes no operation");
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Last {
    Neuron(Neuron),
    /// A leaky cell, which decays to 0.25, with a hard reset to -0.5.
    Cell(Fires),
    /// A leaky cell that emits its membrane.
    Leaky,
    Nothing,
}

impl Last {
    /// Membranes before resets, and what is emitted, in every step.
    fn by_loop(self, currents: &[Vec<f32>]) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
        let initial = if let Self::Neuron(neuron) = self { neuron.initial } else { 0.0 };
        let mut v = vec![initial; currents[0].len()];
        let (mut membranes, mut emitted) = (vec![], vec![]);
        for x in currents {
            let mut now = x.clone();
            for (i, v) in v.iter_mut().enumerate() {
                let (threshold, fires, reset) = match self {
                    Self::Neuron(n) => {
                        let rest = if let Reset::Hard(rest) = n.reset { rest } else { 0.0 };
                        *v = match (n.leak, n.decay_input) {
                            (Leak::Tau(tau), true) => *v + (x[i] - (*v - rest)) / tau,
                            (Leak::Tau(tau), false) => *v - (*v - rest) / tau + x[i],
                            _ => *v + x[i],
                        };
                        (n.threshold, n.fires, if n.reset == Reset::Soft { *v - n.threshold } else { rest })
                    }
                    Self::Cell(fires) => {
                        *v += 0.5 * (0.25 - *v) + x[i];
                        (1.0, fires, -0.5)
                    }
                    Self::Leaky => {
                        *v += 0.5 * (0.25 - *v) + x[i];
                        (f32::INFINITY, Fires::From, 0.0)
                    }
                    Self::Nothing => continue,
                };
                let has_fired = if fires == Fires::From { *v >= threshold } else { *v > threshold };
                now[i] = if matches!(self, Self::Leaky) { *v } else { f32::from(u8::from(has_fired)) };
                membranes.push(*v);
                if has_fired {
                    *v = reset;
                }
            }
            emitted.push(now);
        }
        (membranes.chunks(v.len()).map(<[f32]>::to_vec).collect(), emitted)
    }
}

/// Spikes, a linear layer, and the last one.
fn network(last: Last, width: usize) -> Network {
    let (hidden, shape) = (Shape::vector(6), Shape::vector(width));
    let mut network = Network::new("net", Shape::vector(3));
    let at = network.push("in", Operation::Linear, &[0], hidden);
    let at = network.push("spikes", Operation::Neuron(SOFT), &[at], hidden);
    let at = network.push("fc", Operation::Linear, &[at], shape);
    let spikes = |fires| CellOutput::Spikes { fires, reset: CellReset::Hard };
    match last {
        Last::Neuron(neuron) => network.push("last", Operation::Neuron(neuron), &[at], shape),
        Last::Cell(fires) => network.push("last", cells(Membrane::Leaky, spikes(fires)), &[at], shape),
        Last::Leaky => network.push("last", cells(Membrane::Leaky, CellOutput::Membrane), &[at], shape),
        Last::Nothing => at,
    };
    network
}

fn lasts() -> impl Strategy<Value = Last> {
    let neuron = (0..3_usize, any::<bool>(), any::<bool>()).prop_map(|(leak, decay_input, is_soft)| {
        let leak = [Leak::None, Leak::Tau(2.0), Leak::Tau(3.0)][leak];
        let reset = if is_soft { Reset::Soft } else { Reset::Hard(-0.125) };
        Last::Neuron(Neuron { leak, decay_input, threshold: 0.5, fires: Fires::Above, initial: 0.25, reset })
    });
    prop_oneof![
        3 => neuron,
        1 => Just(Last::Cell(Fires::From)),
        1 => Just(Last::Cell(Fires::Above)),
        1 => Just(Last::Leaky),
        1 => Just(Last::Nothing)
    ]
}

fn read_out(readout: Readout, membranes: &[Vec<f32>], emitted: &[Vec<f32>]) -> Vec<f32> {
    let values = if readout.is_of_membranes() { membranes } else { emitted };
    let score = |class: usize| {
        let mut score = values[0][class];
        for step in &values[1..] {
            score = match readout {
                Readout::SpikeCount | Readout::Mean => score + step[class],
                Readout::Last | Readout::Membrane => step[class],
                Readout::Max | Readout::MaxMembrane => score.max(step[class]),
            };
        }
        if readout == Readout::Mean { score / values.len() as f32 } else { score }
    };
    (0..emitted[0].len()).map(score).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whole, cut anywhere, without a step that was lost, and up to any step, as an early exit decides.
    #[test]
    fn scores_equal_a_loop_over_the_steps(last in lasts(), width in prop_oneof![1..4_usize, 17..20_usize], seed: u64) {
        const STEPS: usize = 5;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let plain = network(last, width);
        let tensor = |(name, shape): (String, Vec<usize>)| {
            let mut value = |_| match name.as_str() {
                "last.share" => 0.5,
                "last.rest" => 0.25,
                "last.gain" | "last.threshold" => 1.0,
                "last.reset" => -0.5,
                "last.initial" => 0.0,
                _ => rng.random_range(-32..=64) as f32 / 64.0,
            };
            let data = (0..shape.iter().product()).map(&mut value).collect();
            (name, Tensor { shape, data })
        };
        let weights = Weights::from_store(&plain, &Weights::shapes(&plain).into_iter().map(tensor).collect()).unwrap();
        let pixels: Vec<u8> = (0..3).map(|_| rng.random_range(0..=4) * 51).collect();
        let sample = Feature::Real(Real { shape: plain.input(), steps: 1, data: pixels.iter().map(|&p| f32::from(p) / 255.0).collect() });
        let run = Executable::new(&plain, &weights).unwrap().run(1..4, &sample, STEPS).unwrap();
        let Feature::Real(currents) = run.output else { panic!("a linear layer") };
        let currents: Vec<_> = (0..STEPS).map(|t| currents.step(t).to_vec()).collect();
        let (membranes, emitted) = last.by_loop(&currents);
        for readout in Readout::ALL {
            let network = Network { readout: Some(readout), ..plain.clone() };
            let is_there = match readout {
                Readout::SpikeCount => matches!(last, Last::Neuron(_) | Last::Cell(_)),
                Readout::Membrane | Readout::MaxMembrane => !matches!(last, Last::Nothing),
                _ => true,
            };
            let refused = matches!(network.check(), Err(NetworkError::Readout { readout: found, .. }) if found == readout);
            prop_assert_eq!(refused, !is_there);
            if refused {
                continue;
            }
            for cut in 0..network.layers.len() {
                let codec = if cut == 0 { Codec::Pixels8 } else { Codec::for_cut(&network, cut, 100) };
                let split = SplitNetwork::new(&network, &weights, cut, codec, STEPS).unwrap();
                if let (2, HeadOutput::Payload(payload)) = (cut, split.head(&pixels).unwrap().output) {
                    let split = split.clone().with_missing(Missing::DropStep);
                    let last: Vec<_> = payload.step_ranges().skip(STEPS - 1).collect();
                    let scores = split.tail(&payload, &Damage::losing(&last)).unwrap().scores;
                    let known = if membranes.is_empty() { &membranes } else { &membranes[..STEPS - 1] };
                    prop_assert_eq!(scores, read_out(readout, known, &emitted[..STEPS - 1]), "{} without a step", readout.name());
                }
                for steps in 1..=STEPS {
                    let split = split.for_steps(steps).unwrap();
                    let scores = match split.head(&pixels).unwrap().output {
                        HeadOutput::Scores(scores) => scores,
                        HeadOutput::Payload(payload) => split.tail(&payload, &Damage::NONE).unwrap().scores,
                    };
                    let known = if membranes.is_empty() { &membranes } else { &membranes[..steps] };
                    prop_assert_eq!(scores, read_out(readout, known, &emitted[..steps]), "{} after {}", readout.name(), cut);
                }
            }
        }
    }
}

/// A network that is executed once has one score, however it is read.
#[test]
fn a_network_without_steps_takes_no_readout() {
    let mut network = Network::new("float", Shape::vector(2));
    network.push("act", Operation::Activation(Activation::Relu), &[0], Shape::vector(2));
    network.check().unwrap();
    network.readout = Some(Readout::Mean);
    let error = network.check().unwrap_err().to_string();
    assert!(error.contains("`float` cannot be read out by `mean`: it has no neurons"), "{error}");
}
