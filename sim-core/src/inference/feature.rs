//! Features, the values between layers: real values or spike trains, both with the channels of a position stored
//! together.

use super::GradedTrain;
use super::vector::{Vector, Vectorised, vectorise};
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

/// T binary feature maps, one bit per channel, position and step.
///
/// The channels of a position are packed into [`SpikeTrain::words`] 64-bit words, channel `c` in bit `c % 64` of
/// word `c / 64`; words lie in the order `[step][row][column][word]`. Bits beyond the last channel are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpikeTrain {
    shape: Shape,
    steps: usize,
    words: usize,
    bits: Vec<u64>,
}

impl SpikeTrain {
    /// `steps` maps of `shape` without a spike.
    pub fn silent(shape: Shape, steps: usize) -> Self {
        let words = shape.channels.div_ceil(64);
        Self { shape, steps, words, bits: vec![0; steps * shape.area() * words] }
    }

    /// Shape of one step.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of steps, T.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Words per position.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Number of spikes over all steps.
    pub fn spikes(&self) -> u64 {
        vectorise(Ones(&self.bits))
    }

    /// Whether `channel` fires at `position` (row-major) in `step`.
    ///
    /// # Panics
    /// If an index lies outside the train.
    pub fn get(&self, step: usize, position: usize, channel: usize) -> bool {
        let (word, bit) = self.locate(step, position, channel);
        self.bits[word] >> bit & 1 == 1
    }

    /// Makes `channel` fire at `position` (row-major) in `step`.
    ///
    /// # Panics
    /// If an index lies outside the train.
    pub fn fire(&mut self, step: usize, position: usize, channel: usize) {
        let (word, bit) = self.locate(step, position, channel);
        self.bits[word] |= 1 << bit;
    }

    fn locate(&self, step: usize, position: usize, channel: usize) -> (usize, usize) {
        assert!(step < self.steps && position < self.shape.area() && channel < self.shape.channels);
        ((step * self.shape.area() + position) * self.words + channel / 64, channel % 64)
    }

    /// The words of one step.
    ///
    /// # Panics
    /// If `step >= steps()`.
    pub fn step(&self, step: usize) -> &[u64] {
        let len = self.shape.area() * self.words;
        &self.bits[step * len..(step + 1) * len]
    }

    /// The same maps, over `steps` steps if they are constant.
    pub(super) fn repeated(&self, steps: usize) -> Self {
        match self.steps {
            1 => Self { steps, bits: self.bits.repeat(steps), ..*self },
            _ => self.clone(),
        }
    }

    /// Merges the spikes of `carry` into this train; where both have one, `carry` keeps its own.
    pub(super) fn exchange(&mut self, carry: &mut Self) {
        for (mine, theirs) in self.bits.iter_mut().zip(&mut carry.bits) {
            (*mine, *theirs) = (*mine | *theirs, *mine & *theirs);
        }
    }

    /// Sets the 64-channel word `word` of `position` in `step`; the caller leaves bits beyond the last channel zero.
    pub(crate) fn set_word(&mut self, step: usize, position: usize, word: usize, bits: u64) {
        self.bits[(step * self.shape.area() + position) * self.words + word] = bits;
    }

    /// The words of one step, to be set; bits beyond the last channel stay zero.
    pub(crate) fn step_mut(&mut self, step: usize) -> &mut [u64] {
        let len = self.shape.area() * self.words;
        &mut self.bits[step * len..(step + 1) * len]
    }
}

/// Counts the set bits.
struct Ones<'a>(&'a [u64]);

impl Vectorised for Ones<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<V: Vector>(self) -> u64 {
        let mut ones = 0;
        for word in self.0 {
            ones += u64::from(word.count_ones());
        }
        ones
    }
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
            Self::Spikes(train) => train.shape,
            Self::Graded(graded) => graded.planes()[0].shape,
        }
    }

    /// Steps held, see [`Real::steps`] and [`SpikeTrain::steps`].
    pub fn steps(&self) -> usize {
        match self {
            Self::Real(real) => real.steps,
            Self::Spikes(train) => train.steps,
            Self::Graded(graded) => graded.planes()[0].steps,
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
