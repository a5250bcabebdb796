//! Conditions on the means of a design point, and whether its replications decide them.

use cospike_results::metrics::metric;
use cospike_results::rows::ReplicationRow;
use cospike_sim_core::stats::{Interval, mean_interval_at};
use serde::{Deserialize, Serialize};

/// A condition on the means of a design point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Condition {
    /// All of these hold.
    All(Vec<Condition>),
    /// At least one of these holds.
    Any(Vec<Condition>),
    /// A mean lies on one side of a limit.
    Limit(Limit),
}

/// A limit of a mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Name of the metric, one of [`METRICS`](cospike_results::metrics::METRICS).
    pub metric: String,
    /// Side on which the mean must lie.
    pub side: Side,
    /// Value of the limit, in the unit of the metric.
    pub value: f64,
}

/// Side of a limit; the limit belongs to both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// At most the limit.
    AtMost,
    /// At least the limit.
    AtLeast,
}

/// A condition that the replications of a design point have to decide.
///
/// They are looked at after the replications that the plan asks for, and each time that their number has doubled. The intervals
/// of one look are so wide that the probability of a wrong decision on any look and limit together is at most `1 - confidence`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What has to be decided.
    pub condition: Condition,
    /// Probability that a decision is right, above 0 and below 1.
    pub confidence: f64,
    /// Maximum number of replications of a design point.
    pub max_replications: u32,
}

/// Whether a condition holds, as far as the replications show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds, with the confidence that was asked for.
    Holds,
    /// It does not, with that confidence, or because a replication failed or has no value.
    Fails,
    /// An interval still contains its limit.
    Undecided,
}

/// A limit beside the mean that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The limit.
    pub limit: Limit,
    /// The mean with its interval; of equal values, without width. `None` if a replication has no value.
    pub found: Option<Interval>,
    /// Whether the mean lies on its side.
    pub verdict: Verdict,
}

impl Verdict {
    /// Word of the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Undecided => "undecided",
        }
    }
}

impl Side {
    /// Words of the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
        }
    }
}

impl Condition {
    /// The limits, in their order.
    pub fn limits(&self) -> Vec<&Limit> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::limits).collect(),
            Self::Limit(limit) => vec![limit],
        }
    }

    /// The verdict on the whole from those on its limits, in their order.
    fn verdict(&self, limits: &mut impl Iterator<Item = Verdict>) -> Verdict {
        let mut join = |parts: &[Self], decisive: Verdict, otherwise: Verdict| {
            let verdicts: Vec<Verdict> = parts.iter().map(|part| part.verdict(limits)).collect();
            match verdicts {
                some if some.contains(&decisive) => decisive,
                some if some.contains(&Verdict::Undecided) => Verdict::Undecided,
                _ => otherwise,
            }
        };
        match self {
            Self::All(parts) => join(parts, Verdict::Fails, Verdict::Holds),
            Self::Any(parts) => join(parts, Verdict::Holds, Verdict::Fails),
            Self::Limit(_) => limits.next().unwrap_or(Verdict::Undecided),
        }
    }
}

/// A decision that cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// The confidence is no probability of a decision that may be wrong.
    #[error("confidence {0}: give a number above 0 and below 1")]
    Confidence(f64),
    /// A limit that no mean can be compared with.
    #[error("limit {value} of `{metric}`: give the name of a metric, and a finite number")]
    Limit {
        /// Name of the metric.
        metric: String,
        /// Value of the limit.
        value: f64,
    },
}

impl Decision {
    /// Checks that the decision can be made.
    pub(crate) fn check(&self) -> Result<(), DecisionError> {
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(DecisionError::Confidence(self.confidence));
        }
        let wrong = |limit: &&Limit| metric(&limit.metric).is_none() || !limit.value.is_finite();
        match self.condition.limits().into_iter().find(wrong) {
            Some(limit) => Err(DecisionError::Limit { metric: limit.metric.clone(), value: limit.value }),
            None => Ok(()),
        }
    }

    /// Numbers of replications after which is looked, of which `first` is the first.
    pub fn looks(&self, first: u32) -> Vec<u32> {
        let doubled =
            std::iter::successors(Some(first), |look| (*look < self.max_replications).then(|| look.saturating_mul(2)));
        doubled.map(|look| look.min(self.max_replications.max(first))).collect()
    }

    /// Confidence of the intervals of one look: all looks and limits share the probability of a wrong decision (Bonferroni).
    fn confidence_of_look(&self, first: u32) -> f64 {
        let comparisons = (self.condition.limits().len() * self.looks(first).len()).max(1);
        1.0 - (1.0 - self.confidence) / comparisons as f64
    }

    /// The verdict on `rows`, the replications of a design point of which `failed` more failed, with what it rests on.
    /// `first` is the number of replications of the first look.
    pub fn judge(&self, rows: &[&ReplicationRow], failed: u32, first: u32) -> (Verdict, Vec<Judged>) {
        let limits = self.condition.limits();
        let confidence = self.confidence_of_look(first);
        let judged: Vec<Judged> = limits.into_iter().map(|limit| limit.judge(rows, confidence)).collect();
        let verdict = match failed {
            0 => self.condition.verdict(&mut judged.iter().map(|judged| judged.verdict)),
            _ => Verdict::Fails,
        };
        (verdict, judged)
    }
}

