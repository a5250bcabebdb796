//! A design point that may be chosen, and what its replications say of it.

use super::asked::{Aim, GoalUsed, INDIFFERENCE, INDIFFERENCE_OF_SHARES};
use super::outcome::{Reason, Rival, Slack};
use crate::answers::{Answered, Answers};
use crate::condition::{Condition, Limit, Side};
use crate::index::PointIndex;
use crate::metrics::{Metric, Share, Unit, metric};
use crate::rows::{PointRow, ReplicationRow};
use crate::summary::{PointSummary, Standing};
use cospike_sim_core::stats::{Belief, share_at_most};
use std::rc::Rc;

/// A design point that may be chosen.
pub(super) struct Candidate {
    pub(super) point: PointIndex,
    label: String,
    /// Mean of the metric of the goal.
    pub(super) mean: f64,
    aim: Aim,
    metric: Metric,
    /// Numbers of the replications.
    replications: Vec<u32>,
    /// Names of the metrics that the goal asks about, its own first, and what the replications have of each.
    metrics: Rc<[String]>,
    measured: Vec<Measured>,
    answered: Answered,
}

/// A metric of the replications of a design point.
struct Measured {
    /// Value of each replication.
    values: Vec<f64>,
    /// Share over all of them; `None` of an amount.
    pooled: Option<Share>,
}

impl Candidate {
    /// The design point of `row`, or the reason why it cannot be chosen; `metrics` are those that the goal asks about.
    pub(super) fn new(
        goal: &GoalUsed,
        metrics: &Rc<[String]>,
        (row, summary): (&PointRow, &PointSummary),
        rows: &[&ReplicationRow],
        answers: &Answers,
    ) -> Result<Self, Reason> {
        if summary.failed_replications > 0 || summary.failure.is_some() {
            return Err(Reason::Failed);
        }
        let mut measured = vec![];
        for name in metrics.iter() {
            let Some(found) = metric(name) else { return Err(Reason::NoValue(name.clone())) };
            match summary.standing(&found) {
                Standing::Holds => {}
                Standing::Unsteady => return Err(Reason::Unsteady(name.clone())),
                Standing::Overloaded => return Err(Reason::Overloaded(name.clone())),
            }
            let values: Option<Vec<f64>> = rows.iter().map(|row| found.value(row)).collect();
            let Some(values) = values.filter(|values| !values.is_empty()) else {
                return Err(Reason::NoValue(name.clone()));
            };
            measured.push(Measured { values, pooled: found.pooled(rows) });
        }
        let metric = metric(&goal.metric).ok_or_else(|| Reason::NoValue(goal.metric.clone()))?;
        Ok(Self {
            point: row.point,
            label: row.label.clone(),
            mean: mean(&measured[0].values),
            aim: goal.aim,
            metric,
            replications: rows.iter().map(|row| row.replication).collect(),
            metrics: metrics.clone(),
            measured,
            answered: answers.answered(row, summary),
        })
    }

    /// The mean, so that less is better.
    pub(super) fn cost(&self) -> f64 {
        match self.aim {
            Aim::Minimise => self.mean,
            Aim::Maximise => -self.mean,
        }
    }

    pub(super) fn rival(&self, parts: &[&Condition]) -> Rival {
        Rival { point: self.point, label: self.label.clone(), mean: self.mean, keeps_limits: self.keeps(parts) }
    }

    /// What the replications have of the metric called `name`.
    fn measured(&self, name: &str) -> Option<&Measured> {
        Some(&self.measured[self.metrics.iter().position(|own| own == name)?])
    }

    /// Difference of the metric that does not matter.
    pub(super) fn indifference(&self) -> f64 {
        if self.metric.unit == Unit::Share { INDIFFERENCE_OF_SHARES } else { INDIFFERENCE * self.mean.abs() }
    }

    /// Whether the mean is better than that of `other` by enough to matter.
    pub(super) fn is_better_enough(&self, other: &Self) -> bool {
        other.cost() - self.cost() >= other.indifference()
    }

    /// Probability that it is better than `other` by more than `least`; `None` if they have fewer than two replications in common.
    pub(super) fn beats(&self, other: &Self, least: f64) -> Option<f64> {
        let sign = if self.aim == Aim::Minimise { 1.0 } else { -1.0 };
        // The metric of the goal is the first one.
        let of = |replication: &u32| {
            let place = other.replications.iter().position(|own| own == replication)?;
            Some(other.measured[0].values[place])
        };
        let own = self.replications.iter().zip(&self.measured[0].values);
        let gains: Vec<f64> = own.filter_map(|(replication, own)| Some(sign * (of(replication)? - own))).collect();
        let belief = Belief::new(&gains).ok()?.with_common_error(self.common_error(other));
        Some(1.0 - belief.at_most(least))
    }

