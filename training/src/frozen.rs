//! Outputs of a frozen backbone, computed once and kept in memory, on which its bottleneck units learn.

use crate::backbone::{EVALUATION_BATCH, Workshop};
use crate::kernels::{Maps, Pool};
use crate::loss::mean_scores;
use crate::model::Model;
use crate::pass::{Dynamics, Pass};
use crate::random::stream;
use anyhow::Result;
use cospike_models::zoo;
use cospike_sim_core::inference::{Executable, Feature, Real, SpikeTrain};
use cospike_sim_core::network::{Network, Shape, Signal, TensorStore, Weights};
use rayon::prelude::*;

/// Outputs of a frozen backbone on the samples from which its units learn, and on those by which they are judged.
pub(crate) struct FrozenBackbone {
    /// Training samples, each augmented once or several times, and then reused in every epoch.
    pub(crate) seen: Frozen,
    /// Validation samples.
    pub(crate) unseen: Frozen,
}

/// Outputs of the frozen backbone on some samples.
pub(crate) struct Frozen {
    pub(crate) features: Features,
    /// Class scores, `[samples, classes]`.
    pub(crate) scores: Vec<f32>,
    pub(crate) labels: Vec<u16>,
}

/// Outputs of the frozen head, sample by sample, time steps within a sample.
pub(crate) struct Features {
    shape: Shape,
    steps: usize,
    values: Values,
}

enum Values {
    Real(Vec<f32>),
    /// One bit per spike.
    Bits(Vec<u8>),
}

impl Features {
    /// Room for what layer `split` of `net` emits in so many `steps`.
    fn new(net: &Network, split: usize, steps: usize) -> Self {
        let is_binary = net.signals(Signal::Real)[split] == Signal::BINARY;
        let values = if is_binary { Values::Bits(vec![]) } else { Values::Real(vec![]) };
        Self { shape: net.layers[split].output, steps, values }
    }

    /// Whether there are values besides 0 and 1.
    pub(crate) fn are_real(&self) -> bool {
        matches!(self.values, Values::Real(_))
    }

    /// Appends a batch whose frames have time outermost.
    fn append(&mut self, batch: &Maps) {
        let samples = batch.frames / self.steps;
        for sample in 0..samples {
            for step in 0..self.steps {
                let frame = batch.frame(step * samples + sample);
                match &mut self.values {
                    Values::Real(values) => values.extend_from_slice(frame),
                    Values::Bits(bits) => {
                        bits.extend(frame.chunks(8).map(|eight| {
                            eight.iter().enumerate().fold(0, |byte, (i, &v)| byte | u8::from(v != 0.0) << i)
                        }))
                    }
                }
            }
        }
    }

    /// The samples as the input of a pass with `dynamics`.
    pub(crate) fn batch(&self, indices: &[usize], dynamics: Dynamics, pool: &mut Pool) -> Maps {
        dynamics.read(self.in_time(indices, pool), indices.len(), pool)
    }

    /// The samples in all time steps, time outermost.
    fn in_time(&self, indices: &[usize], pool: &mut Pool) -> Maps {
        let mut batch = pool.take(self.shape, indices.len() * self.steps);
        for (number, frame) in batch.data.chunks_exact_mut(self.shape.len()).enumerate() {
            let (step, index) = (number / indices.len(), indices[number % indices.len()]);
            self.copy(index * self.steps + step, frame);
        }
        batch
    }

    fn copy(&self, index: usize, frame: &mut [f32]) {
        match &self.values {
            Values::Real(values) => frame.copy_from_slice(&values[index * frame.len()..][..frame.len()]),
            Values::Bits(bits) => {
                let bytes = frame.len().div_ceil(8);
                for (eight, byte) in frame.chunks_mut(8).zip(&bits[index * bytes..][..bytes]) {
                    eight.iter_mut().enumerate().for_each(|(i, v)| *v = f32::from(byte >> i & 1));
                }
            }
        }
    }
}

