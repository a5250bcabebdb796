//! The plan file: the networks of the zoo, and how each is trained.

mod unit;
mod units;

use crate::fit::{Schedule, kept_share};
use crate::pass::{Dynamics, check, check_passage};
use anyhow::{Result, bail, ensure};
use cospike_models::zoo::{MAX_LEVELS, MAX_TIME_STEPS, WeightFile};
use cospike_sim_core::network::{BottleneckKind, Family, Network, NetworkName, Neuron};
use serde::Deserialize;
use std::path::Path;
use unit::{Body, first_seed};
pub(crate) use unit::{Joint, Noise, UnitPlan};
use units::Units;

/// A plan file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Name of the task, such as `fashion-mnist`, for the metadata.
    pub(crate) task: String,
    /// Number of training images held out for validation; every choice is made on them.
    pub(crate) validation_images: usize,
    /// Whether images and frames are moved and flipped left to right at random while networks learn.
    #[serde(default = "usual")]
    pub(crate) augmentation: bool,
    #[serde(default)]
    backbone: Vec<Backbone>,
    #[serde(default)]
    units: Vec<Units>,
}

/// An unsplit network to train.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backbone {
    /// Name of its architecture, as in [`NetworkName`].
    network: String,
    family: Family,
    /// Levels of the quantisers of a quantised network, from 2 on.
    levels: Option<u32>,
    /// Name of the float backbone whose class scores it learns from as well.
    pub(crate) teacher: Option<String>,
    /// Name of the backbone of the same architecture whose weights it starts from; random ones if there is none.
    pub(crate) start: Option<String>,
    phases: Vec<PhasePlan>,
    #[serde(default = "first_seed")]
    pub(crate) seed: u64,
}

/// A schedule, with the evaluation of neurons in it, if there are any.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PhasePlan {
    /// Levels of the quantisers that stand for the neurons.
    levels: Option<usize>,
    /// Time steps over which the neurons are evaluated.
    steps: Option<usize>,
    epochs: usize,
    batch: usize,
    peak_rate: f32,
    #[serde(default, deserialize_with = "kept_share")]
    average: Option<f32>,
}

/// One network to train.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    Backbone(Backbone),
    Unit(UnitPlan),
}

/// Encoders halve height and width, as BottleNet's spatial reduction does, unless their name says otherwise.
const USUAL_STRIDE: usize = 2;

fn usual() -> bool {
    true
}

impl Plan {
    /// Reads the plan in `text`, which is TOML, and the files in `folder` that it names, and checks every network, split point and teacher.
    pub(crate) fn read(text: &str, folder: &Path) -> Result<Self> {
        let mut plan: Self = toml::from_str(text)?;
        plan.units.iter_mut().try_for_each(|units| units.open(folder))?;
        ensure!(
            plan.validation_images > 0,
            "`validation_images` is 0: every choice is made on images that are held out for it, so give at least 1"
        );
        plan.units.iter().try_for_each(Units::check)?;
        let jobs = plan.jobs();
        ensure!(!jobs.is_empty(), "the plan has no network: give it a [[backbone]] or [[units]]");
        for job in &jobs {
            job.check(&jobs)?;
        }
        Ok(plan)
    }

    /// All jobs, each after those whose weights it needs.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        let mut units: Vec<UnitPlan> = self.units.iter().flat_map(Units::jobs).collect();
        for unit in &mut units {
            let name = unit.backbone_file();
            let backbone = self.backbone.iter().find(|backbone| backbone.name() == name);
            if let (Body::Zoo { levels, steps, .. }, Some(backbone)) = (&mut unit.body, backbone) {
                (*levels, *steps) = (backbone.levels, Some(backbone.time_steps()));
            }
        }
        self.backbone.iter().cloned().map(Job::Backbone).chain(units.into_iter().map(Job::Unit)).collect()
    }

    /// The networks of files that its units belong to.
    pub(crate) fn files(&self) -> impl Iterator<Item = &WeightFile> {
        self.units.iter().filter_map(|units| units.read.as_deref())
    }
}

