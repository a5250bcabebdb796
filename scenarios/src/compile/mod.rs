//! From a scenario file to a plan.
//!
//! Everything that a scenario asks for is read and checked here; what comes out holds values and content hashes only.

mod extent;
mod labels;
mod lengths;
mod missing;
mod networks;
mod places;
mod points;
mod searches;
mod system;
mod warnings;
mod workload;

pub use missing::{FileOfUnit, MissingNetwork, missing_networks};
pub use points::Points;

use crate::declarations::kind_of_key;
use crate::diagnostic::{Diagnostic, Mistake, Origin, Source, excerpt};
use crate::given::Given;
use crate::located::Located;
use crate::measured::MeasuredHeads;
use crate::profiles::{Overrides, Replaceable};
use crate::question;
use crate::scenario::{DatasetName, Precision, Scenario, StudySection};
use crate::sweep::{Expansion, SweepPoint};
use crate::traces;
use cospike_models::dataset::Dataset;
use cospike_models::import::nir::NirError;
use cospike_models::zoo::{Blueprint, NetworkChoice, WeightFile, Zoo, ZooError};
use cospike_results::index::NetworkIndex;
use cospike_results::manifest::{Axis, FileUsed};
use cospike_results::store::entries::Location;
use cospike_sim_core::cosim::System;
use cospike_sim_core::network::INPUT;
use cospike_sim_core::payload::Missing;
use cospike_studies::plan::{
    self, DesignPoint, NamedPrices, PLAN_SCHEMA, Packets, Plan, PlannedNetwork, ProfileNames, Provenance, SampleSet,
};
use cospike_studies::search::{Probe, Searches};
use cospike_studies::{Census, Seen, SeenParts, Shared, SharedSystem, Study, StudyError};
use lengths::Lengths;
use networks::Asked;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;
use system::Profiles;

/// A compiled scenario.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What to execute; without design points if they are compiled some at a time.
    pub plan: Plan,
    /// What is known of all design points.
    pub census: Census,
    /// Data sets of the plan, each with all its samples.
    pub datasets: Vec<Arc<Dataset>>,
    /// Networks of files, which the zoo does not have.
    pub imported: Vec<WeightFile>,
    /// Place of the store that the scenario names.
    pub store: Option<Location>,
    /// The searches, if the scenario has `[find]`. The points of the plan are those of the first and the last candidate of each then;
    /// [`compile_probes`] makes others.
    pub searches: Option<Searches>,
}

/// Cause for which a scenario could not be compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// A mistake in the scenario, or in a file that it uses.
    #[error(transparent)]
    Mistake(Box<Diagnostic>),
    /// A broken weight file.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// A design point was selected that the study does not have.
    #[error("there is no design point {number}: the study has {count}, counted from 0")]
    NoSuchPoint {
        /// Number that was selected.
        number: usize,
        /// Number of design points.
        count: usize,
    },
}

/// A failure inside a file whose name and text are not known here.
enum Failure {
    Mistake(Mistake),
    Zoo(ZooError),
    NoSuchPoint { number: usize, count: usize },
}

impl From<Mistake> for Failure {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(mistake)
    }
}

/// Compiles the scenario in `source`: reads and checks everything that it asks for. Nothing is executed or written.
///
/// # Errors
/// The first mistake in the scenario or in a file that it uses; a broken weight file.
pub fn compile(source: &Source, zoo: &Zoo) -> Result<Compiled, CompileError> {
    compile_given(source, &Given::default(), zoo)
}

/// Compiles the scenario in `source` with what is `given` beside it. A design point that is selected is the same, label
/// included, as in the whole study; the plan numbers the selected points anew, from 0.
///
/// # Errors
/// Those of [`compile`]; a mistake in a setting; a design point that does not exist.
pub fn compile_given(source: &Source, given: &Given, zoo: &Zoo) -> Result<Compiled, CompileError> {
    let compiled = compile_some(source, given, None, zoo)?;
    check_candidates(&compiled, source, given, zoo)?;
    Ok(compiled)
}

