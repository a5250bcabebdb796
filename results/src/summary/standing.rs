//! How far a mean can be relied on: the one rule of invariant 16.

use super::caution::Caution;
use super::point::PointSummary;
use crate::metrics::Metric;
use serde::Serialize;

/// How far the mean of a metric at a design point can be relied on. Tables, figures, comparisons and goals all ask this, so that a mean
/// that holds for its run only is nowhere taken for one that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A longer run has the same mean, but for chance.
    Holds,
    /// The mean was measured, but a longer run would change it: it is shown with a mark, joined to nothing and compared with nothing.
    Unsteady,
    /// A place is overloaded, so the mean grows with the run, and none is shown.
    Overloaded,
}

impl PointSummary {
    /// How far the mean of `metric` can be relied on.
    pub fn standing(&self, metric: &Metric) -> Standing {
        let Some(steady) = metric.steady else { return Standing::Holds };
        match self.cautions.iter().any(|caution| caution.concerns(steady)) {
            false => Standing::Holds,
            true if self.is_overloaded() => Standing::Overloaded,
            true => Standing::Unsteady,
        }
    }

    /// Whether nothing speaks against its means.
    pub fn is_steady(&self) -> bool {
        self.cautions.is_empty()
    }

    /// Whether a place is asked for more than it can do.
    pub fn is_overloaded(&self) -> bool {
        self.cautions.iter().any(|caution| matches!(caution, Caution::Overloaded { .. }))
    }
}
