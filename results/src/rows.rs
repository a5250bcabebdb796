//! Rows of the result tables. Every row type is one table, and its fields are the columns, each declared once with its
//! unit, its label and its meaning.
//!
//! Rows are sorted by their leading key columns, so that equal studies give equal bytes. Nothing in a result depends on
//! wall-clock time or the number of threads.

use crate::index::{NetworkIndex, PointIndex};
use crate::manifest::Manifest;
use cospike_sim_core::cosim::{Phases, RequestCounters, TimeSlice, TrafficCounters, Trajectory};
use cospike_sim_core::energy::Energy;
use cospike_sim_core::inference::MeanCounts;
use cospike_sim_core::record;
use cospike_sim_core::record::{Field, Record, Value};
use std::sync::Arc;

/// What a study found: of all its design points, or of a part of them that follow one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// What was run.
    pub manifest: Manifest,
    /// Number of design points of the study, of which `points` may be a part.
    pub all_points: usize,
    /// The table `points`.
    pub points: Vec<PointRow>,
    /// The table `layers`.
    pub layers: Vec<LayerRow>,
    /// The table `compute_energy`.
    pub compute_energy: Vec<ComputeEnergyRow>,
    /// The table `replications`.
    pub replications: Vec<ReplicationRow>,
    /// The table `latencies`.
    pub latencies: Vec<LatencyRow>,
    /// The table `time_line`.
    pub time_line: Vec<TimeLineRow>,
    /// The table `answers`.
    pub answers: Vec<AnswerRow>,
    /// The table `probes`.
    pub probes: Vec<ProbeRow>,
}

impl Results {
    /// The results of a study of which nothing is known yet.
    pub fn new(manifest: Manifest, all_points: usize) -> Self {
        Self {
            manifest,
            all_points,
            points: vec![],
            layers: vec![],
            compute_energy: vec![],
            replications: vec![],
            latencies: vec![],
            time_line: vec![],
            answers: vec![],
            probes: vec![],
        }
    }

    /// Adds the results of the design points that follow.
    pub fn append(&mut self, next: Self) {
        self.points.extend(next.points);
        self.layers.extend(next.layers);
        self.compute_energy.extend(next.compute_energy);
        self.replications.extend(next.replications);
        self.latencies.extend(next.latencies);
        self.time_line.extend(next.time_line);
        self.answers.extend(next.answers);
        self.probes.extend(next.probes);
    }

    /// Keeps the first `points` design points of the study, as far as they are here.
    pub fn truncate(&mut self, points: usize) {
        fn cut<T: Table>(rows: &mut Vec<T>, points: usize) {
            rows.retain(|row| row.is_of_first(points));
        }
        cut(&mut self.points, points);
        cut(&mut self.layers, points);
        cut(&mut self.compute_energy, points);
        cut(&mut self.replications, points);
        cut(&mut self.latencies, points);
        cut(&mut self.time_line, points);
    }
}

/// A type of row with its table.
pub trait Table: Record {
    /// Name of the table, and of its file without the ending.
    const NAME: &'static str;
    /// What a row stands for and what its columns share, as a complete sentence or more.
    const ABOUT: &'static str;

    /// The design point by whose number the table is sorted; `None` in a table that is sorted by something else.
    fn point(&self) -> Option<PointIndex> {
        None
    }

    /// Whether the row says something of the first `points` design points of a study, or of all of them.
    fn is_of_first(&self, points: usize) -> bool {
        self.point().is_none_or(|point| point.position() < points)
    }

    /// The first column of this row that holds NaN or infinity, with its value. A study writes no such row.
    fn first_not_finite(&self) -> Option<(Field, f64)> {
        let mut values = self.values().into_iter().enumerate();
        let (column, value) = values.find_map(|(column, value)| match value {
            Value::Real(value) if !value.is_finite() => Some((column, value)),
            _ => None,
        })?;
        Some((Self::fields().swap_remove(column), value))
    }
}

