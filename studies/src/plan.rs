//! The plan of a study: design points, the networks that they run, prices and seeds, as plain serialisable data.
//!
//! A plan names networks and data sets for people and identifies them by content: [`PlannedNetwork::weights`] and
//! [`SampleSet::blake3`] are hashes. It holds no path, no position in a text and no reference to a scenario file; whoever
//! has the same weights and samples can execute it.

use crate::condition::{Decision, DecisionError};
use crate::shared::{Shared, SharedSystem};
use cospike_models::zoo::{CodecChoice, NetworkChoice};
use cospike_results::goal::GoalUsed;
use cospike_results::index::{NetworkIndex, PriceIndex};
use cospike_results::manifest::{Axis, FileUsed, ProfileUsed, SearchUsed};
use cospike_sim_core::cosim::MAX_DESIGNS;
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::kernel::ImpossibleValue;
use cospike_sim_core::payload::{Missing, Packetise};
use cospike_sim_core::stats::{PrecisionTarget, Sequential};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// Version of the JSON form of [`Plan`]. It grows with every change after which an older program would read a plan wrongly.
pub const PLAN_SCHEMA: u32 = 2;

/// A study: what to execute, completely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this form, [`PLAN_SCHEMA`].
    pub schema: u32,
    /// Name of the study: letters, digits, `-` and `_`, because results are stored under it.
    pub name: String,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications of each design point, at least 1; with a precision target, those before the first decision.
    pub replications: u32,
    /// Precision target for which design points get further replications.
    pub precision: Option<Precision>,
    /// Condition that the replications of each design point have to decide, in the place of a precision target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Price lists, by which every network's inference is priced. Points refer to them by index.
    pub prices: Vec<NamedPrices>,
    /// Distinct networks on their samples. Points refer to them by index, and each is executed once.
    pub networks: Vec<PlannedNetwork>,
    /// Design points, in the order of the results; none in the plan of a study whose points are given some at a time, see
    /// [`Study::without_points`](crate::Study::without_points).
    pub points: Vec<DesignPoint>,
    /// Origin of the values above, for the record; it changes no result.
    pub provenance: Provenance,
}

/// A target for the precision of a mean: a design point gets further replications until half its 95 % interval is small
/// enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Half the interval, relative to the mean.
    pub relative: f64,
    /// Metric whose interval must narrow.
    pub metric: Metric,
    /// Maximum number of replications of a design point.
    pub max_replications: u32,
}

/// A metric that a precision target can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Mean latency of the completed requests.
    Latency,
    /// Energy of the devices per answered request.
    Energy,
}

/// A price list with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedPrices {
    /// Name in results and reports.
    pub name: String,
    /// Prices in joules per event.
    pub list: PriceList,
}

/// A network, cut as a design needs it, and the samples that it is executed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedNetwork {
    /// Architecture, cut, bottleneck unit, codec and time steps.
    pub choice: NetworkChoice,
    /// Weight files, that of the backbone first: name for people, and hash of the content.
    pub weights: Vec<FileUsed>,
    /// T of a spiking network; of a float network, T of its spiking twin, if there is one. Price lists may depend on it.
    pub matched_steps: Option<u32>,
    /// Whether each time step is evaluated on its own, because it is sent, or may be answered, before the next.
    pub stepwise: bool,
    /// Samples on which it is executed.
    pub samples: SampleSet,
}

/// The first samples of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleSet {
    /// Name of the data set, for people.
    pub dataset: String,
    /// Hash of all its samples and labels, see [`Dataset::blake3`](cospike_models::dataset::Dataset::blake3).
    pub blake3: String,
    /// Number of samples, from the start of the data set; at least 1.
    pub count: u32,
}

/// One combination of a study's parameters, ready to be simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignPoint {
    /// Short name, e.g. `spiking stage3 w4`, unique in the plan.
    pub label: String,
    /// Parameters that the study varies: their values by dotted path.
    pub parameters: Parameters,
    /// Profiles of the places, by the names that people know.
    pub profiles: Shared<ProfileNames>,
    /// Devices, link, cloud and workload.
    pub system: SharedSystem,
    /// Division of payloads into packets.
    pub packets: Packets,
    /// What the receiver puts in the place of missing parts of a payload.
    pub missing: Missing,
    /// Price list of the devices; `None` if they draw what was measured of them as a whole.
    pub prices: Option<PriceIndex>,
    /// Price list of the cloud; `None` if operations there cost nothing.
    pub cloud_prices: Option<PriceIndex>,
    /// Operations on zeros that the processors of the devices execute, in time and energy.
    pub convention: Convention,
    /// Operations on zeros that the servers of the cloud execute.
    pub cloud_convention: Convention,
    /// Networks among which a device chooses: first the one as it is cut, then the alternatives. At least 1, at most
    /// [`MAX_DESIGNS`], all on the same samples.
    pub designs: Vec<NetworkIndex>,
    /// Network that a device executes before any of these, on the same samples.
    pub local: Option<NetworkIndex>,
}

