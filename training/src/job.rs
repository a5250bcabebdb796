//! One job of the plan: reads the weight files that it builds on and adds a new one to the zoo.

use crate::backbone::{Teacher, Trained, Workshop};
use crate::data::Samples;
use crate::frozen::FrozenBackbone;
use crate::kernels::Maps;
use crate::model::Model;
use crate::pass::{Device, Dynamics};
use crate::plan::{Backbone, Job, Noise, Plan, UnitPlan};
use crate::random::stream;
use crate::unit::{Carry, JointTuning, UnitTask};
use crate::weight_file::{Precision, WeightFile};
use anyhow::{Context, Result, ensure};
use cospike_models::zoo;
use cospike_sim_core::inference::argmax;
use cospike_sim_core::network::{Bottleneck, BottleneckKind, Network, Operation, Shape};
use cospike_sim_core::payload::Jpeg;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// JPEG quality of the float units, from 1 to 100.
const JPEG_QUALITY: u8 = 90;

/// Folders, samples and device of all jobs of a plan.
pub(crate) struct Factory<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) zoo: &'a Path,
    pub(crate) checkpoints: &'a Path,
    pub(crate) samples: &'a Samples,
    pub(crate) device: &'a Device,
    /// Whether checkpoints that do not say what they were made of are resumed.
    pub(crate) adopt: bool,
    /// Outputs of the frozen backbone of the last unit, with the head and images that they belong to.
    pub(crate) frozen: RefCell<Option<(Head, Rc<FrozenBackbone>)>>,
}

/// Everything on which the outputs of a frozen backbone depend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    /// Its content.
    backbone: String,
    split: String,
    seed: u64,
    images: usize,
    augmentations: usize,
}

