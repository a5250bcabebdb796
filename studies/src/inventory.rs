//! What of a study is stored, found by one listing of the store.

use crate::error::{Failure, StoreError, StudyError};
use crate::keys::{Piece, failure_key};
use crate::pieces::Pieces;
use crate::schedule::Job;
use crate::study::Study;
use crate::units::Task;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::key::ContentKey;
use std::collections::BTreeSet;

/// What of a study is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// States of the inferences, in the order of the plan.
    pub networks: Vec<State>,
    /// What there is of each design point, in the order of the plan.
    pub points: Vec<PointInventory>,
}

/// State of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is stored.
    Stored,
    /// The reason is stored for which there is none.
    Failed,
    /// Nothing of it is stored.
    Missing,
}

/// What of a design point is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointInventory {
    /// State of each replication, from number 0 on.
    pub replications: Box<[State]>,
    /// Whether there are as many as the plan, or its precision target, asks for, or none can be because a network failed.
    pub is_complete: bool,
    /// A network that the point needs and that cannot be executed.
    pub failed_network: Option<NetworkIndex>,
}

impl PointInventory {
    /// Number of replications in a state.
    pub fn count(&self, state: State) -> u32 {
        self.replications.iter().filter(|found| **found == state).count() as u32
    }
}

impl Inventory {
    /// Whether nothing of a task is left to do.
    pub fn has(&self, task: &Task) -> bool {
        match task {
            Task::Inference(network) => self.networks[network.position()] != State::Missing,
            Task::Simulation { points, replications, .. } => points.iter().all(|point| {
                let of = &self.points[point.position()];
                let range = replications.start as usize..replications.end as usize;
                of.is_complete || of.replications[range].iter().all(|state| *state != State::Missing)
            }),
        }
    }

    /// State of a replication of a design point.
    pub(crate) fn replication(&self, (point, number): Job) -> State {
        self.points[point].replications[number as usize]
    }

    /// Adds the design points that follow.
    pub fn append(&mut self, next: Self) {
        self.points.extend(next.points);
    }

    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.networks.iter().all(|state| *state != State::Missing) && self.points.iter().all(|point| point.is_complete)
    }
}

impl Study {
    /// What of the study is stored.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn inventory(&self, pieces: &Pieces<'_>) -> Result<Inventory, StudyError> {
        self.inventory_of(pieces, &pieces.entries().keys().map_err(StoreError::from)?)
    }

    /// The same of a store that has these `keys`.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn inventory_of(&self, pieces: &Pieces<'_>, keys: &BTreeSet<ContentKey>) -> Result<Inventory, StudyError> {
        let networks = (0..self.plan().networks.len() as u32).map(NetworkIndex);
        let networks: Vec<State> =
            networks.map(|network| state(Piece::Inference(network), pieces, keys)).collect::<Result<_, _>>()?;
        let points = (0..self.plan().points.len() as u32).map(PointIndex);
        let points = points.map(|point| self.point_inventory(point, &networks, pieces, keys));
        Ok(Inventory { points: points.collect::<Result<_, _>>()?, networks })
    }

    fn point_inventory(
        &self,
        point: PointIndex,
        networks: &[State],
        pieces: &Pieces<'_>,
        keys: &BTreeSet<ContentKey>,
    ) -> Result<PointInventory, StudyError> {
        let needed = || self.plan().points[point.position()].networks();
        let first = self.plan().replications;
        let most = self.plan().most_replications();
        let states = (0..most).map(|number| state(Piece::Replication(point, number), pieces, keys));
        let replications: Box<[State]> = states.collect::<Result<_, _>>()?;
        let begun = replications.iter().take(first as usize).all(|state| *state != State::Missing);
        let failed_network = needed().find(|network| networks[network.position()] == State::Failed);
        let is_complete = failed_network.is_some()
            || begun
                && needed().all(|network| networks[network.position()] == State::Stored)
                && (!self.plan().is_sequential() || self.is_precise(point, pieces)?);
        Ok(PointInventory { replications, is_complete, failed_network })
    }

    /// Whether enough replications of a design point with a precision target are stored.
    fn is_precise(&self, point: PointIndex, pieces: &Pieces<'_>) -> Result<bool, StudyError> {
        let find = |&(_, number): &(usize, u32)| pieces.replication(point, number).unwrap_or(Err(Failure::NotComputed));
        let simulated = self.replicate([point.position()].into_iter(), &|jobs| jobs.iter().map(find).collect())?;
        match pieces.take_failure() {
            Some(error) => Err(error.into()),
            None => Ok(simulated.iter().all(|(_, simulated)| !simulated.is_incomplete)),
        }
    }
}

fn state(piece: Piece, pieces: &Pieces<'_>, keys: &BTreeSet<ContentKey>) -> Result<State, StudyError> {
    let key = pieces.keys().key(piece)?;
    Ok(match keys.contains(&key) {
        true => State::Stored,
        false if keys.contains(&failure_key(&key).map_err(StoreError::from)?) => State::Failed,
        false => State::Missing,
    })
}
