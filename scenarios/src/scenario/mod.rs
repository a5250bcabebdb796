//! The scenario file: its sections and keys, and the values that they accept.

mod check;
mod cloud;
mod fleet;
mod limits;
mod link;
mod network;
mod workload;

pub use cloud::{Autoscaling, Batching, CloudSection};
pub use fleet::{FleetSection, SpeedLevel, Switching, WhenFull};
pub use link::{Bursts, LinkSection, Retransmit, Sharing, WakeUp};
pub(crate) use network::CodecKey;
pub use network::{
    Alternative, CodecName, LocalSection, NetworkSection, NirFire, NirInitial, NirReset, NirSection,
    NormalisationSection,
};
pub use workload::{Bursty, ClosedLoop, Periodic, WorkloadSection};

use crate::diagnostic::{Mistake, Origin, excerpt};
use crate::located::Located;
use cospike_models::dataset::{Dataset, Subset};
use cospike_sim_core::kernel::MAX_SECONDS;
use cospike_sim_core::network::{Family, OUTPUT};
use cospike_sim_core::stats::PrecisionTarget;
use cospike_sim_core::workload::SampleOrder;
use cospike_studies::plan::{MAX_NAME, Metric, is_study_name};
pub(crate) use limits::{MAX_MBPS, MAX_PACKET_BYTES, MIN_MBPS};
use limits::{MAX_REPLICATIONS, MAX_SAMPLES, MAX_SEED, MIN_S, MIN_SHARE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One scenario: a scenario file with at most one value per key. A file with a `[sweep]` contains several, see
/// [`crate::sweep`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name, seed and number of replications.
    pub study: StudySection,
    /// The network, and where it is cut.
    pub network: Located<NetworkSection>,
    /// The samples that devices ask for.
    pub samples: SamplesSection,
    /// The edge devices.
    pub fleet: FleetSection,
    /// The requests of the devices: when they arrive, and how many there are.
    pub workload: Located<WorkloadSection>,
    /// The link between the devices and the cloud.
    pub link: LinkSection,
    /// The servers that execute the tails.
    pub cloud: CloudSection,
}

/// The only section that cannot be swept.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudySection {
    /// Name of the study; its results are stored under it.
    pub name: Located<String>,
    /// Question that the study is to answer; it stands on top of the report. Without it, the first comment of the file up to its last
    /// question mark is.
    pub question: Option<Located<String>>,
    /// Seed of all random streams.
    #[schemars(range(min = 0, max = MAX_SEED))]
    pub seed: u64,
    /// Number of replications of each design point, each with random streams of its own.
    #[schemars(range(min = 1, max = MAX_REPLICATIONS))]
    pub replications: Located<u32>,
    /// Design points get further replications until their means are known this precisely.
    pub precision: Option<Located<Precision>>,
    /// Place of the store in which finished inferences and replications are kept and looked for: a folder, relative to the
    /// scenario's file, or an address such as `s3://bucket/folder`. The command line may name another one.
    pub store: Option<Located<String>>,
    /// Age from which on a request starves if others are answered meanwhile; then the design point fails.
    #[schemars(range(min = MIN_S, max = MAX_SECONDS))]
    pub starvation_s: Option<Located<f64>>,
}

/// A design point gets further replications until half its 95 % interval is small enough.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Half the interval, relative to the mean. With a wider one, intervals cover the true mean too rarely (Law, Simulation
    /// Modeling and Analysis).
    #[schemars(range(min = MIN_SHARE, max = PrecisionTarget::MAX_RELATIVE_ERROR))]
    pub relative: Located<f64>,
    /// Metric whose interval must narrow.
    pub of: Metric,
    /// Maximum number of replications of a design point.
    #[schemars(range(min = 1, max = MAX_REPLICATIONS))]
    pub max_replications: Located<u32>,
}

/// The samples that devices ask for.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SamplesSection {
    /// Data set: `fashion-mnist`, or the path of a folder that holds one, with a `/` in it.
    pub dataset: Located<DatasetName>,
    /// Number of samples, from the start of the test set.
    #[schemars(range(min = 1, max = MAX_SAMPLES))]
    pub count: Located<u32>,
    /// Order in which devices ask for samples: from one shuffled deck of the fleet, from a deck of each device, or uniformly
    /// at random.
    #[serde(default)]
    pub order: Located<SampleOrder>,
}

