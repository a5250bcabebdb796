//! Energy of an inference.

use crate::breakdown::breakdown;

breakdown! {
    /// What the joules of an inference are spent on.
    pub enum ComputePart;

    /// Energy of an inference by what it is spent on, in joules.
    pub struct ComputeEnergy in "J" {
        /// Accumulates.
        Ac => ac, "accumulates";
        /// Multiply-accumulates.
        Mac => mac, "multiply-accumulates";
        /// Neuron updates.
        Neuron => neuron, "neuron updates";
        /// Memory traffic of weights, membranes and activations.
        Memory => memory, "memory";
        /// Other events that the price list counts: addressing, carrying spikes, events whose price covers everything; or all
        /// that a device draws while it computes, if it was measured as a whole.
        Other => other, "other events, or all in one";
    }
}

impl ComputeEnergy {
    /// Energy of all parts together.
    pub fn total(&self) -> f64 {
        self.sum()
    }

    /// This energy times `factor`.
    pub fn scaled(&self, factor: f64) -> Self {
        Self::from_fn(|part| self[part] * factor)
    }

    /// What this is beyond `earlier`, part by part; 0 where `earlier` is more.
    pub fn beyond(&self, earlier: &Self) -> Self {
        Self::from_fn(|part| (self[part] - earlier[part]).max(0.0))
    }
}
