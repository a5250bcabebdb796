//! Comparison of several designs with a control, replication by replication.

use super::intervals::{CONFIDENCE, moments_interval};
use super::{Interval, Moments, StatsError};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// How one design differs from the control.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// Mean of design less control, with its own 95 % interval.
    pub difference: Interval,
    /// The same difference with Bonferroni's interval: *all* intervals of the comparison cover together with at least
    /// 95 %.
    pub simultaneous: Interval,
    /// Two-sided p-value of the paired t test of no difference.
    pub p_value: f64,
    /// `p_value` adjusted by [`holm`]: if every design with a value of at most 0.05 is called different, at most 5 % of
    /// studies call any design different that is not, however many designs are compared.
    pub adjusted_p_value: f64,
}

/// Compares `designs` with `control`, whose `i`-th values come from the same replication and thus the same random
/// streams: what both share cancels in the difference. Intervals are paired-t intervals (Law, Simulation Modeling
/// and Analysis, 5th ed., section 10.2.1; section 10.3.1 for several designs).
///
/// # Errors
/// [`StatsError::NotPaired`] for different numbers of replications, [`StatsError::TooFew`] for fewer than two.
pub fn compare_with_control(control: &[f64], designs: &[&[f64]]) -> Result<Vec<Comparison>, StatsError> {
    let shared = 1.0 - (1.0 - CONFIDENCE) / designs.len() as f64;
    let single = designs.iter().map(|design| {
        if design.len() != control.len() {
            return Err(StatsError::NotPaired { first: design.len(), second: control.len() });
        }
        let differences: Moments = design.iter().zip(control).map(|(design, control)| design - control).collect();
        let difference = moments_interval(&differences, CONFIDENCE)?;
        let simultaneous = moments_interval(&differences, shared)?;
        let p_value = p_value_of_no_difference(&differences);
        Ok(Comparison { difference, simultaneous, p_value, adjusted_p_value: p_value })
    });
    let mut comparisons = single.collect::<Result<Vec<_>, _>>()?;
    let adjusted = holm(&comparisons.iter().map(|comparison| comparison.p_value).collect::<Vec<_>>());
    for (comparison, adjusted) in comparisons.iter_mut().zip(adjusted) {
        comparison.adjusted_p_value = adjusted;
    }
    Ok(comparisons)
}

/// p-values adjusted for multiple comparisons, in the order given (Holm, Scandinavian Journal of Statistics 6(2), 1979,
/// pp. 65-70): the `k`-th smallest of `n` times `n - k + 1`, at least the one before it, at most 1. The adjustment
/// needs no independence and never rejects fewer hypotheses than Bonferroni's, which multiplies all by `n`.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut ascending: Vec<usize> = (0..p_values.len()).collect();
    ascending.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, index) in ascending.into_iter().enumerate() {
        least = least.max(p_values[index] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

/// Two-sided p-value of the t test. Without any variance it is 0, or 1 if there is no difference either. NaN among the
/// differences counts as no difference.
fn p_value_of_no_difference(differences: &Moments) -> f64 {
    let (Some(mean), Some(variance)) = (differences.mean(), differences.variance()) else { return 1.0 };
    let n = differences.count() as f64;
    let error = (variance / n).sqrt();
    match StudentsT::new(0.0, 1.0, n - 1.0) {
        Ok(student) if error > 0.0 => 2.0 * student.sf((mean / error).abs()),
        _ if error == 0.0 && mean != 0.0 => 0.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-5, "{found} is not {expected}");
    }

    /// Student's sleep data (Biometrika 6, 1908), extra hours with two drugs. The documentation of R's `sleep` and
    /// `t.test(paired = TRUE)`: t = -4.0621, df = 9, p = 0.002833, interval -2.4598858 to -0.7001142.
    const FIRST: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const SECOND: [f64; 10] = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    #[test]
    fn the_paired_t_test_meets_students_sleep_data() {
        let alone = compare_with_control(&SECOND, &[&FIRST]).unwrap()[0];
        close(alone.difference.estimate, -1.58);
        close(alone.difference.low, -2.459_885_8);
        close(alone.difference.high, -0.700_114_2);
        close(alone.p_value, 0.002_833);
        assert_eq!((alone.simultaneous, alone.adjusted_p_value), (alone.difference, alone.p_value));
    }

    /// s = 1.229995; five comparisons ask for t(0.995, 9) = 3.2498 (printed tables: 3.250).
    #[test]
    fn several_comparisons_share_the_five_percent() {
        let designs: [&[f64]; 5] = [&FIRST, &SECOND, &SECOND, &SECOND, &SECOND];
        let [first, same, ..] = compare_with_control(&SECOND, &designs).unwrap()[..] else { panic!("five") };
        close(first.simultaneous.half_width(), 3.249_836 * 1.229_995 / 10.0_f64.sqrt());
        close(first.adjusted_p_value, 5.0 * first.p_value);
        assert_eq!((same.difference.half_width(), same.p_value, same.adjusted_p_value), (0.0, 1.0, 1.0));
        assert_eq!(compare_with_control(&SECOND, &[]), Ok(vec![]));
        let undefined = compare_with_control(&SECOND, &[&[f64::NAN; 10]]).unwrap()[0];
        assert_eq!(undefined.p_value, 1.0, "what is no number shows no difference");
        let unpaired = Err(StatsError::NotPaired { first: 2, second: 10 });
        assert_eq!(compare_with_control(&SECOND, &[&FIRST[..2]]), unpaired);
        assert_eq!(compare_with_control(&[1.0], &[&[2.0]]), Err(StatsError::TooFew { found: 1 }));
    }

    #[test]
    fn holm_steps_down_and_keeps_the_order() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03, 0.06, 0.06, 0.02.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]).for_each(|(&found, expected)| close(found, expected));
        assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
    }
}
