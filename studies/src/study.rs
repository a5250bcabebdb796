//! A plan with the networks and samples that it names, ready to be executed.

use crate::census::Census;
use crate::error::{Failure, StoreError, StudyError};
use crate::inference::{NetworkInference, PreparedNetwork};
use crate::pieces::{Pieces, Reuse};
use crate::plan::{DesignPoint, Plan, PlanError};
use crate::prices::{PricedNetwork, PricedNetworks, UsedLists, uses};
use crate::summary::InferenceSummary;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::Zoo;
use cospike_results::index::NetworkIndex;
use cospike_results::key::ContentKey;
use cospike_results::manifest::{FileUsed, MANIFEST_SCHEMA, Manifest};
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_sim_core::cosim::Observer;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A plan with the networks and samples that it names: a whole study, one whose design points are made when they are asked for, or some
/// of its points.
#[derive(Clone, Debug)]
pub struct Study {
    plan: Plan,
    /// Number of the first design point of the plan in the whole study, if the plan has those that follow it there.
    pub(crate) first: usize,
    /// What is known of all design points of the whole study.
    census: Arc<Census>,
    key: ContentKey,
    pub(crate) lists: UsedLists,
    /// In the order of [`Plan::networks`].
    pub(crate) networks: Arc<[PreparedNetwork]>,
    /// By their hash.
    pub(crate) datasets: Arc<BTreeMap<String, Arc<Dataset>>>,
}

/// The design points of a study, some at a time, in the order of the study.
pub type PointParts<'a, E> = &'a mut dyn Iterator<Item = Result<Vec<DesignPoint>, E>>;

/// One replication of a study, and who observes it.
pub struct Watched<'a, O> {
    /// Number of its design point.
    pub point: usize,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Observer notified of every event.
    pub observer: &'a mut O,
}

/// What the networks of a study did, those that could be executed.
pub(crate) type Summaries = BTreeMap<NetworkIndex, InferenceSummary>;

/// Networks of a study after their execution.
#[derive(Debug, Default)]
pub(crate) struct Executed {
    /// What those did that could be executed.
    pub(crate) summaries: Summaries,
    /// The same with all that simulations need, of networks that were executed just now.
    pub(crate) priced: PricedNetworks,
    /// Why the others could not.
    pub(crate) failures: BTreeMap<NetworkIndex, Failure>,
}

/// What replications are simulated from, and who is told.
pub(crate) struct Simulation<'a> {
    /// Networks that could be executed.
    pub(crate) executed: &'a Summaries,
    pub(crate) pieces: Option<&'a Pieces<'a>>,
    pub(crate) asked: &'a Asked<'a>,
}

/// Requests that were asked so far, in all parts of a study.
pub(crate) struct Asked<'a> {
    done: AtomicU64,
    total: AtomicU64,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Asked<'a> {
    fn new(total: u64, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { done: AtomicU64::new(0), total: AtomicU64::new(total), progress }
    }

    /// Counts requests that were asked, and tells of it.
    pub(crate) fn tell(&self, more: u64) {
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        (self.progress)(Progress::Simulation { done, total: self.total.load(Ordering::Relaxed) });
    }

    /// Counts requests that will be asked in addition.
    pub(crate) fn expect(&self, more: u64) {
        self.total.fetch_add(more, Ordering::Relaxed);
    }
}

/// Progress of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Samples that networks are executed on.
    Inference {
        /// Samples processed so far.
        done: u64,
        /// Samples in all.
        total: u64,
    },
    /// Requests simulated, in all replications.
    Simulation {
        /// Requests that the devices have asked so far, and those that they will not ask in replications that have ended.
        done: u64,
        /// Requests of all replications; grows while a precision target asks for more.
        total: u64,
    },
    /// The study is finished, and this is what its store had of it. Told once, if there is a store.
    Reused(Reuse),
}

impl Study {
    /// Makes every network of `plan` from `zoo` and finds its samples among `datasets`. Both are identified by their
    /// content, whatever their names.
    ///
    /// # Errors
    /// [`StudyError`]: a plan that cannot be executed, weights or samples other than those that it was made for.
    pub fn new<D: Into<Arc<Dataset>>>(
        plan: Plan,
        zoo: &Zoo,
        datasets: impl IntoIterator<Item = D>,
    ) -> Result<Self, StudyError> {
        plan.check()?;
        let census = Census::new(&plan);
        Self::of_census(plan, census, zoo, datasets)
    }

