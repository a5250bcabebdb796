//! Mean difference over samples and trainings, both of which are random.

use super::intervals::{CONFIDENCE, NORMAL_975, t_interval};
use super::{Interval, Moments, StatsError};

/// Mean of a difference over samples and trainings: trained again, or measured on other samples, it would come out differently,
/// so both are random effects.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CrossedDifference {
    /// Mean over all samples and trainings, with its 95 % interval.
    pub difference: Interval,
    /// Number of trainings on each side.
    pub trainings: [usize; 2],
    /// Number of samples.
    pub samples: usize,
    /// Variance components behind the interval.
    components: Components,
}

/// Variance components, estimated from the mean squares of the two-way tables.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Components {
    /// Component of the samples.
    samples: f64,
    /// Components of the trainings of each side; `None` for a side with a single one.
    sides: [Option<Side>; 2],
}

/// Components of a table with one row per training and one column per sample.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Side {
    rows: usize,
    /// Component of the trainings; 0 where it is estimated below.
    trainings: f64,
    /// Component of the residuals: what neither row nor column explains.
    residual: f64,
}

/// What would narrow an interval until it no longer holds a threshold, if the estimate and the variance components stayed as
/// they are. A rough answer: components that are estimated from few trainings are themselves uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Trainings on each side that has more than one, with the samples at hand; `None` if no number of them suffices.
    pub trainings: Option<usize>,
    /// Samples, with the trainings at hand; `None` if no number of them suffices.
    pub samples: Option<usize>,
    /// Trainings and samples, together, where neither suffices alone.
    pub both: Option<(usize, usize)>,
}

/// Largest number of trainings or samples that a [`Resolution`] names. What takes more is out of reach.
const MOST: usize = 1 << 30;

impl CrossedDifference {
    /// Mean of `first` less `second`: one row per training, all of them on the same samples in the same order; values are 0 and 1
    /// (wrong and right), or differences and means of such values. What was not trained but is given, such as the one backbone of
    /// all units, is a single row; a mean that is no difference has a single row of zeros as its second side.
    ///
    /// With samples `i` and trainings `s` as crossed random effects, `x[s][i] = mean + a[s] + b[i] + e[s][i]`, the variance of the
    /// mean of one table of `S` rows and `n` columns is estimated without bias by `(MS_trainings + MS_samples - MS_residual) / (S
    /// n)` (Searle, Casella and McCulloch, Variance Components, 1992, section 4.7; Brennan, Generalizability Theory, 2001). A
    /// difference of two such tables on the same samples has one term of the samples, the variance over `i` of the difference of
    /// column means over `n`, and one of each side's trainings, `(MS_trainings - MS_residual) / (S n)`. The latter is not taken
    /// below zero, so the variance is never below that over samples alone. Its degrees of freedom follow from
    /// Satterthwaite's approximation (Biometrics Bulletin 2(6), 1946, pp. 110-114). A distribution-free alternative is the pigeonhole
    /// bootstrap (Owen, Annals of Applied Statistics 1(2), 2007, pp. 386-411), which never underestimates this variance by much
    /// either but needs more trainings than anyone has.
    ///
    /// A side with a single row says nothing about other trainings, and the interval then holds for that training only. The
    /// variance is never below that of Wilson's interval for no success in `n`, `(1.96 / n)^2`, also where no sample makes a
    /// difference.
    ///
    /// # Errors
    /// [`StatsError::NotPaired`] for rows of different lengths, [`StatsError::TooFew`] for fewer than two samples or no row.
    pub fn new(first: &[Vec<f64>], second: &[Vec<f64>]) -> Result<Self, StatsError> {
        let samples = first.first().map_or(0, Vec::len);
        let empty = first.is_empty() || second.is_empty();
        if samples < 2 || empty {
            return Err(StatsError::TooFew { found: if empty { 0 } else { samples } });
        }
        if let Some(other) = first.iter().chain(second).find(|row| row.len() != samples) {
            return Err(StatsError::NotPaired { first: samples, second: other.len() });
        }
        let columns = [first, second].map(column_means);
        let difference: Moments = columns[0].iter().zip(&columns[1]).map(|(one, other)| one - other).collect();
        let (Some(mean), Some(variance)) = (difference.mean(), difference.variance()) else {
            return Err(StatsError::TooFew { found: samples });
        };
        let sides = [Side::new(first, &columns[0]), Side::new(second, &columns[1])];
        let residual: f64 = sides.iter().flatten().map(|side| side.residual / side.rows as f64).sum();
        let components = Components { samples: variance - residual, sides };
        let (error, freedom) = components.error(samples, None);
        Ok(Self {
            difference: t_interval(mean, error, freedom, CONFIDENCE)?,
            trainings: [first.len(), second.len()],
            samples,
            components,
        })
    }

