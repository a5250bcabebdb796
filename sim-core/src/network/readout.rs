//! How class scores are read out of what a network emits over its time steps.

use serde::{Deserialize, Serialize};

/// How class scores are read out of what the last layer does over the time steps. At an early exit, or where steps were lost, the
/// steps are those that were executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Readout {
    /// Number of spikes that each neuron of the last layer emits, a graded spike as often as its number says: what snnTorch's
    /// `ce_count_loss` takes for logits.
    SpikeCount,
    /// Mean over the steps of what the last layer emits; of spikes, their rate.
    Mean,
    /// What the last layer emits in the last step.
    Last,
    /// Largest value over the steps of what the last layer emits.
    Max,
    /// Membrane potentials of the last layer's neurons in the last step, before a spike of that step resets them.
    Membrane,
    /// Largest of these potentials over the steps: what snnTorch's `ce_max_membrane_loss` takes for logits.
    MaxMembrane,
}

impl Readout {
    /// All readouts.
    pub const ALL: [Self; 6] = [Self::SpikeCount, Self::Mean, Self::Last, Self::Max, Self::Membrane, Self::MaxMembrane];

    /// Name of the readout in scenarios, weight files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpikeCount => "spike-count",
            Self::Mean => "mean",
            Self::Last => "last",
            Self::Max => "max",
            Self::Membrane => "membrane",
            Self::MaxMembrane => "max-membrane",
        }
    }

    /// The readout of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|readout| readout.name() == name)
    }

    /// What a class's score is, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::SpikeCount => "number of spikes over the steps",
            Self::Mean => "mean over the steps of what the last layer emits",
            Self::Last => "what the last layer emits in the last step",
            Self::Max => "largest value over the steps of what the last layer emits",
            Self::Membrane => "membrane of the last layer in the last step, before it is reset",
            Self::MaxMembrane => "largest membrane of the last layer over the steps, before it is reset",
        }
    }

    /// Whether it is of membranes, and not of what is emitted.
    pub fn is_of_membranes(self) -> bool {
        matches!(self, Self::Membrane | Self::MaxMembrane)
    }
}
