//! Batches of feature maps, and a pool of memory for them.

use cospike_sim_core::network::Shape;

/// Pieces into which a batch is cut for the threads; fixed, so that sums do not depend on how many threads there are.
pub(super) const CHUNKS: usize = 8;

/// Feature maps of one shape: `[frames, height, width, channels]`, channels fastest.
///
/// A frame is one sample in one time step; time is outermost, so frame `t * batch + b` is sample `b` in step `t`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Maps {
    pub(crate) shape: Shape,
    pub(crate) frames: usize,
    pub(crate) data: Vec<f32>,
}

impl Maps {
    /// Values of frame `index`.
    pub(crate) fn frame(&self, index: usize) -> &[f32] {
        &self.data[index * self.shape.len()..][..self.shape.len()]
    }

    /// Frames in one piece of the work.
    pub(crate) fn frames_per_chunk(&self) -> usize {
        self.frames.div_ceil(CHUNKS).max(1)
    }

    /// Writes the mean over all positions of each frame, by channel, to `output`.
    pub(crate) fn average(&self, output: &mut Self) {
        let (channels, share) = (self.shape.channels, 1.0 / self.shape.area() as f32);
        let frames = self.data.chunks_exact(self.shape.len()).zip(output.data.chunks_exact_mut(channels));
        for (frame, mean) in frames {
            mean.fill(0.0);
            for position in frame.chunks_exact(channels) {
                mean.iter_mut().zip(position).for_each(|(m, v)| *m += v);
            }
            mean.iter_mut().for_each(|m| *m *= share);
        }
    }

    /// Backward pass of [`Self::average`]: gives every position of `output` an equal share of the gradient.
    pub(crate) fn spread(&self, output: &mut Self) {
        let (channels, share) = (self.shape.channels, 1.0 / output.shape.area() as f32);
        for (frame, mean) in output.data.chunks_exact_mut(output.shape.len()).zip(self.data.chunks_exact(channels)) {
            for position in frame.chunks_exact_mut(channels) {
                position.iter_mut().zip(mean).for_each(|(p, m)| *p = m * share);
            }
        }
    }

    /// The mean over time of `samples` samples; the memory of `self` goes to the pool.
    pub(crate) fn mean_over_time(self, samples: usize, pool: &mut Pool) -> Self {
        let share = samples as f32 / self.frames as f32;
        let mut mean = pool.take(self.shape, samples);
        mean.data.fill(0.0);
        for step in self.data.chunks_exact(mean.data.len()) {
            mean.data.iter_mut().zip(step).for_each(|(m, v)| *m += v * share);
        }
        pool.give(self);
        mean
    }

    /// Writes every frame as a vector in the order `[channel][row][column]`, as a linear layer reads it, to `output`.
    pub(crate) fn flatten(&self, output: &mut Self) {
        let (channels, area) = (self.shape.channels, self.shape.area());
        let frames = self.data.chunks_exact(self.shape.len()).zip(output.data.chunks_exact_mut(channels * area));
        for (frame, vector) in frames {
            vector.iter_mut().enumerate().for_each(|(i, v)| *v = frame[i % area * channels + i / area]);
        }
    }

    /// Backward pass of [`Self::flatten`]. Overwrites `output`, or adds to it.
    pub(crate) fn unflatten(&self, output: &mut Self, add: bool) {
        let (channels, area) = (output.shape.channels, output.shape.area());
        let frames = output.data.chunks_exact_mut(channels * area).zip(self.data.chunks_exact(channels * area));
        for (frame, vector) in frames {
            for (i, v) in vector.iter().enumerate() {
                let value = &mut frame[i % area * channels + i / area];
                *value = if add { *value + v } else { *v };
            }
        }
    }

    /// Values in one piece of the work.
    pub(crate) fn chunk(&self) -> usize {
        self.frames_per_chunk() * self.shape.len()
    }
}

/// Memory of maps that are no longer needed, for reuse: every step of training takes as much as the one before, and new
/// memory from the system costs a page fault for every 4 kB.
#[derive(Default)]
pub(crate) struct Pool(Vec<Vec<f32>>);

impl Pool {
    /// Largest number of buffers of one size that are kept; no pass has as many maps of one size.
    const MOST_ALIKE: usize = 64;

    /// Maps whose values are arbitrary, to be overwritten.
    pub(crate) fn take(&mut self, shape: Shape, frames: usize) -> Maps {
        let len = frames * shape.len();
        let fits = self.0.iter().position(|old| old.len() == len);
        let data = fits.map_or_else(|| vec![0.0; len], |index| self.0.swap_remove(index));
        Maps { shape, frames, data }
    }

    /// Keeps the memory of `maps` for reuse, unless there is plenty of that size: every step brings images from outside the
    /// pool, so that without a bound it would grow for ever.
    pub(crate) fn give(&mut self, maps: Maps) {
        let alike = self.0.iter().filter(|old| old.len() == maps.data.len()).count();
        if alike < Self::MOST_ALIKE {
            self.0.push(maps.data);
        }
    }
}
