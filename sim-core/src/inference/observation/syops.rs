//! syops 0.0.5: the hooks of `ops.py`.

use super::layer::{LayerObservation, ToolCounts};
use crate::network::{Activation, Operation, Pool2d, Reduction};

/// Every hook counts the layer's dense operations, bias included, borders not regarded. Where the input has at most two
/// different values, all from 0 to 1, they are accumulates times the mean of the input; otherwise multiply-accumulates.
///
/// A transposed convolution is counted with its output's positions like a plain one, so the square of the stride too
/// often. A linear layer's bias counts once per call, not per sample or step. Pools count their input. A neuron counts an
/// accumulate per element and step, a ReLU or ReLU6 a multiply-accumulate per element. Sums are not seen by hooks, sum pools
/// and other activations are not modules that it knows.
pub(super) fn count(operation: Operation, layer: &LayerObservation) -> ToolCounts {
    let dense = match operation {
        Operation::Conv2d(conv) | Operation::ConvTranspose2d(conv) => {
            let per_output = conv.elements() * (conv.input.channels / conv.groups);
            layer.outputs * (per_output as u64 + u64::from(layer.has_bias))
        }
        Operation::Linear => layer.dense + if layer.has_bias { layer.channels } else { 0 },
        Operation::Pool(Pool2d { reduction: Reduction::Average | Reduction::Max, .. }) => layer.inputs[0].count,
        Operation::Neuron(_) | Operation::Cells(_) => return ToolCounts::ac(layer.outputs),
        Operation::Activation(Activation::Relu) | Operation::Activation(Activation::Clip { max: 6.0 }) => {
            return ToolCounts { ac: 0.0, mac: layer.outputs as f64 };
        }
        Operation::Input
        | Operation::Activation(_)
        | Operation::Pool(_)
        | Operation::Add
        | Operation::Flatten
        | Operation::Concat
        | Operation::Previous
        | Operation::Scale => 0,
    };
    match layer.inputs.first() {
        Some(input) if input.are_two_in_unit_range() => ToolCounts::either(true, dense as f64 * input.mean()),
        _ => ToolCounts::either(false, dense as f64),
    }
}
