//! What the convolutional backbones have in common: stages of blocks, and a width multiplier.

/// Blocks of one width. The first block of every stage but the first halves height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Channels, before the width multiplier. (Of a residual bottleneck block: of its 3x3 convolution.)
    pub channels: usize,
    /// Number of blocks.
    pub blocks: usize,
}

impl Stage {
    pub(super) const fn new(channels: usize, blocks: usize) -> Self {
        Self { channels, blocks }
    }
}

/// Every block of `stages` in order: its stage and place in it, both as in its name `stageS.B`, and its stride.
pub(super) fn blocks(stages: &[Stage]) -> impl Iterator<Item = Block> + '_ {
    stages.iter().enumerate().flat_map(|(s, stage)| {
        (0..stage.blocks).map(move |b| Block {
            name: format!("stage{}.{b}", s + 1),
            split: if b + 1 == stage.blocks { format!("stage{}", s + 1) } else { format!("stage{}.{b}", s + 1) },
            channels: stage.channels,
            stride: if s > 0 && b == 0 { 2 } else { 1 },
        })
    })
}

/// One block of a stage.
pub(super) struct Block {
    /// Prefix of its layers' names.
    pub(super) name: String,
    /// Name of the split point at its end: the stage's behind the last block, the block's behind the others.
    pub(super) split: String,
    /// Channels of its stage.
    pub(super) channels: usize,
    /// Its stride.
    pub(super) stride: usize,
}

/// Width multiplier (Howard et al., arXiv 1704.04861, section 3.3): what every number of channels is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Width(pub f64);

impl Width {
    /// As published.
    pub const FULL: Self = Self(1.0);

    /// `channels` at this width: the nearest multiple of 8, at least 8, and not below 90 % of the product, as in
    /// TensorFlow's reference implementation of MobileNetV2 (`_make_divisible`). The published width stays as it is.
    pub fn of(self, channels: usize) -> usize {
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
        let at = |width: f64| [16, 24, 32, 64, 96, 160, 320].map(|channels| Width(width).of(channels));
        assert_eq!(at(1.0), [16, 24, 32, 64, 96, 160, 320]);
        assert_eq!(at(0.75), [16, 24, 24, 48, 72, 120, 240]);
        assert_eq!(at(0.5), [8, 16, 16, 32, 48, 80, 160]);
        assert_eq!(at(0.35), [8, 8, 16, 24, 32, 56, 112]);
        assert_eq!(at(1.4), [24, 32, 48, 88, 136, 224, 448]);
        assert_eq!(Width::FULL.of(70), 70);
    }
}