impl Factory<'_> {
    /// Checks that the network of `job` exists and can learn from the samples.
    pub(crate) fn check(&self, job: &Job) -> Result<()> {
        let net = job.network()?;
        if let Job::Unit(UnitPlan { split, kind, width, stride, .. }) = job {
            net.with_bottleneck(split, Bottleneck { kind: *kind, width: *width, stride: *stride })?;
        }
        let help = "choose another data set, or a network for these samples";
        let fits = self.samples.check_for(&net, self.steps(job)?);
        fits.with_context(|| format!("`{}` cannot be trained: {help}", job.name()))?;
        let (name, training) = (job.name(), self.samples.training());
        match job {
            Job::Backbone(backbone) => {
                backbone.phases()?.iter().try_for_each(|(_, schedule)| schedule.check_batch(&name, training))
            }
            Job::Unit(unit) => {
                let images = unit.images;
                ensure!(
                    unit.file().is_none() || self.device.is_kernels(),
                    "`{name}` is a unit of a file's network, which only this program's own kernels train: leave `--device` out"
                );
                self.check_present(unit)?;
                ensure!(
                    images <= training,
                    "`{name}` is to learn from {images} `images`, but there are {training} besides those held out: give at most as many"
                );
                unit.schedules().try_for_each(|schedule| schedule.check_batch(&name, images))
            }
        }
    }

    /// Numbers of time steps for which a network is executed in time in the training of `job`: each has to be that of samples that change. In
    /// phases with `levels` their mean over time is read, however many there are.
    fn steps(&self, job: &Job) -> Result<Vec<usize>> {
        Ok(match job {
            Job::Backbone(backbone) => {
                let phases = backbone.phases()?;
                let steps = phases.iter().filter_map(|&(dynamics, _)| match dynamics {
                    Dynamics::Steps(steps) => Some(steps),
                    Dynamics::Rate(_) => None,
                });
                steps.chain(backbone.teacher.iter().map(|_| 1)).collect()
            }
            Job::Unit(unit) => match unit.steps() {
                Some(steps) => vec![steps],
                // Training it says so if the file is not there.
                None => {
                    let backbone = zoo::WeightFile::read(&self.path(&unit.backbone_file()));
                    backbone.into_iter().map(|file| file.metadata.time_steps as usize).collect()
                }
            },
        })
    }

    /// Refuses the file of a unit that is there already, but for another backbone of the same name.
    fn check_present(&self, unit: &UnitPlan) -> Result<()> {
        let path = self.path(&unit.name());
        if !path.exists() {
            return Ok(());
        }
        let present = zoo::WeightFile::read(&path)?;
        let backbone = match unit.file() {
            Some(file) => Some(file.clone()),
            None => zoo::WeightFile::read(&self.path(&unit.backbone_file())).ok(),
        };
        let content = present.metadata.unit.and_then(|unit| unit.backbone_content);
        let (Some(backbone), Some(content)) = (backbone, content) else { return Ok(()) };
        ensure!(
            content == backbone.content(),
            "{} is a unit of another network called `{}`, with other weights or read in another way: delete it to train it anew, or give \
             another `--zoo`",
            path.display(),
            backbone.name
        );
        Ok(())
    }

    /// Trains the network of `job` and writes its weight file, unless the zoo has that file already.
    pub(crate) fn run(&self, job: &Job) -> Result<()> {
        let path = self.path(&job.name());
        if path.exists() {
            return Ok(());
        }
        let net = job.network()?;
        let (trained, own) = match job {
            Job::Backbone(backbone) => self.backbone(&net, backbone)?,
            Job::Unit(unit) => self.unit(&net, unit)?,
        };
        let mut metadata = own;
        metadata.extend([
            ("cospike_version".into(), env!("CARGO_PKG_VERSION").into()),
            ("task".into(), self.plan.task.clone()),
            ("device".into(), self.device.name().into()),
            ("recipe".into(), trained.recipe),
            ("training_seconds".into(), format!("{:.0}", trained.seconds)),
            ("validation_images".into(), self.plan.validation_images.to_string()),
        ]);
        let mut file = WeightFile { tensors: trained.model.tensors, metadata };
        let validation = match job {
            Job::Unit(UnitPlan { classify: None, .. }) => self.validation_accuracy(&job.name(), &file)?,
            _ => trained.validation,
        };
        file.metadata.insert("validation_accuracy".into(), format!("{validation:.4}"));
        file.write(&path, Precision::Half)?;
        // So that whoever deletes the weight file trains it anew.
        trained.checkpoints.iter().try_for_each(|path| match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| path.display().to_string()),
            _ => Ok(()),
        })
    }

    /// Share of the validation samples that a network with the unit in `file` answers correctly, of one that has only learned to restore
    /// features.
    fn validation_accuracy(&self, name: &str, file: &WeightFile) -> Result<f64> {
        let unit = zoo::WeightFile::from_bytes(name, &file.to_bytes(Precision::Half)?)?;
        let backbone = self.plan.files().find(|backbone| unit.belongs_to(backbone));
        let backbone =
            backbone.context("the plan was checked to have the file of every unit that has no `classify`")?;
        let zoo = zoo::Zoo::from_weight_files([backbone.clone(), unit])?;
        let network = zoo.network_fed(self.samples.feed(), &zoo.choice(name)?)?.network;
        let held_out = self.samples.validation();
        let right = held_out.par_iter().map(|&index| -> Result<usize> {
            let (sample, label) = self.samples.sample(index);
            let run = network.run(&sample, |layers, read| network.executable().run(layers, read, network.steps()))?;
            Ok(usize::from(argmax(&run.scores) == usize::from(label)))
        });
        let right: Vec<usize> = right.collect::<Result<_>>()?;
        Ok(right.iter().sum::<usize>() as f64 / held_out.len() as f64)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.zoo.join(format!("{name}.safetensors"))
    }

    fn backbone_of_zoo(&self, name: &str) -> Result<zoo::WeightFile> {
        zoo::WeightFile::read(&self.path(name)).with_context(|| format!("train `{name}` first"))
    }

    fn workshop(&self, seed: u64) -> Workshop<'_> {
        Workshop { samples: self.samples, checkpoints: self.checkpoints, seed, device: self.device, adopt: self.adopt }
    }

    fn backbone(&self, net: &Network, plan: &Backbone) -> Result<(Trained, BTreeMap<String, String>)> {
        let taught = plan.teacher.as_ref().map(|name| self.teacher(name)).transpose()?;
        let teacher = taught.as_ref().map(|(net, model)| Teacher { net, model });
        let start = match &plan.start {
            Some(name) => Model { tensors: self.backbone_of_zoo(name)?.tensors().clone() },
            None => Model::new(net, 1..net.layers.len(), &mut stream(plan.seed, &plan.name())),
        };
        let trained = self.workshop(plan.seed).backbone(&plan.name(), net, start, &plan.phases()?, teacher.as_ref())?;
        let mut metadata = describe(net, &plan.backbone(), "backbone", plan.time_steps(), plan.seed);
        metadata.insert("training_images".into(), self.samples.training().to_string());
        metadata.extend(plan.teacher.iter().map(|name| ("teacher".to_string(), name.clone())));
        let start = plan.start.as_ref().map_or("random weights".into(), |name| format!("weights of {name}"));
        metadata.insert("start".into(), start);
        Ok((trained, metadata))
    }

    /// The float backbone `name` of the plan and its weights.
    fn teacher(&self, name: &str) -> Result<(Network, Model)> {
        let jobs = self.plan.jobs();
        let job = jobs.iter().find(|job| job.name() == name).context("the plan was checked to have every teacher")?;
        Ok((job.network()?, Model { tensors: self.backbone_of_zoo(name)?.tensors().clone() }))
    }

    /// Outputs of the frozen backbone, which `freeze` computes from some images anew only if `head` is not that of the unit before.
    fn frozen(
        &self,
        head: Head,
        freeze: impl FnOnce(&Workshop<'_>, &[usize]) -> Result<FrozenBackbone>,
    ) -> Result<Rc<FrozenBackbone>> {
        let mut kept = self.frozen.borrow_mut();
        Ok(match &*kept {
            Some((of, frozen)) if *of == head => frozen.clone(),
            _ => {
                *kept = None; // frees the memory before the new outputs need it
                let seen: Vec<usize> = (0..head.images).cycle().take(head.images * head.augmentations).collect();
                let frozen = Rc::new(freeze(&self.workshop(head.seed), &seen)?);
                *kept = Some((head, frozen.clone()));
                frozen
            }
        })
    }

    fn unit(&self, backbone: &Network, plan: &UnitPlan) -> Result<(Trained, BTreeMap<String, String>)> {
        let at = backbone.split(&plan.split)?;
        let joint = plan.joint.as_ref().map(|joint| -> Result<JointTuning<'_>> {
            Ok(JointTuning { behind: backbone.split(&joint.behind)?, backbone, schedule: joint.schedule() })
        });
        let shape = Bottleneck { kind: plan.kind, width: plan.width, stride: plan.stride };
        let (net, cut) = backbone.with_bottleneck(&plan.split, shape)?;
        let file = match plan.file() {
            Some(file) => file.clone(),
            None => self.backbone_of_zoo(&plan.backbone_file())?,
        };
        let steps = file.metadata.time_steps as usize;
        let tensors = match plan.file() {
            Some(file) => Model::folded(backbone, file.tensors())?.tensors,
            None => file.tensors().clone(),
        };
        let jpeg = (plan.kind == BottleneckKind::Float)
            .then(|| Jpeg::new(net.layers[cut].output, JPEG_QUALITY))
            .transpose()?;
        let link: Option<Box<Carry>> = match (&jpeg, plan.noise) {
            (Some(jpeg), _) => Some(Box::new(|maps: &mut Maps, _: &mut ChaCha8Rng| send_as_jpeg(jpeg, maps))),
            (None, Some(noise)) if plan.kind == BottleneckKind::Jscc => {
                Some(Box::new(move |maps: &mut Maps, rng: &mut ChaCha8Rng| transmit(noise, maps, rng)))
            }
            (None, Some(noise)) => {
                Some(Box::new(move |maps: &mut Maps, rng: &mut ChaCha8Rng| disturb(noise, maps, rng)))
            }
            (None, None) => None,
        };
        let UnitPlan { seed, images, augmentations, .. } = *plan;
        let head = Head { backbone: file.content().into(), split: plan.split.clone(), seed, images, augmentations };
        let is_of_zoo = plan.file().is_none();
        let frozen = self.frozen(head, |workshop, seen| match is_of_zoo {
            true => workshop.freeze(backbone, &tensors, at, steps, seen),
            false => workshop.freeze_by_inference(&file, at, steps, seen),
        })?;
        let trained = self.workshop(plan.seed).unit(&UnitTask {
            name: &plan.name(),
            net: &net,
            split: at,
            cut,
            decoder: at + net.layers.len() - backbone.layers.len(),
            steps,
            link: link.as_deref(),
            link_in_words: format!("{:?} {:?}", jpeg.as_ref().map(|_| JPEG_QUALITY), plan.noise),
            backbone: &tensors,
            frozen: &frozen,
            restore: plan.restore,
            quantised: plan.quantised,
            classify: plan.classify,
            tune_tail: plan.tune_tail,
            joint: joint.transpose()?,
        })?;
        let mut metadata = describe(&net, &plan.backbone(), "unit", steps, plan.seed);
        if !is_of_zoo {
            metadata.insert("network".into(), file.metadata.network.clone());
            if let Operation::Neuron(neuron) = net.layers[cut].operation {
                metadata.insert("neuron".into(), zoo::neuron_text(&neuron));
            }
        }
        metadata.extend([
            ("backbone_blake3".into(), file.content().into()),
            ("training_images".into(), images.to_string()),
            ("split".into(), plan.split.clone()),
            ("width".into(), plan.width.to_string()),
            ("stride".into(), plan.stride.to_string()),
            ("bottleneck".into(), plan.kind.name().into()),
            ("variant".into(), plan.variant()),
            ("tail".into(), if plan.tune_tail { "tuned" } else { "of the backbone" }.into()),
        ]);
        if augmentations > 1 {
            metadata.insert("augmentations".into(), augmentations.to_string());
        }
        if let Some(joint) = &plan.joint {
            metadata.insert("head".into(), format!("tuned behind {}", joint.behind));
        }
        if plan.kind == BottleneckKind::Float {
            metadata.insert("jpeg_quality".into(), JPEG_QUALITY.to_string());
        }
        if let Some(Noise { erasures, flips, deviation }) = plan.noise {
            let noise = match deviation > 0.0 {
                true => format!("added to values, standard deviation up to {deviation}"),
                false => format!("bits erased up to {erasures}, flipped up to {flips}"),
            };
            metadata.insert("noise".into(), noise);
        }
        Ok((trained, metadata))
    }
}

