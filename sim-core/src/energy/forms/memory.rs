use super::form;
use crate::energy::ComputePart;
use crate::energy::layer::{Lines, PricedLayer};

form! {
    /// Form `memory`: the operations, and every byte read or written at the price of the smallest memory that holds
    /// what it belongs to. Weights and inputs are not kept in registers: each operation fetches its own. Sums of layers on
    /// real values are, because these are executed output by output; a machine that skips zeros reads its map in that
    /// order.
    ///
    /// - Weights: all weights of the priced layers lie in one memory, from one inference to the next.
    /// - Membranes: one layer's at a time, because a layer runs all its steps before the next.
    /// - Activations: the inputs, or the outputs, of one layer.
    ///
    /// A membrane is read and written once per update. If spikes are executed one by one, as they come, it also is for each
    /// spike that meets one of its weights; if neurons are executed one after the other, each with all spikes that reach it
    /// in a step, it stays in a register meanwhile (`membranes_in_registers`).
    ///
    /// A spike moves as an address of `ceil(log2 n)` bits in whole bytes, `n` the neurons of its layer; a real value as
    /// `value_bytes`.
    Memory {
        /// Accumulate, in joules.
        ac: f64, Picojoules;
        /// Multiply-accumulate, in joules.
        mac: f64, Picojoules;
        /// Update of a neuron in one step, in joules.
        neuron_update: f64, Picojoules;
        /// SRAM of up to 8 KiB, in joules per bit.
        sram_8_kib: f64, PicojoulesPer64Bits;
        /// SRAM of up to 32 KiB, in joules per bit.
        sram_32_kib: f64, PicojoulesPer64Bits;
        /// SRAM of up to 1 MiB, in joules per bit.
        sram_1_mib: f64, PicojoulesPer64Bits;
        /// Everything larger, in joules per bit.
        dram: f64, PicojoulesPer64Bits;
        /// Size of a weight and of a real-valued activation.
        value_bytes: f64, Bytes;
        /// Size of a membrane.
        state_bytes: f64, Bytes;
        /// Whether a membrane stays in a register for its neuron's whole fan-in of a step.
        membranes_in_registers: bool, Switch;
    }
}

impl Memory {
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
        let mut move_bytes = |event, values: u64, bytes: f64, (held, held_bytes): (u64, f64)| {
            let held_bytes = held as f64 * held_bytes;
            lines.add_accesses(event, values as f64 * bytes, held_bytes, self.byte_in(held_bytes));
        };
        let (inputs, outputs, value) = (layer.inputs(), layer.outputs(), self.value_bytes);
        let read = if layer.on_spikes() { address_bytes(inputs) } else { value };
        let written = if layer.is_neuron() { address_bytes(outputs) } else { value };
        move_bytes("weight bytes read", counts.weight_reads, value, (layer.all_weights, value));
        move_bytes(
            "membrane bytes read, written",
            counts.state_accesses + if self.membranes_in_registers { 0 } else { 2 * layer.events_into_membranes() },
            self.state_bytes,
            (outputs, self.state_bytes),
        );
        move_bytes("activation bytes read", counts.activation_reads, read, (inputs, value));
        move_bytes("activation bytes written", counts.activation_writes, written, (outputs, value));
        move_bytes("map bytes read", counts.map_bits_read, 0.125, (inputs, value));
        move_bytes("map bytes written", counts.map_bits_written, 0.125, (outputs, value));
    }

    /// Key and price of a byte in the smallest memory that holds `bytes`.
    fn byte_in(&self, bytes: f64) -> (&'static str, f64) {
        let (key, bit) = match bytes {
            bytes if bytes <= 8.0 * 1024.0 => ("sram_8_kib", self.sram_8_kib),
            bytes if bytes <= 32.0 * 1024.0 => ("sram_32_kib", self.sram_32_kib),
            bytes if bytes <= 1024.0 * 1024.0 => ("sram_1_mib", self.sram_1_mib),
            _ => ("dram", self.dram),
        };
        (key, 8.0 * bit)
    }
}

/// Whole bytes that tell `values` places apart.
fn address_bytes(values: u64) -> f64 {
    let bits = u64::BITS - values.saturating_sub(1).leading_zeros();
    f64::from(bits.div_ceil(8).max(1))
}
