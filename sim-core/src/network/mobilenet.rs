//! MobileNets, spiking or float: depthwise-separable convolutions (V1).

use super::stage::{self, Stage, Width};
use super::{Conv2d, Network, Nonlinearity, Shape};

/// MobileNetV1 (Howard et al., arXiv 1704.04861, table 1): a 3x3 stem, then blocks of a depthwise 3x3 and a pointwise
/// convolution, with a nonlinearity behind each, global average pool, linear classifier.
///
/// The spiking twin has its neurons where the float network has its activations, so the input of every layer but the
/// stem and the classifier is zeros and ones, the depthwise convolutions' too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MobileNetV1 {
    /// Shape of a sample.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// Channels of the stem.
    pub stem_channels: usize,
    /// Stride of the stem.
    pub stem_stride: usize,
    /// The blocks.
    pub stages: &'static [Stage],
    /// What all channels are multiplied by.
    pub width: Width,
}

impl MobileNetV1 {
    /// The small MobileNet of the zoo, for 28x28 grey images: 3.4 M multiply-accumulates, stem 32 channels at 14x14, then
    /// 64 at 14x14, 128 at 7x7 and 256 at 4x4. Like the zoo's ResNet-14 it halves the image in the stem, so the
    /// two differ in their blocks alone; it is twice as wide, because a depthwise kernel sees nine spikes at most.
    pub const ZOO: Self = Self {
        input: Shape::new(1, 28, 28),
        classes: 10,
        stem_channels: 32,
        stem_stride: 2,
        stages: &[Stage::new(64, 1), Stage::new(128, 2), Stage::new(256, 2)],
        width: Width::FULL,
    };

    /// Builds the layer graph with `f` after every convolution.
    ///
    /// Layers: `stem.conv`, `stem.act`; of each block `stageS.B.depthwise`, `.act1`, `.pointwise`, `.act2`; `pool`, `fc`.
    /// Split points: `input`, `stem`, the end of every block (`stageS.B`, or `stageS` behind the last of a stage),
    /// `output`.
    pub fn build(&self, f: Nonlinearity) -> Network {
        let mut net = Network::new("mobilenet", self.input);
        let stem = Conv2d::plain(self.input, self.width.of(self.stem_channels), 3, self.stem_stride, 1);
        let mut at = net.conv_act("stem.conv", "stem.act", 0, stem, f);
        net.mark_split("stem");
        for block in stage::blocks(self.stages) {
            let name = |layer: &str| format!("{}.{layer}", block.name);
            let depthwise = Conv2d::depthwise(net.layers[at].output, 3, block.stride, 1);
            at = net.conv_act(name("depthwise"), name("act1"), at, depthwise, f);
            let pointwise = Conv2d::plain(net.layers[at].output, self.width.of(block.channels), 1, 1, 0);
            at = net.conv_act(name("pointwise"), name("act2"), at, pointwise, f);
            net.mark_split(block.split);
        }
        net.pooled_classifier(at, self.classes);
        net
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Activation, Neuron};
    use super::*;

    #[test]
    fn the_mobilenet_of_the_zoo_is_as_documented() {
        for f in [Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE), Nonlinearity::Float(Activation::Relu)] {
            let net = MobileNetV1::ZOO.build(f);
            net.check().unwrap();
            // 3x3 convolutions at 14, 7 and 4 rows, pointwise ones behind them, 256 x 10.
            let depthwise = 9 * (32 * 196 + 64 * 49 + 128 * 49 + 128 * 16 + 256 * 16);
            let pointwise = 196 * 32 * 64 + 49 * (64 * 128 + 128 * 128) + 16 * (128 * 256 + 256 * 256);
            assert_eq!(net.dense_macs(0..net.layers.len()), 9 * 32 * 196 + depthwise + pointwise + 2560);
            let splits: Vec<_> =
                net.split_points.iter().map(|s| (s.name.as_str(), net.layers[s.layer].output)).collect();
            let expected = [
                ("input", Shape::new(1, 28, 28)),
                ("stem", Shape::new(32, 14, 14)),
                ("stage1", Shape::new(64, 14, 14)),
                ("stage2.0", Shape::new(128, 7, 7)),
                ("stage2", Shape::new(128, 7, 7)),
                ("stage3.0", Shape::new(256, 4, 4)),
                ("stage3", Shape::new(256, 4, 4)),
                ("output", Shape::vector(10)),
            ];
            assert_eq!(splits, expected);
        }
    }
}
