//! The training loop: seeded, checkpointed after every epoch, resumed by running it again.

use crate::kernels::Pool;
use crate::model::Model;
use crate::optimizer::AdamW;
use crate::pass::Gradients;
use crate::random::stream;
use crate::weight_file::{Precision, WeightFile};
use anyhow::{Context, Result, bail};
use cospike_sim_core::network::{Tensor, TensorStore};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Length and learning rate of a training phase.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    /// Passes over the training samples.
    pub(crate) epochs: usize,
    /// Samples per gradient step.
    pub(crate) batch: usize,
    /// Highest learning rate of the cycle.
    pub(crate) peak_rate: f32,
    /// Decay of the exponential moving average of the parameters that is scored and kept: the share of itself that the
    /// average keeps in every step, from 0 to less than 1 (Polyak and Juditsky 1992; in this form Tarvainen and Valpola,
    /// NeurIPS 2017). Without it, the parameters themselves are scored and kept.
    #[serde(default, deserialize_with = "kept_share")]
    pub(crate) average: Option<f32>,
}

/// Reads [`Schedule::average`] and checks its range.
pub(crate) fn kept_share<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<f32>, D::Error> {
    match f32::deserialize(value)? {
        share if (0.0..1.0).contains(&share) => Ok(Some(share)),
        share => Err(serde::de::Error::custom(format!(
            "`average` is {share}; give the share of itself that the moving average keeps in every step, at least 0 and \
             less than 1, such as 0.999 to average over about 1,000 steps"
        ))),
    }
}

/// Share of the steps in which the learning rate rises; afterwards it falls along a cosine (one-cycle policy,
/// Smith and Topin 2017).
const WARM_UP: f32 = 0.2;

impl Schedule {
    /// Learning rate after the share `progress` of all steps.
    fn rate(&self, progress: f32) -> f32 {
        let shape = match progress < WARM_UP {
            true => progress / WARM_UP,
            false => 0.5 * (1.0 + (std::f32::consts::PI * (progress - WARM_UP) / (1.0 - WARM_UP)).cos()),
        };
        self.peak_rate * shape.max(1e-3)
    }
}

/// One phase in the training of one network.
pub(crate) struct Phase<'a> {
    /// Name of the checkpoint and of the random streams.
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) checkpoints: &'a Path,
    pub(crate) schedule: Schedule,
    /// Number of training samples.
    pub(crate) samples: usize,
}

/// Scores and duration of a phase.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Validation score after each epoch so far; larger is better.
    pub(crate) validation: Vec<f64>,
    /// Epoch, counted from 1, with the best validation score, whose parameters are kept.
    pub(crate) best: usize,
    /// Wall-clock seconds of all epochs so far.
    pub(crate) seconds: f64,
}

/// State from which a phase resumes after an epoch; the content of a checkpoint.
#[derive(Default)]
struct State {
    model: Model,
    /// Moving average of `model`, if the schedule asks for one.
    average: Option<Model>,
    best: Model,
    optimizer: AdamW,
    progress: Progress,
}

