//! Replications to simulate: as many as the plan asks for, or until a mean is precise enough.

use crate::condition::{self, Decision};
use crate::designs::{AllHeads, Networks};
use crate::error::{Failure, StudyError};
use crate::pieces::Pieces;
use crate::plan::{DesignPoint, Metric, PlanError};
use crate::prices::PricedNetworks;
use crate::simulation::{Replication, Rows};
use crate::study::{Simulation, Study, Watched};
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::rows::ReplicationRow;
use cospike_sim_core::cosim::Observer;
use cospike_sim_core::stats::{Sequential, Verdict};
use rayon::prelude::*; // threads are spent on replications, never inside one
use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Replications that a design point gets at once after the first ones. Those beyond the decision to stop are discarded,
/// so that the result depends neither on this number nor on threads.
const ROUND: u32 = 5;

/// Replications, of those that every design point gets, in a part of a study. At the end of each part a thread may wait for the others,
/// for one replication at most, so it is many times the number of threads.
const PART: u32 = 4_096;
/// Design points in a part whose replications depend on earlier ones, so that there are enough to simulate side by side.
const LEAST_POINTS: usize = 256;

/// A replication to simulate: position of its design point, and its number.
pub(crate) type Job = (usize, u32);

/// What came of some replications, in their order.
pub(crate) type Outcomes = Vec<Result<Rows, Failure>>;

/// The replications of a design point.
#[derive(Default)]
pub(crate) struct Simulated {
    /// Rows of the replications that were simulated.
    pub(crate) rows: Vec<Rows>,
    /// Number of replications that failed.
    pub(crate) failed: u32,
    /// Number and failure of the first of them.
    pub(crate) first_failure: Option<(u32, Failure)>,
    /// Whether one of them failed only because it may not be computed now.
    pub(crate) is_incomplete: bool,
}

/// A design point that gets replications until there are enough, or one of them fails.
struct Pending {
    point: usize,
    /// Number of samples that its network is executed on.
    samples: u32,
    rule: Rule,
    /// Number of replications before the first decision, and the most that there may be.
    bounds: (u32, u32),
    next: u32,
    simulated: Simulated,
    decided: bool,
}

/// When a design point has enough replications.
#[derive(Clone)]
enum Rule {
    /// When it has the first ones.
    All,
    /// When a mean is precise enough.
    Precise(Sequential, Metric),
    /// When a condition is decided.
    Decided(Decision),
}

impl Study {
    /// Position of the design point and number of the replication, for all that are simulated whatever comes out.
    pub(super) fn first_replications(&self) -> Vec<Job> {
        let replications = self.plan().replications;
        let of_point = |point| (0..replications).map(move |replication| (point, replication));
        (0..self.plan().points.len()).flat_map(of_point).collect()
    }

