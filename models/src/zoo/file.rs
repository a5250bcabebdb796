//! A weight file: tensors, and metadata that say what network they belong to.

use super::tensors::Tensors;
use super::{Normalisation, PLAIN, UnitChoice, WeightFileError, ZooError, foreign};
use crate::file::{self, DATA_LIMIT};
use crate::json::{Object, place};
use cospike_sim_core::network::{
    Bottleneck, BottleneckKind, Family, Network, NetworkError, NetworkName, Neuron, Operation, Readout, TensorStore,
    Weights, read_safetensors, safetensors_metadata,
};
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

/// A weight file of a zoo.
#[derive(Clone, Debug)]
pub struct WeightFile {
    /// Name of the file, without ending.
    pub name: String,
    /// Metadata that are needed to make a network of the file.
    pub metadata: Metadata,
    /// BLAKE3 of the file's bytes, hexadecimal.
    pub blake3: String,
    /// Path as given, or the name of a file that was not read from a folder.
    pub(super) path: String,
    pub(super) size: usize,
    pub(super) tensors: Tensors,
    /// Layers, if another framework has made them; those of an architecture of the catalogue otherwise.
    pub(super) imported: Option<Arc<Network>>,
    /// How a network of another framework was read; `None` of weight files.
    pub(super) read_as: Option<String>,
    /// See [`WeightFile::content`].
    pub(super) content: OnceLock<String>,
}

/// What a weight file says of its network.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Name of the backbone, e.g. `resnet14`, or `resnet14-seed2` if it was trained again from another seed.
    pub backbone: String,
    /// Name of the backbone's architecture, see [`NetworkName`].
    pub network: String,
    /// Family of the network.
    pub family: Family,
    /// Bottleneck unit that the file holds; `None` if it holds a backbone.
    pub unit: Option<Unit>,
    /// Neuron of a spiking network.
    pub neuron: Neuron,
    /// Number of time steps that the network was trained with; 1 for a network that is executed once.
    pub time_steps: u32,
    /// Levels of the quantisers of a quantised network; `None` for other families.
    pub levels: Option<u32>,
    /// Name of the data set that the network was trained for, such as `fashion-mnist`; `None` if that was not recorded.
    pub task: Option<String>,
    /// Normalisation of the samples; `None` feeds them in as they are.
    pub normalisation: Option<Normalisation>,
    /// How class scores are read out of a backbone; `None` for the usual way, see [`Network::effective_readout`].
    pub readout: Option<Readout>,
    /// All metadata of the file, by key: those above, and the records of training and test. Keys that are not known are
    /// records too: they are listed, and mean nothing.
    pub all: BTreeMap<String, String>,
}

/// Metadata of a bottleneck unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Name of the split point at which the unit stands.
    pub split: String,
    /// Kind, width and variant, which tell the unit from others at its split point.
    pub choice: UnitChoice,
    /// Spatial stride of the encoder.
    pub stride: u32,
    /// JPEG quality, 1 to 100, that a unit of the float kind was trained with; `None` for other kinds.
    pub jpeg_quality: Option<u8>,
    /// Whether the file holds a tail that was trained with the unit; otherwise the tail is that of the backbone.
    pub has_tail: bool,
    /// [`WeightFile::content`] of the backbone that the unit was trained for, which no other answers to; `None` if the file says only the
    /// backbone's name.
    pub backbone_content: Option<String>,
}

/// Most time steps that a spiking network can have: the spikes of all steps are in memory, and a request counts its messages in 16 bits.
pub const MAX_TIME_STEPS: u32 = 10_000;

/// Most levels of a quantised network's activations, which then have 8 bits.
pub const MAX_LEVELS: u32 = 255;

