//! The scenario file: its sections and keys, and the values that they can take.

mod check;
mod cloud;
mod fleet;
mod link;
mod network;
mod workload;

pub use cloud::{Autoscaling, Batching, CloudSection, Order};
pub use fleet::{FleetSection, SpeedLevel, Switching, WhenFull};
pub use link::{Bursts, LinkSection, Missing, Packetise, Retransmit, Sharing, WakeUp};
pub use network::{Alternative, CodecName, LocalSection, NetworkSection};
pub use workload::{Bursty, ClosedLoop, Periodic, WorkloadSection};

use crate::diagnostic::{Diagnostic, Source};
use check::Check;
use cospike_models::dataset::{Dataset, Subset};
use cospike_sim_core::network::{Family, OUTPUT};
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
    /// More replications are run until the means are known this well.
    pub precision: Option<Spanned<Precision>>,
    /// A request that waits longer than this while others are answered starves, and the study fails.
    pub starvation_s: Option<Spanned<f64>>,
}

/// `[study.precision]`: a design point gets more replications until half its 95 % interval is small enough.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Half the interval, relative to the mean.
    pub relative: Spanned<f64>,
    /// Of what.
    pub of: Measure,
    /// No design point gets more.
    pub max_replications: Spanned<u32>,
}

/// What is to be known precisely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Mean latency.
    Latency,
    /// Energy of the devices per completed request.
    Energy,
}

/// `[samples]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SamplesSection {
    /// Name of the dataset, or the path of a folder that holds one, with a `/` in it.
    pub dataset: Spanned<DatasetName>,
    /// The first so many of its test samples.
    pub count: Spanned<u32>,
    /// In which order devices ask for them.
    #[serde(default)]
    pub order: SampleOrder,
}

/// In which order devices ask for samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SampleOrder {
    /// Every sample once, whichever device asks, before any repeats.
    #[default]
    FleetDeck,
    /// Every device asks for every sample once before any repeats.
    DeviceDeck,
    /// Any sample each time.
    Uniform,
}

/// Where the test images are from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum DatasetName {
    /// The 10,000 test images of Fashion-MNIST, which ship with CoSpike.
    FashionMnist,
    /// The test half of the dataset in this folder, see [`Dataset::from_folder`]; relative to the scenario's file.
    Folder(String),
}

/// As it is written in a scenario.
const FASHION_MNIST: &str = "fashion-mnist";

impl TryFrom<String> for DatasetName {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            FASHION_MNIST => Ok(Self::FashionMnist),
            path if path.contains(std::path::is_separator) => Ok(Self::Folder(word)),
            _ => {
                let help = "or the path of a folder that holds one, with a `/` in it, such as `./images`";
                Err(format!("no dataset is called `{word}`: give `{FASHION_MNIST}`, {help}"))
            }
        }
    }
}

impl From<DatasetName> for String {
    fn from(name: DatasetName) -> Self {
        match name {
            DatasetName::FashionMnist => FASHION_MNIST.into(),
            DatasetName::Folder(path) => path,
        }
    }
}

impl SamplesSection {
    /// Reads the test samples of the scenario in `source`.
    ///
    /// # Errors
    /// A [`Diagnostic`] at the key if there is no such dataset, or its files are wrong.
    pub(crate) fn load(&self, source: &Source) -> Result<Dataset, Diagnostic> {
        let loaded = match (self.dataset.get_ref(), &source.folder) {
            (DatasetName::FashionMnist, _) => Dataset::fashion_mnist_test(),
            (DatasetName::Folder(path), Some(folder)) => Dataset::from_folder(&folder.join(path), Subset::Test),
            (DatasetName::Folder(_), None) => {
                let message = "a scenario that ships with CoSpike can only use the dataset that does";
                return Err(source.error_at(&self.dataset, message));
            }
        };
        loaded.map_err(|error| source.error_at(&self.dataset, error.to_string()))
    }
}

impl Scenario {
    /// Checks every value on its own and against the others of this file.
    pub(crate) fn check(&self, source: &Source) -> Result<(), Diagnostic> {
        let check = Check { source };
        check.name(&self.study.name)?;
        check.count("replications", &self.study.replications)?;
        check.positive("starvation_s", self.study.starvation_s.as_ref())?;
        self.study.precision.as_ref().map_or(Ok(()), |precision| self.check_precision(&check, precision.get_ref()))?;
        self.network.check(&check)?;
        check.count("count", &self.samples.count)?;
        self.fleet.check(&check)?;
        self.workload.check(&check)?;
        self.link.check(&check)?;
        self.cloud.check(&check)?;
        self.check_exits(&check)?;
        self.check_switching(&check)
    }

    /// Paths of the recordings that it asks for.
    pub(crate) fn traces(&self) -> impl Iterator<Item = &Spanned<String>> {
        [&self.link.rate_trace, &self.link.mahimahi_trace, &self.workload.trace].into_iter().flatten()
    }

    fn check_precision(&self, check: &Check<'_>, precision: &Precision) -> Result<(), Diagnostic> {
        check.positive("relative", &precision.relative)?;
        if *precision.relative.get_ref() > 0.15 {
            let message = format!("`relative` is {}, but must be at most 0.15", precision.relative.get_ref());
            let help = "with more, the stopping rule gives intervals that do not cover (Law, Simulation Modeling and Analysis)";
            return Err(check.source.error_at(&precision.relative, message).help(help));
        }
        let (most, first) = (*precision.max_replications.get_ref(), *self.study.replications.get_ref());
        if first < 10 {
            let message = format!("`replications` is {first}, but the stopping rule needs at least 10 to begin with");
            return Err(check.source.error_at(&self.study.replications, message));
        }
        if most < first {
            let message = format!("`max_replications` is {most}, but `replications` asks for {first} to begin with");
            return Err(check.source.error_at(&precision.max_replications, message));
        }
        Ok(())
    }

    /// Early answers need something that can answer early.
    fn check_exits(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        let spiking = self.network.family(check.source)? == Family::Spiking;
        let in_time = spiking && self.network.split.get_ref() == OUTPUT;
        if let (Some(entropy), None, false) = (&self.fleet.exit_entropy, &self.network.local, in_time) {
            let message = "nothing on the device could answer early";
            let help = "give a [network.local] to ask first, or cut a spiking network at `output`";
            return Err(check.source.error_at(entropy, message).help(help));
        }
        if let (Some(local), None) = (&self.network.local, &self.fleet.exit_entropy) {
            let message = "the local network is asked, but no `exit_entropy` in [fleet] says when its answer stands";
            return Err(check.source.error_at(local, message));
        }
        match &self.cloud.exit_entropy {
            Some(entropy) if !self.network.streams() => {
                let message = "the cloud can answer early only if time steps reach it one by one";
                Err(check.source.error_at(entropy, message).help("give `stream = true` in [network]"))
            }
            _ => Ok(()),
        }
    }

    fn check_switching(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        match (self.network.alternative.first(), &self.fleet.switching) {
            (Some(alternative), None) => {
                let message = "nothing says how a device estimates its rate, by which it would take this alternative";
                Err(check.source.error_at(alternative, message).help("give [fleet.switching]"))
            }
            (None, Some(switching)) => {
                let message = "there is no [[network.alternative]] to switch to";
                Err(check.source.error_at(switching, message))
            }
            _ => Ok(()),
        }
    }
}
