//! The training loop: seeded, checkpointed after every epoch, resumed by running it again.

use crate::kernels::Pool;
use crate::model::Model;
use crate::optimizer::AdamW;
use crate::pass::Gradients;
use crate::random::stream;
use crate::weight_file::{Precision, WeightFile};
use anyhow::{Context, Result, bail, ensure};
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

/// Largest learning rate; what is larger makes parameters infinite within some steps.
const MOST_RATE: f32 = 10.0;

/// Share of the steps in which the learning rate rises; afterwards it falls along a cosine (one-cycle policy,
/// Smith and Topin 2017).
const WARM_UP: f32 = 0.2;

impl Schedule {
    /// Checks that the phase `name` trains for some steps at some rate.
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        let Self { epochs, batch, peak_rate, .. } = *self;
        ensure!(epochs > 0, "`{name}` has `epochs` 0: give the number of passes over the training samples, at least 1");
        ensure!(batch > 0, "`{name}` has `batch` 0: give the number of samples per step, at least 1");
        ensure!(
            peak_rate > 0.0 && peak_rate <= MOST_RATE,
            "`{name}` has `peak_rate` {peak_rate}: give a learning rate above 0 and at most {MOST_RATE}, such as 1e-3"
        );
        Ok(())
    }

    /// Checks that `samples` are enough for one step of the phase `name`.
    pub(crate) fn check_batch(&self, name: &str, samples: usize) -> Result<()> {
        let batch = self.batch;
        ensure!(
            batch <= samples,
            "`{name}` has a `batch` of {batch}, but learns from {samples} samples: give at most as many"
        );
        Ok(())
    }

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
    /// Everything else on which the outcome depends but the parameters that it begins with: network, data, teacher, link.
    pub(crate) made_of: String,
    /// Whether a checkpoint that does not say what it was made of is taken as made of this.
    pub(crate) adopt: bool,
}

/// Version of what a checkpoint's key covers, and of the way in which a phase is computed. It grows with every change after which equal
/// content gives other parameters.
const CHECKPOINT_SCHEMA: u32 = 1;

/// Scores and duration of a phase.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Validation score after each epoch so far; larger is better.
    pub(crate) validation: Vec<f64>,
    /// Epoch, counted from 1, with the best validation score, whose parameters are kept.
    pub(crate) best: usize,
    /// Wall-clock seconds of all epochs so far.
    pub(crate) seconds: f64,
    /// Path of the checkpoint.
    #[serde(skip)]
    pub(crate) checkpoint: PathBuf,
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
        let path = self.path(&model);
        let load = |path: &Path| State::load(path, self.schedule).with_context(|| path.display().to_string());
        let mut state = match self.present(&path)? {
            Some(present) => load(&present)?,
            None => {
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
            if !score.is_finite() {
                let epoch = epoch + 1;
                bail!("the validation score is {score} after epoch {epoch}: training diverged; lower `peak_rate`");
            }
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
        Ok((state.best, Progress { checkpoint: path, ..state.progress }))
    }

    /// Path of the checkpoint of this phase, beginning with `model`: its name has the hash of all that decides the outcome, so that
    /// nothing else is ever resumed.
    fn path(&self, model: &Model) -> PathBuf {
        let Self { name, seed, schedule, samples, made_of, .. } = self;
        let content = format!("{CHECKPOINT_SCHEMA} {name} {seed} {schedule:?} {samples} {made_of} {}", model.blake3());
        let key = blake3::hash(content.as_bytes()).to_hex();
        self.checkpoints.join(format!("{}-{}.safetensors", name.replace('/', "-"), &key[..16]))
    }

    /// The checkpoint at `path`, or one of a version that did not write keys.
    fn present(&self, path: &Path) -> Result<Option<PathBuf>> {
        if path.exists() {
            return Ok(Some(path.into()));
        }
        let without_key = self.checkpoints.join(format!("{}.safetensors", self.name.replace('/', "-")));
        match (without_key.exists(), self.adopt) {
            (false, _) => Ok(None),
            (true, true) => Ok(Some(without_key)),
            (true, false) => bail!(
                "{}: an older version wrote this checkpoint, without saying of which plan, data and weights it was made; give `--adopt` if \
                 it was made of these, or delete it to begin the phase anew",
                without_key.display()
            ),
        }
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
