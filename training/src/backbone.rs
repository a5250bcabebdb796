//! Training of unsplit networks.

use crate::data::Samples;
use crate::fit::{Phase, Progress, Schedule};
use crate::kernels::Pool;
use crate::loss::{Targets, correct};
use crate::model::Model;
use crate::pass::{Device, Dynamics, Pass};
use anyhow::Result;
use cospike_sim_core::network::Network;
use rand_chacha::ChaCha8Rng;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

/// Samples per forward pass when nothing is trained.
pub(crate) const EVALUATION_BATCH: usize = 250;
/// Weight of a teacher's answer against the label.
pub(crate) const TEACHER_SHARE: f32 = 0.5;

/// Samples, folder, seed and device that every training of a network shares.
pub(crate) struct Workshop<'a> {
    pub(crate) samples: &'a Samples,
    pub(crate) checkpoints: &'a Path,
    pub(crate) seed: u64,
    pub(crate) device: &'a Device,
    /// Whether checkpoints that do not say what they were made of are resumed.
    pub(crate) adopt: bool,
}

/// A trained network and the record of its training.
pub(crate) struct Trained {
    pub(crate) model: Model,
    /// Share of the validation samples that it classifies correctly.
    pub(crate) validation: f64,
    /// Phases, epochs and learning rates, as text for the metadata.
    pub(crate) recipe: String,
    /// Wall-clock seconds of the training.
    pub(crate) seconds: f64,
    /// Checkpoints of its phases, which nobody needs once the network is kept.
    pub(crate) checkpoints: Vec<PathBuf>,
}

/// A trained network whose class scores another network learns from.
pub(crate) struct Teacher<'a> {
    pub(crate) net: &'a Network,
    pub(crate) model: &'a Model,
}

impl Workshop<'_> {
    /// Trains a whole network in phases, each with its own dynamics, starting from the parameters in `model`.
    pub(crate) fn backbone(
        &self,
        name: &str,
        net: &Network,
        mut model: Model,
        phases: &[(Dynamics, Schedule)],
        teacher: Option<&Teacher>,
    ) -> Result<Trained> {
        let mut history = vec![];
        for (number, &(dynamics, schedule)) in phases.iter().enumerate() {
            let phase = Phase {
                name: format!("{name}/{}-{}", number + 1, dynamics.name()),
                seed: self.seed,
                checkpoints: self.checkpoints,
                schedule,
                samples: self.samples.training(),
                made_of: self.made_of(net, (dynamics, teacher.map(|teacher| (teacher.net, teacher.model.blake3())))),
                adopt: self.adopt,
            };
            let (trained, progress) = self.phase(&phase, net, model, dynamics, teacher)?;
            model = trained;
            history.push((dynamics.name(), schedule, progress));
        }
        Ok(trained(model, &history))
    }

    /// What a phase's outcome depends on: the samples, the network, and how it learns.
    pub(crate) fn made_of(&self, net: &Network, how: impl Debug) -> String {
        format!("{} {net:?} {how:?}", self.samples.content())
    }

    fn phase(
        &self,
        phase: &Phase,
        net: &Network,
        model: Model,
        dynamics: Dynamics,
        teacher: Option<&Teacher>,
    ) -> Result<(Model, Progress)> {
        let layers = 1..net.layers.len();
        let device = self.device;
        let pass = Pass { net, layers: layers.clone(), learning: layers.clone(), dynamics, link: None, device };
        let learn = |model: &Model, indices: &[usize], rng: &mut ChaCha8Rng, pool: &mut Pool| {
            let images = self.samples.augmented(indices, rng);
            let mut targets = Targets::labels(&self.samples.labels(indices), net.classes());
            if let Some(teacher) = teacher {
                let layers = 1..teacher.net.layers.len();
                let pass = Pass::evaluation(teacher.net, layers, Dynamics::Steps(1), device);
                let answers = pass.scores(teacher.model, images.clone(), indices.len(), pool)?;
                targets = targets.taught(&answers, TEACHER_SHARE);
            }
            let images = dynamics.read(images, indices.len(), pool);
            pass.learn(model, images, indices.len(), &targets, pool)
        };
        phase.run(model, &mut Pool::default(), learn, |model, pool| {
            let (held_out, pass) = (self.samples.validation(), Pass::evaluation(net, layers.clone(), dynamics, device));
            let right = held_out.chunks(EVALUATION_BATCH).map(|part| -> Result<usize> {
                let images = dynamics.read(self.samples.images(part), part.len(), pool);
                let scores = pass.scores(model, images, part.len(), pool)?;
                Ok(correct(&scores, &self.samples.labels(part)))
            });
            Ok(right.sum::<Result<usize>>()? as f64 / held_out.len() as f64)
        })
    }
}

/// The trained network of the last phase, whose best score is the validation accuracy.
pub(crate) fn trained(model: Model, phases: &[(String, Schedule, Progress)]) -> Trained {
    let describe = |(name, schedule, progress): &(String, Schedule, Progress)| {
        let Schedule { epochs, batch, peak_rate, average } = schedule;
        let average = average.map_or(String::new(), |keep| format!(", moving average {keep}"));
        format!("{name}: epoch {} of {epochs}, batch {batch}, AdamW {peak_rate}{average}", progress.best)
    };
    let recipe = phases.iter().map(describe).collect::<Vec<_>>().join("; ");
    let validation = phases.last().map_or(0.0, |(_, _, p)| p.validation[p.best - 1]);
    let seconds = phases.iter().map(|(_, _, p)| p.seconds).sum();
    let checkpoints = phases.iter().map(|(_, _, p)| p.checkpoint.clone()).collect();
    Trained { model, validation, recipe, seconds, checkpoints }
}
