//! The weight files of a zoo, and the executable networks that they make.

use super::blueprint::check_samples;
use super::metadata::check_tensors;
use super::{Blueprint, CodecChoice, Metadata, NetworkChoice, Unit, UnitChoice, WeightFile, WeightFileError, ZooError};
use crate::dataset::{Dataset, Feed, Unsuitable};
use crate::embedded;
use crate::file::FileError;
use cospike_sim_core::network::{Bottleneck, Family, Network, OUTPUT, Operation, Signal, Weights};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::{SplitError, SplitNetwork};
use rayon::prelude::*; // files are decoded on all threads
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// JPEG quality handed over where it is not used: only the cut of a float unit is coded as JPEG, and its file has a quality.
const UNUSED_QUALITY: u8 = 100;

/// A set of weight files, sorted by name.
#[derive(Clone, Debug)]
pub struct Zoo {
    files: Arc<[WeightFile]>,
}

/// An executable network, with its weights and the files that they came from.
#[derive(Clone, Debug)]
pub struct ZooNetwork {
    /// The network, cut in two and ready to execute.
    pub network: SplitNetwork,
    /// Weights of all its layers, with batch normalisation folded in.
    pub weights: Weights,
    /// Codec of what crosses the cut.
    pub codec: Codec,
    /// T of a spiking network; levels of a quantised one; of a float one, the T that its spiking twin was trained with, if the
    /// zoo has one. See
    /// [`PriceList::account`](cospike_sim_core::energy::PriceList::account).
    pub matched_steps: Option<usize>,
    /// Name and BLAKE3 (hexadecimal) of each weight file that was used, the backbone's first.
    pub files: Vec<(String, String)>,
    /// How a network of another framework was read, as its format leaves it open, such as `dt=1e-4 reset=hard fire=gt initial=rest`; `None`
    /// of weight files, which leave nothing open.
    pub read_as: Option<String>,
    /// Task that the weights were trained for, and path of the weight file that says so; `None` if that was not recorded.
    pub task: Option<(String, String)>,
}

/// A network without the values of its weights, and where these are.
struct Drawing<'z> {
    blueprint: Blueprint,
    backbone: &'z WeightFile,
    unit: Option<(&'z WeightFile, &'z Unit)>,
    /// The backbone without the unit.
    plain: Network,
    /// Its last layer before the unit.
    at: usize,
}

/// The same network in every family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twins {
    /// The spiking network.
    pub spiking: NetworkChoice,
    /// The float network.
    pub float: NetworkChoice,
    /// The quantised network, if the zoo has it.
    pub quantised: Option<NetworkChoice>,
}

impl Zoo {
    /// The zoo that ships with CoSpike.
    ///
    /// # Errors
    /// Only if a shipped file is damaged.
    pub fn shipped() -> Result<Self, ZooError> {
        let files: Vec<_> =
            embedded::ZOO.par_iter().map(|&(name, blake3, bytes)| WeightFile::shipped(name, blake3, bytes)).collect();
        Self::new(files.into_iter())
    }

