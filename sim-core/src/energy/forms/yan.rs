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
    ///   directly coded image): `MAC (b e_bit + b_w e_w) + inputs b e_chip`; if zeros are skipped, of those that are not, and
    ///   `e_chip` more per input for a map of one bit.
    ///
    /// A quantised network of T levels has activations of `b` bits. A float one is priced as if it had, whatever it was run with.
    /// Weights have the `b_w` bits of the spiking network, or `b` as well (`matched_weights`). What a spike costs on its way is left out, in favour of the spiking
    /// network.
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
        /// Width of weights.
        weight_bits: f64, Bits;
        /// Width of a membrane.
        state_bits: f64, Bits;
        /// Whether weights that meet real values are as wide as these instead.
        matched_weights: bool, Switch;
    }
}

/// Bits of the quantised network whose activations tell as many values apart as `steps` binary steps do.
pub fn matched_bits(steps: usize) -> u32 {
    usize::BITS - steps.leading_zeros()
}

impl Yan2024 {
    /// Bits of a weight that meets real values, in a comparison with a network of T = `steps`.
    pub(in crate::energy) fn real_weight_bits(&self, steps: usize) -> f64 {
        if self.matched_weights { f64::from(matched_bits(steps)) } else { self.weight_bits }
    }

    pub(in crate::energy) fn price(&self, layer: &PricedLayer<'_>, lines: &mut Lines<'_>) {
        let counted = layer.counted;
        let counts = layer.counts();
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
        let Some(steps) = layer.steps else {
            lines.add("multiply-accumulate of unknown width", ComputePart::Mac, counts.mac as f64, ("mac", None));
            return;
        };
        let (bits, wide) = (f64::from(matched_bits(steps)), self.real_weight_bits(steps));
        let mac = counts.mac as f64;
        let weights = ("weight_traffic", self.weight_traffic);
        lines.add("bits multiplied, accumulated", ComputePart::Mac, mac * bits, ("mac", self.mac));
        lines.add("weight bits read for real values", ComputePart::Memory, mac * wide, weights);
        lines.add("activation bits moved", ComputePart::Memory, layer.real_inputs() as f64 * bits, chip);
        let map_bits = if layer.is_weighted() { counts.map_bits_read } else { 0 };
        lines.add("map bits moved", ComputePart::Memory, map_bits as f64, chip);
    }
}