/// Metadata that every weight file has.
fn describe(net: &Network, backbone: &str, kind: &str, steps: usize, seed: u64) -> BTreeMap<String, String> {
    let entries = [
        ("backbone", backbone.to_string()),
        ("network", net.name.clone()),
        ("family", net.family().name().into()),
        ("kind", kind.into()),
        ("time_steps", steps.to_string()),
        ("seed", seed.to_string()),
        ("macs", net.dense_macs(0..net.layers.len()).to_string()),
    ];
    let levels = net.levels().map(|levels| ("levels", levels.to_string()));
    entries.into_iter().chain(levels).map(|(key, value)| (key.to_string(), value)).collect()
}

/// Replaces the features by what the cloud decodes from their JPEG. The codec takes channel after channel.
fn send_as_jpeg(jpeg: &Jpeg, maps: &mut Maps) {
    let Shape { channels, .. } = maps.shape;
    let area = maps.shape.area();
    for frame in maps.data.chunks_exact_mut(channels * area) {
        let planes: Vec<f32> = (0..channels * area).map(|i| frame[i % area * channels + i / area]).collect();
        // A value of a diverged training is NaN, and the loss says so.
        let Ok(sent) = jpeg.round_trip(&planes) else { continue };
        for (i, value) in sent.into_iter().enumerate() {
            frame[i % area * channels + i / area] = value;
        }
    }
}

