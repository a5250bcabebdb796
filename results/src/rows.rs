//! The result store: what a study found, as plain rows.
//!
//! A study is written to one folder: `manifest.json` and one Parquet file per table. Every row type here is one
//! table; rows are sorted by their leading key columns, so that equal studies give equal bytes. Nothing in a
//! result depends on wall-clock time or the number of threads.

use serde::{Deserialize, Serialize};

/// Everything a study found.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// What was run.
    pub manifest: Manifest,
    /// One row per design point.
    pub points: Vec<PointRow>,
    /// One row per design point and layer.
    pub layers: Vec<LayerRow>,
    /// One row per design point, price list and kind of event that happened; none where the list leaves an event unpriced.
    pub compute_energy: Vec<ComputeEnergyRow>,
    /// One row per design point and replication.
    pub replications: Vec<ReplicationRow>,
    /// One row per design point, replication and percentile.
    pub latencies: Vec<LatencyRow>,
    /// One row per distinct network and sample.
    pub answers: Vec<AnswerRow>,
}

/// What was run, enough to run it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of CoSpike.
    pub version: String,
    /// Name of the study.
    pub name: String,
    /// The scenario file, verbatim.
    pub scenario: String,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications per design point.
    pub replications: u32,
    /// Dotted paths of the swept keys, in the order of the file.
    pub axes: Vec<String>,
    /// Weight files of the networks that were run, by their names in the zoo.
    pub networks: Vec<FileUsed>,
    /// Images that they were run on: hash of shape, classes and pixels, whatever files these are from.
    pub datasets: Vec<FileUsed>,
    /// Recorded rates and arrivals, by the paths in the scenario.
    pub traces: Vec<FileUsed>,
    /// Every profile and price list that was used, with the provenance of each value.
    pub profiles: Vec<ProfileUsed>,
}

/// What a study read beside its scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileUsed {
    /// Its name.
    pub name: String,
    /// BLAKE3 of its content, hexadecimal.
    pub blake3: String,
}

/// A device, link or cloud profile or a price list, as used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileUsed {
    /// `device`, `link`, `cloud` or `prices`.
    pub kind: String,
    /// Its name, or path.
    pub name: String,
    /// What it describes.
    pub description: String,
    /// Its values.
    pub values: Vec<ValueUsed>,
}

/// One value of a profile with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueUsed {
    /// Name of the quantity.
    pub key: String,
    /// The value, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Where it is from.
    pub source: String,
    /// What it covers: per operation, or all-in at an operating point.
    pub scope: String,
    /// How good it is: measured, simulated, published model, or assumed.
    pub evidence: String,
}

/// A design point: its parameters and what inference alone says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PointRow {
    /// Number of the design point, from 0.
    pub point: u32,
    /// Short name, unique in the study, e.g. `spiking stage3 w4`.
    pub label: String,
    /// Values of the swept keys, a JSON object by dotted path.
    pub parameters: String,
    /// Which network of [`AnswerRow`] it runs.
    pub network: u32,
    /// Backbone, e.g. `resnet14`.
    pub backbone: String,
    /// `spiking` or `float`.
    pub family: String,
    /// `spiking`, `float` or `binary`: what the bottleneck unit is, or the family where there is none.
    pub kind: String,
    /// Split point, `input` (all in the cloud) to `output` (all on the edge).
    pub split: String,
    /// Width of the bottleneck unit; `None` if the features cross as they are.
    pub width: Option<u32>,
    /// How the bottleneck unit was trained, e.g. `plain`; `None` if there is none.
    pub variant: Option<String>,
    /// How what crosses is coded: `spikes`, `jpeg 90`, `8-bit`, `float32`.
    pub codec: String,
    /// Time steps (1 for float networks).
    pub time_steps: u32,
    /// Samples that offline accuracy was measured on.
    pub samples: u32,
    /// Samples answered right with nothing lost.
    pub correct: u32,
    /// Mean payload, in bits.
    pub payload_bits: f64,
    /// Bits of the float32 feature tensor at the split.
    pub float32_bits: u64,
    /// Bits of the T-step binary tensor at the split (float networks: T of the study's spiking networks is not
    /// known there, so one bit per value).
    pub binary_bits: u64,
}

/// Mean counts of one layer per sample.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRow {
    /// Design point.
    pub point: u32,
    /// Index of the layer.
    pub layer: u32,
    /// Its name.
    pub name: String,
    /// `head` or `tail`.
    pub part: String,
    /// Non-zero values in.
    pub input_events: f64,
    /// Non-zero values out.
    pub output_events: f64,
    /// Accumulates.
    pub ac: f64,
    /// Multiply-accumulates.
    pub mac: f64,
    /// Neuron updates.
    pub neuron_updates: f64,
    /// Weights read.
    pub weight_reads: f64,
    /// Membrane values read or written.
    pub state_accesses: f64,
    /// Inputs read.
    pub activation_reads: f64,
    /// Outputs written.
    pub activation_writes: f64,
}

/// Mean compute energy of the head per sample, under one price list.
#[derive(Clone, Debug, PartialEq)]
pub struct ComputeEnergyRow {
    /// Design point.
    pub point: u32,
    /// Name of the price list.
    pub prices: String,
    /// Kind of event, as the form of the price list names it.
    pub kind: String,
    /// Joules per sample.
    pub joules: f64,
}

