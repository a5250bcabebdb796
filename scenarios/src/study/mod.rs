//! Studies: design points and replications, checked before anything runs.

mod designs;
mod inference;
mod point;
mod rows;
mod schedule;
mod simulation;
mod system;
mod verify;

pub use inference::{Inference, InferenceKey, InferenceRun, SampleRun, StepRun};
pub use point::DesignPoint;
pub use verify::{Difference, Verification, Verified};

use crate::diagnostic::{Diagnostic, Source};
use crate::scenario::{DatasetName, Precision, Scenario};
use crate::sweep::{self, SweepPoint};
use crate::traces;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{Zoo, ZooError, ZooNetwork};
use cospike_results::rows::{FileUsed, Manifest, Results};
use cospike_sim_core::cosim::{CosimError, Observer};
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::kernel::ImpossibleValue;
use cospike_sim_core::split::SplitError;
use point::Asked;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use system::Profiles;

/// A checked study.
#[derive(Clone, Debug)]
pub struct Study {
    /// What is run; networks and profiles as they were found.
    pub manifest: Manifest,
    /// The design points.
    pub points: Vec<DesignPoint>,
    inferences: Vec<Inference>,
    datasets: BTreeMap<DatasetName, Dataset>,
    prices: Vec<NamedPrices>,
    precision: Option<Precision>,
}

/// A price list and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPrices {
    /// As scenarios ask for it.
    pub name: String,
    /// The prices.
    pub list: PriceList,
}

/// A replication that is observed.
pub struct Watched<'a, O> {
    /// Number of its design point.
    pub point: usize,
    /// Its number.
    pub replication: u32,
    /// Is told what happens.
    pub observer: &'a mut O,
}

/// How far a running study is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Samples that networks were run on.
    Inference {
        /// So far.
        done: u64,
        /// In all.
        total: u64,
    },
    /// Replications simulated.
    Simulation {
        /// So far.
        done: u64,
        /// In all.
        total: u64,
    },
}

/// Why a study could not be made or run.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// A mistake in the scenario or in a profile that it uses.
    #[error(transparent)]
    Mistake(Box<Diagnostic>),
    /// A weight file is wrong.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// A network cannot run on a sample.
    #[error("{network} on sample {sample}: {error}")]
    Inference {
        /// The network.
        network: String,
        /// Index of the sample.
        sample: u32,
        /// Why.
        error: Box<SplitError>,
    },
    /// The precision asked for is none that the stopping rule takes.
    #[error(transparent)]
    Precision(ImpossibleValue),
    /// A network that was run twice did two different things.
    #[error("{network} did something else on sample {sample} the second time: no result of it can be trusted")]
    Unrepeatable {
        /// The network.
        network: String,
        /// Index of the sample.
        sample: usize,
    },
    /// A replication cannot be simulated.
    #[error("design point {point} ({label}), replication {replication}: {error}")]
    Simulation {
        /// Number of the design point.
        point: usize,
        /// Its label.
        label: String,
        /// Number of the replication.
        replication: u32,
        /// Why.
        error: Box<CosimError>,
    },
}

impl From<Diagnostic> for StudyError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Mistake(Box::new(diagnostic))
    }
}

fn used(files: impl IntoIterator<Item = (String, String)>) -> Vec<FileUsed> {
    files.into_iter().map(|(name, blake3)| FileUsed { name, blake3 }).collect()
}

impl Study {
    /// Reads and checks everything that the scenario in `source` asks for; nothing is run or written.
    ///
    /// # Errors
    /// The first mistake in the scenario or in a profile; a broken weight file.
    pub fn from_scenario(source: &Source, zoo: &Zoo) -> Result<Self, StudyError> {
        let sweep = sweep::expand(source)?;
        let mut maker = Maker { source, zoo, profiles: Profiles::with_shipped_prices()?, inferences: BTreeMap::new() };
        for sweep_point in &sweep.points {
            maker.profiles.load_prices(&sweep_point.scenario, source)?;
        }
        let (mut datasets, mut traces) = (BTreeMap::new(), BTreeMap::new());
        let mut points = vec![];
        for sweep_point in &sweep.points {
            let samples = &sweep_point.scenario.samples;
            let name = samples.dataset.get_ref();
            if let Entry::Vacant(new) = datasets.entry(name.clone()) {
                new.insert(samples.load(source)?);
            }
            points.push(maker.point(sweep_point, &datasets[name])?);
            for trace in sweep_point.scenario.traces() {
                if let Entry::Vacant(new) = traces.entry(trace.get_ref().clone()) {
                    new.insert(traces::blake3(trace, source)?);
                }
            }
        }
        let inferences = maker.inferences.into_iter().map(|(key, (number, network))| (number, key, network));
        let mut inferences: Vec<_> = inferences.collect();
        inferences.sort_by_key(|&(number, ..)| number);
        let inferences = inferences.into_iter().map(|(_, key, network)| Inference::new(key, network));
        let inferences = inferences.collect::<Result<Vec<_>, _>>().map_err(ZooError::from)?;
        let study = &sweep.points[0].scenario.study;
        let files: BTreeMap<_, _> = inferences.iter().flat_map(|inference| inference.network.files.clone()).collect();
        Ok(Self {
            manifest: Manifest {
                version: env!("CARGO_PKG_VERSION").into(),
                name: study.name.get_ref().clone(),
                scenario: source.text.clone(),
                seed: study.seed,
                replications: *study.replications.get_ref(),
                axes: sweep.axes,
                networks: used(files),
                datasets: used(datasets.iter().map(|(name, images)| (String::from(name.clone()), images.blake3()))),
                traces: used(traces),
                profiles: maker.profiles.used(),
            },
            points,
            precision: study.precision.as_ref().map(|precision| precision.get_ref().clone()),
            inferences,
            datasets,
            prices: maker
                .profiles
                .price_lists()
                .map(|(name, prices)| NamedPrices { name: name.into(), list: *prices.list() })
                .collect(),
        })
    }

