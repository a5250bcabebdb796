//! Finished pieces of a study, stored as they come: an inference per network, a row per replication, or why there is none.
//!
//! A piece is found by its content key, so whatever was finished once, by whichever run, is not computed again. That holds for
//! failures too: what fails does so because of the values in its key, so it would fail again.

use crate::error::{Failure, StoreError, StudyError};
use crate::inference::NetworkInference;
use crate::keys::{Piece, PieceKeys, failure_key, summary_key};
use crate::plan::Plan;
use crate::simulation::{Rows, latency_rows, time_line_rows};
use crate::summary::InferenceSummary;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::key::ContentKey;
use cospike_results::rows::ReplicationRow;
use cospike_results::store::entries::Entries;
use cospike_sim_core::cosim::TimeSlice;
use cospike_sim_core::record::{Record, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The pieces of one plan in a store. A failure of the store costs no result: what cannot be found is computed, what cannot
/// be stored is kept in memory, and the first failure is remembered.
#[derive(Debug)]
pub struct Pieces<'a> {
    entries: &'a Entries,
    reuse: Mutex<Reuse>,
    /// Networks that are counted in it: what was found of one may be asked for again.
    counted: Mutex<BTreeSet<NetworkIndex>>,
    failure: Mutex<Option<StoreError>>,
    keys: PieceKeys,
    /// Whether only what is stored counts, and nothing is computed.
    is_collected: bool,
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
    /// Number of those in whose place there was only the reason for which they failed, and would fail again.
    pub failed: u64,
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
    /// Values of [`TimeSlice`]; empty without a time line.
    time_line: Vec<Vec<Value>>,
}

impl<'a> Pieces<'a> {
    /// The pieces of `plan` in `entries`.
    ///
    /// # Errors
    /// [`StudyError::Key`], which a checked plan does not give.
    pub fn new(plan: &Plan, entries: &'a Entries) -> Result<Self, StudyError> {
        Ok(Self::with_keys(PieceKeys::new(plan)?, entries))
    }

    /// The pieces with these `keys` in `entries`.
    pub fn with_keys(keys: PieceKeys, entries: &'a Entries) -> Self {
        let (reuse, counted, failure) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { entries, reuse, counted, failure, keys, is_collected: false }
    }

    /// Turns to the pieces of a part of the same study, and keeps count of what was found so far.
    pub(crate) fn turn_to(&mut self, part: &Plan) -> Result<(), StudyError> {
        self.keys = PieceKeys::new(part)?;
        Ok(())
    }