impl Table for PointRow {
    const NAME: &'static str = "points";
    const ABOUT: &'static str = "One row per design point: its parameters, what inference alone says of it, and the reason if \
        it failed.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `points`: a design point with its parameters and what inference alone says of it.
    #[derive(Clone, Debug, PartialEq)]
    pub struct PointRow {
        /// Number of the design point, from 0.
        pub point: PointIndex => ("", "design point"),
        /// Short name of the design point, unique in the study, such as `spiking stage3 w4`.
        pub label: String => ("", "label"),
        /// Values of the swept keys: a JSON object by dotted path.
        pub parameters: String => ("", "parameters"),
        /// Number of the distinct network that the design point runs, as in the table `answers`.
        pub network: NetworkIndex => ("", "network"),
        /// What is simulated.
        pub setup: Setup,
        /// Name of the backbone, such as `resnet14`.
        pub backbone: String => ("", "backbone"),
        /// Family of the network: `spiking`, `float` or `quantised`.
        pub family: String => ("", "family"),
        /// Kind of the bottleneck unit, `spiking`, `float`, `binary`, `jscc` or `quantised`; the family where there is none.
        pub kind: String => ("", "kind"),
        /// Name of the split point, from `input` (all in the cloud) to `output` (all on the edge).
        pub split: String => ("", "split"),
        /// Width of the bottleneck unit; missing where the features cross as they are.
        pub width: Option<u32> => ("channels", "width"),
        /// Way in which the bottleneck unit was trained, such as `plain`; missing where there is none.
        pub variant: Option<String> => ("", "variant"),
        /// Coding of the payload: `spikes`, `jpeg 90`, `8-bit`, `float32`, ...
        pub codec: String => ("", "codec"),
        /// Time steps of the network; 1 for float networks.
        pub time_steps: u32 => ("steps", "time steps"),
        /// Operations on zeros that the devices execute: `inside` (all that land inside the output) or `non-zero` (real values that
        /// are zero are skipped).
        pub convention: String => ("", "convention"),
        /// Samples on which offline accuracy was measured.
        pub samples: u32 => ("samples", "samples"),
        /// Samples answered correctly with nothing lost on the way; missing where the network cannot be executed.
        pub correct: Option<u32> => ("samples", "correct"),
        /// Mean payload of a sample; missing where the network cannot be executed.
        pub payload_bits: Option<f64> => ("bit", "payload"),
        /// Size of the float32 feature tensor at the split.
        pub float32_bits: u64 => ("bit", "float32 tensor"),
        /// Size of the T-step binary feature tensor at the split; one bit per value for float networks, which have no T.
        pub binary_bits: u64 => ("bit", "binary tensor"),
        /// Number of replications that failed, and have no row in the table `replications`.
        pub failed_replications: u32 => ("replications", "failed replications"),
        /// Reason why the design point failed: that of its first replication that could not be simulated, or why no replication
        /// has an answer after its warm-up; missing where it did not fail.
        pub failure: Option<String> => ("", "failure"),
    }
}

record! {
    /// What a design point simulates, whether the study varies it or not: the settings that matter most.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Setup {
        /// Number of devices.
        pub devices: u32 => ("devices", "devices"),
        /// Mean number of requests per second of a device; missing where it waits for answers, and for recorded arrivals.
        pub requests_per_second: Option<f64> => ("1/s", "request rate"),
        /// Profile of the devices.
        pub device: String => ("", "device"),
        /// Profile of the link.
        pub link: String => ("", "link"),
        /// Profile of the servers.
        pub cloud: String => ("", "cloud"),
        /// Number of servers; with autoscaling, at the start.
        pub servers: u32 => ("servers", "servers at the start"),
        /// Price list of the operations on a device; missing where the device draws what was measured of it as a whole.
        pub prices: Option<String> => ("", "price list"),
        /// Price list of the operations in the cloud; missing where they cost nothing.
        pub cloud_prices: Option<String> => ("", "price list of the cloud"),
    }
}