    /// Like [`Study::new`], for a `plan` without design points; there is a `census` of them, and they are given to [`Study::run_in_parts`]
    /// or [`Study::part`].
    ///
    /// # Errors
    /// Those of [`Study::new`].
    pub fn without_points<D: Into<Arc<Dataset>>>(
        plan: Plan,
        census: Census,
        zoo: &Zoo,
        datasets: impl IntoIterator<Item = D>,
    ) -> Result<Self, StudyError> {
        plan.check_frame()?;
        Self::of_census(plan, census, zoo, datasets)
    }

    fn of_census<D: Into<Arc<Dataset>>>(
        plan: Plan,
        census: Census,
        zoo: &Zoo,
        datasets: impl IntoIterator<Item = D>,
    ) -> Result<Self, StudyError> {
        let datasets = datasets.into_iter().map(Into::into);
        let datasets: BTreeMap<String, Arc<Dataset>> = datasets.map(|dataset| (dataset.blake3(), dataset)).collect();
        let networks = plan.networks.iter().map(|planned| PreparedNetwork::new(planned, zoo, &datasets));
        let networks = networks.collect::<Result<_, _>>()?;
        let first = census.first.as_deref().ok_or(PlanError::Nothing { what: "design points" })?;
        let key = plan.study_key(first).map_err(StoreError::from)?;
        let lists = UsedLists::new(&plan, &census.lists);
        Ok(Self { lists, plan, first: 0, census: Arc::new(census), key, networks, datasets: Arc::new(datasets) })
    }

    /// The study of some `points` of this one. The first of them is `first` here, and is followed by the others, if they are to have their
    /// numbers in results; in the part they are counted from 0.
    ///
    /// # Errors
    /// [`StudyError`] for a point that cannot be simulated.
    pub fn part(&self, first: usize, points: Vec<DesignPoint>) -> Result<Self, StudyError> {
        let frame = Plan { points: vec![], ..self.plan.clone() };
        let plan = Plan { points, ..frame };
        plan.check_points(first)?;
        let used: BTreeSet<_> = plan.points.iter().flat_map(uses).collect();
        // Whoever gives all points one after the other has counted the lists of all.
        let lists = if used.is_subset(&self.census.lists) { self.lists.clone() } else { UsedLists::new(&plan, &used) };
        let (census, networks, datasets) = (self.census.clone(), self.networks.clone(), self.datasets.clone());
        Ok(Self { plan, first, census, key: self.key, lists, networks, datasets })
    }

    /// Key by which notes on the study are found. A part has that of the whole.
    pub fn key(&self) -> ContentKey {
        self.key
    }

    /// What is known of all design points.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Executes all networks and simulates all replications on the threads of the current rayon pool. The results do not
    /// depend on their number. `progress` is called from many threads.
    ///
    /// A network that cannot be executed, and a replication that cannot be simulated, costs no other its results:
    /// [`PointRow::failure`](cospike_results::rows::PointRow::failure) has the reason, also that of a design point without answers.
    ///
    /// Each finished inference and replication is put into `store` at once, and none that is there is executed again. Nor is
    /// one that failed: the reason is stored in its place.
    ///
    /// # Errors
    /// [`StudyError::Store`], which holds the results, if the store failed.
    pub fn run(&self, store: Option<&Entries>, progress: &(dyn Fn(Progress) + Sync)) -> Result<Results, StudyError> {
        self.joined(|take| self.run_in_parts::<(), _>(None, None, store, progress, take))
    }