    /// What would narrow the interval enough to exclude `threshold`; `None` if it does so already, or if the estimate is the
    /// threshold itself.
    pub fn resolution(&self, threshold: f64) -> Option<Resolution> {
        let distance = (self.difference.estimate - threshold).abs();
        if distance == 0.0 || !self.difference.contains(threshold) {
            return None;
        }
        let (n, rows) = (self.samples, self.trainings.into_iter().max().unwrap_or(1));
        let fits = |samples: usize, rows: Option<usize>| {
            let (error, freedom) = self.components.error(samples, rows);
            t_interval(0.0, error, freedom, CONFIDENCE).is_ok_and(|interval| interval.high < distance)
        };
        let repeated = self.components.sides.iter().any(Option::is_some);
        let trainings = if repeated { least(rows, |rows| fits(n, Some(rows))) } else { None };
        let samples = least(n, |samples| fits(samples, None));
        let both = match (trainings, samples) {
            (None, None) if repeated => {
                let times = least(1, |times| fits(n * times, Some(rows * times)));
                times.map(|times| (rows * times, n * times))
            }
            _ => None,
        };
        Some(Resolution { trainings, samples, both })
    }
}

impl Components {
    /// Standard error of the mean and its degrees of freedom, with `samples` samples, and with `rows` trainings on each side that
    /// has more than one; `None` for those at hand.
    fn error(&self, samples: usize, rows: Option<usize>) -> (f64, f64) {
        let n = samples as f64;
        let sides = || self.sides.iter().flatten().map(|side| (side, rows.unwrap_or(side.rows) as f64));
        let columns = self.samples + sides().map(|(side, rows)| side.residual / rows).sum::<f64>();
        let mut variance = columns / n;
        // Sum over the mean squares of their squared shares of the variance, each over its degrees of freedom.
        let mut squares = variance.powi(2) / (n - 1.0);
        for (side, rows) in sides().filter(|(side, _)| side.trainings > 0.0) {
            variance += side.trainings / rows;
            let residual = side.residual / (rows * n);
            let trainings = side.trainings / rows + residual;
            squares += trainings.powi(2) / (rows - 1.0) + residual.powi(2) / ((rows - 1.0) * (n - 1.0));
        }
        let least = (NORMAL_975 / n).powi(2);
        match variance > least {
            // Beyond so many degrees of freedom Student's t is the normal distribution.
            true => (variance.sqrt(), (variance.powi(2) / squares).min(1e6)),
            false => (least.sqrt(), n - 1.0),
        }
    }
}

impl Side {
    /// Components of a table with these column means; `None` for a single row.
    fn new(table: &[Vec<f64>], columns: &[f64]) -> Option<Self> {
        let (rows, n) = (table.len() as f64, columns.len() as f64);
        let means: Moments = table.iter().map(|row| row.iter().sum::<f64>() / n).collect();
        let (mean, between) = (means.mean()?, means.variance()?);
        let squares: f64 = table
            .iter()
            .map(|row| {
                let own = row.iter().sum::<f64>() / n - mean;
                row.iter().zip(columns).map(|(value, column)| (value - column - own).powi(2)).sum::<f64>()
            })
            .sum();
        let residual = squares / ((rows - 1.0) * (n - 1.0));
        Some(Self { rows: table.len(), trainings: (between - residual / n).max(0.0), residual })
    }
}

fn column_means(table: &[Vec<f64>]) -> Vec<f64> {
    let columns = table.first().map_or(0, Vec::len);
    (0..columns).map(|column| table.iter().map(|row| row[column]).sum::<f64>() / table.len() as f64).collect()
}

