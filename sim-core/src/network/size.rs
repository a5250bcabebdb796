//! How large a network is, from shapes alone: parameters, and the values that its layers emit.

use super::{Layer, Network, Operation, Signal, weight_shape};
use std::ops::Range;

/// Rule by which parameters besides the weights are counted; published totals differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterRule {
    /// As executed, batch normalisation folded: one bias per output of every layer with weights. Also that of networks
    /// published without normalisation (VGG).
    Folded,
    /// As trained: convolutions have no bias but the normalisation's gain and offset, two values per channel; a fully
    /// connected layer has a bias. The rule of torchvision's ResNets and MobileNets. Running statistics do not count.
    Normalised,
    /// As trained, with a bias in front of the normalisation too: three values per channel of a convolution, as in
    /// torchvision's VGGs with batch normalisation.
    BiasedNormalised,
}

impl Network {
    /// Parameters of `layers` by the given rule.
    ///
    /// # Panics
    /// If there are no such layers.
    pub fn parameters(&self, layers: Range<usize>, rule: ParameterRule) -> u64 {
        layers.map(|i| self.layer_parameters(i, rule)).sum()
    }

    fn layer_parameters(&self, index: usize, rule: ParameterRule) -> u64 {
        let Some((weights, _)) = weight_shape(self, index) else { return 0 };
        let layer = &self.layers[index];
        let per_channel = match (layer.operation, rule) {
            (Operation::Linear, _) | (_, ParameterRule::Folded) => 1,
            (_, ParameterRule::Normalised) => 2,
            (_, ParameterRule::BiasedNormalised) => 3,
        };
        (weights.iter().product::<usize>() + per_channel * layer.output.channels) as u64
    }

    /// For every layer the bits of its output over `steps` time steps, if it emits spikes: one per value and step, or of
    /// graded spikes as many as their largest number has digits. `None` for real values.
    pub fn spike_bits(&self, steps: usize) -> Vec<Option<u64>> {
        let bits = |(signal, values): (Signal, usize)| match signal {
            Signal::Real => None,
            Signal::Spikes { max } => Some(values as u64 * steps as u64 * u64::from(u32::BITS - max.leading_zeros())),
        };
        self.signals(Signal::Real).into_iter().zip(self.layers.iter().map(|l| l.output.len())).map(bits).collect()
    }

    /// For every layer the bits of its output, if a quantiser of several levels made it: `ceil(log2(levels + 1))` per value.
    /// `None` for spikes and other real values.
    pub fn level_bits(&self) -> Vec<Option<u64>> {
        let bits = |(index, layer): (usize, &Layer)| {
            let levels = self.levels_at(index).filter(|&levels| levels > 1)?;
            Some(layer.output.len() as u64 * u64::from(u32::BITS - levels.leading_zeros()))
        };
        self.layers.iter().enumerate().map(bits).collect()
    }
}
