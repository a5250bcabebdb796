//! Energy of an inference.

use std::ops::AddAssign;

/// Energy of an inference by what it is spent on, in joules.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ComputeEnergy {
    /// Accumulates.
    pub ac: f64,
    /// Multiply-accumulates.
    pub mac: f64,
    /// Neuron state updates.
    pub neuron: f64,
    /// Memory traffic: weights, membranes, activations.
    pub memory: f64,
    /// What else a price list counts: addressing, the way of a spike, events whose price covers everything.
    pub other: f64,
}

impl ComputeEnergy {
    /// All parts together.
    pub fn total(&self) -> f64 {
        self.ac + self.mac + self.neuron + self.memory + self.other
    }
}

impl ComputeEnergy {
    /// What this is beyond `earlier`, part by part; nothing where that is more.
    pub fn beyond(&self, earlier: &Self) -> Self {
        Self {
            ac: (self.ac - earlier.ac).max(0.0),
            mac: (self.mac - earlier.mac).max(0.0),
            neuron: (self.neuron - earlier.neuron).max(0.0),
            memory: (self.memory - earlier.memory).max(0.0),
            other: (self.other - earlier.other).max(0.0),
        }
    }
}

impl AddAssign for ComputeEnergy {
    fn add_assign(&mut self, more: Self) {
        self.ac += more.ac;
        self.mac += more.mac;
        self.neuron += more.neuron;
        self.memory += more.memory;
        self.other += more.other;
    }
}
