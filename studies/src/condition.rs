//! Whether the replications of a design point decide a condition on its means.

use cospike_results::condition::{Condition, Limit, Side};
use cospike_results::metrics::{LimitError, Metric, Share, metric};
use cospike_results::rows::ReplicationRow;
use cospike_sim_core::stats::{Interval, mean_interval_at, share_interval_at, wilson_at};
use serde::{Deserialize, Serialize};

/// A condition that the replications of design points have to decide.
///
/// They are looked at after the replications that the plan asks for, and each time that their number has doubled. Every interval
/// is so wide that all of them together, over looks, limits and design points, miss their means with a probability of at most
/// `1 - confidence` (Bonferroni). An interval that does not miss its mean leads to no wrong verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What has to be decided.
    pub condition: Condition,
    /// Probability that no verdict is wrong, above 0 and below 1.
    pub confidence: f64,
    /// Maximum number of design points whose verdicts have this confidence together; at least 1.
    pub verdicts: u32,
    /// Maximum number of replications of a design point.
    pub max_replications: u32,
}

/// Whether a condition holds, as far as the replications show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds, with the confidence that was asked for.
    Holds,
    /// It does not, with that confidence, or because a replication has no value.
    Violated,
    /// An interval still contains its limit.
    Undecided,
    /// A replication failed.
    Failed,
}

/// A limit beside the mean that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The limit.
    pub limit: Limit,
    /// The mean with its interval, see [`Limit`]. `None` if a replication has no value.
    pub found: Option<Interval>,
    /// Whether the mean lies on its side.
    pub verdict: Verdict,
}

impl Verdict {
    /// Word of the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Undecided => "undecided",
            Self::Failed => "failed",
        }
    }
}

/// The verdict on the whole of a condition from those on its limits, in their order.
fn verdict(condition: &Condition, limits: &mut impl Iterator<Item = Verdict>) -> Verdict {
    let mut join = |parts: &[Condition], decisive: Verdict, otherwise: Verdict| {
        let verdicts: Vec<Verdict> = parts.iter().map(|part| verdict(part, limits)).collect();
        match verdicts {
            some if some.contains(&decisive) => decisive,
            some if some.contains(&Verdict::Undecided) => Verdict::Undecided,
            _ => otherwise,
        }
    };
    match condition {
        Condition::All(parts) => join(parts, Verdict::Violated, Verdict::Holds),
        Condition::Any(parts) => join(parts, Verdict::Holds, Verdict::Violated),
        Condition::Limit(_) => limits.next().unwrap_or(Verdict::Undecided),
    }
}

/// A decision that cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// The confidence is no probability of being right that can be kept.
    #[error("confidence {0}: give a number above 0 and below 1")]
    Confidence(f64),
    /// There is nothing to decide.
    #[error("a decision on 0 design points: give the number of those that have to be decided")]
    Verdicts,
    /// Name that no metric has.
    #[error("no metric is called `{0}`")]
    Metric(String),
    /// A limit that no results could decide.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

impl Decision {
    /// Checks that the decision can be made.
    pub(crate) fn check(&self) -> Result<(), DecisionError> {
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(DecisionError::Confidence(self.confidence));
        }
        if self.verdicts == 0 {
            return Err(DecisionError::Verdicts);
        }
        for Limit { metric: name, value, .. } in self.condition.limits() {
            metric(name).ok_or_else(|| DecisionError::Metric(name.clone()))?.check_limit(*value)?;
        }
        Ok(())
    }

    /// Numbers of replications after which is looked, of which `first` is the first.
    pub fn looks(&self, first: u32) -> Vec<u32> {
        let doubled =
            std::iter::successors(Some(first), |look| (*look < self.max_replications).then(|| look.saturating_mul(2)));
        doubled.map(|look| look.min(self.max_replications.max(first))).collect()
    }

    /// Confidence of each interval, of which there is one for every look, limit and design point.
    fn confidence_of_interval(&self, first: u32) -> f64 {
        let intervals =
            (self.condition.limits().len() * self.looks(first).len()).max(1) as f64 * f64::from(self.verdicts);
        1.0 - (1.0 - self.confidence) / intervals
    }

    /// The verdict on `rows`, the replications of a design point on `samples` samples, of which `failed` more failed, with what it rests
    /// on. `first` is the number of replications of the first look.
    pub fn judge(&self, rows: &[&ReplicationRow], samples: u32, failed: u32, first: u32) -> (Verdict, Vec<Judged>) {
        let limits = self.condition.limits();
        let confidence = self.confidence_of_interval(first);
        let judged = limits.into_iter().map(|limit| Judged::new(limit, rows, samples, confidence));
        let judged: Vec<Judged> = judged.collect();
        let verdict = match failed {
            0 => verdict(&self.condition, &mut judged.iter().map(|judged| judged.verdict)),
            _ => Verdict::Failed,
        };
        (verdict, judged)
    }
}

impl Judged {
    fn new(limit: &Limit, rows: &[&ReplicationRow], samples: u32, confidence: f64) -> Self {
        let found = metric(&limit.metric).and_then(|metric| estimate(&metric, rows, samples, confidence));
        Self { limit: limit.clone(), found, verdict: verdict_on(limit, found) }
    }
}

