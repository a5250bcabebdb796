use super::form;
use crate::energy::ComputePart;
use crate::energy::layer::{Lines, PricedLayer};

form! {
    /// Form `lemaire-2022`: the model of Lemaire et al., "An Analytical Estimation of Spiking Neural Networks Energy
    /// Efficiency", ICONIP 2022 (arXiv:2210.13107). With `theta` spikes over all steps, T steps and N neurons:
    ///
    /// - a layer on spikes: one accumulate, one weight read, one membrane read and one written per synaptic event; one
    ///   input read, 2 multiply-accumulates and one accumulate per kernel element to find addresses, per spike;
    /// - a neuron layer: `T N` membranes read and written, biases read and added, one multiply-accumulate each if it
    ///   leaks; `theta` outputs written, and as many accumulates to reset;
    /// - a layer on real values: as many weights and inputs read as multiply-accumulates, every output written once;
    /// - if zeros are skipped: 2 multiply-accumulates and one accumulate per kernel element per value that is not zero, as per
    ///   spike, and the map of the zeros, read and written in values of `value_bits`.
    ///
    /// Three corrections: synaptic events are counted exactly (inside the output; the paper's `theta k k` ignores borders
    /// and strides, and its Eq. 2.4 counts inputs of a fully connected layer too often); the reset is counted in
    /// fully connected layers too; and an access of 64 bits serves `64 / value_bits` values, where the paper charges a
    /// whole one for each. A fully connected layer is addressed as a kernel of one element, which is ours.
    Lemaire2022 {
        /// Addition, in joules.
        add: f64, Picojoules;
        /// Multiplication, in joules.
        multiply: f64, Picojoules;
        /// Access to a memory of no size, in joules per bit.
        ram_base: f64, PicojoulesPer64Bits;
        /// What the access costs more per bit that the memory holds, in joules per bit and bit.
        ram_slope: f64, PicojoulesPer64BitsAndBit;
        /// Width of weights, membranes and activations.
        value_bits: f64, Bits;
    }
}

impl Lemaire2022 {
    pub(in crate::energy) fn price(&self, layer: &PricedLayer<'_>, lines: &mut Lines<'_>) {
        let counted = layer.counted;
        let counts = layer.counts();
        let (accumulate, multiply) = (("add", self.add), ("multiply + add", self.multiply + self.add));
        let (mut ac, mut mac) = (counts.ac, counts.mac);
        if layer.is_neuron() {
            ac += counts.neuron_updates + counted.output_events;
            mac += if layer.is_leaky() { counts.neuron_updates } else { 0 };
        }
        lines.add("accumulate", ComputePart::Ac, ac as f64, accumulate);
        lines.add("multiply-accumulate", ComputePart::Mac, mac as f64, multiply);
        let addressed = layer.addressed_inputs() as f64;
        lines.add("address multiply-accumulate", ComputePart::Other, 2.0 * addressed, multiply);
        lines.add("address accumulate", ComputePart::Other, addressed * layer.kernel() as f64, accumulate);
        let mut access_words = |event, count: f64, held: u64| {
            let held_bytes = held as f64 * self.value_bits / 8.0;
            lines.add_accesses(event, count, held_bytes, ("ram_base + ram_slope", self.access_to(held)));
        };
        let words = |bits: u64| bits as f64 / self.value_bits;
        access_words("map read", words(counts.map_bits_read), layer.inputs());
        access_words("map written", words(counts.map_bits_written), layer.outputs());
        let mut access = |event, count: u64, held: u64| access_words(event, count as f64, held);
        access("weight read", counts.weight_reads, layer.weights());
        access("input read", counts.activation_reads, layer.inputs());
        if layer.is_neuron() {
            // A stored current takes the place of the bias, which is in it.
            access("bias read", counts.neuron_updates.saturating_sub(counts.activation_reads), layer.output_channels());
        }
        let into_membranes = layer.events_into_membranes() + counts.state_accesses / 2;
        access("membrane read", into_membranes, layer.outputs());
        access("membrane written", into_membranes, layer.outputs());
        access("output written", counts.activation_writes, layer.outputs());
    }

    /// Joules of one value in a memory of `values`.
    fn access_to(&self, values: u64) -> f64 {
        (self.ram_base + self.ram_slope * values as f64 * self.value_bits) * self.value_bits
    }
}
