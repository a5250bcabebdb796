//! Ratio of two means over the same samples.

use super::intervals::{CONFIDENCE, t_interval};
use super::{Interval, Moments, StatsError};

/// Mean of the `first` values over that of the `second`, with its 95 % interval: `first[i]` and `second[i]` belong to the same
/// sample, batch of samples or replication. With `r` the ratio, the standard error is that of the mean of `(first[i] - r
/// second[i])` over the second mean (Cochran, Sampling Techniques, 3rd ed., 1977, section 6.4), and Student's t has `n - 1` degrees of
/// freedom. For a second mean that is many standard errors above zero.
///
/// # Errors
/// [`StatsError::NotPaired`] for different lengths, [`StatsError::TooFew`] for fewer than two pairs.
pub fn ratio_of_means(first: &[f64], second: &[f64]) -> Result<Interval, StatsError> {
    if first.len() != second.len() {
        return Err(StatsError::NotPaired { first: first.len(), second: second.len() });
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (base, n) = (mean(second), first.len() as f64);
    let ratio = mean(first) / base;
    let residuals: Moments = first.iter().zip(second).map(|(one, other)| one - ratio * other).collect();
    let variance = residuals.variance().ok_or(StatsError::TooFew { found: first.len() })?;
    t_interval(ratio, (variance / n).sqrt() / base.abs(), n - 1.0, CONFIDENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: means 4 and 2, so r = 2; residuals 0, 1, -1 with variance 1; error sqrt(1/3)/2; t(0.975, 2) = 4.302653.
    #[test]
    fn the_ratio_meets_a_hand_calculation() {
        let found = ratio_of_means(&[2.0, 5.0, 5.0], &[1.0, 2.0, 3.0]).unwrap();
        let half = 4.302_653 * (1.0_f64 / 3.0).sqrt() / 2.0;
        assert!((found.estimate - 2.0).abs() < 1e-12 && (found.half_width() - half).abs() < 1e-6, "{found:?}");
        // Proportional values have a ratio without any error.
        assert_eq!(ratio_of_means(&[2.0, 4.0], &[1.0, 2.0]).unwrap().half_width(), 0.0);
        assert_eq!(ratio_of_means(&[2.0], &[1.0]), Err(StatsError::TooFew { found: 1 }));
        assert_eq!(ratio_of_means(&[2.0], &[]), Err(StatsError::NotPaired { first: 1, second: 0 }));
    }
}
