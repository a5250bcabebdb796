//! The event-driven and dense kernels against loops written for clarity, on random shapes and dyadic weights.

use cospike_sim_core::inference::{Executable, Feature, Real, SpikeTrain};
use cospike_sim_core::network::{Conv2d, Leak, Network, Neuron, Operation, Reset, Shape, Tensor, TensorStore, Weights};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A weighted layer on a spike train (through a neuron that stands for what made it) or on a real feature, and a
/// neuron behind it.
#[derive(Debug)]
struct Case {
    network: Network,
    store: TensorStore,
    /// `[step][channel][row][column]`, zeros and ones if binary.
    input: Vec<f32>,
    binary: bool,
    steps: usize,
    neuron: Neuron,
}

impl Case {
    fn operation(&self) -> Operation {
        self.network.layers[2].operation
    }

    fn shapes(&self) -> (Shape, Shape) {
        (self.network.layers[1].output, self.network.layers[2].output)
    }

    fn feature(&self) -> Feature {
        let (shape, _) = self.shapes();
        let (area, channels) = (shape.area(), shape.channels);
        let mut train = SpikeTrain::silent(shape, self.steps);
        let mut real = Real::zeros(shape, self.steps);
        for (i, &value) in self.input.iter().enumerate() {
            let (t, c, p) = (i / shape.len(), i / area % channels, i % area);
            real.data[t * shape.len() + p * channels + c] = value;
            if value == 1.0 {
                train.fire(t, p, c);
            }
        }
        if self.binary { Feature::Spikes(train) } else { Feature::Real(real) }
    }

    /// Every (input, output, weight) of one step as flat indices `[channel][row][column]` and into the weight tensor.
    fn synapses(&self) -> Vec<(usize, usize, usize)> {
        let (input, output) = self.shapes();
        let at = |s: Shape, c: usize, y: usize, x: usize| (c * s.height + y) * s.width + x;
        let mut synapses = vec![];
        let (transposed, conv) = match self.operation() {
            Operation::Conv2d(conv) => (false, conv),
            Operation::ConvTranspose2d(conv) => (true, conv),
            _ => {
                let all = (0..output.len()).flat_map(|o| (0..input.len()).map(move |i| (i, o, o * input.len() + i)));
                return all.collect();
            }
        };
        // The kernel slides over the larger side: the input of a plain, the output of a transposed convolution.
        let (narrow, wide) = if transposed { (input, output) } else { (output, input) };
        let k = conv.kernel;
        for (n, w) in (0..narrow.channels).flat_map(|n| (0..wide.channels).map(move |w| (n, w))) {
            for (y, x) in (0..narrow.height).flat_map(|y| (0..narrow.width).map(move |x| (y, x))) {
                for (ky, kx) in (0..k).flat_map(|ky| (0..k).map(move |kx| (ky, kx))) {
                    let (wy, wx) = (y * conv.stride + ky, x * conv.stride + kx);
                    if wy < conv.padding || wx < conv.padding {
                        continue;
                    }
                    let (wy, wx) = (wy - conv.padding, wx - conv.padding);
                    if wy >= wide.height || wx >= wide.width {
                        continue;
                    }
                    let weight = ((n * wide.channels + w) * k + ky) * k + kx;
                    let (narrow_at, wide_at) = (at(narrow, n, y, x), at(wide, w, wy, wx));
                    synapses.push(if transposed { (narrow_at, wide_at, weight) } else { (wide_at, narrow_at, weight) });
                }
            }
        }
        synapses
    }

    /// Currents `[step][channel][row][column]` and the number of (spike, weight) pairs.
    fn dense_reference(&self) -> (Vec<f32>, u64) {
        let (input, output) = self.shapes();
        let (weight, bias) = (&self.store["w.weight"].data, &self.store["w.bias"].data);
        let synapses = self.synapses();
        let mut pairs = 0;
        let mut currents = vec![];
        for values in self.input.chunks_exact(input.len()) {
            let mut step: Vec<f32> = (0..output.len()).map(|o| bias[o / output.area()]).collect();
            for &(i, o, w) in &synapses {
                step[o] += values[i] * weight[w];
                pairs += u64::from(values[i] != 0.0);
            }
            currents.extend(step);
        }
        (currents, pairs)
    }

    /// Spikes of the neuron fed with `currents`, in the same order.
    fn neuron_reference(&self, currents: &[f32]) -> Vec<f32> {
        let n = self.neuron;
        let len = self.shapes().1.len();
        let mut v = vec![n.initial; len];
        let spike = |(i, x): (usize, &f32)| {
            let v = &mut v[i % len];
            let rest = if let Reset::Hard(rest) = n.reset { rest } else { 0.0 };
            *v = match n.leak {
                Leak::Tau(tau) if n.decay_input => *v + (x - (*v - rest)) / tau,
                Leak::Tau(tau) => *v - (*v - rest) / tau + x,
                Leak::None | Leak::Learned => *v + x,
            };
            let fires = *v >= n.threshold;
            if fires {
                *v = if let Reset::Hard(rest) = n.reset { rest } else { *v - n.threshold };
            }
            f32::from(u8::from(fires))
        };
        currents.iter().enumerate().map(spike).collect()
    }
}

/// Values `[step][channel][row][column]`.
fn planes(feature: &Feature) -> Vec<f32> {
    let (shape, steps) = (feature.shape(), feature.steps());
    let value = |i: usize| {
        let (t, c, p) = (i / shape.len(), i / shape.area() % shape.channels, i % shape.area());
        match feature {
            Feature::Real(real) => real.step(t)[p * shape.channels + c],
            Feature::Spikes(train) => f32::from(u8::from(train.get(t, p, c))),
        }
    };
    (0..steps * shape.len()).map(value).collect()
}

