//! The two families of networks.

use serde::{Deserialize, Serialize};

/// Kind of a network's nonlinearities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Spiking neurons, executed for T time steps; with a bottleneck unit, SpikeBottleNet.
    Spiking,
    /// Float activations, executed once; with a bottleneck unit, BottleNet.
    Float,
}

impl Family {
    /// Both families.
    pub const ALL: [Self; 2] = [Self::Spiking, Self::Float];

    /// Name of the family in scenarios, file names and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Float => "float",
        }
    }
}
