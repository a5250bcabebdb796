//! The event-driven and dense kernels against loops written for clarity, on random shapes and dyadic weights, so that
//! every sum is exact whatever its order.

#[path = "common/plain.rs"]
mod plain;

use cospike_sim_core::inference::{Executable, Feature, GradedTrain, Real, SpikeTrain};
use cospike_sim_core::network::{
    Activation, Conv2d, Fires, Leak, Network, Neuron, Operation, Pool2d, Reduction, Reset, Shape, Signal, Slide,
    Tensor, TensorStore, Weights,
};
use plain::Map;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// An operator and what it reads.
#[derive(Clone, Debug)]
struct Case {
    input: Shape,
    signal: Signal,
    operation: Operation,
    output: Shape,
    neuron: Neuron,
    steps: usize,
    density: f64,
    seed: u64,
}

impl Case {
    /// The operator `op` after layers that emit its input's signal, and a neuron behind it; the index of `op`.
    fn network(&self) -> (Network, usize) {
        let mut network = Network::new("case", self.input);
        let grade = if let Signal::Spikes { max } = self.signal { max } else { 0 };
        let mut at = 0;
        for k in 0..grade {
            let neuron = network.push(format!("n{k}"), Operation::Neuron(Neuron::INTEGRATE_AND_FIRE), &[0], self.input);
            at = if k == 0 {
                neuron
            } else {
                network.push(format!("add{k}"), Operation::Add, &[at, neuron], self.input)
            };
        }
        let op = network.push("op", self.operation, &[at], self.output);
        network.push("neuron", Operation::Neuron(self.neuron), &[op], self.output);
        (network, op)
    }

    fn store(&self, network: &Network) -> TensorStore {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut dyadic = |_| rng.random_range(-128..=128) as f32 / 256.0;
        let tensor = |(name, shape): (String, Vec<usize>)| {
            // The logit of a leak of exactly a half, so that membranes stay dyadic.
            let data =
                if name.ends_with(".w") { vec![0.0] } else { (0..shape.iter().product()).map(&mut dyadic).collect() };
            (name, Tensor { shape, data })
        };
        Weights::shapes(network).into_iter().map(tensor).collect()
    }

    /// What the operator reads, in every step.
    fn maps(&self) -> Vec<Map> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ 1);
        let mut value = |_| match self.signal {
            _ if !rng.random_bool(self.density) => 0.0,
            Signal::Real => rng.random_range(-16..16) as f32 / 16.0,
            Signal::Spikes { max } => rng.random_range(1..=max) as f32,
        };
        // Real input is the sample, which does not change over time.
        let steps = if self.signal == Signal::Real { 1 } else { self.steps };
        (0..steps).map(|_| (0..self.input.len()).map(&mut value).collect()).collect()
    }
}

prop_compose! {
    fn neurons()(leak in 0..4_usize, decay_input: bool, soft: bool, above: bool) -> Neuron {
        Neuron {
            leak: [Leak::None, Leak::Tau(2.0), Leak::Share(0.5), Leak::Learned][leak],
            decay_input,
            threshold: 1.0,
            fires: if above { Fires::Above } else { Fires::From },
            initial: 0.25,
            reset: if soft { Reset::Soft } else { Reset::Hard(-0.125) },
        }
    }
}

prop_compose! {
    /// A convolution over the wide side and its narrow side; the groups' channels and a divisor of both sides.
    fn convolutions()(
        wide in prop_oneof![1..5_usize, 60..70_usize],
        narrow in prop_oneof![1..20_usize, 30..34_usize, 60..70_usize],
        grouping in 0..5,
        (height, width) in (1..6_usize, 1..6_usize),
        rows in slides(),
        columns in slides(),
        extra in (0..3_usize, 0..3_usize),
    ) -> Conv2d {
        let (groups, wide, narrow) = match grouping {
            // Depthwise, and groups with more than one input and output channel.
            0 => (narrow, narrow, narrow),
            1 => (narrow, narrow * 2, narrow),
            2 => (3, (wide % 25 + 1) * 3, (narrow % 25 + 1) * 3),
            _ => (1, wide, narrow),
        };
        let (rows, input_rows) = widened(rows, height, extra.0);
        let (columns, input_columns) = widened(columns, width, extra.1);
        let (input, output) = (Shape::new(wide, input_rows, input_columns), Shape::new(narrow, height, width));
        Conv2d { input, output, rows, columns, groups }
    }
}

prop_compose! {
    fn slides()(
        (size, stride, dilation) in (1..4_usize, 1..4_usize, 1..3_usize),
        padding in (0..3_usize, 0..3_usize),
    ) -> Slide {
        Slide { size, stride, padding, dilation }
    }
}

/// The slide with less padding than would leave nothing of the wide side, and the length of the wide side so that it takes
/// `places`; `extra` values are left over.
fn widened(slide: Slide, places: usize, extra: usize) -> (Slide, usize) {
    let padded = (places - 1) * slide.stride + slide.span();
    let most = (padded - 1) / 2;
    let padding = (slide.padding.0.min(most), slide.padding.1.min(most));
    (Slide { padding, ..slide }, padded + extra.min(slide.stride - 1) - padding.0 - padding.1)
}

