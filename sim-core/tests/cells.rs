//! Neurons with values of their own, also such that read their own earlier spikes, against a loop over steps.

use cospike_sim_core::inference::{Executable, Feature, InferenceError, InputKind, Real};
use cospike_sim_core::network::{
    CellOutput, CellReset, Cells, Fires, Membrane, Network, Operation, Shape, Signal, Tensor, TensorStore, Weights,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const INPUTS: usize = 3;

/// A dense layer into cells that read their own spikes of the step before through another one, and a readout.
fn recurrent(cells: Cells, neurons: usize) -> Network {
    let shape = Shape::vector(neurons);
    let mut network = Network::new("recurrent", Shape::vector(INPUTS));
    let forward = network.push("in", Operation::Linear, &[0], shape);
    let previous = network.push("previous", Operation::Previous, &[5], shape);
    let back = network.push("back", Operation::Linear, &[previous], shape);
    let sum = network.push("sum", Operation::Add, &[forward, back], shape);
    let emitted = network.push("cells", Operation::Cells(cells), &[sum], shape);
    network.push("out", Operation::Linear, &[emitted], Shape::vector(2));
    network
}

/// Values in halves, so that products and sums of a few steps are exact.
fn store(network: &Network, rng: &mut ChaCha8Rng) -> TensorStore {
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let len = shape.iter().product();
        let mut value = |_| match name.rsplit('.').next() {
            Some("synapse_share" | "share") => rng.random_range(1..=2) as f32 / 2.0,
            Some("threshold") => rng.random_range(1..=3) as f32 / 2.0,
            _ => rng.random_range(-2..=2) as f32 / 2.0,
        };
        let data = (0..len).map(&mut value).collect();
        (name, Tensor { shape, data })
    };
    Weights::shapes(network).into_iter().map(tensor).collect()
}

/// What the cells and the readout emit in every step.
fn by_loop(cells: Cells, store: &TensorStore, inputs: &[Vec<f32>]) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let tensor = |name: &str| &store[name].data;
    let dense = |layer: &str, x: &[f32]| -> Vec<f32> {
        let (weight, bias) = (tensor(&format!("{layer}.weight")), tensor(&format!("{layer}.bias")));
        let row =
            |(o, bias): (usize, &f32)| weight[o * x.len()..].iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + bias;
        bias.iter().enumerate().map(row).collect()
    };
    let neurons = store["in.bias"].data.len();
    let value = |name: &str, i: usize| tensor(&format!("cells.{name}"))[i];
    let has_memory = cells.membrane != Membrane::Direct;
    let mut v: Vec<f32> = (0..neurons).map(|i| if has_memory { value("initial", i) } else { 0.0 }).collect();
    let (mut current, mut emitted) = (vec![0.0; neurons], vec![0.0; neurons]);
    let (mut all, mut outputs) = (vec![], vec![]);
    for input in inputs {
        let back = dense("back", &emitted);
        let mut x: Vec<f32> = dense("in", input).iter().zip(&back).map(|(a, b)| a + b).collect();
        for i in 0..neurons {
            if cells.synapse {
                current[i] += value("synapse_gain", i) * x[i] - value("synapse_share", i) * current[i];
                x[i] = current[i];
            }
            v[i] = match cells.membrane {
                Membrane::Direct => x[i],
                Membrane::Integrating => v[i] + value("gain", i) * x[i],
                Membrane::Leaky => v[i] + value("share", i) * (value("rest", i) - v[i]) + value("gain", i) * x[i],
            };
            emitted[i] = match cells.output {
                CellOutput::Membrane => v[i],
                CellOutput::Spikes { fires, reset } => {
                    let threshold = value("threshold", i);
                    let has_fired = if fires == Fires::Above { v[i] > threshold } else { v[i] >= threshold };
                    if has_fired {
                        v[i] = if reset == CellReset::Hard { value("reset", i) } else { v[i] - threshold };
                    }
                    f32::from(has_fired)
                }
            };
        }
        outputs.push(dense("out", &emitted));
        all.push(emitted.clone());
    }
    (all, outputs)
}

