//! Bottleneck units of a plan, and the file of their backbone.

use super::unit::{Body, Joint, Noise, UnitPlan, first_seed, first_seeds, once};
use crate::fit::Schedule;
use anyhow::{Context, Result, bail, ensure};
use cospike_models::import::nir::NirOptions;
use cospike_models::zoo::{Format, ImportOptions, MAX_TIME_STEPS, Normalisation, WeightFile};
use cospike_sim_core::network::BottleneckKind;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bottleneck units to train: every combination of the lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Units {
    /// Name of the backbone's architecture; or `file` says the backbone.
    network: Option<String>,
    /// File of the backbone (`.nir`, `.onnx`, `.safetensors`), relative to the plan.
    file: Option<PathBuf>,
    /// Time steps for which the spiking network of a `.nir` file is executed.
    time_steps: Option<u32>,
    /// What a `.nir` file leaves open, in the words of a scenario's `[network.nir]`.
    nir: Option<NirOptions>,
    /// Normalisation of samples for a `.nir` or `.onnx` file, in the form of the metadata of weight files.
    normalisation: Option<String>,
    /// The file, once it was read.
    #[serde(skip)]
    pub(super) read: Option<Arc<WeightFile>>,
    /// Seed of the backbone's training.
    #[serde(default = "first_seed")]
    backbone_seed: u64,
    kinds: Vec<BottleneckKind>,
    splits: Vec<String>,
    widths: Vec<usize>,
    strides: Vec<usize>,
    #[serde(default = "first_seeds")]
    seeds: Vec<u64>,
    noise: Option<Noise>,
    images: usize,
    /// How many times each of these images is augmented before the frozen head reads it; an epoch has all of them.
    #[serde(default = "once")]
    augmentations: usize,
    restore: Schedule,
    /// First phase of spiking units, in which their neurons are quantisers; other kinds ignore it.
    quantised: Option<Schedule>,
    /// Last phase. Only units of files can do without.
    classify: Option<Schedule>,
    /// Whether the tail learns along with the unit instead of staying that of the backbone.
    #[serde(default)]
    tune_tail: bool,
    /// Phase after the last one, in which the last layers of the head learn along with unit and tail.
    joint: Option<Joint>,
}

impl Units {
    /// Checks that every list has elements.
    pub(super) fn check(&self) -> Result<()> {
        let lists = [
            ("kinds", self.kinds.is_empty()),
            ("splits", self.splits.is_empty()),
            ("widths", self.widths.is_empty()),
            ("strides", self.strides.is_empty()),
            ("seeds", self.seeds.is_empty()),
        ];
        if let Some((key, _)) = lists.iter().find(|(_, is_empty)| *is_empty) {
            bail!("the [[units]] of `{}` have no `{key}`: give at least one", self.named());
        }
        let name = self.named();
        ensure!(
            self.joint.is_none() || self.tune_tail,
            "the [[units]] of `{name}` have `joint`, in which the tail learns too: give `tune_tail = true`"
        );
        if self.read.is_none() {
            ensure!(
                self.classify.is_some(),
                "the [[units]] of `{name}` have no `classify`: only units of a `file` can do without"
            );
            return Ok(());
        }
        ensure!(
            !self.tune_tail,
            "the [[units]] of `{name}` have `tune_tail`: the tail of a file stays as it is, so leave it out"
        );
        ensure!(
            self.quantised.is_none(),
            "the [[units]] of `{name}` have `quantised`: quantisers stand for the neurons of this program's own networks alone, so leave it out"
        );
        Ok(())
    }

    /// What names the backbone.
    pub(super) fn named(&self) -> String {
        let file = self.file.as_ref().map(|file| file.display().to_string());
        self.network.clone().or(file).unwrap_or_default()
    }

    /// Checks that one backbone is named, and reads it if it is a file.
    pub(super) fn open(&mut self, folder: &Path) -> Result<()> {
        let file = match (&self.network, &self.file) {
            (Some(_), None) => {
                let of_files = [
                    ("time_steps", self.time_steps.is_some()),
                    ("nir", self.nir.is_some()),
                    ("normalisation", self.normalisation.is_some()),
                ];
                let key = of_files.into_iter().find(|(_, is_given)| *is_given);
                ensure!(
                    key.is_none(),
                    "the [[units]] of `{}` have `{}`, which describes a `file`: leave it out",
                    self.named(),
                    key.map_or("", |(key, _)| key)
                );
                return Ok(());
            }
            (None, Some(file)) => file,
            (None, None) => bail!("the [[units]] name no backbone: give `network`, or `file`"),
            (Some(_), Some(_)) => bail!("the [[units]] of `{}` have `network` and `file`: leave one out", self.named()),
        };
        let (name, path) = (file.display().to_string(), folder.join(file));
        let format = Format::recognise(&name);
        ensure!(
            self.nir.is_none() || format == Some(Format::Nir),
            "the [[units]] of `{name}` have `nir`, which describes a file in the NIR format: leave it out"
        );
        ensure!(
            self.normalisation.is_none() || format != Some(Format::Weights),
            "the [[units]] of `{name}` have `normalisation`: a weight file says it itself, in its metadata"
        );
        ensure!(
            self.time_steps.is_none_or(|steps| (1..=MAX_TIME_STEPS).contains(&steps)),
            "the [[units]] of `{name}` have `time_steps` {}: give 1 to {MAX_TIME_STEPS}",
            self.time_steps.unwrap_or(0)
        );
        ensure!(
            self.time_steps.is_none() || format != Some(Format::Weights),
            "the [[units]] of `{name}` have `time_steps`: a weight file says it itself, in its metadata"
        );
        let normalisation = self.normalisation.as_deref().map(str::parse::<Normalisation>).transpose();
        let normalisation = normalisation.map_err(|reason| anyhow::anyhow!("`normalisation` of `{name}`: {reason}"))?;
        let options = ImportOptions { nir: self.nir.unwrap_or_default(), normalisation };
        let stem = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let read = WeightFile::read_network(&path, &stem, &options, self.time_steps);
        let help = "in [[units]], `time_steps` says how long a spiking network is executed, and `nir` how a file in the NIR format is read";
        self.read = Some(Arc::new(read.context(help)?));
        Ok(())
    }

    pub(super) fn jobs(&self) -> Vec<UnitPlan> {
        let mut jobs = vec![];
        for split in &self.splits {
            // Consecutive jobs with the same head share its outputs.
            for (&kind, &seed) in self.kinds.iter().flat_map(|k| self.seeds.iter().map(move |s| (k, s))) {
                for (&width, &stride) in self.widths.iter().flat_map(|w| self.strides.iter().map(move |s| (w, s))) {
                    let split = split.clone();
                    let body = match &self.read {
                        Some(file) => Body::File(file.clone()),
                        None => {
                            let (network, seed) = (self.named(), self.backbone_seed);
                            Body::Zoo { network, seed, levels: None, steps: None }
                        }
                    };
                    let Self { noise, images, augmentations, restore, classify, tune_tail, .. } = *self;
                    let joint = self.joint.clone();
                    let quantised = self.quantised.filter(|_| kind == BottleneckKind::Spiking);
                    jobs.push(UnitPlan {
                        body,
                        kind,
                        split,
                        width,
                        stride,
                        seed,
                        noise,
                        images,
                        augmentations,
                        restore,
                        quantised,
                        classify,
                        tune_tail,
                        joint,
                    });
                }
            }
        }
        jobs
    }
}
