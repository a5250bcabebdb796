//! A layer as the forms price it: its geometry and its counts.

use super::account::AccountLine;
use super::compute::ComputePart;
use crate::inference::{Convention, Counts, LayerCounts};
use crate::network::{Leak, Membrane, Network, Operation};

/// One layer of an inference that is priced.
pub(super) struct PricedLayer<'a> {
    pub(super) network: &'a Network,
    pub(super) counted: &'a LayerCounts,
    /// Which of the operations on zeros are priced.
    pub(super) convention: Convention,
    /// Weights of all layers that are priced together: they lie in one memory.
    pub(super) all_weights: u64,
    /// T of the spiking network, or of the one that a float network is compared with.
    pub(super) steps: Option<usize>,
}

impl PricedLayer<'_> {
    fn operation(&self) -> Operation {
        self.network.layers[self.counted.layer].operation
    }

    /// The operations that are priced.
    pub(super) fn counts(&self) -> &Counts {
        self.counted.counts_under(self.convention)
    }

    pub(super) fn is_neuron(&self) -> bool {
        !self.counted.is_codec && matches!(self.operation(), Operation::Neuron(_) | Operation::Cells(_))
    }

    pub(super) fn is_leaky(&self) -> bool {
        match self.operation() {
            Operation::Neuron(neuron) => neuron.leak != Leak::None,
            Operation::Cells(cells) => cells.synapse || cells.membrane == Membrane::Leaky,
            _ => false,
        }
    }

    /// Convolution, transposed convolution or fully connected.
    pub(super) fn is_weighted(&self) -> bool {
        self.weights() > 0
    }

    /// Number of its weights; coding has none.
    pub(super) fn weights(&self) -> u64 {
        if self.counted.is_codec { 0 } else { weights(self.network, self.counted.layer) }
    }

    /// Positions of the kernel; 1 for a fully connected layer.
    pub(super) fn kernel(&self) -> u64 {
        match self.operation() {
            Operation::Conv2d(conv) | Operation::ConvTranspose2d(conv) => conv.elements() as u64,
            _ => 1,
        }
    }

    /// Values of one step of the output.
    pub(super) fn outputs(&self) -> u64 {
        self.network.layers[self.counted.layer].output.len() as u64
    }

    pub(super) fn output_channels(&self) -> u64 {
        self.network.layers[self.counted.layer].output.channels as u64
    }

    /// Values of one step of all inputs; of coding, of what is coded.
    pub(super) fn inputs(&self) -> u64 {
        if self.counted.is_codec {
            return self.outputs();
        }
        let inputs = &self.network.layers[self.counted.layer].inputs;
        inputs.iter().map(|&input| self.network.layers[input].output.len() as u64).sum()
    }

    /// Number of layers that read its output.
    pub(super) fn readers(&self) -> u64 {
        self.network.layers.iter().filter(|layer| layer.inputs.contains(&self.counted.layer)).count() as u64
    }

    /// Whether spikes came in. Of a layer that got none in any step nothing depends on it: no spike was read.
    pub(super) fn on_spikes(&self) -> bool {
        self.counted.input_events > 0
    }

    /// Real values that a weighted layer takes in, each once per time that it is computed: all of them, or those that are not
    /// zero if these are skipped.
    pub(super) fn real_inputs(&self) -> u64 {
        if self.convention == Convention::NonZero && self.is_weighted() {
            return self.counted.nonzero_inputs;
        }
        // Once, or in each step if the input changes.
        let dense = self.network.dense_macs(self.counted.layer..self.counted.layer + 1);
        self.inputs() * self.counted.with_borders.mac.checked_div(dense).unwrap_or(0)
    }

    /// Inputs of a weighted layer whose place in the output has to be found: spikes, and real values if zeros are skipped.
    pub(super) fn addressed_inputs(&self) -> u64 {
        let real = if self.convention == Convention::NonZero { self.counted.nonzero_inputs } else { 0 };
        if self.is_weighted() { self.counted.input_events + real } else { 0 }
    }

    /// Spikes that are added to a membrane: one per synaptic event, and one per spike of a shortcut whose sum is not stored.
    pub(super) fn events_into_membranes(&self) -> u64 {
        let is_stored = self.counted.counts.activation_writes > 0;
        if self.is_neuron() || (is_stored && !self.is_weighted()) { 0 } else { self.synaptic_events() }
    }

    /// Operations on real values: multiply-accumulates, and accumulates of a pool or sum whose operands are stored values.
    /// (Two currents that meet in a membrane are no operation of their own there.)
    pub(super) fn real_valued_operations(&self) -> u64 {
        let counts = self.counts();
        let adds_values = !self.is_weighted() && !self.on_spikes() && counts.activation_reads > 0;
        counts.mac + if adds_values { counts.ac } else { 0 }
    }

    /// Spikes that met a synapse: pairs of spike and weight, spikes of a shortcut, pairs of spike and window of a pool.
    pub(super) fn synaptic_events(&self) -> u64 {
        if self.is_weighted() || self.on_spikes() { self.counts().ac } else { 0 }
    }
}

/// Number of weights of layer `index` of a consistent network, without biases: a convolution uses each once per position.
pub(super) fn weights(network: &Network, index: usize) -> u64 {
    let dense = network.dense_macs(index..index + 1);
    match network.layers[index].operation {
        Operation::Conv2d(conv) => dense / conv.output.area() as u64,
        Operation::ConvTranspose2d(conv) => dense / conv.input.area() as u64,
        _ => dense,
    }
}

/// Event of every line of coding.
const CODEC: &str = "codec";

/// Collects the lines of one layer, or of coding its output.
pub(super) struct Lines<'a> {
    pub(super) layer: usize,
    pub(super) is_codec: bool,
    pub(super) lines: &'a mut Vec<AccountLine>,
}

impl Lines<'_> {
    /// Adds a line unless nothing happened.
    pub(super) fn add(
        &mut self,
        event: &'static str,
        part: ComputePart,
        count: f64,
        (key, price): (&'static str, impl Into<Option<f64>>),
    ) {
        self.push(AccountLine { layer: self.layer, event, part, count, price: price.into(), key, held_bytes: None });
    }

    /// Adds accesses to a memory that holds `held_bytes`, unless nothing happened.
    pub(super) fn add_accesses(
        &mut self,
        event: &'static str,
        count: f64,
        held_bytes: f64,
        (key, price): (&'static str, f64),
    ) {
        let (part, price, held_bytes) = (ComputePart::Memory, Some(price), Some(held_bytes));
        self.push(AccountLine { layer: self.layer, event, part, count, price, key, held_bytes });
    }

    fn push(&mut self, line: AccountLine) {
        let event = if self.is_codec { CODEC } else { line.event };
        if line.count > 0.0 {
            self.lines.push(AccountLine { event, ..line });
        }
    }
}
