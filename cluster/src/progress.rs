//! How fast workers go: notes of each of them, from which the time that is left is estimated.

use crate::claims::lock;
use crate::holder::{Holder, Timestamp};
use cospike_results::key::ContentKey;
use cospike_results::store::entries::{Entries, EntryError};
use cospike_studies::{Finished, Unit};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Folder of the notes.
pub(crate) const WORKERS: &str = "workers";
/// Time between two notes of a worker.
const PERIOD: Duration = Duration::from_secs(5);

/// What a worker has done of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerNote {
    /// Who it is.
    pub holder: Holder,
    /// Expected cost of the units that it has finished.
    pub cost: u64,
    /// Seconds since it began.
    pub seconds: f64,
    /// When it was last noted, by the clock of its machine.
    pub seen: Timestamp,
    /// Whether it has ended.
    pub has_ended: bool,
}

/// The note of this process.
pub struct Progress {
    store: Entries,
    name: String,
    begin: Instant,
    state: Mutex<(WorkerNote, Instant)>,
}

impl Progress {
    /// Of `holder`, which begins to work on the study with this key.
    pub fn new(store: Entries, study: &ContentKey, holder: Holder) -> Self {
        let name = format!("{WORKERS}/{study}/{}", holder.id);
        let note = WorkerNote { holder, cost: 0, seconds: 0.0, seen: Timestamp::now(), has_ended: false };
        let now = Instant::now();
        Self { store, name, begin: now, state: Mutex::new((note, now)) }
    }

    /// Counts a unit that was finished.
    pub fn add(&self, unit: &Unit, finished: Finished) {
        let mut state = lock(&self.state);
        if !finished.is_incomplete {
            state.0.cost = state.0.cost.saturating_add(unit.cost);
        }
        if state.1.elapsed() >= PERIOD {
            state.1 = Instant::now();
            self.write(&mut state.0);
        }
    }

    /// Notes that the worker has ended.
    pub fn end(&self) {
        let mut state = lock(&self.state);
        state.0.has_ended = true;
        if state.0.cost > 0 {
            self.write(&mut state.0);
        }
    }

    /// An estimate is worth no failure of what it estimates.
    fn write(&self, note: &mut WorkerNote) {
        (note.seconds, note.seen) = (self.begin.elapsed().as_secs_f64(), Timestamp::now());
        let _ = serde_json::to_vec(note).map(|text| self.store.write_note(&self.name, &text));
    }
}

/// The workers that have noted something about the study with this key.
///
/// # Errors
/// [`EntryError`] if the store cannot be read.
pub fn find_workers(store: &Entries, study: &ContentKey) -> Result<Vec<WorkerNote>, EntryError> {
    let mut workers = vec![];
    for name in store.notes(&format!("{WORKERS}/{study}"))? {
        workers.extend(store.note(&name)?.and_then(|note| serde_json::from_slice(&note).ok()));
    }
    Ok(workers)
}
