use super::form;
use crate::energy::ComputePart;
use crate::energy::layer::{Lines, PricedLayer};

form! {
    /// Form `yan-2024`: the model of Yan, Bai, Tang and Wong, "Reconsidering the Energy Efficiency of Spiking Neural
    /// Networks" (arXiv:2409.08290), which compares a spiking network of T steps with a quantised one of the same
    /// resolution, `b = ceil(log2(T + 1))` bits ([`matched_bits`]):
    ///
    /// - spiking: `S (e_acc + b_w e_w) + T N e_cmp + theta e_sub + 2 T N b_v e_chip`, with `S` synaptic events and
    ///   `theta` spikes;
    /// - on real values, which is all of the float network and what the spiking one has of it (the first layer of a
    ///   directly coded image): `MAC (b e_bit + b e_w) + inputs b e_chip`.
    ///
    /// The float network is priced as if its weights and activations had `b` bits, whatever it was run with. What a spike
    /// costs on its way is left out, in favour of the spiking network.
    Yan2024 {
        /// Accumulate, in joules.
        accumulate: f64, Picojoules;
        /// Comparison with the threshold, in joules.
        compare: f64, Picojoules;
        /// Subtraction that resets a neuron, in joules.
        subtract: f64, Picojoules;
        /// Multiply-accumulate, in joules per bit of the activation.
        mac: f64, PicojoulesPerBit;
        /// Fetching a weight, in joules per bit.
        weight_traffic: f64, PicojoulesPerBit;
        /// Moving membranes and activations on the chip, in joules per bit.
        on_chip_traffic: f64, PicojoulesPerBit;
        /// Width of the spiking network's weights.
        weight_bits: f64, Bits;
        /// Width of a membrane.
        state_bits: f64, Bits;
    }
}

/// Bits of the quantised network whose activations tell as many values apart as `steps` binary steps do.
pub fn matched_bits(steps: usize) -> u32 {
    usize::BITS - steps.leading_zeros()
}

impl Yan2024 {
    pub(in crate::energy) fn price(&self, layer: &PricedLayer<'_>, lines: &mut Lines<'_>) {
        let counted = layer.counted;
        let counts = &counted.counts;
        lines.add("accumulate", ComputePart::Ac, counts.ac as f64, ("accumulate", self.accumulate));
        lines.add("comparison", ComputePart::Neuron, counts.neuron_updates as f64, ("compare", self.compare));
        if layer.is_neuron() {
            lines.add("reset", ComputePart::Neuron, counted.output_events as f64, ("subtract", self.subtract));
        }
        let chip = ("on_chip_traffic", self.on_chip_traffic);
        let weights = if layer.is_weighted() { counts.ac as f64 * self.weight_bits } else { 0.0 };
        lines.add("weight bits read", ComputePart::Memory, weights, ("weight_traffic", self.weight_traffic));
        let membranes = counts.state_accesses as f64 * self.state_bits;
        lines.add("membrane bits read, written", ComputePart::Memory, membranes, chip);
        let inputs = layer.inputs() * layer.dense_passes();
        let Some(bits) = layer.steps.map(|steps| f64::from(matched_bits(steps))) else {
            lines.add("multiply-accumulate of unknown width", ComputePart::Mac, counts.mac as f64, ("mac", None));
            return;
        };
        let mac = counts.mac as f64 * bits;
        lines.add("bits multiplied, accumulated", ComputePart::Mac, mac, ("mac", self.mac));
        lines.add("matched weight bits read", ComputePart::Memory, mac, ("weight_traffic", self.weight_traffic));
        lines.add("activation bits moved", ComputePart::Memory, inputs as f64 * bits, chip);
    }
}
