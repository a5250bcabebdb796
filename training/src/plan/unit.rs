//! One bottleneck unit of a plan.

use crate::fit::{Schedule, kept_share};
use cospike_models::zoo::WeightFile;
use cospike_sim_core::network::BottleneckKind;
use serde::Deserialize;
use std::sync::Arc;

/// Damage that the link does during training. How much is drawn for every batch, up to these.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Noise {
    /// Probability with which a bit is erased.
    pub(crate) erasures: f32,
    /// Probability with which a bit is flipped.
    pub(crate) flips: f32,
    /// Standard deviation of the noise that is added to values in [0, 1]. Only `jscc` units have it, and either it or `erasures`.
    pub(crate) deviation: f32,
}

/// Last phase of a unit's training, in which the last layers of the head learn as well.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Joint {
    /// Name of the split point behind which all layers learn, before that of the unit.
    pub(crate) behind: String,
    epochs: usize,
    batch: usize,
    peak_rate: f32,
    #[serde(default, deserialize_with = "kept_share")]
    average: Option<f32>,
}

impl Joint {
    pub(crate) fn schedule(&self) -> Schedule {
        let Self { epochs, batch, peak_rate, average, .. } = *self;
        Schedule { epochs, batch, peak_rate, average }
    }
}

/// One bottleneck unit to train.
#[derive(Clone, Debug)]
pub(crate) struct UnitPlan {
    pub(super) body: Body,
    pub(crate) kind: BottleneckKind,
    pub(crate) split: String,
    pub(crate) width: usize,
    pub(crate) stride: usize,
    pub(crate) seed: u64,
    pub(crate) noise: Option<Noise>,
    pub(crate) images: usize,
    /// How many times each image is augmented.
    pub(crate) augmentations: usize,
    pub(crate) restore: Schedule,
    pub(crate) quantised: Option<Schedule>,
    pub(crate) classify: Option<Schedule>,
    pub(crate) tune_tail: bool,
    pub(crate) joint: Option<Joint>,
}

/// The backbone of a unit.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// One of the zoo.
    Zoo {
        network: String,
        seed: u64,
        /// Levels of its quantisers and its time steps, if the plan has that backbone.
        levels: Option<u32>,
        steps: Option<usize>,
    },
    /// That of a file.
    File(Arc<WeightFile>),
}

/// Number of augmentations of each image, unless a plan says another.
pub(super) fn once() -> usize {
    1
}

pub(super) fn first_seed() -> u64 {
    1
}

pub(super) fn first_seeds() -> Vec<u64> {
    vec![first_seed()]
}
