//! The training loop: seeded, checkpointed after every epoch, resumed by running it again.

use crate::model::Model;
use anyhow::{Context, Result, anyhow};
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::store::ModuleRecord;
use burn::tensor::Tensor;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How long and how fast to train.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Schedule {
    /// Passes over the training samples.
    pub(crate) epochs: usize,
    /// Samples per step.
    pub(crate) batch: usize,
    /// Learning rate at its highest.
    pub(crate) peak_rate: f64,
    /// How often the learning rate rises and falls (warm restarts, Loshchilov and Hutter, ICLR 2017).
    pub(crate) cycles: usize,
}

/// Share of a cycle in which the learning rate rises; afterwards it falls along a cosine (one-cycle policy,
/// Smith and Topin 2017).
const WARM_UP: f64 = 0.2;
/// Decoupled weight decay of AdamW.
const WEIGHT_DECAY: f32 = 5e-4;

impl Schedule {
    fn rate(&self, progress: f64) -> f64 {
        let progress = (progress * self.cycles as f64).fract();
        let shape = match progress < WARM_UP {
            true => progress / WARM_UP,
            false => 0.5 * (1.0 + (std::f64::consts::PI * (progress - WARM_UP) / (1.0 - WARM_UP)).cos()),
        };
        self.peak_rate * shape.max(1e-3)
    }
}

/// One phase of one network's training.
pub(crate) struct Phase<'a> {
    /// Names the checkpoints and the random streams.
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
}

/// The random stream of `seed` for `purpose`.
pub(crate) fn stream(seed: u64, purpose: &str) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new(); // a hash that does not change between versions, unlike the standard one
    hasher.update(&seed.to_le_bytes()).update(purpose.as_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

impl Phase<'_> {
    /// Trains `model` (on an autodiff device) and returns the parameters of the epoch that scored best on
    /// validation. `loss` maps sample indices to the mean loss; `validate` scores a snapshot.
    pub(crate) fn run(
        &self,
        mut model: Model,
        loss: impl Fn(&Model, &[usize], &mut ChaCha8Rng) -> Tensor<1>,
        validate: impl Fn(&Model) -> f64,
    ) -> Result<(Model, Progress)> {
        let mut optimizer = AdamWConfig::new().with_weight_decay(WEIGHT_DECAY).init();
        let mut progress = Progress::default();
        if self.path("json").exists() {
            progress = serde_json::from_slice(&std::fs::read(self.path("json"))?)?;
            model = load(model, &self.path("model"))?;
            optimizer = optimizer.load(self.path("optimizer")).map_err(|e| anyhow!("{e}"))?;
        }
        let steps = self.samples / self.schedule.batch;
        for epoch in progress.validation.len()..self.schedule.epochs {
            let start = Instant::now();
            let mut rng = stream(self.seed, &format!("{}/{epoch}", self.name));
            let mut order: Vec<usize> = (0..self.samples).collect();
            order.shuffle(&mut rng);
            let mut total = 0.0;
            for (step, indices) in order.chunks_exact(self.schedule.batch).enumerate() {
                let done = (epoch * steps + step) as f64 / (self.schedule.epochs * steps) as f64;
                let value = loss(&model, indices, &mut rng);
                total += f64::from(value.clone().into_scalar::<f32>());
                let gradients = GradientsParams::from_grads(value.backward(), &model);
                model = optimizer.step(self.schedule.rate(done), model, gradients);
                if step % 100 == 99 {
                    let speed = ((step + 1) * self.schedule.batch) as f64 / start.elapsed().as_secs_f64();
                    eprintln!(
                        "{} epoch {} step {}/{steps} loss {:.4} {speed:.0} samples/s",
                        self.name,
                        epoch + 1,
                        step + 1,
                        total / (step + 1) as f64
                    );
                }
            }
            let score = validate(&model.valid());
            progress.validation.push(score);
            eprintln!(
                "{} epoch {} validation {score:.5} ({:.0} s)",
                self.name,
                epoch + 1,
                start.elapsed().as_secs_f64()
            );
            if progress.validation.iter().all(|&s| s <= score) {
                progress.best = epoch + 1;
                save(&model, &self.path("best"))?;
            }
            save(&model, &self.path("model"))?;
            optimizer.save(self.path("optimizer")).map_err(|e| anyhow!("{e}"))?;
            // Written last: it says that the other files belong to a finished epoch.
            std::fs::write(self.path("json"), serde_json::to_vec(&progress)?)?;
        }
        Ok((load(model, &self.path("best"))?, progress))
    }

    fn path(&self, what: &str) -> PathBuf {
        let extension = if what == "json" { "json" } else { "bpk" };
        self.checkpoints.join(format!("{}.{what}.{extension}", self.name.replace('/', "-")))
    }
}

fn save(model: &Model, path: &Path) -> Result<()> {
    model.clone().into_record().save(path).map_err(|e| anyhow!("{e}")).with_context(|| path.display().to_string())
}

fn load(model: Model, path: &Path) -> Result<Model> {
    let record = ModuleRecord::load(path).map_err(|e| anyhow!("{e}")).with_context(|| path.display().to_string())?;
    Ok(model.load_record(record))
}
