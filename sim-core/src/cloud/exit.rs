//! Early exit in time.

use crate::kernel::{ImpossibleValue, probability};
use serde::{Deserialize, Serialize};

/// Early exit in time, for designs that stream their steps: once the scores of the steps so far are certain enough, their answer
/// stands, and the steps that follow are not needed. Those under way by then still cost the device, the air and the servers what
/// they cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyExit {
    /// Normalised entropy of the scores so far, from 0 (certain) to 1 (see [`Guess`](crate::cosim::Guess)), up to which their answer
    /// stands.
    pub entropy: f64,
    /// Place that decides.
    pub at: ExitAt,
}

/// Place that decides whether the scores so far are certain enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExitAt {
    /// The cloud: it sends one answer, which tells the device to stop, and executes no step after it.
    #[default]
    Cloud,
    /// The device, as in NeuCODEX (Hassan et al., arXiv:2509.19156): the cloud sends the scores after each step, and goes on with what
    /// reaches it, because nobody tells it to stop. The device computes and sends its next steps while scores are on their way.
    /// It needs next to nothing to evaluate them: an exponential and three operations for each class, against thousands of
    /// operations in the smallest layer.
    Edge,
}

impl EarlyExit {
    /// Entropy up to which the scores so far are the answer, where `place` decides.
    pub(crate) fn entropy_at(&self, place: ExitAt) -> Option<f64> {
        (self.at == place).then_some(self.entropy)
    }

    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        probability("exit entropy", self.entropy)
    }
}
