//! Residual networks of basic blocks (He et al., CVPR 2016), spiking or float.

use super::graph::OUTPUT;
use super::{Conv2d, Network, Nonlinearity, Operation, Pool2d, Reduction, Shape};

/// A small residual network: a 3x3 stem, three stages of basic blocks, global average pool, linear classifier.
/// The sum of a block is taken before its nonlinearity, so every spiking layer emits zeros and ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResNet {
    /// Shape of a sample.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// Stride of the stem.
    pub stem_stride: usize,
    /// Channels of the three stages; stages 2 and 3 halve height and width.
    pub channels: [usize; 3],
    /// Basic blocks per stage.
    pub blocks: usize,
}

impl ResNet {
    /// The ResNet-14 of the shipped zoo: 28x28 grey images, stride-2 stem, 16/32/64 channels.
    pub const ZOO: Self =
        Self { input: Shape::new(1, 28, 28), classes: 10, stem_stride: 2, channels: [16, 32, 64], blocks: 2 };

    /// Builds the layer graph with `f` after every convolution and sum. Split points: `input`, `stem`,
    /// `stage1`, `stage2`, `stage3`, `output`.
    pub fn build(&self, f: Nonlinearity) -> Network {
        let mut net = Network::new("resnet14", self.input);
        let stem = Conv2d::plain(self.input, self.channels[0], 3, self.stem_stride, 1);
        let conv = net.conv("stem.conv", 0, stem);
        let mut at = net.nonlinearity("stem.act", conv, f);
        net.mark_split("stem");
        for (stage, &channels) in self.channels.iter().enumerate() {
            for block in 0..self.blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                at = basic_block(&mut net, &format!("stage{}.{block}", stage + 1), at, channels, stride, f);
            }
            net.mark_split(format!("stage{}", stage + 1));
        }
        at = net.pool("pool", at, Pool2d::global(Reduction::Average, net.layers[at].output));
        net.push("fc", Operation::Linear, &[at], Shape::vector(self.classes));
        net.mark_split(OUTPUT);
        net
    }
}

fn basic_block(net: &mut Network, name: &str, from: usize, channels: usize, stride: usize, f: Nonlinearity) -> usize {
    let input = net.layers[from].output;
    let conv1 = net.conv(format!("{name}.conv1"), from, Conv2d::plain(input, channels, 3, stride, 1));
    let act1 = net.nonlinearity(format!("{name}.act1"), conv1, f);
    let middle = net.layers[act1].output;
    let conv2 = net.conv(format!("{name}.conv2"), act1, Conv2d::plain(middle, channels, 3, 1, 1));
    let shortcut = if stride == 1 && input.channels == channels {
        from
    } else {
        net.conv(format!("{name}.down"), from, Conv2d::plain(input, channels, 1, stride, 0))
    };
    let sum = net.push(format!("{name}.add"), Operation::Add, &[conv2, shortcut], middle);
    net.nonlinearity(format!("{name}.act2"), sum, f)
}
