//! What a replication is judged by: the numbers of its row that a summary takes means of and conditions name.

use crate::rows::ReplicationRow;

/// A number of a replication, by which it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Name, which ends in the unit; shares have none.
    pub name: &'static str,
    measure: Measure,
    /// Values per unit: 1, or 1000 for thousandths of the unit.
    per_unit: f64,
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

/// Every metric. Those in seconds, joules and watts can be named in thousandths of these units, too.
const METRICS: [Metric; 15] = [
    Metric::share("accuracy", accuracy),
    Metric::share("correct", correct),
    Metric::share("completed", completed),
    Metric::share("deadline_misses", deadline_misses),
    Metric::amount("latency_mean_s", |row| row.latency_mean_s),
    Metric::amount("latency_p50_s", |row| row.latency_p50_s),
    Metric::amount("latency_p95_s", |row| row.latency_p95_s),
    Metric::amount("latency_p99_s", |row| row.latency_p99_s),
    Metric::amount("latency_max_s", |row| row.latency_max_s),
    Metric::amount("energy_j", energy),
    Metric::amount("power_per_device_w", |row| row.power_per_device_w),
    Metric::amount("restricted_lifetime_s", |row| row.restricted_lifetime_s),
    Metric::amount("mean_servers", |row| row.mean_servers),
    Metric::amount("cloud_energy_j", |row| row.cloud_energy_j),
    Metric::amount("cloud_power_w", |row| row.cloud_power_w),
];

/// The metric called `name`, such as `latency_p95_s`, or in thousandths of its unit, `latency_p95_ms`.
pub fn metric(name: &str) -> Option<Metric> {
    let known = |name: &str| METRICS.into_iter().find(|metric| metric.name == name);
    known(name).or_else(|| {
        let (stem, unit) = name.rsplit_once("_m").filter(|(_, unit)| UNITS.contains(unit))?;
        Some(Metric { per_unit: 1e3, ..known(&format!("{stem}_{unit}"))? })
    })
}

/// Units in which metrics are, by which their names end.
const UNITS: [&str; 3] = ["s", "j", "w"];

/// Names of all metrics, in both units.
pub fn names() -> impl Iterator<Item = String> {
    METRICS.into_iter().flat_map(|metric| [Some(metric.name.into()), metric.thousandths()].into_iter().flatten())
}

impl Metric {
    const fn share(name: &'static str, of: fn(&ReplicationRow) -> Share) -> Self {
        Self { name, measure: Measure::Share(of), per_unit: 1.0 }
    }

    const fn amount(name: &'static str, of: fn(&ReplicationRow) -> Option<f64>) -> Self {
        Self { name, measure: Measure::Amount(of), per_unit: 1.0 }
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

    /// Whether it means nothing where a place is overloaded, because it changes with the length of the run then (invariant 16).
    pub(crate) fn is_steady(&self) -> bool {
        !["accuracy", "correct", "completed", "restricted_lifetime_s", "mean_servers"].contains(&self.name)
    }

    /// Whether it is a share of requests.
    pub fn is_share(&self) -> bool {
        matches!(self.measure, Measure::Share(_))
    }

    /// Whether it depends on which samples are answered correctly.
    pub(crate) fn is_of_answers(&self) -> bool {
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
pub(crate) fn accuracy(row: &ReplicationRow) -> Share {
    Share { part: row.requests.correct, whole: row.requests.completed }
}

/// Requests, of all, answered correctly in the event loop.
pub(crate) fn correct(row: &ReplicationRow) -> Share {
    Share { part: row.requests.correct, whole: row.requests.generated }
}

/// Requests that were completed.
pub(crate) fn completed(row: &ReplicationRow) -> Share {
    Share { part: row.requests.completed, whole: row.requests.generated }
}

/// Requests that missed their deadline, by a late answer or by none.
pub(crate) fn deadline_misses(row: &ReplicationRow) -> Share {
    Share { part: row.requests.deadline_misses, whole: row.requests.generated }
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
        assert_eq!(names.len(), 4 + 1 + 2 * 10, "four shares, a number and ten amounts with a unit");
        let check = |name: &str, limit| metric(name).unwrap().check_limit(limit);
        for limit in [0.0, 1.0, 90.0, -0.1, f64::NAN] {
            assert!(check("accuracy", limit).is_err(), "{limit}");
        }
        assert!(check("accuracy", 0.9).is_ok() && check("energy_mj", 90.0).is_ok());
        assert!(check("energy_mj", 0.0).is_err() && check("energy_mj", f64::INFINITY).is_err());
    }
}