    /// Variance of the difference to `other` that comes from the finite number of samples, which all replications share.
    fn common_error(&self, other: &Self) -> f64 {
        match self.metric.is_of_answers() {
            true => self.answered.error_of_difference(self.mean, &other.answered, other.mean),
            false => 0.0,
        }
    }

    /// Whether it keeps all `parts` with the confidence asked for.
    pub(super) fn is_sure(&self, goal: &GoalUsed, parts: &[&Condition]) -> bool {
        parts.is_empty() || self.keeps(parts).is_some_and(|keeps| keeps >= goal.confidence)
    }

    /// Least probability that all `parts` are kept; `None` if one replication shows nothing about it.
    pub(super) fn keeps(&self, parts: &[&Condition]) -> Option<f64> {
        let kept = parts.iter().map(|part| self.keeps_part(part)).collect::<Option<Vec<f64>>>()?;
        Some((1.0 - kept.iter().map(|kept| 1.0 - kept).sum::<f64>()).max(0.0))
    }

    /// Least probability that a condition holds: of several that must hold one less the sum of the probabilities that they do not, of
    /// alternatives that of the most probable one.
    fn keeps_part(&self, condition: &Condition) -> Option<f64> {
        match condition {
            Condition::All(parts) => self.keeps(&parts.iter().collect::<Vec<_>>()),
            Condition::Any(parts) => {
                let kept = parts.iter().map(|part| self.keeps_part(part)).collect::<Option<Vec<f64>>>()?;
                kept.into_iter().reduce(f64::max)
            }
            Condition::Limit(limit) => self.keeps_limit(limit),
        }
    }

    fn keeps_limit(&self, limit: &Limit) -> Option<f64> {
        let (metric, Measured { values, pooled }) = (metric(&limit.metric)?, self.measured(&limit.metric)?);
        let belief = Belief::new(values).ok()?;
        let is_constant = values.iter().all(|value| *value == values[0]);
        let at_most = match pooled {
            Some(share) if is_constant && !metric.is_of_answers() => {
                share_at_most(share.part, share.whole, limit.value).ok()?
            }
            _ if metric.is_of_answers() => {
                belief.with_common_error(self.answered.error(mean(values))).at_most(limit.value)
            }
            _ => belief.at_most(limit.value),
        };
        Some(match limit.side {
            Side::AtMost => at_most,
            // Of equal values the limit belongs to both sides.
            Side::AtLeast if is_constant && values[0] == limit.value => 1.0,
            Side::AtLeast => 1.0 - at_most,
        })
    }

    /// How far the means are from a condition, as a part of its limit; 0 if they keep it.
    pub(super) fn miss(&self, condition: &Condition) -> f64 {
        match condition {
            Condition::All(parts) => parts.iter().map(|part| self.miss(part)).fold(0.0, f64::max),
            Condition::Any(parts) => parts.iter().map(|part| self.miss(part)).fold(f64::INFINITY, f64::min),
            Condition::Limit(limit) => self.slack(limit).map_or(f64::INFINITY, |slack| (-slack.relative).max(0.0)),
        }
    }

    /// How far the means are from the limits, the nearest or the most missed first; of alternatives, from those of the one that is
    /// kept best.
    pub(super) fn slacks(&self, parts: &[&Condition]) -> Vec<Slack> {
        let of_part = |part: &Condition| match part {
            Condition::All(parts) => self.slacks(&parts.iter().collect::<Vec<_>>()),
            Condition::Any(parts) => {
                let nearest = |slacks: &[Slack]| slacks.first().map_or(f64::INFINITY, |slack| slack.relative);
                let alternatives = parts.iter().map(|part| self.slacks(&[part]));
                alternatives.max_by(|one, other| nearest(one).total_cmp(&nearest(other))).unwrap_or_default()
            }
            Condition::Limit(limit) => self.slack(limit).into_iter().collect(),
        };
        let mut slacks: Vec<Slack> = parts.iter().flat_map(|part| of_part(part)).collect();
        slacks.sort_by(|one, other| one.relative.total_cmp(&other.relative));
        slacks
    }

    fn slack(&self, limit: &Limit) -> Option<Slack> {
        let mean = mean(&self.measured(&limit.metric)?.values);
        let room = match limit.side {
            Side::AtMost => limit.value - mean,
            Side::AtLeast => mean - limit.value,
        };
        Some(Slack { limit: limit.clone(), mean, relative: room / limit.value })
    }
}

fn mean(values: &[f64]) -> f64 {
    // Halves of large numbers have a sum.
    let n = values.len().max(1) as f64;
    values.iter().map(|value| value / n).sum()
}
