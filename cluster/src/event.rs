//! What a worker tells, and why it cannot go on.

use crate::claims::Claim;
use cospike_results::store::entries::EntryError;
use cospike_studies::{Finished, StudyError, Unit};
use std::time::Duration;

/// Reason why a worker cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// The store cannot be read or written, or the plan has no key.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A note of the store cannot be read or written.
    #[error(transparent)]
    Note(#[from] EntryError),
    /// What was just computed is gone from the store, again and again.
    #[error("what was stored of this share is damaged as soon as it is written: the store cannot be trusted")]
    Damaged,
}

/// What a worker tells while it works; from many threads.
pub enum Event<'a> {
    /// A unit was worked on, and whatever came of it is stored.
    Finished {
        /// The unit.
        unit: &'a Unit,
        /// What has come of it.
        finished: Finished,
        /// Time that it took.
        elapsed: Duration,
    },
    /// All that is left of the share is claimed by other processes, for which this one waits.
    Waiting {
        /// Number of units that are left.
        units: usize,
        /// One of the claims, if it can be read.
        claim: Option<Box<Claim>>,
    },
}
