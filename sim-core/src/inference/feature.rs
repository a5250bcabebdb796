//! Features, the values between layers: real values or spike trains, both with the channels of a position stored
//! together.

use super::graded::GradedTrain;
use super::spike_train::SpikeTrain;
use crate::network::{Readout, Shape, Signal};
use std::borrow::Cow;

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

    /// The mean of each value over the steps.
    pub fn means(&self) -> Vec<f32> {
        self.sums().into_iter().map(|sum| sum / self.steps as f32).collect()
    }

    /// The sum of each value over the steps.
    fn sums(&self) -> Vec<f32> {
        self.over_steps(|values| values.sum())
    }

    /// Class scores, where these are the values that `readout` is of: what the last layer emits, or its membranes.
    pub(crate) fn read_out(&self, readout: Readout) -> Vec<f32> {
        match readout {
            Readout::SpikeCount => self.sums(),
            Readout::Mean => self.means(),
            Readout::Last | Readout::Membrane => self.step(self.steps - 1).to_vec(),
            // What is not a number stays so.
            Readout::Max | Readout::MaxMembrane => self.over_steps(|values| {
                let largest = |a: f32, b: f32| if b > a || b.is_nan() { b } else { a };
                values.reduce(largest).unwrap_or(f32::NAN)
            }),
        }
    }

    /// `of` the steps of each value.
    fn over_steps(&self, of: impl Fn(&mut dyn Iterator<Item = f32>) -> f32) -> Vec<f32> {
        (0..self.shape.len()).map(|value| of(&mut (0..self.steps).map(|t| self.step(t)[value]))).collect()
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

    /// What is held of `step`, alone; of a feature that does not change, that of every step.
    pub(super) fn step(&self, step: usize) -> Self {
        let step = step.min(self.steps() - 1);
        match self {
            Self::Real(real) => Self::Real(Real { steps: 1, data: real.step(step).to_vec(), ..*real }),
            Self::Spikes(train) => Self::Spikes(train.single_step(step)),
            Self::Graded(graded) => Self::Graded(GradedTrain::from_planes(
                graded.planes().iter().map(|plane| plane.single_step(step)).collect(),
            )),
        }
    }

    /// The first `steps` steps; all of a feature that does not change or holds no more.
    ///
    /// # Panics
    /// If `steps` is 0.
    pub fn first_steps(&self, steps: usize) -> Cow<'_, Self> {
        match self.steps() <= steps {
            true => Cow::Borrowed(self),
            false => Cow::Owned(Self::join(&(0..steps).map(|step| self.step(step)).collect::<Vec<_>>())),
        }
    }

    /// Features of one shape and kind, one after the other in time; there is at least one.
    pub(super) fn join(features: &[Self]) -> Self {
        let plane = |i: usize| SpikeTrain::join(features.iter().map(|feature| &feature.planes()[i]));
        match &features[0] {
            Self::Real(first) => {
                let parts = features.iter().filter_map(|feature| match feature {
                    Self::Real(real) => Some(real),
                    _ => None,
                });
                let steps = parts.clone().map(|part| part.steps).sum();
                Self::Real(Real {
                    shape: first.shape,
                    steps,
                    data: parts.flat_map(|part| &part.data).copied().collect(),
                })
            }
            Self::Spikes(_) => Self::Spikes(plane(0)),
            Self::Graded(graded) => {
                Self::Graded(GradedTrain::from_planes((0..graded.planes().len()).map(plane).collect()))
            }
        }
    }

    /// Real values; numbers of spikes as such.
    pub(super) fn values(&self) -> Cow<'_, Real> {
        match self {
            Self::Real(real) => Cow::Borrowed(real),
            spikes => Cow::Owned(Real { shape: spikes.shape(), steps: spikes.steps(), data: spikes.numbers() }),
        }
    }

    /// The numbers of spikes as real values, in the order of [`Real`]; nothing of real values.
    pub fn numbers(&self) -> Vec<f32> {
        let (shape, steps) = (self.shape(), self.steps());
        let mut numbers = vec![0.0; if self.planes().is_empty() { 0 } else { steps * shape.len() }];
        for train in self.planes() {
            for (i, number) in numbers.iter_mut().enumerate() {
                let (step, value) = (i / shape.len(), i % shape.len());
                *number += f32::from(train.get(step, value / shape.channels, value % shape.channels));
            }
        }
        numbers
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
    fn scores_are_read_out_over_the_steps() {
        let emitted = |data: &[f32]| Real { shape: Shape::vector(3), steps: 2, data: data.to_vec() };
        let spikes = emitted(&[0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(spikes.read_out(Readout::SpikeCount), [0.0, 1.0, 2.0]);
        assert_eq!(spikes.read_out(Readout::Mean), [0.0, 0.5, 1.0]);
        let real = emitted(&[-9.0, 2.0, 4.0, -8.0, f32::NAN, -1.0]);
        assert_eq!(real.read_out(Readout::Last)[0], -8.0);
        let largest = real.read_out(Readout::Max);
        assert!(largest[0] == -8.0 && largest[1].is_nan() && largest[2] == 4.0, "{largest:?}");
    }

    #[test]
    fn the_argmax_is_the_first_of_the_largest_and_never_nan() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(argmax(&[f32::NAN, -7.0, f32::NAN]), 1);
        assert_eq!((argmax(&[f32::NAN; 3]), argmax(&[f32::NEG_INFINITY; 2]), argmax(&[])), (0, 0, 0));
    }
}
