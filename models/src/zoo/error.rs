//! Errors of reading a zoo and of choosing a network of it.

use super::UnitChoice;
use crate::file::FileError;
use crate::import::nir::NirError;
use crate::import::onnx::OnnxError;
use cospike_sim_core::network::{Family, NetworkError};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::SplitError;

/// Failure to read a weight file, or to make the network that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ZooError {
    /// The folder or a file in it cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// A weight file is damaged, or is not what it says it is.
    #[error("{path}: {error}")]
    File {
        /// Path of the weight file, or its name if it was not read from a folder.
        path: String,
        /// What is wrong with it.
        error: WeightFileError,
    },
    /// Two weight files hold the same network.
    #[error("{first} and {second} both say that they hold the {network}: leave one of them")]
    SameNetwork {
        /// Path of one file.
        first: String,
        /// Path of the other.
        second: String,
        /// The network in words.
        network: String,
    },
    /// A unit was trained for another task than its backbone.
    #[error("{unit} was trained for the task `{unit_task}`, but its backbone {backbone} for `{backbone_task}`")]
    OtherTask {
        /// Path of the unit's weight file.
        unit: String,
        /// Task in its metadata.
        unit_task: String,
        /// Path of the backbone's weight file.
        backbone: String,
        /// Task in its metadata.
        backbone_task: String,
    },
    /// A quantised unit has other levels than its backbone.
    #[error("{unit} has quantisers of {unit_levels} levels, but its backbone {backbone} of {backbone_levels}")]
    OtherLevels {
        /// Path of the unit's weight file.
        unit: String,
        /// Levels in its metadata.
        unit_levels: u32,
        /// Path of the backbone's weight file.
        backbone: String,
        /// Levels in its metadata.
        backbone_levels: u32,
    },
    /// A unit was trained for another number of time steps than its backbone.
    #[error(
        "{unit} was trained with {unit_steps} time steps, but its backbone {backbone} with {backbone_steps}: train it with as many, or correct its \
         metadata `time_steps`"
    )]
    OtherTimeSteps {
        /// Path of the unit's weight file.
        unit: String,
        /// Time steps in its metadata.
        unit_steps: u32,
        /// Path of the backbone's weight file.
        backbone: String,
        /// Time steps in its metadata.
        backbone_steps: u32,
    },
    /// A unit says another normalisation than its backbone.
    #[error(
        "{unit} says another `normalisation` than its backbone {backbone}, which normalises the samples: it must be the same"
    )]
    OtherNormalisation {
        /// Path of the unit's weight file.
        unit: String,
        /// Path of the backbone's weight file.
        backbone: String,
    },
    /// A unit was trained with other neurons than its backbone has.
    #[error("{unit} was trained with other neurons than its backbone {backbone} has")]
    OtherNeurons {
        /// Path of the unit's weight file.
        unit: String,
        /// Path of the backbone's weight file.
        backbone: String,
    },
    /// A unit was trained for a network of the backbone's name, but with other weights or another graph.
    #[error(
        "{unit} was trained for another network than {backbone}: of the same name, but with other weights, another graph, or read in another \
         way; train the unit for this one"
    )]
    OtherBackbone {
        /// Path of the unit's weight file.
        unit: String,
        /// Path of the backbone's file.
        backbone: String,
    },
    /// The zoo has no such backbone in this family.
    #[error("the zoo has no {} backbone `{backbone}`", family.name())]
    UnknownBackbone {
        /// Name of the backbone that was asked for.
        backbone: String,
        /// Family that was asked for.
        family: Family,
        /// Names of the backbones of this family that exist.
        known: Vec<String>,
    },
    /// The zoo has no weight file of this name.
    #[error("the zoo has no network `{name}`")]
    UnknownName {
        /// Name that was asked for.
        name: String,
        /// Names that exist.
        known: Vec<String>,
    },
    /// The zoo has no such bottleneck unit at this split point.
    #[error("the zoo has no {unit} at `{split}` of `{backbone}`")]
    UnknownUnit {
        /// Name of the backbone.
        backbone: String,
        /// Name of the split point.
        split: String,
        /// Unit that was asked for.
        unit: UnitChoice,
        /// Units that exist there, of all kinds.
        known: Vec<UnitChoice>,
    },
    /// A codec of 8-bit values was chosen where no 8-bit values cross.
    #[error(
        "what crosses at `{split}` is coded as {usual}; a codec can be chosen only for an image of 8 bits and for the features of BottleNet"
    )]
    NoChoiceOfCodec {
        /// Name of the split point.
        split: String,
        /// Codec of what crosses there.
        usual: Codec,
    },
    /// An image was to be sent as JPEG, but no quality was given.
    #[error("an image has no JPEG quality of its own; only the features of BottleNet have one, that of their training")]
    NoQuality,
    /// The split point does not exist.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The file of another framework cannot be read, or makes no network.
    #[error(transparent)]
    Nir(#[from] NirError),
    /// The file of another framework cannot be read, or makes no network.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// The name of a file does not say that it holds a network.
    #[error("{path} is no file in a format that is read: .nir, .onnx and .safetensors are")]
    UnknownFormat {
        /// Path of the file.
        path: String,
    },
    /// A weight file that holds no whole network was given as one.
    #[error(
        "{path} holds a bottleneck unit, which is a part of a network: put it into a folder with its backbone, and give that as the zoo; \
         or give it with `--unit`, and the file of its backbone as the network"
    )]
    OnlyUnit {
        /// Path of the file.
        path: String,
    },
    /// The normalisation of samples does not fit the network.
    #[error("{path}: {reason}")]
    Normalisation {
        /// Path of the file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A spiking network has no number of time steps.
    #[error("{path} has spiking neurons, but says no number of time steps")]
    NoTimeSteps {
        /// Path of the file.
        path: String,
    },
    /// A network without neurons, which is executed once, was to be executed for several time steps.
    #[error("{path} has no neurons, so it is executed once, not for {time_steps} time steps")]
    TimeSteps {
        /// Path of the file.
        path: String,
        /// Time steps asked for.
        time_steps: u32,
    },
    /// The network cannot be cut at this split point.
    #[error(transparent)]
    Split(#[from] SplitError),
}

/// What is wrong with a weight file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightFileError {
    /// The file is not a safetensors file of float32 or float16 tensors.
    #[error(transparent)]
    Format(NetworkError),
    /// A key of the header, a tensor or a metadata key, is there twice.
    #[error("the header has {0}")]
    Header(String),
    /// A metadata value is missing or not among those that are accepted.
    #[error("metadata `{key}` must be {needed}, but is {}", found.as_deref().map_or_else(|| "missing".into(), |found| format!("{found:?}")))]
    Metadata {
        /// Key of the value.
        key: &'static str,
        /// Values that are accepted.
        needed: &'static str,
        /// Value that was found; `None` if the key is missing.
        found: Option<String>,
    },
    /// A metadata key of another trainer's file that is not known.
    #[error("metadata `{key}` has no meaning here{}: leave it out", nearest.map_or_else(String::new, |nearest| format!(" (is it `{nearest}`?)")))]
    UnknownKey {
        /// The key.
        key: String,
        /// The known key that is most like it, if one is.
        nearest: Option<&'static str>,
    },
    /// The metadata name no network, or no place for the unit in it.
    #[error("its metadata describe no network: {0}")]
    Network(NetworkError),
    /// The tensors are not those of the network that the metadata describe.
    #[error(transparent)]
    Weights(NetworkError),
    /// The normalisation in the metadata does not fit the network.
    #[error("metadata `normalisation`: {0}")]
    Normalisation(String),
    /// A layer has neither a bias nor a normalisation.
    #[error("tensor `{layer}.bias` is missing{}", if *.may_be_normalised { format!(", and so is `{layer}.norm.weight`: give one of them") } else { String::new() })]
    NoBias {
        /// Name of the layer.
        layer: String,
        /// Whether a batch normalisation may stand behind it.
        may_be_normalised: bool,
    },
}