impl Limit {
    fn judge(&self, rows: &[&ReplicationRow], confidence: f64) -> Judged {
        let values =
            metric(&self.metric).and_then(|metric| rows.iter().map(|row| metric(row)).collect::<Option<Vec<f64>>>());
        self.judge_values(values, confidence)
    }

    /// The verdict on the values of all replications; there are none if one of them has no value.
    fn judge_values(&self, values: Option<Vec<f64>>, confidence: f64) -> Judged {
        let found = values.and_then(|values| interval(&values, confidence));
        let verdict = match found {
            None => Verdict::Fails,
            Some(Interval { low, high, .. }) => match self.side {
                Side::AtMost => side(high <= self.value, low > self.value),
                Side::AtLeast => side(low >= self.value, high < self.value),
            },
        };
        Judged { limit: self.clone(), found, verdict }
    }
}

fn side(holds: bool, fails: bool) -> Verdict {
    match (holds, fails) {
        (true, _) => Verdict::Holds,
        (_, true) => Verdict::Fails,
        _ => Verdict::Undecided,
    }
}

/// The mean of `values` with its interval, which has no width if they are all equal: nothing random happened then, and more
/// replications would show nothing else. Of a single value the mean is not known at all.
fn interval(values: &[f64], confidence: f64) -> Option<Interval> {
    let (first, rest) = values.split_first()?;
    match rest {
        [] => Some(Interval { estimate: *first, low: f64::NEG_INFINITY, high: f64::INFINITY }),
        _ if rest.iter().all(|value| value == first) => Some(Interval { estimate: *first, low: *first, high: *first }),
        _ => mean_interval_at(values, confidence).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    fn limit(side: Side) -> Limit {
        Limit { metric: "latency_mean_s".into(), side, value: 1.0 }
    }

    fn decision(condition: Condition) -> Decision {
        Decision { condition, confidence: 0.95, max_replications: 50 }
    }

    #[test]
    fn the_looks_double_to_the_maximum() {
        let decision = decision(Condition::Limit(limit(Side::AtMost)));
        assert_eq!(decision.looks(5), [5, 10, 20, 40, 50]);
        assert_eq!(decision.looks(50), [50]);
    }

    /// Although the replications are looked at again and again, a mean just beyond the limit is seldom taken to keep it, and one
    /// that is clearly beyond is mostly found to be.
    #[test]
    fn wrong_decisions_are_as_rare_as_the_confidence_says() {
        let decision = decision(Condition::Limit(limit(Side::AtMost)));
        let mut stream = ChaCha8Rng::seed_from_u64(5);
        let mut run = |mean: f64| {
            let draws: Vec<f64> = StandardNormal.sample_iter(&mut stream).take(50).map(|z: f64| mean + z).collect();
            let looks = decision.looks(5).into_iter();
            let verdict = |look: u32| {
                let values = draws[..look as usize].to_vec();
                limit(Side::AtMost).judge_values(Some(values), decision.confidence_of_look(5)).verdict
            };
            looks.map(verdict).find(|verdict| *verdict != Verdict::Undecided)
        };
        let mut count = |mean: f64, wanted| (0..2000).filter(|_| run(mean) == Some(wanted)).count();
        assert!(count(1.0 + 1e-9, Verdict::Holds) <= 100, "5 % of 2000");
        assert!(count(2.0, Verdict::Fails) > 1900, "a mean of one standard deviation beyond the limit is found out");
    }

    #[test]
    fn verdicts_join_as_their_conditions_do() {
        use Verdict::{Fails, Holds, Undecided};
        let two = || vec![Condition::Limit(limit(Side::AtMost)), Condition::Limit(limit(Side::AtLeast))];
        for (verdicts, all, any) in [
            ([Holds, Holds], Holds, Holds),
            ([Holds, Fails], Fails, Holds),
            ([Undecided, Fails], Fails, Undecided),
            ([Undecided, Holds], Undecided, Holds),
            ([Fails, Fails], Fails, Fails),
        ] {
            assert_eq!(Condition::All(two()).verdict(&mut verdicts.into_iter()), all);
            assert_eq!(Condition::Any(two()).verdict(&mut verdicts.into_iter()), any);
        }
        let all_of_any = Condition::All(vec![Condition::Any(two()), Condition::Limit(limit(Side::AtMost))]);
        assert_eq!(all_of_any.verdict(&mut [Fails, Holds, Holds].into_iter()), Holds);
    }

    #[test]
    fn equal_values_decide_at_once_and_one_or_none_does_not() {
        let judge = |values: Option<Vec<f64>>| limit(Side::AtMost).judge_values(values, 0.99).verdict;
        assert_eq!(judge(Some(vec![0.9, 0.9])), Verdict::Holds);
        assert_eq!(judge(Some(vec![1.1, 1.1])), Verdict::Fails);
        assert_eq!(judge(Some(vec![0.9])), Verdict::Undecided);
        assert_eq!(judge(None), Verdict::Fails, "a replication without a value");
    }
}
