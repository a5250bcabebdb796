//! Confidence intervals.

use super::{Moments, StatsError};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Confidence level of all intervals, unless stated otherwise.
pub(super) const CONFIDENCE: f64 = 0.95;
/// The 97.5 % quantile of the standard normal distribution.
pub(super) const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Degrees of freedom from which quantiles of Student's t are those of the normal distribution, to six digits at 97.5 %.
const NORMAL_FREEDOM: f64 = 1e6;

/// An estimate with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The point estimate.
    pub estimate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Interval {
    /// Half the width of the interval.
    pub fn half_width(&self) -> f64 {
        // Halved first: the difference may be beyond a double.
        self.high / 2.0 - self.low / 2.0
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
    moments_interval(&values.iter().copied().collect(), CONFIDENCE)
}

/// As [`mean_interval`] with another confidence, above 0 and below 1.
///
/// # Errors
/// Those of [`mean_interval`].
pub fn mean_interval_at(values: &[f64], confidence: f64) -> Result<Interval, StatsError> {
    moments_interval(&values.iter().copied().collect(), confidence)
}

/// As [`mean_interval`], from the moments of the values.
pub(super) fn moments_interval(moments: &Moments, confidence: f64) -> Result<Interval, StatsError> {
    let (Some(mean), Some(variance)) = (moments.mean(), moments.variance()) else {
        return Err(StatsError::TooFew { found: moments.count() as usize });
    };
    let n = moments.count() as f64;
    t_interval(mean, (variance / n).sqrt(), n - 1.0, confidence)
}

/// `estimate +- t((1 + confidence) / 2, freedom) * error`.
pub(super) fn t_interval(estimate: f64, error: f64, freedom: f64, confidence: f64) -> Result<Interval, StatsError> {
    // Fails only for degrees of freedom that are not above zero, that is for fewer than two values.
    let student = StudentsT::new(0.0, 1.0, freedom).map_err(|_| StatsError::TooFew { found: 1 })?;
    let half = student.inverse_cdf((1.0 + confidence) / 2.0) * error;
    Ok(Interval { estimate, low: estimate - half, high: estimate + half })
}

/// Score interval of a proportion (Wilson, JASA 22(158), 1927, pp. 209-212; method 3 of Newcombe, Statistics in
/// Medicine 17, 1998, pp. 857-872): with `p = successes / n` and `z = 1.96`,
/// `(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)`. The estimate is `p`.
///
/// # Errors
/// [`StatsError::NoTrials`], [`StatsError::MoreSuccessesThanTrials`].
pub fn wilson(successes: u64, trials: u64) -> Result<Interval, StatsError> {
    score_interval(successes, trials, NORMAL_975)
}

/// As [`wilson`] with another confidence, above 0 and below 1.
///
/// # Errors
/// Those of [`wilson`].
pub fn wilson_at(successes: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    score_interval(successes, trials, normal_quantile(confidence))
}

/// Half the width, in standard deviations, of the interval of a normal distribution that holds this share of it.
pub fn normal_quantile(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf((1.0 + confidence) / 2.0)
}

/// Interval of the share of samples for which something holds, from independent estimates of it that were all made on the same
/// `samples` samples, such as one per replication. To the variance `s^2 / n` of their mean `p`, which only says how far it may be from that of more
/// estimates on these samples, comes that of the samples, `p (1 - p) / samples`; the degrees of freedom are those of Welch and Satterthwaite
/// (Biometrics Bulletin 2(6), 1946). The interval is that of [`wilson`] for the number of trials that have this variance, so it stays between
/// 0 and 1; if all values are equal, the samples are the trials.
///
/// # Errors
/// [`StatsError::TooFew`] for fewer than two values, [`StatsError::NoTrials`] without samples.
pub fn share_interval(values: &[f64], samples: u64) -> Result<Interval, StatsError> {
    share_interval_at(values, samples, CONFIDENCE)
}

/// As [`share_interval`] with another confidence, above 0 and below 1.
///
/// # Errors
/// Those of [`share_interval`].
pub fn share_interval_at(values: &[f64], samples: u64, confidence: f64) -> Result<Interval, StatsError> {
    let moments: Moments = values.iter().copied().collect();
    let (Some(mean), Some(variance)) = (moments.mean(), moments.variance()) else {
        return Err(StatsError::TooFew { found: values.len() });
    };
    if samples == 0 {
        return Err(StatsError::NoTrials);
    }
    let (n, share) = (values.len() as f64, mean.clamp(0.0, 1.0));
    let spread = share * (1.0 - share);
    let own = variance / n;
    let sum = own + spread / samples as f64;
    let normal = if confidence == CONFIDENCE { NORMAL_975 } else { normal_quantile(confidence) };
    if own == 0.0 || spread == 0.0 {
        return Ok(score_of_share(share, samples as f64, normal));
    }
    let freedom = (n - 1.0) * (sum / own).powi(2);
    let quantile = if freedom > NORMAL_FREEDOM { normal } else { t_interval(0.0, 1.0, freedom, confidence)?.high };
    Ok(score_of_share(share, spread / sum, quantile))
}

/// The interval of [`wilson`] with the quantile `z` of the standard normal distribution.
fn score_interval(successes: u64, trials: u64, z: f64) -> Result<Interval, StatsError> {
    if trials == 0 {
        return Err(StatsError::NoTrials);
    }
    if successes > trials {
        return Err(StatsError::MoreSuccessesThanTrials { successes, trials });
    }
    Ok(score_of_share(successes as f64 / trials as f64, trials as f64, z))
}

/// The score interval of a share `p` of `n` trials, which need not be a whole number.
fn score_of_share(p: f64, n: f64, z: f64) -> Interval {
    let z2 = z * z;
    let centre = p + z2 / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // Rounding leaves a little of ends that are exactly 0 or 1.
    let low = if p == 0.0 { 0.0 } else { (centre - half) / scale };
    let high = if p == 1.0 { 1.0 } else { (centre + half) / scale };
    Interval { estimate: p, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Fisher and Yates, Statistical Tables for Biological, Agricultural and Medical Research, table III: two-sided
    /// 5 % and 1 % points of t.
    #[test]
    fn quantiles_of_student_meet_the_printed_table() {
        for (freedom, five, one) in [
            (1, 12.706, 63.657),
            (2, 4.303, 9.925),
            (3, 3.182, 5.841),
            (4, 2.776, 4.604),
            (5, 2.571, 4.032),
            (6, 2.447, 3.707),
            (7, 2.365, 3.499),
            (8, 2.306, 3.355),
            (10, 2.228, 3.169),
            (15, 2.131, 2.947),
            (19, 2.093, 2.861),
            (20, 2.086, 2.845),
            (25, 2.060, 2.787),
            (30, 2.042, 2.750),
            (40, 2.021, 2.704),
            (60, 2.000, 2.660),
            (120, 1.980, 2.617),
            (1_000_000, 1.960, 2.576),
        ] {
            let half = |confidence| t_interval(0.0, 1.0, f64::from(freedom), confidence).unwrap().high;
            close(half(0.95), five, 3);
            close(half(0.99), one, 3);
        }
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

    /// Of 0.88, 0.90 and 0.92 the mean has the variance 0.0004 / 3, and 675 samples of nine in ten have it again: twice the variance, four times
    /// the two degrees of freedom, for which t is 2.306, and half of 675 trials.
    #[test]
    fn a_share_on_the_same_samples_has_their_error_too() {
        let interval = share_interval(&[0.88, 0.90, 0.92], 675).unwrap();
        let expected = score_of_share(0.9, 337.5, 2.306_004);
        close(interval.low, expected.low, 6);
        close(interval.high, expected.high, 6);
        for share in [0.0, 0.5, 1.0] {
            assert_eq!(share_interval(&[share; 3], 20), wilson((20.0 * share) as u64, 20));
        }
        assert!(share_interval(&[0.5, 0.5 + 1e-12], 20).unwrap().high.is_finite());
        assert_eq!(share_interval(&[0.5], 20), Err(StatsError::TooFew { found: 1 }));
        assert_eq!(share_interval(&[0.5, 0.6], 0), Err(StatsError::NoTrials));
    }
}
