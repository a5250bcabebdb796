//! What a replication is judged by. Summaries, conditions, figures and answers take names, units, directions and values from here.

use crate::rows::ReplicationRow;
use crate::summary::{Estimate, Limits, PointSummary, Steady};

/// A number of a replication, by which it is judged, and whose mean is estimated for every design point.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Name, which ends in the unit; shares and numbers have none.
    pub name: &'static str,
    /// Name for people, as axes show it, with a capital letter.
    pub label: &'static str,
    /// Unit of the values.
    pub unit: Unit,
    /// Direction in which it gets better.
    pub better: Better,
    /// Words for the design point that is best; `None` where being best is no aim.
    pub best: Option<&'static str>,
    /// Whether figures and answers choose it by themselves. The others tell nearly the same as one of these, and are shown when they are
    /// asked for.
    pub is_prominent: bool,
    /// What it measures that only a steady state has: it changes with the length of the run where a place is overloaded or the run is too
    /// short (invariant 16). `None` of what means the same in any run.
    pub steady: Option<Steady>,
    measure: Measure,
    /// Values per unit: 1, or 1000 for thousandths of the unit.
    per_unit: f64,
    estimate: fn(&PointSummary) -> &Estimate,
    place: fn(&mut PointSummary) -> &mut Estimate,
}

/// Unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Share, from 0 to 1; loads may be above.
    Share,
    /// A time in seconds.
    Seconds,
    /// An energy in joules.
    Joules,
    /// A power in watts.
    Watts,
    /// A size in bytes.
    Bytes,
    /// None, as of a number of servers.
    Number,
}

impl Unit {
    /// Symbol of the unit; `share` of a share, and nothing of a number.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Seconds => "s",
            Self::Joules => "J",
            Self::Watts => "W",
            Self::Bytes => "B",
            Self::Number => "",
        }
    }
}

/// Direction in which a metric gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

#[derive(Clone, Copy, Debug)]
enum Measure {
    /// Share of requests.
    Share(fn(&ReplicationRow) -> Share),
    /// Amount, at least 0; `None` where the replication has none.
    Amount(fn(&ReplicationRow) -> Option<f64>),
}

/// Number of requests that something holds for, of a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Number of requests that it holds for.
    pub part: u64,
    /// Number of all of them.
    pub whole: u64,
}

/// A limit of which no results show on which side the mean is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// A limit that every share keeps, or none, or that may be kept only because what is rare has not happened.
    #[error("`{metric}` is a share, so its limit must be above 0 and below 1, but is {limit}")]
    Share {
        /// Name of the metric.
        metric: String,
        /// Value of the limit.
        limit: f64,
    },
    /// A limit that every amount, or none, is above.
    #[error("`{metric}` is never below 0, so its limit must be above 0, but is {limit}")]
    Amount {
        /// Name of the metric.
        metric: String,
        /// Value of the limit.
        limit: f64,
    },
}

/// Declares a metric whose estimate is the field `place` of a summary.
macro_rules! metric {
    ($name:literal, $label:literal, $unit:ident, $better:ident, $measure:expr, $($place:ident).+) => {
        Metric {
            name: $name,
            label: $label,
            unit: Unit::$unit,
            better: Better::$better,
            best: None,
            is_prominent: false,
            steady: None,
            measure: $measure,
            per_unit: 1.0,
            estimate: |summary| &summary.$($place).+,
            place: |summary| &mut summary.$($place).+,
        }
    };
}

use Measure::Amount;

/// Requests, of all, that were answered, and correctly.
#[rustfmt::skip]
pub const CORRECT: Metric =
    metric!("correct", "Correct of all requests", Share, Higher, Measure::Share(correct), correct).best("Most correct answers");
/// Energy of the edge devices per answered request.
#[rustfmt::skip]
pub const ENERGY: Metric =
    metric!("energy_j", "Energy per request", Joules, Lower, Amount(energy), energy_j).best("Least energy per request").steady(Steady::DeviceEnergy);
/// Restricted mean lifetime of the devices, which only batteries have.
#[rustfmt::skip]
pub const LIFETIME: Metric =
    metric!("restricted_lifetime_s", "Lifetime within the run", Seconds, Higher, Amount(|row| row.restricted_lifetime_s), restricted_lifetime_s)
        .best("Longest lifetime");
/// Mean latency of the completed requests.
#[rustfmt::skip]
pub const LATENCY: Metric =
    metric!("latency_mean_s", "Mean latency", Seconds, Lower, Amount(|row| row.latency_mean_s), latency_mean_s)
        .best("Lowest mean latency").steady(Steady::Latency);
