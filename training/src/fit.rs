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

/// How long and how fast to train.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    /// Passes over the training samples.
    pub(crate) epochs: usize,
    /// Samples per step.
    pub(crate) batch: usize,
    /// Learning rate at its highest.
    pub(crate) peak_rate: f32,
    /// What is scored and kept is an exponential moving average of the parameters, which keeps this share of itself in
    /// every step (Polyak and Juditsky 1992; in this form Tarvainen and Valpola, NeurIPS 2017). The parameters
    /// themselves where there is none.
    #[serde(default, deserialize_with = "kept_share")]
    pub(crate) average: Option<f32>,
}

/// The share that an average keeps of itself in a step.
pub(crate) fn kept_share<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<f32>, D::Error> {
    match f32::deserialize(value)? {
        share if (0.0..1.0).contains(&share) => Ok(Some(share)),
        share => Err(serde::de::Error::custom(format!(
            "an average keeps a share of itself in every step, at least 0 and less than 1, not {share}: 0.999 averages \
             over about a thousand steps"
        ))),
    }
}

/// Share of the steps in which the learning rate rises; afterwards it falls along a cosine (one-cycle policy,
/// Smith and Topin 2017).
const WARM_UP: f32 = 0.2;

impl Schedule {
    fn rate(&self, progress: f32) -> f32 {
        let shape = match progress < WARM_UP {
            true => progress / WARM_UP,
            false => 0.5 * (1.0 + (std::f32::consts::PI * (progress - WARM_UP) / (1.0 - WARM_UP)).cos()),
        };
        self.peak_rate * shape.max(1e-3)
    }
}

/// One phase of one network's training.
pub(crate) struct Phase<'a> {
    /// Names the checkpoint and the random streams.
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) checkpoints: &'a Path,
    pub(crate) schedule: Schedule,
    /// Number of training samples.
    pub(crate) samples: usize,
}

/// What a phase came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Validation score after each epoch so far; larger is better.
    pub(crate) validation: Vec<f64>,
    /// The epoch, from 1, whose parameters are kept: the best on validation.
    pub(crate) best: usize,
    /// Time it took.
    pub(crate) seconds: f64,
}

/// All that a phase needs to go on after an epoch.
#[derive(Default)]
struct State {
    model: Model,
    /// The moving average of `model`, where the schedule has one.
    average: Option<Model>,
    best: Model,
    optimizer: AdamW,
    progress: Progress,
}

impl Phase<'_> {
    /// Trains `model` and returns the parameters of the epoch that scored best on validation. `learn` gives the mean
    /// loss of some samples and its gradients; `validate` scores a model.
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
                    bail!("training diverged in epoch {}, step {step}: lower `peak_rate`", epoch + 1);
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
    /// One file, written whole or not at all.
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

    /// The state in a checkpoint, which must have an average if `schedule` asks for one, and none otherwise.
    fn load(path: &Path, schedule: Schedule) -> Result<Self> {
        let file = WeightFile::read(path)?;
        let metadata = |key: &str| file.metadata.get(key).with_context(|| format!("no `{key}` in this checkpoint"));
        let mut state = Self { progress: serde_json::from_str(metadata("progress")?)?, ..Self::default() };
        state.optimizer.steps = metadata("steps")?.parse()?;
        for (name, tensor) in &file.tensors {
            let (part, name) = name.split_once('/').context("this is no checkpoint")?;
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
