//! Finished pieces of a study, stored as they come: an inference per network, a row per replication.
//!
//! A piece is found by its content key, so whatever was finished once, by whichever run, is not computed again.

use crate::error::{StoreError, StudyError};
use crate::inference::NetworkInference;
use crate::keys::replication_key;
use crate::plan::Plan;
use crate::simulation::{Rows, latency_rows};
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::key::ContentKey;
use cospike_results::rows::ReplicationRow;
use cospike_results::store::entries::Entries;
use cospike_sim_core::record::{Record, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// The pieces of one plan in a store. A failure of the store costs no result: what cannot be found is computed, what cannot
/// be stored is kept in memory, and the first failure is remembered.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    entries: &'a Entries,
    reuse: Mutex<Reuse>,
    failure: Mutex<Option<StoreError>>,
    networks: Vec<ContentKey>,
    points: Vec<ContentKey>,
}

/// What a study found in its store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reuse {
    /// Inferences, one per network.
    pub inferences: Found,
    /// Replications of design points.
    pub replications: Found,
}

/// Pieces that were looked for in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Number of pieces that were there.
    pub found: u64,
    /// Number of pieces looked for.
    pub asked: u64,
}

/// The stored form of a replication. The number of its design point is left out: another plan may number it otherwise.
#[derive(Serialize, Deserialize)]
struct StoredReplication {
    /// Values of [`ReplicationRow`].
    row: Vec<Value>,
    /// Latencies in seconds, see [`latency_rows`]; empty if no request was answered.
    latencies: Vec<f64>,
}

impl<'a> Pieces<'a> {
    /// The pieces of `plan` in `entries`.
    pub(crate) fn new(plan: &Plan, entries: &'a Entries) -> Result<Self, StudyError> {
        let networks = (0..plan.networks.len() as u32).map(|index| plan.inference_key(NetworkIndex(index)));
        let points = (0..plan.points.len() as u32).map(|index| plan.point_key(PointIndex(index)));
        let (networks, points) = (networks.collect::<Result<_, _>>()?, points.collect::<Result<_, _>>()?);
        Ok(Self { entries, reuse: Mutex::default(), failure: Mutex::new(None), networks, points })
    }

    /// What was found so far, and what was not.
    pub(crate) fn reuse(&self) -> Reuse {
        *self.reuse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count<T>(&self, found: Option<T>, counter: fn(&mut Reuse) -> &mut Found) -> Option<T> {
        let mut reuse = self.reuse.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = counter(&mut reuse);
        counter.asked += 1;
        counter.found += u64::from(found.is_some());
        found
    }

    /// The first failure of the store.
    pub(crate) fn into_failure(self) -> Option<StoreError> {
        self.failure.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store gave; nothing if it failed, which is remembered.
    fn remember<T>(&self, outcome: Result<Option<T>, StoreError>) -> Option<T> {
        outcome.unwrap_or_else(|error| {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            None
        })
    }

    /// The inference of a network, if it is stored.
    pub(crate) fn inference(&self, network: usize) -> Option<NetworkInference> {
        self.count(self.remember(self.get(&self.networks[network])), |reuse| &mut reuse.inferences)
    }

    pub(crate) fn put_inference(&self, network: usize, inference: &NetworkInference) {
        self.remember::<()>(self.put(&self.networks[network], inference).map(Some));
    }

    /// The rows of a replication, if they are stored.
    pub(crate) fn replication(&self, point: usize, replication: u32) -> Option<Rows> {
        self.count(self.remember(self.find_replication(point, replication)), |reuse| &mut reuse.replications)
    }

    fn find_replication(&self, point: usize, replication: u32) -> Result<Option<Rows>, StoreError> {
        let key = replication_key(&self.points[point], replication)?;
        let Some(stored) = self.get::<StoredReplication>(&key)? else { return Ok(None) };
        let Some(row) = ReplicationRow::from_values(&mut stored.row.into_iter()) else {
            return Err(StoreError::Foreign { key });
        };
        let point = PointIndex(point as u32);
        Ok(Some(Rows {
            replication: ReplicationRow { point, ..row },
            latencies: latency_rows(point, replication, stored.latencies),
        }))
    }

    pub(crate) fn put_replication(&self, point: usize, replication: u32, rows: &Rows) {
        let stored = StoredReplication {
            row: rows.replication.values(),
            latencies: rows.latencies.iter().map(|row| row.seconds).collect(),
        };
        let key = replication_key(&self.points[point], replication).map_err(StoreError::from);
        self.remember::<()>(key.and_then(|key| self.put(&key, &stored)).map(Some));
    }

    fn get<T: DeserializeOwned>(&self, key: &ContentKey) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.entries.get(key)? else { return Ok(None) };
        postcard::from_bytes(&bytes).map(Some).map_err(|_| StoreError::Foreign { key: *key })
    }

    fn put(&self, key: &ContentKey, piece: &impl Serialize) -> Result<(), StoreError> {
        // A compact form that keeps every bit of a number; counts take a byte or two.
        let bytes = postcard::to_stdvec(piece).map_err(|_| StoreError::Foreign { key: *key })?;
        Ok(self.entries.put(key, &bytes)?)
    }
}
