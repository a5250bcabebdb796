//! Percentiles of several samples put together, from the percentiles of each: the distribution of all is the mean of theirs, by
//! their sizes. The mean of their percentiles would be none of its percentiles.

/// Percentiles (0 to 100) with their values of all samples together, at the percentiles of the first. Each sample is given by its size and
/// its own percentiles in ascending order, between which its distribution is taken as a straight line.
pub(crate) fn pooled(samples: Vec<(f64, &[(f64, f64)])>) -> Vec<(f64, f64)> {
    let samples: Vec<_> = samples.into_iter().filter(|(size, points)| *size > 0.0 && !points.is_empty()).collect();
    let Some((_, first)) = samples.first() else { return Vec::new() };
    if samples.len() == 1 {
        return first.to_vec();
    }
    let size: f64 = samples.iter().map(|(size, _)| size).sum();
    let share = |value: f64, end: End| {
        samples.iter().map(|(own, points)| own / size * share_of(points, value, end)).sum::<f64>()
    };
    let mut values: Vec<f64> = samples.iter().flat_map(|(_, points)| points.iter().map(|(_, value)| *value)).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    // Percentile just below each value, and at it: between two values all distributions are straight lines.
    let corners: Vec<[(f64, f64); 2]> =
        values.iter().map(|value| [(share(*value, End::Below), *value), (share(*value, End::At), *value)]).collect();
    let corners: Vec<(f64, f64)> = corners.into_iter().flatten().collect();
    first.iter().map(|(percentile, _)| (*percentile, value_at(&corners, *percentile))).collect()
}

/// Side from which a distribution is read where it jumps.
#[derive(Clone, Copy)]
enum End {
    /// Without those of the very value.
    Below,
    /// With them.
    At,
}

/// Percentile of a value in one sample.
fn share_of(points: &[(f64, f64)], value: f64, end: End) -> f64 {
    let after = points.partition_point(|(_, own)| match end {
        End::Below => *own < value,
        End::At => *own <= value,
    });
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (None, _) => 0.0,
        (Some(_), None) => 100.0,
        (Some((from, low)), Some((to, high))) if *high > low => {
            let along = ((value - low) / (high - low)).clamp(0.0, 1.0);
            from + along * (to - from)
        }
        (Some((from, _)), Some(_)) => from,
    }
}

/// Value at which a line through ascending corners reaches a percentile.
fn value_at(corners: &[(f64, f64)], percentile: f64) -> f64 {
    // Sums of shares miss a percentile by rounding.
    let after = corners.partition_point(|(share, _)| *share < percentile - 1e-9);
    match (after.checked_sub(1).map(|before| corners[before]), corners.get(after)) {
        (Some((from, low)), Some((to, high))) if *to > from => low + (percentile - from) / (to - from) * (high - low),
        (_, Some((_, value))) => *value,
        (Some((_, value)), None) => value,
        (None, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Even distributions from 0 to 1 s and from 10 to 11 s: half of all answers come within 1 s, and 75 % within 10.5 s. The means of
    /// their percentiles lie where no answer came.
    #[test]
    fn percentiles_of_two_samples_are_those_of_all_their_values() {
        let line = |from: f64| [0.0, 25.0, 50.0, 75.0, 95.0, 100.0].map(|share| (share, from + share / 100.0));
        let (fast, slow) = (line(0.0), line(10.0));
        let both = pooled(vec![(500.0, &fast), (500.0, &slow)]);
        let wanted = [(0.0, 0.0), (25.0, 0.5), (50.0, 1.0), (75.0, 10.5), (95.0, 10.9), (100.0, 11.0)];
        for ((percentile, value), (of, wanted)) in both.iter().zip(wanted) {
            assert!(*percentile == of && (value - wanted).abs() < 1e-6, "{both:?}");
        }
        // Three times as many slow ones: the fast ones are a quarter.
        let more = pooled(vec![(250.0, &fast), (750.0, &slow)]);
        assert!((more[1].1 - 1.0).abs() < 1e-6 && (more[2].1 - (10.0 + 1.0 / 3.0)).abs() < 1e-6, "{more:?}");
    }

    #[test]
    fn one_sample_is_itself_and_equal_values_are_one() {
        let one = [(0.0, 2.0), (50.0, 2.0), (100.0, 3.0)];
        assert_eq!(pooled(vec![(7.0, &one), (0.0, &[(0.0, 9.0)]), (3.0, &[])]), one);
        let constant = [(0.0, 2.0), (50.0, 2.0), (100.0, 2.0)];
        assert_eq!(pooled(vec![(7.0, &constant), (3.0, &constant)]), constant);
        assert_eq!(pooled(vec![(7.0, &one), (3.0, &one)]), one);
        assert!(pooled(vec![]).is_empty());
        let huge = [(0.0, 1e300), (100.0, 1.7e308)];
        let tiny = [(0.0, -1.7e308), (100.0, 1e-300)];
        assert!(pooled(vec![(1e300, &huge), (1e300, &tiny)]).iter().all(|(_, value)| value.is_finite()));
    }
}
