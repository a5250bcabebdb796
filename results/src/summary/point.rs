//! What the results come to at one design point.

use super::caution::{Caution, Loads};
use super::estimate::{Estimate, optional_interval};
use crate::index::PointIndex;
use cospike_sim_core::stats::Interval;
use serde::Serialize;
use serde_json::{Map, Value};

/// Summary of one design point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointSummary {
    /// Number of the design point.
    pub point: PointIndex,
    /// Label of the design point, unique in the study.
    pub label: String,
    /// Values of the swept keys, by dotted path.
    pub parameters: Map<String, Value>,
    /// Number of replications that did not fail.
    pub replications: usize,
    /// Number of replications that failed.
    pub failed_replications: usize,
    /// Reason why the design point failed: that of its first replication that did, or why none has an answer.
    pub failure: Option<String>,
    /// Whether there are two replications or more, equal event by event and number by number: nothing random happened in
    /// them, so their number says nothing about how certain the means are.
    pub is_deterministic: bool,
    /// Share of samples answered correctly with nothing lost, with its 95 % Wilson interval; `None` if the network cannot
    /// be executed.
    #[serde(serialize_with = "optional_interval")]
    pub offline_accuracy: Option<Interval>,
    /// Share of all requests that were asked which were answered, and correctly: what the users of the system get.
    pub correct: Estimate,
    /// Share of completed requests answered correctly in the event loop.
    pub accuracy: Estimate,
    /// Share of requests that were completed.
    pub completed: Estimate,
    /// Mean latency in seconds.
    pub latency_mean_s: Estimate,
    /// Median of latency in seconds.
    pub latency_p50_s: Estimate,
    /// 95th percentile of latency in seconds.
    pub latency_p95_s: Estimate,
    /// 99th percentile of latency in seconds.
    pub latency_p99_s: Estimate,
    /// Longest latency in seconds.
    pub latency_max_s: Estimate,
    /// Energy of all edge devices per answered request in steady state, in joules.
    pub energy_j: Estimate,
    /// Mean power of an edge device in steady state, in watts.
    pub power_per_device_w: Estimate,
    /// Reason why a replication has no energy per request, that of the first one if several have none; `None` if all have.
    pub no_energy: Option<String>,
    /// Share of requests that missed their deadline, by a late answer or by none; 0 without deadlines.
    pub deadline_misses: Estimate,
    /// Time in seconds at which the first battery ran empty.
    pub first_depletion_s: Estimate,
    /// Restricted mean lifetime of the devices in seconds.
    pub restricted_lifetime_s: Estimate,
    /// Mean number of servers that draw power.
    pub mean_servers: Estimate,
    /// Energy of the cloud per answered request in steady state, in joules.
    pub cloud_energy_j: Estimate,
    /// Mean power of the cloud in steady state, in watts.
    pub cloud_power_w: Estimate,
    /// Offered load of the edge devices, of the uplinks or the cell, and of the cloud, see
    /// [`ReplicationRow::edge_load`](crate::rows::ReplicationRow::edge_load).
    pub load: Loads,
    /// What speaks against taking the means for those of a longer run.
    pub cautions: Vec<Caution>,
    /// Bytes on the uplink per request asked: headers, copies and what was sent again included.
    pub on_air_bytes: Estimate,
    /// Mean payload in bits; `None` if the network cannot be executed.
    pub payload_bits: Option<f64>,
    /// Bits of the float32 feature tensor at the split (of T frames, of all T of them) over payload bits; `None` if nothing is sent.
    pub ratio_to_float32: Option<f64>,
    /// Bits of the T-step binary feature tensor at the split over payload bits; `None` if nothing is sent.
    pub ratio_to_binary: Option<f64>,
}
