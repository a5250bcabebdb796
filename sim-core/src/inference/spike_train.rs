//! Spikes of a layer, one bit each.

use super::vector::{Vector, Vectorised, vectorise};
use crate::network::Shape;

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

    /// The maps of `step` alone.
    pub(super) fn single_step(&self, step: usize) -> Self {
        Self { steps: 1, bits: self.step(step).to_vec(), ..*self }
    }

    /// Trains of one shape, one after the other in time; there is at least one.
    pub(super) fn join<'a>(trains: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let steps = trains.clone().map(|train| train.steps).sum();
        let bits = trains.clone().flat_map(|train| &train.bits).copied().collect();
        let first = trains.clone().next();
        let (shape, words) = first.map_or((Shape::new(0, 0, 0), 0), |first| (first.shape, first.words));
        Self { shape, steps, words, bits }
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

/// Positions of the set bits, lowest first.
#[inline(always)]
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        (word != 0).then(|| {
            word &= word - 1;
            bit
        })
    })
}
