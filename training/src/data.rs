//! Training samples: batches of augmented images, and the split into training and validation.

use crate::kernels::Maps;
use crate::random::stream;
use anyhow::{Result, ensure};
use cospike_models::dataset::{Dataset, Unsuitable};
use cospike_sim_core::network::{Network, Shape};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// A training set in a fixed random order, the validation images last.
pub(crate) struct Samples {
    dataset: Dataset,
    /// Index into the data set of each sample.
    order: Vec<usize>,
    /// Number of training samples.
    training: usize,
    /// Hash of the data set, and what was held out of it.
    content: String,
}

/// Largest shift of an image, in pixels; equivalent to random crops of the image padded by as much.
const SHIFT: usize = 2;

/// Random change of one image.
#[derive(Clone, Copy, Default)]
struct Augmentation {
    flip: bool,
    /// Pixels by which the image moves, down and to the right.
    shift: [isize; 2],
}

impl Samples {
    /// Shuffles `dataset` and holds out `validation` images, on which every choice is made.
    pub(crate) fn new(dataset: Dataset, validation: usize, seed: u64) -> Result<Self> {
        ensure!(
            dataset.kind.steps().is_none(),
            "the data are frames, another one for each time step: the trainer takes samples that are the same in every step"
        );
        let all = dataset.len();
        ensure!(
            validation < all,
            "`validation_images` is {validation}, but there are {all} training images in all: give fewer, so that some are left to learn from"
        );
        let mut order: Vec<usize> = (0..dataset.len()).collect();
        order.shuffle(&mut stream(seed, "validation-split"));
        let training = all - validation;
        let content = format!("{} without {validation} by {seed}", dataset.blake3());
        Ok(Self { dataset, order, training, content })
    }

    /// What the samples are: two sets of the same content have the same samples in the same order.
    pub(crate) fn content(&self) -> &str {
        &self.content
    }

    /// Number of samples to train on; the validation samples follow them.
    pub(crate) fn training(&self) -> usize {
        self.training
    }

    /// Indices of the validation samples.
    pub(crate) fn validation(&self) -> Vec<usize> {
        (self.training..self.order.len()).collect()
    }

    /// Checks that `network` can learn from these samples.
    pub(crate) fn check_for(&self, network: &Network) -> std::result::Result<(), Unsuitable> {
        self.dataset.check_for(network)
    }

    /// Images with values in [0, 1].
    pub(crate) fn images(&self, indices: &[usize]) -> Maps {
        self.batch(indices, Augmentation::default)
    }

    /// Images as from [`Self::images`], each shifted by up to [`SHIFT`] pixels and flipped left to right with a probability
    /// of one half.
    pub(crate) fn augmented(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Maps {
        self.batch(indices, || {
            let mut shift = || rng.random_range(0..=2 * SHIFT) as isize - SHIFT as isize;
            Augmentation { shift: [shift(), shift()], flip: rng.random() }
        })
    }

    fn batch(&self, indices: &[usize], mut augmentation: impl FnMut() -> Augmentation) -> Maps {
        let shape = self.dataset.shape;
        let mut data = vec![0.0; indices.len() * shape.len()];
        for (&i, frame) in indices.iter().zip(data.chunks_exact_mut(shape.len())) {
            place(&self.dataset.sample_values(self.order[i]), shape, augmentation(), frame);
        }
        Maps { shape, frames: indices.len(), data }
    }

    /// Class of each sample.
    pub(crate) fn labels(&self, indices: &[usize]) -> Vec<u16> {
        indices.iter().map(|&i| self.dataset.labels[self.order[i]]).collect()
    }
}

/// Writes an image, channel by channel, to a frame, position by position.
fn place(image: &[f32], shape: Shape, how: Augmentation, frame: &mut [f32]) {
    let Shape { channels, height, width } = shape;
    let inside = |at: usize, shift: isize, side: usize| at.checked_add_signed(-shift).filter(|&i| i < side);
    for (y, row) in frame.chunks_exact_mut(width * channels).enumerate() {
        for (x, position) in row.chunks_exact_mut(channels).enumerate() {
            let x = if how.flip { width - 1 - x } else { x };
            let from = inside(y, how.shift[0], height).zip(inside(x, how.shift[1], width));
            for (c, value) in position.iter_mut().enumerate() {
                *value = from.map_or(0.0, |(y, x)| image[(c * height + y) * width + x]);
            }
        }
    }
}
