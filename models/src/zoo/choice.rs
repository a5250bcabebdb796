//! Which network of a zoo is meant, as plain data.

use cospike_sim_core::network::{BottleneckKind, Family, Readout};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// Choice of one network of a zoo, and of where to cut it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkChoice {
    /// Name of the backbone, e.g. `resnet14`.
    pub backbone: String,
    /// Family of the network.
    pub family: Family,
    /// Name of the split point.
    pub split: String,
    /// Bottleneck unit at the split point; `None` if the features cross as they are.
    pub unit: Option<UnitChoice>,
    /// Codec of values in [0, 1]; `None` for the usual one: 8-bit values for an image and a `jscc` unit, JPEG at the quality of its
    /// training for a BottleNet.
    pub codec: Option<CodecChoice>,
    /// Number of time steps, T; `None` for as many as the network was trained with.
    pub time_steps: Option<u32>,
    /// How class scores are read out; `None` for the way that its file says, or else the usual one, see
    /// [`Network::effective_readout`](cospike_sim_core::network::Network::effective_readout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readout: Option<Readout>,
}

/// Choice among the bottleneck units that were trained at one split point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitChoice {
    /// Kind of the unit.
    pub kind: BottleneckKind,
    /// Variant of the training, such as `noisy` or `seed2`; [`PLAIN`] for the default one.
    pub variant: String,
    /// Number of channels that the encoder emits.
    pub width: u32,
}

/// Codec of the pixels of an image, or of the values of a BottleNet or BottleNet++.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CodecChoice {
    /// One byte per value.
    Raw,
    /// One analogue symbol per value.
    Symbols,
    /// The entropy-coded scan of a JPEG image.
    Jpeg {
        /// JPEG quality, 1 to 100; `None` for the quality that the unit was trained with.
        quality: Option<u8>,
    },
}

/// Name of the default training variant of a unit.
pub const PLAIN: &str = "plain";

impl NetworkChoice {
    /// Name by which networks are grouped in tables and figures: the kind of the bottleneck unit, or the family without one.
    pub fn kind(&self) -> &'static str {
        self.unit.as_ref().map_or_else(|| self.family.name(), |unit| unit.kind.name())
    }
}

impl Display for CodecChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw => formatter.write_str("raw"),
            Self::Symbols => formatter.write_str("symbols"),
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
