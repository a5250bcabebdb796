//! Intervals of the mean of one autocorrelated, stationary series.

use super::intervals::{CONFIDENCE, mean_interval, t_interval};
use super::{Interval, Moments, StatsError};

/// Batch-means interval: the Student-t interval over the means of `batches` equal, consecutive stretches (Law,
/// Simulation Modeling and Analysis, 5th ed., section 9.5.3). It covers only if a batch is much longer than the
/// series' memory.
///
/// # Errors
/// [`StatsError::UnevenBatches`] if the series does not divide evenly, [`StatsError::TooFew`] for fewer than
/// two batches.
pub fn batch_means(series: &[f64], batches: usize) -> Result<Interval, StatsError> {
    if batches < 2 {
        return Err(StatsError::TooFew { found: batches });
    }
    if series.is_empty() || !series.len().is_multiple_of(batches) {
        return Err(StatsError::UnevenBatches { values: series.len(), batches });
    }
    let size = series.len() / batches;
    let means: Vec<f64> = series.chunks_exact(size).map(|batch| batch.iter().sum::<f64>() / size as f64).collect();
    mean_interval(&means)
}

/// Overlapping-batch-means interval (Meketon and Schmeiser, Winter Simulation Conference 1984, pp. 226-230): with
/// `A[j]` the mean of the `m = size` values from the `j`-th on, of `n`,
///
/// `variance of the mean = m / ((n-m+1) (n-m)) * sum of (A[j] - mean)^2`,
///
/// and Student's t with `(n/m - 1) / (2/3 + 1/(3 m^2))` degrees of freedom: overlapping has 2/3 of the variance of
/// [`batch_means`] as a variance estimator (op. cit.), which for independent values and a finite `m` is
/// `1/m * sum over |i| < m of (1 - |i|/m)^2 = 2/3 + 1/(3 m^2)` (Welch, Winter Simulation Conference 1987,
/// pp. 320-323). Like [`batch_means`] it covers only if a batch is much longer than the series' memory.
///
/// # Errors
/// [`StatsError::TooFew`] if the series is shorter than two batches or `size` is 0.
pub fn overlapping_batch_means(series: &[f64], size: usize) -> Result<Interval, StatsError> {
    let batches = series.len().checked_div(size).unwrap_or(0);
    let moments: Moments = series.iter().copied().collect();
    let (Some(mean), 2..) = (moments.mean(), batches) else { return Err(StatsError::TooFew { found: batches }) };
    let (n, m) = (series.len() as f64, size as f64);
    // Sums of deviations are small, so that moving the window on by adding and subtracting loses no digits.
    let mut window: f64 = series[..size].iter().map(|value| value - mean).sum();
    let mut squares = window * window;
    for (leaves, enters) in series.iter().zip(&series[size..]) {
        window += enters - leaves;
        squares += window * window;
    }
    let variance = squares / (m * m) * m / ((n - m + 1.0) * (n - m));
    let freedom = (n / m - 1.0) / (2.0 / 3.0 + 1.0 / (3.0 * m * m));
    t_interval(mean, variance.sqrt(), freedom, CONFIDENCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use crate::stats::wilson;
    use proptest::prelude::*;
    use rand::RngExt;
    use rand_distr::Exp1;

    /// Waits in an M/M/1 queue with rho = 0.5 and mean service 1 have mean 1; 95 % intervals must cover it in about
    /// 95 % of independent runs. Treating the correlated waits as independent covers far less often, so the test
    /// tells the two apart.
    #[test]
    fn batch_means_cover_the_mean_of_a_queue_with_known_truth() {
        let waits = |replication| {
            let mut rng = Streams::new(7, replication).stream("waits", 0);
            let mut wait = 0.0_f64;
            // Lindley's recursion; the first 2,000 waits are warm-up.
            let mut series = std::iter::repeat_with(move || {
                let (service, gap): (f64, f64) = (rng.sample(Exp1), rng.sample(Exp1));
                wait = (wait + service - 2.0 * gap).max(0.0);
                wait
            });
            series.by_ref().nth(1_999);
            series.take(20_000).collect::<Vec<f64>>()
        };
        let runs = 400;
        let (mut batched, mut overlapping, mut naive) = (0, 0, 0);
        for replication in 0..runs {
            let series = waits(replication);
            batched += u64::from(batch_means(&series, 20).unwrap().contains(1.0));
            overlapping += u64::from(overlapping_batch_means(&series, 1_000).unwrap().contains(1.0));
            naive += u64::from(mean_interval(&series).unwrap().contains(1.0));
        }
        assert!(wilson(batched, runs).unwrap().contains(0.95), "covered {batched} of {runs}");
        assert!(wilson(overlapping, runs).unwrap().contains(0.95), "covered {overlapping} of {runs}");
        assert!(naive < runs * 6 / 10, "independent waits would make this test empty: {naive} of {runs}");
        assert_eq!(batch_means(&[1.0; 7], 3), Err(StatsError::UnevenBatches { values: 7, batches: 3 }));
    }

    proptest! {
        #[test]
        fn overlapping_batches_of_one_are_the_plain_interval_and_longer_ones_follow_the_formula(
            series in prop::collection::vec(-100.0..100.0_f64, 4..50),
            size in 1_usize..3,
        ) {
            let plain = mean_interval(&series).unwrap();
            let ones = overlapping_batch_means(&series, 1).unwrap();
            prop_assert!((ones.half_width() - plain.half_width()).abs() < 1e-9);
            // The definition, straight: all windows summed anew.
            let (n, m) = (series.len() as f64, size as f64);
            let mean = series.iter().sum::<f64>() / n;
            let squares: f64 =
                series.windows(size).map(|window| (window.iter().sum::<f64>() / m - mean).powi(2)).sum();
            let error = (n * m / ((n - m + 1.0) * (n - m)) * squares / n).sqrt();
            let freedom = if size == 1 { n - 1.0 } else { (n / 2.0 - 1.0) / 0.75 };
            let expected = t_interval(mean, error, freedom, CONFIDENCE).unwrap();
            let found = overlapping_batch_means(&series, size).unwrap();
            prop_assert!((found.low - expected.low).abs() < 1e-9 && (found.high - expected.high).abs() < 1e-9);
            prop_assert!((found.high + found.low - 2.0 * found.estimate).abs() < 1e-9);
        }
    }

    #[test]
    fn fewer_than_two_batches_give_no_interval() {
        assert_eq!(overlapping_batch_means(&[1.0; 7], 4), Err(StatsError::TooFew { found: 1 }));
        assert_eq!(overlapping_batch_means(&[1.0; 7], 0), Err(StatsError::TooFew { found: 0 }));
        assert_eq!(overlapping_batch_means(&[], 1), Err(StatsError::TooFew { found: 0 }));
    }
}