    /// Like [`Study::run`]; `watched.observer` is notified of every event of its replication, which is executed even if it
    /// is in `store`.
    ///
    /// # Errors
    /// Those of [`Study::run`].
    pub fn run_observed<O: Observer + Send>(
        &self,
        watched: Watched<'_, O>,
        store: Option<&Entries>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Results, StudyError> {
        self.joined(|take| self.run_in_parts(None, Some(watched), store, progress, take))
    }

    /// Like [`Study::run`] and, with `watched`, [`Study::run_observed`], for studies whose results are too many for the memory: gives
    /// those of some design points after the other to `take`, in the order of the plan. An error of `take` ends it. The design points are
    /// those of `parts`, all of them in their order, or else those of the plan. Returns why
    /// the store failed, if it did; the results are whole all the same.
    ///
    /// # Errors
    /// [`StudyError`] for a plan that cannot be executed, and those of `parts` and `take`.
    pub fn run_in_parts<O: Observer + Send, E: From<StudyError>>(
        &self,
        parts: Option<PointParts<'_, E>>,
        watched: Option<Watched<'_, O>>,
        store: Option<&Entries>,
        progress: &(dyn Fn(Progress) + Sync),
        take: &mut dyn FnMut(Results) -> Result<(), E>,
    ) -> Result<Option<StoreError>, E> {
        let pieces = store.map(|entries| Pieces::new(&self.plan, entries)).transpose()?;
        self.assemble(parts, watched, pieces, progress, take)
    }

    /// The results of what is in `store`, without computing anything: those of [`Study::run`] if everything is there. A design
    /// point of which something is missing has what there is of it, and that as its failure.
    ///
    /// # Errors
    /// [`StudyError::Store`], which holds what could be read, if the store failed.
    pub fn collect(&self, store: &Entries) -> Result<Results, StudyError> {
        self.joined(|take| self.collect_in_parts(None, store, take))
    }

    /// Like [`Study::collect`], part by part as [`Study::run_in_parts`].
    ///
    /// # Errors
    /// Those of [`Study::run_in_parts`].
    pub fn collect_in_parts<E: From<StudyError>>(
        &self,
        parts: Option<PointParts<'_, E>>,
        store: &Entries,
        take: &mut dyn FnMut(Results) -> Result<(), E>,
    ) -> Result<Option<StoreError>, E> {
        self.assemble::<(), E>(parts, None, Some(Pieces::new(&self.plan, store)?.collected()), &|_| (), take)
    }

    /// The results of all parts together.
    fn joined(
        &self,
        parts: impl FnOnce(&mut dyn FnMut(Results) -> Result<(), StudyError>) -> Result<Option<StoreError>, StudyError>,
    ) -> Result<Results, StudyError> {
        let mut results = Results::new(self.manifest(), self.census.points);
        let failure = parts(&mut |part| {
            results.append(part);
            Ok(())
        })?;
        match failure {
            Some(error) => Err(StudyError::Store { results: Box::new(results), error }),
            None => Ok(results),
        }
    }

    fn assemble<O: Observer + Send, E: From<StudyError>>(
        &self,
        parts: Option<PointParts<'_, E>>,
        mut watched: Option<Watched<'_, O>>,
        mut pieces: Option<Pieces<'_>>,
        progress: &(dyn Fn(Progress) + Sync),
        take: &mut dyn FnMut(Results) -> Result<(), E>,
    ) -> Result<Option<StoreError>, E> {
        let mut executed = self.execute(pieces.as_ref(), progress);
        let mut priced = std::mem::take(&mut executed.priced);
        let rows = self.network_rows(&executed.summaries);
        let asked = Asked::new(self.requests_of_all(&executed.summaries), progress);
        let mut simulate = |study: &Self, pieces: Option<&Pieces<'_>>| {
            let simulation = Simulation { executed: &executed.summaries, pieces, asked: &asked };
            let seen = watched.take_if(|watched| study.numbers().contains(&watched.point));
            study.simulate(simulation, &mut priced, seen, &mut |points, simulated| {
                take(study.rows_of_part(points, &executed, &rows, simulated))
            })
        };
        match parts {
            None => simulate(self, pieces.as_ref())?,
            Some(parts) => {
                let mut first = 0;
                for points in parts {
                    let part = self.part(first, points?)?;
                    first += part.plan.points.len();
                    pieces.as_mut().map(|pieces| pieces.turn_to(&part.plan)).transpose()?;
                    simulate(&part, pieces.as_ref())?;
                }
            }
        }
        if let Some(pieces) = &pieces {
            progress(Progress::Reused(pieces.reuse()));
        }
        Ok(pieces.and_then(|pieces| pieces.take_failure()))
    }

    /// Numbers of its design points in the whole study.
    fn numbers(&self) -> Range<usize> {
        self.first..self.first + self.plan.points.len()
    }

    /// Requests of all replications that there are at least, of design points whose networks could be executed.
    fn requests_of_all(&self, executed: &Summaries) -> u64 {
        let is_executed = |networks: &Vec<NetworkIndex>| networks.iter().all(|network| executed.contains_key(network));
        let demand = self.census.demand.iter().filter(|(networks, _)| is_executed(networks));
        demand.map(|(_, demand)| demand.requests).sum::<u64>() * u64::from(self.plan.replications)
    }