    /// Reads the weight files (`*.safetensors`) of a folder.
    ///
    /// # Errors
    /// [`ZooError::Read`], [`ZooError::File`] and [`ZooError::SameNetwork`], naming the folder or file.
    pub fn from_folder(folder: &Path) -> Result<Self, ZooError> {
        let unreadable = |error| FileError::Read { path: folder.display().to_string(), error };
        let listing = std::fs::read_dir(folder).map_err(unreadable)?;
        let mut paths =
            listing.map(|file| Ok(file.map_err(unreadable)?.path())).collect::<Result<Vec<_>, FileError>>()?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "safetensors"));
        // So that of several broken files always the same is named.
        paths.sort();
        let files: Vec<_> = paths.par_iter().map(|path| WeightFile::read(path)).collect();
        Self::new(files.into_iter())
    }

    /// Reads weight files from memory. Each has a name, without ending, and content.
    ///
    /// # Errors
    /// [`ZooError::File`] and [`ZooError::SameNetwork`].
    pub fn from_files(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Result<Self, ZooError> {
        let files: Vec<_> = files.into_iter().collect();
        let files: Vec<_> = files.par_iter().map(|(name, bytes)| WeightFile::from_bytes(name, bytes)).collect();
        Self::new(files.into_iter())
    }

    /// A zoo of these files alone.
    ///
    /// # Errors
    /// [`ZooError::SameNetwork`] if two of the files are the same network.
    pub fn from_weight_files(files: impl IntoIterator<Item = WeightFile>) -> Result<Self, ZooError> {
        Self::new(files.into_iter().map(Ok))
    }

    pub(super) fn new(files: impl Iterator<Item = Result<WeightFile, ZooError>>) -> Result<Self, ZooError> {
        let mut files = files.collect::<Result<Vec<_>, _>>()?;
        files.sort_by(|a, b| a.name.cmp(&b.name));
        name_apart(&mut files);
        let mut networks = BTreeMap::new();
        for file in &files {
            let Metadata { backbone, family, unit, .. } = &file.metadata;
            let unit = unit.as_ref().map(|unit| (&unit.split, &unit.choice));
            if let Some(first) = networks.insert((file.backbone(), unit), file.path()) {
                return Err(ZooError::SameNetwork {
                    first: first.into(),
                    second: file.path().into(),
                    network: match unit {
                        None => format!("{} backbone `{backbone}`", family.name()),
                        Some((split, choice)) => format!("{choice} at `{split}` of `{backbone}`"),
                    },
                });
            }
        }
        Ok(Self { files: files.into() })
    }

    /// All weight files, sorted by name.
    pub fn weight_files(&self) -> &[WeightFile] {
        &self.files
    }

    /// Choice of the network that the weight file `name` describes: an uncut backbone, or one that is cut inside the file's
    /// bottleneck unit.
    ///
    /// # Errors
    /// [`ZooError::UnknownName`] with the names that exist.
    pub fn choice(&self, name: &str) -> Result<NetworkChoice, ZooError> {
        let file = self.files.iter().find(|file| file.name == name).ok_or_else(|| ZooError::UnknownName {
            name: name.into(),
            known: self.files.iter().map(|file| file.name.clone()).collect(),
        })?;
        let Metadata { family, unit, time_steps, .. } = &file.metadata;
        Ok(NetworkChoice {
            backbone: self.backbone_name(file).into(),
            family: *family,
            split: unit.as_ref().map_or(OUTPUT, |unit| &unit.split).into(),
            unit: unit.as_ref().map(|unit| unit.choice.clone()),
            codec: None,
            time_steps: Some(*time_steps),
            readout: None,
        })
    }

    /// Name in this zoo of the backbone that `file` is or is a unit of; the one that the file says, if it is not there.
    pub(super) fn backbone_name<'z>(&'z self, file: &'z WeightFile) -> &'z str {
        let is_bound = file.metadata.unit.as_ref().is_some_and(|unit| unit.backbone_content.is_some());
        let backbones = || self.files.iter().filter(|other| other.metadata.unit.is_none());
        let backbone = is_bound.then(|| backbones().find(|backbone| file.belongs_to(backbone))).flatten();
        &backbone.unwrap_or(file).metadata.backbone
    }

    /// Choices of a spiking network and of its twins in the other families. `name` is a backbone (`resnet14`), a unit without
    /// its family (`resnet14-stage3-w4`), or the file of any of them. A backbone is not cut; a unit is cut in its middle.
    ///
    /// # Errors
    /// [`ZooError::UnknownName`] with the networks that exist spiking and float.
    pub fn twins(&self, name: &str) -> Result<Twins, ZooError> {
        let find = |family: Family, stem: &str| {
            self.files.iter().find(|file| file.metadata.family == family && file.pair_name() == stem)
        };
        let exact = self.files.iter().find(|file| file.name == name).map(WeightFile::pair_name);
        let stem = exact.unwrap_or_else(|| name.into());
        match (find(Family::Spiking, &stem), find(Family::Float, &stem)) {
            (Some(spiking), Some(float)) => Ok(Twins {
                spiking: self.choice(&spiking.name)?,
                float: self.choice(&float.name)?,
                quantised: find(Family::Quantised, &stem).map(|file| self.choice(&file.name)).transpose()?,
            }),
            _ => {
                let stems = self.files.iter().filter(|file| file.metadata.family == Family::Spiking);
                let pairs = stems.map(WeightFile::pair_name).filter(|stem| find(Family::Float, stem).is_some());
                Err(ZooError::UnknownName { name: name.into(), known: pairs.collect() })
            }
        }
    }

    /// Completes `wanted`: without time steps it gets those that the network was trained with.
    ///
    /// # Errors
    /// [`ZooError::UnknownBackbone`] with the backbones of that family.
    pub fn resolve(&self, wanted: &NetworkChoice) -> Result<NetworkChoice, ZooError> {
        let steps = wanted.time_steps.unwrap_or(self.backbone(wanted)?.metadata.time_steps);
        Ok(NetworkChoice { time_steps: Some(steps), ..wanted.clone() })
    }

    /// Makes the network `wanted`, for samples of real values.
    ///
    /// # Errors
    /// [`ZooError`], with the names that exist instead of an unknown one.
    pub fn network(&self, wanted: &NetworkChoice) -> Result<ZooNetwork, ZooError> {
        self.network_on(Signal::Real, wanted)
    }

    /// Makes the network `wanted` for samples of the kind `input`: real values, or spikes if the samples are coded in spikes.
    ///
    /// # Errors
    /// [`ZooError`], with the names that exist instead of an unknown one.
    pub fn network_on(&self, input: Signal, wanted: &NetworkChoice) -> Result<ZooNetwork, ZooError> {
        let codec = if input == Signal::Real { Codec::Pixels8 } else { Codec::Spikes };
        self.network_fed(Feed { input: input.into(), codec }, wanted)
    }

    /// Makes the network `wanted` for samples that reach it as `feed` says, see [`Dataset::feed`].
    ///
    /// # Errors
    /// [`ZooError`], with the names that exist instead of an unknown one.
    pub fn network_fed(&self, feed: Feed, wanted: &NetworkChoice) -> Result<ZooNetwork, ZooError> {
        let Drawing { blueprint, backbone, unit, plain, at } = self.draw(feed, wanted)?;
        let mut store = backbone.tensors().clone();
        if let Some((file, unit)) = unit {
            if unit.has_tail {
                store.retain(|name, _| belongs(&plain, ..=at, name));
            }
            store.extend(file.tensors().iter().map(|(name, tensor)| (name.clone(), tensor.clone())));
        }
        let used = std::iter::once(backbone).chain(unit.map(|(file, _)| file));
        let weights = Weights::from_store(&blueprint.network, &store).map_err(|error| ZooError::File {
            path: used.map(WeightFile::path).collect::<Vec<_>>().join(" with "),
            error: WeightFileError::Weights(error),
        })?;
        let Blueprint { network, cut, steps, codec, matched_steps, files, read_as, task } = blueprint;
        let network = SplitNetwork::with_input(feed.input, &network, &weights, cut, codec, steps)?;
        Ok(ZooNetwork { network, weights, codec, matched_steps, files, read_as, task })
    }

    /// The network `wanted` without the values of its weights, for samples that reach it as `feed` says.
    ///
    /// # Errors
    /// [`ZooError`], with the names that exist instead of an unknown one.
    pub fn blueprint(&self, feed: Feed, wanted: &NetworkChoice) -> Result<Blueprint, ZooError> {
        self.draw(feed, wanted).map(|drawing| drawing.blueprint)
    }

    fn draw(&self, feed: Feed, wanted: &NetworkChoice) -> Result<Drawing<'_>, ZooError> {
        let backbone = self.backbone(wanted)?;
        let plain = backbone.architecture()?;
        let at = plain.split(&wanted.split)?;
        let (mut network, cut, unit, quality) = match &wanted.unit {
            None => (plain.clone(), at, None, None),
            Some(choice) => {
                let (file, unit) = self.unit(wanted, choice)?;
                check_task(file, backbone)?;
                check_levels(file, backbone)?;
                check_steps(file, backbone)?;
                check_normalisation(file, backbone)?;
                let shape =
                    Bottleneck { kind: choice.kind, width: choice.width as usize, stride: unit.stride as usize };
                let (network, cut) = plain.with_bottleneck(&wanted.split, shape)?;
                check_neurons(file, backbone, network.layers[cut].operation)?;
                let added = network.layers.len() - plain.layers.len();
                check_unit(file, unit, &network, at + 1..at + 1 + added)?;
                (network, cut, Some((file, unit)), unit.jpeg_quality)
            }
        };
        network.readout = wanted.readout.or(network.readout);
        let steps = wanted.time_steps.unwrap_or(backbone.metadata.time_steps);
        let usual = match network.layers[cut].operation {
            Operation::Input => feed.codec,
            _ => Codec::for_cut_on(feed.input.signal, &network, cut, quality.unwrap_or(UNUSED_QUALITY)),
        };
        let codec = codec(wanted, usual)?;
        let matched_steps = self.matched_steps(wanted, backbone, steps).map(|steps| steps as usize);
        let unit_file = unit.map(|(file, _)| file);
        let mut task = unit_file.into_iter().chain([backbone]);
        let task = task.find_map(|file| Some((file.metadata.task.clone()?, file.path().to_string())));
        let files = [backbone].into_iter().chain(unit_file);
        let files = files.map(|file| (file.name.clone(), file.blake3.clone())).collect();
        let read_as = backbone.read_as.clone();
        let blueprint = Blueprint { network, cut, steps: steps as usize, codec, matched_steps, files, read_as, task };
        blueprint.check()?;
        Ok(Drawing { blueprint, backbone, unit, plain, at })
    }

    /// T of `wanted`, which is executed for `steps`, or of its spiking twin; levels of a quantised network.
    fn matched_steps(&self, wanted: &NetworkChoice, backbone: &WeightFile, steps: u32) -> Option<u32> {
        match wanted.family {
            Family::Spiking => Some(steps),
            Family::Quantised => backbone.metadata.levels,
            Family::Float => {
                let twin = self.backbone(&NetworkChoice { family: Family::Spiking, ..wanted.clone() });
                twin.ok().map(|twin| twin.metadata.time_steps)
            }
        }
    }

    fn backbone(&self, wanted: &NetworkChoice) -> Result<&WeightFile, ZooError> {
        let fits = |m: &Metadata| m.unit.is_none() && m.family == wanted.family && m.backbone == wanted.backbone;
        self.files.iter().find(|file| fits(&file.metadata)).ok_or_else(|| ZooError::UnknownBackbone {
            backbone: wanted.backbone.clone(),
            family: wanted.family,
            known: self.backbones(wanted.family),
        })
    }

    /// What would have to be trained for `wanted`: its backbone, uncut, and its unit, of which the zoo may have either.
    pub fn missing(&self, wanted: &NetworkChoice) -> Vec<NetworkChoice> {
        let wanted = &NetworkChoice { codec: None, readout: None, ..wanted.clone() };
        let whole = NetworkChoice { split: OUTPUT.into(), unit: None, ..wanted.clone() };
        let backbone = self.backbone(wanted).is_err().then_some(whole);
        let has_unit = wanted.unit.as_ref().is_none_or(|choice| self.unit(wanted, choice).is_ok());
        let unit = (!has_unit).then(|| wanted.clone());
        backbone.into_iter().chain(unit).collect()
    }

    fn backbones(&self, family: Family) -> Vec<String> {
        let metadata = self.files.iter().map(|file| &file.metadata);
        metadata.filter(|m| m.unit.is_none() && m.family == family).map(|m| m.backbone.clone()).collect()
    }

    fn unit(&self, wanted: &NetworkChoice, choice: &UnitChoice) -> Result<(&WeightFile, &Unit), ZooError> {
        let backbone = self.backbone(wanted);
        let is_of_backbone = |file: &WeightFile| match &backbone {
            Ok(backbone) => file.belongs_to(backbone),
            Err(_) => file.metadata.backbone == wanted.backbone,
        };
        let at_split =
            |file: &'_ WeightFile| file.metadata.unit.as_ref().is_some_and(|unit| unit.split == wanted.split);
        let units = || self.files.iter().filter(|file| at_split(file) && is_of_backbone(file));
        let choices = || units().filter_map(|file| Some((file, file.metadata.unit.as_ref()?)));
        if let Some(found) = choices().find(|(_, unit)| unit.choice == *choice) {
            return Ok(found);
        }
        let is_outdated = |file: &&WeightFile| {
            let is_meant = file.metadata.unit.as_ref().is_some_and(|unit| unit.choice == *choice);
            is_meant && at_split(file) && backbone.as_ref().is_ok_and(|backbone| file.is_outdated_for(backbone))
        };
        Err(match (self.files.iter().find(is_outdated), &backbone) {
            (Some(outdated), Ok(backbone)) => {
                ZooError::OtherBackbone { unit: outdated.path().into(), backbone: backbone.path().into() }
            }
            _ => ZooError::UnknownUnit {
                backbone: wanted.backbone.clone(),
                split: wanted.split.clone(),
                unit: choice.clone(),
                known: choices().map(|(_, unit)| unit.choice.clone()).collect(),
            },
        })
    }
}

