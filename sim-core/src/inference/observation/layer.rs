//! What is observed of one layer, and what a tool counts of it.

use super::values::Values;

/// What one layer read, over all samples and steps; what does not change over time counts in every step, because that is
/// how frameworks compute it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerObservation {
    /// Statistics of the values of each input.
    pub inputs: Vec<Values>,
    /// Number of channels of the output.
    pub channels: u64,
    /// Number of output values.
    pub outputs: u64,
    /// Number of pairs of a nonzero value and a weight, inside the output.
    pub pairs: u64,
    /// Number of those pairs whose weight is nonzero too.
    pub effective_pairs: u64,
    /// Dense multiply-accumulates, the padding included, see [`crate::network::Network::dense_macs`].
    pub dense: u64,
    /// Whether the layer has a bias of its own.
    pub has_bias: bool,
}

impl LayerObservation {
    pub(super) fn merge(&mut self, other: Self) {
        if self.inputs.is_empty() {
            self.inputs = other.inputs;
        } else {
            self.inputs.iter_mut().zip(other.inputs).for_each(|(mine, theirs)| mine.merge(theirs));
        }
        self.outputs += other.outputs;
        self.pairs += other.pairs;
        self.effective_pairs += other.effective_pairs;
        self.dense += other.dense;
    }
}

/// Operations that a tool counts. They are floats because syops multiplies by a mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ToolCounts {
    /// Number of accumulates.
    pub ac: f64,
    /// Number of multiply-accumulates.
    pub mac: f64,
}

impl ToolCounts {
    /// `count` accumulates if the operands were taken for spikes, else multiply-accumulates.
    pub(super) fn either(is_spikes: bool, count: f64) -> Self {
        if is_spikes { Self { ac: count, mac: 0.0 } } else { Self { ac: 0.0, mac: count } }
    }

    pub(super) fn ac(count: u64) -> Self {
        Self { ac: count as f64, mac: 0.0 }
    }
}
