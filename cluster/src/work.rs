//! A worker: executes units of a study that no live process has claimed, until all of its share are stored.

use crate::claims::{Attempt, Claims, LOOK};
use crate::event::{Event, WorkError};
use crate::networks::{Inferred, infer_unclaimed};
use crate::progress::Progress;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_studies::{
    Finished, Inventory, Pieces, Preparation, Prepared, State, StoreError, Study, StudyError, Task, Unit,
};
use rayon::prelude::*; // threads are spent on units, and inside each on its replications
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time after which a worker that waits notices that it is to stop.
const NOTICE: Duration = Duration::from_millis(50);

/// How a worker has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Pieces that this worker has computed.
    pub computed: u64,
    /// Units that were stored before it began.
    pub found: usize,
    /// Inferences and replications of the share that cannot be computed, whoever has tried it, and its design points whose network
    /// cannot be executed.
    pub failed: u64,
    /// Whether it was asked to stop before its share was done.
    pub is_stopped: bool,
}

impl Outcome {
    /// Both together, of two parts of a share.
    pub fn and(self, other: Self) -> Self {
        Self {
            computed: self.computed + other.computed,
            found: self.found + other.found,
            failed: self.failed + other.failed,
            is_stopped: self.is_stopped || other.is_stopped,
        }
    }
}

/// A process that works on a study.
pub struct Worker<'a> {
    /// The study.
    pub study: &'a Study,
    /// Its pieces in a store.
    pub pieces: &'a Pieces<'a>,
    /// The claims of this process in the same store.
    pub claims: &'a Claims,
    /// Notes how fast it goes.
    pub progress: &'a Progress,
    /// Set when it is to stop after the pieces that it has begun.
    pub stop: &'a AtomicBool,
    /// Called from many threads.
    pub tell: &'a (dyn Fn(Event<'_>) + Sync),
}

/// Units of simulation that need the same networks.
type Group<'u> = Vec<&'u Unit>;

