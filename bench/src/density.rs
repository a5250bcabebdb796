//! Event-driven against dense convolution over the density of spikes.

use crate::error::BenchError;
use crate::timing::shortest;
use cospike_sim_core::inference::{Executable, Feature, Real, SpikeTrain};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::network::{Conv2d, Network, Neuron, Operation, Shape, Tensor, Weights};
use rand::RngExt;
use serde::Serialize;
use std::rc::Rc;

/// Channels in and out, and side of the map: the three stages of the reference network.
const SHAPES: [(usize, usize); 3] = [(16, 28), (32, 14), (64, 7)];
/// Shares of the neurons that fire in a step, in per cent.
const DENSITIES: [u32; 11] = [1, 2, 3, 5, 8, 12, 16, 20, 30, 40, 50];
/// Distinct inputs per measurement: with fewer, the CPU learns which branches they take.
const INPUTS: usize = 32;
/// Repetitions of each measurement: enough to outlast a second in which other programs use the machine.
const REPEATS: usize = 200;
/// Seed of weights and spikes.
const SEED: u64 = 1;

/// Times of a 3x3 convolution on spikes of growing density, and of the same convolution computed densely.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DensitySweep {
    /// Input channels, and as many output channels.
    pub channels: usize,
    /// Rows and columns of the map.
    pub side: usize,
    /// Shares of the neurons that fire in a step, from 0 to 1, ascending.
    pub density: Vec<f64>,
    /// Seconds per input, all steps, of the event-driven kernel; one for each density.
    pub event_driven_seconds: Vec<f64>,
    /// Seconds per input of the dense kernel for all steps, whatever the density.
    pub dense_seconds: f64,
    /// Share of firing neurons from which on the dense kernel is faster, interpolated between two measured ones; none if
    /// the event-driven kernel wins everywhere.
    pub crossover: Option<f64>,
}

impl DensitySweep {
    /// Time steps of every input.
    pub const STEPS: usize = 4;

    /// Measures one sweep for each of three shapes.
    pub(crate) fn measure_all() -> Result<Vec<Self>, BenchError> {
        let cases = SHAPES.iter().map(|&(channels, side)| Cases::new(channels, side));
        let mut cases = cases.collect::<Result<Vec<_>, _>>()?;
        for _ in 0..REPEATS {
            cases
                .iter_mut()
                .flat_map(|cases| cases.event_driven.iter_mut().chain([&mut cases.dense]))
                .for_each(Case::time);
        }
        Ok(cases.iter().map(Cases::sweep).collect())
    }
}

/// Density, in per cent, from which on the dense convolution is faster.
fn crossover(event_driven: &[f64], dense: f64) -> Option<f64> {
    let above = event_driven.iter().position(|&seconds| seconds > dense)?;
    let (high, to) = (event_driven[above], f64::from(DENSITIES[above]));
    let Some(below) = above.checked_sub(1) else { return Some(to) };
    let (low, from) = (event_driven[below], f64::from(DENSITIES[below]));
    Some(from + (to - from) * (dense - low) / (high - low))
}

/// The layers and inputs of a [`DensitySweep`].
struct Cases {
    channels: usize,
    side: usize,
    event_driven: Vec<Case>,
    dense: Case,
}

/// One layer with its inputs.
struct Case {
    executable: Rc<Executable>,
    layer: usize,
    inputs: Vec<Feature>,
    /// Shortest time that all inputs together took.
    seconds: f64,
}

impl Cases {
    fn new(channels: usize, side: usize) -> Result<Self, BenchError> {
        let shape = Shape::new(channels, side, side);
        let (event_driven, dense) = (Rc::new(convolution(shape, true)?), Rc::new(convolution(shape, false)?));
        let on_spikes = |density| Case::new(&event_driven, 2, inputs(shape, density));
        let values = Feature::Real(Real { shape, steps: 1, data: vec![1.0; shape.len()] });
        Ok(Self {
            channels,
            side,
            event_driven: DENSITIES.into_iter().map(on_spikes).collect::<Result<_, _>>()?,
            dense: Case::new(&dense, 1, vec![values])?,
        })
    }