/// Backbones that say the same name, in one family, are called as their files instead, so that none answers for another. Where units say
/// that name it is not clear whose they are, so it stays, and is refused.
fn name_apart(files: &mut [WeightFile]) {
    let backbones = files.iter().filter(|file| file.metadata.unit.is_none());
    let mut counts: BTreeMap<(String, Family), usize> = BTreeMap::new();
    backbones.for_each(|file| *counts.entry(file.backbone()).or_default() += 1);
    let of_units: BTreeSet<_> =
        files.iter().filter(|file| file.metadata.unit.is_some()).map(WeightFile::backbone).collect();
    for file in files.iter_mut().filter(|file| file.metadata.unit.is_none()) {
        let said = file.backbone();
        if counts[&said] > 1 && !of_units.contains(&said) {
            file.metadata.backbone.clone_from(&file.name);
        }
    }
}

/// The codec that `wanted` asks for, at a cut whose usual codec is `usual`.
fn codec(wanted: &NetworkChoice, usual: Codec) -> Result<Codec, ZooError> {
    match (wanted.codec, usual) {
        (None, usual) => Ok(usual),
        (Some(CodecChoice::Raw), Codec::Pixels8 | Codec::Jpeg { .. }) => Ok(Codec::Pixels8),
        (Some(CodecChoice::Symbols), Codec::Pixels8 | Codec::Jpeg { .. }) => Ok(Codec::Symbols),
        (Some(CodecChoice::Jpeg { quality }), Codec::Jpeg { quality: trained }) => {
            Ok(Codec::Jpeg { quality: quality.unwrap_or(trained) })
        }
        (Some(CodecChoice::Jpeg { quality: Some(quality) }), Codec::Pixels8) => Ok(Codec::Jpeg { quality }),
        (Some(CodecChoice::Jpeg { quality: None }), Codec::Pixels8) => Err(ZooError::NoQuality),
        (Some(_), usual) => Err(ZooError::NoChoiceOfCodec { split: wanted.split.clone(), usual }),
    }
}

