//! The steady-state mean of one long, autocorrelated stream, in constant memory.

use super::{Interval, StatsError, mser, overlapping_batch_means};

/// Number of observations per batch at first: the 5 of MSER-5.
const FIRST_SIZE: u64 = 5;
/// Number of full batches at which neighbours are joined, so that every batch holds twice as many observations.
const CAPACITY: usize = 1024;
/// Number of batches of the overlapping estimator in the observations used; 10 to 30 lose little (Schmeiser, Operations
/// Research 30(3), 1982, pp. 556-568).
const INTERVAL_BATCHES: usize = 20;
/// After the largest deletion, one half, every interval batch still holds one batch.
const FEWEST_BATCHES: usize = 2 * INTERVAL_BATCHES;

/// Mean of a stationary stream of values that may start out of equilibrium, such as the latencies of requests to a
/// system that was empty at first.
///
/// The stream is kept as the means of at most 1,024 batches, first of 5 observations; whenever all are full, neighbours
/// are joined (Yeh and Schmeiser, Winter Simulation Conference 2000, pp. 637-645), so that from 2,560 observations
/// on there are always 512 to 1,023. [`SteadyMean::estimate`] deletes the warm-up by [`mser`] over the batches, which is
/// MSER-5 up to 5,119 observations and MSER with longer batches beyond, and takes the interval of what is left by
/// [`overlapping_batch_means`] over a twentieth of it. 8 KB; [`SteadyMean::push`] is O(1) amortised and never
/// allocates.
///
/// The interval covers if a twentieth of the run is much longer than the stream's memory, which nothing in a run that
/// is too short gives away: `docs/notes/statistics.md` says how long is long enough for a queue, and how far off it is
/// otherwise. Where replications are to be had, [`super::mean_interval`] over their means is safer.
#[derive(Clone, Debug, PartialEq)]
pub struct SteadyMean {
    means: Vec<f64>,
    size: u64,
    sum: f64,
    filled: u64,
}

/// Steady-state mean found by [`SteadyMean::estimate`], and the observations that it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SteadyEstimate {
    /// Mean of the observations used, with its 95 % interval.
    pub mean: Interval,
    /// Number of observations in all.
    pub observed: u64,
    /// Number of observations at the start that were deleted as warm-up.
    pub deleted: u64,
    /// Number of observations that `mean` rests on. The last ones may be left out because their batch is not full:
    /// fewer than a 512th of all, or fewer than 5.
    pub used: u64,
    /// Number of observations in each of the 20 batches that the interval rests on.
    pub batch: u64,
}

impl SteadyMean {
    /// An empty stream.
    pub fn new() -> Self {
        Self { means: Vec::with_capacity(CAPACITY), size: FIRST_SIZE, sum: 0.0, filled: 0 }
    }

    /// Adds an observation, which must be finite.
    pub fn push(&mut self, value: f64) {
        self.sum += value;
        self.filled += 1;
        if self.filled == self.size {
            self.means.push(self.sum / self.size as f64);
            (self.sum, self.filled) = (0.0, 0);
            if self.means.len() == CAPACITY {
                self.join_neighbours();
            }
        }
    }

    /// Number of observations added.
    pub fn count(&self) -> u64 {
        self.means.len() as u64 * self.size + self.filled
    }

    /// The steady-state mean.
    ///
    /// # Errors
    /// [`StatsError::RunTooShort`] for fewer than 200 observations; [`StatsError::NotSteady`] if the warm-up does not
    /// end in the first half.
    pub fn estimate(&self) -> Result<SteadyEstimate, StatsError> {
        let found = self.means.len();
        if found < FEWEST_BATCHES {
            return Err(StatsError::RunTooShort { found: self.count(), needed: FEWEST_BATCHES as u64 * FIRST_SIZE });
        }
        let deleted = mser(&self.means);
        if deleted == found / 2 {
            return Err(StatsError::NotSteady { observed: self.count() });
        }
        let steady = &self.means[deleted..];
        let batch = steady.len() / INTERVAL_BATCHES;
        Ok(SteadyEstimate {
            mean: overlapping_batch_means(steady, batch)?,
            observed: self.count(),
            deleted: deleted as u64 * self.size,
            used: steady.len() as u64 * self.size,
            batch: batch as u64 * self.size,
        })
    }

    fn join_neighbours(&mut self) {
        for index in 0..CAPACITY / 2 {
            self.means[index] = (self.means[2 * index] + self.means[2 * index + 1]) / 2.0;
        }
        self.means.truncate(CAPACITY / 2);
        self.size *= 2;
    }
}

impl Default for SteadyMean {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use proptest::prelude::*;
    use rand::RngExt;

    fn stream_of(values: impl IntoIterator<Item = f64>) -> SteadyMean {
        let mut stream = SteadyMean::new();
        values.into_iter().for_each(|value| stream.push(value));
        stream
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn batches_are_means_of_equal_stretches_however_long_the_stream(length in 0_u64..60_000, seed in 0_u64..1_000) {
            let mut rng = Streams::new(seed, 0).stream("values", 0);
            let values: Vec<f64> = (0..length).map(|_| rng.random()).collect();
            let mut stream = SteadyMean::new();
            let capacity = stream.means.capacity();
            values.iter().for_each(|&value| stream.push(value));
            prop_assert_eq!(stream.count(), length);
            prop_assert_eq!(stream.means.capacity(), capacity);
            prop_assert!(stream.means.len() < CAPACITY && (stream.size == 5 || stream.means.len() >= CAPACITY / 2));
            for (found, batch) in stream.means.iter().zip(values.chunks_exact(stream.size as usize)) {
                prop_assert!((found - batch.iter().sum::<f64>() / batch.len() as f64).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn short_and_drifting_streams_are_refused() {
        let constant = |length| stream_of(std::iter::repeat_n(7.0, length)).estimate();
        assert_eq!(constant(199), Err(StatsError::RunTooShort { found: 199, needed: 200 }));
        let estimate = constant(200).unwrap();
        assert_eq!((estimate.mean.low, estimate.mean.high), (7.0, 7.0));
        assert_eq!((estimate.observed, estimate.deleted, estimate.used, estimate.batch), (200, 0, 200, 10));
        assert_eq!(stream_of((1..=30_000).map(f64::from)).estimate(), Err(StatsError::NotSteady { observed: 30_000 }));
    }
}
