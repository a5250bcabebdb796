//! Metadata of a weight file: what network it belongs to, and what was measured of it.

use super::{Normalisation, PLAIN, UnitChoice, WeightFileError, foreign};
use cospike_sim_core::network::{
    Bottleneck, BottleneckKind, Family, Network, NetworkError, NetworkName, Neuron, Operation, Readout, TensorStore,
    Weights,
};
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

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
    /// Name of the split point behind which the head was trained with the unit, too, so that the file holds its layers from there on; `None`
    /// if the head is that of the backbone.
    pub tuned_behind: Option<String>,
    /// [`WeightFile::content`](super::WeightFile::content) of the backbone that the unit was trained for, which no other answers to; `None` if
    /// the file says only the backbone's name.
    pub backbone_content: Option<String>,
}

/// Most time steps that a spiking network can have: the spikes of all steps are in memory, and a request counts its messages in 16 bits.
pub const MAX_TIME_STEPS: u32 = 10_000;

/// Most levels of a quantised network's activations, which then have 8 bits.
pub const MAX_LEVELS: u32 = 255;

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
    /// unit, its own and, if they were trained with it, those of the tail and the last ones of the head.
    pub(super) fn layers(&self) -> Result<(Network, Range<usize>), NetworkError> {
        let backbone = self.architecture()?;
        let Some(Unit { split, choice, stride, has_tail, tuned_behind, .. }) = &self.unit else {
            let layers = 0..backbone.layers.len();
            backbone.check()?;
            return Ok((backbone, layers));
        };
        let shape = Bottleneck { kind: choice.kind, width: choice.width as usize, stride: *stride as usize };
        let (network, _) = backbone.with_bottleneck(split, shape)?;
        network.check()?;
        let (split, added) = (backbone.split(split)?, network.layers.len() - backbone.layers.len());
        let end = if *has_tail { network.layers.len() } else { split + 1 + added };
        let frozen = tuned_behind.as_ref().map_or(Ok(split), |name| backbone.split(name))?;
        Ok((network, frozen + 1..end))
    }

    /// Whether the file holds a unit of a network that another file says, without which its layers are not known.
    pub(super) fn is_of_another_file(&self) -> bool {
        let is_bound = self.unit.as_ref().is_some_and(|unit| unit.backbone_content.is_some());
        is_bound && self.network.parse::<NetworkName>().is_err()
    }

    /// Checks the tensors, unless only the backbone's file says which there have to be.
    pub(super) fn check_tensors(&self, tensors: &TensorStore) -> Result<(), WeightFileError> {
        let tuned_behind = self.unit.as_ref().and_then(|unit| Some((&unit.split, unit.tuned_behind.as_deref()?)));
        if self.is_of_another_file() {
            let refused = |(_, behind): (_, &str)| head_refused(&format!("tuned behind {behind}"));
            return tuned_behind.map(refused).map_or(Ok(()), Err);
        }
        let (network, layers) = self.layers().map_err(WeightFileError::Network)?;
        match tuned_behind {
            Some((split, behind)) if network.split(split).is_ok_and(|split| layers.start > split) => {
                Err(head_refused(&format!("tuned behind {behind}")))
            }
            _ => check_tensors(&network, layers, tensors),
        }
    }

    /// `tensors`, and those of the normalisation if a backbone has one.
    pub(super) fn normalised(&self, mut tensors: TensorStore) -> Result<TensorStore, WeightFileError> {
        if let (Some(normalisation), None) = (&self.normalisation, &self.unit) {
            let mut network = self.architecture().map_err(WeightFileError::Network)?;
            normalisation.insert(&mut network, &mut tensors).map_err(WeightFileError::Normalisation)?;
        }
        Ok(tensors)
    }

    pub(super) fn read(all: BTreeMap<String, String>) -> Result<Self, WeightFileError> {
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

/// The error of a value of `head` that is not accepted.
fn head_refused(found: &str) -> WeightFileError {
    let needed = "`of the backbone`, or `tuned behind NAME` with a split point before the unit's, unless the network is that of another file";
    WeightFileError::Metadata { key: "head", needed, found: Some(found.into()) }
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
            tuned_behind: self.tuned_behind()?,
            backbone_content: self.backbone_content()?,
        })
    }

    fn tuned_behind(&self) -> Result<Option<String>, WeightFileError> {
        match self.all.get("head").map(String::as_str) {
            None | Some("of the backbone") => Ok(None),
            Some(words) => match words.strip_prefix("tuned behind ") {
                Some(split) => Ok(Some(split.to_owned())),
                None => Err(head_refused(words)),
            },
        }
    }

    /// Refuses what has a meaning in other files only, and so none in this one.
    fn check_meaning(&self, is_unit: bool, family: Family) -> Result<(), WeightFileError> {
        const OF_UNIT: &str = "left out in a backbone: only a unit has it";
        let is_jpeg = is_unit && self.all.get("bottleneck").is_some_and(|kind| kind == BottleneckKind::Float.name());
        let of_unit = ["split", "width", "stride", "bottleneck", "variant", "tail", "head", foreign::CONTENT];
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
