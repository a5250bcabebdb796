//! NeuroBench 2.3.0: `SynapticOperations`, from `metrics/utils/layers/macs.py`.

use super::layer::{LayerObservation, ToolCounts};
use crate::network::Operation;

/// The layer is computed with ones for all values and weights that are not zero, so pairs with a zero on either side count
/// nothing and borders are exact. They are accumulates if every value is -1, 0 or 1. Only convolutions and linear layers
/// are hooked: transposed convolutions, pools, sums, biases and neurons of other frameworks than snnTorch count nothing.
pub(super) fn count(operation: Operation, layer: &LayerObservation) -> ToolCounts {
    match operation {
        Operation::Conv2d(_) | Operation::Linear => {
            ToolCounts::either(layer.inputs[0].are_in(&[-1.0, 0.0, 1.0]), layer.effective_pairs as f64)
        }
        _ => ToolCounts::default(),
    }
}