impl Phase<'_> {
    /// Trains `model` and returns the parameters of the epoch with the best validation score. `learn` returns the mean
    /// loss of a batch and its gradients; `validate` scores a model, larger is better.
    pub(crate) fn run(
        &self,
        model: Model,
        pool: &mut Pool,
        mut learn: impl FnMut(&Model, &[usize], &mut ChaCha8Rng, &mut Pool) -> Result<(f64, Gradients)>,
        mut validate: impl FnMut(&Model, &mut Pool) -> Result<f64>,
    ) -> Result<(Model, Progress)> {
        let path = self.path();
        let mut state = match path.exists() {
            true => State::load(&path, self.schedule).with_context(|| path.display().to_string())?,
            false => {
                let average = self.schedule.average.map(|_| model.clone());
                State { best: model.clone(), model, average, ..State::default() }
            }
        };
        let steps = self.samples / self.schedule.batch;
        for epoch in state.progress.validation.len()..self.schedule.epochs {
            let start = Instant::now();
            let mut rng = stream(self.seed, &format!("{}/{epoch}", self.name));
            let mut order: Vec<usize> = (0..self.samples).collect();
            order.shuffle(&mut rng);
            let mut total = 0.0;
            for (step, indices) in order.chunks_exact(self.schedule.batch).enumerate() {
                let done = (epoch * steps + step) as f32 / (self.schedule.epochs * steps) as f32;
                let (loss, gradients) = learn(&state.model, indices, &mut rng, pool)?;
                if !loss.is_finite() {
                    bail!(
                        "the loss is {loss} in epoch {}, step {step}: training diverged; lower `peak_rate`",
                        epoch + 1
                    );
                }
                total += loss;
                state.optimizer.step(&mut state.model, &gradients, self.schedule.rate(done));
                if let Some((average, keep)) = state.average.as_mut().zip(self.schedule.average) {
                    average.approach(&state.model, 1.0 - keep);
                }
            }
            let scored = state.average.as_ref().unwrap_or(&state.model);
            let score = validate(scored, pool)?;
            let seconds = start.elapsed().as_secs_f64();
            state.progress.validation.push(score);
            state.progress.seconds += seconds;
            if state.progress.validation.iter().all(|&s| s <= score) {
                state.progress.best = epoch + 1;
                state.best = scored.clone();
            }
            eprintln!(
                "{} epoch {}/{} loss {:.4} validation {score:.5} ({seconds:.0} s)",
                self.name,
                epoch + 1,
                self.schedule.epochs,
                total / steps as f64,
            );
            state.save(&path)?;
        }
        Ok((state.best, state.progress))
    }

    fn path(&self) -> PathBuf {
        self.checkpoints.join(format!("{}.safetensors", self.name.replace('/', "-")))
    }
}

impl State {
    /// Writes the checkpoint, whole or not at all.
    fn save(&self, path: &Path) -> Result<()> {
        let mut tensors = TensorStore::new();
        let models = [("model", Some(&self.model)), ("average", self.average.as_ref()), ("best", Some(&self.best))];
        for (part, model) in models.into_iter().filter_map(|(part, model)| Some((part, model?))) {
            tensors.extend(model.tensors.iter().map(|(name, t)| (format!("{part}/{name}"), t.clone())));
        }
        for (name, moments) in &self.optimizer.moments {
            for (part, data) in ["first", "second"].into_iter().zip(moments) {
                let tensor = Tensor { shape: vec![data.len()], data: data.clone() };
                tensors.insert(format!("{part}/{name}"), tensor);
            }
        }
        let metadata = [
            ("progress".to_string(), serde_json::to_string(&self.progress)?),
            ("steps".to_string(), self.optimizer.steps.to_string()),
        ];
        WeightFile { tensors, metadata: metadata.into() }.write(path, Precision::Full)
    }

    /// Reads a checkpoint, which must hold a moving average if and only if `schedule` asks for one.
    fn load(path: &Path, schedule: Schedule) -> Result<Self> {
        let file = WeightFile::read(path)?;
        let metadata = |key: &str| {
            file.metadata
                .get(key)
                .with_context(|| format!("the checkpoint has no `{key}`; delete it to begin the phase anew"))
        };
        let mut state = Self { progress: serde_json::from_str(metadata("progress")?)?, ..Self::default() };
        state.optimizer.steps = metadata("steps")?.parse()?;
        for (name, tensor) in &file.tensors {
            let (part, name) = name.split_once('/').with_context(|| {
                format!("tensor `{name}` does not belong in a checkpoint; delete the file to begin the phase anew")
            })?;
            match part {
                "model" => drop(state.model.tensors.insert(name.into(), tensor.clone())),
                "average" => {
                    drop(state.average.get_or_insert_default().tensors.insert(name.into(), tensor.clone()));
                }
                "best" => drop(state.best.tensors.insert(name.into(), tensor.clone())),
                _ => {
                    let moments = state.optimizer.moments.entry(name.into()).or_default();
                    moments[usize::from(part == "second")] = tensor.data.clone();
                }
            }
        }
        if state.average.is_some() != schedule.average.is_some() {
            bail!("`average` was set or unset after this checkpoint: delete it to begin the phase anew");
        }
        Ok(state)
    }
}
