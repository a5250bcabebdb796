//! Pools, and flattening.

use super::spike_train::ones;
use super::taps::Taps;
use super::{Feature, GradedTrain, Real, SpikeTrain};
use crate::network::{Pool2d, Reduction, Shape};

/// A pool of `input`: real-valued, but for a maximum of spikes.
pub(super) fn pool(input: &Feature, pool: Pool2d, taps: &Taps) -> Feature {
    match (pool.reduction, input) {
        (Reduction::Max, Feature::Real(real)) => {
            Feature::Real(reduce(real, pool.output, taps, f32::NEG_INFINITY, f32::max))
        }
        (Reduction::Max, Feature::Spikes(train)) => Feature::Spikes(any(train, pool.output, taps)),
        (Reduction::Max, Feature::Graded(graded)) => {
            let planes = graded.planes().iter().map(|plane| any(plane, pool.output, taps)).collect();
            Feature::Graded(GradedTrain::from_planes(planes))
        }
        (Reduction::Sum | Reduction::Average, _) => {
            let mut sums = match input {
                Feature::Real(real) => reduce(real, pool.output, taps, 0.0, |a, b| a + b),
                _ => count(input, pool.output, taps),
            };
            if pool.reduction == Reduction::Average {
                let window = pool.elements() as f32;
                sums.data.iter_mut().for_each(|sum| *sum /= window);
            }
            Feature::Real(sums)
        }
    }
}

/// `combine` over every window, channel by channel, in the order of the kernel.
fn reduce(input: &Real, output: Shape, taps: &Taps, start: f32, combine: impl Fn(f32, f32) -> f32) -> Real {
    let (channels, positions) = (output.channels, taps.outputs());
    let mut result = Real { shape: output, steps: input.steps, data: vec![start; output.len() * input.steps] };
    for (i, results) in result.data.chunks_exact_mut(channels).enumerate() {
        let values = input.step(i / positions);
        for tap in taps.window(i % positions) {
            let window = &values[tap.position as usize * channels..][..channels];
            results.iter_mut().zip(window).for_each(|(result, &value)| *result = combine(*result, value));
        }
    }
    result
}

/// Spikes in every window, channel by channel.
fn count(input: &Feature, output: Shape, taps: &Taps) -> Real {
    let positions = taps.outputs();
    let mut result = Real::zeros(output, input.steps());
    for (i, sums) in result.data.chunks_exact_mut(output.channels).enumerate() {
        for plane in input.planes() {
            let (bits, words) = (plane.step(i / positions), plane.words());
            for tap in taps.window(i % positions) {
                let window = &bits[tap.position as usize * words..][..words];
                let channels = window
                    .iter()
                    .zip((0..).step_by(64))
                    .flat_map(|(&word, first)| ones(word).map(move |bit| first + bit));
                channels.for_each(|channel: usize| sums[channel] += 1.0);
            }
        }
    }
    result
}

/// Whether there is a spike in a window, channel by channel.
fn any(input: &SpikeTrain, output: Shape, taps: &Taps) -> SpikeTrain {
    let mut result = SpikeTrain::silent(output, input.steps());
    for step in 0..input.steps() {
        let bits = input.step(step);
        for (position, word) in (0..taps.outputs()).flat_map(|p| (0..input.words()).map(move |w| (p, w))) {
            let window = taps.window(position).iter().map(|tap| bits[tap.position as usize * input.words() + word]);
            result.set_word(step, position, word, window.fold(0, |any, word| any | word));
        }
    }
    result
}

/// `input` as a vector in the order `[channel][row][column]`.
pub(super) fn flatten(input: &Feature) -> Feature {
    match input {
        Feature::Real(real) => {
            let (shape, channels, area) = (real.shape, real.shape.channels, real.shape.area());
            let of_step = |t| (0..shape.len()).map(move |i| real.step(t)[i % area * channels + i / area]);
            let data = (0..real.steps).flat_map(of_step).collect();
            Feature::Real(Real { shape: Shape::vector(shape.len()), steps: real.steps, data })
        }
        Feature::Spikes(train) => Feature::Spikes(flatten_train(train)),
        Feature::Graded(graded) => {
            Feature::Graded(GradedTrain::from_planes(graded.planes().iter().map(flatten_train).collect()))
        }
    }
}

fn flatten_train(train: &SpikeTrain) -> SpikeTrain {
    let (shape, words) = (train.shape(), train.words());
    let mut flat = SpikeTrain::silent(Shape::vector(shape.len()), train.steps());
    for step in 0..train.steps() {
        for (i, &word) in train.step(step).iter().enumerate() {
            let (position, first) = (i / words, i % words * 64);
            ones(word).for_each(|bit| flat.fire(step, 0, (first + bit) * shape.area() + position));
        }
    }
    flat
}
