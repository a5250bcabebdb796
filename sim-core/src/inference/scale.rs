//! Products of values with weights of their own.

use super::{Feature, Real};

/// Every value of `input` times its factor, in the order `[row][column][channel]`.
pub(super) fn scale(input: &Feature, factors: &[f32]) -> Feature {
    let (shape, steps) = (input.shape(), input.steps());
    let mut data = match input {
        Feature::Real(real) => real.data.clone(),
        spikes => spikes.numbers(),
    };
    for step in data.chunks_exact_mut(shape.len()) {
        step.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
    }
    Feature::Real(Real { shape, steps, data })
}