/// What one event loop came to. Energies are joules of all edge devices together per completed request; times are
/// means over the completed requests after warm-up, in seconds. A mean over no request at all, and a share of no time,
/// is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicationRow {
    /// Design point.
    pub point: u32,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Requests that devices made.
    pub generated: u64,
    /// Requests that got an answer.
    pub completed: u64,
    /// Requests dropped because a queue was full.
    pub dropped_queue_full: u64,
    /// Requests of which nothing arrived.
    pub dropped_lost: u64,
    /// Requests to devices whose battery was or ran empty.
    pub dropped_battery: u64,
    /// Requests whose answer the device did not notice.
    pub dropped_unreachable: u64,
    /// Requests under way when the run stopped.
    pub in_flight: u64,
    /// Completed requests with the right answer.
    pub correct: u64,
    /// Those of them that met their deadline; all, without deadlines.
    pub correct_in_time: u64,
    /// Requests that were late, dropped, or under way after their deadline; 0 without deadlines.
    pub deadline_misses: u64,
    /// Completed requests that the device answered by itself.
    pub answered_at_edge: u64,
    /// Mean time from request to answer.
    pub latency_mean_s: f64,
    /// Median.
    pub latency_p50_s: f64,
    /// 95th percentile.
    pub latency_p95_s: f64,
    /// 99th percentile.
    pub latency_p99_s: f64,
    /// Longest.
    pub latency_max_s: f64,
    /// Mean time from request to answer in the steady state: without the warm-up, which is found by the data. Missing if the
    /// run is too short for it, or does not come to rest.
    pub steady_latency_s: Option<f64>,
    /// Lower end of its 95 % interval, from this replication alone.
    pub steady_latency_low_s: Option<f64>,
    /// Upper end.
    pub steady_latency_high_s: Option<f64>,
    /// Answers left out as warm-up, from the first on that is in the latency statistics.
    pub steady_deleted: Option<u64>,
    /// Waiting for the edge device.
    pub edge_wait_s: f64,
    /// Computing the head.
    pub edge_compute_s: f64,
    /// Waiting for the uplink.
    pub uplink_wait_s: f64,
    /// Sending and propagating.
    pub uplink_s: f64,
    /// Waiting for a server.
    pub cloud_wait_s: f64,
    /// Computing the tail.
    pub cloud_service_s: f64,
    /// The answer's way back.
    pub downlink_s: f64,
    /// Accumulates.
    pub energy_ac_j: f64,
    /// Multiply-accumulates.
    pub energy_mac_j: f64,
    /// Neuron updates.
    pub energy_neuron_j: f64,
    /// Weight, state and activation traffic.
    pub energy_memory_j: f64,
    /// What else the price list counts.
    pub energy_other_j: f64,
    /// Static power of the devices.
    pub energy_static_j: f64,
    /// Processors between inferences.
    pub energy_standby_j: f64,
    /// Radio sending.
    pub energy_radio_tx_j: f64,
    /// Radio receiving.
    pub energy_radio_rx_j: f64,
    /// Radio in standby.
    pub energy_radio_idle_j: f64,
    /// Radio becoming connected.
    pub energy_radio_promotion_j: f64,
    /// Radio connected, but neither sending nor receiving.
    pub energy_radio_tail_j: f64,
    /// All of these, integrated on their own.
    pub energy_total_j: f64,
    /// Payload bytes per completed request.
    pub payload_bytes: f64,
    /// Bytes on the air with headers, per completed request.
    pub sent_bytes: f64,
    /// Packets sent.
    pub packets_sent: u64,
    /// Packets lost.
    pub packets_lost: u64,
    /// Packets sent again.
    pub retransmissions: u64,
    /// Payload bits that reached the cloud inverted.
    pub bits_flipped: u64,
    /// Payload bits that reached the cloud but could not be told.
    pub bits_erased: u64,
    /// Steps that were sent, whole payloads where steps are not sent one by one.
    pub steps_sent: u64,
    /// Steps that were not sent because the answer came first.
    pub steps_saved: u64,
    /// Times that a radio woke up for nothing.
    pub false_alarms: u64,
    /// Wake-up signals that were not noticed.
    pub missed_signals: u64,
    /// Devices whose battery ran empty.
    pub depleted_devices: u64,
    /// When the first did; infinite if none did.
    pub first_depletion_s: f64,
    /// Mean lifetime of those that did; infinite if none did.
    pub mean_lifetime_s: f64,
    /// Energy of the cloud per completed request.
    pub cloud_energy_j: f64,
    /// Mean number of servers.
    pub mean_servers: f64,
    /// Share of time an edge device computes.
    pub edge_utilisation: f64,
    /// Share of time an uplink is busy.
    pub uplink_utilisation: f64,
    /// Share of time a server is busy.
    pub cloud_utilisation: f64,
    /// Length of the run in simulated time.
    pub simulated_s: f64,
    /// Events executed.
    pub events: u64,
    /// Fingerprint of the trajectory.
    pub fingerprint: u64,
}

/// One point of a latency distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyRow {
    /// Design point.
    pub point: u32,
    /// Replication.
    pub replication: u32,
    /// Percentile, 0 to 100.
    pub percentile: f64,
    /// Latency at that percentile.
    pub seconds: f64,
}

/// What one network answered to one sample, nothing lost.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRow {
    /// Number of the distinct network, from 0.
    pub network: u32,
    /// Index of the sample in the dataset.
    pub sample: u32,
    /// Its class.
    pub label: u32,
    /// The network's answer.
    pub answer: u32,
    /// Its payload.
    pub payload_bits: u32,
}
