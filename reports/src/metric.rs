//! Metrics of a design point that figures show over a swept key.

use crate::digest::Design;
use crate::names;
use crate::quantity::Quantity;
use cospike_results::summary::{Estimate, PointSummary};

/// Difference of shares, and relative difference of everything else, below which nothing is said to vary.
const LEAST_SHARE: f64 = 0.005;
const LEAST_RATIO: f64 = 0.01;

/// Something that is estimated for every design point.
pub(crate) struct Metric {
    /// Name on axes, with a capital letter.
    pub(crate) name: &'static str,
    /// What it measures.
    pub(crate) quantity: Quantity,
    /// Whether it means nothing where a place is overloaded, because it changes with the length of the run then.
    pub(crate) is_steady: bool,
    estimate: fn(&PointSummary) -> &Estimate,
}

/// All metrics, those that matter to most readers first.
pub(crate) const METRICS: [Metric; 10] = [
    Metric { name: names::CORRECT, quantity: Quantity::Share, is_steady: false, estimate: |summary| &summary.correct },
    Metric {
        name: "Missed deadlines",
        quantity: Quantity::Share,
        is_steady: true,
        estimate: |summary| &summary.deadline_misses,
    },
    Metric {
        name: "Lifetime within the run",
        quantity: Quantity::Seconds,
        is_steady: false,
        estimate: |summary| &summary.restricted_lifetime_s,
    },
    Metric {
        name: "95th percentile of latency",
        quantity: Quantity::Seconds,
        is_steady: true,
        estimate: |summary| &summary.latency_p95_s,
    },
    Metric { name: names::ENERGY, quantity: Quantity::Joules, is_steady: true, estimate: |summary| &summary.energy_j },
    Metric {
        name: "Answered requests",
        quantity: Quantity::Share,
        is_steady: false,
        estimate: |summary| &summary.completed,
    },
    Metric {
        name: "Energy of the cloud",
        quantity: Quantity::Joules,
        is_steady: true,
        estimate: |summary| &summary.cloud_energy_j,
    },
    Metric {
        name: names::LATENCY,
        quantity: Quantity::Seconds,
        is_steady: true,
        estimate: |summary| &summary.latency_mean_s,
    },
    Metric {
        name: names::POWER,
        quantity: Quantity::Watts,
        is_steady: true,
        estimate: |summary| &summary.power_per_device_w,
    },
    Metric {
        name: "Power of the cloud",
        quantity: Quantity::Watts,
        is_steady: true,
        estimate: |summary| &summary.cloud_power_w,
    },
];

impl Metric {
    /// Mean with both ends of its interval, the mean itself where there is none; `None` where there is no mean, or where none can be
    /// offered because a place is overloaded.
    pub(crate) fn of(&self, design: &Design<'_>) -> Option<Spread> {
        if self.is_steady && design.is_overloaded() {
            return None;
        }
        let Estimate { mean, interval, .. } = (self.estimate)(&design.summary);
        let mean = (*mean)?;
        let (low, high) = interval.map_or((mean, mean), |interval| (interval.low, interval.high));
        Some(Spread { mean, low, high })
    }

    /// Whether the metric differs among `designs` by more than its intervals, and by enough to matter.
    pub(crate) fn varies<'d, 'a: 'd>(&self, designs: impl Iterator<Item = &'d Design<'a>>) -> bool {
        let spreads: Vec<Spread> = designs.filter_map(|design| self.of(design)).collect();
        let least = |get: fn(&Spread) -> f64| spreads.iter().map(get).fold(f64::INFINITY, f64::min);
        let most = |get: fn(&Spread) -> f64| spreads.iter().map(get).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = (least(|of| of.mean), most(|of| of.mean));
        most(|of| of.low) > least(|of| of.high) && self.matters(low, high)
    }

    /// Whether two means, the lower one first, are far enough apart to matter to anybody.
    fn matters(&self, low: f64, high: f64) -> bool {
        match self.quantity {
            Quantity::Share => high - low >= LEAST_SHARE,
            _ => high - low >= LEAST_RATIO * high.abs(),
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