/// The smallest number from `start` on for which `fits` holds, which then holds for all larger ones; `None` beyond [`MOST`].
fn least(start: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (start, start);
    while !fits(high) {
        low = high + 1;
        high = high.checked_mul(2).filter(|high| *high <= MOST)?;
    }
    while low < high {
        let middle = low.midpoint(high);
        match fits(middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: [[f64; 12]; 3] = [
        [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
        [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0],
    ];
    const OTHERS: [[f64; 12]; 2] = [
        [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0],
    ];

    fn table<const N: usize>(rows: &[[f64; N]]) -> Vec<Vec<f64>> {
        rows.iter().map(|row| row.to_vec()).collect()
    }

    /// The output of `benches/peers/crossed.py`, which fits linear models by least squares.
    #[test]
    fn the_interval_meets_an_independent_computation() {
        let zeros = vec![vec![0.0; 12]];
        let doubled = UNITS[0].map(|value| 2.0 * value);
        let mut reversed = doubled;
        reversed.reverse();
        let alike = table(&[doubled, reversed, doubled]);
        for (first, second, [mean, low, high]) in [
            (table(&UNITS), zeros.clone(), [0.25, -0.179_659_484, 0.679_659_484]),
            (table(&OTHERS), zeros.clone(), [0.291_666_667, -1.662_153_454, 2.245_486_787]),
            (table(&UNITS), table(&OTHERS), [-0.041_666_667, -0.948_707_135, 0.865_373_802]),
            // Trainings that differ less than chance: samples alone decide.
            (alike, zeros, [0.333_333_333, -0.049_809_003, 0.716_475_670]),
        ] {
            let Interval { estimate, low: found_low, high: found_high } =
                CrossedDifference::new(&first, &second).unwrap().difference;
            let close = |found: f64, expected: f64| (found - expected).abs() < 1e-7;
            assert!(
                close(estimate, mean) && close(found_low, low) && close(found_high, high),
                "{estimate} [{found_low}, {found_high}], expected {mean} [{low}, {high}]"
            );
        }
    }

    #[test]
    fn one_training_is_the_paired_interval_over_samples_and_no_difference_keeps_a_width() {
        let one = CrossedDifference::new(&table(&UNITS[..1]), &table(&OTHERS[..1])).unwrap();
        let differences: Vec<f64> = UNITS[0].iter().zip(OTHERS[0]).map(|(a, b)| a - b).collect();
        assert_eq!(one.difference, super::super::mean_interval(&differences).unwrap());
        let equal = vec![vec![1.0; 10_000]; 3];
        let found = CrossedDifference::new(&equal, &equal[..1]).unwrap().difference;
        assert_eq!(found.estimate, 0.0);
        assert!((found.high * 1e4 - 1.96 * 1.96).abs() < 0.01, "{found:?}");
        assert_eq!(CrossedDifference::new(&[], &equal), Err(StatsError::TooFew { found: 0 }));
        assert_eq!(
            CrossedDifference::new(&equal, &[vec![0.0; 9]]),
            Err(StatsError::NotPaired { first: 10_000, second: 9 })
        );
    }

    /// Where a resolution is named, the interval with so many trainings or samples is narrow enough, and with one fewer it is not.
    #[test]
    fn a_resolution_is_the_smallest_that_excludes_the_threshold() {
        // Ten times the same samples.
        let table = |rows: &[[f64; 12]]| rows.iter().map(|row| row.repeat(10)).collect::<Vec<_>>();
        let found = CrossedDifference::new(&table(&UNITS), &[vec![0.0; 120]]).unwrap();
        let half = |samples, rows| {
            let (error, freedom) = found.components.error(samples, rows);
            t_interval(0.0, error, freedom, CONFIDENCE).unwrap().high
        };
        assert!((half(120, None) - found.difference.half_width()).abs() < 1e-12);
        // The trainings differ so much that no number of samples resolves this with three of them.
        let Resolution { trainings, samples, both } = found.resolution(0.0).unwrap();
        let rows = trainings.unwrap();
        assert!(half(120, Some(rows)) < 0.25 && half(120, Some(rows - 1)) >= 0.25, "{rows}");
        assert_eq!((samples, both), (None, None));
        // So near to the estimate, neither more trainings nor more samples suffice alone.
        let near = found.resolution(0.2).unwrap();
        let (rows, samples) = near.both.unwrap();
        assert_eq!((near.trainings, near.samples), (None, None));
        assert!(half(samples, Some(rows)) < 0.05 && half(samples - 120, Some(rows - 3)) >= 0.05, "{near:?}");
        assert_eq!(found.resolution(0.9), None, "not in the interval");
        // A single training says nothing about others: samples alone can resolve what holds for it.
        let one = CrossedDifference::new(&table(&UNITS[..1]), &[vec![0.0; 120]]).unwrap();
        let Resolution { trainings, samples, .. } = one.resolution(0.1).unwrap();
        let half = |samples| one.components.error(samples, None).0 * 1.96;
        assert!(trainings.is_none() && samples.is_some_and(|samples| half(samples) < 1.0 / 6.0 - 0.1), "{samples:?}");
    }
}
