//! Training of unsplit networks.

use crate::data::{Samples, correct, cross_entropy};
use crate::fit::{Phase, Progress, Schedule, stream};
use crate::model::{Dynamics, Features, Model, scores};
use anyhow::Result;
use burn::tensor::{Device, Tensor};
use cospike_sim_core::network::Network;
use std::path::Path;

/// Time steps that the spiking networks are trained for.
pub(crate) const TIME_STEPS: usize = 4;
/// Samples per forward pass when nothing is trained.
pub(crate) const EVALUATION_BATCH: usize = 250;

/// What every training needs.
pub(crate) struct Workshop<'a> {
    pub(crate) samples: &'a Samples,
    pub(crate) checkpoints: &'a Path,
    pub(crate) seed: u64,
    /// With autodiff.
    pub(crate) device: Device,
}

/// A trained network with what there is to say of its training.
pub(crate) struct Trained {
    pub(crate) model: Model,
    /// Share of the validation samples that it gets right.
    pub(crate) validation: f64,
    /// Phases, epochs and rates, for the metadata.
    pub(crate) recipe: String,
}

impl Workshop<'_> {
    /// Trains the float backbone from scratch.
    pub(crate) fn float_backbone(&self, name: &str, net: &Network, schedule: Schedule) -> Result<Trained> {
        let fresh = Model::new(net, 0..net.layers.len(), &mut stream(self.seed, name), &self.device);
        let (model, progress) = self.backbone_phase(name, net, fresh, schedule, Dynamics::Steps(1))?;
        Ok(trained(model, &[(name, schedule, progress)]))
    }

    /// Trains the spiking backbone: first as a float network whose activation is a [`TIME_STEPS`]-level quantiser,
    /// then as spiking network with surrogate gradients.
    pub(crate) fn spiking_backbone(
        &self,
        name: &str,
        net: &Network,
        rate: Schedule,
        steps: Schedule,
    ) -> Result<Trained> {
        let fresh = Model::new(net, 0..net.layers.len(), &mut stream(self.seed, name), &self.device);
        let (first, second) = (format!("{name}/rate"), format!("{name}/steps"));
        let (model, coarse) = self.backbone_phase(&first, net, fresh, rate, Dynamics::Rate(TIME_STEPS))?;
        let (model, fine) = self.backbone_phase(&second, net, model, steps, Dynamics::Steps(TIME_STEPS))?;
        Ok(trained(model, &[(&first, rate, coarse), (&second, steps, fine)]))
    }

    fn backbone_phase(
        &self,
        name: &str,
        net: &Network,
        model: Model,
        schedule: Schedule,
        dynamics: Dynamics,
    ) -> Result<(Model, Progress)> {
        let samples = self.samples.training();
        let phase = Phase { name: name.into(), seed: self.seed, checkpoints: self.checkpoints, schedule, samples };
        let loss = |model: &Model, indices: &[usize], rng: &mut _| {
            let images = self.samples.augmented(indices, rng, &self.device);
            cross_entropy(whole(model, net, images, dynamics), &self.samples.labels(indices))
        };
        phase.run(model, loss, |model| {
            let held_out = self.samples.validation();
            let device = self.device.clone().inner();
            let right: usize = held_out
                .chunks(EVALUATION_BATCH)
                .map(|part| {
                    let scores = whole(model, net, self.samples.images(part, &device), dynamics);
                    correct(scores, &self.samples.labels(part))
                })
                .sum();
            right as f64 / held_out.len() as f64
        })
    }
}

fn whole(model: &Model, net: &Network, images: Tensor<4>, dynamics: Dynamics) -> Tensor<2> {
    let last = net.layers.len() - 1;
    let input = Features { tensor: images, per_step: false };
    let output = model.forward(net, 1..last + 1, input, dynamics, None, &[last]).remove(0);
    scores(output, dynamics)
}

/// Puts a model together with its history; the last phase's score is the validation accuracy.
pub(crate) fn trained(model: Model, phases: &[(&str, Schedule, Progress)]) -> Trained {
    let describe = |(name, schedule, progress): &(&str, Schedule, Progress)| {
        format!(
            "{name}: epoch {} of {} in {} one-cycles, batch {}, AdamW {}",
            progress.best, schedule.epochs, schedule.cycles, schedule.batch, schedule.peak_rate
        )
    };
    let recipe = phases.iter().map(describe).collect::<Vec<_>>().join("; ");
    let validation = phases.last().map_or(0.0, |(_, _, p)| p.validation[p.best - 1]);
    Trained { model, validation, recipe }
}