    pub(super) fn networks<'a>(&'a self, priced: &'a PricedNetworks, heads: &'a AllHeads) -> Networks<'a> {
        Networks { prepared: &self.networks, priced, lists: &self.lists, heads }
    }

    pub(super) fn replication<'a>(
        &'a self,
        number: usize,
        replication: u32,
        networks: Networks<'a>,
    ) -> Replication<'a> {
        let point = &self.plan().points[number];
        Replication { number, point, replication, networks, labels: self.labels_of_point(point) }
    }

    /// Simulates a replication and stores its rows, or its failure.
    pub(crate) fn simulate_and_store(
        &self,
        (number, replication): Job,
        networks: Networks<'_>,
        pieces: Option<&Pieces<'_>>,
        asked: &mut dyn FnMut(u64),
    ) -> Result<Rows, Failure> {
        let rows = self.replication(number, replication, networks).run(self.plan().seed, &mut (), asked);
        if let Some(pieces) = pieces {
            pieces.put_replication(PointIndex(number as u32), replication, rows.as_ref());
        }
        rows
    }

    /// Number of requests of one replication of a design point.
    pub(super) fn requests(&self, point: usize) -> u64 {
        self.plan().points[point].system.workload.requests
    }

    /// Number of requests of these replications, each with its design point.
    pub(super) fn all_requests(&self, jobs: &[(usize, u32)]) -> u64 {
        jobs.iter().map(|&(point, _)| self.requests(point)).sum()
    }

    /// Design points whose replications are simulated side by side, part after part in the order of the plan: what all parts give
    /// need not be in memory together.
    fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let least = if self.plan().is_sequential() { LEAST_POINTS } else { 1 };
        let size = ((PART / self.plan().replications) as usize).max(least);
        let all = self.plan().points.len();
        (0..all).step_by(size).map(move |first| first..all.min(first + size))
    }

    /// Gets the replications of all design points, from the store or by simulation, and gives those of each part to `take`, in the
    /// order of the plan. What fails is left out and told. `priced` are the networks that were executed just now, and those that were priced
    /// for another part.
    pub(super) fn simulate<O: Observer + Send, E: From<StudyError>>(
        &self,
        Simulation { executed, pieces, asked: of_all }: Simulation<'_>,
        priced: &mut PricedNetworks,
        watched: Option<Watched<'_, O>>,
        take: &mut dyn FnMut(Range<usize>, Vec<Simulated>) -> Result<(), E>,
    ) -> Result<(), E> {
        let points = &self.plan().points;
        let is_executed = |point: &DesignPoint| point.networks().all(|network| executed.contains_key(&network));
        let heads = AllHeads::new(points.iter().filter(|point| is_executed(point)));
        let first = self.plan().replications;
        let watched =
            watched.map(|watched| ((watched.point - self.first, watched.replication), Mutex::new(watched.observer)));
        let is_watched = |job: &Job| watched.as_ref().is_some_and(|(seen, _)| seen == job);
        let find = |job: &Job| {
            let found = pieces.filter(|_| !is_watched(job))?.replication(PointIndex(job.0 as u32), job.1);
            found.inspect(|_| of_all.tell(self.requests(job.0)))
        };
        let run = |&(number, replication): &Job, networks: Networks<'_>| {
            let mut reported = 0;
            let mut asked = |asked: u64| {
                of_all.tell(asked - reported);
                reported = asked;
            };
            let outcome = match &watched {
                Some((seen, observer)) if *seen == (number, replication) => {
                    // One replication alone takes the lock.
                    let mut observer = observer.lock().unwrap_or_else(PoisonError::into_inner);
                    self.replication(number, replication, networks).run(self.plan().seed, &mut **observer, &mut asked)
                }
                _ => self.simulate_and_store((number, replication), networks, pieces, &mut asked),
            };
            asked(self.requests(number));
            outcome
        };
        let priced = RefCell::new(priced);
        let all = |jobs: &[Job]| -> Outcomes {
            let further = jobs.iter().filter(|(_, replication)| *replication >= first);
            of_all.expect(further.map(|(point, _)| self.requests(*point)).sum());
            let found: Vec<_> = jobs.par_iter().map(find).collect();
            let missing = jobs.iter().zip(&found).filter(|(_, found)| found.is_none());
            // Of networks that no replication has to be simulated for, the summary is enough.
            let failures = self.price_for(missing.map(|(job, _)| job.0), &mut priced.borrow_mut(), pieces);
            let priced = priced.borrow();
            let networks = self.networks(&priced, &heads);
            let outcome = |(job, found): (&Job, Option<Result<Rows, Failure>>)| {
                let failure = || self.plan().points[job.0].networks().find_map(|network| failures.get(&network));
                found.unwrap_or_else(|| match failure() {
                    Some(failure) => Err(Failure::Earlier { reason: failure.to_string() }),
                    None => run(job, networks),
                })
            };
            jobs.par_iter().zip(found).map(outcome).collect()
        };
        for part in self.parts() {
            let mut simulated: Vec<Simulated> = part.clone().map(|_| Simulated::default()).collect();
            let executed = part.clone().filter(|point| is_executed(&points[*point]));
            for (point, of) in self.replicate(executed, &all)? {
                simulated[point - part.start] = of;
            }
            take(part, simulated)?;
        }
        Ok(())
    }

    /// Adds to `priced` the networks of some design points, from the store or, should they not be there, executed again. Returns why
    /// some could not be.
    fn price_for(
        &self,
        points: impl Iterator<Item = usize>,
        priced: &mut PricedNetworks,
        pieces: Option<&Pieces<'_>>,
    ) -> BTreeMap<NetworkIndex, Failure> {
        let needed: BTreeSet<NetworkIndex> = points.flat_map(|point| self.plan().points[point].networks()).collect();
        let mut failures = BTreeMap::new();
        for network in needed {
            let Entry::Vacant(place) = priced.entry(network) else { continue };
            match self.infer_or_find(network, pieces, &|_| ()) {
                Ok(found) => _ = place.insert(self.price(&self.networks[network.position()], found)),
                Err(failure) => _ = failures.insert(network, failure),
            }
        }
        failures
    }

    /// The replications of some design points: all that the plan asks for, or until the mean of each point is precise enough.
    /// `simulate` gives the outcomes of any number of replications, in their order.
    pub(crate) fn replicate(
        &self,
        points: impl Iterator<Item = usize>,
        simulate: &dyn Fn(&[Job]) -> Outcomes,
    ) -> Result<Vec<(usize, Simulated)>, StudyError> {
        let first = self.plan().replications;
        let precise = self.plan().precision_rule().transpose().map_err(PlanError::Precision)?;
        let most = self.plan().most_replications();
        let rule = match (precise.zip(self.plan().precision), &self.plan().decision) {
            (Some((rule, precision)), _) => Rule::Precise(rule, precision.metric),
            (None, Some(decision)) => Rule::Decided(decision.clone()),
            (None, None) => Rule::All,
        };
        let samples = |point: usize| self.plan().networks[self.plan().points[point].network().position()].samples.count;
        let pending = points.map(|point| Pending::new(point, samples(point), (first, most), rule.clone()));
        let mut pending: Vec<Pending> = pending.collect();
        while pending.iter().any(|pending| !pending.decided) {
            let jobs: Vec<_> = pending.iter().filter(|pending| !pending.decided).flat_map(Pending::jobs).collect();
            let mut outcomes = simulate(&jobs).into_iter();
            for pending in pending.iter_mut().filter(|pending| !pending.decided) {
                let round = pending.jobs().count();
                pending.take(outcomes.by_ref().take(round));
            }
        }
        Ok(pending.into_iter().map(|pending| (pending.point, pending.simulated)).collect())
    }
}