    /// What was found so far, and what was not.
    pub(crate) fn reuse(&self) -> Reuse {
        *self.reuse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, of which nothing is computed that is missing.
    pub(crate) fn collected(self) -> Self {
        Self { is_collected: true, ..self }
    }

    /// Their keys.
    pub fn keys(&self) -> &PieceKeys {
        &self.keys
    }

    /// Their keys, of which the pieces are no longer asked for.
    pub fn into_keys(self) -> PieceKeys {
        self.keys
    }

    /// Whether a piece or its failure is stored.
    ///
    /// # Errors
    /// [`StoreError::Entry`] if the store cannot be read.
    pub fn contains(&self, piece: Piece) -> Result<bool, StoreError> {
        let key = self.keys.key(piece)?;
        Ok(self.entries.contains(&key)? || self.entries.contains(&failure_key(&key)?)?)
    }

    /// Whether a piece is stored, and not its failure: one question to the store.
    pub(crate) fn is_stored(&self, piece: Piece) -> Result<bool, StoreError> {
        Ok(self.entries.contains(&self.keys.key(piece)?)?)
    }

    /// Why there is no such piece, if that is stored.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn reason(&self, piece: Piece) -> Result<Option<String>, StoreError> {
        let key = failure_key(&self.keys.key(piece)?)?;
        let Some(bytes) = self.entries.get(&key)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| StoreError::Foreign { key })
    }

    /// The first failure of the store since this was asked last.
    pub fn take_failure(&self) -> Option<StoreError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn entries(&self) -> &'a Entries {
        self.entries
    }

    /// What the store gave; nothing if it failed, which is remembered.
    fn remember<T>(&self, outcome: Result<Option<T>, StoreError>) -> Option<T> {
        outcome.unwrap_or_else(|error| {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            None
        })
    }

    /// The inference of a network, or its failure, if one of them is stored.
    pub(crate) fn inference(&self, network: NetworkIndex) -> Option<Result<NetworkInference, Failure>> {
        let piece = Piece::Inference(network);
        self.count(self.remember(self.get(piece)), piece)
    }

    /// What the results need of the inference of a network, if that is stored; if not, the inference itself may be.
    pub(crate) fn summary(&self, network: NetworkIndex) -> Option<InferenceSummary> {
        let key = summary_key(&self.keys.networks()[network.position()]).map_err(StoreError::from);
        let found = self.remember(key.and_then(|key| self.get_entry(key)))?;
        self.add(Piece::Inference(network), Found { found: 1, failed: 0, asked: 1 });
        Some(found)
    }

    /// Stores the inference of a network, or its failure.
    pub(crate) fn put_inference(&self, network: NetworkIndex, inference: Result<&NetworkInference, &Failure>) {
        self.put(Piece::Inference(network), inference);
    }

    /// Stores the summary of an inference.
    pub(crate) fn put_summary(&self, network: NetworkIndex, summary: &InferenceSummary) {
        let key = summary_key(&self.keys.networks()[network.position()]).map_err(StoreError::from);
        self.remember::<()>(key.and_then(|key| self.put_entry(key, summary)).map(Some));
    }

    /// The rows of a replication, or its failure, if one of them is stored.
    pub(crate) fn replication(&self, point: PointIndex, replication: u32) -> Option<Result<Rows, Failure>> {
        self.count(self.remember(self.find_rows(point, replication)), Piece::Replication(point, replication))
    }

    fn find_rows(&self, point: PointIndex, replication: u32) -> Result<Option<Rows>, StoreError> {
        let piece = Piece::Replication(point, replication);
        let Some(stored) = self.get::<StoredReplication>(piece)? else { return Ok(None) };
        let row = ReplicationRow::from_values(&mut stored.row.into_iter());
        let slices = stored.time_line.into_iter().map(|values| TimeSlice::from_values(&mut values.into_iter()));
        let (Some(row), Some(slices)) = (row, slices.collect::<Option<Vec<_>>>()) else {
            return Err(StoreError::Foreign { key: self.keys.key(piece)? });
        };
        Ok(Some(Rows {
            replication: ReplicationRow { point, ..row },
            latencies: latency_rows(point, replication, stored.latencies),
            time_line: time_line_rows(point, slices),
        }))
    }

    /// Stores the rows of a replication, or its failure.
    pub(crate) fn put_replication(&self, point: PointIndex, replication: u32, outcome: Result<&Rows, &Failure>) {
        let stored = outcome.map(|rows| StoredReplication {
            row: ReplicationRow { point: PointIndex(0), ..rows.replication.clone() }.values(),
            latencies: rows.latencies.iter().map(|row| row.seconds).collect(),
            time_line: rows.time_line.iter().map(|row| row.slice.values()).collect(),
        });
        self.put(Piece::Replication(point, replication), stored.as_ref().map_err(|failure| *failure));
    }

    /// What was found of a piece, or its failure, if that is stored in its place; both are counted.
    fn count<T>(&self, found: Option<T>, piece: Piece) -> Option<Result<T, Failure>> {
        let reason = if found.is_none() { self.remember(self.reason(piece)) } else { None };
        let is_found = found.is_some() || reason.is_some();
        self.add(piece, Found { found: is_found.into(), failed: reason.is_some().into(), asked: 1 });
        match (found, reason) {
            (Some(found), _) => Some(Ok(found)),
            (None, Some(reason)) => Some(Err(Failure::Earlier { reason })),
            (None, None) => self.is_collected.then_some(Err(Failure::NotComputed)),
        }
    }

    /// Counts what was found of a piece, of a network once.
    fn add(&self, piece: Piece, Found { found, failed, asked }: Found) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reuse = self.reuse.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = match piece {
            Piece::Inference(network) if !counted.insert(network) => return,
            Piece::Inference(_) => &mut reuse.inferences,
            Piece::Replication(..) => &mut reuse.replications,
        };
        counter.found += found;
        counter.failed += failed;
        counter.asked += asked;
    }

    fn get<T: DeserializeOwned>(&self, piece: Piece) -> Result<Option<T>, StoreError> {
        self.get_entry(self.keys.key(piece)?)
    }

    fn get_entry<T: DeserializeOwned>(&self, key: ContentKey) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.entries.get(&key)? else { return Ok(None) };
        postcard::from_bytes(&bytes).map(Some).map_err(|_| StoreError::Foreign { key })
    }

    fn put(&self, piece: Piece, outcome: Result<&impl Serialize, &Failure>) {
        self.remember::<()>(self.try_put(piece, outcome).map(Some));
    }

    fn try_put(&self, piece: Piece, outcome: Result<&impl Serialize, &Failure>) -> Result<(), StoreError> {
        let key = self.keys.key(piece)?;
        match outcome {
            Ok(content) => self.put_entry(key, content),
            Err(failure) => Ok(self.entries.put(&failure_key(&key)?, failure.to_string().as_bytes())?),
        }
    }

    fn put_entry(&self, key: ContentKey, content: &impl Serialize) -> Result<(), StoreError> {
        // A compact form that keeps every bit of a number; counts take a byte or two.
        let bytes = postcard::to_stdvec(content).map_err(|_| StoreError::Foreign { key })?;
        Ok(self.entries.put(&key, &bytes)?)
    }
}
