//! Bit-packing of spike trains and of whole numbers.

use super::error::PayloadError;
use crate::inference::{GradedTrain, SpikeTrain};
use crate::network::Shape;

/// Number of binary digits of the numbers up to `max`.
pub(super) fn digits(max: u32) -> u32 {
    u32::BITS - max.leading_zeros()
}

/// Packs numbers of `digits` binary digits one behind the other, the lowest digit first.
pub(super) fn pack_numbers(numbers: impl Iterator<Item = u32>, digits: u32) -> Vec<u8> {
    pack_fields(numbers.map(|number| (number.into(), digits)))
}

/// Packs fields, each a value and its number of bits, at most 64, one behind the other, the lowest bit first.
fn pack_fields(fields: impl Iterator<Item = (u64, u32)>) -> Vec<u8> {
    let mut bytes = vec![];
    let (mut pending, mut held) = (0_u128, 0);
    for (value, bits) in fields {
        pending |= u128::from(value) << held;
        held += bits;
        while held >= 8 {
            bytes.push(pending as u8);
            pending >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        bytes.push(pending as u8);
    }
    bytes
}

/// Number `index` of what [`pack_numbers`] made.
pub(super) fn number(bytes: &[u8], digits: u32, index: usize) -> u32 {
    let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
    (0..digits).fold(0, |number, digit| number | bit(index * digits as usize + digit as usize) << digit)
}

/// Packs the numbers of one step: the bit map of every digit, the lowest first.
pub(super) fn pack_graded(graded: &GradedTrain, step: usize) -> Vec<u8> {
    let map = |digit: u32| {
        // Plane `k` says whether the number is at least `k + 1`, and the digit changes at every multiple of its value.
        let every = 1 << digit;
        let planes = graded.planes().iter().skip(every - 1).step_by(every);
        let mut words = vec![0; graded.planes()[0].step(step).len()];
        planes.for_each(|plane| words.iter_mut().zip(plane.step(step)).for_each(|(word, bits)| *word ^= bits));
        pack_words(&words, graded.planes()[0].shape().channels)
    };
    (0..digits(graded.max())).flat_map(map).collect()
}

/// Treatment of a number above the largest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AboveMax {
    /// It is read as the largest.
    Lower,
    /// It is an error.
    Refuse,
}

/// Unpacks what [`pack_graded`] made of every step; `parts` are the bytes of the steps, each of the right length.
///
/// # Errors
/// [`PayloadError::Grade`] for a number above `max`, unless that is lowered.
pub(super) fn unpack_graded<'a>(
    parts: impl Iterator<Item = &'a [u8]>,
    shape: Shape,
    steps: usize,
    max: u32,
    above: AboveMax,
) -> Result<GradedTrain, PayloadError> {
    let mut maps = vec![SpikeTrain::silent(shape, steps); digits(max) as usize];
    for (step, part) in parts.enumerate() {
        let bytes = part.chunks_exact(shape.len().div_ceil(8));
        maps.iter_mut().zip(bytes).for_each(|(map, bytes)| unpack(bytes, map, step));
    }
    let digit = |map: &SpikeTrain, t, p, c| u32::from(map.get(t, p, c));
    let sent = |t, p, c| maps.iter().rev().fold(0, |number, map| 2 * number + digit(map, t, p, c));
    let number = |t, p, c| if above == AboveMax::Lower { sent(t, p, c).min(max) } else { sent(t, p, c) };
    let all = (0..steps).flat_map(|t| (0..shape.area()).map(move |p| (t, p)));
    let mut all = all.flat_map(|(t, p)| (0..shape.channels).map(move |c| (t, p, c)));
    match all.find(|&(t, p, c)| number(t, p, c) > max) {
        Some((t, p, c)) => Err(PayloadError::Grade { found: number(t, p, c), max }),
        None => Ok(GradedTrain::new(shape, steps, max, number)),
    }
}

/// Packs the spikes of one step: neuron `i = position * channels + channel` is bit `i % 8` of byte `i / 8`.
pub(super) fn pack(train: &SpikeTrain, step: usize) -> Vec<u8> {
    pack_words(train.step(step), train.shape().channels)
}

fn pack_words(words: &[u64], channels: usize) -> Vec<u8> {
    pack_fields(words.iter().enumerate().map(|(i, &word)| (word, width(channels, i) as u32)))
}

/// Sets the spikes of `step` in a silent `train` from what [`pack`] made.
pub(super) fn unpack(bytes: &[u8], train: &mut SpikeTrain, step: usize) {
    let mut bytes = bytes.iter();
    let (mut pending, mut held) = (0_u128, 0);
    for i in 0..train.step(step).len() {
        let width = width(train.shape().channels, i);
        while held < width {
            pending |= u128::from(bytes.next().copied().unwrap_or(0)) << held;
            held += 8;
        }
        let mask = (1_u128 << width) - 1;
        train.set_word(step, i / train.words(), i % train.words(), (pending & mask) as u64);
        pending >>= width;
        held -= width;
    }
}

/// Number of channels held by the `i`-th word of a step.
fn width(channels: usize, i: usize) -> usize {
    (channels - i % channels.div_ceil(64) * 64).min(64)
}