impl Table for LayerRow {
    const NAME: &'static str = "layers";
    const ABOUT: &'static str = "One row per design point and layer: what the layer counts, as means per sample, three times. Columns \
        without an ending count every pair of a value and a weight that lands inside the output; those that end in \
        `_with_borders` also the padding of layers on real values and what spikes send outside the output; those that end in \
        `_nonzero` leave out real values that are zero, as a machine does that skips them by a map.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `layers`: mean counts of one layer per sample.
    #[derive(Clone, Debug, PartialEq)]
    pub struct LayerRow {
        /// Number of the design point.
        pub point: PointIndex => ("", "design point"),
        /// The layer and what it counts, the same at all design points of a network.
        pub means: Arc<LayerMeans>,
    }
}

record! {
    /// Mean counts of one layer of a network per sample.
    #[derive(Clone, Debug, PartialEq)]
    pub struct LayerMeans {
        /// Index of the layer in the network, from 0.
        pub layer: u32 => ("", "layer"),
        /// Name of the layer; `codec` for coding the output of the head for the link, where that takes operations (JPEG, 8-bit values).
        pub name: String => ("", "name"),
        /// Half of the cut network to which the layer belongs: `head` or `tail`.
        pub half: String => ("", "half"),
        /// Spikes that enter the layer.
        pub input_events: f64 => ("events", "input events"),
        /// Spikes that leave the layer.
        pub output_events: f64 => ("events", "output events"),
        /// Real values that enter the layer and are not zero, each once per time that the layer is computed.
        pub nonzero_inputs: f64 => ("values", "non-zero inputs"),
        /// Pairs of a value and a weight that land inside the output, whatever the value.
        pub counts: MeanCounts,
        /// As these, and the padding of layers on real values and what spikes send outside the output.
        pub with_borders: MeanCounts => ["", "_with_borders"],
        /// As the first, without real values that are zero.
        pub nonzero: MeanCounts => ["", "_nonzero"],
    }
}

impl Table for ComputeEnergyRow {
    const NAME: &'static str = "compute_energy";
    const ABOUT: &'static str = "One row per design point, price list, convention, event that happened and its price: mean energy of \
        the head's compute per sample. Each list is there twice, for a machine that computes with zeros and for one that skips \
        them. There are no rows where the list leaves an event of the head without a price, where the network cannot be \
        executed, and where the energy is too large for a number.";

    fn point(&self) -> Option<PointIndex> {
        Some(self.point)
    }
}

record! {
    /// Row of the table `compute_energy`: mean energy of one event in the head per sample, under one price list.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ComputeEnergyRow {
        /// Number of the design point.
        pub point: PointIndex => ("", "design point"),
        /// The event and its energy, the same at all design points of a network.
        pub energy: Arc<EventEnergy>,
    }
}

record! {
    /// Mean energy of one event in the head of a network per sample, under one price list.
    #[derive(Clone, Debug, PartialEq)]
    pub struct EventEnergy {
        /// Name of the price list.
        pub prices: String => ("", "price list"),
        /// Which operations on zeros are executed: `inside` (all that land inside the output) or `non-zero` (real values that are
        /// zero are skipped).
        pub convention: String => ("", "convention"),
        /// Event that is priced, as the form of the price list names it, such as `accumulate` or `weight bytes read`; `codec` for
        /// all events of coding the output for the link.
        pub event: String => ("", "event"),
        /// Key of its price. Of a list of form `memory` it names the memory in which the weights, membranes or activations of the
        /// event lie, such as `sram_32_kib`; a row for each.
        pub price: String => ("", "price"),
        /// Mean energy of all such events of a sample.
        pub joules: f64 => ("J", "compute energy"),
    }
}

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

impl Table for AnswerRow {
    const NAME: &'static str = "answers";
    const ABOUT: &'static str = "One row per distinct network and sample: the answer with nothing lost on the way.";
}