/// Whether the tensor `name` belongs to one of these layers: tensors are named `LAYER.weight`, `LAYER.bias` and so on.
fn belongs(network: &Network, layers: std::ops::RangeToInclusive<usize>, name: &str) -> bool {
    let is_of = |layer: &str| name.strip_prefix(layer).is_some_and(|rest| rest.starts_with('.'));
    network.layers[layers].iter().any(|layer| is_of(&layer.name))
}

/// Refuses a unit that was trained for another task than its backbone.
fn check_task(unit: &WeightFile, backbone: &WeightFile) -> Result<(), ZooError> {
    match (&unit.metadata.task, &backbone.metadata.task) {
        (Some(unit_task), Some(backbone_task)) if unit_task != backbone_task => Err(ZooError::OtherTask {
            unit: unit.path().into(),
            unit_task: unit_task.clone(),
            backbone: backbone.path().into(),
            backbone_task: backbone_task.clone(),
        }),
        _ => Ok(()),
    }
}

/// Refuses a unit that was trained with other neurons than those of its backbone that it has, `cut` being where it is cut.
fn check_neurons(unit: &WeightFile, backbone: &WeightFile, cut: Operation) -> Result<(), ZooError> {
    match cut {
        Operation::Neuron(neuron) if neuron != unit.metadata.neuron => {
            Err(ZooError::OtherNeurons { unit: unit.path().into(), backbone: backbone.path().into() })
        }
        _ => Ok(()),
    }
}

