//! Rows about replications.

use super::Table;
use crate::index::PointIndex;
use cospike_sim_core::cosim::{Phases, RequestCounters, TimeSlice, TrafficCounters, Trajectory};
use cospike_sim_core::energy::Energy;
use cospike_sim_core::record;
use cospike_sim_core::record::{Field, Record, Value};

impl Table for ReplicationRow {
    const NAME: &'static str = "replications";
    const ABOUT: &'static str = "One row per design point and replication that did not fail: the outcome of one event loop. \
        Times are means over the completed requests after the warm-up, and missing where there are none. Energies are \
        those drawn in a window of the run, from the first request after the warm-up to the last (`window_from_s` to \
        `window_to_s`), by all edge devices together, per request that was answered in it; `cloud_energy_j` is that of the \
        cloud. Where they are missing, `no_energy` says why.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `replications`: the outcome of one event loop. Times are means over the completed requests after
    /// the warm-up, energies are those of all edge devices in the window, per request answered in it; a mean over no request
    /// is missing. No number is NaN or infinite.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ReplicationRow {
        /// Number of the design point.
        pub point: PointIndex => ("", "design point"),
        /// Number of the replication, from 0.
        pub replication: u32 => ("", "replication"),
        /// Requests, by what became of them.
        pub requests: RequestCounters,
        /// Mean latency, from request to answer; missing, like all times of requests, where none was completed after the
        /// warm-up.
        pub latency_mean_s: Option<f64> => ("s", "latency, mean"),
        /// Median of latency.
        pub latency_p50_s: Option<f64> => ("s", "latency, median"),
        /// 95th percentile of latency.
        pub latency_p95_s: Option<f64> => ("s", "latency, 95th percentile"),
        /// 99th percentile of latency.
        pub latency_p99_s: Option<f64> => ("s", "latency, 99th percentile"),
        /// Longest latency.
        pub latency_max_s: Option<f64> => ("s", "latency, longest"),
        /// Mean latency in the steady state, without the warm-up that the data themselves show. Missing where the run is too
        /// short for it or reaches no steady state.
        pub steady_latency_s: Option<f64> => ("s", "steady-state latency"),
        /// Lower end of the 95 % interval of `steady_latency_s`, from this replication alone.
        pub steady_latency_low_s: Option<f64> => ("s", "steady-state latency, lower end"),
        /// Upper end of the 95 % interval of `steady_latency_s`, from this replication alone.
        pub steady_latency_high_s: Option<f64> => ("s", "steady-state latency, upper end"),
        /// Answers left out of `steady_latency_s` as warm-up, counted from the first one in the latency statistics.
        pub steady_deleted: Option<u64> => ("answers", "warm-up answers"),
        /// Mean time of a request in each phase.
        pub phases: Option<Phases> => ["", "_s"],
        /// Energy of the devices by part.
        pub energy: Option<Energy> => ["energy_", "_j"],
        /// Lower end of the 95 % interval of `energy_total_j`, from the batches of this replication alone. Missing for fewer
        /// than 200 requests, and where a tenth of the window is no longer than radios and processors remember a
        /// request.
        pub steady_energy_low_j: Option<f64> => ("J", "energy, lower end"),
        /// Upper end of the 95 % interval of `energy_total_j`, from the batches of this replication alone.
        pub steady_energy_high_j: Option<f64> => ("J", "energy, upper end"),
        /// Mean power of an edge device in the window.
        pub power_per_device_w: Option<f64> => ("W", "power per device"),
        /// Payload bytes put on the uplink per completed request; missing where none was completed.
        pub payload_bytes: Option<f64> => ("B", "payload"),
        /// Bytes put on the uplink per completed request, with headers; missing where none was completed.
        pub sent_bytes: Option<f64> => ("B", "bytes sent"),
        /// Packets, bits, steps and signals.
        pub traffic: TrafficCounters,
        /// Time at which the first battery ran empty; missing if none did.
        pub first_depletion_s: Option<f64> => ("s", "first battery empty after"),
        /// Restricted mean lifetime of the devices: the mean over all of them of the time until the battery was empty, or
        /// until the end of the run (`simulated_s`) where it was not. At most the mean lifetime, and equal to it if
        /// `depleted_devices` are all devices. Missing without batteries.
        pub restricted_lifetime_s: Option<f64> => ("s", "lifetime within the run"),
        /// Energy of the cloud in the window, per request answered in it.
        pub cloud_energy_j: Option<f64> => ("J", "energy of the cloud per request"),
        /// Mean power of all servers of the cloud together in the window.
        pub cloud_power_w: Option<f64> => ("W", "power of the cloud"),
        /// Start of the window over which energy is measured: the first request that is made when all requests of the
        /// warm-up, and at least one, have ended.
        pub window_from_s: Option<f64> => ("s", "window from"),
        /// End of that window: the last request, or the horizon if it comes earlier.
        pub window_to_s: Option<f64> => ("s", "window to"),
        /// Requests answered in that window.
        pub window_answered: Option<u64> => ("requests", "answered in the window"),
        /// Reason why there is no energy per request; missing where there is one.
        pub no_energy: Option<String> => ("", "no energy"),
        /// Mean number of servers that draw power over time, those that are starting included; missing, like all shares of
        /// time, if no time passed.
        pub mean_servers: Option<f64> => ("servers", "servers"),
        /// Mean share of edge devices that are computing.
        pub edge_utilisation: Option<f64> => ("share", "edge utilisation"),
        /// Mean share of uplinks that are busy; of a cell that all share at the same time, the share of time in which it is.
        pub uplink_utilisation: Option<f64> => ("share", "uplink utilisation"),
        /// Mean share of servers that are computing.
        pub cloud_utilisation: Option<f64> => ("share", "cloud utilisation"),
        /// Offered load of the edge devices: the work that requests bring over what the devices can do while requests are made.
        /// At 1 and above a place is overloaded, and its queues grow with the length of the run.
        pub edge_load: Option<f64> => ("share", "load of the edge devices"),
        /// Offered load of the uplinks, or of the cell.
        pub uplink_load: Option<f64> => ("share", "load of the uplink"),
        /// Offered load of the cloud, of as many servers as may run.
        pub cloud_load: Option<f64> => ("share", "load of the cloud"),
        /// Simulated time, from the start to the last event or the horizon.
        pub simulated_s: f64 => ("s", "simulated time"),
        /// Number and fingerprint of the events.
        pub trajectory: Trajectory,
    }
}

