//! Mean and variance of a stream.

/// Count, mean, variance and extremes of a stream of values, in one pass and without cancellation
/// (Welford, Technometrics 4(3), 1962, pp. 419-420).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
    extremes: Option<(f64, f64)>,
}

impl Moments {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        self.extremes = Some(self.extremes.map_or((value, value), |(min, max)| (min.min(value), max.max(value))));
    }

    /// Number of values added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean of the values; `None` without values.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// Sample variance, with the denominator `n - 1`; `None` for fewer than two values.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// Smallest value; `None` without values.
    pub fn min(&self) -> Option<f64> {
        self.extremes.map(|(min, _)| min)
    }

    /// Largest value; `None` without values.
    pub fn max(&self) -> Option<f64> {
        self.extremes.map(|(_, max)| max)
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|value| moments.push(value));
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST Statistical Reference Datasets, univariate, `NumAcc4`: mean 10000000.2, standard deviation 0.1. The
    /// sum of squares in plain double precision loses every digit of it.
    #[test]
    fn moments_meet_the_certified_values_of_numacc4() {
        let values = std::iter::once(10_000_000.2)
            .chain((0..1000).map(|i| if i % 2 == 0 { 10_000_000.1 } else { 10_000_000.3 }));
        let moments: Moments = values.collect();
        assert!((moments.mean().unwrap() - 10_000_000.2).abs() < 1e-8);
        assert!((moments.variance().unwrap().sqrt() - 0.1).abs() < 1e-8);
        assert_eq!((moments.min(), moments.max()), (Some(10_000_000.1), Some(10_000_000.3)));
    }
}
