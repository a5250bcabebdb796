//! Graded spikes: sums of spike trains.

use super::spike_train::SpikeTrain;
use crate::network::Shape;

/// T maps of whole numbers of spikes, as sums of spike trains give (spike-element-wise residual blocks).
///
/// The numbers lie in a thermometer code: plane `k` is a spike train with a spike wherever the number exceeds `k`. So
/// the planes' sum is the number, a layer on graded spikes is a layer on each plane's spikes, a maximum of numbers is a
/// maximum plane by plane, and equal numbers are equal planes whatever they were summed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradedTrain {
    planes: Vec<SpikeTrain>,
}

impl GradedTrain {
    /// Numbers of `shape` over `steps` steps, `number(step, position, channel)` each, up to `max`, which is at least 1.
    pub fn new(shape: Shape, steps: usize, max: u32, number: impl Fn(usize, usize, usize) -> u32) -> Self {
        let mut planes = vec![SpikeTrain::silent(shape, steps); max.max(1) as usize];
        for (t, p, c) in indices(shape, steps) {
            planes.iter_mut().take(number(t, p, c) as usize).for_each(|plane| plane.fire(t, p, c));
        }
        Self { planes }
    }

    /// A train from planes that already are a thermometer code.
    pub(super) fn from_planes(planes: Vec<SpikeTrain>) -> Self {
        Self { planes }
    }

    /// The sum of two numbers given by their planes, over `steps` steps; planes of a single step count in each.
    pub(super) fn sum(a: &[SpikeTrain], b: &[SpikeTrain], steps: usize) -> Self {
        let mut planes: Vec<_> = a.iter().map(|plane| plane.repeated(steps)).collect();
        for addend in b {
            // One more spike sets the first plane that is not set yet.
            let mut carry = addend.repeated(steps);
            planes.iter_mut().for_each(|plane| plane.exchange(&mut carry));
            planes.push(carry);
        }
        Self { planes }
    }

    /// The planes of the thermometer code, the one that is set first in front; at least one.
    pub fn planes(&self) -> &[SpikeTrain] {
        &self.planes
    }

    /// Largest number of spikes that can be held.
    pub fn max(&self) -> u32 {
        self.planes.len() as u32
    }

    /// The number of `channel` at `position` (row-major) in `step`.
    ///
    /// # Panics
    /// If an index lies outside the train.
    pub fn get(&self, step: usize, position: usize, channel: usize) -> u32 {
        self.planes.iter().map(|plane| u32::from(plane.get(step, position, channel))).sum()
    }
}

/// Every (step, position, channel).
fn indices(shape: Shape, steps: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let positions = (0..steps).flat_map(move |t| (0..shape.area()).map(move |p| (t, p)));
    positions.flat_map(move |(t, p)| (0..shape.channels).map(move |c| (t, p, c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_numbers_are_the_planes_of_the_sum() {
        let shape = Shape::new(70, 1, 3);
        let graded = |a: usize, max| GradedTrain::new(shape, 2, max, move |t, p, c| ((a * t + 3 * p + c) % 3) as u32);
        let (a, b) = (graded(1, 2), graded(2, 3));
        let sum = GradedTrain::sum(a.planes(), b.planes(), 2);
        assert_eq!(sum, GradedTrain::new(shape, 2, 5, |t, p, c| a.get(t, p, c) + b.get(t, p, c)));
        let constant = GradedTrain::new(shape, 1, 2, |_, p, c| a.get(0, p, c));
        let sum = GradedTrain::sum(constant.planes(), b.planes(), 2);
        assert_eq!(sum, GradedTrain::new(shape, 2, 5, |t, p, c| a.get(0, p, c) + b.get(t, p, c)));
    }
}
