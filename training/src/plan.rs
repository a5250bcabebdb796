//! The plan file: the networks of the zoo, and how each is trained.

use crate::fit::{Schedule, kept_share};
use crate::pass::Dynamics;
use anyhow::{Result, bail, ensure};
use cospike_models::zoo::{MAX_LEVELS, MAX_TIME_STEPS};
use cospike_sim_core::network::{BottleneckKind, Family, Network, NetworkName, Neuron};
use serde::Deserialize;

/// A plan file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Name of the task, such as `fashion-mnist`, for the metadata.
    pub(crate) task: String,
    /// Number of training images held out for validation; every choice is made on them.
    pub(crate) validation_images: usize,
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
    /// Whether it starts from the teacher's weights instead of random ones.
    #[serde(default)]
    pub(crate) start_as_teacher: bool,
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

/// Bottleneck units to train: every combination of the lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    network: String,
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
    restore: Schedule,
    /// First phase of spiking units, in which their neurons are quantisers; other kinds ignore it.
    quantised: Option<Schedule>,
    classify: Schedule,
    /// Whether the tail learns along with the unit instead of staying that of the backbone.
    #[serde(default)]
    tune_tail: bool,
}

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

/// One bottleneck unit to train.
#[derive(Clone, Debug)]
pub(crate) struct UnitPlan {
    network: String,
    backbone_seed: u64,
    /// Levels of its backbone's quantisers, if the plan has that backbone and it is quantised.
    levels: Option<u32>,
    pub(crate) kind: BottleneckKind,
    pub(crate) split: String,
    pub(crate) width: usize,
    pub(crate) stride: usize,
    pub(crate) seed: u64,
    pub(crate) noise: Option<Noise>,
    pub(crate) images: usize,
    pub(crate) restore: Schedule,
    pub(crate) quantised: Option<Schedule>,
    pub(crate) classify: Schedule,
    pub(crate) tune_tail: bool,
}

/// One network to train.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    Backbone(Backbone),
    Unit(UnitPlan),
}

/// Encoders halve height and width, as BottleNet's spatial reduction does, unless their name says otherwise.
const USUAL_STRIDE: usize = 2;

fn first_seed() -> u64 {
    1
}

fn first_seeds() -> Vec<u64> {
    vec![first_seed()]
}

impl Plan {
    /// Reads the plan in `text`, which is TOML, and checks every network, split point and teacher.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let plan: Self = toml::from_str(text)?;
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
        let levels =
            |unit: &UnitPlan| self.backbone.iter().find(|backbone| backbone.name() == unit.backbone_file())?.levels;
        let units = self.units.iter().flat_map(Units::jobs);
        let units = units.map(|unit| Job::Unit(UnitPlan { levels: levels(&unit), ..unit }));
        self.backbone.iter().cloned().map(Job::Backbone).chain(units).collect()
    }
}

impl Units {
    /// Checks that every list has elements.
    fn check(&self) -> Result<()> {
        let lists = [
            ("kinds", self.kinds.is_empty()),
            ("splits", self.splits.is_empty()),
            ("widths", self.widths.is_empty()),
            ("strides", self.strides.is_empty()),
            ("seeds", self.seeds.is_empty()),
        ];
        match lists.iter().find(|(_, is_empty)| *is_empty) {
            Some((key, _)) => bail!("the [[units]] of `{}` have no `{key}`: give at least one", self.network),
            None => Ok(()),
        }
    }

    fn jobs(&self) -> Vec<UnitPlan> {
        let mut jobs = vec![];
        for split in &self.splits {
            // Consecutive jobs with the same head share its outputs.
            for (&kind, &seed) in self.kinds.iter().flat_map(|k| self.seeds.iter().map(move |s| (k, s))) {
                for (&width, &stride) in self.widths.iter().flat_map(|w| self.strides.iter().map(move |s| (w, s))) {
                    let (network, split) = (self.network.clone(), split.clone());
                    let Self { backbone_seed, noise, images, restore, classify, tune_tail, .. } = *self;
                    let quantised = self.quantised.filter(|_| kind == BottleneckKind::Spiking);
                    jobs.push(UnitPlan {
                        network,
                        backbone_seed,
                        levels: None,
                        kind,
                        split,
                        width,
                        stride,
                        seed,
                        noise,
                        images,
                        restore,
                        quantised,
                        classify,
                        tune_tail,
                    });
                }
            }
        }
        jobs
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

    /// Name of its backbone without the family.
    pub(crate) fn backbone(&self) -> String {
        seeded(&self.network, self.backbone_seed)
    }

    /// Name of its backbone in the zoo.
    pub(crate) fn backbone_file(&self) -> String {
        format!("{}-{}", self.backbone(), self.family().name())
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
            (self.seed != first_seed()).then(|| format!("seed{}", self.seed)),
        ];
        marks.into_iter().flatten().collect::<Vec<_>>().join("-")
    }

    /// Schedules of its phases.
    pub(crate) fn schedules(&self) -> impl Iterator<Item = Schedule> {
        [Some(self.restore), self.quantised, Some(self.classify)].into_iter().flatten()
    }

    /// Checks that the unit has channels, and something to learn from.
    fn check_sizes(&self) -> Result<()> {
        let name = self.name();
        for (key, value) in [("widths", self.width), ("strides", self.stride), ("images", self.images)] {
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
        let name = format!("{}-{}-w{}", self.backbone_file(), self.split, self.width);
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
            Self::Unit(unit) => (&unit.network, unit.family(), unit.levels),
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
        crate::pass::check(&net)?;
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
                ensure!(
                    backbone.teacher.is_some() || !backbone.start_as_teacher,
                    "`{}` has `start_as_teacher` but no `teacher`: name one",
                    self.name()
                );
                if let Some(teacher) = &backbone.teacher {
                    let known = jobs.iter().any(|job| job.name() == *teacher);
                    ensure!(known, "`{}` has the teacher `{teacher}`, which is not in the plan: add it", self.name());
                }
            }
            Self::Unit(unit) => {
                net.split(&unit.split)?;
                unit.check_noise()?;
                unit.check_sizes()?;
            }
        }
        Ok(())
    }
}

/// The name `network` with the seed from which its backbone was trained, unless that is the first one.
fn seeded(network: &str, seed: u64) -> String {
    if seed == first_seed() { network.into() } else { format!("{network}-seed{seed}") }
}
