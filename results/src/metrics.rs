//! What a replication is judged by: the numbers of its row that a summary takes means of and conditions name.

use crate::rows::ReplicationRow;

/// A number of a replication; `None` where the replication has none.
pub type Metric = fn(&ReplicationRow) -> Option<f64>;

/// Every metric by its name, which ends in its unit; shares have none.
pub const METRICS: [(&str, Metric); 16] = [
    ("accuracy", accuracy),
    ("correct", correct),
    ("completed", completed),
    ("deadline_misses", deadline_misses),
    ("latency_mean_s", |row| row.latency_mean_s),
    ("latency_p50_s", |row| row.latency_p50_s),
    ("latency_p95_s", |row| row.latency_p95_s),
    ("latency_p99_s", |row| row.latency_p99_s),
    ("latency_max_s", |row| row.latency_max_s),
    ("energy_j", energy),
    ("power_per_device_w", |row| row.power_per_device_w),
    ("first_depletion_s", |row| row.first_depletion_s),
    ("restricted_lifetime_s", |row| row.restricted_lifetime_s),
    ("mean_servers", |row| row.mean_servers),
    ("cloud_energy_j", |row| row.cloud_energy_j),
    ("cloud_power_w", |row| row.cloud_power_w),
];

/// The metric called `name`.
pub fn metric(name: &str) -> Option<Metric> {
    METRICS.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric)
}

/// Share of completed requests answered correctly in the event loop.
pub(crate) fn accuracy(row: &ReplicationRow) -> Option<f64> {
    share(row.requests.correct, row.requests.completed)
}

/// Share of all requests answered correctly in the event loop.
pub(crate) fn correct(row: &ReplicationRow) -> Option<f64> {
    share(row.requests.correct, row.requests.generated)
}

/// Share of requests that were completed.
pub(crate) fn completed(row: &ReplicationRow) -> Option<f64> {
    share(row.requests.completed, row.requests.generated)
}

/// Share of requests that missed their deadline, by a late answer or by none.
pub(crate) fn deadline_misses(row: &ReplicationRow) -> Option<f64> {
    share(row.requests.deadline_misses, row.requests.generated)
}

/// Energy of the devices per answered request, in joules.
pub(crate) fn energy(row: &ReplicationRow) -> Option<f64> {
    row.energy.map(|energy| energy.total)
}

/// `part` as a share of `whole`; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