impl Backbone {
    /// Name in the zoo.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.backbone(), self.family.name())
    }

    /// Name of the backbone without its family.
    pub(crate) fn backbone(&self) -> String {
        seeded(&self.network, self.seed)
    }

    /// Dynamics and schedule of each phase of its training.
    pub(crate) fn phases(&self) -> Result<Vec<(Dynamics, Schedule)>> {
        let phase = |phase: &PhasePlan| {
            let PhasePlan { epochs, batch, peak_rate, average, .. } = *phase;
            let dynamics = match (phase.levels, phase.steps, self.family) {
                (Some(levels), None, Family::Spiking) => Dynamics::Rate(levels),
                (None, Some(steps), Family::Spiking) => Dynamics::Steps(steps),
                (None, None, Family::Float | Family::Quantised) => Dynamics::Steps(1),
                _ => bail!(
                    "a phase of `{}` has `levels` {:?} and `steps` {:?}: a spiking network needs exactly one of them in \
                     every phase, any other network takes neither",
                    self.name(),
                    phase.levels,
                    phase.steps
                ),
            };
            let schedule = Schedule { epochs, batch, peak_rate, average };
            schedule.check(&self.name())?;
            match dynamics {
                Dynamics::Rate(levels) if !(1..=MAX_LEVELS as usize).contains(&levels) => {
                    bail!("a phase of `{}` has `levels` {levels}: give 1 to {MAX_LEVELS}", self.name())
                }
                Dynamics::Steps(steps) if !(1..=MAX_TIME_STEPS as usize).contains(&steps) => {
                    bail!("a phase of `{}` has `steps` {steps}: give 1 to {MAX_TIME_STEPS} time steps", self.name())
                }
                _ => Ok((dynamics, schedule)),
            }
        };
        self.phases.iter().map(phase).collect()
    }

    /// Time steps of the trained network: those of its last phase.
    pub(crate) fn time_steps(&self) -> usize {
        self.phases.last().and_then(|phase| phase.steps).unwrap_or(1)
    }
}

impl UnitPlan {
    pub(crate) fn family(&self) -> Family {
        self.kind.family()
    }

    /// Name of its backbone without the family; of a file its own.
    pub(crate) fn backbone(&self) -> String {
        match &self.body {
            Body::Zoo { network, seed, .. } => seeded(network, *seed),
            Body::File(file) => file.name.clone(),
        }
    }

    /// Name of its backbone in the zoo; of a file its own without ending.
    pub(crate) fn backbone_file(&self) -> String {
        match &self.body {
            Body::Zoo { .. } => format!("{}-{}", self.backbone(), self.family().name()),
            Body::File(file) => plain(&Path::new(&file.name).file_stem().unwrap_or_default().to_string_lossy()),
        }
    }

    /// Its backbone, if that is the network of a file.
    pub(crate) fn file(&self) -> Option<&WeightFile> {
        if let Body::File(file) = &self.body { Some(file) } else { None }
    }

    /// Time steps of its backbone, if the plan has that or it is a file's.
    pub(crate) fn steps(&self) -> Option<usize> {
        match &self.body {
            Body::Zoo { steps, .. } => *steps,
            Body::File(file) => Some(file.metadata.time_steps as usize),
        }
    }

    /// Differences from the unit that a scenario gets by default, such as `binary-s1`; empty for that unit.
    pub(crate) fn variant(&self) -> String {
        let marks = [
            matches!(self.kind, BottleneckKind::Binary | BottleneckKind::Jscc).then(|| self.kind.name().to_string()),
            (self.stride != USUAL_STRIDE).then(|| format!("s{}", self.stride)),
            match (self.kind, self.noise) {
                (BottleneckKind::Jscc, Some(Noise { deviation, .. })) => (deviation == 0.0).then(|| "erasures".into()),
                (_, noise) => noise.map(|_| "noisy".into()),
            },
            self.joint.as_ref().map(|_| "joint".into()),
            (self.seed != first_seed()).then(|| format!("seed{}", self.seed)),
        ];
        marks.into_iter().flatten().collect::<Vec<_>>().join("-")
    }

    /// Schedules of its phases.
    pub(crate) fn schedules(&self) -> impl Iterator<Item = Schedule> {
        let joint = self.joint.as_ref().map(Joint::schedule);
        [Some(self.restore), self.quantised, self.classify, joint].into_iter().flatten()
    }

    /// Checks that the unit has channels, and something to learn from.
    fn check_sizes(&self) -> Result<()> {
        let name = self.name();
        for (key, value) in [
            ("widths", self.width),
            ("strides", self.stride),
            ("images", self.images),
            ("augmentations", self.augmentations),
        ] {
            ensure!(value > 0, "`{name}` has 0 in `{key}`: give a whole number from 1 on");
        }
        self.schedules().try_for_each(|schedule| schedule.check(&name))
    }

    /// Checks that the link does to the unit's values what can be done to them.
    fn check_noise(&self) -> Result<()> {
        let Noise { erasures, flips, deviation } = self.noise.unwrap_or_default();
        let probabilities = [erasures, flips].iter().all(|share| (0.0..=1.0).contains(share));
        ensure!(
            probabilities && deviation.is_finite() && deviation >= 0.0,
            "`{}` has the noise erasures {erasures}, flips {flips}, deviation {deviation}: give probabilities from 0 to 1 and a \
             deviation of at least 0",
            self.name()
        );
        let is_fine = match self.kind {
            BottleneckKind::Jscc => flips == 0.0 && (erasures > 0.0) != (deviation > 0.0),
            BottleneckKind::Float => self.noise.is_none(),
            BottleneckKind::Spiking | BottleneckKind::Binary | BottleneckKind::Quantised => deviation == 0.0,
        };
        ensure!(
            is_fine,
            "`{}` cannot be trained with the noise erasures {erasures}, flips {flips}, deviation {deviation}: a `jscc` unit takes \
             `erasures` or a `deviation` above 0, a `float` unit none, any other `erasures` and `flips`",
            self.name()
        );
        Ok(())
    }

