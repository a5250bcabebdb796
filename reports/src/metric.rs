//! Metrics of a design point that figures show over a swept key.

use crate::digest::Design;
use crate::names;
use crate::quantity::Quantity;
use cospike_results::rows::ReplicationRow;
use cospike_results::summary::{Estimate, PointSummary};

/// Difference of shares, and relative difference of everything else, below which nothing is said to vary.
const LEAST_SHARE: f64 = 0.005;
const LEAST_RATIO: f64 = 0.01;

/// Direction in which a metric gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// Something that is estimated for every design point.
pub(crate) struct Metric {
    /// Name on axes, with a capital letter.
    pub(crate) name: &'static str,
    /// Words for the design point that is best; `None` where being best is no aim.
    pub(crate) best: Option<&'static str>,
    /// Direction in which it gets better.
    pub(crate) better: Better,
    /// What it measures.
    pub(crate) quantity: Quantity,
    /// Whether it means nothing where a place is overloaded, because it changes with the length of the run then.
    pub(crate) is_steady: bool,
    estimate: fn(&PointSummary) -> &Estimate,
    value: fn(&ReplicationRow) -> Option<f64>,
}

/// All metrics, those that matter to most readers first.
pub(crate) const METRICS: [Metric; 13] = [
    Metric {
        name: names::CORRECT,
        best: Some("Most correct answers"),
        better: Better::Higher,
        quantity: Quantity::Share,
        is_steady: false,
        estimate: |summary| &summary.correct,
        value: |row| share(row.requests.correct, row.requests.generated),
    },
    Metric {
        name: "Missed deadlines",
        best: Some("Fewest missed deadlines"),
        better: Better::Lower,
        quantity: Quantity::Share,
        is_steady: true,
        estimate: |summary| &summary.deadline_misses,
        value: |row| share(row.requests.deadline_misses, row.requests.generated),
    },
    Metric {
        name: "Lifetime within the run",
        best: Some("Longest lifetime"),
        better: Better::Higher,
        quantity: Quantity::Seconds,
        is_steady: false,
        estimate: |summary| &summary.restricted_lifetime_s,
        value: |row| row.restricted_lifetime_s,
    },
    Metric {
        name: "p95 latency",
        best: Some("Lowest p95 latency"),
        better: Better::Lower,
        quantity: Quantity::Seconds,
        is_steady: true,
        estimate: |summary| &summary.latency_p95_s,
        value: |row| row.latency_p95_s,
    },
    Metric {
        name: names::ENERGY,
        best: Some("Least energy per request"),
        better: Better::Lower,
        quantity: Quantity::Joules,
        is_steady: true,
        estimate: |summary| &summary.energy_j,
        value: |row| row.energy.map(|energy| energy.total),
    },
    load("Load of the devices", |summary| &summary.load.edge, |row| row.edge_load),
    load("Load of the uplink", |summary| &summary.load.uplink, |row| row.uplink_load),
    load("Load of the cloud", |summary| &summary.load.cloud, |row| row.cloud_load),
    Metric {
        name: "Answered requests",
        best: None,
        better: Better::Higher,
        quantity: Quantity::Share,
        is_steady: false,
        estimate: |summary| &summary.completed,
        value: |row| share(row.requests.completed, row.requests.generated),
    },
    Metric {
        name: "Energy of the cloud",
        best: Some("Least energy of the cloud"),
        better: Better::Lower,
        quantity: Quantity::Joules,
        is_steady: true,
        estimate: |summary| &summary.cloud_energy_j,
        value: |row| row.cloud_energy_j,
    },
    Metric {
        name: names::LATENCY,
        best: Some("Lowest mean latency"),
        better: Better::Lower,
        quantity: Quantity::Seconds,
        is_steady: true,
        estimate: |summary| &summary.latency_mean_s,
        value: |row| row.latency_mean_s,
    },
    Metric {
        name: names::POWER,
        best: None,
        better: Better::Lower,
        quantity: Quantity::Watts,
        is_steady: true,
        estimate: |summary| &summary.power_per_device_w,
        value: |row| row.power_per_device_w,
    },
    Metric {
        name: "Power of the cloud",
        best: None,
        better: Better::Lower,
        quantity: Quantity::Watts,
        is_steady: true,
        estimate: |summary| &summary.cloud_power_w,
        value: |row| row.cloud_power_w,
    },
];

