//! The model zoo: weight files with what has to be known of them.
//!
//! A file `NAME.safetensors` holds a *backbone*, all weights of an unsplit network, or a *unit*: a bottleneck unit at
//! one split point and the tail that was trained with it, that is the weights of all layers after the split
//! point. The head of a network with a unit has the backbone's weights. The file's metadata say which.

mod file;
mod measure;
mod series;

pub use file::{Entry, Metadata, Unit};
pub use measure::{MeasureError, Outcome};
pub use series::{Branch, Series, Spread, splits};

use crate::embedded;
use cospike_sim_core::network::{
    Bottleneck, BottleneckKind, Family, Network, NetworkError, OUTPUT, Signal, TensorStore, Weights,
};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::{SplitError, SplitNetwork};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::path::Path;

/// Weight files to choose from, sorted by name.
#[derive(Clone, Debug)]
pub struct Zoo {
    entries: Vec<Entry>,
}

/// Which network, cut where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkChoice {
    /// The backbone, e.g. `resnet14`.
    pub backbone: String,
    /// Its family.
    pub family: Family,
    /// The split point.
    pub split: String,
    /// The bottleneck unit; `None` if the features cross as they are.
    pub unit: Option<UnitChoice>,
    /// How 8-bit values cross; `None` for as usual: the image as it is, the features of BottleNet as it was trained.
    pub codec: Option<CodecChoice>,
    /// Time steps; `None` for as many as it was trained with.
    pub time_steps: Option<u32>,
}

/// Which of the bottleneck units at a split point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitChoice {
    /// What it is made of.
    pub kind: BottleneckKind,
    /// How it was trained, such as `noisy` or `seed2`; [`PLAIN`] if nothing sets it apart.
    pub variant: String,
    /// Channels that its encoder emits.
    pub width: u32,
}

/// How the pixels of an image or the 8-bit values of BottleNet cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CodecChoice {
    /// One byte each.
    Raw,
    /// As a JPEG scan.
    Jpeg {
        /// 1 to 100; `None` for that of the unit's training.
        quality: Option<u8>,
    },
}

/// The variant of a unit that nothing sets apart.
pub const PLAIN: &str = "plain";

/// A network that can be run, and what it is made of.
#[derive(Clone, Debug)]
pub struct ZooNetwork {
    /// The network.
    pub network: SplitNetwork,
    /// Its weights.
    pub weights: Weights,
    /// Its codec.
    pub codec: Codec,
    /// T of a spiking network; of a float one T that its spiking twin was trained with, if the zoo has one. See
    /// [`PriceList::account`](cospike_sim_core::energy::PriceList::account).
    pub matched_steps: Option<usize>,
    /// The files it took, the backbone first: name and BLAKE3.
    pub files: Vec<(String, String)>,
}