fn verdict_on(limit: &Limit, found: Option<Interval>) -> Verdict {
    let Some(Interval { low, high, .. }) = found else { return Verdict::Violated };
    let (holds, is_violated) = match limit.side {
        Side::AtMost => (high <= limit.value, low > limit.value),
        Side::AtLeast => (low >= limit.value, high < limit.value),
    };
    match (holds, is_violated) {
        (true, _) => Verdict::Holds,
        (_, true) => Verdict::Violated,
        _ => Verdict::Undecided,
    }
}

/// The mean of a metric over `rows` with its interval; `None` if one of them has no value. Shares of correct answers have the error of the
/// samples too, which all replications share.
fn estimate(metric: &Metric, rows: &[&ReplicationRow], samples: u32, confidence: f64) -> Option<Interval> {
    let values: Vec<f64> = rows.iter().map(|row| metric.value(row)).collect::<Option<_>>()?;
    match values.len() {
        2.. if metric.is_of_answers() => share_interval_at(&values, samples.into(), confidence).ok(),
        _ => interval(&values, metric.pooled(rows), confidence),
    }
}

/// Student's t-interval of the mean of `values`. If they are all equal, it would have no width: of a share, which is `pooled`, there
/// is Wilson's instead, because what is rare may just not have happened; anything else is taken to be constant then. Of a
/// single value the mean is not known at all.
fn interval(values: &[f64], pooled: Option<Share>, confidence: f64) -> Option<Interval> {
    let (first, rest) = values.split_first()?;
    match (rest, pooled) {
        ([], _) => Some(Interval { estimate: *first, low: f64::NEG_INFINITY, high: f64::INFINITY }),
        _ if rest.iter().any(|value| value != first) => mean_interval_at(values, confidence).ok(),
        (_, Some(Share { part, whole })) => wilson_at(part, whole, confidence).ok(),
        _ => Some(Interval { estimate: *first, low: *first, high: *first }),
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
        Decision { condition, confidence: 0.95, verdicts: 1, max_replications: 50 }
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
                let found = interval(&draws[..look as usize], None, decision.confidence_of_interval(5));
                verdict_on(&limit(Side::AtMost), found)
            };
            looks.map(verdict).find(|verdict| *verdict != Verdict::Undecided)
        };
        let mut count = |mean: f64, wanted| (0..2000).filter(|_| run(mean) == Some(wanted)).count();
        assert!(count(1.0 + 1e-9, Verdict::Holds) <= 100, "5 % of 2000");
        assert!(count(2.0, Verdict::Violated) > 1900, "a mean of one standard deviation beyond the limit is found out");
    }

    #[test]
    fn verdicts_join_as_their_conditions_do() {
        use Verdict::{Holds, Undecided, Violated};
        let two = || vec![Condition::Limit(limit(Side::AtMost)), Condition::Limit(limit(Side::AtLeast))];
        for (verdicts, all, any) in [
            ([Holds, Holds], Holds, Holds),
            ([Holds, Violated], Violated, Holds),
            ([Undecided, Violated], Violated, Undecided),
            ([Undecided, Holds], Undecided, Holds),
            ([Violated, Violated], Violated, Violated),
        ] {
            assert_eq!(verdict(&Condition::All(two()), &mut verdicts.into_iter()), all);
            assert_eq!(verdict(&Condition::Any(two()), &mut verdicts.into_iter()), any);
        }
        let all_of_any = Condition::All(vec![Condition::Any(two()), Condition::Limit(limit(Side::AtMost))]);
        assert_eq!(verdict(&all_of_any, &mut [Violated, Holds, Holds].into_iter()), Holds);
    }

    #[test]
    fn equal_amounts_decide_at_once_and_one_or_none_does_not() {
        let judge = |values: &[f64]| verdict_on(&limit(Side::AtMost), interval(values, None, 0.99));
        assert_eq!(judge(&[0.9, 0.9]), Verdict::Holds);
        assert_eq!(judge(&[1.1, 1.1]), Verdict::Violated);
        assert_eq!(judge(&[0.9]), Verdict::Undecided);
        assert_eq!(verdict_on(&limit(Side::AtMost), None), Verdict::Violated, "a replication without a value");
    }

    /// No request of 5 x 20 missed its deadline: one in a hundred may still do.
    #[test]
    fn a_share_that_is_equal_in_all_replications_is_known_as_well_as_its_requests_show() {
        let judge = |whole, value| {
            let limit = Limit { metric: "deadline_misses".into(), side: Side::AtMost, value };
            verdict_on(&limit, interval(&[0.0; 5], Some(Share { part: 0, whole }), 0.95))
        };
        assert_eq!(judge(100, 0.01), Verdict::Undecided);
        assert_eq!(judge(100, 0.05), Verdict::Holds, "z^2 / (n + z^2) = 0.037");
        assert_eq!(judge(100_000, 0.01), Verdict::Holds);
    }

    /// The verdicts of a search share the probability of an error.
    #[test]
    fn intervals_are_wider_the_more_looks_limits_and_verdicts_there_are() {
        let one = Condition::Limit(limit(Side::AtMost));
        let two = Condition::All(vec![one.clone(), one.clone()]);
        let error = |decision: &Decision, first| (1.0 - decision.confidence_of_interval(first)) / 0.05;
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        near(error(&decision(one.clone()), 50), 1.0);
        near(error(&decision(one.clone()), 5), 1.0 / 5.0);
        near(error(&Decision { verdicts: 8, ..decision(two) }, 5), 1.0 / 80.0);
    }
}
