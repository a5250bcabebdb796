//! Conditions on the means of a design point.

use cospike_sim_core::kernel::Number;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

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
    /// Name of the [`metric`](crate::metrics::metric).
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

impl Condition {
    /// The limits, in their order.
    pub fn limits(&self) -> Vec<&Limit> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::limits).collect(),
            Self::Limit(limit) => vec![limit],
        }
    }
}

impl Side {
    /// Words of the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
        }
    }
}

impl Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.side == Side::AtMost { "<=" } else { ">=" };
        write!(formatter, "{} {sign} {}", self.metric, Number(self.value))
    }
}

impl Display for Condition {
    /// The condition as it could have been written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::Limit(limit) => return limit.fmt(formatter),
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
        };
        let written = |part: &Self| if let Self::Limit(limit) = part { limit.to_string() } else { format!("({part})") };
        formatter.write_str(&parts.iter().map(written).collect::<Vec<_>>().join(word))
    }
}