prop_compose! {
    fn pools()(
        channels in prop_oneof![1..5_usize, 60..70_usize],
        (height, width) in (3..8_usize, 3..8_usize),
        rows in slides(),
        columns in slides(),
        global: bool,
        reduction in 0..3_usize,
    ) -> Pool2d {
        let reduction = [Reduction::Average, Reduction::Sum, Reduction::Max][reduction];
        let input = Shape::new(channels, height, width);
        let filled = |slide: Slide| {
            let most = slide.size / 2;
            Slide { padding: (slide.padding.0.min(most), slide.padding.1.min(most)), dilation: 1, ..slide }
        };
        let sliding = Pool2d::sliding(reduction, input, filled(rows), filled(columns));
        if global { Pool2d::global(reduction, input) } else { sliding }
    }
}

/// Operators with their input and output shapes.
fn operations() -> impl Strategy<Value = (Shape, Operation, Shape)> {
    let swapped = |c: Conv2d| Conv2d { input: c.output, output: c.input, ..c };
    let activations = [
        Activation::Relu,
        Activation::Clip { max: 0.5 },
        Activation::Quantise { levels: 1 },
        Activation::Quantise { levels: 4 },
        Activation::Round { step: 0.125, low: -3, high: 2 },
    ];
    prop_oneof![
        4 => convolutions().prop_map(|c| (c.input, Operation::Conv2d(c), c.output)),
        4 => convolutions().prop_map(swapped).prop_map(|c| (c.input, Operation::ConvTranspose2d(c), c.output)),
        1 => convolutions().prop_map(|c| (c.output, Operation::Linear, Shape::vector(c.input.channels))),
        3 => pools().prop_map(|p| (p.input, Operation::Pool(p), p.output)),
        1 => pools().prop_map(|p| (p.input, Operation::Scale, p.input)),
        1 => pools().prop_map(|p| (p.input, Operation::Flatten, Shape::vector(p.input.len()))),
        1 => (pools(), 0..activations.len()).prop_map(move |(p, i)| (p.input, Operation::Activation(activations[i]), p.input)),
    ]
}

prop_compose! {
    fn cases()(
        (input, operation, output) in operations(),
        max in 0..4_u32,
        neuron in neurons(),
        // So many that a strip has few columns.
        steps in prop_oneof![6 => 1..4_usize, 1 => 40..70_usize],
        density in 0.0..0.6_f64,
        seed: u64,
    ) -> Case {
        // An activation of spikes is refused.
        let max = if let Operation::Activation(_) = operation { 0 } else { max };
        let signal = if max == 0 { Signal::Real } else { Signal::Spikes { max } };
        Case { input, signal, operation, output, neuron, steps, density, seed }
    }
}

fn repeated(maps: Vec<Map>, steps: usize) -> Vec<Map> {
    if maps.len() == 1 { vec![maps[0].clone(); steps] } else { maps }
}

