//! The small worked example: one convolution, counted by hand, by NeuroBench 2.3, SpikingJelly 2.0 and syops 0.0.5.

use cospike_sim_core::inference::{Executable, Feature, GradedTrain, Observation, Real, SpikeTrain, Tool};
use cospike_sim_core::network::{
    Activation, Conv2d, Network, Nonlinearity, Pool2d, Reduction, Shape, Signal, Tensor, TensorStore, Weights,
};

const SHAPE: Shape = Shape::new(2, 4, 4);
/// Channel and position of a spike in the corner, one inside and one at the edge: they reach 4, 9 and 6 positions.
const SPIKES: [(usize, usize); 3] = [(0, 0), (0, 5), (1, 14)];

/// 3x3 from 2 to 3 channels on 4x4 with padding 1 and bias; all weights are a half but one, which is 0.
fn network() -> (Network, Weights) {
    let mut network = Network::new("example", SHAPE);
    network.conv("conv", 0, Conv2d::plain(SHAPE, 3, 3, 1, 1));
    let mut weight = Tensor { shape: vec![3, 2, 3, 3], data: vec![0.5; 54] };
    weight.data[0] = 0.0;
    let bias = Tensor { shape: vec![3], data: vec![0.25; 3] };
    let store = TensorStore::from([("conv.weight".into(), weight), ("conv.bias".into(), bias)]);
    let weights = Weights::from_store(&network, &store).unwrap();
    (network, weights)
}

/// (accumulates, multiply-accumulates) by NeuroBench, SpikingJelly and syops, and by CoSpike, of the convolution on
/// `input`.
fn counts(input: &Feature) -> ([(f64, f64); 3], (u64, u64)) {
    let (network, weights) = network();
    let executable = Executable::with_input(input.signal(), &network, &weights).unwrap();
    let mut observation = Observation::new(&executable, &weights, 1);
    let ours = observation.run(1..2, input).unwrap().layers[0].counts;
    let tools = [Tool::NeuroBench, Tool::SpikingJelly, Tool::Syops].map(|tool| {
        let counts = tool.count(network.layers[1].operation, &observation.layers()[1]);
        (counts.ac, counts.mac)
    });
    (tools, (ours.ac, ours.mac))
}

/// Real values, all `other` but at the three places.
fn real(values: [f32; 3], other: f32) -> Feature {
    let mut real = Real { shape: SHAPE, steps: 1, data: vec![other; SHAPE.len()] };
    SPIKES.iter().zip(values).for_each(|(&(c, p), value)| real.data[p * SHAPE.channels + c] = value);
    Feature::Real(real)
}

#[test]
fn three_spikes_count_as_three_tools_count_them() {
    let mut train = SpikeTrain::silent(SHAPE, 1);
    SPIKES.iter().for_each(|&(c, p)| train.fire(0, p, c));
    // Two pairs fall on the weight of zero, which NeuroBench skips.
    assert_eq!(counts(&Feature::Spikes(train)), ([(55.0, 0.0), (57.0, 0.0), (85.5, 0.0)], (12 + 27 + 18, 0)));
    let silent = Feature::Spikes(SpikeTrain::silent(SHAPE, 1));
    assert_eq!(counts(&silent), ([(0.0, 0.0); 3], (0, 0)));
}

#[test]
fn graded_spikes_count_by_their_number_here_and_as_real_values_elsewhere() {
    let number = |_, p, c| SPIKES.iter().position(|&at| at == (c, p)).map_or(0, |i| if i == 2 { 2 } else { 1 });
    let graded = Feature::Graded(GradedTrain::new(SHAPE, 1, 2, number));
    assert_eq!(graded.signal(), Signal::Spikes { max: 2 });
    // 75 is what sinabs 3.1 counts.
    assert_eq!(counts(&graded), ([(0.0, 55.0), (0.0, 864.0), (0.0, 912.0)], (12 + 27 + 2 * 18, 0)));
}

#[test]
fn real_values_count_as_the_tools_take_them() {
    // Along each axis of 4 a kernel of 3 has 2 + 3 + 3 + 2 = 10 elements inside: 100 pairs of positions, 2 x 3 of channels. The
    // tools count all 16 x 9.
    let dense = (0, 600);
    assert_eq!(counts(&real([1.0; 3], 0.0)), ([(55.0, 0.0), (57.0, 0.0), (85.5, 0.0)], dense));
    assert_eq!(counts(&real([1.0, 1.0, -1.0], 0.0)), ([(55.0, 0.0), (0.0, 864.0), (0.0, 912.0)], dense));
    assert_eq!(counts(&real([0.5; 3], 0.0)), ([(0.0, 55.0), (0.0, 864.0), (42.75, 0.0)], dense));
    // A float image: no value is zero, and nine pairs fall on the weight that is.
    assert_eq!(counts(&real([0.1, 0.2, 0.3], 0.7)), ([(0.0, 591.0), (0.0, 864.0), (0.0, 912.0)], dense));
}

