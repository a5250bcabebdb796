//! The design point that is best in one metric, of those that keep some limits, and how sure that is.
//!
//! Candidates saw the same arrivals, samples and losses (common random numbers), so they are compared replication by replication,
//! and differences are known better than means. Probabilities follow Student's t around what was seen ([`Belief`]); they are added up
//! (Bonferroni), which needs no assumption on how the comparisons hang together: a choice is wrong at most as probably as it breaks
//! its limits, plus, for each rival, as that is better *and* keeps them (Branke, Chick and Schmidt, Management Science 53(12), 2007,
//! for selection; Andradottir and Kim, Naval Research Logistics 57(5), 2010, for limits beside it; Chick and Inoue, Management Science
//! 47(8), 2001, for common random numbers). Differences too small to matter do not count: this is the probability of a *good* selection.
//!
//! [`Belief`]: cospike_sim_core::stats::Belief

mod candidate;

use crate::answers::Answers;
use crate::condition::{Condition, Limit};
use crate::index::PointIndex;
use crate::rows::{ReplicationRow, Results};
use crate::summary::PointSummary;
use candidate::Candidate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Relative difference of amounts, and difference of shares, below which two design points are as good as each other.
pub const INDIFFERENCE: f64 = 0.01;
/// See [`INDIFFERENCE`].
pub const INDIFFERENCE_OF_SHARES: f64 = 0.005;

/// What is wanted of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// As little as possible.
    Minimise,
    /// As much as possible.
    Maximise,
}

/// Which design point is the best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoalUsed {
    /// What is wanted of the metric.
    pub aim: Aim,
    /// Name of the [`metric`](crate::metrics::metric).
    pub metric: String,
    /// Limits that the design point has to keep, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Condition>,
    /// The limits as they were written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Probability with which limits must be kept, and differences be shown.
    pub confidence: f64,
}

/// What came of a goal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Selection {
    /// What was asked for.
    pub goal: GoalUsed,
    /// The best design point of those that keep the limits with the confidence asked for; if there is none, of those whose means
    /// keep them; `None` if there is none of these either.
    pub choice: Option<Chosen>,
    /// Design points that keep the limits and are not shown to be worse by enough to matter, in order of their means.
    pub level: Vec<Rival>,
    /// The best of those that keep the limits and are shown to be worse.
    pub runner_up: Option<Rival>,
    /// Design points that are better by enough to matter, whose replications do not decide whether they keep the limits, the best first.
    pub undecided: Vec<Rival>,
    /// Limits without which another design point would be chosen.
    pub binding: Vec<Binding>,
    /// Limits with what the choice has, the nearest first. Where nothing keeps the limits, those of `nearest`.
    pub slacks: Vec<Slack>,
    /// Where nothing keeps the limits: the design point whose worst miss is the smallest part of its limit.
    pub nearest: Option<Rival>,
    /// Design points that cannot be chosen, with the reason.
    pub left_out: Vec<LeftOut>,
}

/// The design point that was chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// Number of the design point.
    pub point: PointIndex,
    /// Its mean of the metric.
    pub mean: f64,
    /// Probability that it keeps the limits; `None` if one replication shows nothing about it.
    pub keeps_limits: Option<f64>,
    /// Least probability that it keeps the limits and none that keeps them is better by enough to matter; `None` as above.
    pub probability: Option<f64>,
}

/// A design point beside the choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rival {
    /// Number of the design point.
    pub point: PointIndex,
    /// Its mean of the metric.
    pub mean: f64,
    /// Probability that it keeps the limits; `None` if one replication shows nothing about it.
    pub keeps_limits: Option<f64>,
}

/// A limit without which another design point would be chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Binding {
    /// The limit.
    pub limit: String,
    /// What would be chosen.
    pub choice: Rival,
}

/// How far a mean is from its limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slack {
    /// The limit.
    pub limit: Limit,
    /// Mean of the limited metric.
    pub mean: f64,
    /// Distance as a part of the limit: below 0 on the wrong side.
    pub relative: f64,
}

/// A design point that cannot be chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    /// Number of the design point.
    pub point: PointIndex,
    /// Why not.
    pub reason: Reason,
}

/// Reason why a design point cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A replication failed.
    Failed,
    /// A place is overloaded, and this metric grows with the run then (invariant 16).
    Overloaded(String),
    /// A replication has no value of this metric.
    NoValue(String),
}