/// What is wrong with a weight file, or was not found.
#[derive(Debug, thiserror::Error)]
pub enum ZooError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The path.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// No safetensors file of float32 tensors.
    #[error("weight file `{name}`: {reason}")]
    Format {
        /// Name of the file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A metadata value is missing or is not what it should be.
    #[error("weight file `{name}`: metadata `{key}` must be {needed}, but is {}", found.as_deref().unwrap_or("missing"))]
    Metadata {
        /// Name of the file.
        name: String,
        /// The key.
        key: &'static str,
        /// What it must be.
        needed: &'static str,
        /// What it is.
        found: Option<String>,
    },
    /// No such backbone in this family.
    #[error("the zoo has no {} backbone `{backbone}`", family.name())]
    UnknownBackbone {
        /// The backbone asked for.
        backbone: String,
        /// The family asked for.
        family: Family,
        /// The backbones of this family that exist.
        known: Vec<String>,
    },
    /// No weight file of this name.
    #[error("the zoo has no network `{name}`")]
    UnknownName {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// No such unit was trained at this split point.
    #[error("the zoo has no {unit} at `{split}` of `{backbone}`")]
    UnknownUnit {
        /// The backbone.
        backbone: String,
        /// The split point.
        split: String,
        /// The unit asked for.
        unit: UnitChoice,
        /// The units that exist there, of all kinds.
        known: Vec<UnitChoice>,
    },
    /// The same tensor in the backbone's head and in the unit.
    #[error("weight file `{name}` holds `{tensor}`, which belongs to the backbone's head")]
    HeadTensor {
        /// Name of the unit's file.
        name: String,
        /// Name of the tensor.
        tensor: String,
    },
    /// A codec for 8-bit values where others cross.
    #[error("what crosses at `{split}` is coded as {usual}; only an image and the features of BottleNet have a choice")]
    NoChoiceOfCodec {
        /// The split point.
        split: String,
        /// The codec there.
        usual: Codec,
    },
    /// An image as JPEG of no quality.
    #[error("an image as JPEG has no quality of its own, as the features of BottleNet have of their training")]
    NoQuality,
    /// The split point does not exist, or the weights do not fit the network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network cannot be cut there.
    #[error(transparent)]
    Split(#[from] SplitError),
}

impl Zoo {
    /// The weight files that ship with CoSpike.
    ///
    /// # Errors
    /// Only if a shipped file is broken.
    pub fn shipped() -> Result<Self, ZooError> {
        Self::from_files(embedded::ZOO.iter().map(|&(name, bytes)| (name.to_string(), Cow::Borrowed(bytes))))
    }

    /// The `*.safetensors` files of a folder.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or is no weight file.
    pub fn from_folder(folder: &Path) -> Result<Self, ZooError> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| unreadable(path, error));
        let listing = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
        let mut files = vec![];
        for file in listing {
            let path = file.map_err(|error| unreadable(folder, error))?.path();
            if path.extension().is_some_and(|ending| ending == "safetensors") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, Cow::Owned(read(&path)?)));
            }
        }
        Self::from_files(files)
    }

    /// Weight files by name, without their ending.
    ///
    /// # Errors
    /// [`ZooError::Format`] and [`ZooError::Metadata`].
    pub fn from_files(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Result<Self, ZooError> {
        let entries = files.into_iter().map(|(name, bytes)| Entry::read(name, bytes));
        let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { entries })
    }

    /// All weight files, sorted by name.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The whole network of the weight file `name`: a backbone uncut, a unit cut in its middle.
    ///
    /// # Errors
    /// [`ZooError::UnknownName`] with the names that exist.
    pub fn choice(&self, name: &str) -> Result<NetworkChoice, ZooError> {
        let entry = self.entries.iter().find(|entry| entry.name == name).ok_or_else(|| ZooError::UnknownName {
            name: name.into(),
            known: self.entries.iter().map(|entry| entry.name.clone()).collect(),
        })?;
        let Metadata { backbone, family, unit, time_steps, .. } = &entry.metadata;
        Ok(NetworkChoice {
            backbone: backbone.clone(),
            family: *family,
            split: unit.as_ref().map_or(OUTPUT, |unit| &unit.split).into(),
            unit: unit.as_ref().map(|unit| unit.choice.clone()),
            codec: None,
            time_steps: Some(*time_steps),
        })
    }

    /// The spiking network and its float twin that `name` means: a backbone, a unit without its family
    /// (`resnet14-stage3-w4`), or either of the two. A backbone is uncut, a unit cut in its middle.
    ///
    /// # Errors
    /// [`ZooError::UnknownName`] with the pairs that exist.
    pub fn twins(&self, name: &str) -> Result<[NetworkChoice; 2], ZooError> {
        let of = |family: Family, stem: &str| {
            self.entries.iter().find(|entry| entry.metadata.family == family && entry.pair_name() == stem)
        };
        let exact = self.entries.iter().find(|entry| entry.name == name).map(Entry::pair_name);
        let stem = exact.unwrap_or_else(|| name.into());
        match (of(Family::Spiking, &stem), of(Family::Float, &stem)) {
            (Some(spiking), Some(float)) => Ok([self.choice(&spiking.name)?, self.choice(&float.name)?]),
            _ => {
                let stems = self.entries.iter().filter(|entry| entry.metadata.family == Family::Spiking);
                let pairs = stems.map(Entry::pair_name).filter(|stem| of(Family::Float, stem).is_some());
                Err(ZooError::UnknownName { name: name.into(), known: pairs.collect() })
            }
        }
    }

    /// `wanted` with the time steps that the network was trained with if it names none.
    ///
    /// # Errors
    /// [`ZooError::UnknownBackbone`].
    pub fn resolve(&self, wanted: &NetworkChoice) -> Result<NetworkChoice, ZooError> {
        let steps = wanted.time_steps.unwrap_or(self.backbone(wanted)?.metadata.time_steps);
        Ok(NetworkChoice { time_steps: Some(steps), ..wanted.clone() })
    }

    /// The network `wanted`, ready to run.
    ///
    /// # Errors
    /// [`ZooError`], naming what exists instead.
    pub fn network(&self, wanted: &NetworkChoice) -> Result<ZooNetwork, ZooError> {
        self.network_on(Signal::Real, wanted)
    }

    /// The network `wanted`, ready to run on samples that are `input`: spikes if they are coded in spikes.
    ///
    /// # Errors
    /// [`ZooError`], naming what exists instead.
    pub fn network_on(&self, input: Signal, wanted: &NetworkChoice) -> Result<ZooNetwork, ZooError> {
        let backbone = self.backbone(wanted)?;
        let plain = backbone.metadata.architecture()?;
        let at = plain.split(&wanted.split)?;
        let mut store = backbone.tensors().clone();
        let mut files = vec![(backbone.name.clone(), backbone.blake3.clone())];
        let (network, cut, quality) = match &wanted.unit {
            None => (plain, at, None),
            Some(choice) => {
                let (entry, unit) = self.unit(wanted, choice)?;
                let shape =
                    Bottleneck { kind: choice.kind, width: choice.width as usize, stride: unit.stride as usize };
                let (network, cut) = plain.with_bottleneck(&wanted.split, shape)?;
                store.retain(|name, _| belongs(&plain, ..=at, name));
                add(&mut store, entry)?;
                files.push((entry.name.clone(), entry.blake3.clone()));
                (network, cut, unit.jpeg_quality)
            }
        };
        let steps = wanted.time_steps.unwrap_or(backbone.metadata.time_steps);
        // Only the cut of a float unit is coded as JPEG, and its file has a quality; 100 stands where none is used.
        let codec = wanted.codec(Codec::for_cut(&network, cut, quality.unwrap_or(100)))?;
        let weights = Weights::from_store(&network, &store)?;
        let network = SplitNetwork::with_input(input, &network, &weights, cut, codec, steps as usize)?;
        let matched_steps = self.matched_steps(wanted, steps).map(|steps| steps as usize);
        Ok(ZooNetwork { network, weights, codec, matched_steps, files })
    }

    /// T of `wanted`, which runs for `steps`, or of its spiking twin.
    fn matched_steps(&self, wanted: &NetworkChoice, steps: u32) -> Option<u32> {
        match wanted.family {
            Family::Spiking => Some(steps),
            Family::Float => {
                let twin = self.backbone(&NetworkChoice { family: Family::Spiking, ..wanted.clone() });
                twin.ok().map(|twin| twin.metadata.time_steps)
            }
        }
    }

    fn backbone(&self, wanted: &NetworkChoice) -> Result<&Entry, ZooError> {
        let fits = |m: &Metadata| m.unit.is_none() && m.family == wanted.family && m.backbone == wanted.backbone;
        self.entries.iter().find(|entry| fits(&entry.metadata)).ok_or_else(|| ZooError::UnknownBackbone {
            backbone: wanted.backbone.clone(),
            family: wanted.family,
            known: self.backbones(wanted.family),
        })
    }

    fn backbones(&self, family: Family) -> Vec<String> {
        let metadata = self.entries.iter().map(|entry| &entry.metadata);
        metadata.filter(|m| m.unit.is_none() && m.family == family).map(|m| m.backbone.clone()).collect()
    }

    fn unit(&self, wanted: &NetworkChoice, choice: &UnitChoice) -> Result<(&Entry, &Unit), ZooError> {
        let units = self.entries.iter().filter(|entry| entry.metadata.backbone == wanted.backbone);
        let mut units = units.filter_map(|entry| {
            let unit = entry.metadata.unit.as_ref()?;
            (unit.split == wanted.split).then_some((entry, unit))
        });
        units.clone().find(|(_, unit)| unit.choice == *choice).ok_or_else(|| ZooError::UnknownUnit {
            backbone: wanted.backbone.clone(),
            split: wanted.split.clone(),
            unit: choice.clone(),
            known: units.by_ref().map(|(_, unit)| unit.choice.clone()).collect(),
        })
    }
}

