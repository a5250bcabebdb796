//! Errors of reading a zoo and of choosing a network of it.

use super::UnitChoice;
use cospike_sim_core::network::{Family, NetworkError};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::SplitError;

/// Failure to read a weight file, or to make the network that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ZooError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Path of the folder or file.
        path: String,
        /// Cause of the failure.
        error: std::io::Error,
    },
    /// The file is not a safetensors file of float32 tensors.
    #[error("weight file `{name}` is not a safetensors file of float32 tensors: {reason}")]
    Format {
        /// Name of the weight file, without ending.
        name: String,
        /// What the decoder found.
        reason: String,
    },
    /// A metadata value is missing or not among those that are accepted.
    #[error("weight file `{name}`: metadata `{key}` must be {needed}, but is {}", found.as_deref().unwrap_or("missing"))]
    Metadata {
        /// Name of the weight file, without ending.
        name: String,
        /// Key of the value.
        key: &'static str,
        /// Values that are accepted.
        needed: &'static str,
        /// Value that was found; `None` if the key is missing.
        found: Option<String>,
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
    /// The file of a unit holds a tensor of the head, which comes from the backbone's file.
    #[error(
        "weight file `{name}` holds the tensor `{tensor}` of the head, which the backbone's file holds: leave it out of the unit's"
    )]
    HeadTensor {
        /// Name of the unit's weight file.
        name: String,
        /// Name of the tensor.
        tensor: String,
    },
    /// A codec of 8-bit values was chosen where no 8-bit values cross.
    #[error(
        "what crosses at `{split}` is coded as {usual}; a codec can be chosen only for an image and for the features of BottleNet"
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
    /// The split point does not exist, or the weights do not fit the network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network cannot be cut at this split point.
    #[error(transparent)]
    Split(#[from] SplitError),
}