impl Simulated {
    /// Rows of the table `replications`.
    pub(crate) fn replications(&self) -> Vec<&ReplicationRow> {
        self.rows.iter().map(|rows| &rows.replication).collect()
    }

    fn take(&mut self, replication: u32, outcome: Result<Rows, Failure>) {
        match outcome {
            Ok(rows) => self.rows.push(rows),
            Err(failure) => {
                self.failed += 1;
                self.is_incomplete |= matches!(failure, Failure::NotComputed);
                self.first_failure.get_or_insert((replication, failure));
            }
        }
    }
}

impl Pending {
    fn new(point: usize, samples: u32, bounds: (u32, u32), rule: Rule) -> Self {
        Self { point, samples, rule, bounds, next: 0, simulated: Simulated::default(), decided: false }
    }

    /// The replications of the next round.
    fn jobs(&self) -> impl Iterator<Item = (usize, u32)> + use<> {
        let (first, most) = self.bounds;
        let size = match self.rule {
            _ if self.next == 0 => first,
            Rule::Decided(_) => self.next.min(most - self.next),
            _ => ROUND.min(most - self.next),
        };
        let point = self.point;
        (self.next..self.next + size).map(move |replication| (point, replication))
    }

    /// Takes the next replications up to the decision.
    fn take(&mut self, round: impl Iterator<Item = Result<Rows, Failure>>) {
        for outcome in round {
            let replication = self.next;
            self.next += 1;
            if self.decided {
                continue;
            }
            let precise = match (&mut self.rule, &outcome) {
                // A replication without a value says nothing about the mean, but counts.
                (Rule::Precise(rule, metric), Ok(rows)) => {
                    value(&rows.replication, *metric).is_some_and(|value| rule.push(value) != Verdict::Continue)
                }
                _ => false,
            };
            self.simulated.take(replication, outcome);
            let (first, most) = self.bounds;
            self.decided = precise || self.next >= most || (self.simulated.failed > 0 && self.next >= first);
        }
        if let Rule::Decided(decision) = &self.rule {
            let Simulated { failed, .. } = self.simulated;
            let (verdict, _) = decision.judge(&self.simulated.replications(), self.samples, failed, self.bounds.0);
            self.decided |= verdict != condition::Verdict::Undecided;
        }
    }
}

fn value(row: &ReplicationRow, metric: Metric) -> Option<f64> {
    match metric {
        Metric::Latency => row.latency_mean_s,
        Metric::Energy => row.energy.map(|energy| energy.total),
    }
}
