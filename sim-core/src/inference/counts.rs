//! Counts of the operations that an execution did.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Operations of one inference (all its time steps), as executed.
///
/// - A weighted layer on spikes counts one accumulate (`ac`) per (spike, weight) pair that lands inside the output,
///   exactly at borders, strides and groups; zero weights count (how many fall on them: [`super::Observation`]). These are
///   the integers of SpikingJelly 2.0 (`SynOp`) and sinabs 3.1, and of NeuroBench 2.3 where no weight is zero. A graded
///   spike counts as often as its number says, because that is how often its row of weights is added.
/// - A weighted layer on real values counts dense multiply-accumulates (`mac`) by [`Network::dense_macs`], once per
///   sample if its input does not change over time, because it is computed once; so never times T in a float network.
/// - A residual sum of currents counts one `ac` per spike of a binary shortcut, or one per element if both sides are real.
///   A sum of spike trains counts nothing: it is not computed, its reader adds up both.
/// - An average or sum pool counts one `ac` per (spike or real value, window) pair; the division does not count. A maximum
///   counts nothing: of spikes it is a logical or.
/// - Biases, folded batch normalisation, flattening and activation functions (applied as their input is written) count
///   nothing.
///
/// Memory: spikes and real values are stored between layers. Changing currents that end in a neuron, directly or
/// through a residual sum, are not: they are added up in the membranes.
///
/// [`Network::dense_macs`]: crate::network::Network::dense_macs
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Number of accumulates.
    pub ac: u64,
    /// Number of multiply-accumulates.
    pub mac: u64,
    /// Neuron state updates, one per neuron and step.
    pub neuron_updates: u64,
    /// Weights fetched, in values: one per `ac` of a weighted layer and per `mac`.
    pub weight_reads: u64,
    /// Membrane values read and written, in values: two per neuron update.
    pub state_accesses: u64,
    /// Input values read: one per input spike of a weighted layer, one per `mac`, one per `ac` of a sum whose operands are
    /// stored, one per (spike or real value, window) pair of a pool, and one per update of a neuron whose current is
    /// stored because it does not change.
    pub activation_reads: u64,
    /// Output values written: one per spike of a neuron layer or of a maximum pool, one per element and step of any other
    /// layer whose output is real and stored.
    pub activation_writes: u64,
}

impl Counts {
    /// Difference from `earlier`, kind by kind; 0 where `earlier` counts more.
    pub fn beyond(&self, earlier: &Self) -> Self {
        Self {
            ac: self.ac.saturating_sub(earlier.ac),
            mac: self.mac.saturating_sub(earlier.mac),
            neuron_updates: self.neuron_updates.saturating_sub(earlier.neuron_updates),
            weight_reads: self.weight_reads.saturating_sub(earlier.weight_reads),
            state_accesses: self.state_accesses.saturating_sub(earlier.state_accesses),
            activation_reads: self.activation_reads.saturating_sub(earlier.activation_reads),
            activation_writes: self.activation_writes.saturating_sub(earlier.activation_writes),
        }
    }
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
    /// Number of input spikes over all steps; real values are not events.
    pub input_events: u64,
    /// Number of output spikes over all steps.
    pub output_events: u64,
    /// Operations of the layer.
    pub counts: Counts,
}

/// Sums counts of the same layer.
impl AddAssign for LayerCounts {
    fn add_assign(&mut self, other: Self) {
        self.input_events += other.input_events;
        self.output_events += other.output_events;
        self.counts += other.counts;
    }
}