/// Data set that the test samples are taken from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum DatasetName {
    /// The 10,000 test images of Fashion-MNIST, which ship with CoSpike.
    FashionMnist,
    /// The test subset of the data set in this folder, see [`Dataset::from_folder`]; relative to the scenario's file.
    Folder(String),
}

/// Name of the data set that ships with CoSpike.
const FASHION_MNIST: &str = "fashion-mnist";

impl TryFrom<String> for DatasetName {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            FASHION_MNIST => Ok(Self::FashionMnist),
            path if path.contains(std::path::is_separator) => Ok(Self::Folder(word)),
            _ => {
                let help = "or the path of a folder that holds one, with a `/` in it, such as `./images`";
                Err(format!("no dataset is called `{}`: give `{FASHION_MNIST}`, {help}", excerpt(&word)))
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
    /// Reads the test samples of a scenario whose paths begin at `origin`.
    pub(crate) fn load(&self, origin: &Origin) -> Result<Dataset, Mistake> {
        let loaded = match (&*self.dataset, origin) {
            (DatasetName::FashionMnist, _) => Dataset::fashion_mnist_test(),
            (DatasetName::Folder(path), Origin::Folder(folder)) => {
                Dataset::from_folder(&folder.join(path), Subset::Test)
            }
            (DatasetName::Folder(_), Origin::Shipped) => {
                let message = "a scenario that ships with CoSpike can only use the dataset that does";
                return Err(Mistake::in_value(&self.dataset, message));
            }
        };
        loaded.map_err(|error| Mistake::in_value(&self.dataset, error.to_string()))
    }
}

impl Scenario {
    /// Checks every value by itself and against the other values of the scenario.
    ///
    /// # Errors
    /// The first value that is impossible.
    pub(crate) fn check(&self) -> Result<(), Mistake> {
        self.study.check()?;
        let family = NetworkSection::check(&self.network)?;
        self.fleet.check()?;
        WorkloadSection::check(&self.workload)?;
        self.link.check()?;
        self.cloud.check()?;
        self.check_exits(family)?;
        self.check_symbols()?;
        self.check_measured()?;
        self.check_switching()
    }

    /// Paths of the traces that the scenario refers to.
    pub(crate) fn traces(&self) -> impl Iterator<Item = &Located<String>> {
        [&self.link.rate_trace, &self.link.mahimahi_trace, &self.workload.trace].into_iter().flatten()
    }

    /// Refuses measured heads where a device does something else than to execute one head at one speed.
    fn check_measured(&self) -> Result<(), Mistake> {
        let Some(measured) = &self.fleet.measured else { return Ok(()) };
        let network = &self.network;
        if let Some((key, span)) = self.fleet.computing_override() {
            let message = format!("`{key}` says what computing takes, but heads were measured as a whole");
            return Err(Mistake::at_span(span, message).help("leave it out, or `measured`"));
        }
        let more = [
            (network.streams(), "time steps are sent one by one"),
            (!network.alternative.is_empty(), "devices choose among several cuts"),
            (network.local.is_some(), "devices execute a network of their own first"),
            (!self.fleet.speed.is_empty(), "devices change their speed"),
        ];
        match more.into_iter().find(|(is_so, _)| *is_so) {
            None => Ok(()),
            Some((_, what)) => Err(Mistake::in_value(measured, format!("heads were measured as a whole, but {what}"))
                .help("leave one of the two out")),
        }
    }