/// The three conventions of the convolution above, on both sides: a spike at a corner (4 of 9 inside), inside (9), at an edge (6).
#[test]
fn invariant_15_borders_are_counted_alike_on_spikes_and_on_real_values() {
    let (network, weights) = network();
    let counted = |input: Feature| {
        let executable = Executable::with_input(input.signal(), &network, &weights).unwrap();
        executable.run(1..2, &input, 1).unwrap().layers[0]
    };
    let mut train = SpikeTrain::silent(SHAPE, 1);
    SPIKES.iter().for_each(|&(c, p)| train.fire(0, p, c));
    let spikes = counted(Feature::Spikes(train));
    // (4 + 9 + 6) x 3 inside; 3 x 9 x 3 with what falls outside. Spikes are no zeros.
    assert_eq!([spikes.counts, spikes.with_borders, spikes.nonzero].map(|counts| counts.ac), [57, 81, 57]);
    assert_eq!([spikes.counts, spikes.with_borders, spikes.nonzero].map(|counts| counts.weight_reads), [57, 81, 57]);
    let values = counted(real([0.5, 0.25, 1.0], 0.0));
    assert_eq!([values.counts, values.with_borders, values.nonzero].map(|counts| counts.mac), [600, 864, 57]);
    assert_eq!(
        [values.counts, values.with_borders, values.nonzero].map(|counts| counts.activation_reads),
        [600, 864, 57]
    );
    assert_eq!((values.nonzero_inputs, values.nonzero.map_bits_read, values.counts.map_bits_read), (3, 32, 0));
    // If every value is one, both families count the same by each convention.
    let full = counted(Feature::Spikes({
        let mut train = SpikeTrain::silent(SHAPE, 1);
        (0..32).for_each(|i| train.fire(0, i / 2, i % 2));
        train
    }));
    let ones = counted(real([1.0; 3], 1.0));
    assert_eq!((full.counts.ac, full.with_borders.ac), (ones.counts.mac, ones.with_borders.mac));
}

/// A kernel of 3 with stride 2 and padding 1 from 4 to 2: output 0 reads inputs 0 and 1 through elements 1 and 2, output 1 reads
/// 1, 2 and 3; input 3 would lead to output 2 as well, which does not exist.
#[test]
fn a_stride_leaves_out_what_it_steps_over_with_borders_too() {
    let mut network = Network::new("strided", Shape::new(1, 4, 4));
    network.conv("conv", 0, Conv2d::plain(network.input(), 1, 3, 2, 1));
    let store = TensorStore::from([("conv.weight".into(), Tensor { shape: vec![1, 1, 3, 3], data: vec![1.0; 9] })]);
    let weights = Weights::from_store(&network, &store).unwrap();
    let executable = Executable::with_input(Signal::BINARY, &network, &weights).unwrap();
    let spike = |position| {
        let mut train = SpikeTrain::silent(network.input(), 1);
        train.fire(0, position, 0);
        let layer = executable.run(1..2, &Feature::Spikes(train), 1).unwrap().layers[0];
        (layer.counts.ac, layer.with_borders.ac)
    };
    assert_eq!([0, 5, 15].map(spike), [(1, 1), (4, 4), (1, 4)]);
}

/// 1x1 convolution, ReLU, sum with the image, average: on a machine that skips zeros only what is not zero is multiplied, added
/// and written, and a map has one bit per value.
#[test]
fn zeros_are_skipped_in_products_sums_pools_and_writes() {
    let shape = Shape::new(1, 2, 2);
    let mut network = Network::new("relu", shape);
    let conv = network.conv("conv", 0, Conv2d::plain(shape, 1, 1, 1, 0));
    let relu = network.nonlinearity("relu", conv, Nonlinearity::Float(Activation::Relu));
    let sum = network.push("sum", cospike_sim_core::network::Operation::Add, &[relu, 0], shape);
    network.pool("pool", sum, Pool2d::global(Reduction::Average, shape));
    let store = TensorStore::from([("conv.weight".into(), Tensor { shape: vec![1, 1, 1, 1], data: vec![1.0] })]);
    let executable = Executable::new(&network, &Weights::from_store(&network, &store).unwrap()).unwrap();
    // The ReLU leaves 2 and 3 of 2, 3, -1 and 0; the image has three values, so two of the sums have both operands, and three
    // of their results are not zero.
    let image = Feature::Real(Real { shape, steps: 1, data: vec![2.0, 3.0, -1.0, 0.0] });
    let layers = executable.run(1..5, &image, 1).unwrap().layers;
    let [conv, relu, sum, pool] = layers[..] else { panic!("four layers") };
    assert_eq!((conv.counts.mac, conv.nonzero.mac), (4, 3));
    assert_eq!((conv.counts.activation_writes, conv.nonzero.activation_writes), (4, 2));
    assert_eq!((conv.nonzero.map_bits_read, conv.nonzero.map_bits_written), (4, 4));
    assert_eq!(relu.nonzero, cospike_sim_core::inference::Counts::default());
    assert_eq!((sum.counts.ac, sum.nonzero.ac, sum.nonzero.map_bits_read, sum.nonzero.activation_writes), (4, 2, 8, 3));
    // Nobody reads the average by a map, so it is written as it is.
    assert_eq!((pool.counts.ac, pool.nonzero.ac, pool.nonzero.map_bits_written), (4, 3, 0));
}
