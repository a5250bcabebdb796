//! Why a design point has no answers although all its replications ran to their end.

use cospike_results::rows::ReplicationRow;
use cospike_sim_core::cosim::RequestCounters;
use cospike_sim_core::kernel::Number;
use cospike_sim_core::record::{Record, Value};
use cospike_sim_core::workload::Workload;

/// The reason why no replication of a design point with this `workload` has an answer after its warm-up; `None` if one has, or if
/// there are no replications.
pub(crate) fn explain(workload: &Workload, rows: &[&ReplicationRow]) -> Option<String> {
    if rows.is_empty() || rows.iter().any(|row| row.latency_mean_s.is_some()) {
        return None;
    }
    let sum = |get: fn(&RequestCounters) -> u64| rows.iter().map(|row| get(&row.requests)).fold(0, u64::saturating_add);
    let (generated, completed) = (sum(|requests| requests.generated), sum(|requests| requests.completed));
    let horizon = workload.horizon_seconds.map(|seconds| format!(" before the horizon, {} s", Number(seconds)));
    let horizon = horizon.unwrap_or_default();
    Some(match (generated, completed) {
        (0, _) => format!("no request was made{horizon}"),
        (_, 0) => format!("none of {generated} requests was answered{horizon}: {}", fates(rows)),
        _ => format!("all {completed} answers{horizon} are to requests of the warm-up, the first {}", workload.warmup),
    })
}

/// What became of the requests that were not answered, in words: `3 dropped: queue full, 2 in flight at the end`.
fn fates(rows: &[&ReplicationRow]) -> String {
    let mut fates = vec![];
    for (column, field) in RequestCounters::fields().into_iter().enumerate() {
        if !field.name.starts_with("dropped_") && field.name != "in_flight" {
            continue;
        }
        let number = |row: &&ReplicationRow| match row.requests.values().get(column) {
            Some(Value::Whole(number)) => *number,
            _ => 0,
        };
        let number = rows.iter().map(number).fold(0, u64::saturating_add);
        if number > 0 {
            fates.push(format!("{number} {}", field.label));
        }
    }
    fates.join(", ")
}
