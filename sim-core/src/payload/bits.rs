//! Bit-packing of spike trains.

use crate::inference::SpikeTrain;

/// The spikes of one step: neuron `position * channels + channel` is bit `i % 8` of byte `i / 8`.
pub(super) fn pack(train: &SpikeTrain, step: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(train.shape().len().div_ceil(8));
    let (mut pending, mut held) = (0_u128, 0);
    for (i, &word) in train.step(step).iter().enumerate() {
        pending |= u128::from(word) << held;
        held += width(train, i);
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

/// Sets the spikes of `step` in a silent `train` from what [`pack`] made.
pub(super) fn unpack(bytes: &[u8], train: &mut SpikeTrain, step: usize) {
    let mut bytes = bytes.iter();
    let (mut pending, mut held) = (0_u128, 0);
    for i in 0..train.step(step).len() {
        let width = width(train, i);
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

/// Channels held by the `i`-th word of a step.
fn width(train: &SpikeTrain, i: usize) -> usize {
    (train.shape().channels - i % train.words() * 64).min(64)
}