/// The feature of these values.
fn feature(shape: Shape, signal: Signal, maps: &[Map]) -> Feature {
    let steps = maps.len();
    let value = |t: usize, p: usize, c: usize| maps[t][c * shape.area() + p];
    match signal {
        Signal::Real => {
            let positions = (0..steps).flat_map(|t| (0..shape.area()).map(move |p| (t, p)));
            let data = positions.flat_map(|(t, p)| (0..shape.channels).map(move |c| value(t, p, c))).collect();
            Feature::Real(Real { shape, steps, data })
        }
        Signal::BINARY => {
            let mut train = SpikeTrain::silent(shape, steps);
            for (t, (p, c)) in
                (0..steps).flat_map(|t| plain::pairs(shape.area(), shape.channels).map(move |at| (t, at)))
            {
                if value(t, p, c) == 1.0 {
                    train.fire(t, p, c);
                }
            }
            Feature::Spikes(train)
        }
        Signal::Spikes { max } => Feature::Graded(GradedTrain::new(shape, steps, max, |t, p, c| value(t, p, c) as u32)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The operator alone and with a neuron behind it, and its counts, to the bit.
    #[test]
    fn operators_equal_plain_loops(case in cases()) {
        let (network, op) = case.network();
        let store = case.store(&network);
        let executable = Executable::new(&network, &Weights::from_store(&network, &store).unwrap()).unwrap();
        let maps = case.maps();
        let input = feature(case.input, case.signal, &maps);
        let alone = executable.run(op..op + 1, &input, case.steps).unwrap();
        let fused = executable.run(op..op + 2, &input, case.steps).unwrap();

        // The plain network begins with what the operator reads.
        let mut rest = Network::new("rest", case.input);
        rest.push("op", case.operation, &[0], case.output);
        rest.push("neuron", Operation::Neuron(case.neuron), &[1], case.output);
        let outputs = plain::run(&rest, &store, &repeated(maps.clone(), case.steps));
        prop_assert_eq!(repeated(plain::maps(&alone.output), case.steps), outputs[1].clone());
        prop_assert_eq!(plain::maps(&fused.output), outputs[2].clone());

        let spikes = |maps: &[Map]| maps.iter().flatten().map(|&x| x as u64).sum::<u64>();
        for run in [&alone, &fused] {
            let counts = run.layers[0].counts;
            let is_weighted = matches!(case.operation, Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear);
            let layer = run.layers[0];
            if is_weighted && case.signal == Signal::Real {
                let synapses = plain::synapses(&rest, 1);
                let nonzero: usize = maps.iter().map(|map| synapses.iter().filter(|&&(i, ..)| map[i] != 0.0).count()).sum();
                prop_assert_eq!((counts.ac, counts.mac), (0, synapses.len() as u64));
                prop_assert_eq!(layer.with_borders.mac, network.dense_macs(op..op + 1));
                prop_assert_eq!((layer.nonzero.mac, layer.nonzero.weight_reads), (nonzero as u64, nonzero as u64));
            } else if is_weighted {
                let padding = match case.operation {
                    Operation::Conv2d(Conv2d { rows, columns, .. })
                    | Operation::ConvTranspose2d(Conv2d { rows, columns, .. }) => {
                        rows.padding.0 + rows.padding.1 + columns.padding.0 + columns.padding.1
                    }
                    _ => 0,
                };
                prop_assert!(layer.with_borders.ac == counts.ac || (padding > 0 && layer.with_borders.ac > counts.ac));
                prop_assert_eq!(layer.nonzero, counts);
                let synapses = plain::synapses(&rest, 1);
                let pairs: u64 = maps.iter().map(|map| synapses.iter().map(|&(i, ..)| map[i] as u64).sum::<u64>()).sum();
                prop_assert_eq!((counts.ac, counts.mac), (pairs, 0));
            } else if let Operation::Pool(pool) = case.operation {
                // A window's sum of ones is how often it reads.
                let pool = Pool2d { reduction: Reduction::Sum, ..pool };
                rest.layers[1].operation = Operation::Pool(pool);
                let ones = maps.iter().map(|map| map.iter().map(|&x| if case.signal == Signal::Real { 1.0 } else { x }).collect());
                let reads = spikes(&plain::run(&rest, &store, &ones.collect::<Vec<_>>())[1]);
                let is_max = matches!(case.operation, Operation::Pool(p) if p.reduction == Reduction::Max);
                prop_assert_eq!((counts.ac, counts.mac, counts.activation_reads), (if is_max { 0 } else { reads }, 0, reads));
            } else if case.operation == Operation::Scale {
                let values = if case.signal == Signal::Real { (0, case.input.len() as u64) } else { (spikes(&maps), 0) };
                prop_assert_eq!((counts.ac, counts.mac), values);
            } else {
                prop_assert_eq!((counts.ac, counts.mac), (0, 0));
            }
            prop_assert_eq!(counts.weight_reads, if is_weighted || case.operation == Operation::Scale { counts.ac + counts.mac } else { 0 });
            prop_assert_eq!(run.layers[0].input_events, if case.signal == Signal::Real { 0 } else { spikes(&maps) });
        }
    }

    /// A threshold is a scale of what the neuron reads: with weights, threshold, first membrane and reset times the same factor, it emits the
    /// same spikes. So behind a normalisation, whose scale and shift are learnt, a learnt threshold can do nothing more.
    #[test]
    fn a_threshold_is_a_scale_of_the_weights(case in cases(), doublings in -3..4_i32) {
        let is_weighted = matches!(case.operation, Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear);
        if !is_weighted {
            return Ok(());
        }
        let factor = 2.0_f32.powi(doublings);
        let reset = if let Reset::Hard(to) = case.neuron.reset { Reset::Hard(factor * to) } else { Reset::Soft };
        let (threshold, initial) = (factor * case.neuron.threshold, factor * case.neuron.initial);
        let scaled = Case { neuron: Neuron { threshold, initial, reset, ..case.neuron }, ..case.clone() };
        let emitted = |case: &Case, factor: f32| {
            let (network, op) = case.network();
            let mut store = case.store(&network);
            let weights = store.iter_mut().filter(|(name, _)| name.starts_with("op."));
            weights.for_each(|(_, tensor)| tensor.data.iter_mut().for_each(|value| *value *= factor));
            let executable = Executable::new(&network, &Weights::from_store(&network, &store).unwrap()).unwrap();
            let input = feature(case.input, case.signal, &case.maps());
            plain::maps(&executable.run(op..op + 2, &input, case.steps).unwrap().output)
        };
        prop_assert_eq!(emitted(&scaled, factor), emitted(&case, 1.0));
    }
}

/// 3x3 convolution of 2 to 3 channels on 4x4 with padding 1: a corner spike reaches 4 positions, an inner one 9, one
/// at the edge 6; 3 output channels each. SpikingJelly and sinabs count 57.
#[test]
fn three_spikes_at_corner_inside_and_edge_make_57_synaptic_operations() {
    let shape = Shape::new(2, 4, 4);
    let conv = Conv2d::plain(shape, 3, 3, 1, 1);
    let mut network = Network::new("example", shape);
    let source = network.push("source", Operation::Neuron(Neuron::INTEGRATE_AND_FIRE), &[0], shape);
    network.conv("w", source, conv);
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