impl NetworkChoice {
    /// The codec that was chosen, where the `usual` one leaves a choice.
    fn codec(&self, usual: Codec) -> Result<Codec, ZooError> {
        match (self.codec, usual) {
            (None, usual) => Ok(usual),
            (Some(CodecChoice::Raw), Codec::Pixels8 | Codec::Jpeg { .. }) => Ok(Codec::Pixels8),
            (Some(CodecChoice::Jpeg { quality }), Codec::Jpeg { quality: trained }) => {
                Ok(Codec::Jpeg { quality: quality.unwrap_or(trained) })
            }
            (Some(CodecChoice::Jpeg { quality: Some(quality) }), Codec::Pixels8) => Ok(Codec::Jpeg { quality }),
            (Some(CodecChoice::Jpeg { quality: None }), Codec::Pixels8) => Err(ZooError::NoQuality),
            (Some(_), usual) => Err(ZooError::NoChoiceOfCodec { split: self.split.clone(), usual }),
        }
    }

    /// What tells networks apart before all else: the kind of the bottleneck unit, or the family where there is none.
    pub fn kind(&self) -> &'static str {
        self.unit.as_ref().map_or_else(|| self.family.name(), |unit| unit.kind.name())
    }
}

impl Display for CodecChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw => formatter.write_str("raw"),
            Self::Jpeg { quality: None } => formatter.write_str("jpeg"),
            Self::Jpeg { quality: Some(quality) } => write!(formatter, "jpeg {quality}"),
        }
    }
}

impl Display for UnitChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.variant != PLAIN {
            write!(formatter, "{} ", self.variant)?;
        }
        write!(formatter, "{} bottleneck unit of width {}", self.kind.name(), self.width)
    }
}

/// Whether the tensor `name` belongs to one of these layers: tensors are named `LAYER.what`.
fn belongs(network: &Network, layers: std::ops::RangeToInclusive<usize>, name: &str) -> bool {
    let of = |layer: &str| name.strip_prefix(layer).is_some_and(|rest| rest.starts_with('.'));
    network.layers[layers].iter().any(|layer| of(&layer.name))
}

fn add(store: &mut TensorStore, unit: &Entry) -> Result<(), ZooError> {
    for (tensor, values) in unit.tensors() {
        if store.insert(tensor.clone(), values.clone()).is_some() {
            return Err(ZooError::HeadTensor { name: unit.name.clone(), tensor: tensor.clone() });
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: std::io::Error) -> ZooError {
    ZooError::Read { path: path.display().to_string(), error }
}