/// Checks the tensors of a unit whose `layers` only the file of its backbone says.
fn check_unit(
    file: &WeightFile,
    unit: &Unit,
    network: &Network,
    layers: std::ops::Range<usize>,
) -> Result<(), ZooError> {
    if !file.metadata.is_of_another_file() {
        return Ok(());
    }
    let end = if unit.has_tail { network.layers.len() } else { layers.end };
    check_tensors(network, layers.start..end, file.tensors())
        .map_err(|error| ZooError::File { path: file.path().into(), error })
}

/// Refuses a unit whose quantisers have other levels than those of its backbone.
fn check_levels(unit: &WeightFile, backbone: &WeightFile) -> Result<(), ZooError> {
    match (unit.metadata.levels, backbone.metadata.levels) {
        (Some(unit_levels), Some(backbone_levels)) if unit_levels != backbone_levels => Err(ZooError::OtherLevels {
            unit: unit.path().into(),
            unit_levels,
            backbone: backbone.path().into(),
            backbone_levels,
        }),
        _ => Ok(()),
    }
}

/// Refuses a unit that was trained with other time steps than its backbone. For how many an imported network is executed, no file says.
fn check_steps(unit: &WeightFile, backbone: &WeightFile) -> Result<(), ZooError> {
    let [unit_steps, backbone_steps] = [unit, backbone].map(|file| file.metadata.time_steps);
    if unit_steps == backbone_steps || backbone.is_imported() {
        return Ok(());
    }
    let (unit, backbone) = (unit.path().into(), backbone.path().into());
    Err(ZooError::OtherTimeSteps { unit, unit_steps, backbone, backbone_steps })
}