/// Compiles all candidates of the searches of which both ends were `compiled`, if some may be wrong although these are not.
fn check_candidates(compiled: &Compiled, source: &Source, given: &Given, zoo: &Zoo) -> Result<(), CompileError> {
    let search = compiled.plan.provenance.search.as_ref().zip(compiled.searches.as_ref());
    match search.and_then(|(search, searches)| searches::all_to_check(search, searches)) {
        Some(candidates) => compile_some(source, given, Some(&candidates), zoo).map(drop),
        None => Ok(()),
    }
}

/// Compiles the design points of some `probes` of the searches in `source`, in their order, which is ascending.
///
/// # Errors
/// Those of [`compile_given`].
pub fn compile_probes(source: &Source, given: &Given, probes: &[Probe], zoo: &Zoo) -> Result<Compiled, CompileError> {
    compile_some(source, given, Some(probes), zoo)
}

fn compile_some(source: &Source, given: &Given, probes: Option<&[Probe]>, zoo: &Zoo) -> Result<Compiled, CompileError> {
    let compiled = || {
        let mut points = Points::outlined(source, given, probes, zoo)?;
        points.label_all();
        let (census, all) = points.compile_all(true)?;
        let mut compiled = points.compiled(census)?;
        compiled.plan.points = all;
        Ok(compiled)
    };
    compiled().map_err(|failure| points::located(failure, source, given))
}

impl Compiled {
    /// The plan with its networks from `zoo`, ready to be executed.
    ///
    /// # Errors
    /// Those of [`Study::new`].
    pub fn into_study(self, zoo: &Zoo) -> Result<Study, StudyError> {
        let Self { plan, census, datasets, imported, .. } = self;
        let zoo = if imported.is_empty() { zoo.clone() } else { zoo.extended(imported)? };
        match plan.points.is_empty() {
            true => Study::without_points(plan, census, &zoo, datasets),
            false => Study::new(plan, &zoo, datasets),
        }
    }
}

/// The backbone `file`, then those of the units beside it that `zoo` does not have.
fn with_units_beside(file: WeightFile, zoo: &Zoo) -> Result<Vec<WeightFile>, ZooError> {
    let mut units = file.units_beside()?;
    units.retain(|unit| zoo.weight_files().iter().all(|known| known.blake3 != unit.blake3));
    Ok(std::iter::once(file).chain(units).collect())
}

/// Place of the store called `name`; a folder is relative to `origin`.
fn store_location(name: &str, origin: &Origin) -> Location {
    match (Location::new(Path::new(name)), origin) {
        (Location::Folder(relative), Origin::Folder(folder)) => Location::Folder(folder.join(relative)),
        (location, _) => location,
    }
}

/// Name of a profile with the values that a scenario gives in the place of its own.
fn name_with<P: Replaceable>((name, overrides): (&Located<String>, Option<&Overrides<P>>)) -> String {
    overrides.map_or_else(|| (**name).clone(), |overrides| overrides.label(name))
}

fn precision_target(precision: &Precision) -> plan::Precision {
    plan::Precision {
        relative: precision.relative.get(),
        metric: precision.of,
        max_replications: precision.max_replications.get(),
    }
}

/// Turns scenarios into design points and keeps what they share.
struct Compiler<'a> {
    origin: &'a Origin,
    /// The zoo, with the networks of files that were read.
    zoo: Cow<'a, Zoo>,
    imported: Vec<WeightFile>,
    profiles: Profiles,
    /// Data sets and their hashes, by the name in the scenario.
    datasets: BTreeMap<String, (Arc<Dataset>, String)>,
    /// Hashes of the traces, by the path in the scenario.
    traces: BTreeMap<String, String>,
    /// Measured heads, by the path in the scenario.
    measured: BTreeMap<String, MeasuredHeads>,
    /// What is not as it should be, each once.
    warnings: Vec<String>,
    lengths: Lengths,
    seen_parts: SeenParts,
    seen_profiles: Seen<ProfileNames>,
    /// Distinct networks, in the order of the plan.
    networks: Vec<CompiledNetwork>,
    /// Position of each in the list above.
    known: BTreeMap<NetworkKey, NetworkIndex>,
}

/// What makes two requests for a network the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NetworkKey {
    choice: NetworkChoice,
    stepwise: bool,
    dataset: String,
    samples: u32,
}

struct CompiledNetwork {
    planned: PlannedNetwork,
    blueprint: Blueprint,
}