    fn sweep(&self) -> DensitySweep {
        let seconds = |case: &Case| case.seconds / case.inputs.len() as f64;
        let event_driven_seconds: Vec<f64> = self.event_driven.iter().map(seconds).collect();
        let dense_seconds = DensitySweep::STEPS as f64 * seconds(&self.dense);
        DensitySweep {
            channels: self.channels,
            side: self.side,
            density: DENSITIES.iter().map(|&density| f64::from(density) / 100.0).collect(),
            crossover: crossover(&event_driven_seconds, dense_seconds).map(|density| density / 100.0),
            event_driven_seconds,
            dense_seconds,
        }
    }
}

impl Case {
    /// The case, after a first execution on every input, which shows that the timed ones cannot fail.
    fn new(executable: &Rc<Executable>, layer: usize, inputs: Vec<Feature>) -> Result<Self, BenchError> {
        inputs.iter().try_for_each(|input| executable.run(layer..layer + 1, input, DensitySweep::STEPS).map(drop))?;
        Ok(Self { executable: Rc::clone(executable), layer, inputs, seconds: f64::INFINITY })
    }

    /// Executes the layer on all inputs once more and keeps the shortest time.
    fn time(&mut self) {
        let seconds = shortest(1, || {
            for input in &self.inputs {
                // Cannot fail: `new` has executed the same.
                drop(std::hint::black_box(self.executable.run(self.layer..self.layer + 1, input, DensitySweep::STEPS)));
            }
        });
        self.seconds = self.seconds.min(seconds);
    }
}

/// [`INPUTS`] spike trains in which each neuron fires in a step with a probability of `density` per cent.
fn inputs(shape: Shape, density: u32) -> Vec<Feature> {
    let mut draws = Streams::new(SEED, 0).stream("density", u64::from(density));
    let mut input = || {
        let mut train = SpikeTrain::silent(shape, DensitySweep::STEPS);
        for (t, p) in (0..DensitySweep::STEPS).flat_map(|t| (0..shape.area()).map(move |p| (t, p))) {
            let fires = (0..shape.channels).filter(|_| draws.random_bool(f64::from(density) / 100.0));
            fires.collect::<Vec<_>>().into_iter().for_each(|c| train.fire(t, p, c));
        }
        Feature::Spikes(train)
    };
    (0..INPUTS).map(|_| input()).collect()
}

/// A 3x3 convolution with random weights, on spikes (then behind a neuron, layer 1) or on the sample itself.
fn convolution(shape: Shape, on_spikes: bool) -> Result<Executable, BenchError> {
    let mut network = Network::new("convolution", shape);
    if on_spikes {
        network.push("neuron", Operation::Neuron(Neuron::INTEGRATE_AND_FIRE), &[0], shape);
    }
    let input = network.layers.len() - 1;
    let conv = Conv2d::plain(shape, shape.channels, 3, 1, 1);
    network.push("conv", Operation::Conv2d(conv), &[input], conv.output);
    let mut draws = Streams::new(SEED, 0).stream("weights", 0);
    let store = Weights::shapes(&network).into_iter().map(|(name, shape)| {
        let data = (0..shape.iter().product()).map(|_| draws.random_range(-0.1..0.1)).collect();
        (name, Tensor { shape, data })
    });
    Ok(Executable::new(&network, &Weights::from_store(&network, &store.collect())?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times by hand: 1 % takes 1 s, 2 % takes 3 s, so a dense kernel of 2.5 s is as fast at 1.75 %; 3 % takes 5 s, 5 % takes 7 s.
    #[test]
    fn the_crossover_lies_between_the_densities_around_it() {
        let rising: Vec<f64> = (0..DENSITIES.len()).map(|i| 1.0 + 2.0 * i as f64).collect();
        assert_eq!(crossover(&rising, 2.5), Some(1.75));
        assert_eq!(crossover(&rising, 5.5), Some(3.5));
        assert_eq!(crossover(&rising, 0.5), Some(1.0), "slower at every density that was measured");
        assert_eq!(crossover(&rising, 100.0), None);
    }
}
