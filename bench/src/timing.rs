//! The one way in which everything here is timed.

use std::time::{Duration, Instant};

/// Seconds that the fastest of `times` repetitions of `work` took.
pub(crate) fn shortest(times: usize, mut work: impl FnMut()) -> f64 {
    let repetitions = (0..times).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    repetitions.min().unwrap_or(Duration::ZERO).as_secs_f64()
}