/// 95th percentile of the latency of the completed requests.
#[rustfmt::skip]
pub const LATENCY_P95: Metric =
    metric!("latency_p95_s", "p95 latency", Seconds, Lower, Amount(|row| row.latency_p95_s), latency_p95_s)
        .best("Lowest p95 latency").steady(Steady::Latency);
/// Energy of the cloud per answered request.
#[rustfmt::skip]
pub const CLOUD_ENERGY: Metric =
    metric!("cloud_energy_j", "Energy of the cloud", Joules, Lower, Amount(|row| row.cloud_energy_j), cloud_energy_j)
        .best("Least energy of the cloud").steady(Steady::CloudEnergy);
/// Mean power of an edge device.
#[rustfmt::skip]
pub const POWER: Metric =
    metric!("power_per_device_w", "Power per device", Watts, Lower, Amount(|row| row.power_per_device_w), power_per_device_w)
        .prominent().steady(Steady::DeviceEnergy);

/// Every metric, those that matter to most readers first. Those in seconds, joules and watts can be named in thousandths of these
/// units, too.
#[rustfmt::skip]
pub static METRICS: [Metric; 19] = [
    CORRECT,
    metric!("deadline_misses", "Missed deadlines", Share, Lower, Measure::Share(deadline_misses), deadline_misses)
        .best("Fewest missed deadlines").steady(Steady::Latency),
    LIFETIME,
    LATENCY_P95,
    ENERGY,
    metric!("edge_load", "Load of the devices", Share, Lower, Amount(|row| row.edge_load), load.edge).prominent(),
    metric!("uplink_load", "Load of the uplink", Share, Lower, Amount(|row| row.uplink_load), load.uplink).prominent(),
    metric!("cloud_load", "Load of the cloud", Share, Lower, Amount(|row| row.cloud_load), load.cloud).prominent(),
    metric!("completed", "Answered requests", Share, Higher, Measure::Share(completed), completed).prominent(),
    CLOUD_ENERGY,
    LATENCY,
    POWER,
    metric!("cloud_power_w", "Power of the cloud", Watts, Lower, Amount(|row| row.cloud_power_w), cloud_power_w)
        .prominent().steady(Steady::CloudEnergy),
    metric!("accuracy", "Correct of answered requests", Share, Higher, Measure::Share(accuracy), accuracy),
    metric!("on_air_bytes", "Bytes on air per request", Bytes, Lower, Amount(on_air), on_air_bytes),
    metric!("latency_p50_s", "Median latency", Seconds, Lower, Amount(|row| row.latency_p50_s), latency_p50_s).steady(Steady::Latency),
    metric!("latency_p99_s", "p99 latency", Seconds, Lower, Amount(|row| row.latency_p99_s), latency_p99_s).steady(Steady::Latency),
    metric!("latency_max_s", "Longest latency", Seconds, Lower, Amount(|row| row.latency_max_s), latency_max_s).steady(Steady::Latency),
    metric!("mean_servers", "Servers that draw power", Number, Lower, Amount(|row| row.mean_servers), mean_servers),
];

/// The metric called `name`, such as `latency_p95_s`, or in thousandths of its unit, `latency_p95_ms`.
pub fn metric(name: &str) -> Option<Metric> {
    let known = |name: &str| METRICS.iter().find(|metric| metric.name == name).copied();
    known(name).or_else(|| {
        let (stem, unit) = name.rsplit_once("_m").filter(|(_, unit)| UNITS.contains(unit))?;
        Some(Metric { per_unit: 1e3, ..known(&format!("{stem}_{unit}"))? })
    })
}

/// Units in which metrics are, by which their names end.
const UNITS: [&str; 3] = ["s", "j", "w"];

/// Names of all metrics, in both units.
pub fn names() -> impl Iterator<Item = String> {
    METRICS.iter().flat_map(|metric| [Some(metric.name.into()), metric.thousandths()].into_iter().flatten())
}

impl Metric {
    const fn best(self, best: &'static str) -> Self {
        Self { best: Some(best), ..self.prominent() }
    }

    const fn prominent(self) -> Self {
        Self { is_prominent: true, ..self }
    }

    const fn steady(self, steady: Steady) -> Self {
        Self { steady: Some(steady), ..self }
    }

