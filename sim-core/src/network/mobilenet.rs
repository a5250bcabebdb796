//! MobileNets, spiking or float: depthwise-separable convolutions (V1), inverted residuals (V2).

use super::stage::{self, Block, Stage, Width};
use super::{Conv2d, Network, Nonlinearity, Operation, Shape};

/// MobileNetV1 (Howard et al., arXiv 1704.04861, table 1): a 3x3 stem, then blocks of a depthwise 3x3 and a pointwise
/// convolution, with a nonlinearity behind each, global average pool, linear classifier.
///
/// The spiking twin has its neurons where the float network has its activations, so the input of every layer but the
/// stem and the classifier is zeros and ones, the depthwise convolutions' too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MobileNetV1 {
    /// Shape of one sample.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// Channels of the stem, before the width multiplier.
    pub stem_channels: usize,
    /// Stride of the stem.
    pub stem_stride: usize,
    /// Stages of blocks.
    pub stages: &'static [Stage],
    /// Width multiplier of all channels.
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
        stages: &[Stage::new(64, 1, 1), Stage::new(128, 2, 2), Stage::new(256, 2, 2)],
        width: Width::FULL,
    };

    /// The published blocks.
    pub const STAGES: &[Stage] = &[
        Stage::new(64, 1, 1),
        Stage::new(128, 2, 2),
        Stage::new(256, 2, 2),
        Stage::new(512, 6, 2),
        Stage::new(1024, 2, 2),
    ];

    /// Builds the layer graph with `f` after every convolution. A block's layers are `depthwise`, `act1`, `pointwise`,
    /// `act2`.
    pub fn build(&self, f: Nonlinearity) -> Network {
        let mut net = Network::new("mobilenet", self.input);
        let mut at = stem(&mut net, self.width.scale(self.stem_channels), self.stem_stride, f);
        for block in stage::blocks(self.stages) {
            let depthwise = Conv2d::depthwise(net.layers[at].output, 3, block.stride, 1);
            at = net.conv_act(block.layer("depthwise"), block.layer("act1"), at, depthwise, f);
            let pointwise = Conv2d::plain(net.layers[at].output, self.width.scale(block.channels), 1, 1, 0);
            at = net.conv_act(block.layer("pointwise"), block.layer("act2"), at, pointwise, f);
            net.mark_split(block.split());
        }
        net.pooled_classifier(at, self.classes);
        net
    }
}

/// MobileNetV2 (Sandler et al., CVPR 2018, table 2): inverted residual blocks that expand to six times their channels,
/// convolve depthwise, and project back without an activation ("linear bottleneck"); blocks that keep their shape add
/// their input.
///
/// The spiking twin has a neuron behind the projection too, and in a block with a shortcut behind the sum: without it, the
/// next expansion and the cut would take real values, and nearly all multiply-accumulates of the network would stay
/// what they are. With it, the input of every layer but the stem and the classifier is zeros and ones. The price is
/// that the narrow ends of the blocks carry one bit per channel and step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MobileNetV2 {
    /// Shape of one sample.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// Stride of the stem.
    pub stem_stride: usize,
    /// Stages of blocks; the blocks of the first stage do not expand.
    pub stages: &'static [Stage],
    /// Width multiplier of all channels; the last convolution is never narrowed.
    pub width: Width,
}

impl MobileNetV2 {
    const STEM_CHANNELS: usize = 32;
    const LAST_CHANNELS: usize = 1280;
    const EXPANSION: usize = 6;

    /// The published blocks.
    pub const STAGES: &[Stage] = &[
        Stage::new(16, 1, 1),
        Stage::new(24, 2, 2),
        Stage::new(32, 3, 2),
        Stage::new(64, 4, 2),
        Stage::new(96, 3, 1),
        Stage::new(160, 3, 2),
        Stage::new(320, 1, 1),
    ];

    /// The blocks for 32x32 images: stage 2 keeps the size, as everybody's CIFAR variant has it (pytorch-cifar,
    /// pytorch-cifar-models).
    pub const STAGES_SMALL_IMAGE: &[Stage] = &[
        Stage::new(16, 1, 1),
        Stage::new(24, 2, 1),
        Stage::new(32, 3, 2),
        Stage::new(64, 4, 2),
        Stage::new(96, 3, 1),
        Stage::new(160, 3, 2),
        Stage::new(320, 1, 1),
    ];

    /// Builds the layer graph with `f` as nonlinearity. A block's layers are `expand`, `act1` (not in stage 1),
    /// `depthwise`, `act2`, `project`, with a shortcut `add`, and in the spiking twin `act3`. Behind the blocks stand
    /// `last.conv` and `last.act`, a split point called `last`.
    pub fn build(&self, f: Nonlinearity) -> Network {
        let mut net = Network::new("mobilenetv2", self.input);
        let mut at = stem(&mut net, self.width.scale(Self::STEM_CHANNELS), self.stem_stride, f);
        for block in stage::blocks(self.stages) {
            at = self.inverted_residual(&mut net, &block, at, f);
            net.mark_split(block.split());
        }
        let channels = Width(self.width.0.max(1.0)).scale(Self::LAST_CHANNELS);
        at = net.conv_act("last.conv", "last.act", at, Conv2d::plain(net.layers[at].output, channels, 1, 1, 0), f);
        net.mark_split("last");
        net.pooled_classifier(at, self.classes);
        net
    }

    fn inverted_residual(&self, net: &mut Network, block: &Block, from: usize, f: Nonlinearity) -> usize {
        let input = net.layers[from].output;
        let mut at = from;
        if block.stage > 1 {
            let expand = Conv2d::plain(input, Self::EXPANSION * input.channels, 1, 1, 0);
            at = net.conv_act(block.layer("expand"), block.layer("act1"), at, expand, f);
        }
        let depthwise = Conv2d::depthwise(net.layers[at].output, 3, block.stride, 1);
        at = net.conv_act(block.layer("depthwise"), block.layer("act2"), at, depthwise, f);
        let project = Conv2d::plain(net.layers[at].output, self.width.scale(block.channels), 1, 1, 0);
        at = net.conv(block.layer("project"), at, project);
        if project.output == input {
            at = net.push(block.layer("add"), Operation::Add, &[at, from], input);
        }
        match f {
            Nonlinearity::Spiking(_) => net.nonlinearity(block.layer("act3"), at, f),
            Nonlinearity::Float(_) => at,
        }
    }
}

/// Appends the 3x3 stem that both networks begin with.
fn stem(net: &mut Network, channels: usize, stride: usize, f: Nonlinearity) -> usize {
    let at = net.conv_act("stem.conv", "stem.act", 0, Conv2d::plain(net.input(), channels, 3, stride, 1), f);
    net.mark_split("stem");
    at
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
