//! Answers of networks to their samples, and what their finite number leaves open, which replications share and so cannot show.

use crate::index::NetworkIndex;
use crate::rows::{AnswerRow, PointRow, Results};
use crate::summary::PointSummary;
use cospike_sim_core::stats::paired_difference;
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
        Self(right.into_iter().map(|(network, right)| (network, right.into())).collect())
    }

    /// What the design point of `row` says of the answers of its network.
    pub(crate) fn of(&self, row: &PointRow, summary: &PointSummary) -> Answered {
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

    /// The same of the difference to the share of another design point. Where requests were answered otherwise than by their networks, it is
    /// not known which samples suffered, and the shares count as independent, which is wider.
    pub(crate) fn error_of_difference(&self, share: f64, other: &Self, other_share: f64) -> f64 {
        if !self.right.is_empty() && self.right == other.right {
            return 0.0;
        }
        let are_paired = self.is_as_executed && other.is_as_executed && !self.right.is_empty();
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