/// Refuses a unit that says another normalisation than its backbone, which alone normalises. An imported network has its own by the content
/// that the unit belongs to.
fn check_normalisation(unit: &WeightFile, backbone: &WeightFile) -> Result<(), ZooError> {
    let is_said = unit.metadata.all.contains_key("normalisation");
    match is_said && !backbone.is_imported() && unit.metadata.normalisation != backbone.metadata.normalisation {
        true => Err(ZooError::OtherNormalisation { unit: unit.path().into(), backbone: backbone.path().into() }),
        false => Ok(()),
    }
}

impl ZooNetwork {
    /// This network with weights rounded to whole numbers of `bits(layer)` bits, as by [`Weights::rounded`].
    ///
    /// # Errors
    /// None that making the network has not found.
    pub fn rounded(self, bits: impl Fn(usize) -> Option<u32>) -> Result<Self, SplitError> {
        let (plain, steps) = (self.network.network(), self.network.steps());
        let weights = self.weights.rounded(plain, bits);
        let (input, cut) = (self.network.executable().input(), self.network.cut());
        let network = SplitNetwork::with_input(input, plain, &weights, cut, self.codec, steps)?;
        Ok(Self { network, weights, ..self })
    }

    /// Names of its weight files, as one text.
    pub fn name(&self) -> String {
        self.files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" with ")
    }

    /// Checks that the network was made for the samples of `dataset`, see [`Blueprint::check_samples`].
    ///
    /// # Errors
    /// [`Unsuitable`] with the property in which samples and network differ.
    pub fn check_samples(&self, dataset: &Dataset) -> Result<(), Unsuitable> {
        check_samples(self.network.network(), self.network.steps(), self.task.as_ref(), dataset)
    }
}