/// Values that a study varies, by their dotted paths, which ascend: a map, but of a tenth of its size, because a plan may have a
/// million of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, Value>", into = "BTreeMap<String, Value>")]
pub struct Parameters(Box<[(Box<str>, Value)]>);

impl From<BTreeMap<String, Value>> for Parameters {
    fn from(values: BTreeMap<String, Value>) -> Self {
        Self(values.into_iter().map(|(path, value)| (path.into(), value)).collect())
    }
}

impl From<Parameters> for BTreeMap<String, Value> {
    fn from(Parameters(values): Parameters) -> Self {
        values.into_iter().map(|(path, value)| (path.into(), value)).collect()
    }
}

/// Names of the profiles that the values of a design point are from, for the record; they change no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileNames {
    /// Profile of the devices.
    pub device: String,
    /// Profile of the link.
    pub link: String,
    /// Profile of the servers.
    pub cloud: String,
}

/// Division of payloads into packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packets {
    /// What may share a packet.
    pub packetise: Packetise,
    /// Maximum number of payload bytes in a packet.
    pub payload_bytes: NonZeroUsize,
}

/// Origin of a plan's values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Question that the study is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Text of the scenario file; empty for a plan that was made without one.
    pub scenario: String,
    /// Values that were given beside the scenario and replace its own, each as `KEY=VALUE`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// Design points of the scenario that were selected, as numbers and ranges `FROM..TO`; empty if all were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<String>,
    /// What was searched, and how it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchUsed>,
    /// Which design point is the best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalUsed>,
    /// Swept keys, in the order of the file.
    pub axes: Vec<Axis>,
    /// Recorded rates and arrivals, and measured heads: name, and hash of the content.
    pub traces: Vec<FileUsed>,
    /// Profiles and price lists, with the provenance of each value.
    pub profiles: Vec<ProfileUsed>,
    /// What can be simulated but is not as it should be, in sentences.
    pub warnings: Vec<String>,
}

/// A plan that cannot be executed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The plan was written by another version of CoSpike.
    #[error(
        "the plan has schema {found}, but this version of CoSpike reads schema {PLAN_SCHEMA}: compile its scenario again"
    )]
    Schema {
        /// Schema of the plan.
        found: u32,
    },
    /// The name cannot name a folder.
    #[error(
        "`{name}` cannot name a study, because the results are stored under it: use 1 to {MAX_NAME} letters, digits, - and _"
    )]
    Name {
        /// Name of the study.
        name: String,
    },
    /// A list or number that must not be empty or zero.
    #[error("the plan has no {what}: give at least one")]
    Nothing {
        /// What is missing.
        what: &'static str,
    },
    /// A point refers to an element that its plan does not have.
    #[error("design point {point} asks for {what} {index}, but the plan has {len}, counted from 0")]
    Index {
        /// Index of the design point.
        point: usize,
        /// Kind of the element.
        what: &'static str,
        /// Index asked for.
        index: u32,
        /// Number of such elements.
        len: usize,
    },
    /// A point without a design, or with more than a device can choose from.
    #[error("design point {point} has {designs} designs: give 1 to {MAX_DESIGNS}")]
    Designs {
        /// Index of the design point.
        point: usize,
        /// Number of its designs.
        designs: usize,
    },
    /// Two points have the same label.
    #[error("design points {first} and {second} share the label `{label}`: give each its own")]
    Label {
        /// Index of one design point.
        first: usize,
        /// Index of the other.
        second: usize,
        /// Their label.
        label: String,
    },
    /// The networks of a point are executed on different samples.
    #[error("the networks of design point {point} are executed on different samples: give all of them the same")]
    Samples {
        /// Index of the design point.
        point: usize,
    },
    /// A value that the model cannot take.
    #[error("design point {point}: {error}")]
    Value {
        /// Index of the design point.
        point: usize,
        /// Value and what would be accepted.
        error: ImpossibleValue,
    },
    /// Analogue symbols on a link of which the noise is not known.
    #[error(
        "design point {point} sends analogue symbols, but its channel has no ratio of signal to noise: give it `peak_snr_db`"
    )]
    Noise {
        /// Index of the design point.
        point: usize,
    },
    /// A price that is negative or not finite.
    #[error("price list `{name}`: {error}")]
    Price {
        /// Name of the price list.
        name: String,
        /// Value and what would be accepted.
        error: ImpossibleValue,
    },
    /// A precision target that the stopping rule does not accept.
    #[error("precision target: {0}")]
    Precision(ImpossibleValue),
    /// A decision that cannot be made.
    #[error(transparent)]
    Decision(DecisionError),
}

