//! How probable it is that a mean lies below a limit, after some values of it were seen.
//!
//! Probabilities of this kind, unlike p-values, may be added up: that a selected design is the best one is at least as probable as
//! one less the sum of the probabilities that another one is better (Branke, Chick and Schmidt, Management Science 53(12), 2007,
//! section 3; Chick and Inoue, Management Science 47(8), 2001, for designs that saw the same random streams).

use super::{Moments, StatsError};
use statrs::distribution::{Beta, ContinuousCDF, StudentsT};

/// Degrees of freedom from which Student's t is the normal distribution.
const MOST_FREEDOM: f64 = 1e9;

/// What independent values say of their mean: Student's t around it, as follows from the prior that prefers no mean and no scale
/// (Gelman et al., Bayesian Data Analysis, 3rd ed., section 3.2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Belief {
    mean: f64,
    /// Variance of the mean.
    variance: f64,
    freedom: f64,
}

impl Belief {
    /// What `values` say.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] for fewer than two.
    pub fn new(values: &[f64]) -> Result<Self, StatsError> {
        let moments: Moments = values.iter().copied().collect();
        let (Some(mean), Some(variance)) = (moments.mean(), moments.variance()) else {
            return Err(StatsError::TooFew { found: values.len() });
        };
        let n = values.len() as f64;
        Ok(Self { mean, variance: variance / n, freedom: n - 1.0 })
    }

    /// The same where all values have an error in common, of this (known) variance, which their differences cannot show. The degrees
    /// of freedom are those of Welch and Satterthwaite (Biometrics Bulletin 2(6), 1946).
    pub fn with_common_error(self, variance: f64) -> Self {
        let sum = self.variance + variance;
        let share = if sum > 0.0 { self.variance / sum } else { 1.0 };
        Self { variance: sum, freedom: (self.freedom / (share * share)).min(MOST_FREEDOM), ..self }
    }

    /// Probability that the mean is at most `limit`. Of values that are all equal it is 0 or 1.
    pub fn at_most(&self, limit: f64) -> f64 {
        let error = self.variance.sqrt();
        if error == 0.0 {
            return if self.mean <= limit { 1.0 } else { 0.0 };
        }
        // Fails only for degrees of freedom that are not above zero, and there are two values at least.
        StudentsT::new(0.0, 1.0, self.freedom).map_or(0.5, |student| student.cdf((limit - self.mean) / error))
    }
}

/// Probability that a share is at most `limit`, after it held `part` times of `whole`: by the beta distribution that follows from
/// Jeffreys' prior (Brown, Cai and DasGupta, Statistical Science 16(2), 2001, section 4.3).
///
/// # Errors
/// [`StatsError::NoTrials`], [`StatsError::MoreSuccessesThanTrials`].
pub fn share_at_most(part: u64, whole: u64, limit: f64) -> Result<f64, StatsError> {
    if whole == 0 {
        return Err(StatsError::NoTrials);
    }
    let missed =
        whole.checked_sub(part).ok_or(StatsError::MoreSuccessesThanTrials { successes: part, trials: whole })?;
    let share = Beta::new(part as f64 + 0.5, missed as f64 + 0.5).map_err(|_| StatsError::NoTrials)?;
    Ok(share.cdf(limit.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 1, 2 and 3 the mean is 2 with an error of 1/sqrt(3); with two degrees of freedom the distribution of t is
    /// 1/2 + t / (2 sqrt(2 + t^2)).
    #[test]
    fn a_belief_is_students_t_around_the_mean() {
        let belief = Belief::new(&[1.0, 2.0, 3.0]).unwrap();
        let t = 3.0_f64.sqrt();
        let expected = 0.5 + t / (2.0 * (2.0 + t * t).sqrt());
        assert!((belief.at_most(3.0) - expected).abs() < 1e-12);
        assert!((belief.at_most(3.0) + belief.at_most(1.0) - 1.0).abs() < 1e-12 && belief.at_most(2.0) == 0.5);
        // Twice the variance has four times the degrees of freedom. A known error alone is normal.
        let wider = belief.with_common_error(1.0 / 3.0);
        let eight = StudentsT::new(0.0, 1.0, 8.0).unwrap();
        assert!((wider.at_most(3.0) - eight.cdf(1.5_f64.sqrt())).abs() < 1e-12);
        let known = Belief::new(&[0.0, 0.0]).unwrap().with_common_error(1.0);
        assert!((known.at_most(1.0) - 0.841_344_746).abs() < 1e-6);
        let equal = Belief::new(&[2.0, 2.0]).unwrap();
        assert_eq!([1.9, 2.0, 2.1].map(|limit| equal.at_most(limit)), [0.0, 1.0, 1.0]);
        assert_eq!(Belief::new(&[1.0]), Err(StatsError::TooFew { found: 1 }));
    }

    /// With one of two, Beta(3/2, 3/2) is symmetric about one half.
    #[test]
    fn a_share_that_never_happened_may_still_do() {
        assert!((share_at_most(1, 2, 0.5).unwrap() - 0.5).abs() < 1e-12);
        let none = share_at_most(0, 100, 0.01).unwrap();
        assert!((0.8..0.9).contains(&none), "{none}");
        assert!(share_at_most(0, 100_000, 0.01).unwrap() > 0.999_999);
        assert_eq!(share_at_most(0, 0, 0.5), Err(StatsError::NoTrials));
        assert!(share_at_most(2, 1, 0.5).is_err());
    }
}
