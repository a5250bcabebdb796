//! Answers of networks to their samples, and what their finite number leaves open, which replications share and so cannot show.

use crate::index::NetworkIndex;
use crate::rows::{AnswerRow, PointRow, Results};
use crate::summary::PointSummary;
use cospike_sim_core::stats::{PairedDifference, StatsError, paired_difference};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Whether each sample is answered correctly with nothing lost, by network, in the order of the samples.
pub(crate) struct Answers(BTreeMap<NetworkIndex, Rc<[bool]>>);

impl Answers {
    pub(crate) fn new(results: &Results) -> Self {
        let mut right: BTreeMap<NetworkIndex, Vec<bool>> = BTreeMap::new();
        for &AnswerRow { network, label, answer, .. } in &results.answers {
            right.entry(network).or_default().push(label == answer);
        }
        // Those that cannot be executed have none.
        results.points.iter().for_each(|row| _ = right.entry(row.network).or_default());
        Self(right.into_iter().map(|(network, right)| (network, right.into())).collect())
    }

    /// Difference between the shares of correct answers of two networks, sample by sample; `None` if one of them cannot be executed.
    pub(crate) fn difference(&self, networks: [NetworkIndex; 2]) -> Option<Result<PairedDifference, StatsError>> {
        let [first, second] = networks.map(|network| self.0.get(&network).filter(|right| !right.is_empty()));
        Some(paired_difference(first?, second?))
    }

    /// What the design point of `row` says of the answers of its network.
    pub(crate) fn answered(&self, row: &PointRow, summary: &PointSummary) -> Answered {
        let is_as_executed = summary.completed.mean == Some(1.0)
            && summary.correct.mean.zip(summary.offline_accuracy).is_some_and(|(mean, offline)| offline.contains(mean));
        Answered {
            right: self.0.get(&row.network).cloned().unwrap_or_default(),
            samples: f64::from(row.samples.max(1)),
            is_as_executed,
        }
    }
}

/// Answers of the network of a design point.
#[derive(Clone)]
pub(crate) struct Answered {
    right: Rc<[bool]>,
    samples: f64,
    /// Whether the requests were answered as the network does: nothing was lost or damaged.
    is_as_executed: bool,
}

impl Answered {
    /// Variance of a share of correct answers that comes from the finite number of samples.
    pub(crate) fn error(&self, share: f64) -> f64 {
        share * (1.0 - share) / self.samples
    }

    /// The same of the difference to the share of another design point, with samples as clusters: all requests for a sample, in all
    /// replications, have it in common, so that the samples, and not the requests, are independent. With `d[i]` the difference between the
    /// shares of the requests for sample `i` that are answered correctly, the variance of their mean over `n` samples is `var(d) / n` (Donner
    /// and Klar, Design and Analysis of Cluster Randomization Trials, 2000, chapter 6, for paired clusters).
    ///
    /// - Where both answer as their networks do, every `d[i]` is known: it is -1, 0 or 1.
    /// - Of one network under two losses it is not, but more loss is taken to be worse for every sample, so that all `d[i]` lie between 0 and
    ///   1, or 0 and -1; a quantity in [0, 1] with mean `m` has a variance of at most `m (1 - m)` (Bhatia and Davis, American Mathematical Monthly 107(4),
    ///   2000).
    /// - Of two networks under loss nothing is known of `d[i]`. What is hard for one is mostly hard for the other, so that their shares rise
    ///   and fall together, and the variance is at most the sum of theirs.
    pub(crate) fn error_of_difference(&self, share: f64, other: &Self, other_share: f64) -> f64 {
        let is_same = Rc::ptr_eq(&self.right, &other.right) || (!self.right.is_empty() && self.right == other.right);
        let are_executed = self.is_as_executed && other.is_as_executed;
        if is_same {
            let difference = (share - other_share).abs();
            return if are_executed { 0.0 } else { difference * (1.0 - difference) / self.samples };
        }
        let are_paired = are_executed && !self.right.is_empty();
        match paired_difference(&self.right, &other.right).ok().filter(|_| are_paired) {
            Some(paired) => {
                let [n, first, second] =
                    [paired.samples, paired.only_first, paired.only_second].map(|count| count as f64);
                (first + second - (first - second).powi(2) / n) / (n * n)
            }
            None => self.error(share) + other.error(other_share),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(right: &[bool], is_as_executed: bool) -> Answered {
        Answered { right: right.into(), samples: right.len() as f64, is_as_executed }
    }

    /// Of ten samples, two are right for the first alone and one for the second alone: `d` is twice 1, once -1 and seven times 0. Its mean
    /// is 0.1, and the mean of its squares 0.3.
    #[test]
    fn samples_are_clusters_whose_differences_are_known_or_bounded() {
        let first = [true, true, true, true, true, true, true, false, false, false];
        let second = [true, true, true, true, true, false, false, true, false, false];
        let [one, other] = [&first, &second].map(|right| answered(right, true));
        let known = one.error_of_difference(0.7, &other, 0.6);
        assert!((known - (0.3 - 0.01) / 10.0).abs() < 1e-15, "{known}");
        assert_eq!(one.error_of_difference(0.7, &one, 0.7), 0.0, "the same answers to the same samples");
        // One network, of which a loss takes three in ten answers: at most 0.3 * 0.7 / 10, and no error where nothing was taken.
        let lossy = answered(&first, false);
        assert!((one.error_of_difference(0.7, &lossy, 0.4) - 0.021).abs() < 1e-15);
        assert!((lossy.error_of_difference(0.4, &one, 0.7) - 0.021).abs() < 1e-15, "either way round");
        assert_eq!(one.error_of_difference(0.7, &lossy, 0.7), 0.0);
        // The bound is kept by what a loss may do to each sample: all requests of three samples, or three tenths of those of each.
        for d in [[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.3; 10]] {
            let mean = d.iter().sum::<f64>() / 10.0;
            let variance = d.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 10.0;
            assert!(variance / 10.0 <= 0.021 + 1e-15, "{variance}");
        }
        // Two networks under loss count as independent.
        let both = lossy.error_of_difference(0.4, &answered(&second, false), 0.5);
        assert!((both - (0.4 * 0.6 + 0.5 * 0.5) / 10.0).abs() < 1e-15, "{both}");
    }
}