record! {
    /// Row of the table `answers`: the answer of one network to one sample, with nothing lost on the way.
    #[derive(Clone, Debug, PartialEq)]
    pub struct AnswerRow {
        /// Number of the distinct network, from 0.
        pub network: NetworkIndex => ("", "network"),
        /// Index of the sample in the data set, from 0.
        pub sample: u32 => ("", "sample"),
        /// Class to which the sample belongs.
        pub label: u32 => ("", "label"),
        /// Class that the network answers.
        pub answer: u32 => ("", "answer"),
        /// Entropy of the scores, from 0 (certain) to 1, by the logarithm to the number of classes.
        pub entropy: f64 => ("", "entropy of the scores"),
        /// Payload of the sample.
        pub payload_bits: u32 => ("bit", "payload"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use cospike_sim_core::record::Kind;
    use std::collections::BTreeSet;

    /// A record without labels or with the same name twice could not be told apart in a report or a file.
    fn check<T: Table>() {
        let fields = T::fields();
        let names: BTreeSet<&str> = fields.iter().map(|field| &*field.name).collect();
        assert_eq!(names.len(), fields.len(), "{} has a column twice", T::NAME);
        for field in &fields {
            assert!(!field.label.is_empty() && field.meaning().ends_with('.'), "{}.{}", T::NAME, field.name);
        }
    }

    #[test]
    fn every_column_has_a_name_of_its_own_a_label_and_a_meaning() {
        check::<PointRow>();
        check::<LayerRow>();
        check::<ComputeEnergyRow>();
        check::<ReplicationRow>();
        check::<LatencyRow>();
        check::<TimeLineRow>();
        check::<AnswerRow>();
    }

    #[test]
    fn invariant_5_the_energy_parts_are_all_energies_of_the_edge_but_the_total() {
        let columns: Vec<_> = (0u32..)
            .zip(ReplicationRow::fields())
            .map(|(index, field)| match field.kind {
                Kind::Real => Value::Real(index.into()),
                Kind::Text | Kind::Truth => Value::Missing,
                _ => Value::Whole(0),
            })
            .collect();
        let row = ReplicationRow::from_values(&mut columns.into_iter()).unwrap();
        let energy = row.energy.unwrap();
        let first = energy.compute.ac;
        let joules: Vec<f64> = (0..13).map(|part| first + f64::from(part)).collect();
        assert_eq!(row.joules_by_part(), joules);
        assert_eq!(energy.total, first + 13.0);
        assert_eq!(ReplicationRow::energy_parts().len(), joules.len());
        assert!(ReplicationRow { energy: None, ..row }.joules_by_part().is_empty());
    }
}

impl Table for ProbeRow {
    const NAME: &'static str = "probes";
    const ABOUT: &'static str = "One row per candidate that a search probed and limit of its condition, search by search, in \
        ascending order of the values: how the search came to its answer. Empty without `[find]`.";
}

record! {
    /// Row of the table `probes`: a candidate of a search, and what was found of it at one limit of the condition.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ProbeRow {
        /// What the search is for: label of the design points of the search without the value.
        pub search: String => ("", "search"),
        /// Number of the design point that the candidate is.
        pub point: PointIndex => ("", "design point"),
        /// Step of the search in which it was probed, from 0.
        pub step: u32 => ("", "step"),
        /// Value of the key that is searched.
        pub value: f64 => ("", "value"),
        /// Whether the whole condition holds: `holds`, `violated`, `undecided` if an interval contains its limit after the maximum number
        /// of replications, or `failed` if a replication did.
        pub verdict: String => ("", "verdict"),
        /// Metric that is limited.
        pub metric: String => ("", "metric"),
        /// Side of the limit on which it must lie: `at most` or `at least`.
        pub side: String => ("", "side"),
        /// Limit, in the unit of the metric.
        pub limit: f64 => ("", "limit"),
        /// Mean of the metric over the replications; missing where one of them has no value.
        pub estimate: Option<f64> => ("", "mean"),
        /// Lower end of the interval by which was decided.
        pub low: Option<f64> => ("", "lower end"),
        /// Upper end of the interval by which was decided.
        pub high: Option<f64> => ("", "upper end"),
        /// Whether this limit is kept: `holds`, `violated` (also where `estimate` is missing) or `undecided`.
        pub limit_verdict: String => ("", "verdict on the limit"),
    }
}