impl Table for LatencyRow {
    const NAME: &'static str = "latencies";
    const ABOUT: &'static str = "One row per design point, replication and percentile of latency: minimum, 1st to 99th \
        percentile, 99.9th and maximum. There are no rows where no request was completed.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `latencies`: one point of a latency distribution.
    #[derive(Clone, Debug, PartialEq)]
    pub struct LatencyRow {
        /// Number of the design point.
        pub point: PointIndex => ("", "design point"),
        /// Number of the replication, from 0.
        pub replication: u32 => ("", "replication"),
        /// Percentile, from 0 (the minimum) to 100 (the maximum).
        pub percentile: f64 => ("%", "percentile"),
        /// Latency at that percentile.
        pub seconds: f64 => ("s", "latency"),
    }
}

impl Table for TimeLineRow {
    const NAME: &'static str = "time_line";
    const ABOUT: &'static str = "At most 128 rows per design point in which something is decided while it runs, by switching or autoscaling: \
        its first replication over time, in intervals of equal length. Empty without such design points.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `time_line`: what happened in an interval of the first replication of a design point.
    #[derive(Clone, Debug, PartialEq)]
    pub struct TimeLineRow {
        /// Number of the design point.
        pub point: PointIndex => ("", "design point"),
        /// The interval.
        pub slice: TimeSlice,
    }
}

impl ReplicationRow {
    /// Column of the energy in all, which is no part of itself.
    const TOTAL: &'static str = "energy_total_j";

    /// Whether the column `name` holds a part of the energy of the edge devices.
    fn is_energy_part(name: &str) -> bool {
        name.starts_with("energy_") && name != Self::TOTAL
    }

    /// Declarations of the parts of the energy of the edge devices, in the order of the columns: compute first.
    pub fn energy_parts() -> Vec<Field> {
        Self::fields().into_iter().filter(|field| Self::is_energy_part(&field.name)).collect()
    }

    /// Joules per answered request of every part, in the order of [`ReplicationRow::energy_parts`]; empty if no request was
    /// completed.
    pub fn joules_by_part(&self) -> Vec<f64> {
        let fields = Self::fields().into_iter().zip(self.values());
        let joules = fields.filter_map(|(field, value)| match value {
            Value::Real(joules) if Self::is_energy_part(&field.name) => Some(joules),
            _ => None,
        });
        joules.collect()
    }
}
