//! The small worked example: one convolution, counted by hand, by NeuroBench 2.3, SpikingJelly 2.0 and syops 0.0.5.

use cospike_sim_core::inference::{Executable, Feature, GradedTrain, Observation, Real, SpikeTrain, Tool};
use cospike_sim_core::network::{Conv2d, Network, Shape, Signal, Tensor, TensorStore, Weights};

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
    let dense = (0, 864);
    assert_eq!(counts(&real([1.0; 3], 0.0)), ([(55.0, 0.0), (57.0, 0.0), (85.5, 0.0)], dense));
    assert_eq!(counts(&real([1.0, 1.0, -1.0], 0.0)), ([(55.0, 0.0), (0.0, 864.0), (0.0, 912.0)], dense));
    assert_eq!(counts(&real([0.5; 3], 0.0)), ([(0.0, 55.0), (0.0, 864.0), (42.75, 0.0)], dense));
    // A float image: no value is zero, and nine pairs fall on the weight that is.
    assert_eq!(counts(&real([0.1, 0.2, 0.3], 0.7)), ([(0.0, 591.0), (0.0, 864.0), (0.0, 912.0)], dense));
}