/// Offered load of a place: what it is asked for as a share of what it can do.
const fn load(
    name: &'static str,
    estimate: fn(&PointSummary) -> &Estimate,
    value: fn(&ReplicationRow) -> Option<f64>,
) -> Metric {
    Metric { name, best: None, better: Better::Lower, quantity: Quantity::Share, is_steady: false, estimate, value }
}

impl Metric {
    /// The values of the replications of two design points that have one in both, in pairs: both saw the same arrivals, samples and
    /// losses there.
    pub(crate) fn pairs(&self, designs: [&Design<'_>; 2]) -> [Vec<f64>; 2] {
        let [first, second] = designs;
        let value = |row: &ReplicationRow| (self.value)(row).filter(|value| value.is_finite());
        let other = |of: &ReplicationRow| second.replications.iter().find(|row| row.replication == of.replication);
        let pair = |row: &&ReplicationRow| Some((value(row)?, value(other(row)?)?));
        let (first, second) = first.replications.iter().filter_map(pair).unzip();
        [first, second]
    }

    /// Mean with both ends of its interval, the mean itself where there is none; `None` where there is no mean, or where none can be
    /// offered because a place is overloaded.
    pub(crate) fn spread(&self, design: &Design<'_>) -> Option<Spread> {
        let Estimate { mean, interval, .. } = (self.estimate)(&design.summary);
        let mean = (*mean)?;
        let (low, high) = interval.map_or((mean, mean), |interval| (interval.low, interval.high));
        Some(Spread { mean, low, high })
    }

    /// Whether the metric differs among `designs` by more than its intervals, and by enough to matter.
    pub(crate) fn varies<'d, 'a: 'd>(&self, designs: impl Iterator<Item = &'d Design<'a>>) -> bool {
        let spreads: Vec<Spread> = designs.filter_map(|design| self.spread(design)).collect();
        let least = |get: fn(&Spread) -> f64| spreads.iter().map(get).fold(f64::INFINITY, f64::min);
        let most = |get: fn(&Spread) -> f64| spreads.iter().map(get).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = (least(|of| of.mean), most(|of| of.mean));
        most(|of| of.low) > least(|of| of.high) && self.matters(low, high)
    }

    /// Whether the means of two design points are far enough apart to matter to anybody.
    pub(crate) fn is_relevant(&self, designs: [&Design<'_>; 2]) -> bool {
        let [Some(first), Some(second)] = designs.map(|design| self.spread(design)) else { return false };
        self.matters(first.mean.min(second.mean), first.mean.max(second.mean))
    }

    /// Name and value in words: `p95 latency 12.0 ms (11.9 to 12.1 ms)`.
    pub(crate) fn describe(&self, Spread { mean, low, high }: Spread) -> String {
        let range = if low < high { format!(" ({})", self.quantity.format_range(low, high)) } else { String::new() };
        format!("{} {}{range}", self.name, self.quantity.format(mean))
    }

    /// Smallest difference that matters, in words.
    pub(crate) fn least_difference(&self) -> String {
        match self.quantity {
            Quantity::Share => format!("{} points", 100.0 * LEAST_SHARE),
            _ => format!("{}\u{a0}%", 100.0 * LEAST_RATIO),
        }
    }

    /// Whether two means, the lower one first, are far enough apart to matter to anybody.
    fn matters(&self, low: f64, high: f64) -> bool {
        match self.quantity {
            Quantity::Share => high - low >= LEAST_SHARE,
            _ => high - low >= LEAST_RATIO * high.abs(),
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
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
