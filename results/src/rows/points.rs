//! Rows about design points.

use super::Table;
use crate::index::{NetworkIndex, PointIndex};
use cospike_sim_core::record;

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
        /// Rule by which class scores are read out of the time steps; missing of a network that is executed once.
        pub readout: Option<String> => ("", "readout"),
        /// Operations on zeros that the devices execute: `inside` (all that land inside the output) or `non-zero` (real values that
        /// are zero are skipped).
        pub convention: String => ("", "convention"),
        /// Samples on which offline accuracy was measured.
        pub samples: u32 => ("samples", "samples"),
        /// Samples answered correctly with nothing lost on the way; missing where the network cannot be executed.
        pub correct: Option<u32> => ("samples", "correct"),
        /// Mean payload of a sample; missing where the network cannot be executed.
        pub payload_bits: Option<f64> => ("bit", "payload"),
        /// Size of the float32 feature tensor at the split; of samples of T frames, which make another one in each time step, of all T.
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
        /// Number of split designs among which a device chooses at run time; split, payload and what inference says are those of the first.
        pub designs: u32 => ("designs", "designs"),
        /// Whether energy and power of the devices depend on how long requests wait, such as by radios that stay connected meanwhile. Where they
        /// do not, a run that is too short for a loaded queue has them right.
        pub device_energy_waits: bool => ("", "energy depends on waiting"),
        /// Whether energy and power of the cloud do, such as by autoscaling or batches.
        pub cloud_energy_waits: bool => ("", "energy of the cloud depends on waiting"),
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