impl Workshop<'_> {
    /// Executes the frozen `backbone` in `steps` time steps on the training samples `seen`, each of which is augmented anew, and on all validation
    /// samples, and keeps the output of layer `split` and the class scores.
    pub(crate) fn freeze(
        &self,
        net: &Network,
        backbone: &TensorStore,
        split: usize,
        steps: usize,
        seen: &[usize],
    ) -> Result<FrozenBackbone> {
        let model = Model { tensors: backbone.clone() };
        let freeze = |indices: &[usize], augment| self.frozen(net, &model, split, steps, indices, augment);
        Ok(FrozenBackbone { seen: freeze(seen, true)?, unseen: freeze(&self.samples.validation(), false)? })
    }

    /// Outputs of the backbone on the samples, normalised by its running statistics.
    fn frozen(
        &self,
        net: &Network,
        model: &Model,
        split: usize,
        steps: usize,
        indices: &[usize],
        augment: bool,
    ) -> Result<Frozen> {
        let mut rng = stream(self.seed, "head-outputs");
        let mut features = Features::new(net, split, steps);
        let (mut scores, mut pool) = (vec![], Pool::default());
        let pass = Pass::evaluation(net, 1..net.layers.len(), Dynamics::Steps(steps), self.device);
        for part in indices.chunks(EVALUATION_BATCH) {
            let images = match augment {
                true => self.samples.augmented(part, &mut rng),
                false => self.samples.images(part),
            };
            let tape = pass.forward(model, images, part.len(), &mut pool)?;
            features.append(&*tape.output(net, split)?);
            scores.extend(mean_scores(&*tape.output(net, net.layers.len() - 1)?, part.len()));
            tape.recycle(&mut pool);
        }
        Ok(Frozen { features, scores, labels: self.samples.labels(indices) })
    }

    /// As [`Self::freeze`], for the network of a file, which is executed as it is when it is simulated: its layers may be such that no pass of
    /// this program computes.
    pub(crate) fn freeze_by_inference(
        &self,
        backbone: &zoo::WeightFile,
        split: usize,
        steps: usize,
        seen: &[usize],
    ) -> Result<FrozenBackbone> {
        let net = backbone.architecture()?;
        let weights = Weights::from_store(&net, backbone.tensors())?;
        let executable = Executable::with_input(self.samples.feed().input, &net, &weights)?;
        let head = Head { executable: &executable, split, steps };
        let unseen = self.samples.validation();
        Ok(FrozenBackbone { seen: self.executed(&head, seen, true)?, unseen: self.executed(&head, &unseen, false)? })
    }

    fn executed(&self, head: &Head, indices: &[usize], augment: bool) -> Result<Frozen> {
        let mut rng = stream(self.seed, "head-outputs");
        let mut features = Features::new(head.executable.network(), head.split, head.steps);
        let mut scores = vec![];
        for part in indices.chunks(EVALUATION_BATCH) {
            let images = match augment {
                true => self.samples.augmented(part, &mut rng),
                false => self.samples.images(part),
            };
            let signal = self.samples.feed().input.signal;
            let outputs = (0..part.len()).into_par_iter().map(|i| head.run(&sample(&images, i, part.len(), signal)));
            for (frames, answer) in outputs.collect::<Result<Vec<_>>>()? {
                features.append(&Maps { shape: features.shape, frames: head.steps, data: frames });
                scores.extend(answer);
            }
        }
        Ok(Frozen { features, scores, labels: self.samples.labels(indices) })
    }
}

/// A network that is executed up to a split point and beyond.
struct Head<'a> {
    executable: &'a Executable,
    split: usize,
    steps: usize,
}

impl Head<'_> {
    /// What the network emits at the split point in every step, and its class scores, means over time.
    fn run(&self, sample: &Feature) -> Result<(Vec<f32>, Vec<f32>)> {
        let layers = self.executable.network().layers.len();
        let feature = self.executable.run(1..self.split + 1, sample, self.steps)?.output;
        let output = self.executable.run(self.split + 1..layers, &feature, self.steps)?.output;
        let scores = Real { shape: output.shape(), steps: output.steps(), data: values(&output) }.means();
        let held = values(&feature);
        // What does not change over time is held once.
        Ok((held.repeat(self.steps / feature.steps()), scores))
    }
}

/// The values of a feature in the order of [`Real`].
fn values(feature: &Feature) -> Vec<f32> {
    if let Feature::Real(real) = feature { real.data.clone() } else { feature.numbers() }
}

/// Sample `index` of `samples` in `images`, as a network takes it whose input is of the kind `signal`.
fn sample(images: &Maps, index: usize, samples: usize, signal: Signal) -> Feature {
    let steps = images.frames / samples;
    let frames = (0..steps).flat_map(|step| images.frame(step * samples + index)).copied();
    let real = Real { shape: images.shape, steps, data: frames.collect() };
    if signal == Signal::Real {
        return Feature::Real(real);
    }
    let mut train = SpikeTrain::silent(real.shape, steps);
    for (step, at) in (0..steps).flat_map(|step| (0..real.shape.len()).map(move |at| (step, at))) {
        if real.step(step)[at] != 0.0 {
            train.fire(step, at / real.shape.channels, at % real.shape.channels);
        }
    }
    Feature::Spikes(train)
}
