use super::form;
use crate::energy::ComputePart;
use crate::energy::layer::{Lines, PricedLayer};

form! {
    /// Form `operations`: `E = AC e_ac + MAC e_mac + updates e_neuron`, what most papers on spiking networks report.
    /// Memory, addressing and the way of a spike are left out, and so is the map of a machine that skips zeros. Joules of one.
    Operations {
        /// Accumulate.
        ac: f64, Picojoules;
        /// Multiply-accumulate.
        mac: f64, Picojoules;
        /// Update of a neuron in one step.
        neuron_update: f64, Picojoules;
    }
}

impl Operations {
    pub(in crate::energy) fn price(&self, layer: &PricedLayer<'_>, lines: &mut Lines<'_>) {
        let counts = layer.counts();
        lines.add("accumulate", ComputePart::Ac, counts.ac as f64, ("ac", self.ac));
        lines.add("multiply-accumulate", ComputePart::Mac, counts.mac as f64, ("mac", self.mac));
        lines.add(
            "neuron update",
            ComputePart::Neuron,
            counts.neuron_updates as f64,
            ("neuron_update", self.neuron_update),
        );
    }
}
