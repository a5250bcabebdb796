//! Training samples: batches of augmented images, and the split into training and validation.

use crate::kernels::Maps;
use crate::random::stream;
use anyhow::{Result, ensure};
use cospike_models::dataset::{Dataset, Feed, SampleKind, Unsuitable};
use cospike_sim_core::inference::Feature;
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
    /// Whether samples are changed at random to learn from.
    augmentation: bool,
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
        let all = dataset.len();
        ensure!(
            validation < all,
            "`validation_images` is {validation}, but there are {all} training images in all: give fewer, so that some are left to learn from"
        );
        let mut order: Vec<usize> = (0..dataset.len()).collect();
        order.shuffle(&mut stream(seed, "validation-split"));
        let training = all - validation;
        let content = format!("{} without {validation} by {seed}", dataset.blake3());
        let augmentation = !matches!(dataset.kind, SampleKind::Vectors | SampleKind::Signals);
        Ok(Self { dataset, order, training, content, augmentation })
    }

    /// These samples, which are learned from as they are.
    pub(crate) fn unchanged(self) -> Self {
        Self { content: format!("{} as they are", self.content), augmentation: false, ..self }
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

    /// Checks that `network` can learn from these samples, executed for as many time steps as each of `steps` says.
    pub(crate) fn check_for(
        &self,
        network: &Network,
        steps: impl IntoIterator<Item = usize>,
    ) -> std::result::Result<(), Unsuitable> {
        self.dataset.check_for(network)?;
        steps.into_iter().try_for_each(|steps| self.dataset.check_time_steps(steps))
    }

    /// How the samples reach a network.
    pub(crate) fn feed(&self) -> Feed {
        self.dataset.feed()
    }

    /// Sample `index` with its label, as a network that was prepared for [`Self::feed`] takes it.
    pub(crate) fn sample(&self, index: usize) -> (Feature, u16) {
        (self.dataset.sample(self.order[index]), self.dataset.labels[self.order[index]])
    }

    /// Values of the samples, of pixels in [0, 1]; of frames those of every time step, time outermost.
    pub(crate) fn images(&self, indices: &[usize]) -> Maps {
        self.batch(indices, Augmentation::default)
    }

    /// Values as from [`Self::images`], each image shifted by up to [`SHIFT`] pixels and flipped left to right with a probability
    /// of one half; all frames of a sample alike. Vectors and signals are left as they are: their values have no such neighbours.
    pub(crate) fn augmented(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Maps {
        if !self.augmentation {
            return self.images(indices);
        }
        self.batch(indices, || {
            let mut shift = || rng.random_range(0..=2 * SHIFT) as isize - SHIFT as isize;
            Augmentation { shift: [shift(), shift()], flip: rng.random() }
        })
    }

    fn batch(&self, indices: &[usize], mut augmentation: impl FnMut() -> Augmentation) -> Maps {
        let (shape, steps) = (self.dataset.shape, self.dataset.kind.steps().unwrap_or(1));
        let (len, frames) = (shape.len(), indices.len() * steps);
        let mut data = vec![0.0; frames * len];
        for (number, &i) in indices.iter().enumerate() {
            let (values, how) = (self.dataset.sample_values(self.order[i]), augmentation());
            for (step, image) in values.chunks_exact(len).enumerate() {
                place(image, shape, how, &mut data[(step * indices.len() + number) * len..][..len]);
            }
        }
        Maps { shape, frames, data }
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