impl Plan {
    /// Checks that the plan can be executed: every index exists, every value is possible.
    ///
    /// # Errors
    /// The first [`PlanError`].
    pub fn check(&self) -> Result<(), PlanError> {
        self.check_frame()?;
        if self.points.is_empty() {
            return Err(PlanError::Nothing { what: "design points" });
        }
        let mut labels = BTreeMap::new();
        for (second, point) in self.points.iter().enumerate() {
            if let Some(first) = labels.insert(&point.label, second) {
                return Err(PlanError::Label { first, second, label: point.label.clone() });
            }
        }
        self.check_points(0)
    }

    /// Checks everything but the design points.
    pub(crate) fn check_frame(&self) -> Result<(), PlanError> {
        if self.schema != PLAN_SCHEMA {
            return Err(PlanError::Schema { found: self.schema });
        }
        if !is_study_name(&self.name) {
            return Err(PlanError::Name { name: self.name.clone() });
        }
        if self.replications == 0 {
            return Err(PlanError::Nothing { what: "replications" });
        }
        if self.networks.iter().any(|network| network.samples.count == 0) {
            return Err(PlanError::Nothing { what: "samples" });
        }
        for NamedPrices { name, list } in &self.prices {
            list.check().map_err(|error| PlanError::Price { name: name.clone(), error })?;
        }
        if let Some(decision) = &self.decision {
            decision.check().map_err(PlanError::Decision)?;
        }
        self.precision_rule().transpose().map_err(PlanError::Precision)?;
        Ok(())
    }

    /// Checks each design point, the first of which has the number `first` in its study.
    pub(crate) fn check_points(&self, first: usize) -> Result<(), PlanError> {
        (first..).zip(&self.points).try_for_each(|(number, point)| self.check_point(number, point))
    }

    fn check_point(&self, number: usize, point: &DesignPoint) -> Result<(), PlanError> {
        let exists = |what, index: u32, len: usize| match (index as usize) < len {
            true => Ok(()),
            false => Err(PlanError::Index { point: number, what, index, len }),
        };
        for prices in [point.prices, point.cloud_prices].into_iter().flatten() {
            exists("price list", prices.0, self.prices.len())?;
        }
        for network in point.networks() {
            exists("network", network.0, self.networks.len())?;
        }
        if !(1..=MAX_DESIGNS).contains(&point.designs.len()) {
            return Err(PlanError::Designs { point: number, designs: point.designs.len() });
        }
        let mut samples = point.networks().map(|network| &self.networks[network.position()].samples);
        let first = samples.next();
        if samples.any(|other| Some(other) != first) {
            return Err(PlanError::Samples { point: number });
        }
        let codecs = point.networks().map(|network| self.networks[network.position()].choice.codec);
        if point.system.link.channel.peak_snr_db.is_none()
            && codecs.into_iter().any(|codec| codec == Some(CodecChoice::Symbols))
        {
            return Err(PlanError::Noise { point: number });
        }
        point.system.to_system().check().map_err(|error| PlanError::Value { point: number, error })
    }

    /// Maximum number of replications of a design point.
    pub fn most_replications(&self) -> u32 {
        let precision = self.precision.map(|precision| precision.max_replications);
        let most = precision.or(self.decision.as_ref().map(|decision| decision.max_replications));
        most.map_or(self.replications, |most| most.max(self.replications))
    }

    /// Whether the number of replications depends on what they give.
    pub fn is_sequential(&self) -> bool {
        self.precision.is_some() || self.decision.is_some()
    }

    /// The stopping rule of the precision target, if there is one.
    pub(crate) fn precision_rule(&self) -> Option<Result<Sequential, ImpossibleValue>> {
        let precision = self.precision?;
        Some(Sequential::new(PrecisionTarget {
            relative_error: precision.relative,
            minimum: self.replications.into(),
            maximum: precision.max_replications.into(),
        }))
    }
}

impl DesignPoint {
    /// Index of the network as it is cut, the first of the designs.
    pub fn network(&self) -> NetworkIndex {
        self.designs[0]
    }

    /// Indices of all its networks: the designs, and the one that a device executes first.
    pub fn networks(&self) -> impl Iterator<Item = NetworkIndex> {
        self.designs.iter().copied().chain(self.local)
    }
}

/// Most characters of a study's name: a folder's name has room for them and for what is added to it.
pub const MAX_NAME: usize = 100;

/// Whether `name` can name a study: letters, digits, `-` and `_`, at least one and at most [`MAX_NAME`].
pub fn is_study_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
