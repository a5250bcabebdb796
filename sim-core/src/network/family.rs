//! The families of networks.

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
    /// Quantisers of some levels in place of the neurons, executed once: the spiking network without time (QCFS, Bu et al.,
    /// ICLR 2022). Its activations have as many values as a neuron of as many time steps has numbers of spikes.
    Quantised,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 3] = [Self::Spiking, Self::Float, Self::Quantised];

    /// Name of the family in scenarios, file names and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Float => "float",
            Self::Quantised => "quantised",
        }
    }

    /// Whether its networks are executed for several time steps.
    pub fn has_steps(self) -> bool {
        self == Self::Spiking
    }
}
