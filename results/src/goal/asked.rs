//! What is asked for.

use crate::condition::Condition;
use serde::{Deserialize, Serialize};

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

impl GoalUsed {
    /// Names of the metrics that it asks about, its own first.
    pub(super) fn metrics(&self) -> Vec<String> {
        let limited = self.limits.iter().flat_map(Condition::limits).map(|limit| &limit.metric);
        [&self.metric].into_iter().chain(limited).cloned().collect()
    }

    /// The limits that all have to be kept, each by itself.
    pub(super) fn parts(&self) -> Vec<&Condition> {
        match &self.limits {
            None => vec![],
            Some(Condition::All(parts)) => parts.iter().collect(),
            Some(part) => vec![part],
        }
    }
}
