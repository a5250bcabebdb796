//! Training samples: batches of augmented images, and the split into training and validation.

use crate::fit::stream;
use crate::model::tensor;
use burn::tensor::{Device, Tensor};
use cospike_scenarios::dataset::Dataset;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// A training set in a fixed random order, the validation images last.
pub(crate) struct Samples {
    dataset: Dataset,
    order: Vec<usize>,
    training: usize,
}

impl Samples {
    /// Holds out `validation` images to make every choice on.
    pub(crate) fn new(dataset: Dataset, validation: usize, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..dataset.len()).collect();
        order.shuffle(&mut stream(seed, "validation-split"));
        let training = order.len().saturating_sub(validation);
        Self { dataset, order, training }
    }

    /// Number of samples to train on; the validation samples follow them.
    pub(crate) fn training(&self) -> usize {
        self.training
    }

    /// Indices of the validation samples.
    pub(crate) fn validation(&self) -> Vec<usize> {
        (self.training..self.order.len()).collect()
    }

    /// Images `[n, 1, h, w]` with values in [0, 1].
    pub(crate) fn images(&self, indices: &[usize], device: &Device) -> Tensor<4> {
        let pixels = indices.iter().flat_map(|&i| self.dataset.image(self.order[i]));
        self.batch(pixels.map(unit).collect(), device)
    }

    /// As [`Self::images`], each flipped left to right with probability one half.
    pub(crate) fn augmented(&self, indices: &[usize], rng: &mut ChaCha8Rng, device: &Device) -> Tensor<4> {
        let mut values = Vec::with_capacity(indices.len() * self.dataset.shape.len());
        for &i in indices {
            let flip = rng.random::<bool>();
            for row in self.dataset.image(self.order[i]).chunks_exact(self.dataset.shape.width) {
                match flip {
                    true => values.extend(row.iter().rev().map(unit)),
                    false => values.extend(row.iter().map(unit)),
                }
            }
        }
        self.batch(values, device)
    }

    fn batch(&self, values: Vec<f32>, device: &Device) -> Tensor<4> {
        let shape = self.dataset.shape;
        let images = values.len() / shape.len();
        tensor(values, [images, shape.channels, shape.height, shape.width], device)
    }

    /// Classes of the samples.
    pub(crate) fn labels(&self, indices: &[usize]) -> Vec<u8> {
        indices.iter().map(|&i| self.dataset.labels[self.order[i]]).collect()
    }
}

fn unit(pixel: &u8) -> f32 {
    f32::from(*pixel) / 255.0
}

/// Probability that label smoothing takes from the true class and spreads over all (Szegedy et al., CVPR 2016).
const SMOOTHING: f32 = 0.05;

/// Mean cross-entropy of class scores `[n, classes]` against smoothed labels.
pub(crate) fn cross_entropy(scores: Tensor<2>, labels: &[u8]) -> Tensor<1> {
    let [n, classes] = scores.dims();
    let mut targets = vec![SMOOTHING / classes as f32; n * classes];
    for (i, &label) in labels.iter().enumerate() {
        targets[i * classes + usize::from(label)] += 1.0 - SMOOTHING;
    }
    let targets = tensor(targets, [n, classes], &scores.device());
    (burn::tensor::activation::log_softmax(scores, 1) * targets).sum().neg() / n as f32
}

/// How many of the samples have their largest score at their label.
pub(crate) fn correct(scores: Tensor<2>, labels: &[u8]) -> usize {
    let answers = scores.argmax(1).into_data().convert::<i64>();
    let answers = answers.try_to_vec::<i64>().expect("converted to i64 just above");
    answers.iter().zip(labels).filter(|&(&a, &l)| a == i64::from(l)).count()
}