impl Worker<'_> {
    /// Works until all `units` are stored or have failed: inferences first, then simulations, and what other processes have
    /// claimed at last. An inference that a simulation needs is executed here if nobody else has claimed it, in whose share it is
    /// whatsoever.
    ///
    /// # Errors
    /// [`WorkError`].
    pub fn work(&self, units: &[&Unit]) -> Result<Outcome, WorkError> {
        const ROUNDS: usize = 5;
        let (mut found, computed) = (None, Mutex::new(0));
        for _ in 0..ROUNDS {
            let inventory = self.study.inventory(self.pieces)?;
            let open: Vec<&Unit> = units.iter().filter(|unit| !inventory.has(&unit.task)).copied().collect();
            let found = *found.get_or_insert(units.len() - open.len());
            if open.is_empty() || self.is_stopped() {
                let computed = *computed.lock().unwrap_or_else(PoisonError::into_inner);
                let failed = failures(&inventory, units);
                return Ok(Outcome { computed, found, failed, is_stopped: !open.is_empty() });
            }
            self.work_on(open, &inventory, &|unit, finished, elapsed| {
                *computed.lock().unwrap_or_else(PoisonError::into_inner) += u64::from(finished.computed);
                (self.tell)(Event::Finished { unit, finished, elapsed });
                self.progress.add(unit, finished);
            })?;
        }
        Err(WorkError::Damaged)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Works on units of which the `inventory`, a fresh one, says that they are open.
    fn work_on(&self, open: Vec<&Unit>, inventory: &Inventory, done: Done<'_>) -> Result<(), WorkError> {
        let is_inference = |unit: &&Unit| matches!(unit.task, Task::Inference(_));
        let (mut inferences, simulations): (Vec<&Unit>, Vec<&Unit>) = open.into_iter().partition(is_inference);
        let mut groups = groups(simulations);
        let mut is_first = true;
        loop {
            let before = inferences.len() + groups.iter().map(Vec::len).sum::<usize>();
            inferences = self.left_of_inferences(inferences, done)?;
            let mut left = vec![];
            for group in groups {
                left.push(self.left_of_group(group, (inventory, is_first), done)?);
            }
            groups = left;
            groups.retain(|group| !group.is_empty());
            is_first = false;
            let after = inferences.len() + groups.iter().map(Vec::len).sum::<usize>();
            if after == 0 || self.is_stopped() {
                return Ok(());
            }
            if after == before {
                let first = inferences.first().or_else(|| groups.first().and_then(|group| group.first()));
                self.wait(after, first.copied())?;
            }
        }
    }

    /// Executes those of the networks that nobody has claimed; gives the others.
    fn left_of_inferences<'u>(&self, units: Vec<&'u Unit>, done: Done<'_>) -> Result<Vec<&'u Unit>, WorkError> {
        let mut left = vec![];
        for unit in units {
            let Task::Inference(network) = unit.task else { continue };
            if self.is_stopped() || !self.infer(network, Some(unit), done)? {
                left.push(unit);
            }
        }
        Ok(left)
    }

    /// Executes a network, unless it is stored; whether it is now. If it is not, another process has claimed it.
    fn infer(&self, network: NetworkIndex, unit: Option<&Unit>, done: Done<'_>) -> Result<bool, WorkError> {
        let begin = Instant::now();
        match infer_unclaimed((self.study, self.pieces, self.claims), network, &|_| ())? {
            Inferred::ByAnother => return Ok(false),
            Inferred::Stored => {}
            Inferred::Now(finished) => {
                let key = self.pieces.keys().networks()[network.position()];
                let foreign = Unit { key, cost: 0, task: Task::Inference(network) };
                done(unit.unwrap_or(&foreign), finished, begin.elapsed());
            }
        }
        Ok(true)
    }

    /// Simulates those of a group of units that nobody has claimed; gives the others. Unless the listing of the store is fresh,
    /// the units that are done by now are found first.
    fn left_of_group<'u>(
        &self,
        group: Group<'u>,
        (inventory, is_fresh): (&Inventory, bool),
        done: Done<'_>,
    ) -> Result<Group<'u>, WorkError> {
        let mut open = vec![];
        for unit in group {
            if is_fresh || !self.is_done(unit)? {
                open.push(unit);
            }
        }
        let is_free = |unit: &&Unit| self.claims.is_free(unit.key);
        let Some(networks) = open.first().and_then(|unit| networks(unit)) else { return Ok(open) };
        if self.is_stopped() || !any(&open, is_free)? {
            return Ok(open);
        }
        let prepared = loop {
            for &network in networks {
                if self.is_stopped() || !self.infer(network, None, done)? {
                    return Ok(open);
                }
            }
            let points: Vec<_> = open.iter().flat_map(|unit| unit.task.points()).copied().collect();
            match self.study.prepare(networks, &points, self.pieces)? {
                Preparation::Ready(prepared) => break prepared,
                // Nothing to simulate: the reason is stored.
                Preparation::Failed => return Ok(vec![]),
                // It was damaged, and is executed again.
                Preparation::Missing(_) => {}
            }
        };
        let simulate = |unit| self.simulate(unit, (&prepared, inventory), done);
        let left = open.par_iter().map(|unit| simulate(unit).map(|is_done| (*unit, is_done)));
        let left: Vec<(&Unit, bool)> = left.collect::<Result<_, WorkError>>()?;
        Ok(left.into_iter().filter(|(_, is_done)| !is_done).map(|(unit, _)| unit).collect())
    }

    /// Simulates a unit, unless another process has claimed it; whether it is done now.
    fn simulate(
        &self,
        unit: &Unit,
        (prepared, inventory): (&Prepared, &Inventory),
        done: Done<'_>,
    ) -> Result<bool, WorkError> {
        let Task::Simulation { points, replications, .. } = &unit.task else { return Ok(true) };
        if self.is_stopped() {
            return Ok(false);
        }
        let Attempt::Mine(_held) = self.claims.claim(unit.key)? else { return Ok(false) };
        let begin = Instant::now();
        let of_unit = (&points[..], replications);
        let finished = self.study.work_on_simulation(of_unit, prepared, (self.pieces, inventory), self.stop)?;
        if finished.computed > 0 {
            done(unit, finished, begin.elapsed());
        }
        Ok(!finished.is_incomplete)
    }

    /// Whether all pieces that may come of a unit are stored.
    fn is_done(&self, unit: &Unit) -> Result<bool, WorkError> {
        Ok(!any(&unit.task.pieces(), |piece| Ok::<_, StoreError>(!self.pieces.contains(*piece)?))
            .map_err(StudyError::from)?)
    }

    /// Waits a little for other processes, and says for whom.
    fn wait(&self, units: usize, first: Option<&Unit>) -> Result<(), WorkError> {
        let claim = match first.map(|unit| self.claims.claim_of(unit.key)) {
            Some(claim) => claim?,
            None => None,
        };
        (self.tell)(Event::Waiting { units, claim });
        let begin = Instant::now();
        while begin.elapsed() < LOOK && !self.is_stopped() {
            std::thread::sleep(NOTICE);
        }
        Ok(())
    }
}

/// What is told of a unit that was worked on: what has come of it, and the time that it took.
type Done<'d> = &'d (dyn Fn(&Unit, Finished, Duration) + Sync);

/// Whether one of some items is, or whether it cannot be known.
fn any<T, E>(items: &[T], mut is: impl FnMut(&T) -> Result<bool, E>) -> Result<bool, E> {
    for item in items {
        if is(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn networks(unit: &Unit) -> Option<&[NetworkIndex]> {
    match &unit.task {
        Task::Simulation { networks, .. } => Some(networks),
        Task::Inference(_) => None,
    }
}

/// Units of simulation by the networks that they need.
fn groups(units: Vec<&Unit>) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<&[NetworkIndex], Group<'_>> = BTreeMap::new();
    for unit in units {
        groups.entry(networks(unit).unwrap_or_default()).or_default().push(unit);
    }
    groups.into_values().collect()
}

/// What of some units has failed, see [`Outcome::failed`].
fn failures(inventory: &Inventory, units: &[&Unit]) -> u64 {
    let of = |unit: &&Unit| match &unit.task {
        Task::Inference(network) => u64::from(inventory.networks[network.position()] == State::Failed),
        Task::Simulation { points, replications, .. } => {
            let range = replications.start as usize..replications.end as usize;
            let of_point = |point: &PointIndex| {
                let of = &inventory.points[point.position()];
                let failed =
                    of.replications[range.clone()].iter().filter(|state| **state == State::Failed).count() as u64;
                failed + u64::from(of.failed_network.is_some())
            };
            points.iter().map(of_point).sum()
        }
    };
    units.iter().map(of).sum()
}