    /// Mean over the replications of a design point, in the plain unit.
    pub fn mean<'s>(&self, summary: &'s PointSummary) -> &'s Estimate {
        (self.estimate)(summary)
    }

    /// The place of the mean in a summary.
    pub(crate) fn place<'s>(&self, summary: &'s mut PointSummary) -> &'s mut Estimate {
        (self.place)(summary)
    }

    /// Mean over `rows`, the replications of a design point on `samples` samples, of which `failed` more failed.
    pub(crate) fn estimate(&self, rows: &[&ReplicationRow], failed: usize, samples: u32) -> Estimate {
        let values = rows.iter().map(|row| self.value(row));
        match self.measure {
            Measure::Share(_) if self.is_of_answers() => Estimate::on_samples(values, failed, samples),
            Measure::Share(_) => Estimate::new(values, failed).within(Limits::Share),
            Measure::Amount(_) => Estimate::new(values, failed).within(Limits::Positive),
        }
    }

    /// Name in thousandths of its unit; `None` without a unit.
    fn thousandths(&self) -> Option<String> {
        let (stem, unit) = self.name.rsplit_once('_').filter(|(_, unit)| UNITS.contains(unit))?;
        Some(format!("{stem}_m{unit}"))
    }

    /// Value of a replication, in the unit of the name; `None` if it has none.
    pub fn value(&self, row: &ReplicationRow) -> Option<f64> {
        let value = match self.measure {
            Measure::Share(of) => of(row).value(),
            Measure::Amount(of) => of(row).map(|amount| amount * self.per_unit),
        };
        value.filter(|value| value.is_finite())
    }

    /// Whether it depends on which samples are answered correctly.
    pub fn is_of_answers(&self) -> bool {
        ["accuracy", "correct"].contains(&self.name)
    }

    /// `value`, in the unit of the name, in the unit without a prefix.
    pub fn in_plain_unit(&self, value: f64) -> f64 {
        value / self.per_unit
    }

    /// Share over all `rows` together; `None` of an amount.
    pub fn pooled(&self, rows: &[&ReplicationRow]) -> Option<Share> {
        let Measure::Share(of) = self.measure else { return None };
        let add = |sum: Share, one: Share| Share { part: sum.part + one.part, whole: sum.whole + one.whole };
        rows.iter().map(|row| of(row)).reduce(add)
    }

    /// Checks that results can show on which side of `limit` the mean is. That a share is exactly 0 or 1 they cannot: what is rare
    /// may just not have happened.
    ///
    /// # Errors
    /// [`LimitError`].
    pub fn check_limit(&self, limit: f64) -> Result<(), LimitError> {
        let written = self.thousandths().filter(|_| self.per_unit > 1.0);
        let metric = written.unwrap_or_else(|| self.name.into());
        match self.measure {
            Measure::Share(_) if !(limit > 0.0 && limit < 1.0) => Err(LimitError::Share { metric, limit }),
            Measure::Amount(_) if !(limit > 0.0 && limit.is_finite()) => Err(LimitError::Amount { metric, limit }),
            _ => Ok(()),
        }
    }
}

impl Share {
    /// The share; `None` of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

/// Completed requests answered correctly in the event loop.
fn accuracy(row: &ReplicationRow) -> Share {
    Share { part: row.requests.correct, whole: row.requests.completed }
}

/// Requests, of all, answered correctly in the event loop.
fn correct(row: &ReplicationRow) -> Share {
    Share { part: row.requests.correct, whole: row.requests.generated }
}

/// Requests that were completed.
fn completed(row: &ReplicationRow) -> Share {
    Share { part: row.requests.completed, whole: row.requests.generated }
}

/// Requests that missed their deadline, by a late answer or by none.
fn deadline_misses(row: &ReplicationRow) -> Share {
    Share { part: row.requests.deadline_misses, whole: row.requests.generated }
}

/// Bytes on the uplink per request asked: headers, copies and what was sent again included.
fn on_air(row: &ReplicationRow) -> Option<f64> {
    Some(row.sent_bytes? * completed(row).value()?)
}

/// Energy of the devices per answered request, in joules.
pub(crate) fn energy(row: &ReplicationRow) -> Option<f64> {
    row.energy.map(|energy| energy.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_names_in_two_units_and_limits_that_can_be_kept_or_not() {
        assert!(
            metric("latency_p95_ms").is_some_and(|metric| metric.per_unit == 1e3 && metric.name == "latency_p95_s")
        );
        for unknown in ["latency_ms", "correct_m", "mean_mservers", "deadline_mmisses", "", "_m", "energy_kj"] {
            assert!(metric(unknown).is_none(), "{unknown}");
        }
        let names: Vec<String> = names().collect();
        assert!(names.iter().all(|name| metric(name).is_some()));
        assert_eq!(names.len(), 4 + 5 + 2 * 10, "four shares, three loads, two numbers and ten amounts with a unit");
        let check = |name: &str, limit| metric(name).unwrap().check_limit(limit);
        for limit in [0.0, 1.0, 90.0, -0.1, f64::NAN] {
            assert!(check("accuracy", limit).is_err(), "{limit}");
        }
        assert!(check("accuracy", 0.9).is_ok() && check("energy_mj", 90.0).is_ok());
        assert!(check("energy_mj", 0.0).is_err() && check("energy_mj", f64::INFINITY).is_err());
    }
}
