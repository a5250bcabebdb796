//! The scenario file: its sections and keys, and the values that they can take.

use crate::dataset::Dataset;
use crate::diagnostic::{Diagnostic, Source};
use cospike_sim_core::kernel::{ImpossibleValue, not_negative, positive, probability};
use cospike_sim_core::network::{INPUT, OUTPUT};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// One scenario: a scenario file with at most one value per key. A file with a `[sweep]` holds many, see
/// [`crate::sweep`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What is run and how often.
    pub study: StudySection,
    /// The split network.
    pub network: NetworkSection,
    /// The samples.
    pub samples: SamplesSection,
    /// The edge devices.
    pub fleet: FleetSection,
    /// The requests.
    pub workload: WorkloadSection,
    /// The link.
    pub link: LinkSection,
    /// The cloud.
    pub cloud: CloudSection,
    /// Always empty, because [`crate::sweep`] takes it out; here so that it counts as a known section.
    #[serde(default, skip_serializing)]
    sweep: IgnoredAny,
}

/// `[study]`, the only section that cannot be swept.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StudySection {
    /// Name of the study.
    pub name: Spanned<String>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications of each design point, each with random streams of its own.
    pub replications: Spanned<u32>,
}

/// `[network]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSection {
    /// A backbone of the zoo.
    pub backbone: Spanned<String>,
    /// What its nonlinearities are.
    pub family: Spanned<Family>,
    /// Where it is cut: `input` (all in the cloud), a stage, or `output` (all on the edge).
    pub split: Spanned<String>,
    /// Channels that the bottleneck's encoder emits; without it the features cross as they are.
    pub width: Option<Spanned<u32>>,
    /// Time steps of a spiking network, if not as many as it was trained with.
    pub time_steps: Option<Spanned<u32>>,
}

/// What the nonlinearities of a network are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Spiking neurons, run for T steps; with a bottleneck unit, SpikeBottleNet.
    Spiking,
    /// Float activations, run once; with a bottleneck unit, BottleNet.
    Float,
}

/// `[samples]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SamplesSection {
    /// Name of the dataset.
    pub dataset: Spanned<DatasetName>,
    /// The first so many of its test samples.
    pub count: Spanned<u32>,
}

/// The datasets that ship with CoSpike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetName {
    /// The 10,000 test images of Fashion-MNIST.
    FashionMnist,
}

/// `[fleet]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FleetSection {
    /// Number of devices, all alike.
    pub devices: Spanned<u32>,
    /// Their profile.
    pub profile: Spanned<String>,
    /// What their operations cost.
    pub prices: Spanned<String>,
    /// Requests that may wait at a device; one more is dropped. Unbounded if left out.
    pub queue_capacity: Option<u32>,
}

/// `[workload]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadSection {
    /// Requests per second and device, a Poisson process.
    pub rate_hz: Spanned<f64>,
    /// Requests of all devices together; then the run drains.
    pub requests: Spanned<u64>,
    /// The first so many are left out of the latency statistics.
    pub warmup: Spanned<u64>,
    /// The run stops here even if requests are under way.
    pub horizon_s: Option<Spanned<f64>>,
}

/// `[link]`; values given here replace those of the profile.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSection {
    /// Its profile.
    pub profile: Spanned<String>,
    /// Who shares the uplink.
    pub sharing: Sharing,
    /// What may share a packet; `message` if left out.
    pub packetise: Option<Packetise>,
    /// Probability that a packet sent up is lost.
    pub packet_loss: Option<Spanned<f64>>,
    /// Largest packet, headers included.
    pub mtu_bytes: Option<Spanned<u32>>,
    /// Rate up.
    pub uplink_mbps: Option<Spanned<f64>>,
    /// One-way delay besides sending.
    pub propagation_ms: Option<Spanned<f64>>,
}

/// Who shares the uplink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Every device has an uplink of its own.
    Dedicated,
    /// All devices share one uplink.
    Cell,
}

/// What may share a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packetise {
    /// The payload is one message, cut wherever a packet is full.
    Message,
    /// Every time step starts a new packet.
    Step,
}

