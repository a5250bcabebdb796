//! VGG networks, spiking or float.

use super::graph::OUTPUT;
use super::stage::{self, Stage, Width};
use super::{Conv2d, Network, Nonlinearity, Operation, Pool2d, Reduction, Shape};

/// A VGG network (Simonyan and Zisserman, ICLR 2015, table 1): stages of 3x3 convolutions with a nonlinearity behind each,
/// a 2x2 maximum pool behind every stage, fully connected layers. (Like every network here it is one with batch
/// normalisation, torchvision's `vgg11_bn` and `vgg16_bn`, once weights with normalisation are loaded.)
///
/// In the spiking twin the maximum is whether any spike fires, an OR: every layer behind the first convolution works on
/// zeros and ones, the classifier too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vgg {
    /// Shape of one sample.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    /// The convolutions; their blocks have one each.
    pub stages: &'static [Stage],
    /// Features of the fully connected layers before the classifier.
    pub hidden: &'static [usize],
    /// Width multiplier of all channels and features.
    pub width: Width,
}

impl Vgg {
    /// Convolutions of VGG-11, the paper's configuration A.
    pub const STAGES_11: &[Stage] = &[
        Stage::new(64, 1, 1),
        Stage::new(128, 1, 1),
        Stage::new(256, 2, 1),
        Stage::new(512, 2, 1),
        Stage::new(512, 2, 1),
    ];
    /// Convolutions of VGG-16, the paper's configuration D.
    pub const STAGES_16: &[Stage] = &[
        Stage::new(64, 2, 1),
        Stage::new(128, 2, 1),
        Stage::new(256, 3, 1),
        Stage::new(512, 3, 1),
        Stage::new(512, 3, 1),
    ];
    /// The two fully connected layers of the paper.
    pub const HIDDEN: &[usize] = &[4096, 4096];

    /// Builds the layer graph with `f` as nonlinearity. A block's layers are `conv` and `act`, a stage ends with
    /// `stageS.pool`; then follow `fc1`, `fc1_act`, ..., and `fc`. Every convolution's end is the split point `stageS.B`, the
    /// pool's `stageS`, a hidden layer's `fc1` or `fc2`.
    pub fn build(&self, f: Nonlinearity) -> Network {
        let mut net = Network::new("vgg", self.input);
        let mut at = 0;
        for block in stage::blocks(self.stages) {
            let conv = Conv2d::plain(net.layers[at].output, self.width.scale(block.channels), 3, block.stride, 1);
            at = net.conv_act(block.layer("conv"), block.layer("act"), at, conv, f);
            net.mark_split(block.name.clone());
            if block.last {
                let pool = Pool2d::new(Reduction::Max, conv.output, 2, 2, 0);
                at = net.pool(format!("stage{}.pool", block.stage), at, pool);
                net.mark_split(block.split());
            }
        }
        for (&features, number) in self.hidden.iter().zip(1..) {
            let output = Shape::vector(self.width.scale(features));
            let linear = net.push(format!("fc{number}"), Operation::Linear, &[at], output);
            at = net.nonlinearity(format!("fc{number}_act"), linear, f);
            net.mark_split(format!("fc{number}"));
        }
        net.push("fc", Operation::Linear, &[at], Shape::vector(self.classes));
        net.mark_split(OUTPUT);
        net
    }
}
