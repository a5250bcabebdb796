//! Metrics of the design points of a study: their means with intervals, whether they vary, and pairs of values.

use crate::digest::Design;
use crate::quantity::Quantity;
use cospike_results::goal::{INDIFFERENCE, INDIFFERENCE_OF_SHARES};
pub(crate) use cospike_results::metrics::{Better, Metric};
use cospike_results::metrics::{METRICS, Unit};
use cospike_results::rows::ReplicationRow;
use cospike_results::summary::{Estimate, Standing, UNRESOLVED};

/// The metrics that figures and answers choose by themselves, those that matter to most readers first.
pub(crate) fn prominent() -> impl Iterator<Item = &'static Metric> + Clone {
    METRICS.iter().filter(|metric| metric.is_prominent)
}

/// What figures and answers ask of a metric.
pub(crate) trait MetricOfDesigns {
    /// What it measures.
    fn quantity(&self) -> Quantity;

    /// The values of the replications of two design points that have one in both, in pairs: both saw the same arrivals, samples and
    /// losses there.
    fn pairs(&self, designs: [&Design<'_>; 2]) -> [Vec<f64>; 2];

    /// What is known of it at a design point.
    fn reading(&self, design: &Design<'_>) -> Reading;

    /// Mean with both ends of its interval, the mean itself where there is none; `None` where there is no mean that holds for more than
    /// its run. Whatever is compared, ranked or joined is one of these.
    fn spread(&self, design: &Design<'_>) -> Option<Spread>;

    /// Whether the metric differs among `designs` by more than its intervals over replications, and by enough to matter. The error of
    /// samples, which design points share, is left out.
    fn varies<'d, 'a: 'd>(&self, designs: impl Iterator<Item = &'d Design<'a>>) -> bool;

    /// Whether the means of two design points are far enough apart to matter to anybody.
    fn is_relevant(&self, designs: [&Design<'_>; 2]) -> bool;

    /// Name and value in words: `p95 latency 12.0 ms (11.9 to 12.1 ms)`; `None` where no value is shown.
    fn describe(&self, reading: Reading) -> Option<String>;

    /// Smallest difference that matters, in words.
    fn least_difference(&self) -> String;
}

impl MetricOfDesigns for Metric {
    fn quantity(&self) -> Quantity {
        match self.unit {
            Unit::Share => Quantity::Share,
            Unit::Seconds => Quantity::Seconds,
            Unit::Joules => Quantity::Joules,
            Unit::Watts => Quantity::Watts,
            Unit::Bytes => Quantity::Bytes,
            Unit::Number => Quantity::Number,
        }
    }

    fn pairs(&self, designs: [&Design<'_>; 2]) -> [Vec<f64>; 2] {
        let [first, second] = designs;
        let value = |row: &ReplicationRow| self.value(row);
        let other = |of: &ReplicationRow| second.replications.iter().find(|row| row.replication == of.replication);
        let pair = |row: &&ReplicationRow| Some((value(row)?, value(other(row)?)?));
        let (first, second) = first.replications.iter().filter_map(pair).unzip();
        [first, second]
    }

    fn reading(&self, design: &Design<'_>) -> Reading {
        match (design.summary.standing(self), Spread::new(self.mean(&design.summary))) {
            (Standing::Overloaded, _) => Reading::Overloaded,
            (_, None) => Reading::Missing,
            (Standing::Holds, Some(spread)) => Reading::Holds(spread),
            (Standing::Unsteady, Some(spread)) => Reading::Unsteady(spread.mean),
        }
    }

    fn spread(&self, design: &Design<'_>) -> Option<Spread> {
        self.reading(design).holds()
    }

    fn varies<'d, 'a: 'd>(&self, designs: impl Iterator<Item = &'d Design<'a>>) -> bool {
        let spread = |design: &Design<'_>| match self.is_of_answers() {
            true => Spread::new(&Estimate::new(design.replications.iter().map(|row| self.value(row)), 0)),
            false => self.spread(design),
        };
        let spreads: Vec<Spread> = designs.filter_map(spread).collect();
        let least = |get: fn(&Spread) -> f64| spreads.iter().map(get).fold(f64::INFINITY, f64::min);
        let most = |get: fn(&Spread) -> f64| spreads.iter().map(get).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = (least(|of| of.mean), most(|of| of.mean));
        most(|of| of.low) > least(|of| of.high) && matters(self.quantity(), low, high)
    }

    fn is_relevant(&self, designs: [&Design<'_>; 2]) -> bool {
        let [Some(first), Some(second)] = designs.map(|design| self.spread(design)) else { return false };
        matters(self.quantity(), first.mean.min(second.mean), first.mean.max(second.mean))
    }

    fn describe(&self, reading: Reading) -> Option<String> {
        let Spread { mean, low, high } = reading.shown()?;
        let remark = match reading {
            Reading::Unsteady(_) => format!(" ({NOT_STEADY})"),
            _ if low < high => format!(" ({})", self.quantity().format_range(low, high)),
            _ => String::new(),
        };
        Some(format!("{} {}{remark}", self.label, self.quantity().format(mean)))
    }

    fn least_difference(&self) -> String {
        match self.quantity() {
            Quantity::Share => format!("{} points", 100.0 * INDIFFERENCE_OF_SHARES),
            _ => format!("{}\u{a0}%", 100.0 * INDIFFERENCE),
        }
    }
}

/// Whether two means, the lower one first, are far enough apart to matter to anybody.
fn matters(quantity: Quantity, low: f64, high: f64) -> bool {
    match quantity {
        Quantity::Share => high - low >= INDIFFERENCE_OF_SHARES,
        _ => high - low >= INDIFFERENCE * high.abs(),
    }
}

/// Words for a design point whose means hold for its run only.
pub(crate) const NOT_STEADY: &str = "not steady";

/// What is known of a metric at a design point, and how far it can be relied on (invariant 16).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    /// A mean that holds.
    Holds(Spread),
    /// A mean that a longer run would change; an interval would say how well the mean of this run is known, and nothing else.
    Unsteady(f64),
    /// None, because a place is overloaded.
    Overloaded,
    /// None, because no replication has a value.
    Missing,
}

impl Reading {
    /// The mean that holds, if it is one.
    pub(crate) fn holds(self) -> Option<Spread> {
        if let Self::Holds(spread) = self { Some(spread) } else { None }
    }

    /// The mean that is shown, if there is one.
    pub(crate) fn shown(self) -> Option<Spread> {
        match self {
            Self::Holds(spread) => Some(spread),
            Self::Unsteady(mean) => Some(Spread { mean, low: mean, high: mean }),
            Self::Overloaded | Self::Missing => None,
        }
    }
}

/// Mean with both ends of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The mean.
    pub(crate) mean: f64,
    /// Lower end of the 95 % interval, or the mean.
    pub(crate) low: f64,
    /// Upper end of the 95 % interval, or the mean.
    pub(crate) high: f64,
}

impl Spread {
    fn new(estimate: &Estimate) -> Option<Self> {
        let mean = estimate.mean?;
        let (low, high) = estimate.interval.map_or((mean, mean), |interval| (interval.low, interval.high));
        // Beyond that an interval says nothing but that it is wide, and would leave no room for all others.
        let (low, high) = match estimate.is_unresolved() {
            true => (low.max(mean / UNRESOLVED), high.min(mean * UNRESOLVED)),
            false => (low, high),
        };
        Some(Self { mean, low, high })
    }
}
