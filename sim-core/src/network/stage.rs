//! Shared by the convolutional backbones: stages of blocks, and a width multiplier.
//!
//! Names follow one rule, in files of weights too. A layer is called `PART.LAYER`, where the part is `stem`, block `B` of
//! stage `S` as `stageS.B` (stages count from 1, blocks from 0), `last`, or none for `pool`, `fc1`, `fc2` and the classifier
//! `fc`. Its tensors are `PART.LAYER.weight` and so on, see [`super::Weights::from_store`]. Split points are `input`,
//! `stem`, the end of every block as `stageS.B`, but the end of a stage as `stageS`, and `output`; further ones are listed
//! with the architecture that has them.

/// Blocks of one width and, but for the first block's stride, one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Number of channels before the width multiplier; in a residual bottleneck block, those of its 3x3 convolution.
    pub channels: usize,
    /// Number of blocks.
    pub blocks: usize,
    /// Stride of the first block.
    pub stride: usize,
}

impl Stage {
    /// A stage of `blocks` blocks of `channels` channels, the first with `stride`.
    pub const fn new(channels: usize, blocks: usize, stride: usize) -> Self {
        Self { channels, blocks, stride }
    }
}

/// Every block of `stages`, in order.
pub(super) fn blocks(stages: &[Stage]) -> impl Iterator<Item = Block> + '_ {
    stages.iter().zip(1..).flat_map(|(stage, number)| {
        (0..stage.blocks).map(move |block| Block {
            stage: number,
            name: format!("stage{number}.{block}"),
            last: block + 1 == stage.blocks,
            channels: stage.channels,
            stride: if block == 0 { stage.stride } else { 1 },
        })
    })
}

/// One block of a stage.
pub(super) struct Block {
    /// Number of its stage, from 1.
    pub(super) stage: usize,
    /// `stageS.B`, the prefix of its layers' names.
    pub(super) name: String,
    /// Whether it is the last of its stage.
    pub(super) last: bool,
    /// Channels of its stage, before the width multiplier.
    pub(super) channels: usize,
    /// Stride of the block.
    pub(super) stride: usize,
}

impl Block {
    /// Name of its layer `layer`.
    pub(super) fn layer(&self, layer: &str) -> String {
        format!("{}.{layer}", self.name)
    }

    /// Name of the split point at its end: the stage's behind the last block, the block's behind the others.
    pub(super) fn split(&self) -> String {
        if self.last { format!("stage{}", self.stage) } else { self.name.clone() }
    }
}

/// Width multiplier (Howard et al., arXiv 1704.04861, section 3.3): what every number of channels is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Width(pub f64);

impl Width {
    /// The published width.
    pub const FULL: Self = Self(1.0);

    /// `channels` at this width: the nearest multiple of 8, at least 8, and not below 90 % of the product, as in
    /// TensorFlow's reference implementation of MobileNetV2 (`_make_divisible`). The published width stays as it is.
    pub fn scale(self, channels: usize) -> usize {
        if self == Self::FULL {
            return channels;
        }
        let wanted = self.0 * channels as f64;
        let nearest = ((wanted / 8.0 + 0.5).floor() * 8.0).max(8.0);
        (if nearest < 0.9 * wanted { nearest + 8.0 } else { nearest }) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Channels of torchvision's `mobilenet_v2(width_mult)`.
    #[test]
    fn width_rounds_as_the_reference_implementation_does() {
        let at = |width: f64| [16, 24, 32, 64, 96, 160, 320].map(|channels| Width(width).scale(channels));
        assert_eq!(at(1.0), [16, 24, 32, 64, 96, 160, 320]);
        assert_eq!(at(0.75), [16, 24, 24, 48, 72, 120, 240]);
        assert_eq!(at(0.5), [8, 16, 16, 32, 48, 80, 160]);
        assert_eq!(at(0.35), [8, 8, 16, 24, 32, 56, 112]);
        assert_eq!(at(1.4), [24, 32, 48, 88, 136, 224, 448]);
        assert_eq!(Width::FULL.scale(70), 70);
    }
}
