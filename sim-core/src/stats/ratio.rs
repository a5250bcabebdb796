//! Intervals of a ratio of two means.

use super::intervals::{CONFIDENCE, t_interval};
use super::{Interval, Moments, StatsError};

/// Student-t interval of the ratio of two means, from independent pairs of values, such as the energy and the number of answers
/// of a batch: the ratio of the sums `r`, and the standard error of `a - r b` over the mean of `b` (Cochran, Sampling
/// Techniques, 3rd ed. 1977, section 6.3). Its bias falls with the number of pairs.
///
/// # Errors
/// [`StatsError::TooFew`] for fewer than two pairs, or if all second values are 0.
pub fn ratio_interval(pairs: &[(f64, f64)]) -> Result<Interval, StatsError> {
    let n = pairs.len() as f64;
    let (first, second) = pairs.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    let ratio = first / second;
    let rests: Moments = pairs.iter().map(|(first, second)| first - ratio * second).collect();
    match rests.variance() {
        Some(variance) if second > 0.0 => t_interval(ratio, (variance / n).sqrt() / (second / n), n - 1.0, CONFIDENCE),
        _ => Err(StatsError::TooFew { found: pairs.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use crate::stats::{mean_interval, wilson};
    use rand::RngExt;
    use rand_distr::Exp1;

    #[test]
    fn a_ratio_to_ones_is_a_mean() {
        let values = [3.0, 5.0, 10.0, 4.0];
        let pairs = values.map(|value| (2.0 * value, 2.0));
        assert_eq!(ratio_interval(&pairs), mean_interval(&values));
        // Sums 12 and 6; rests -1, 1 and 0 around twice the second: variance 1, error 1 / sqrt(3) / 2.
        let found = ratio_interval(&[(1.0, 1.0), (5.0, 2.0), (6.0, 3.0)]).unwrap();
        assert!((found.estimate - 2.0).abs() < 1e-12 && (found.half_width() - 4.302_65 / 12_f64.sqrt()).abs() < 1e-4);
        assert_eq!(ratio_interval(&[(1.0, 1.0)]), Err(StatsError::TooFew { found: 1 }));
        assert_eq!(ratio_interval(&[(1.0, 0.0); 3]), Err(StatsError::TooFew { found: 3 }));
    }

    /// Costs of 2 per unit of a random size, and as much again at random, are 4 per unit of size.
    #[test]
    fn intervals_of_a_ratio_cover_it() {
        let mut rng = Streams::new(5, 0).stream("ratio", 0);
        let mut pair = || {
            let (size, more): (f64, f64) = (1.0 + rng.sample::<f64, _>(Exp1), rng.sample(Exp1));
            (2.0 * size + 4.0 * more, size)
        };
        let runs = 2_000;
        let covered = (0..runs).filter(|_| {
            let pairs: Vec<_> = (0..20).map(|_| pair()).collect();
            ratio_interval(&pairs).unwrap().contains(4.0)
        });
        let covered = covered.count() as u64;
        assert!(wilson(covered, runs).unwrap().high > 0.93, "{covered} of {runs}");
    }
}
