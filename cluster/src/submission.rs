//! What was submitted of a study: notes that say which element of which job works on which units.

use crate::holder::{Timestamp, unique_name};
use crate::packing::pack;
use cospike_results::key::ContentKey;
use cospike_results::store::entries::{Entries, EntryError};
use cospike_studies::{Inventory, Portion, Task};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Folder of the notes.
const JOBS: &str = "jobs";

/// Expected nanoseconds of a share, where nothing else bounds the number of shares: starting an element of a job takes seconds.
const COST_PER_SHARE: u64 = 60_000_000_000;

/// A scheduler that jobs are submitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Slurm.
    Slurm,
    /// HyperQueue.
    HyperQueue,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Slurm => "Slurm",
            Self::HyperQueue => "HyperQueue",
        })
    }
}

/// A job array that was submitted for a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Unique among all submissions.
    pub id: String,
    /// Scheduler.
    pub engine: Engine,
    /// Number of the job there, once it is known.
    pub job: Option<String>,
    /// When it was submitted, by the clock of the machine where that was.
    pub submitted: Timestamp,
    /// For each element of the array the numbers of its units.
    pub shares: Vec<Vec<u32>>,
}

/// Reason why a submission cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmissionError {
    /// The store has no such note for this study.
    #[error(
        "nothing was submitted as {id} for this study as it is now: if the scenario has changed since then, submit it again"
    )]
    Unknown {
        /// What was asked for.
        id: String,
    },
    /// The note is not one that this version wrote.
    #[error("the note of the submission {id} cannot be read: submit the study again")]
    Foreign {
        /// What was asked for.
        id: String,
    },
    /// The store cannot be read or written.
    #[error(transparent)]
    Note(#[from] EntryError),
    /// The system gives no random number.
    #[error("no name for the submission: {0}")]
    Unique(#[from] std::io::Error),
}

impl Submission {
    /// A submission of these shares, which no job has yet.
    ///
    /// # Errors
    /// [`SubmissionError::Unique`].
    pub fn new(engine: Engine, shares: Vec<Vec<u32>>) -> Result<Self, SubmissionError> {
        Ok(Self { id: unique_name()?, engine, job: None, submitted: Timestamp::now(), shares })
    }

    /// Name of its job, by which a queue can be asked for it.
    pub fn job_name(&self, study: &str) -> String {
        format!("cospike-{study}-{}", self.id)
    }

    /// Notes the submission in `store`.
    ///
    /// # Errors
    /// [`EntryError`] if it cannot be written.
    pub fn write(&self, store: &Entries, study: &ContentKey) -> Result<(), EntryError> {
        // Strings and numbers always have a form in JSON.
        store.write_note(&name(study, &self.id), &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Removes the note.
    ///
    /// # Errors
    /// [`EntryError`] if it cannot be removed.
    pub fn remove(&self, store: &Entries, study: &ContentKey) -> Result<(), EntryError> {
        store.remove_note(&name(study, &self.id))
    }

    /// The submission `id` of a study.
    ///
    /// # Errors
    /// [`SubmissionError`].
    pub fn find(store: &Entries, study: &ContentKey, id: &str) -> Result<Self, SubmissionError> {
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let unknown = || SubmissionError::Unknown { id: id.into() };
        let note = if is_id { store.note(&name(study, id))? } else { None };
        serde_json::from_slice(&note.ok_or_else(unknown)?).map_err(|_| SubmissionError::Foreign { id: id.into() })
    }

    /// All submissions of a study, the oldest first.
    ///
    /// # Errors
    /// [`EntryError`] if the store cannot be read.
    pub fn all(store: &Entries, study: &ContentKey) -> Result<Vec<Self>, EntryError> {
        let mut all: Vec<Self> = vec![];
        for name in store.notes(&format!("{JOBS}/{study}"))? {
            all.extend(store.note(&name)?.and_then(|note| serde_json::from_slice(&note).ok()));
        }
        all.sort_by_key(|submission| (submission.submitted, submission.id.clone()));
        Ok(all)
    }
}

/// Numbers of the units that elements of jobs will work on, which are `live`, by the names of their jobs.
pub fn covered(submissions: &[Submission], study: &str, live: &BTreeMap<String, BTreeSet<u32>>) -> BTreeSet<u32> {
    let units = |submission: &Submission| {
        let live = live.get(&submission.job_name(study));
        let shares = (0..).zip(&submission.shares);
        let shares = shares.filter(|(element, _)| live.is_some_and(|live| live.contains(element)));
        shares.flat_map(|(_, share)| share).copied().collect::<Vec<u32>>()
    };
    submissions.iter().flat_map(units).collect()
}

/// Number of shares of units of these costs: `shares` if that is given, else as many as make each worth starting; never more than
/// `most`, nor more than there are units.
pub fn number_of_shares(costs: &[u64], shares: Option<u32>, most: u32) -> u32 {
    let total = costs.iter().fold(0, |sum: u64, cost| sum.saturating_add(*cost));
    let worth = u32::try_from(total.div_ceil(COST_PER_SHARE)).unwrap_or(u32::MAX);
    shares.unwrap_or(worth).min(most).min(u32::try_from(costs.len()).unwrap_or(u32::MAX)).max(1)
}

/// Shares of those of the `units` that are neither stored nor covered, see [`number_of_shares`]. None if nothing is left.
pub fn shares_of_missing(
    units: &[Portion],
    inventory: &Inventory,
    covered: &BTreeSet<u32>,
    shares: Option<u32>,
    most: u32,
) -> Vec<Vec<u32>> {
    let is_left = |(number, unit): &(u32, &Portion)| !inventory.has(&unit.task) && !covered.contains(number);
    let left: Vec<(u32, &Portion)> = (0..).zip(units).filter(is_left).collect();
    if left.is_empty() {
        return vec![];
    }
    let costs: Vec<u64> = left.iter().map(|(_, unit)| unit.cost).collect();
    let number = number_of_shares(&costs, shares, most);
    let inferences = left.iter().take_while(|(_, unit)| matches!(unit.task, Task::Inference(_))).count();
    let packed = pack(&costs, inferences, number as usize).into_iter();
    packed.map(|items| items.into_iter().map(|item| left[item].0).collect()).collect()
}

fn name(study: &ContentKey, id: &str) -> String {
    format!("{JOBS}/{study}/{id}")
}
