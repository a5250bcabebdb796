use super::form;
use crate::energy::ComputePart;
use crate::energy::layer::{Lines, PricedLayer};

form! {
    /// Form `chip-events`: what a chip of neurons and synapses does, by its own events. Joules of one.
    ///
    /// - A synaptic operation: a spike that meets a weight, is added by a shortcut, or enters a pool.
    /// - A neuron update is *active* if the neuron fires in that step. (The chip's authors do not say when it is; if every
    ///   update were, those that are not would cost the difference of the two prices more.)
    /// - A spike is delivered once to each layer that reads it: within a tile, and over `hops_per_spike` hops.
    ///
    /// Such chips have no operations on real values. The layers on a directly coded image, or behind an average, have
    /// them all the same: a list prices them, or names them as unpriced, and then its sums are partial.
    ChipEvents {
        /// Synaptic operation.
        synaptic_operation: f64, Picojoules;
        /// Update of a neuron that fires.
        neuron_update_active: f64, Picojoules;
        /// Update of a neuron that does not.
        neuron_update_inactive: f64, Picojoules;
        /// Delivery of a spike within a tile.
        spike_within_tile: f64, Picojoules;
        /// A spike's way to the next tile.
        hop: f64, Picojoules;
        /// Tiles from a layer to the next.
        hops_per_spike: f64, Hops;
        /// Multiply-accumulate, or addition, of real values.
        real_valued_operation: Option<f64>, Picojoules;
    }
}

impl ChipEvents {
    pub(in crate::energy) fn price(&self, layer: &PricedLayer<'_>, lines: &mut Lines<'_>) {
        let counted = layer.counted;
        let synapses = layer.synaptic_events() as f64;
        lines.add("synaptic operation", ComputePart::Ac, synapses, ("synaptic_operation", self.synaptic_operation));
        let real = layer.real_valued_operations() as f64;
        lines.add(
            "real-valued operation",
            ComputePart::Mac,
            real,
            ("real_valued_operation", self.real_valued_operation),
        );
        if !layer.is_neuron() {
            return;
        }
        let active = counted.output_events;
        let inactive = layer.counts().neuron_updates.saturating_sub(active);
        let deliveries = (active * layer.readers()) as f64;
        let mut neuron = |event, count, price| lines.add(event, ComputePart::Neuron, count, price);
        neuron("active update", active as f64, ("neuron_update_active", self.neuron_update_active));
        neuron("inactive update", inactive as f64, ("neuron_update_inactive", self.neuron_update_inactive));
        lines.add("spike within tile", ComputePart::Other, deliveries, ("spike_within_tile", self.spike_within_tile));
        lines.add("hop", ComputePart::Other, deliveries * self.hops_per_spike, ("hop", self.hop));
    }
}
