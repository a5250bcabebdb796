//! Detection of the end of a series' warm-up.

/// How many leading values the marginal standard error rule deletes (White, Simulation 69(6), 1997, pp. 323-334):
/// the `d` from 0 to `n/2` that minimises
///
/// `MSER(d) = 1 / (n-d)^2 * sum over i > d of (x[i] - mean of x[d+1..=n])^2`,
///
/// the smallest of several. It trades the bias of what is kept against the variance of what is lost. Over means of
/// 5 observations it is MSER-5 (Spratt, Heuristics for the Startup Problem, University of Virginia, 1998). Beyond
/// one half the criterion rests on few values and may be small by chance, so the second half is not searched, and a
/// deletion of all of `n/2` says that the series is still on its way.
///
/// On independent values the deletion stays small however long the series is: `n (MSER(d) / MSER(0) - 1)` is then a
/// random walk with steps `2 - z^2` (`z` a standardised value), which drifts upwards by 1 per step.
pub fn mser(series: &[f64]) -> usize {
    let last = series.len() / 2;
    let (mut deleted, mut least) = (last, f64::INFINITY);
    // Welford's recursion from the back: every suffix in one pass.
    let (mut mean, mut squares) = (0.0, 0.0);
    for (index, value) in series.iter().enumerate().rev() {
        let kept = (series.len() - index) as f64;
        let before = value - mean;
        mean += before / kept;
        squares += before * (value - mean);
        let criterion = squares / (kept * kept);
        if index <= last && criterion <= least {
            (deleted, least) = (index, criterion);
        }
    }
    deleted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use crate::stats::{mean_interval, wilson};
    use proptest::prelude::*;
    use rand::RngExt;
    use rand_distr::StandardNormal;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    fn textbook(series: &[f64]) -> usize {
        let criterion = |d: usize| {
            let kept = &series[d..];
            let mean = kept.iter().sum::<f64>() / kept.len() as f64;
            kept.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (kept.len() as f64).powi(2)
        };
        (0..=series.len() / 2).min_by(|&a, &b| criterion(a).total_cmp(&criterion(b))).unwrap()
    }

    proptest! {
        /// Whole numbers up to 2^10 leave no room for rounding to decide between two deletions.
        #[test]
        fn one_pass_finds_the_textbook_minimum(series in prop::collection::vec(0_i32..1024, 1..60)) {
            let series: Vec<f64> = series.into_iter().map(f64::from).collect();
            let mut marked = series.clone();
            prop_assert_eq!(mser(&series), textbook(&series));
            // A high plateau in front is deleted whole.
            marked.splice(0..0, [1e6, 1e6, 1e6]);
            if series.len() > 6 {
                prop_assert!(mser(&marked) >= 3);
            }
        }
    }

    /// The minimum of a random walk whose partial sums are `S[n] = 2n - chi2[n]` lies at 0 with probability
    /// `exp(-sum P(S[n] < 0) / n)` and on average at `sum P(S[n] < 0)` (Spitzer, Transactions of the AMS 82, 1956,
    /// pp. 323-339): 0.71 and 0.94 values of 1,000.
    #[test]
    fn independent_values_lose_what_random_walk_theory_says_and_no_more() {
        let below = |n: u32| ChiSquared::new(f64::from(n)).unwrap().sf(2.0 * f64::from(n));
        let nothing = (-(1..200).map(|n| below(n) / f64::from(n)).sum::<f64>()).exp();
        let average: f64 = (1..200).map(below).sum();
        let deletions: Vec<f64> = (0..2_000)
            .map(|replication| {
                let mut rng = Streams::new(1, replication).stream("independent", 0);
                let series: Vec<f64> = (0..1_000).map(|_| rng.sample(StandardNormal)).collect();
                mser(&series) as f64
            })
            .collect();
        let untouched = deletions.iter().filter(|&&d| d == 0.0).count() as u64;
        assert!(wilson(untouched, 2_000).unwrap().contains(nothing), "{untouched} of 2000, expected {nothing}");
        assert!(mean_interval(&deletions).unwrap().contains(average), "{:?} {average}", mean_interval(&deletions));
        assert!(deletions.iter().all(|&d| d < 50.0), "an independent series lost 5 % or more");
    }

    #[test]
    fn a_transient_is_deleted_and_a_trend_is_not_called_steady() {
        // Decays to below 1 % of the noise after 230 values.
        let mut rng = Streams::new(1, 0).stream("transient", 0);
        let series: Vec<f64> =
            (0..1_000).map(|i| 20.0 * (-f64::from(i) / 30.0).exp() + rng.sample::<f64, _>(StandardNormal)).collect();
        assert!((60..230).contains(&mser(&series)), "{}", mser(&series));
        let trend: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert_eq!(mser(&trend), 500);
        assert_eq!((mser(&[0.1; 99]), mser(&[3.0]), mser(&[])), (0, 0, 0));
    }
}
