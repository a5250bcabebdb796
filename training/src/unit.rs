//! Training of bottleneck units behind a frozen head, whose outputs are computed once and kept.

use crate::backbone::{EVALUATION_BATCH, Trained, Workshop, trained};
use crate::data::{correct, cross_entropy};
use crate::fit::{Phase, Progress, Schedule, stream};
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
    /// Time steps of a spiking network, 1 of a float one.
    pub(crate) steps: usize,
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

/// A unit's task with the samples it needs.
struct UnitTraining<'a> {
    workshop: &'a Workshop<'a>,
    task: &'a UnitTask<'a>,
    seen: HeadOutputs,
    unseen: HeadOutputs,
    /// Classes of the unseen samples.
    labels: Vec<u8>,
}

impl Workshop<'_> {
    /// Trains encoder and decoder to restore the head's features, then both with the tail to classify.
    pub(crate) fn unit(&self, task: &UnitTask) -> Result<Trained> {
        let held_out = self.samples.validation();
        let training: Vec<usize> = (0..task.images).collect();
        let of = UnitTraining {
            workshop: self,
            task,
            seen: self.head_outputs(task, &training, true),
            unseen: self.head_outputs(task, &held_out, false),
            labels: self.samples.labels(&held_out),
        };
        let (model, restore) = of.restore(self.untrained_unit(task))?;
        let (model, tail) = of.classify(model)?;
        Ok(trained(model, &[("restore", task.restore, restore), ("tail", task.tail, tail)]))
    }

    /// A fresh encoder and decoder before the backbone's tail.
    fn untrained_unit(&self, task: &UnitTask) -> Model {
        let layers = task.split + 1..task.net.layers.len();
        let mut model = Model::new(task.net, layers.clone(), &mut stream(self.seed, task.name), &self.device);
        let names: Vec<String> = task.net.layers[layers].iter().map(|layer| format!("{}.", layer.name)).collect();
        let in_tail = |tensor: &&String| names.iter().any(|name| tensor.starts_with(name));
        let tail = task.backbone.keys().filter(in_tail).map(|key| (key.clone(), task.backbone[key].clone()));
        model.import(task.net, &tail.collect(), &self.device);
        model
    }

    /// Runs the backbone's head on the samples, with its running statistics.
    fn head_outputs(&self, task: &UnitTask, indices: &[usize], augment: bool) -> HeadOutputs {
        let device = self.device.clone().inner();
        let mut head = Model::new(task.net, 0..0, &mut stream(self.seed, "unused"), &device);
        head.import(task.net, task.backbone, &device);
        let mut rng = stream(self.seed, "head-outputs");
        let shape = task.net.layers[task.split].output;
        let steps = task.steps;
        let mut outputs = Vec::with_capacity(indices.len() * steps * shape.len());
        for part in indices.chunks(EVALUATION_BATCH) {
            let images = match augment {
                true => self.samples.augmented(part, &mut rng, &device),
                false => self.samples.images(part, &device),
            };
            let input = Features { tensor: images, per_step: false };
            let output =
                head.forward(task.net, 1..task.split + 1, input, Dynamics::Steps(steps), None, &[task.split]).remove(0);
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

impl UnitTraining<'_> {
    fn restore(&self, model: Model) -> Result<(Model, Progress)> {
        let error = |model: &Model, input: Features| {
            let (target, output) = (input.clone(), self.task.forward(model, input, self.task.decoder));
            (rate(output, self.task.steps) - rate(target, self.task.steps)).powi_scalar(2).mean()
        };
        self.phase("restore", self.task.restore).run(
            model,
            |model, indices, _| error(model, self.seen.batch(indices, &self.workshop.device)),
            |model| {
                let errors = self
                    .unseen_batches()
                    .map(|(batch, labels)| f64::from(error(model, batch).into_scalar::<f32>()) * labels.len() as f64);
                -errors.sum::<f64>() / self.labels.len() as f64
            },
        )
    }

    fn classify(&self, model: Model) -> Result<(Model, Progress)> {
        let last = self.task.net.layers.len() - 1;
        let classified = |model: &Model, input| scores(self.task.forward(model, input, last), self.task.dynamics());
        self.phase("tail", self.task.tail).run(
            model,
            |model, indices, _| {
                let input = self.seen.batch(indices, &self.workshop.device);
                cross_entropy(classified(model, input), &self.workshop.samples.labels(indices))
            },
            |model| {
                let right = self.unseen_batches().map(|(batch, labels)| correct(classified(model, batch), labels));
                right.sum::<usize>() as f64 / self.labels.len() as f64
            },
        )
    }

    fn phase(&self, name: &str, schedule: Schedule) -> Phase<'_> {
        Phase {
            name: format!("{}/{name}", self.task.name),
            seed: self.workshop.seed,
            checkpoints: self.workshop.checkpoints,
            schedule,
            samples: self.task.images,
        }
    }

    fn unseen_batches(&self) -> impl Iterator<Item = (Features, &[u8])> {
        let device = self.workshop.device.clone().inner();
        self.labels.chunks(EVALUATION_BATCH).enumerate().map(move |(number, labels)| {
            let first = number * EVALUATION_BATCH;
            let indices: Vec<usize> = (first..first + labels.len()).collect();
            (self.unseen.batch(&indices, &device), labels)
        })
    }
}

impl UnitTask<'_> {
    fn dynamics(&self) -> Dynamics {
        Dynamics::Steps(self.steps)
    }

    fn forward(&self, model: &Model, input: Features, wanted: usize) -> Features {
        model.forward(self.net, self.split + 1..wanted + 1, input, self.dynamics(), self.lossy, &[wanted]).remove(0)
    }
}

/// Mean over time.
fn rate(features: Features, steps: usize) -> Tensor<4> {
    if !features.per_step {
        return features.tensor;
    }
    let [n, channels, height, width] = features.tensor.dims();
    let by_step = features.tensor.reshape([steps, n / steps, channels, height * width]);
    by_step.mean_dim(0).reshape([n / steps, channels, height, width])
}