impl WeightFile {
    /// Reads the weight file at `path`.
    ///
    /// # Errors
    /// [`ZooError::Read`] and [`ZooError::File`].
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self::decode(path.display().to_string(), name, &file::read(path, DATA_LIMIT)?)
    }

    /// Decodes the `bytes` of the weight file `name`, without ending.
    ///
    /// # Errors
    /// [`ZooError::File`]: bytes that are not a safetensors file, metadata that describe no network, and tensors that are not
    /// exactly those of its layers, with finite values.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ZooError> {
        Self::decode(name.into(), name.into(), bytes)
    }

    fn decode(path: String, name: String, bytes: &[u8]) -> Result<Self, ZooError> {
        match decode(bytes) {
            Ok((tensors, metadata)) => {
                let blake3 = blake3::hash(bytes).to_hex().to_string();
                Ok(Self {
                    name,
                    path,
                    metadata,
                    blake3,
                    size: bytes.len(),
                    tensors: tensors.into(),
                    imported: None,
                    read_as: None,
                    content: OnceLock::new(),
                })
            }
            Err(error) => Err(ZooError::File { path, error }),
        }
    }

    /// The weight file `name` that ships, of which only the metadata are read now.
    pub(super) fn shipped(name: &str, blake3: &str, bytes: &'static [u8]) -> Result<Self, ZooError> {
        let metadata = safetensors_metadata(bytes).map_err(WeightFileError::Format).and_then(Metadata::read);
        Ok(Self {
            name: name.into(),
            path: name.into(),
            metadata: metadata.map_err(|error| ZooError::File { path: name.into(), error })?,
            blake3: blake3.into(),
            size: bytes.len(),
            tensors: Tensors::shipped(bytes),
            imported: None,
            read_as: None,
            content: OnceLock::new(),
        })
    }

    /// Name without the family, which the file has in common with that of its twin.
    pub(super) fn pair_name(&self) -> String {
        self.name.replace(&format!("-{}", self.metadata.family.name()), "")
    }

    /// What the backbone that it is, or is a unit of, is known by: its name, or of a unit that says it the content; and its family.
    pub(super) fn backbone(&self) -> (String, Family) {
        let content = self.metadata.unit.as_ref().and_then(|unit| unit.backbone_content.as_ref());
        (content.unwrap_or(&self.metadata.backbone).clone(), self.metadata.family)
    }

    /// Path as it was given; the name, if the file was not read from a folder.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Layer graph of the backbone.
    ///
    /// # Errors
    /// Those of [`Metadata::architecture`].
    pub fn architecture(&self) -> Result<Network, NetworkError> {
        match &self.imported {
            Some(network) => Ok(Network::clone(network)),
            None => {
                let mut network = self.metadata.architecture()?;
                if let Some(normalisation) = &self.metadata.normalisation {
                    let layer = network.name.clone();
                    let wrong = |reason| NetworkError::Inconsistent { layer, reason };
                    // Its weights are among the tensors already.
                    normalisation.insert(&mut network, &mut TensorStore::new()).map_err(wrong)?;
                }
                Ok(network)
            }
        }
    }

    /// Hash of everything that a backbone computes with: its graph and weights, neurons and normalisation. Time steps, records and the
    /// name are not part of it. A unit says by it which network it belongs to (metadata `backbone_blake3`).
    pub fn content(&self) -> &str {
        self.content.get_or_init(|| {
            let Metadata { network, family, levels, neuron, normalisation, .. } = &self.metadata;
            let normalisation = normalisation.as_ref().map_or_else(|| "none".into(), ToString::to_string);
            let (family, levels, neuron) = (family.name(), levels.unwrap_or(0), foreign::neuron_text(neuron));
            let mut hasher = blake3::Hasher::new();
            hasher.update(format!("{network} {family} {levels} {neuron} {normalisation}").as_bytes());
            for (name, tensor) in self.tensors() {
                hasher.update(format!(" {name} {:?} ", tensor.shape).as_bytes());
                tensor.data.iter().for_each(|value| {
                    hasher.update(&value.to_le_bytes());
                });
            }
            hasher.finalize().to_hex().to_string()
        })
    }

    /// Whether another framework has made the network, of which this is no weight file.
    pub fn is_imported(&self) -> bool {
        self.imported.is_some()
    }

    /// This backbone under another name.
    pub fn renamed(mut self, name: &str) -> Self {
        self.name = name.into();
        self.metadata.backbone = name.into();
        self
    }

    /// Whether it holds a unit of a network that is no architecture of the catalogue, so that only the backbone's file says its layers.
    pub fn is_of_another_file(&self) -> bool {
        self.metadata.is_of_another_file()
    }

    /// Whether this file is a unit of `backbone`: by content, if it says that of its backbone, and otherwise by name.
    pub fn belongs_to(&self, backbone: &Self) -> bool {
        self.metadata.unit.as_ref().is_some_and(|unit| match &unit.backbone_content {
            Some(content) => content == backbone.content(),
            None => self.metadata.backbone == backbone.metadata.backbone,
        })
    }

    /// Whether this file is a unit that was trained for a network of the name of `backbone`, or of its file, but of other content.
    pub(super) fn is_outdated_for(&self, backbone: &Self) -> bool {
        let file = Path::new(&backbone.path).file_name().unwrap_or_default();
        let is_called_so = [backbone.metadata.backbone.as_ref(), file].contains(&self.metadata.backbone.as_ref());
        let content = self.metadata.unit.as_ref().and_then(|unit| unit.backbone_content.as_ref());
        is_called_so && content.is_some_and(|content| content != backbone.content())
    }

    /// Size of the file in bytes; of an imported network, of its weights.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Tensors by name.
    pub fn tensors(&self) -> &TensorStore {
        self.tensors.get(|bytes| decode(bytes).expect("every file that ships is decoded by a test").0)
    }
}

