//! What came of a goal.

use super::asked::GoalUsed;
use crate::condition::Limit;
use crate::index::PointIndex;
use serde::Serialize;

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
    /// Its label.
    pub label: String,
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
    /// Its label.
    pub label: String,
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
    /// Its latencies are not steady, so a longer run would change this metric.
    Unsteady(String),
    /// A replication has no value of this metric.
    NoValue(String),
}
