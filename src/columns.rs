//! Metrics as columns of tables: the unit that suits their values, and the names by which they are chosen.

use crate::failure::Failure;
use crate::output::{decimals, mean, shifted, signed};
use cospike_results::metrics::{Metric, Unit, metric, names};
use cospike_results::summary::{PointSummary, Standing};
use cospike_scenarios::diagnostic::did_you_mean;

/// A metric in the unit of its column.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    pub(crate) metric: Metric,
    /// Power of ten from the plain unit to that of the column.
    pub(crate) shift: i32,
    unit: &'static str,
}

impl Column {
    /// A column for values up to `largest`, in the plain unit.
    pub(crate) fn new(metric: Metric, largest: f64) -> Self {
        let is_large = largest >= 10.0;
        let (shift, unit) = match metric.unit {
            Unit::Share => (2, "%"),
            Unit::Seconds if is_large => (0, "s"),
            Unit::Seconds => (3, "ms"),
            Unit::Joules if is_large => (0, "J"),
            Unit::Joules => (3, "mJ"),
            Unit::Watts if is_large => (0, "W"),
            Unit::Watts => (3, "mW"),
            Unit::Bytes => (0, "B"),
            Unit::Number => (0, ""),
        };
        Self { metric, shift, unit }
    }

    /// Name and unit: `p95 latency, ms`.
    pub(crate) fn title(&self) -> String {
        let label = self.metric.label;
        if self.unit.is_empty() { label.to_owned() } else { format!("{label}, {}", self.unit) }
    }

    /// The mean of a design point with its interval; a mark where none can be offered (invariant 16).
    pub(crate) fn cell(&self, point: &PointSummary) -> String {
        let estimate = self.metric.mean(point);
        match point.standing(&self.metric) {
            Standing::Holds => mean(estimate, self.shift),
            Standing::Unsteady => estimate.mean.map_or_else(|| "-".into(), |mean| unsteady(&self.format(mean))),
            Standing::Overloaded => OVERLOADED.into(),
        }
    }

    /// A value in the unit of the column.
    pub(crate) fn format(&self, value: f64) -> String {
        match self.metric.unit {
            Unit::Share => format!("{:.1}", 100.0 * value),
            _ => shifted(value, self.shift),
        }
    }

    /// A difference with its sign, of values up to `size`, with one digit more than these have.
    pub(crate) fn format_difference(&self, value: f64, size: f64) -> String {
        match self.metric.unit {
            Unit::Share => signed(100.0 * value, 1),
            _ => signed(value * 10_f64.powi(self.shift), decimals(size * 10_f64.powi(self.shift)) + 1),
        }
    }
}

/// What stands in the place of a mean that grows with the run.
pub(crate) const OVERLOADED: &str = "!";

/// A mean that a longer run would change.
pub(crate) fn unsteady(mean: &str) -> String {
    format!("{mean}?")
}

/// Explains the marks at the means of `points`, as far as there are any.
pub(crate) fn marks<'p>(points: impl IntoIterator<Item = &'p PointSummary>) -> Vec<&'static str> {
    let (mut is_overloaded, mut is_unsteady) = (false, false);
    for point in points {
        is_overloaded |= point.is_overloaded();
        is_unsteady |= !point.is_overloaded() && !point.is_steady();
    }
    let overloaded = "!: a place is overloaded, so no latency, energy or power is shown or compared: they grow with the run (--json has them)";
    let unsteady = "?: not steady: a longer run would change it, so it is compared with nothing";
    let marks = [is_overloaded.then_some(overloaded), is_unsteady.then_some(unsteady)];
    marks.into_iter().flatten().collect()
}

/// The metric called `name`, or the mistake that there is none.
pub(crate) fn known_metric(name: &str) -> Result<Metric, Failure> {
    metric(name).ok_or_else(|| {
        let known: Vec<String> = names().collect();
        let help = did_you_mean(name, known.iter().map(String::as_str));
        Failure::mistake(format_args!("no metric is called `{name}`\nhelp: {help}"))
    })
}
