//! What an execution did, as counts of operations.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Operations of one inference (all its time steps), as executed.
///
/// - A layer whose input is binary counts one accumulate (`ac`) per (spike, weight) pair that lands inside the
///   output, exactly at borders and strides; zero weights count.
/// - A layer whose input is real-valued counts dense multiply-accumulates (`mac`), once per sample if the input is
///   constant over time, because it is computed once; never multiplied by T in a float network.
/// - Biases and folded batch normalisation are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Accumulates (synaptic operations of binary inputs, element-wise sums, spikes added up by pooling).
    pub ac: u64,
    /// Multiply-accumulates (layers with real-valued input).
    pub mac: u64,
    /// Neuron state updates, one per neuron and step.
    pub neuron_updates: u64,
    /// Weights fetched, in values: one per `ac` of a convolution or linear layer and per `mac`.
    pub weight_reads: u64,
    /// Membrane values read and written, in values: two per neuron update.
    pub state_accesses: u64,
    /// Input values read: one per input spike of a binary layer, one per `mac` of a real-valued one.
    pub activation_reads: u64,
    /// Output values written: one per spike of a spiking layer, one per element of a float layer.
    pub activation_writes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.ac += other.ac;
        self.mac += other.mac;
        self.neuron_updates += other.neuron_updates;
        self.weight_reads += other.weight_reads;
        self.state_accesses += other.state_accesses;
        self.activation_reads += other.activation_reads;
        self.activation_writes += other.activation_writes;
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

/// Counts of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerCounts {
    /// Index of the layer in its network.
    pub layer: usize,
    /// Non-zero values that came in, over all steps.
    pub input_events: u64,
    /// Non-zero values that went out, over all steps.
    pub output_events: u64,
    /// Its operations.
    pub counts: Counts,
}