impl Selection {
    /// Selects from the design points of `results`, whose summaries are `points`; `None` if the study has no goal.
    pub(crate) fn new(results: &Results, points: &[PointSummary]) -> Option<Self> {
        let goal = results.manifest.goal.as_ref()?;
        let mut rows: BTreeMap<PointIndex, Vec<&ReplicationRow>> = BTreeMap::new();
        results.replications.iter().for_each(|row| rows.entry(row.point).or_default().push(row));
        let answers = Answers::new(results);
        let (mut candidates, mut left_out) = (vec![], vec![]);
        for (row, summary) in results.points.iter().zip(points) {
            let replications = rows.get(&row.point).map_or(&[][..], Vec::as_slice);
            match Candidate::new(goal, (row, summary), replications, &answers) {
                Ok(candidate) => candidates.push(candidate),
                Err(reason) => left_out.push(LeftOut { point: row.point, reason }),
            }
        }
        candidates.sort_by(|one, other| one.cost().total_cmp(&other.cost()));
        Some(Self { left_out, ..Self::of(goal, &candidates) })
    }

    /// Selects from candidates, the best mean first.
    fn of(goal: &GoalUsed, candidates: &[Candidate<'_>]) -> Self {
        let all = goal.parts();
        let Some(choice) = best(goal, candidates, &all) else {
            return Self::nothing(goal, candidates);
        };
        let rivals = || candidates.iter().filter(|rival| rival.point != choice.point);
        let is_sure = |rival: &&Candidate<'_>| rival.is_sure(goal, &all);
        let share = (1.0 - goal.confidence) / (candidates.len().max(2) - 1) as f64;
        let is_worse = |rival: &&Candidate<'_>| {
            choice.is_better_enough(rival) && rival.beats(choice, 0.0).is_some_and(|probability| probability <= share)
        };
        let undecided = |rival: &&Candidate<'_>| {
            let keeps = rival.keeps(&all);
            rival.is_better_enough(choice) && keeps.is_none_or(|keeps| keeps > 1.0 - goal.confidence)
        };
        let level: Vec<Rival> =
            rivals().filter(is_sure).filter(|rival| !is_worse(rival)).map(|of| of.rival(&all)).collect();
        let runner_up = rivals().filter(is_sure).find(is_worse).map(|of| of.rival(&all));
        let undecided = rivals().filter(|rival| !is_sure(rival)).filter(undecided).map(|of| of.rival(&all)).collect();
        let binding = all.iter().enumerate().filter_map(|(place, part)| {
            let others: Vec<&Condition> =
                all.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, part)| *part).collect();
            let other = best(goal, candidates, &others).filter(|other| other.is_better_enough(choice))?;
            Some(Binding { limit: part.to_string(), choice: other.rival(&others) })
        });
        Self {
            goal: goal.clone(),
            choice: Some(Chosen {
                point: choice.point,
                mean: choice.mean,
                keeps_limits: choice.keeps(&all),
                probability: probability(choice, rivals(), &all),
            }),
            level,
            runner_up,
            undecided,
            binding: binding.collect(),
            slacks: choice.slacks(&all),
            nearest: None,
            left_out: vec![],
        }
    }

    /// What is said where no design point keeps the limits.
    fn nothing(goal: &GoalUsed, candidates: &[Candidate<'_>]) -> Self {
        let all = goal.parts();
        let miss = |of: &Candidate<'_>| all.iter().map(|part| of.miss(part)).fold(0.0, f64::max);
        let nearest = candidates.iter().min_by(|one, other| miss(one).total_cmp(&miss(other)));
        Self {
            goal: goal.clone(),
            choice: None,
            level: vec![],
            runner_up: None,
            undecided: vec![],
            binding: vec![],
            slacks: nearest.map(|nearest| nearest.slacks(&all)).unwrap_or_default(),
            nearest: nearest.map(|nearest| nearest.rival(&all)),
            left_out: vec![],
        }
    }
}

/// The best of the candidates, the best mean first, that keep all `parts` of the limits with the confidence, or else on their means.
fn best<'c, 'r>(goal: &GoalUsed, candidates: &'c [Candidate<'r>], parts: &[&Condition]) -> Option<&'c Candidate<'r>> {
    let sure = candidates.iter().find(|candidate| candidate.is_sure(goal, parts));
    sure.or_else(|| candidates.iter().find(|candidate| parts.iter().all(|part| candidate.miss(part) <= 0.0)))
}

/// Least probability that `choice` keeps the limits and no rival that does is better by enough to matter.
fn probability<'c, 'r: 'c>(
    choice: &Candidate<'r>,
    rivals: impl Iterator<Item = &'c Candidate<'r>>,
    parts: &[&Condition],
) -> Option<f64> {
    let mut right = choice.keeps(parts)?;
    for rival in rivals {
        let wrong = rival.beats(choice, choice.indifference())?.min(rival.keeps(parts)?);
        right -= wrong;
    }
    Some(right.max(0.0))
}

impl GoalUsed {
    /// The limits that all have to be kept, each by itself.
    fn parts(&self) -> Vec<&Condition> {
        match &self.limits {
            None => vec![],
            Some(Condition::All(parts)) => parts.iter().collect(),
            Some(part) => vec![part],
        }
    }
}