impl Metadata {
    /// Layer graph of the backbone.
    ///
    /// # Errors
    /// Those of [`NetworkName`], if [`Metadata::network`] does not name an architecture.
    pub fn architecture(&self) -> Result<Network, NetworkError> {
        let name: NetworkName = self.network.parse()?;
        let network = match self.family {
            Family::Spiking => name.spiking(self.neuron),
            Family::Float => name.float(),
            // No file is read without levels, and no network is executed with none.
            Family::Quantised => name.quantised(self.levels.unwrap_or_default()),
        };
        Ok(Network { readout: self.readout, ..network })
    }

    /// Layer graph of the network that the file describes, and the layers whose tensors it holds: all of a backbone; of a
    /// unit, its own and, with its tail, all others behind the split point.
    pub(super) fn layers(&self) -> Result<(Network, Range<usize>), NetworkError> {
        let backbone = self.architecture()?;
        let Some(Unit { split, choice, stride, has_tail, .. }) = &self.unit else {
            let layers = 0..backbone.layers.len();
            backbone.check()?;
            return Ok((backbone, layers));
        };
        let shape = Bottleneck { kind: choice.kind, width: choice.width as usize, stride: *stride as usize };
        let (network, _) = backbone.with_bottleneck(split, shape)?;
        network.check()?;
        let (split, added) = (backbone.split(split)?, network.layers.len() - backbone.layers.len());
        let end = if *has_tail { network.layers.len() } else { split + 1 + added };
        Ok((network, split + 1..end))
    }

    /// Whether the file holds a unit of a network that another file says, without which its layers are not known.
    pub(super) fn is_of_another_file(&self) -> bool {
        let is_bound = self.unit.as_ref().is_some_and(|unit| unit.backbone_content.is_some());
        is_bound && self.network.parse::<NetworkName>().is_err()
    }

    /// Checks the tensors, unless only the backbone's file says which there have to be.
    fn check_tensors(&self, tensors: &TensorStore) -> Result<(), WeightFileError> {
        if self.is_of_another_file() {
            return Ok(());
        }
        let (network, layers) = self.layers().map_err(WeightFileError::Network)?;
        check_tensors(&network, layers, tensors)
    }

    /// `tensors`, and those of the normalisation if a backbone has one.
    fn normalised(&self, mut tensors: TensorStore) -> Result<TensorStore, WeightFileError> {
        if let (Some(normalisation), None) = (&self.normalisation, &self.unit) {
            let mut network = self.architecture().map_err(WeightFileError::Network)?;
            normalisation.insert(&mut network, &mut tensors).map_err(WeightFileError::Normalisation)?;
        }
        Ok(tensors)
    }

    fn read(all: BTreeMap<String, String>) -> Result<Self, WeightFileError> {
        let keys = Keys { all: &all };
        let family = keys.choose("family", "`spiking`, `float` or `quantised`", |word| {
            Family::ALL.into_iter().find(|family| family.name() == word)
        })?;
        let is_unit = keys.choose("kind", "`backbone` or `unit`", |word| match word {
            "backbone" => Some(false),
            "unit" => Some(true),
            _ => None,
        })?;
        let (needed, most) = match family {
            Family::Spiking => ("a whole number from 1 to 10000", MAX_TIME_STEPS),
            Family::Float => ("1 in a float network", 1),
            Family::Quantised => ("1 in a quantised network", 1),
        };
        let levels = || keys.number("levels", "a whole number from 2 to 255 in a quantised network", 2..=MAX_LEVELS);
        keys.check_claim()?;
        keys.check_meaning(is_unit, family)?;
        let backbone: String = keys.parse("backbone", "a name")?;
        let network = all.get("network").unwrap_or(&backbone).clone();
        let is_bound = all.contains_key(foreign::CONTENT);
        if is_unit && !is_bound && network.parse::<NetworkName>().is_err() {
            let needed = "the hash that `cospike check` prints of the backbone, whose layers only its file says: its name is no architecture";
            return Err(WeightFileError::Metadata { key: foreign::CONTENT, needed, found: None });
        }
        Ok(Self {
            network,
            backbone,
            family,
            neuron: foreign::neuron(&all, family)?,
            unit: if is_unit { Some(keys.unit(family)?) } else { None },
            time_steps: keys.number("time_steps", needed, 1..=most)?,
            levels: (family == Family::Quantised).then(levels).transpose()?,
            task: keys.task()?,
            normalisation: foreign::normalisation(&all)?,
            readout: keys.readout(is_unit)?,
            all,
        })
    }
}

