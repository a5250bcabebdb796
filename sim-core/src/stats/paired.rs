//! Comparison of two designs on the same samples.

use super::{Interval, StatsError, wilson};
use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

/// Difference of two proportions over the same samples.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct PairedDifference {
    /// Number of samples compared.
    pub samples: u64,
    /// Number of samples that only the first got right (`b`).
    pub only_first: u64,
    /// Number of samples that only the second got right (`c`).
    pub only_second: u64,
    /// `(b - c) / n`, the first proportion less the second, with its 95 % interval.
    pub difference: Interval,
    /// Two-sided p-value of no difference, by McNemar's test. Adjust it by [`super::holm`] if several designs are
    /// compared.
    pub p_value: f64,
}

/// Compares two 0/1 outcomes of the same samples, `first[i]` and `second[i]` belonging to sample `i`.
///
/// The interval is the square-and-add interval of Newcombe, Statistics in Medicine 17, 1998, pp. 2635-2650,
/// method 10. With Wilson intervals `[l1, u1]` of `p1` and `[l2, u2]` of `p2`, `d = p1 - p2`, and `phi` the
/// correlation of the two outcomes, made less extreme by `n/2` in its numerator where that is positive:
///
/// - low: `d - sqrt((p1-l1)^2 - 2 phi (p1-l1)(u2-p2) + (u2-p2)^2)`,
/// - high: `d + sqrt((u1-p1)^2 - 2 phi (u1-p1)(p2-l2) + (p2-l2)^2)`.
///
/// Unlike the Wald interval `d +- 1.96 sqrt(b + c - (b-c)^2/n) / n` it keeps its width when the two never disagree.
///
/// # Errors
/// [`StatsError::NotPaired`] for different lengths, [`StatsError::NoTrials`] for none.
pub fn paired_difference(first: &[bool], second: &[bool]) -> Result<PairedDifference, StatsError> {
    if first.len() != second.len() {
        return Err(StatsError::NotPaired { first: first.len(), second: second.len() });
    }
    let count = |a: bool, b: bool| first.iter().zip(second).filter(|&(&x, &y)| (x, y) == (a, b)).count() as u64;
    let (both, only_first, only_second, neither) =
        (count(true, true), count(true, false), count(false, true), count(false, false));
    let samples = first.len() as u64;
    let one = wilson(both + only_first, samples)?;
    let two = wilson(both + only_second, samples)?;
    let phi = correlation([both, only_first, only_second, neither]);
    let estimate = one.estimate - two.estimate;
    let side = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).sqrt();
    let low = estimate - side(one.estimate - one.low, two.high - two.estimate);
    let high = estimate + side(one.high - one.estimate, two.estimate - two.low);
    let difference = Interval { estimate, low, high };
    Ok(PairedDifference { samples, only_first, only_second, difference, p_value: mcnemar(only_first, only_second) })
}

/// McNemar's mid-p test (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91, 2013): without a
/// difference the smaller of `b` and `c` is `Binomial(b + c, 1/2)`; twice its lower tail less its own probability, and
/// if both are equal 1 less half of it.
fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let (fewer, total) = (only_first.min(only_second), only_first + only_second);
    // 1/2 is a probability.
    let Ok(binomial) = Binomial::new(0.5, total) else { return 1.0 };
    let own = binomial.pmf(fewer);
    match total {
        0 => 1.0,
        _ if only_first == only_second => 1.0 - own / 2.0,
        _ => 2.0 * binomial.cdf(fewer) - own,
    }
}

/// Newcombe's corrected `phi` of a 2x2 table; 0 if a margin is empty.
fn correlation(table: [u64; 4]) -> f64 {
    let [both, only_first, only_second, neither] = table.map(|cell| cell as f64);
    let margins = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither);
    if margins == 0.0 {
        return 0.0;
    }
    let product = both * neither - only_first * only_second;
    let corrected = if product > 0.0 { (product - table.iter().sum::<u64>() as f64 / 2.0).max(0.0) } else { product };
    corrected / margins.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(both: usize, only_first: usize, only_second: usize, neither: usize) -> (Vec<bool>, Vec<bool>) {
        let cells =
            [(true, true, both), (true, false, only_first), (false, true, only_second), (false, false, neither)];
        cells.iter().flat_map(|&(a, b, count)| std::iter::repeat_n((a, b), count)).unzip()
    }

    /// The data of Cavo et al. 2012 (59, 6, 16, 80), for which the R package `contingencytables` 3.1 (Fagerland,
    /// Lydersen and Laake, Statistical Analysis of Contingency Tables, chapter 8) gives -0.0621 (-0.1186 to -0.0046).
    #[test]
    fn the_paired_difference_meets_published_values() {
        let (first, second) = outcomes(59, 6, 16, 80);
        let result = paired_difference(&first, &second).unwrap();
        assert_eq!((result.only_first, result.only_second, result.samples), (6, 16, 161));
        for (found, expected) in
            [(result.difference.estimate, -0.0621), (result.difference.low, -0.1186), (result.difference.high, -0.0046)]
        {
            assert!((found - expected).abs() < 5e-5, "{found} is not {expected}");
        }
    }

    /// Table 1 of Fagerland, Lydersen and Laake 2013: airway hyper-responsiveness before and after transplantation
    /// (Bentur et al. 2009; 1, 1, 7, 12), mid-p 0.0391; the data of Cavo et al., mid-p 0.0347.
    #[test]
    fn mcnemars_mid_p_meets_published_values() {
        for ([both, only_first, only_second, neither], expected) in
            [([1, 1, 7, 12], 0.0391), ([59, 6, 16, 80], 0.0347), ([3, 0, 0, 4], 1.0), ([0, 1, 1, 0], 0.75)]
        {
            let (first, second) = outcomes(both, only_first, only_second, neither);
            let found = paired_difference(&first, &second).unwrap().p_value;
            assert!((found - expected).abs() < 5e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn swapping_the_two_mirrors_the_interval_and_agreement_is_not_certainty() {
        let (first, second) = outcomes(40, 9, 3, 48);
        let (there, back) = (paired_difference(&first, &second).unwrap(), paired_difference(&second, &first).unwrap());
        assert!((there.difference.low + back.difference.high).abs() < 1e-15);
        let (same, _) = outcomes(70, 0, 0, 30);
        let equal = paired_difference(&same, &same).unwrap().difference;
        assert!(equal.estimate == 0.0 && equal.low < -0.001 && equal.high > 0.001, "{equal:?}");
        assert!(paired_difference(&first, &second[1..]).is_err());
        assert_eq!(paired_difference(&[], &[]), Err(StatsError::NoTrials));
    }
}
