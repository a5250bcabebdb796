//! Confidence intervals.

use super::{Moments, StatsError};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The 97.5 % quantile of the standard normal distribution.
pub(super) const NORMAL_975: f64 = 1.959_963_984_540_054;

/// An estimate with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Half the width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether `value` lies in the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Student-t interval of the mean of independent values, such as one per replication:
/// `mean +- t(0.975, n - 1) * s / sqrt(n)`.
///
/// # Errors
/// [`StatsError::TooFew`] for fewer than two values.
pub fn mean_interval(values: &[f64]) -> Result<Interval, StatsError> {
    let moments: Moments = values.iter().copied().collect();
    let too_few = StatsError::TooFew { found: values.len() };
    let (Some(estimate), Some(variance)) = (moments.mean(), moments.variance()) else { return Err(too_few) };
    let n = values.len() as f64;
    // Fails only for degrees of freedom that are not above zero, that is for fewer than two values.
    let student = StudentsT::new(0.0, 1.0, n - 1.0).map_err(|_| too_few)?;
    let half = student.inverse_cdf(0.975) * (variance / n).sqrt();
    Ok(Interval { estimate, low: estimate - half, high: estimate + half })
}

/// Batch-means interval of the mean of one autocorrelated, stationary series: the Student-t interval over the means
/// of `batches` equal, consecutive stretches (Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3).
/// It covers only if a batch is much longer than the series' memory.
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

/// Score interval of a proportion (Wilson, JASA 22(158), 1927, pp. 209-212; method 3 of Newcombe, Statistics in
/// Medicine 17, 1998, pp. 857-872): with `p = successes / n` and `z = 1.96`,
/// `(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)`. The estimate is `p`.
///
/// # Errors
/// [`StatsError::NoTrials`], [`StatsError::MoreSuccessesThanTrials`].
pub fn wilson(successes: u64, trials: u64) -> Result<Interval, StatsError> {
    if trials == 0 {
        return Err(StatsError::NoTrials);
    }
    if successes > trials {
        return Err(StatsError::MoreSuccessesThanTrials { successes, trials });
    }
    let (n, z2) = (trials as f64, NORMAL_975 * NORMAL_975);
    let p = successes as f64 / n;
    let centre = p + z2 / (2.0 * n);
    let half = NORMAL_975 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Ok(Interval { estimate: p, low: (centre - half) / scale, high: (centre + half) / scale })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use rand::RngExt;
    use rand_distr::Exp1;

    fn close(found: f64, expected: f64, digits: i32) {
        assert!((found - expected).abs() < 0.5 * 10_f64.powi(-digits) + 1e-12, "{found} is not {expected}");
    }

    /// Table values of Student's t: t(0.975, 9) = 2.262157, t(0.975, 1) = 12.706205.
    #[test]
    fn the_t_interval_meets_the_tables() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect(); // s^2 = 55/6
        let interval = mean_interval(&ten).unwrap();
        close(interval.estimate, 5.5, 12);
        close(interval.half_width(), 2.262_157 * (55.0_f64 / 60.0).sqrt(), 5);
        close(mean_interval(&[0.0, 2.0]).unwrap().half_width(), 12.706_205, 5);
        assert_eq!(mean_interval(&[1.0]), Err(StatsError::TooFew { found: 1 }));
    }

    /// Table I of Newcombe, Statistics in Medicine 17, 1998, pp. 857-872, method 3.
    #[test]
    fn the_wilson_interval_meets_newcombes_table() {
        for (successes, trials, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let interval = wilson(successes, trials).unwrap();
            close(interval.low, low, 4);
            close(interval.high, high, 4);
        }
        assert_eq!(wilson(0, 0), Err(StatsError::NoTrials));
        assert_eq!(wilson(2, 1), Err(StatsError::MoreSuccessesThanTrials { successes: 2, trials: 1 }));
    }

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
        let (mut batched, mut naive) = (0, 0);
        for replication in 0..runs {
            let series = waits(replication);
            batched += u64::from(batch_means(&series, 20).unwrap().contains(1.0));
            naive += u64::from(mean_interval(&series).unwrap().contains(1.0));
        }
        assert!(wilson(batched, runs).unwrap().contains(0.95), "covered {batched} of {runs}");
        assert!(naive < runs * 6 / 10, "independent waits would make this test empty: {naive} of {runs}");
        assert_eq!(batch_means(&[1.0; 7], 3), Err(StatsError::UnevenBatches { values: 7, batches: 3 }));
    }
}
