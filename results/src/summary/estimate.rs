//! Means over replications with intervals that can be true.

use cospike_sim_core::stats::{Interval, mean_interval, share_interval};
use serde::{Serialize, Serializer};

/// Mean over the replications that have a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Mean, in the unit of what is estimated; `None` if no replication has a value.
    pub mean: Option<f64>,
    /// 95 % t-interval of the mean; `None` for fewer than two values, and if all are equal: then nothing random moved them,
    /// and an interval of no width would claim that the mean is known exactly. That of a share of correct answers has the error of
    /// the samples too, which all replications have in common, so it is there for equal values as well.
    #[serde(serialize_with = "optional_interval")]
    pub interval: Option<Interval>,
    /// Number of replications that have a value.
    pub over: usize,
    /// Number of all replications, also of those that failed.
    pub of: usize,
    /// Whether two replications or more have a value, and all values are equal but for rounding.
    pub is_constant: bool,
}

impl Estimate {
    /// The mean of `values`, one per replication that did not fail; `failed` did. A value that is not finite is none.
    pub fn new(values: impl IntoIterator<Item = Option<f64>>, failed: usize) -> Self {
        let mut of = failed;
        let values = values.into_iter().inspect(|_| of += 1).flatten().filter(|value| value.is_finite());
        let values: Vec<f64> = values.collect();
        Self::of_values(&values, of, largest(&values))
    }

    /// The same of a quantity that lies within `limits`. A t-interval that goes beyond them cannot be true; in its place stands
    /// that of a transformed mean, by the delta method (Casella and Berger, Statistical Inference, 2nd ed., section 5.5.4), with `h` half
    /// the t-interval: of its logarithm, `mean * exp(+-h / mean)`; between two limits of its logit, whose half interval is
    /// `h / (mean * (1 - mean))`.
    pub(crate) fn within(self, limits: Limits) -> Self {
        let bounded = |interval: Interval| {
            let Interval { estimate, low, high } = interval;
            let half = interval.half_width();
            match limits {
                Limits::Positive if low < 0.0 && estimate > 0.0 => {
                    let factor = (half / estimate).exp();
                    Interval { estimate, low: estimate / factor, high: (estimate * factor).min(f64::MAX) }
                }
                Limits::Share if (low < 0.0 || high > 1.0) && estimate > 0.0 && estimate < 1.0 => {
                    let odds = estimate / (1.0 - estimate);
                    let factor = (half / (estimate * (1.0 - estimate))).exp();
                    let share = |odds: f64| if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 };
                    Interval { estimate, low: share(odds / factor), high: share(odds * factor) }
                }
                _ => interval,
            }
        };
        Self { interval: self.interval.map(bounded), ..self }
    }

    /// The mean of shares of correct answers, which were all given to the same `samples` samples: see [`share_interval`].
    pub(crate) fn on_samples(values: impl IntoIterator<Item = Option<f64>>, failed: usize, samples: u32) -> Self {
        let values: Vec<Option<f64>> = values.into_iter().collect();
        let shares: Vec<f64> = values.iter().copied().flatten().filter(|value| value.is_finite()).collect();
        Self { interval: share_interval(&shares, samples.into()).ok(), ..Self::new(values, failed) }
    }

    /// The estimate that there is where none can be offered.
    pub(super) fn without_value(self) -> Self {
        Self { mean: None, interval: None, over: 0, of: self.of, is_constant: false }
    }

    /// Whether half the interval is wider than the mean itself, so that more replications are needed to say anything.
    pub fn is_vague(&self) -> bool {
        self.interval.zip(self.mean).is_some_and(|(interval, mean)| interval.half_width() > mean.abs())
    }

    /// Whether the interval, on either side of a mean above 0, goes beyond a factor of ten, so that the replications leave even the order of
    /// magnitude open. Only intervals that were kept above 0 go so far; their ends say nothing beside that.
    pub fn is_unresolved(&self) -> bool {
        self.interval.zip(self.mean).is_some_and(|(interval, mean)| {
            interval.low > 0.0 && (interval.high > UNRESOLVED * mean || interval.low * UNRESOLVED < mean)
        })
    }

    /// The mean of `values`, which were computed from numbers up to `size`.
    pub(super) fn of_values(values: &[f64], of: usize, size: f64) -> Self {
        let is_constant = values.len() > 1 && values.iter().all(|value| (value - values[0]).abs() <= ROUNDING * size);
        let interval = if is_constant { None } else { mean_interval(&scaled(values, size)).ok() };
        let unit = unit(size);
        let in_place = |interval: Interval| {
            let [estimate, low, high] = [interval.estimate, interval.low, interval.high].map(|value| value * unit);
            (low.is_finite() && high.is_finite()).then_some(Interval { estimate, low, high })
        };
        let mean = interval.map_or(values.first().copied(), |interval| Some(interval.estimate * unit));
        Self { mean, interval: interval.and_then(in_place), over: values.len(), of, is_constant }
    }
}

/// Factor to either side of a mean beyond which its interval leaves the order of magnitude open.
pub const UNRESOLVED: f64 = 10.0;

/// Values that a quantity can have.
#[derive(Clone, Copy)]
pub(crate) enum Limits {
    /// 0 and more.
    Positive,
    /// From 0 to 1.
    Share,
}

/// Difference, as a share of the numbers, up to which these count as equal: sums in another order differ by less.
pub(crate) const ROUNDING: f64 = 1e-12;

/// The largest size among `values`.
pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().copied().map(f64::abs).fold(0.0, f64::max)
}