impl<'a> Compiler<'a> {
    fn new(origin: &'a Origin, zoo: &'a Zoo) -> Result<Self, Mistake> {
        Ok(Self {
            origin,
            zoo: Cow::Borrowed(zoo),
            imported: vec![],
            profiles: Profiles::with_shipped_prices()?,
            datasets: BTreeMap::new(),
            traces: BTreeMap::new(),
            measured: BTreeMap::new(),
            warnings: vec![],
            lengths: Lengths::default(),
            seen_parts: SeenParts::default(),
            seen_profiles: Seen::default(),
            networks: vec![],
            known: BTreeMap::new(),
        })
    }

    /// The study that was compiled, without its design points, which have this `census`.
    fn compiled(
        &self,
        study: &StudySection,
        (expansion, searches): (&Expansion<'_>, Option<Searches>),
        census: Census,
        (source, given): (&Source, &Given),
    ) -> Compiled {
        let prices = self.profiles.price_lists();
        let question = study.question.as_ref().map(|question| question.trim().to_owned());
        let warnings = expansion.warnings.iter().chain(&self.warnings).cloned().chain(self.lengths.warning());
        let used = |(name, blake3): (&String, &String)| FileUsed::new(name, blake3);
        let plan = Plan {
            schema: PLAN_SCHEMA,
            name: (*study.name).clone(),
            seed: study.seed,
            replications: study.replications.get(),
            decision: expansion.search.as_ref().map(|search| search.decision.clone()),
            precision: study.precision.as_ref().map(|precision| precision_target(precision)),
            prices: prices.map(|(name, prices)| NamedPrices { name: name.into(), list: *prices.list() }).collect(),
            networks: self.networks.iter().map(|network| network.planned.clone()).collect(),
            points: vec![],
            provenance: Provenance {
                question: question.or_else(|| question::in_comment(&source.text)),
                scenario: source.text.clone(),
                settings: given.settings.clone(),
                selected: given.selected(),
                search: expansion.search.as_ref().map(searches::used),
                goal: expansion.goal.as_ref().map(|goal| goal.used.clone()),
                axes: expansion.axes.iter().map(|key| Axis { key: key.clone(), kind: kind_of_key(key) }).collect(),
                traces: self.traces.iter().map(used).collect(),
                profiles: self.profiles.used(),
                warnings: warnings.collect(),
            },
        };
        Compiled {
            plan,
            census,
            searches,
            store: study.store.as_ref().map(|store| store_location(store, self.origin)),
            imported: self.imported.clone(),
            datasets: self.datasets.values().map(|(dataset, _)| dataset.clone()).collect(),
        }
    }

    fn point(&mut self, point: &SweepPoint, label: String) -> Result<DesignPoint, Failure> {
        let (scenario, origin) = (&point.scenario, self.origin);
        self.load_samples(scenario)?;
        let mut system = self.profiles.system(scenario, origin)?;
        let cuts = networks::cuts(scenario)?;
        let designs = cuts.iter().map(|cut| self.network(scenario, cut)).collect::<Result<Vec<_>, _>>()?;
        let local = networks::local(scenario).map(|local| self.network(scenario, &local)).transpose()?;
        for index in designs.iter().copied().chain(local) {
            let blueprint = &self.networks[index.position()].blueprint;
            self.profiles.check_prices(scenario, blueprint, origin)?;
        }
        let classes = designs.iter().map(|index| self.networks[index.position()].blueprint.network.classes());
        system.cloud.answer_bytes += places::score_bytes(&system.cloud, classes.max().unwrap_or(0));
        self.measure(scenario, designs[0], &mut system)?;
        extent::check(scenario, &system)?;
        self.lengths.add(scenario, &system);
        let warnings = self.profiles.warnings(scenario, &system, origin)?;
        for warning in warnings.into_iter().chain(self.dropped_whole(scenario, &designs)) {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        for trace in scenario.traces() {
            if !self.traces.contains_key(trace.as_str()) {
                self.traces.insert((**trace).clone(), traces::blake3(trace, origin)?);
            }
        }
        let [convention, cloud_convention] = self.profiles.conventions(scenario, origin)?;
        let mut profiles = Shared::from(ProfileNames {
            device: match &scenario.fleet.measured {
                Some(file) => format!("{}, measured in {file}", name_with(scenario.fleet.device())),
                None => name_with(scenario.fleet.device()),
            },
            link: name_with(scenario.link.radio()),
            cloud: name_with(scenario.cloud.server()),
        });
        self.seen_profiles.share(&mut profiles);
        let mut system = SharedSystem::from(system);
        system.share(&mut self.seen_parts);
        Ok(DesignPoint {
            label,
            parameters: point.combination.parameters.clone().into(),
            profiles,
            system,
            packets: Packets {
                packetise: networks::packetise(scenario)?,
                payload_bytes: self.profiles.packet_payload(scenario, origin)?,
            },
            missing: scenario.link.missing.get(),
            prices: scenario.fleet.priced().map(|list| self.profiles.price_index(&name_with(list))),
            cloud_prices: scenario.cloud.priced().map(|list| self.profiles.price_index(&name_with(list))),
            convention,
            cloud_convention,
            designs,
            local,
        })
    }

    /// What to say where a payload has a single step, and a step is dropped of which a part is missing.
    fn dropped_whole(&self, scenario: &Scenario, designs: &[NetworkIndex]) -> Option<String> {
        let feed = self.datasets.get(&String::from((*scenario.samples.dataset).clone()))?.0.feed();
        let has_one_step = |blueprint: &&Blueprint| {
            let is_sent = blueprint.cut + 1 < blueprint.network.layers.len();
            is_sent && (blueprint.steps == 1 || !blueprint.changes_at_cut(feed))
        };
        let mut sent = designs.iter().map(|index| &self.networks[index.position()].blueprint);
        let blueprint = sent.find(has_one_step).filter(|_| scenario.link.missing.get() == Missing::DropStep)?;
        let cut = &blueprint.network.layers[blueprint.cut].name;
        Some(format!(
            "`missing = \"drop-step\"`, but what crosses behind `{cut}` has a single step: where a part of it is missing, all of it is dropped"
        ))
    }

    /// Lets the device take for its head what was measured, if anything was.
    fn measure(&mut self, scenario: &Scenario, design: NetworkIndex, system: &mut System) -> Result<(), Mistake> {
        let Some(name) = &scenario.fleet.measured else { return Ok(()) };
        let heads = match self.measured.entry((**name).clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(MeasuredHeads::load(name, self.origin)?),
        };
        self.traces.insert((**name).clone(), heads.blake3().into());
        let choice = &self.networks[design.position()].planned.choice;
        // Where everything is executed in the cloud there is no head.
        if choice.split != INPUT {
            let networks = self.networks.iter().map(|network| &network.blueprint.network);
            // Where the row that is needed is misspelt, that is what is wrong.
            let found = heads.device(choice, name);
            let (processor, watts) = found.or_else(|missing| heads.check_splits(networks).and(Err(missing)))?;
            (system.edge.processor, system.edge.measured_watts) = (processor, Some(watts));
            system.check().map_err(|error| Mistake::in_value(name, error.to_string()))?;
        }
        Ok(())
    }

    fn load_samples(&mut self, scenario: &Scenario) -> Result<(), Mistake> {
        let name = String::from((*scenario.samples.dataset).clone());
        if let Entry::Vacant(new) = self.datasets.entry(name) {
            let dataset = scenario.samples.load(self.origin)?;
            let blake3 = dataset.blake3();
            new.insert((Arc::new(dataset), blake3));
        }
        Ok(())
    }

    /// Refuses the images that ship for weights which say that they were trained for something else. What a folder holds, no
    /// file says.
    fn check_task(&self, scenario: &Scenario, network: &Blueprint) -> Result<(), Mistake> {
        let dataset = &scenario.samples.dataset;
        let DatasetName::FashionMnist = **dataset else { return Ok(()) };
        let data = String::from((**dataset).clone());
        let used = |name: &str| network.files.iter().any(|(file, _)| file == name);
        for file in self.zoo.weight_files().iter().filter(|file| used(&file.name)) {
            if let Some(task) = file.metadata.all.get("task").filter(|task| **task != data) {
                let message = format!("the weights `{}` were trained for {}, not for {data}", file.name, excerpt(task));
                return Err(
                    Mistake::in_value(dataset, message).help("give the folder of the data set that they are for")
                );
            }
        }
        Ok(())
    }

    /// Reads the file that is asked for, unless it was read before. It is executed for as many time steps as samples have `frames`,
    /// unless the scenario says how many.
    fn import(&mut self, asked: &Asked<'_>, frames: Option<usize>) -> Result<(), Failure> {
        let Some(options) = &asked.file else { return Ok(()) };
        let (named, name) = (asked.named(), asked.name());
        if self.imported.iter().any(|file| file.name == name) {
            return Ok(());
        }
        let Origin::Folder(folder) = self.origin else {
            return Err(
                Mistake::in_value(named, "a scenario that ships with CoSpike can only use networks that do").into()
            );
        };
        let steps = asked.steps(frames);
        let file = WeightFile::read_network(&folder.join(named.as_str()), &name, options, steps);
        let file = file.map_err(|error| match &error {
            ZooError::Nir(NirError::File { error: inner, .. }) if matches!(**inner, NirError::TimeStep(_)) => {
                Mistake::in_value(named, error.to_string()).help("give the time step: `dt` in [network.nir]")
            }
            ZooError::NoTimeSteps { .. } => {
                let message = "this file has spiking neurons, but says no number of time steps";
                Mistake::in_value(named, message).help("give `time_steps`")
            }
            _ => Mistake::in_value(named, error.to_string()),
        })?;
        if file.metadata.family != asked.family {
            let (found, wanted) = (file.metadata.family.name(), asked.family.name());
            let message = format!("this is a {found} network, not a {wanted} one");
            return Err(Mistake::in_value(named, message).help(format!("give `family = \"{found}\"`")).into());
        }
        let files = with_units_beside(file, &self.zoo).map_err(Failure::Zoo)?;
        self.zoo = Cow::Owned(self.zoo.extended(files.iter().cloned()).map_err(Failure::Zoo)?);
        self.imported.extend(files);
        Ok(())
    }

    /// Index of the network that `scenario` asks for; it is added to the plan unless it is there.
    fn network(&mut self, scenario: &Scenario, asked: &Asked<'_>) -> Result<NetworkIndex, Failure> {
        let located = |error| match networks::locate(error, asked) {
            Ok(mistake) => Failure::Mistake(mistake),
            Err(error) => Failure::Zoo(error),
        };
        let name = String::from((*scenario.samples.dataset).clone());
        let frames = self.datasets[&name].0.kind.steps();
        self.import(asked, frames)?;
        let (dataset, blake3) = &self.datasets[&name];
        let samples = networks::samples(scenario, dataset)?;
        let choice = self.zoo.resolve(&asked.choice(frames)).map_err(located)?;
        let key = NetworkKey { choice, stepwise: asked.stepwise, dataset: name, samples };
        if let Some(&index) = self.known.get(&key) {
            return Ok(index);
        }
        let blueprint = self.zoo.blueprint(dataset.feed(), &key.choice).map_err(located)?;
        self.check_task(scenario, &blueprint)?;
        // Whatever is sent by steps would be one step, and its tail would run for that one only.
        if asked.stepwise
            && blueprint.cut + 1 < blueprint.network.layers.len()
            && !blueprint.changes_at_cut(dataset.feed())
        {
            return Err(networks::constant(scenario, asked).into());
        }
        blueprint.check_samples(dataset).map_err(|error| networks::unsuitable(scenario, asked, &error))?;
        let weights = blueprint.files.iter();
        let planned = PlannedNetwork {
            choice: key.choice.clone(),
            weights: weights
                .map(|(name, blake3)| FileUsed {
                    read_as: blueprint.read_as.clone().filter(|_| *name == blueprint.files[0].0),
                    ..FileUsed::new(name, blake3)
                })
                .collect(),
            matched_steps: blueprint.matched_steps.map(|steps| steps as u32),
            stepwise: key.stepwise,
            samples: SampleSet { dataset: key.dataset.clone(), blake3: blake3.clone(), count: samples },
        };
        let index = NetworkIndex(self.networks.len() as u32);
        self.networks.push(CompiledNetwork { planned, blueprint });
        self.known.insert(key, index);
        Ok(index)
    }
}