/// `[cloud]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CloudSection {
    /// Profile of a server.
    pub profile: Spanned<String>,
    /// Number of servers.
    pub servers: Spanned<u32>,
}

impl Family {
    /// As it is written in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Float => "float",
        }
    }
}

impl DatasetName {
    /// Reads the test samples.
    ///
    /// # Errors
    /// Only if the embedded files were damaged.
    pub fn load(self) -> Result<Dataset, crate::dataset::DatasetError> {
        match self {
            Self::FashionMnist => Dataset::fashion_mnist_test(),
        }
    }
}

impl Scenario {
    /// Checks every value on its own and against the others of this file.
    pub(crate) fn check(&self, source: &Source) -> Result<(), Diagnostic> {
        let check = Check { source };
        check.name(&self.study.name)?;
        check.count("replications", &self.study.replications)?;
        check.network(&self.network)?;
        check.count("count", &self.samples.count)?;
        check.count("devices", &self.fleet.devices)?;
        check.workload(&self.workload)?;
        check.number(probability, "packet_loss", self.link.packet_loss.as_ref())?;
        check.number(positive, "uplink_mbps", self.link.uplink_mbps.as_ref())?;
        check.number(not_negative, "propagation_ms", self.link.propagation_ms.as_ref())?;
        check.count("servers", &self.cloud.servers)
    }
}

struct Check<'a> {
    source: &'a Source,
}

impl Check<'_> {
    /// The name becomes a folder.
    fn name(&self, name: &Spanned<String>) -> Result<(), Diagnostic> {
        let word = name.get_ref();
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !word.is_empty() && word.chars().all(good) {
            return Ok(());
        }
        let message = format!("`{word}` cannot name a study, because the results are stored under it");
        Err(self.source.error_at(name, message).help("use letters, digits, - and _"))
    }

    fn count<T: Copy + Into<u64>>(&self, key: &'static str, value: &Spanned<T>) -> Result<(), Diagnostic> {
        match (*value.get_ref()).into() {
            0 => Err(self.source.error_at(value, format!("`{key}` is 0, but must be at least 1"))),
            _ => Ok(()),
        }
    }

    fn number(
        &self,
        check: fn(&'static str, f64) -> Result<(), ImpossibleValue>,
        key: &'static str,
        value: Option<&Spanned<f64>>,
    ) -> Result<(), Diagnostic> {
        value.map_or(Ok(()), |v| check(key, *v.get_ref()).map_err(|e| self.source.error_at(v, e.to_string())))
    }

    fn network(&self, network: &NetworkSection) -> Result<(), Diagnostic> {
        let split = network.split.get_ref().as_str();
        if let Some(width) = &network.width {
            self.count("width", width)?;
            if split == INPUT || split == OUTPUT {
                let message = format!("no bottleneck unit can stand at `{split}`, so `width` means nothing there");
                return Err(self.source.error_at(width, message).help("leave `width` out for these split points"));
            }
        }
        if let Some(steps) = &network.time_steps {
            self.count("time_steps", steps)?;
            if *network.family.get_ref() == Family::Float {
                let message = "a float network runs once and has no time steps";
                return Err(self
                    .source
                    .error_at(steps, message)
                    .help("leave `time_steps` out for `family = \"float\"`"));
            }
        }
        Ok(())
    }

    fn workload(&self, workload: &WorkloadSection) -> Result<(), Diagnostic> {
        self.number(positive, "rate_hz", Some(&workload.rate_hz))?;
        self.count("requests", &workload.requests)?;
        self.number(positive, "horizon_s", workload.horizon_s.as_ref())?;
        let (warmup, requests) = (*workload.warmup.get_ref(), *workload.requests.get_ref());
        if warmup < requests {
            return Ok(());
        }
        let message = format!("a warm-up of {warmup} of {requests} requests leaves none to measure");
        Err(self.source.error_at(&workload.warmup, message).help(format!("give 0 to {}", requests - 1)))
    }
}
