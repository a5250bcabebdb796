//! Quantiles of a stream of durations.

use crate::kernel::SimTime;
// Bounded relative error at constant memory, and a pure function of the values, whatever their order.
use hdrhistogram::Histogram;

/// Number of significant decimal digits kept of every duration.
const DIGITS: u8 = 3;

/// Quantiles of durations from 0 to the end of simulated time, in constant memory: 0.45 MB.
///
/// If `x` is the true order statistic, [`Quantiles::quantile`] gives at least `x` and at most `x` times 1 +
/// [`Quantiles::RELATIVE_ERROR`]; below 2,048 ns and at the maximum it gives `x`. Only counts are kept,
/// so the result does not depend on the order of the durations.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    histogram: Histogram<u64>,
    max: SimTime,
}

impl Quantiles {
    /// Largest relative error: a reported quantile exceeds the true order statistic by at most this share of it.
    pub const RELATIVE_ERROR: f64 = 1e-3;

    /// An empty collection.
    pub fn new() -> Self {
        // It fails only for more than 5 digits or bounds out of order; here both are constants.
        let histogram = Histogram::new_with_bounds(1, u64::MAX, DIGITS).expect("constant bounds are valid");
        Self { histogram, max: SimTime::ZERO }
    }

    /// Adds a duration.
    pub fn record(&mut self, duration: SimTime) {
        // Nothing saturates: the histogram spans every u64.
        self.histogram.saturating_record(duration.nanoseconds());
        self.max = self.max.max(duration);
    }

    /// The smallest duration that at least a fraction `quantile` of all durations do not exceed, within the stated
    /// error; `None` without durations or for a quantile outside 0 to 1.
    pub fn quantile(&self, quantile: f64) -> Option<SimTime> {
        let defined = !self.histogram.is_empty() && (0.0..=1.0).contains(&quantile);
        // 0.07 is a little more than 7 / 100 in binary: without the allowance it would be the 8th of 100. At 0 the
        // histogram would give the lower end of a bin; the least float above stands for the smallest duration as well.
        let rounded = (quantile * (1.0 - 2.0 * f64::EPSILON)).max(f64::MIN_POSITIVE);
        // The histogram gives the upper end of a bin; no quantile lies above the exact maximum.
        defined.then(|| SimTime::from_nanoseconds(self.histogram.value_at_quantile(rounded)).min(self.max))
    }
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(values: &[u64]) -> Quantiles {
        let mut quantiles = Quantiles::new();
        values.iter().for_each(|&value| quantiles.record(SimTime::from_nanoseconds(value)));
        quantiles
    }

    /// From 1 ns over 1 us and 1 h (3.6e12 ns) to the end of time, spread evenly over the decades.
    fn durations(count: u32) -> Vec<u64> {
        (0..count).map(|i| (f64::from(i) * 0.618_034).fract()).map(|part| (part * 64.0).exp2() as u64).collect()
    }

    #[test]
    fn quantiles_stay_within_the_stated_error_from_nanoseconds_to_centuries() {
        let mut values = durations(100_000);
        let quantiles = recorded(&values);
        values.sort_unstable();
        assert!(values[0] < 10 && values[99_999] > u64::MAX / 10);
        for permille in 0..=1_000_usize {
            let exact = values[(permille * 100).saturating_sub(1)];
            let found = quantiles.quantile(permille as f64 / 1_000.0).unwrap().nanoseconds();
            let excess = found.checked_sub(exact).expect("never below") as f64;
            assert!(excess <= exact as f64 * Quantiles::RELATIVE_ERROR, "{permille}: {found} is not {exact}");
            assert!(found == exact || exact >= 2_048);
        }
        assert_eq!(quantiles.quantile(1.0).unwrap().nanoseconds(), values[99_999]);
        assert_eq!(
            (Quantiles::new().quantile(0.5), quantiles.quantile(-0.1), quantiles.quantile(f64::NAN)),
            (None, None, None)
        );
    }

    #[test]
    fn a_decimal_quantile_means_what_it_says() {
        let hundred = recorded(&(1..=100).collect::<Vec<_>>());
        for percent in 1..=100 {
            assert_eq!(hundred.quantile(f64::from(percent) / 100.0), Some(SimTime::from_nanoseconds(percent as u64)));
        }
    }
}
