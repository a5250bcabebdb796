//! Residual networks (He et al., CVPR 2016), spiking or float.

use super::stage::{self, Block, Stage, Width};
use super::{Conv2d, Network, Nonlinearity, Operation, Pool2d, Reduction, Shape};

/// A residual network: a stem, stages of residual blocks, global average pool, linear classifier.
///
/// In the spiking twin with sums [before the nonlinearity](ResidualSum::BeforeNonlinearity), every layer emits zeros and
/// ones only; with [sums behind it](ResidualSum::AfterNonlinearity) it is a SEW-ResNet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResNet {
    /// Shape of one sample.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// Layers before the first block; the stem has the channels of the first stage.
    pub stem: Stem,
    /// Kind of the residual blocks.
    pub block: ResidualBlock,
    /// Stages of blocks.
    pub stages: &'static [Stage],
    /// Width multiplier of all channels.
    pub width: Width,
    /// Place at which a block adds its input.
    pub sum: ResidualSum,
}

/// The layers before the first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stem {
    /// Kernel of `stem.conv`.
    pub kernel: usize,
    /// Stride of `stem.conv`.
    pub stride: usize,
    /// Whether `stem.pool`, a 3x3 maximum with stride 2, follows. Of spikes the maximum is whether any fires: an OR.
    pub pool: bool,
}

impl Stem {
    /// For 224x224 images: 7x7 with stride 2, and the pool.
    pub const LARGE_IMAGE: Self = Self { kernel: 7, stride: 2, pool: true };
    /// For 32x32 images: 3x3, no pool.
    pub const SMALL_IMAGE: Self = Self { kernel: 3, stride: 1, pool: false };
}

/// The two residual blocks of He et al., figure 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResidualBlock {
    /// Two 3x3 convolutions, the first with the stride.
    Basic,
    /// A 1x1 convolution to the stage's channels, a 3x3 one with the stride (torchvision's "v1.5"; the paper has it one
    /// convolution earlier, with 6 % fewer multiply-accumulates in ResNet-50), a 1x1 one to four times the channels.
    /// (Not to be confused with the [bottleneck unit](super::Bottleneck) of a split network.)
    Bottleneck,
}

/// Place at which a residual block adds its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResidualSum {
    /// Behind the last convolution; the nonlinearity takes the sum. A block ends with its last `act`.
    BeforeNonlinearity,
    /// Behind the last nonlinearity: the spike-element-wise sum ("SEW ADD") of Fang et al., NeurIPS 2021. A convolution
    /// in the shortcut has a nonlinearity of its own, `down_act`. A block ends with `add`, whose output is graded:
    /// 0 to 2 behind a shortcut with a convolution, and to one more behind every further block of the stage.
    AfterNonlinearity,
}

impl ResidualBlock {
    /// Kernel, stride and channels of its convolutions.
    fn convolutions(self, channels: usize, stride: usize) -> Vec<(usize, usize, usize)> {
        match self {
            Self::Basic => vec![(3, stride, channels), (3, 1, channels)],
            Self::Bottleneck => vec![(1, 1, channels), (3, stride, channels), (1, 1, 4 * channels)],
        }
    }
}

impl ResNet {
    /// The ResNet-14 of the shipped zoo: 28x28 grey images, stride-2 stem, 16/32/64 channels.
    pub const ZOO: Self = Self {
        input: Shape::new(1, 28, 28),
        classes: 10,
        stem: Stem { kernel: 3, stride: 2, pool: false },
        block: ResidualBlock::Basic,
        stages: &[Stage::new(16, 2, 1), Stage::new(32, 2, 2), Stage::new(64, 2, 2)],
        width: Width::FULL,
        sum: ResidualSum::BeforeNonlinearity,
    };

    /// Blocks of ResNet-18.
    pub const STAGES_18: &[Stage] =
        &[Stage::new(64, 2, 1), Stage::new(128, 2, 2), Stage::new(256, 2, 2), Stage::new(512, 2, 2)];
    /// Blocks of ResNet-34 (basic) and ResNet-50 (bottleneck).
    pub const STAGES_34_50: &[Stage] =
        &[Stage::new(64, 3, 1), Stage::new(128, 4, 2), Stage::new(256, 6, 2), Stage::new(512, 3, 2)];

    /// Builds the layer graph with `f` as nonlinearity. A block's layers are `conv1`, `act1`, `conv2`, ..., the last
    /// `conv`, where the shape changes the shortcut's 1x1 convolution `down`, and `add` and the last `act` in the order of
    /// [`ResidualSum`].
    pub fn build(&self, f: Nonlinearity) -> Network {
        let mut net = Network::new(self.name(), self.input);
        let channels = self.stages.first().map_or(0, |stage| self.width.scale(stage.channels));
        let conv = Conv2d::plain(self.input, channels, self.stem.kernel, self.stem.stride, self.stem.kernel / 2);
        let mut at = net.conv_act("stem.conv", "stem.act", 0, conv, f);
        if self.stem.pool {
            at = net.pool("stem.pool", at, Pool2d::new(Reduction::Max, conv.output, 3, 2, 1));
        }
        net.mark_split("stem");
        for block in stage::blocks(self.stages) {
            at = self.residual_block(&mut net, &block, at, f);
            net.mark_split(block.split());
        }
        net.pooled_classifier(at, self.classes);
        net
    }

    /// Named by its depth, as in the paper: weighted layers on the longest path.
    fn name(&self) -> String {
        let per_block = self.block.convolutions(0, 1).len();
        let blocks: usize = self.stages.iter().map(|stage| stage.blocks).sum();
        format!("resnet{}", per_block * blocks + 2)
    }

    fn residual_block(&self, net: &mut Network, block: &Block, from: usize, f: Nonlinearity) -> usize {
        let input = net.layers[from].output;
        let convolutions = self.block.convolutions(self.width.scale(block.channels), block.stride);
        let (mut at, mut act) = (from, String::new());
        for (number, (kernel, stride, channels)) in (1..).zip(convolutions) {
            // A nonlinearity stands before every convolution but the first; the last one's place depends on the sum.
            if number > 1 {
                at = net.nonlinearity(act, at, f);
            }
            let conv = Conv2d::plain(net.layers[at].output, channels, kernel, stride, kernel / 2);
            at = net.conv(block.layer(&format!("conv{number}")), at, conv);
            act = block.layer(&format!("act{number}"));
        }
        let output = net.layers[at].output;
        if self.sum == ResidualSum::AfterNonlinearity {
            at = net.nonlinearity(&act, at, f);
        }
        let shortcut = if output == input { from } else { self.shortcut(net, block, from, output.channels, f) };
        let sum = net.push(block.layer("add"), Operation::Add, &[at, shortcut], output);
        match self.sum {
            ResidualSum::BeforeNonlinearity => net.nonlinearity(act, sum, f),
            ResidualSum::AfterNonlinearity => sum,
        }
    }

    fn shortcut(&self, net: &mut Network, block: &Block, from: usize, channels: usize, f: Nonlinearity) -> usize {
        let conv = Conv2d::plain(net.layers[from].output, channels, 1, block.stride, 0);
        let down = net.conv(block.layer("down"), from, conv);
        match self.sum {
            ResidualSum::BeforeNonlinearity => down,
            ResidualSum::AfterNonlinearity => net.nonlinearity(block.layer("down_act"), down, f),
        }
    }
}