/// Unit in which numbers as large as `size` are summed: 1, unless their squares were beyond a double.
pub(super) fn unit(size: f64) -> f64 {
    if size == 0.0 || (1e-100..1e100).contains(&size) { 1.0 } else { size }
}

pub(super) fn scaled(values: &[f64], size: f64) -> Vec<f64> {
    values.iter().map(|value| value / unit(size)).collect()
}

/// The form of an [`Interval`], which is a type of another crate without one.
#[derive(Serialize)]
#[serde(remote = "Interval")]
struct IntervalForm {
    estimate: f64,
    low: f64,
    high: f64,
}

/// An [`Interval`] that serialises.
#[derive(Serialize)]
pub(super) struct Serialised<'a>(#[serde(with = "IntervalForm")] pub(super) &'a Interval);

pub(super) fn optional_interval<S: Serializer>(interval: &Option<Interval>, serializer: S) -> Result<S::Ok, S::Error> {
    interval.as_ref().map(Serialised).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(values: &[f64]) -> Option<Interval> {
        Estimate::new(values.iter().copied().map(Some), 0).interval
    }

    #[test]
    fn a_mean_is_over_the_values_that_there_are() {
        let estimate = Estimate::new([Some(1.0), None, Some(3.0), Some(f64::NAN)], 2);
        assert_eq!((estimate.mean, estimate.over, estimate.of), (Some(2.0), 2, 6));
        // t(0.975, 1) = 12.706 times a standard error of 1.
        assert!((estimate.interval.unwrap().high - 14.706).abs() < 1e-3);
        let one = Estimate::new([None, Some(7.0)], 0);
        assert_eq!((one.mean, one.interval, one.is_constant), (Some(7.0), None, false));
        let none = Estimate::new([None, None], 1);
        assert_eq!((none.mean, none.interval, none.over, none.of), (None, None, 0, 3));
    }

    /// Of 50 and 1,600, half the interval is 12 times the mean of 825, so that its ends are a factor of exp(12) away.
    #[test]
    fn an_interval_of_several_orders_of_magnitude_resolves_nothing() {
        let of = |values: [f64; 2]| Estimate::new(values.map(Some), 0).within(Limits::Positive);
        assert!(of([50.0, 1_600.0]).is_unresolved());
        assert!(!of([800.0, 850.0]).is_unresolved());
        // A half interval of ln(10) times the mean is at the border: t(0.975, 1) = 12.706.
        let border = |factor: f64| {
            let half = factor * 10_f64.ln() / 12.706_204_7;
            of([1.0 - half, 1.0 + half])
        };
        assert!(border(1.001).is_unresolved() && !border(0.999).is_unresolved());
        assert!(!Estimate::new([Some(-5.0), Some(90.0)], 0).is_unresolved(), "a difference may have any sign");
    }

    /// The mean of 0, 0.1 and 0.5 is 0.2 with a standard error of 0.15275, and t(0.975, 2) is 4.3027: half an interval of 0.6572.
    #[test]
    fn an_interval_keeps_to_what_a_quantity_can_be() {
        let estimate = || Estimate::new([0.0, 0.1, 0.5].map(Some), 0);
        assert!(estimate().interval.unwrap().low < 0.0);
        let bounds = |limits| estimate().within(limits).interval.map(|interval| [interval.low, interval.high]).unwrap();
        let close = |found: [f64; 2], wanted: [f64; 2]| {
            assert!(found.iter().zip(wanted).all(|(found, wanted)| (found / wanted - 1.0).abs() < 1e-3), "{found:?}");
        };
        close(bounds(Limits::Positive), [0.2 * (-3.2860_f64).exp(), 0.2 * 3.2860_f64.exp()]);
        let logit = |sign: f64| 0.25 * (sign * 0.657_2 / 0.16).exp();
        close(bounds(Limits::Share), [logit(-1.0) / (1.0 + logit(-1.0)), logit(1.0) / (1.0 + logit(1.0))]);
        let narrow = || Estimate::new([0.49, 0.5, 0.51].map(Some), 0);
        assert_eq!([Limits::Positive, Limits::Share].map(|limits| narrow().within(limits)), [narrow(), narrow()]);
    }

    #[test]
    fn values_that_are_equal_but_for_rounding_have_no_interval() {
        let equal = Estimate::new([0.1, 0.1_f64.next_up(), 0.1].map(Some), 0);
        assert_eq!((equal.mean, equal.interval, equal.is_constant), (Some(0.1), None, true));
        assert!(Estimate::new([0.0, -0.0].map(Some), 0).is_constant && interval(&[0.1, 0.100_001]).is_some());
    }

    /// Squares of these are beyond a double, and their sums too.
    #[test]
    fn intervals_scale_with_the_numbers_however_large_or_small() {
        let Interval { estimate, low, high } = interval(&[1.0, 2.0, 4.0]).unwrap();
        for unit in [1e-300, 1e200, 1e300] {
            let scaled = interval(&[unit, 2.0 * unit, 4.0 * unit]).unwrap();
            for (found, plain) in [(scaled.estimate, estimate), (scaled.low, low), (scaled.high, high)] {
                assert!((found / unit / plain - 1.0).abs() < 1e-12, "{unit}");
            }
        }
        let most = Estimate::new([f64::MAX, f64::MAX, 1.0].map(Some), 0);
        assert!(most.mean.unwrap().is_finite() && most.interval.is_none(), "its upper end is no number");
    }
}
