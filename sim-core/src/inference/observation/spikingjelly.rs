//! SpikingJelly 2.0.0: `ACCounter` and `MACCounter`, from `activation_based/op_counter/ac.py` and `mac.py`.

use super::layer::{LayerObservation, ToolCounts};
use super::values::Values;
use crate::network::{CellOutput, CellReset, Cells, Leak, Membrane, Neuron, Operation, Reduction, Reset};

/// A weighted layer whose input is zeros and ones counts an accumulate per (spike, weight) pair (its `SynOp` is the same
/// number), any other dense multiply-accumulates without regard to borders. Biases count nothing. (The same rule for
/// weights that are zeros and ones is left out: a network of those is not executed otherwise.)
///
/// Sums count an accumulate per element, or per spike if both sides are zeros and ones. Average pools count the additions
/// of a window, whether of spikes or not; maxima nothing. A neuron counts every addition and subtraction of its step as it
/// is written in PyTorch, see [`additions`].
pub(super) fn count(operation: Operation, layer: &LayerObservation) -> ToolCounts {
    match operation {
        Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear => {
            let is_spikes = is_binary(&layer.inputs[0]);
            ToolCounts::either(is_spikes, if is_spikes { layer.pairs } else { layer.dense } as f64)
        }
        Operation::Add if layer.inputs.iter().all(is_binary) => {
            ToolCounts::ac(layer.inputs.iter().map(|values| values.nonzero).sum())
        }
        Operation::Add => ToolCounts::ac(layer.outputs),
        Operation::Pool(pool) if pool.reduction != Reduction::Max => {
            ToolCounts::ac(layer.outputs * (pool.elements() - 1) as u64)
        }
        Operation::Neuron(neuron) => ToolCounts::ac(layer.outputs * additions(&neuron)),
        Operation::Cells(cells) => ToolCounts::ac(layer.outputs * additions_of_cells(&cells)),
        Operation::Pool(_)
        | Operation::Input
        | Operation::Activation(_)
        | Operation::Flatten
        | Operation::Concat
        | Operation::Previous
        | Operation::Scale => ToolCounts::default(),
    }
}

/// As [`additions`], of neurons as they would be written there: two more for a synaptic current.
fn additions_of_cells(cells: &Cells) -> u64 {
    let synapse = if cells.synapse { 2 } else { 0 };
    let charge = match cells.membrane {
        Membrane::Direct => 0,
        Membrane::Integrating => 1,
        Membrane::Leaky => 3,
    };
    let fire = match cells.output {
        CellOutput::Membrane => 0,
        CellOutput::Spikes { reset: CellReset::Soft, .. } => 2,
        CellOutput::Spikes { reset: CellReset::Hard, .. } => 3,
    };
    synapse + charge + fire
}

fn is_binary(values: &Values) -> bool {
    values.are_in(&[0.0, 1.0])
}

/// Element-wise additions and subtractions of one step in `_ops/{if_,lif,plif}/reference.py` and `_ops/reset.py`:
/// `v + x`, or `v + (x - (v - r)) / tau`, or `v - (v - r) / tau + x`; `h - threshold`; then `h - s * threshold`, or
/// `s * r + (1 - s) * h`.
fn additions(neuron: &Neuron) -> u64 {
    let charge = if neuron.leak == Leak::None { 1 } else { 3 };
    let reset = if neuron.reset == Reset::Soft { 1 } else { 2 };
    charge + 1 + reset
}
