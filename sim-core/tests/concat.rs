//! Concatenations of spikes, graded spikes and real values against plain loops, cut anywhere.

#[path = "common/plain.rs"]
mod plain;
#[path = "common/random.rs"]
mod random;

use cospike_sim_core::inference::{Counts, Executable, Feature, Real};
use cospike_sim_core::network::{Conv2d, Network, NetworkError, Neuron, Operation, Shape, Signal, Weights};
use cospike_sim_core::payload::{Codec, Damage};
use cospike_sim_core::split::{HeadOutput, SplitError, SplitNetwork};
use proptest::prelude::*;

const STEPS: usize = 3;

/// What a branch emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    Spikes,
    Graded,
    /// Currents, which change over time.
    Real,
    /// What is computed of the sample, the same in every step.
    Constant,
}

/// Branches of so many channels each, which read the sample, their concatenation, a convolution and neurons, and a linear layer.
fn network(branches: &[(Branch, usize)]) -> (Network, usize) {
    let input = Shape::new(2, 4, 3);
    let mut net = Network::new("branches", input);
    let neuron = |net: &mut Network, name: String, from: usize| {
        let shape = net.layers[from].output;
        net.push(name, Operation::Neuron(Neuron::INTEGRATE_AND_FIRE), &[from], shape)
    };
    let mut joined = vec![];
    for (b, &(branch, channels)) in branches.iter().enumerate() {
        let conv = net.conv(format!("b{b}"), 0, Conv2d::plain(input, channels, 3, 1, 1));
        let shape = net.layers[conv].output;
        joined.push(match branch {
            Branch::Constant => conv,
            Branch::Spikes => neuron(&mut net, format!("b{b}.n"), conv),
            Branch::Real => {
                let spikes = neuron(&mut net, format!("b{b}.n"), conv);
                net.conv(format!("b{b}.conv"), spikes, Conv2d::plain(shape, channels, 1, 1, 0))
            }
            Branch::Graded => {
                let spikes = [0, 1].map(|k| neuron(&mut net, format!("b{b}.n{k}"), conv));
                net.push(format!("b{b}.add"), Operation::Add, &spikes, shape)
            }
        });
    }
    let joint = Shape::new(branches.iter().map(|(_, channels)| channels).sum(), 4, 3);
    let concat = net.push("concat", Operation::Concat, &joined, joint);
    let conv = net.conv("conv", concat, Conv2d::plain(joint, 5, 3, 2, 1));
    let spikes = neuron(&mut net, "conv.n".into(), conv);
    net.push("fc", Operation::Linear, &[spikes], Shape::vector(3));
    (net, concat)
}

fn branches() -> impl Strategy<Value = Vec<(Branch, usize)>> {
    let kinds = [Branch::Spikes, Branch::Graded, Branch::Real, Branch::Constant];
    let channels = prop_oneof![1..5_usize, 60..70_usize, Just(64)];
    let branch = ((0..4_usize).prop_map(move |kind| kinds[kind]), channels.clone());
    let spiking = ((0..2_usize).prop_map(move |kind| kinds[kind]), channels);
    prop_oneof![prop::collection::vec(branch, 2..5), prop::collection::vec(spiking, 2..5)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn concatenations_equal_plain_loops_and_take_no_operation(branches in branches(), seed: u64) {
        let (network, concat) = network(&branches);
        let store = random::store(&network, seed, 1.0, 0.25);
        let weights = Weights::from_store(&network, &store).unwrap();
        let executable = Executable::new(&network, &weights).unwrap();
        let data = random::pixels(&network, seed).iter().map(|&pixel| f32::from(pixel / 32) / 8.0).collect();
        let sample = Feature::Real(Real { shape: network.input(), steps: 1, data });
        let mut seen = vec![None; network.layers.len()];
        let run = executable.run_observed(1..network.layers.len(), &sample, STEPS, |i, _, output| {
            seen[i] = output.map(plain::maps);
        });
        let run = run.unwrap();
        let expected = plain::run(&network, &store, &vec![plain::maps(&sample)[0].clone(); STEPS]);
        for (layer, seen) in seen.into_iter().enumerate().filter_map(|(i, seen)| Some((i, seen?))) {
            let seen = if seen.len() == 1 { vec![seen[0].clone(); STEPS] } else { seen };
            prop_assert_eq!(&seen, &expected[layer], "{}", network.layers[layer].name);
        }
        let is_spikes = |branch: Branch| matches!(branch, Branch::Spikes | Branch::Graded);
        let all_spikes = branches.iter().all(|&(branch, _)| is_spikes(branch));
        let max = if branches.iter().any(|&(branch, _)| branch == Branch::Graded) { 2 } else { 1 };
        let signal = if all_spikes { Signal::Spikes { max } } else { Signal::Real };
        prop_assert_eq!(executable.signal(concat), signal);
        // Spikes beside real values are written as values; everything else lies where it is.
        let changed: usize = branches.iter().filter(|&&(branch, _)| !all_spikes && is_spikes(branch)).map(|&(_, n)| n * 12).sum();
        let counted = run.layers[concat - 1];
        prop_assert_eq!(counted.counts, Counts { activation_writes: (changed * STEPS) as u64, ..Counts::NONE });
        prop_assert_eq!(run.layers[concat].counts.mac > 0, !all_spikes);

        for cut in 0..network.layers.len() {
            let codec = if cut == 0 { Codec::Float32 } else { Codec::for_cut(&network, cut, 100) };
            let split = match SplitNetwork::new(&network, &weights, cut, codec, STEPS) {
                Ok(split) => split,
                Err(SplitError::Inference(_)) if cut < concat => continue,
                Err(other) => panic!("{other}"),
            };
            let head = split.head_on(&sample).unwrap();
            let (scores, layers) = match head.output {
                HeadOutput::Scores(scores) => (scores, head.layers),
                HeadOutput::Payload(payload) => {
                    let tail = split.tail(&payload, &Damage::NONE).unwrap();
                    (tail.scores, [head.layers, tail.layers].concat())
                }
            };
            prop_assert_eq!(scores, executable.scores(&run), "cut after {}", network.layers[cut].name);
            prop_assert_eq!(&layers, &run.layers);
        }
    }
}

#[test]
fn a_concatenation_of_other_shapes_is_refused() {
    let (right, concat) = network(&[(Branch::Spikes, 3), (Branch::Real, 2)]);
    right.check().unwrap();
    let reason = |change: fn(&mut Network, usize)| {
        let mut network = right.clone();
        change(&mut network, concat);
        match network.check() {
            Err(NetworkError::Inconsistent { layer, reason }) if layer == "concat" => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason(|net, concat| net.layers[concat].inputs.truncate(1)), "it reads 1 layers instead of 2");
    assert!(reason(|net, concat| net.layers[concat].output.channels = 6).contains("its inputs have 5 channels"));
    assert!(reason(|net, concat| net.layers[concat].output.width = 2).contains("cannot turn shape 3x4x3 into 5x4x2"));
}