/// The tensors and the metadata in the bytes of a weight file.
fn decode(bytes: &[u8]) -> Result<(TensorStore, Metadata), WeightFileError> {
    let (tensors, all) = read_safetensors(bytes).map_err(WeightFileError::Format)?;
    check_header(bytes)?;
    let metadata = Metadata::read(all)?;
    metadata.check_tensors(&tensors)?;
    Ok((metadata.normalised(tensors)?, metadata))
}

/// Checks that the tensors are those of `layers` of `network`, each layer with a bias or a normalisation. (A bias of zeros has to be there
/// as such: one that is not there may have been lost.)
pub(super) fn check_tensors(
    network: &Network,
    layers: Range<usize>,
    tensors: &TensorStore,
) -> Result<(), WeightFileError> {
    Weights::check(network, layers.clone(), tensors).map_err(WeightFileError::Weights)?;
    let has = |layer: &str, tensor: &str| tensors.contains_key(&format!("{layer}.{tensor}"));
    for layer in &network.layers[layers] {
        let may_be_normalised = match layer.operation {
            Operation::Conv2d(_) | Operation::ConvTranspose2d(_) => true,
            Operation::Linear => false,
            _ => continue,
        };
        let is_complete = has(&layer.name, "bias") || may_be_normalised && has(&layer.name, "norm.weight");
        if !is_complete {
            return Err(WeightFileError::NoBias { layer: layer.name.clone(), may_be_normalised });
        }
    }
    Ok(())
}

/// Refuses a header in which a tensor or a metadata key is there twice, so that it is not clear which is meant. `bytes` are a
/// safetensors file.
fn check_header(bytes: &[u8]) -> Result<(), WeightFileError> {
    let wrong = |reason: String| WeightFileError::Header(reason);
    let (length, rest) = bytes.split_first_chunk().ok_or_else(|| wrong("no length".into()))?;
    let header = rest.get(..u64::from_le_bytes(*length) as usize).unwrap_or(rest);
    let entries: Object<Object<serde::de::IgnoredAny>> = serde_json::from_slice(header)
        .map_err(|error| wrong(format!("something else than objects of objects{}", place(&error))))?;
    let inner = entries.0.iter().map(|(_, value)| value.repeated());
    match std::iter::once(entries.repeated()).chain(inner).flatten().next() {
        Some(key) => Err(wrong(format!("the key {key:?} twice"))),
        None => Ok(()),
    }
}

/// Metadata from which values are decoded.
struct Keys<'a> {
    all: &'a BTreeMap<String, String>,
}

