//! Quantiles of a stream of durations.

use crate::kernel::SimTime;
// Bounded relative error at constant memory, and a pure function of the values, whatever their order.
use hdrhistogram::Histogram;

/// Significant decimal digits kept of every duration.
const DIGITS: u8 = 3;

/// Quantiles of durations with a relative error of at most [`Quantiles::RELATIVE_ERROR`], at a constant 0.5 MB.
#[derive(Clone, Debug)]
pub struct Quantiles {
    histogram: Histogram<u64>,
    max: SimTime,
}

impl Quantiles {
    /// How far above the true order statistic a reported quantile can lie, relative to it.
    pub const RELATIVE_ERROR: f64 = 1e-3;

    /// No durations yet.
    pub fn new() -> Self {
        // It fails only for more than 5 digits or bounds out of order; here both are constants.
        let histogram = Histogram::new_with_bounds(1, u64::MAX, DIGITS).expect("constant bounds are valid");
        Self { histogram, max: SimTime::ZERO }
    }

    /// Takes one more duration.
    pub fn record(&mut self, duration: SimTime) {
        // Nothing saturates: the histogram spans every u64.
        self.histogram.saturating_record(duration.nanoseconds());
        self.max = self.max.max(duration);
    }

    /// The smallest duration that at least a fraction `quantile` of all durations do not exceed; `None` without
    /// durations or for a quantile outside 0 to 1.
    pub fn at(&self, quantile: f64) -> Option<SimTime> {
        let defined = !self.histogram.is_empty() && (0.0..=1.0).contains(&quantile);
        // The histogram gives the upper end of a bin; no quantile lies above the exact maximum.
        defined.then(|| SimTime::from_nanoseconds(self.histogram.value_at_quantile(quantile)).min(self.max))
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

    #[test]
    fn quantiles_stay_within_the_stated_error_over_nine_decades() {
        let mut values: Vec<u64> = (0..100_000_u64).map(|i| 1 + (i * 7_919 % 100_000).pow(3) / 1_000).collect();
        let mut quantiles = Quantiles::new();
        values.iter().for_each(|&value| quantiles.record(SimTime::from_nanoseconds(value)));
        values.sort_unstable();
        for percent in 1..=100_usize {
            let exact = values[percent * 1_000 - 1] as f64;
            let found = quantiles.at(percent as f64 / 100.0).unwrap().nanoseconds() as f64;
            // One order statistic of slack below and above: percent / 100 is not exact in binary.
            let next = values[(percent * 1_000).min(99_999)] as f64;
            assert!(
                found >= exact && found <= next * (1.0 + Quantiles::RELATIVE_ERROR),
                "{percent} %: {found} {exact}"
            );
        }
        assert_eq!(quantiles.at(1.0).unwrap().nanoseconds(), values[99_999]);
        assert_eq!(Quantiles::new().at(0.5), None);
    }
}