    /// The distinct inferences: each is run once, whatever the number of design points.
    pub fn inferences(&self) -> impl Iterator<Item = &InferenceKey> {
        self.inferences.iter().map(|inference| &inference.key)
    }

    /// Runs all networks and all replications on the threads of the current rayon pool. The results do not depend
    /// on their number.
    ///
    /// # Errors
    /// [`StudyError::Inference`] and [`StudyError::Simulation`].
    pub fn run(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<Results, StudyError> {
        self.run_watched::<()>(None, progress)
    }

    /// As [`Study::run`], telling `watched.observer` what happens in that replication.
    ///
    /// # Errors
    /// As [`Study::run`].
    pub fn run_observed<O: Observer + Send>(
        &self,
        watched: Watched<'_, O>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Results, StudyError> {
        self.run_watched(Some(watched), progress)
    }

    fn run_watched<O: Observer + Send>(
        &self,
        watched: Option<Watched<'_, O>>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Results, StudyError> {
        let (done, total) = (AtomicU64::new(0), self.samples());
        let tick = || progress(Progress::Inference { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
        let runs = self.infer(&tick)?;
        let outcomes = self.simulate(&runs, watched, progress)?;
        Ok(self.results(&runs, outcomes))
    }

    /// Samples that networks are run on, each network's own.
    fn samples(&self) -> u64 {
        self.inferences.iter().map(|inference| u64::from(inference.key.samples)).sum()
    }

    /// Runs all networks; `tick` is called after each sample.
    fn infer(&self, tick: &(dyn Fn() + Sync)) -> Result<Vec<InferenceRun>, StudyError> {
        let run = |inference: &Inference| inference.run(&self.datasets[&inference.key.dataset], &self.prices, tick);
        self.inferences.iter().map(run).collect()
    }

    /// Classes of the samples of `point`.
    fn labels(&self, point: &DesignPoint) -> &[u16] {
        let key = &self.inferences[point.inference()].key;
        &self.datasets[&key.dataset].labels[..key.samples as usize]
    }
}

/// Turns scenarios into design points and keeps what they share.
struct Maker<'a> {
    source: &'a Source,
    zoo: &'a Zoo,
    profiles: Profiles,
    /// Number and network of each distinct inference.
    inferences: BTreeMap<InferenceKey, (usize, ZooNetwork)>,
}

impl Maker<'_> {
    fn point(&mut self, sweep_point: &SweepPoint, dataset: &Dataset) -> Result<DesignPoint, StudyError> {
        let scenario = &sweep_point.scenario;
        let source = self.source;
        let system = self.profiles.system(scenario, source)?;
        let cuts = point::cuts(scenario, source)?;
        let mut designs = vec![];
        for cut in &cuts {
            designs.push(self.inference(scenario, cut, dataset)?);
        }
        let local = point::local(scenario);
        let local = local.map(|local| self.inference(scenario, &local, dataset)).transpose()?;
        let asked = designs.iter().copied().chain(local);
        for (number, network) in self.inferences.values() {
            if asked.clone().any(|asked| asked == *number) {
                self.profiles.check_prices(scenario, &network.network, source)?;
            }
        }
        Ok(DesignPoint {
            label: point::label(sweep_point, &cuts[0]),
            parameters: sweep_point.parameters.clone(),
            system,
            packetise: point::packetise(scenario, source)?,
            packet_payload: self.profiles.packet_payload(scenario, source)?,
            missing: designs::missing(scenario.link.missing),
            prices: self.profiles.number_of_prices(scenario.fleet.prices.get_ref()),
            cloud_prices: scenario.cloud.prices.as_ref().map(|name| self.profiles.number_of_prices(name.get_ref())),
            designs,
            local,
            scenario: scenario.clone(),
        })
    }

    /// Number of the inference of a network that `scenario` needs.
    fn inference(&mut self, scenario: &Scenario, asked: &Asked<'_>, dataset: &Dataset) -> Result<usize, StudyError> {
        let located = |error| match point::locate(error, asked, self.source) {
            Ok(diagnostic) => StudyError::from(diagnostic),
            Err(error) => StudyError::from(error),
        };
        let samples = point::samples(scenario, dataset, self.source)?;
        let choice = self.zoo.resolve(&asked.choice()).map_err(located)?;
        let number = self.inferences.len();
        let dataset_name = scenario.samples.dataset.get_ref().clone();
        let key = InferenceKey { choice, stepwise: asked.stepwise, dataset: dataset_name, samples };
        if let Some((number, _)) = self.inferences.get(&key) {
            return Ok(*number);
        }
        let network = self.zoo.network(&key.choice).map_err(located)?;
        let (image, input) = (dataset.shape, network.network.network().input());
        if image != input {
            let message = format!("the samples are of shape {image}, the network takes {input}");
            return Err(self.source.error_at(&scenario.samples.dataset, message).into());
        }
        self.inferences.insert(key, (number, network));
        Ok(number)
    }
}