impl Keys<'_> {
    /// Decodes a value by `read`, which returns `None` for a value that is not accepted.
    fn choose<T>(
        &self,
        key: &'static str,
        needed: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, WeightFileError> {
        let found = self.all.get(key);
        let value = found.and_then(|word| read(word));
        value.ok_or_else(|| WeightFileError::Metadata { key, needed, found: found.cloned() })
    }

    fn parse<T: FromStr>(&self, key: &'static str, needed: &'static str) -> Result<T, WeightFileError> {
        self.choose(key, needed, |word| word.parse().ok())
    }

    fn number<T: FromStr + PartialOrd>(
        &self,
        key: &'static str,
        needed: &'static str,
        range: RangeInclusive<T>,
    ) -> Result<T, WeightFileError> {
        self.choose(key, needed, |word| word.parse().ok().filter(|number| range.contains(number)))
    }

    fn unit(&self, family: Family) -> Result<Unit, WeightFileError> {
        let kind = self.bottleneck(family)?;
        let is_mark = |mark: &str| mark.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let variants = "a name of letters, digits and -_., or nothing";
        Ok(Unit {
            split: self.parse("split", "the name of a split point")?,
            choice: UnitChoice {
                kind,
                width: self.number("width", "a whole number from 1 on", 1..=u32::MAX)?,
                variant: self.choose("variant", variants, |mark| is_mark(mark).then(|| variant(mark, kind)))?,
            },
            stride: self.number("stride", "a whole number from 1 on", 1..=u32::MAX)?,
            jpeg_quality: match kind {
                BottleneckKind::Spiking | BottleneckKind::Binary | BottleneckKind::Jscc | BottleneckKind::Quantised => {
                    None
                }
                BottleneckKind::Float => Some(self.number("jpeg_quality", "a whole number from 1 to 100", 1..=100)?),
            },
            has_tail: match self.all.get("tail").map(String::as_str) {
                None | Some("tuned") => true,
                Some("of the backbone") => false,
                found => {
                    let (needed, found) = ("`tuned` or `of the backbone`", found.map(str::to_owned));
                    return Err(WeightFileError::Metadata { key: "tail", needed, found });
                }
            },
            backbone_content: self.backbone_content()?,
        })
    }

    /// Refuses what has a meaning in other files only, and so none in this one.
    fn check_meaning(&self, is_unit: bool, family: Family) -> Result<(), WeightFileError> {
        const OF_UNIT: &str = "left out in a backbone: only a unit has it";
        let is_jpeg = is_unit && self.all.get("bottleneck").is_some_and(|kind| kind == BottleneckKind::Float.name());
        let of_unit = ["split", "width", "stride", "bottleneck", "variant", "tail", foreign::CONTENT];
        let others = [
            ("levels", family == Family::Quantised, "left out: only a quantised network has levels"),
            ("jpeg_quality", is_jpeg, "left out: only what a float unit emits is coded as JPEG"),
        ];
        let mut keys = of_unit.map(|key| (key, is_unit, OF_UNIT)).into_iter().chain(others);
        match keys.find(|(key, has_meaning, _)| !has_meaning && self.all.contains_key(*key)) {
            Some((key, _, needed)) => Err(WeightFileError::Metadata { key, needed, found: self.all.get(key).cloned() }),
            None => Ok(()),
        }
    }

    /// Decodes the kind of the unit, which must be one of its family.
    fn bottleneck(&self, family: Family) -> Result<BottleneckKind, WeightFileError> {
        let needed = match family {
            Family::Spiking => "`spiking` in a spiking network",
            Family::Float => "`float`, `binary` or `jscc` in a float network",
            Family::Quantised => "`quantised` in a quantised network",
        };
        self.choose("bottleneck", needed, |word| {
            BottleneckKind::ALL.into_iter().find(|kind| kind.name() == word && kind.family() == family)
        })
    }

    /// Decodes the readout, which a unit has from its backbone.
    fn readout(&self, is_unit: bool) -> Result<Option<Readout>, WeightFileError> {
        let needed = match is_unit {
            true => "left out in a unit, which is read out as its backbone is",
            false => "`spike-count`, `mean`, `last`, `max`, `membrane` or `max-membrane`",
        };
        let readout = |word: &str| Readout::named(word).filter(|_| !is_unit);
        self.all.contains_key("readout").then(|| self.choose("readout", needed, readout)).transpose()
    }

    fn backbone_content(&self) -> Result<Option<String>, WeightFileError> {
        let is_hash = |word: &str| word.len() == 64 && word.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        let needed = "the hash that `cospike check` prints of the backbone, 64 hexadecimal digits";
        let hash = || self.choose(foreign::CONTENT, needed, |word| is_hash(word).then(|| word.to_owned()));
        self.all.contains_key(foreign::CONTENT).then(hash).transpose()
    }

    fn task(&self) -> Result<Option<String>, WeightFileError> {
        let is_name = |task: &str| !task.is_empty() && !task.chars().any(char::is_control);
        let task = |task: &str| is_name(task).then(|| task.to_owned());
        self.all.contains_key("task").then(|| self.choose("task", "the name of a data set", task)).transpose()
    }

    /// Checks what the file says of its accuracy: nothing, if it was never measured, or all of it.
    fn check_claim(&self) -> Result<(), WeightFileError> {
        if self.all.contains_key("validation_accuracy") {
            self.number("validation_accuracy", "a share from 0 to 1", 0.0..=1.0)?;
        }
        if !["test_images", "test_correct", "payload_bits"].iter().any(|&key| self.all.contains_key(key)) {
            return Ok(());
        }
        let images = self.number("test_images", "a whole number from 1 to 4294967295", 1..=u32::MAX)?;
        self.number("test_correct", "a whole number from 0 to `test_images`", 0..=images)?;
        // As large as a payload can be in the results of a study.
        self.number("payload_bits", "a number from 0 to 4294967295", 0.0..=f64::from(u32::MAX)).map(drop)
    }
}

/// Variant without the kind of the unit, which a scenario names separately: `binary-noisy` becomes `noisy`.
fn variant(mark: &str, kind: BottleneckKind) -> String {
    let own = mark.strip_prefix(kind.name()).map_or(mark, |rest| rest.trim_start_matches('-'));
    if own.is_empty() { PLAIN.into() } else { own.into() }
}