/// What the channel does to values in [0, 1], by a law whose strength is drawn anew for every batch: it adds white noise, or erases bits
/// of them as 8-bit numbers, each of which then counts half (the two channels of BottleNet++).
fn transmit(noise: Noise, maps: &mut Maps, rng: &mut ChaCha8Rng) {
    if noise.deviation > 0.0 {
        let deviation = rng.random_range(0.0..=noise.deviation);
        maps.data.iter_mut().for_each(|value| *value += deviation * rng.sample::<f32, _>(StandardNormal));
        return;
    }
    let erased: f32 = rng.random_range(0.0..=noise.erasures);
    for value in &mut maps.data {
        // A value of a diverged training is NaN, and the loss says so.
        let sent = (*value * 255.0).round() as u8;
        let missing = (0..u8::BITS).fold(0, |mask, bit| mask | u8::from(rng.random::<f32>() < erased) << bit);
        *value = (f32::from(sent & !missing) + f32::from(missing) / 2.0) / 255.0;
    }
}

/// Sets bits to 0 (erasures) and flips others, with probabilities drawn anew for every batch.
fn disturb(noise: Noise, maps: &mut Maps, rng: &mut ChaCha8Rng) {
    let (erased, flipped) = (rng.random_range(0.0..=noise.erasures), rng.random_range(0.0..=noise.flips));
    for bit in &mut maps.data {
        let draw: f32 = rng.random();
        if draw < erased {
            *bit = 0.0;
        } else if draw < erased + flipped {
            *bit = 1.0 - *bit;
        }
    }
}
