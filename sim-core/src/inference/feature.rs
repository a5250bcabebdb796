//! Features, the values between layers: real values or spike trains, both with the channels of a position stored
//! together.

use super::graded::GradedTrain;
use super::spike_train::SpikeTrain;
use crate::network::{Shape, Signal};

/// A real-valued feature map, one value per channel, position and step.
///
/// A feature that does not change over time (the sample itself, everything in a float network) has one step
/// whatever T is. Values lie in the order `[step][row][column][channel]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Real {
    /// Shape of one step.
    pub shape: Shape,
    /// Number of steps held: 1 if constant over time, else T.
    pub steps: usize,
    /// `steps * shape.len()` values.
    pub data: Vec<f32>,
}

impl Real {
    /// A feature of zeros.
    pub fn zeros(shape: Shape, steps: usize) -> Self {
        Self { shape, steps, data: vec![0.0; steps * shape.len()] }
    }

    /// Whether `data` holds as many values as `steps` and `shape` say.
    pub(crate) fn is_whole(&self) -> bool {
        self.data.len() == self.steps * self.shape.len()
    }

    /// The values of one step, in the order `[row][column][channel]`.
    ///
    /// # Panics
    /// If `step >= steps`, or `data` holds fewer values than that.
    pub fn step(&self, step: usize) -> &[f32] {
        let len = self.shape.len();
        &self.data[step * len..(step + 1) * len]
    }

    /// The class answered when these values are class scores: the [`argmax`] of their means over the steps.
    pub fn answer(&self) -> usize {
        argmax(&self.means())
    }

    /// The mean of each value over the steps.
    pub fn means(&self) -> Vec<f32> {
        let sum = |value: usize| (0..self.steps).map(|t| self.step(t)[value]).sum::<f32>();
        (0..self.shape.len()).map(|value| sum(value) / self.steps as f32).collect()
    }
}

/// Index of the largest value, the lowest index among equal ones. NaN is never the largest; 0 if there is no value that
/// exceeds negative infinity.
pub fn argmax(values: &[f32]) -> usize {
    let mut largest = (0, f32::NEG_INFINITY);
    for (index, &value) in values.iter().enumerate() {
        if value > largest.1 {
            largest = (index, value);
        }
    }
    largest.0
}

/// The output of a layer, over all steps.
#[derive(Clone, Debug, PartialEq)]
pub enum Feature {
    /// Real values: the sample, a float layer, the currents of a spiking one, class scores.
    Real(Real),
    /// Spikes of a neuron layer.
    Spikes(SpikeTrain),
    /// Sums of spike trains.
    Graded(GradedTrain),
}

impl Feature {
    /// Shape of one step.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Real(real) => real.shape,
            Self::Spikes(train) => train.shape(),
            Self::Graded(graded) => graded.planes()[0].shape(),
        }
    }

    /// Steps held, see [`Real::steps`] and [`SpikeTrain::steps`].
    pub fn steps(&self) -> usize {
        match self {
            Self::Real(real) => real.steps,
            Self::Spikes(train) => train.steps(),
            Self::Graded(graded) => graded.planes()[0].steps(),
        }
    }

    /// Kind of values held.
    pub fn signal(&self) -> Signal {
        match self {
            Self::Real(_) => Signal::Real,
            Self::Spikes(_) => Signal::BINARY,
            Self::Graded(graded) => Signal::Spikes { max: graded.max() },
        }
    }

    /// The spike trains whose sum the feature is; empty for real values.
    pub fn planes(&self) -> &[SpikeTrain] {
        match self {
            Self::Real(_) => &[],
            Self::Spikes(train) => std::slice::from_ref(train),
            Self::Graded(graded) => graded.planes(),
        }
    }

    /// Number of spikes; a graded spike counts as often as its number says, real values do not count.
    pub fn spikes(&self) -> u64 {
        self.planes().iter().map(SpikeTrain::spikes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_lowest_class_of_the_highest_mean() {
        let scores = |data: &[f32]| Real { shape: Shape::vector(3), steps: 2, data: data.to_vec() };
        assert_eq!(scores(&[0.0, 3.0, 1.0, 0.0, -1.0, 1.0]).answer(), 1);
        assert_eq!(scores(&[-9.0, -2.0, -1.0, -8.0, -1.0, -1.0]).answer(), 2);
    }

    #[test]
    fn the_argmax_is_the_first_of_the_largest_and_never_nan() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(argmax(&[f32::NAN, -7.0, f32::NAN]), 1);
        assert_eq!((argmax(&[f32::NAN; 3]), argmax(&[f32::NEG_INFINITY; 2]), argmax(&[])), (0, 0, 0));
    }
}