    /// Name in the zoo.
    pub(crate) fn name(&self) -> String {
        let name = format!("{}-{}-w{}", self.backbone_file(), plain(&self.split), self.width);
        let variant = self.variant();
        if variant.is_empty() { name } else { format!("{name}-{variant}") }
    }
}

impl Job {
    /// Name of the network in the zoo.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Backbone(backbone) => backbone.name(),
            Self::Unit(unit) => unit.name(),
        }
    }

    /// The layer graph of its backbone.
    pub(crate) fn network(&self) -> Result<Network> {
        let (name, family, levels) = match self {
            Self::Backbone(backbone) => (&backbone.network, backbone.family, backbone.levels),
            Self::Unit(unit) => match &unit.body {
                Body::Zoo { network, levels, .. } => (network, unit.family(), *levels),
                Body::File(file) => return Ok(file.architecture()?),
            },
        };
        let name: NetworkName = name.parse()?;
        Ok(match (family, levels) {
            (Family::Spiking, _) => name.spiking(Neuron::INTEGRATE_AND_FIRE),
            (Family::Float, _) => name.float(),
            (Family::Quantised, Some(levels)) if levels > 1 => name.quantised(levels),
            (Family::Quantised, _) => bail!(
                "`{}` needs the number of levels of its quantisers: give its backbone `levels`, 2 or more, in this plan",
                self.name()
            ),
        })
    }

    fn check(&self, jobs: &[Self]) -> Result<()> {
        let net = self.network()?;
        match self {
            Self::Unit(unit) if unit.file().is_some() => {
                if unit.classify.is_some() {
                    check_passage(&net, net.split(&unit.split)? + 1..net.layers.len())?;
                }
            }
            _ => check(&net)?,
        }
        let others = || jobs.iter().map(Self::name).filter(|name| *name == self.name()).count();
        ensure!(others() == 1, "the plan has `{}` more than once: delete all but one", self.name());
        match self {
            Self::Backbone(backbone) => {
                ensure!(
                    !backbone.phases()?.is_empty(),
                    "`{}` has no phase: give it at least one in `phases`",
                    self.name()
                );
                ensure!(
                    backbone.levels.is_none() || backbone.family == Family::Quantised,
                    "`{}` has `levels`, which belong to quantised networks: a spiking one has them in its phases",
                    self.name()
                );
                if let Some(start) = &backbone.start {
                    let name = self.name();
                    let known = jobs.iter().find_map(|job| match job {
                        Self::Backbone(other) if job.name() == *start => Some(other),
                        _ => None,
                    });
                    let Some(known) = known else {
                        bail!("`{name}` starts from `{start}`, which is not a backbone of the plan: add it")
                    };
                    ensure!(
                        known.network == backbone.network,
                        "`{name}` starts from `{start}`, whose network is `{}`: name a backbone of `{}`",
                        known.network,
                        backbone.network
                    );
                    ensure!(*start != name, "`{name}` starts from itself: name another backbone, or leave `start` out");
                }
                if let Some(teacher) = &backbone.teacher {
                    let known = jobs.iter().find(|job| job.name() == *teacher);
                    let taught = self.name();
                    let Some(known) = known else {
                        bail!("`{taught}` has the teacher `{teacher}`, which is not in the plan: add it")
                    };
                    ensure!(
                        !known.network()?.is_spiking(),
                        "`{taught}` has the teacher `{teacher}`, which is spiking: name a float one, which is executed once"
                    );
                }
            }
            Self::Unit(unit) => {
                let split = net.split(&unit.split)?;
                if let Some(Joint { behind, .. }) = &unit.joint {
                    ensure!(
                        net.split(behind)? < split,
                        "`{}` is tuned jointly behind `{behind}`, where its head has no layers: name a split point before `{}`",
                        self.name(),
                        unit.split
                    );
                }
                unit.check_noise()?;
                unit.check_sizes()?;
            }
        }
        Ok(())
    }
}

/// `name` as a part of a file's name, with a dash for whatever else than letters, digits and `-_.` there is.
fn plain(name: &str) -> String {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.chars().map(|c| if is_fine(c) { c } else { '-' }).collect::<String>().trim_matches('-').into()
}

/// The name `network` with the seed from which its backbone was trained, unless that is the first one.
fn seeded(network: &str, seed: u64) -> String {
    if seed == first_seed() { network.into() } else { format!("{network}-seed{seed}") }
}
