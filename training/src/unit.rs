//! Training of bottleneck units behind a frozen head, whose outputs are computed once and kept.

use crate::backbone::{EVALUATION_BATCH, Trained, Workshop, trained};
use crate::data::{correct, cross_entropy};
use crate::fit::{Phase, Schedule, stream};
use crate::model::{Dynamics, Features, LossyStep, Model, scores, tensor, values};
use anyhow::Result;
use burn::tensor::{Device, Tensor};
use cospike_sim_core::network::{Network, Shape, TensorStore};

/// A network with a bottleneck unit.
pub(crate) struct UnitTask<'a> {
    /// Names the checkpoints and random streams.
    pub(crate) name: &'a str,
    pub(crate) net: &'a Network,
    /// The split point's layer, the last of the frozen head.
    pub(crate) split: usize,
    /// Last layer of the decoder.
    pub(crate) decoder: usize,
    pub(crate) dynamics: Dynamics,
    /// What the link does to the features at the cut.
    pub(crate) lossy: Option<&'a LossyStep<'a>>,
    /// Of the backbone.
    pub(crate) backbone: &'a TensorStore,
    /// Images to train on: the first so many of the training samples, each flipped or not once and for all.
    pub(crate) images: usize,
    /// Encoder and decoder, by the error of the restored features.
    pub(crate) restore: Schedule,
    /// Encoder, decoder and tail, by the class.
    pub(crate) tail: Schedule,
}

/// Outputs of the frozen head, sample by sample, time steps within a sample.
struct HeadOutputs {
    values: Vec<f32>,
    steps: usize,
    shape: Shape,
}

impl HeadOutputs {
    fn batch(&self, indices: &[usize], device: &Device) -> Features {
        let len = self.shape.len();
        let mut batch = Vec::with_capacity(indices.len() * self.steps * len);
        for t in 0..self.steps {
            for &i in indices {
                batch.extend_from_slice(&self.values[(i * self.steps + t) * len..][..len]);
            }
        }
        let Shape { channels, height, width } = self.shape;
        let tensor = tensor(batch, [indices.len() * self.steps, channels, height, width], device);
        Features { tensor, per_step: self.steps > 1 }
    }
}

impl Workshop<'_> {
    /// Trains encoder and decoder to restore the head's features, then both with the tail to classify.
    pub(crate) fn unit(&self, task: &UnitTask) -> Result<Trained> {
        let layers = task.split + 1..task.net.layers.len();
        let (restore, tail) = (format!("{}/restore", task.name), format!("{}/tail", task.name));
        let mut model = Model::new(task.net, layers.clone(), &mut stream(self.seed, task.name), &self.device);
        let in_tail =
            |name: &String| task.net.layers[layers.clone()].iter().any(|l| name.starts_with(&format!("{}.", l.name)));
        let tail_weights =
            task.backbone.iter().filter(|(k, _)| in_tail(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        model.import(task.net, &tail_weights, &self.device);

        let held_out = self.samples.validation();
        let training: Vec<usize> = (0..task.images).collect();
        let seen = self.head_outputs(task, &training, true);
        let unseen = self.head_outputs(task, &held_out, false);
        let inner = self.device.clone().inner();
        let everything: Vec<usize> = (0..held_out.len()).collect();
        let labels = self.samples.labels(&held_out);
        let phase = |name: &str, schedule| Phase {
            name: name.into(),
            seed: self.seed,
            checkpoints: self.checkpoints,
            schedule,
            samples: task.images,
        };

        let restored = |model: &Model, input: Features| {
            let target = input.clone();
            let output = task.forward(model, input, task.decoder);
            (task.rate(output) - task.rate(target)).powi_scalar(2).mean()
        };
        let (model, coarse) = phase(&restore, task.restore).run(
            model,
            |model, indices, _| restored(model, seen.batch(indices, &self.device)),
            |model| {
                let errors = everything.chunks(EVALUATION_BATCH).map(|part| {
                    f64::from(restored(model, unseen.batch(part, &inner)).into_scalar::<f32>()) * part.len() as f64
                });
                -errors.sum::<f64>() / everything.len() as f64
            },
        )?;

        let last = task.net.layers.len() - 1;
        let classified = |model: &Model, input| scores(task.forward(model, input, last), task.dynamics);
        let (model, fine) = phase(&tail, task.tail).run(
            model,
            |model, indices, _| {
                cross_entropy(classified(model, seen.batch(indices, &self.device)), &self.samples.labels(indices))
            },
            |model| {
                let right = everything.chunks(EVALUATION_BATCH).map(|part| {
                    let labels = &labels[part[0]..part[0] + part.len()];
                    correct(classified(model, unseen.batch(part, &inner)), labels)
                });
                right.sum::<usize>() as f64 / everything.len() as f64
            },
        )?;
        Ok(trained(model, &[(&restore, task.restore, coarse), (&tail, task.tail, fine)]))
    }

    /// Runs the backbone's head on the samples, with its running statistics.
    fn head_outputs(&self, task: &UnitTask, indices: &[usize], augment: bool) -> HeadOutputs {
        let device = self.device.clone().inner();
        let mut head = Model::new(task.net, 0..0, &mut stream(self.seed, "unused"), &device);
        head.import(task.net, task.backbone, &device);
        let mut rng = stream(self.seed, "head-outputs");
        let shape = task.net.layers[task.split].output;
        let steps = match task.dynamics {
            Dynamics::Steps(steps) => steps,
            Dynamics::Rate(_) => 1,
        };
        let mut outputs = Vec::with_capacity(indices.len() * steps * shape.len());
        for part in indices.chunks(EVALUATION_BATCH) {
            let images = match augment {
                true => self.samples.augmented(part, &mut rng, &device),
                false => self.samples.images(part, &device),
            };
            let input = Features { tensor: images, per_step: false };
            let output = head.forward(task.net, 1..task.split + 1, input, task.dynamics, None, &[task.split]).remove(0);
            let batch = values(output.tensor.into_data());
            for i in 0..part.len() {
                for t in 0..steps {
                    outputs.extend_from_slice(&batch[(t * part.len() + i) * shape.len()..][..shape.len()]);
                }
            }
        }
        if task.net.is_spiking() {
            // The surrogate form of a spike is exact up to rounding; what crosses to the unit is a bit.
            outputs.iter_mut().for_each(|v| *v = v.round());
        }
        HeadOutputs { values: outputs, steps, shape }
    }
}

impl UnitTask<'_> {
    fn forward(&self, model: &Model, input: Features, wanted: usize) -> Features {
        model.forward(self.net, self.split + 1..wanted + 1, input, self.dynamics, self.lossy, &[wanted]).remove(0)
    }

    /// Mean over time.
    fn rate(&self, features: Features) -> Tensor<4> {
        let [n, channels, height, width] = features.tensor.dims();
        match self.dynamics {
            Dynamics::Steps(steps) if features.per_step => {
                let batch = n / steps;
                let by_step = features.tensor.reshape([steps, batch, channels, height * width]);
                by_step.mean_dim(0).reshape([batch, channels, height, width])
            }
            _ => features.tensor,
        }
    }
}