fn network(input: Shape, operation: Operation, output: Shape, neuron: Neuron) -> Network {
    let mut network = Network::new("case", input);
    let source = network.push("source", Operation::Neuron(neuron), &[0], input);
    let weighted = network.push("w", operation, &[source], output);
    network.push("neuron", Operation::Neuron(neuron), &[weighted], output);
    network
}

prop_compose! {
    fn neurons()(leak in 0..3, soft: bool) -> Neuron {
        Neuron {
            leak: if leak > 0 { Leak::Tau(2.0) } else { Leak::None },
            decay_input: leak == 1,
            threshold: 1.0,
            initial: 0.25,
            reset: if soft { Reset::Soft } else { Reset::Hard(-0.125) },
        }
    }
}

prop_compose! {
    fn operations()(
        kind in 0..3,
        ins in prop_oneof![1..5_usize, 60..70_usize],
        outs in prop_oneof![1..20_usize, 30..34_usize, 60..70_usize],
        (height, width) in (1..6_usize, 1..6_usize),
        (kernel, stride, padding) in (1..4_usize, 1..4_usize, 0..3_usize),
        (extra_y, extra_x) in (0..3_usize, 0..3_usize),
    ) -> (Shape, Operation, Shape) {
        let narrow = Shape::new(outs, height, width);
        // Less padding than would leave nothing of the wide side.
        let padding = padding.min(((height.min(width) - 1) * stride + kernel - 1) / 2);
        let side = |n: usize, extra: usize| (n - 1) * stride + kernel + extra.min(stride - 1) - 2 * padding;
        let wide = Shape::new(ins, side(height, extra_y), side(width, extra_x));
        match kind {
            0 => (wide, Operation::Conv2d(Conv2d { dilation: 1, groups: 1, input: wide, output: narrow, kernel, stride, padding }), narrow),
            1 => {
                let conv = Conv2d::transposed(narrow, wide, kernel, stride, padding);
                (narrow, Operation::ConvTranspose2d(conv), wide)
            }
            _ => (narrow, Operation::Linear, Shape::vector(ins)),
        }
    }
}

prop_compose! {
    fn cases()(
        (input, operation, output) in operations(),
        neuron in neurons(),
        steps in 1..4_usize,
        density in 0.0..0.6_f64,
        binary: bool,
        seed: u64,
    ) -> Case {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let spiking = network(input, operation, output, neuron);
        let mut dyadic = || rng.random_range(-128..=128) as f32 / 256.0;
        let store = Weights::shapes(&spiking).into_iter().map(|(name, shape)| {
            let data = (0..shape.iter().product()).map(|_| dyadic()).collect();
            (name, Tensor { shape, data })
        }).collect();
        let steps = if binary { steps } else { 1 };
        let value = |_| if !rng.random_bool(density) { 0.0 } else if binary { 1.0 } else { rng.random_range(1..16) as f32 / 16.0 };
        let input = (0..steps * input.len()).map(value).collect();
        Case { network: spiking, store, input, binary, steps, neuron }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Currents, spikes and counts, to the bit; a real-valued input stands for the dense kernel.
    #[test]
    fn kernels_equal_plain_loops(case in cases()) {
        let mut network = case.network.clone();
        if !case.binary {
            // The weighted layer reads the sample itself.
            network.layers.remove(1);
            network.layers[1].inputs = vec![0];
            network.layers[2].inputs = vec![1];
        }
        let first = if case.binary { 2 } else { 1 };
        let executable = Executable::new(&network, &Weights::from_store(&network, &case.store).unwrap()).unwrap();
        let (currents, pairs) = case.dense_reference();
        let weighted = executable.run(first..first + 1, &case.feature(), case.steps).unwrap();
        prop_assert_eq!(planes(&weighted.output), currents.clone());
        let fused = executable.run(first..first + 2, &case.feature(), case.steps).unwrap();
        prop_assert_eq!(planes(&fused.output), case.neuron_reference(&currents));
        for run in [&weighted, &fused] {
            let counts = run.layers[0].counts;
            let (ac, mac) = if case.binary { (pairs, 0) } else { (0, network.dense_macs(first..first + 1)) };
            prop_assert_eq!((counts.ac, counts.mac), (ac, mac));
            prop_assert_eq!(counts.weight_reads, ac + mac);
        }
    }
}

/// 3x3 convolution of 2 to 3 channels on 4x4 with padding 1: a corner spike reaches 4 positions, an inner one 9, one
/// at the edge 6; 3 output channels each. SpikingJelly and sinabs count 57.
#[test]
fn three_spikes_at_corner_inside_and_edge_make_57_synaptic_operations() {
    let shape = Shape::new(2, 4, 4);
    let conv = Conv2d::plain(shape, 3, 3, 1, 1);
    let network = network(shape, Operation::Conv2d(conv), conv.output, Neuron::INTEGRATE_AND_FIRE);
    let zeros = |(name, shape): (String, Vec<usize>)| {
        let data = vec![0.0; shape.iter().product()];
        (name, Tensor { shape, data })
    };
    let store = Weights::shapes(&network).into_iter().map(zeros).collect();
    let executable = Executable::new(&network, &Weights::from_store(&network, &store).unwrap()).unwrap();
    let mut train = SpikeTrain::silent(shape, 1);
    train.fire(0, 0, 0);
    train.fire(0, 5, 0);
    train.fire(0, 14, 1);
    let run = executable.run(2..3, &Feature::Spikes(train), 1).unwrap();
    assert_eq!(run.layers[0].counts.ac, 12 + 27 + 18);
    assert_eq!(run.layers[0].input_events, 3);
}
