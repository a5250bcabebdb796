//! Concatenation along channels.

use super::spike_train::SpikeTrain;
use super::{Feature, GradedTrain, Real};
use crate::network::{Shape, Signal};

/// The channels of `inputs`, one behind the other, over `steps`; an input of a single step is the same in each. Spikes beside real values
/// become the values 0, 1, ...
pub(super) fn concat(inputs: &[&Feature], shape: Shape, signal: Signal, steps: usize) -> Feature {
    match signal {
        Signal::Real => Feature::Real(values(inputs, shape, steps)),
        Signal::BINARY => Feature::Spikes(plane(inputs, 0, shape, steps)),
        Signal::Spikes { max } => {
            let planes = (0..max as usize).map(|k| plane(inputs, k, shape, steps)).collect();
            Feature::Graded(GradedTrain::from_planes(planes))
        }
    }
}

fn values(inputs: &[&Feature], shape: Shape, steps: usize) -> Real {
    let reals: Vec<_> = inputs.iter().map(|input| input.values()).collect();
    let mut data = Vec::with_capacity(steps * shape.len());
    for (t, position) in (0..steps).flat_map(|t| (0..shape.area()).map(move |position| (t, position))) {
        for real in &reals {
            let channels = real.shape.channels;
            data.extend_from_slice(&real.step(t % real.steps)[position * channels..][..channels]);
        }
    }
    Real { shape, steps, data }
}

/// Plane `k` of all inputs, see [`GradedTrain`]; one that has no such plane is silent.
fn plane(inputs: &[&Feature], k: usize, shape: Shape, steps: usize) -> SpikeTrain {
    let mut joint = SpikeTrain::silent(shape, steps);
    let words = joint.words();
    let mut first = 0;
    for input in inputs {
        if let Some(train) = input.planes().get(k) {
            for t in 0..steps {
                let from = train.step(t % train.steps());
                let positions = joint.step_mut(t).chunks_exact_mut(words).zip(from.chunks_exact(train.words()));
                positions.for_each(|(to, from)| insert(to, from, first));
            }
        }
        first += input.shape().channels;
    }
    joint
}

/// Sets the bits of `to` from bit `first` on to those of `from`; they are zero before.
fn insert(to: &mut [u64], from: &[u64], first: usize) {
    let (word, shift) = (first / 64, first % 64);
    for (i, &bits) in from.iter().enumerate() {
        to[word + i] |= bits << shift;
        // Bits beyond the last channel are zero, so what is cut off has a word to go to.
        if let Some(over) = bits.checked_shr(64 - shift as u32).filter(|&over| over != 0) {
            to[word + i + 1] |= over;
        }
    }
}