    /// Executes and prices every network on its samples.
    fn execute(&self, pieces: Option<&Pieces<'_>>, progress: &(dyn Fn(Progress) + Sync)) -> Executed {
        let (done, total) = (AtomicU64::new(0), self.samples());
        let tick = |samples| {
            let done = done.fetch_add(samples, Ordering::Relaxed) + samples;
            progress(Progress::Inference { done, total });
        };
        let mut executed = Executed::default();
        for (index, network) in self.networks.iter().enumerate() {
            let key = NetworkIndex(index as u32);
            if let Some(summary) = pieces.and_then(|pieces| pieces.summary(key)) {
                tick(network.samples.count.into());
                executed.summaries.insert(key, summary);
                continue;
            }
            match self.infer_or_find(key, pieces, &tick) {
                Ok(inference) => {
                    let summary = InferenceSummary::new(&inference);
                    // Also of an inference that was found: the process that stored it may have been killed before this.
                    if let Some(pieces) = pieces {
                        pieces.put_summary(key, &summary);
                    }
                    executed.summaries.insert(key, summary);
                    // Priced at once, so that the counts of one network only are held in memory.
                    executed.priced.insert(key, self.price(network, inference));
                }
                Err(failure) => _ = executed.failures.insert(key, failure),
            }
        }
        executed
    }

    /// The inference of a network: the one that is stored, or a new one, which is then stored; so is a failure.
    pub(crate) fn infer_or_find(
        &self,
        index: NetworkIndex,
        pieces: Option<&Pieces<'_>>,
        tick: &(dyn Fn(u64) + Sync),
    ) -> Result<NetworkInference, Failure> {
        let network = &self.networks[index.position()];
        if let Some(found) = pieces.and_then(|pieces| pieces.inference(index)) {
            tick(network.samples.count.into());
            return found;
        }
        let inference = self.infer(network, &|| tick(1));
        if let Some(pieces) = pieces {
            pieces.put_inference(index, inference.as_ref());
        }
        inference
    }

    /// Samples that networks are executed on, each network's counted.
    pub fn samples(&self) -> u64 {
        self.plan.networks.iter().map(|network| u64::from(network.samples.count)).sum()
    }

    /// Executes one network on its samples; `tick` is called after each.
    pub(crate) fn infer(
        &self,
        network: &PreparedNetwork,
        tick: &(dyn Fn() + Sync),
    ) -> Result<NetworkInference, Failure> {
        network.infer(&self.datasets[&network.samples.blake3], tick)
    }

    pub(crate) fn price(&self, network: &PreparedNetwork, inference: NetworkInference) -> PricedNetwork {
        PricedNetwork::new(network, inference, &self.lists)
    }

    /// Names of the weight files of a network.
    ///
    /// # Panics
    /// If the plan has no such network.
    pub fn network_name(&self, network: NetworkIndex) -> String {
        self.networks[network.position()].name()
    }

    /// Classes of the samples of a network.
    pub(crate) fn labels(&self, network: NetworkIndex) -> &[u16] {
        let samples = &self.networks[network.position()].samples;
        &self.datasets[&samples.blake3].labels[..samples.count as usize]
    }

    /// Classes of the samples of a design point.
    pub(crate) fn labels_of_point(&self, point: &DesignPoint) -> &[u16] {
        self.labels(point.network())
    }

    /// What is executed, for the record.
    pub fn manifest(&self) -> Manifest {
        let Plan { name, seed, replications, provenance, networks, .. } = &self.plan;
        let weights: BTreeMap<_, _> =
            networks.iter().flat_map(|network| &network.weights).map(|file| (file.name.clone(), file)).collect();
        let datasets: BTreeMap<_, _> =
            networks.iter().map(|network| (&network.samples.dataset, &network.samples.blake3)).collect();
        let dataset = |(name, blake3): (&String, &String)| FileUsed::new(name, blake3);
        Manifest {
            schema: MANIFEST_SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            name: name.clone(),
            question: provenance.question.clone(),
            scenario: provenance.scenario.clone(),
            settings: provenance.settings.clone(),
            selected: provenance.selected.clone(),
            search: provenance.search.clone(),
            goal: provenance.goal.clone(),
            seed: *seed,
            replications: *replications,
            axes: provenance.axes.clone(),
            networks: weights.into_values().cloned().collect(),
            datasets: datasets.into_iter().map(dataset).collect(),
            traces: provenance.traces.clone(),
            profiles: provenance.profiles.clone(),
            warnings: provenance.warnings.clone(),
        }
    }
}
