use super::form;
use crate::energy::ComputePart;
use crate::energy::layer::{Lines, PricedLayer};

form! {
    /// Form `all-in`: the power of a whole chip at one operating point divided by its synaptic events. It contains
    /// neurons, memory, routing and leakage, so nothing may be added to it, and it holds at that operating point only.
    /// Joules of one.
    AllIn {
        /// Synaptic event.
        synaptic_event: f64, Picojoules;
        /// Multiply-accumulate, or addition, of real values, which such chips do not have.
        real_valued_operation: Option<f64>, Picojoules;
    }
}

impl AllIn {
    pub(in crate::energy) fn price(&self, layer: &PricedLayer<'_>, lines: &mut Lines<'_>) {
        let synapses = layer.synaptic_events() as f64;
        lines.add("synaptic event", ComputePart::Other, synapses, ("synaptic_event", self.synaptic_event));
        let real = layer.real_valued_operations() as f64;
        lines.add(
            "real-valued operation",
            ComputePart::Mac,
            real,
            ("real_valued_operation", self.real_valued_operation),
        );
    }
}