    /// Refuses limits of entropy where neither the device nor the cloud can answer early, and a local network without one.
    fn check_exits(&self, family: Family) -> Result<(), Mistake> {
        let in_time = family.has_steps() && *self.network.split == OUTPUT;
        if let (Some(entropy), None, false) = (&self.fleet.exit_entropy, &self.network.local, in_time) {
            let message = "nothing on the device could answer early";
            let help = "give a [network.local] to ask first, or cut a spiking network at `output`";
            return Err(Mistake::in_value(entropy, message).help(help));
        }
        if let (Some(local), None) = (&self.network.local, &self.fleet.exit_entropy) {
            let message = "there is a local network, but no `exit_entropy` in [fleet], up to which its answer is final";
            return Err(Mistake::in_value(local, message));
        }
        match (&self.cloud.exit_entropy, &self.cloud.exit_at) {
            (Some(entropy), _) if !self.network.streams() => {
                let message = "an answer can stand early only if time steps reach the cloud one by one";
                Err(Mistake::in_value(entropy, message).help("give `stream = true` in [network]"))
            }
            (None, Some(place)) => {
                let message = "there is no `exit_entropy` in [cloud], so nothing is decided early";
                Err(Mistake::in_value(place, message).help("give `exit_entropy`, or leave this out"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses analogue symbols on a link of which the noise is not known, and what can only be done to bits.
    fn check_symbols(&self) -> Result<(), Mistake> {
        let Some(codec) = self.network.codec.as_ref().filter(|codec| codec.get() == CodecName::Symbols) else {
            return Ok(());
        };
        if self.link.peak_snr_db.is_none() {
            let message = "the noise on analogue symbols is not known";
            return Err(Mistake::in_value(codec, message).help("give `peak_snr_db` in [link]"));
        }
        let bits = [("bit_error", &self.link.bit_error), ("bit_erasure", &self.link.bit_erasure)];
        if let Some((key, value)) = bits.into_iter().find_map(|(key, value)| Some((key, value.as_ref()?)))
            && value.get() > 0.0
        {
            let message =
                format!("there are no bits to which `{key}` could happen: the network sends analogue symbols");
            return Err(Mistake::in_value(value, message).help(format!("leave `{key}` out, or give `codec = \"raw\"`")));
        }
        match &self.link.repeat {
            Some(copies) if copies.get() > 1 => {
                let message = "copies of analogue symbols cannot be voted on, and the simulator does not average them";
                Err(Mistake::in_value(copies, message).help("leave `repeat` out, or give `codec = \"raw\"`"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses alternative cuts without a way to choose among them, and the other way round.
    fn check_switching(&self) -> Result<(), Mistake> {
        match (self.network.alternative.first(), &self.fleet.switching) {
            (Some(alternative), None) => {
                let message =
                    "an alternative is chosen by the estimated rate, but the scenario does not say how it is estimated";
                Err(Mistake::in_value(alternative, message).help("give [fleet.switching]"))
            }
            (None, Some(switching)) => {
                Err(Mistake::in_value(switching, "there is no [[network.alternative]] to switch to"))
            }
            _ => Ok(()),
        }
    }
}

impl StudySection {
    fn check(&self) -> Result<(), Mistake> {
        if !is_study_name(&self.name) {
            let message = format!(
                "`{}` is not a possible name of a study, because its results are stored under it",
                excerpt(&self.name)
            );
            let help = format!("use 1 to {MAX_NAME} letters, digits, - and _");
            return Err(Mistake::in_value(&self.name, message).help(help));
        }
        self.question.as_ref().map_or(Ok(()), check_question)?;
        self.precision.as_ref().map_or(Ok(()), |precision| self.check_precision(precision))
    }

    fn check_precision(&self, precision: &Precision) -> Result<(), Mistake> {
        let (most, first) = (precision.max_replications.get(), self.replications.get());
        let least = PrecisionTarget::MIN_REPLICATIONS;
        if first < least {
            let message = format!(
                "`replications` is {first}, but a precision target needs at least {least} of them to begin with"
            );
            return Err(Mistake::in_value(&self.replications, message));
        }
        if most < first {
            let message = format!("`max_replications` is {most}, but `replications` asks for {first} to begin with");
            return Err(Mistake::in_value(&precision.max_replications, message));
        }
        Ok(())
    }
}

/// Most characters of a question, which stands above everything else in a report.
const MAX_QUESTION: usize = 500;

fn check_question(question: &Located<String>) -> Result<(), Mistake> {
    match question.trim().chars().count() {
        0 => Err(Mistake::in_value(question, "the question is empty").help("ask one, or leave the key out")),
        1..=MAX_QUESTION => Ok(()),
        found => {
            let message = format!("the question has {found} characters, which is more than {MAX_QUESTION}");
            Err(Mistake::in_value(question, message).help("ask in a sentence or two; comments may say more"))
        }
    }
}