prop_compose! {
    fn kinds()(synapse: bool, membrane in 0..3_usize, spiking: bool, above: bool, hard: bool) -> Cells {
        let fires = if above { Fires::Above } else { Fires::From };
        let reset = if hard { CellReset::Hard } else { CellReset::Soft };
        Cells {
            synapse,
            membrane: [Membrane::Direct, Membrane::Integrating, Membrane::Leaky][membrane],
            output: if spiking { CellOutput::Spikes { fires, reset } } else { CellOutput::Membrane },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn recurrent_cells_equal_a_loop_over_steps(
        cells in kinds(), neurons in prop_oneof![1..5_usize, 66..70_usize], steps in 1..5_usize, changes: bool, seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let network = recurrent(cells, neurons);
        let store = store(&network, &mut rng);
        let weights = Weights::from_store(&network, &store).unwrap();
        let kind = if changes { InputKind::FRAMES } else { Signal::Real.into() };
        let executable = Executable::with_input(kind, &network, &weights).unwrap();
        let held = if changes { steps } else { 1 };
        let data: Vec<f32> = (0..held * INPUTS).map(|_| rng.random_range(-8..=8) as f32 / 8.0).collect();
        let input = Feature::Real(Real { shape: network.input(), steps: held, data: data.clone() });
        let mut emitted = None;
        let run = executable.run_observed(1..7, &input, steps, |i, _, output| {
            if i == 5 {
                emitted = output.cloned();
            }
        });
        let run = run.unwrap();
        let inputs: Vec<_> = (0..steps).map(|t| data[t.min(held - 1) * INPUTS..][..INPUTS].to_vec()).collect();
        let (expected, outputs) = by_loop(cells, &store, &inputs);
        let emitted = emitted.unwrap();
        let values = match &emitted { Feature::Real(real) => real.data.clone(), spikes => spikes.numbers() };
        prop_assert_eq!(values, expected.concat());
        let Feature::Real(scores) = run.output else { panic!("class scores") };
        prop_assert_eq!(scores.data, outputs.concat());
        let counted = run.layers[4].counts;
        let updates = (neurons * steps) as u64;
        let states = u64::from(cells.synapse) + u64::from(cells.membrane != Membrane::Direct);
        prop_assert_eq!((counted.neuron_updates, counted.state_accesses), (updates, 2 * states * updates));
        let spikes: u64 = expected.iter().rev().skip(1).flatten().filter(|&&x| x != 0.0).count() as u64;
        let back = run.layers[2].counts;
        if cells.are_spiking() {
            // The spikes of the last step are read by nobody.
            prop_assert_eq!((back.ac, back.mac), (spikes * neurons as u64, 0));
        } else {
            prop_assert_eq!((back.ac, back.mac), (0, (neurons * neurons * steps) as u64));
        }
    }
}

#[test]
fn layers_that_depend_on_their_earlier_steps_are_not_divided() {
    let cells = Cells { synapse: false, membrane: Membrane::Integrating, output: CellOutput::Membrane };
    let network = recurrent(cells, 2);
    let weights = Weights::from_store(&network, &store(&network, &mut ChaCha8Rng::seed_from_u64(1))).unwrap();
    let executable = Executable::new(&network, &weights).unwrap();
    let input = Feature::Real(Real::zeros(network.input(), 1));
    for (cut, name) in [(2, "previous"), (4, "sum")] {
        let error = executable.run(1..cut + 1, &input, 2).unwrap_err();
        let (first, last) = ("previous".into(), "cells".into());
        assert_eq!(error, InferenceError::CutsLoop { cut: name.into(), first, last });
    }
    let head = executable.run(1..6, &input, 2).unwrap();
    let whole = executable.run(1..7, &input, 2).unwrap();
    assert_eq!(executable.run(6..7, &head.output, 2).unwrap().output, whole.output);
}
