//! Looking after a store: which studies have used it, what they have there, and what nobody needs any more.
//!
//! Each study that uses a store leaves a record in its notes. Everything that no record leads to is of older versions, of other
//! settings, or of records that were removed.

use crate::keys::{PieceKeys, failure_key, replication_key, summary_key};
use crate::plan::{DesignPoint, Plan};
use crate::study::Study;
use cospike_results::key::{ContentKey, KeyError};
use cospike_results::store::entries::{Entries, EntryError, Listed, entry_key};
use cospike_results::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

/// Folder of the records among the notes.
const RECORDS: &str = "studies";
/// Digits of a study's key in the name of its record.
const KEY_DIGITS: usize = 16;
/// Age below which nothing is removed that no record leads to: a process may be about to write its record.
const GRACE: Duration = Duration::from_hours(24);

/// What a study has in a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyRecord {
    /// Name of the study.
    pub name: String,
    /// Version of CoSpike that used the store last.
    pub version: String,
    /// When that was.
    pub used: Timestamp,
    /// Replications of each design point, at most.
    pub replications: u32,
    /// Keys of the inferences.
    pub inferences: Vec<ContentKey>,
    /// Keys of the design points.
    pub points: Vec<ContentKey>,
}

/// Reason why a store cannot be looked after.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HousekeepingError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A key cannot be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A record is not what was written, so that nobody knows what its study has.
    #[error(
        "the note {name} is no record of a study that this version can read: remove it, and its pieces count as nobody's"
    )]
    Record {
        /// Name of the note.
        name: String,
    },
    /// No study of this name has used the store.
    #[error("no study called `{name}` has used this store")]
    NoStudy {
        /// Name that was given.
        name: String,
    },
}

/// Kind of an entry of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What a network did on its samples.
    Inference,
    /// What the results need of that.
    Summary,
    /// A replication of a design point.
    Replication,
    /// Why there is no inference or replication.
    Failure,
    /// No study of which there is a record has it.
    Unclaimed,
    /// It was set aside because it was not what had been stored.
    Damaged,
}

impl Kind {
    /// What several of them are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inference => "inferences",
            Self::Summary => "summaries of inferences",
            Self::Replication => "replications",
            Self::Failure => "failures",
            Self::Unclaimed => "of no study on record",
            Self::Damaged => "damaged, set aside",
        }
    }
}

/// A number of entries and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Number of entries.
    pub entries: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Amount {
    fn add(&mut self, listed: &Listed) {
        self.entries += 1;
        self.bytes += listed.bytes;
    }
}

/// A study that has used a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Names of its records among the notes: those of the parts that processes have worked on, or one.
    pub notes: Vec<String>,
    /// What they say together.
    pub record: StudyRecord,
    /// What it has there, also if other studies have it too.
    pub amount: Amount,
}

/// What is in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The studies that have used it, those that did last first.
    pub tenants: Vec<Tenant>,
    /// Everything in it by its kind.
    pub kinds: BTreeMap<Kind, Amount>,
    /// The entries, each with its kind.
    entries: Vec<(Listed, Kind)>,
    /// Notes of processes about their work, which mean nothing once these have ended.
    passing: Vec<Listed>,
}

/// What is removed from a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Names of the notes that are records of forgotten studies.
    pub records: Vec<String>,
    /// The entries.
    pub entries: Vec<Listed>,
    /// Notes of processes that have ended long ago.
    pub passed: Vec<Listed>,
}

impl StudyRecord {
    /// The record of some design points of the study with this `plan`, which uses its store now.
    ///
    /// # Errors
    /// [`HousekeepingError::Key`], which a checked plan does not give.
    pub fn new(plan: &Plan, points: &[DesignPoint]) -> Result<Self, HousekeepingError> {
        let (most, keys) = (plan.most_replications(), PieceKeys::of_points(plan, points)?);
        let (inferences, points) = (keys.networks(), keys.points());
        Ok(Self {
            name: plan.name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            used: Timestamp::now(),
            replications: most,
            inferences: inferences.to_vec(),
            points: points.to_vec(),
        })
    }

    /// The record of a study of which `self` and `other` are parts.
    pub fn joined(self, other: Self) -> Self {
        let join = |one: Vec<ContentKey>, other: Vec<ContentKey>| {
            let mut all = [one, other].concat();
            // Stable, because it merges what is sorted already.
            all.sort();
            all.dedup();
            all
        };
        let (inferences, points) = (join(self.inferences, other.inferences), join(self.points, other.points));
        Self { inferences, points, used: self.used.max(other.used), ..other }
    }

    /// Writes it as the record of `study` into its `store`, or beside the records of other parts if it has not all design points.
    ///
    /// # Errors
    /// [`HousekeepingError::Entry`].
    pub fn write(&self, study: &Study, store: &Entries) -> Result<(), HousekeepingError> {
        let digits = |key: ContentKey| key.to_string()[..KEY_DIGITS].to_string();
        let mut name = format!("{RECORDS}/{}-{}", self.name, digits(study.key()));
        if self.points.len() < study.census().points() {
            name += &format!("-{}", digits(ContentKey::from_json("part of a study", &self.points)?));
        }
        let text = serde_json::to_vec(self).map_err(|_| HousekeepingError::Record { name: name.clone() })?;
        Ok(store.write_note(&name, &text)?)
    }

    /// Name of the study and beginning of its key, which the records of all parts have in common, of the record called `note`.
    fn study(&self, note: &str) -> String {
        let prefix = RECORDS.len() + 1 + self.name.len() + 1 + KEY_DIGITS;
        note.get(..prefix).unwrap_or(note).into()
    }

    /// Keys of everything that the study may have stored, and what it is.
    fn keys(&self) -> Result<Vec<(ContentKey, Kind)>, KeyError> {
        let mut keys = vec![];
        for inference in &self.inferences {
            keys.push((*inference, Kind::Inference));
            keys.push((summary_key(inference)?, Kind::Summary));
            keys.push((failure_key(inference)?, Kind::Failure));
        }
        for point in &self.points {
            for number in 0..self.replications {
                let replication = replication_key(point, number)?;
                keys.push((replication, Kind::Replication));
                keys.push((failure_key(&replication)?, Kind::Failure));
            }
        }
        Ok(keys)
    }
}

impl Survey {
    /// What is in the store `entries`. `passing` are the folders of notes that processes write about their work.
    ///
    /// # Errors
    /// [`HousekeepingError::Entry`] if the store cannot be read, [`HousekeepingError::Record`].
    pub fn new(entries: &Entries, passing: &[&str]) -> Result<Self, HousekeepingError> {
        let listed = entries.list()?;
        let there: BTreeMap<ContentKey, &Listed> =
            listed.iter().filter_map(|found| Some((entry_key(&found.name)?, found))).collect();
        let mut studies: BTreeMap<String, (Vec<String>, StudyRecord)> = BTreeMap::new();
        for note in entries.notes(RECORDS)? {
            // Somebody else may have removed it meanwhile.
            let Some(text) = entries.note(&note)? else { continue };
            let Ok(record) = serde_json::from_slice::<StudyRecord>(&text) else {
                return Err(HousekeepingError::Record { name: note });
            };
            match studies.entry(record.study(&note)) {
                Entry::Vacant(new) => _ = new.insert((vec![note], record)),
                Entry::Occupied(mut known) => {
                    let (notes, parts) = known.get_mut();
                    notes.push(note);
                    *parts = parts.clone().joined(record);
                }
            }
        }
        let (mut tenants, mut known) = (vec![], BTreeMap::new());
        for (notes, record) in studies.into_values() {
            let mut amount = Amount::default();
            for (key, kind) in record.keys()? {
                if let Some(found) = there.get(&key) {
                    amount.add(found);
                    known.insert(key, kind);
                }
            }
            tenants.push(Tenant { notes, record, amount });
        }
        tenants.sort_by(|one, other| (other.record.used, &one.notes).cmp(&(one.record.used, &other.notes)));
        let kind = |found: &Listed| match entry_key(&found.name) {
            Some(key) => known.get(&key).copied().unwrap_or(Kind::Unclaimed),
            None => Kind::Damaged,
        };
        let sorted: Vec<(Listed, Kind)> = listed.iter().map(|found| (found.clone(), kind(found))).collect();
        let mut kinds: BTreeMap<Kind, Amount> = BTreeMap::new();
        sorted.iter().for_each(|(found, kind)| kinds.entry(*kind).or_default().add(found));
        let notes: Vec<Vec<Listed>> =
            passing.iter().map(|folder| entries.list_notes(folder)).collect::<Result<_, _>>()?;
        let passing = notes.into_iter().flatten().filter(|note| is_named_by_keys(&note.name)).collect();
        Ok(Self { tenants, kinds, entries: sorted, passing })
    }

    /// What can be removed: what was set aside, what is of no study on record and a day old, notes of processes that are as old, and, if `unused_for` is given, what only
    /// studies have that have not used the store for so long.
    ///
    /// # Errors
    /// [`HousekeepingError::Key`], which records do not give.
    pub fn garbage(&self, unused_for: Option<Duration>) -> Result<Garbage, HousekeepingError> {
        let is_forgotten = |tenant: &&Tenant| unused_for.is_some_and(|age| tenant.record.used.elapsed() >= age);
        let (forgotten, kept): (Vec<&Tenant>, Vec<&Tenant>) = self.tenants.iter().partition(is_forgotten);
        let keys = |tenants: &[&Tenant]| -> Result<BTreeSet<ContentKey>, KeyError> {
            let keys: Vec<_> = tenants.iter().map(|tenant| tenant.record.keys()).collect::<Result<_, _>>()?;
            Ok(keys.into_iter().flatten().map(|(key, _)| key).collect())
        };
        let (of_forgotten, of_kept) = (keys(&forgotten)?, keys(&kept)?);
        let is_garbage = |(found, kind): &&(Listed, Kind)| match (kind, entry_key(&found.name)) {
            (Kind::Damaged, _) | (_, None) => true,
            (Kind::Unclaimed, _) => is_old(found),
            (_, Some(key)) => of_forgotten.contains(&key) && !of_kept.contains(&key),
        };
        let entries = self.entries.iter().filter(is_garbage).map(|(found, _)| found.clone()).collect();
        let records = forgotten.iter().flat_map(|tenant| tenant.notes.clone()).collect();
        Ok(Garbage { records, entries, passed: self.passing.iter().filter(|note| is_old(note)).cloned().collect() })
    }

    /// Keys of everything that is there of the studies called `name`, or of all, those of no study too; and the records.
    ///
    /// # Errors
    /// [`HousekeepingError::NoStudy`].
    pub fn selection(&self, name: Option<&str>) -> Result<(BTreeSet<ContentKey>, Vec<&Tenant>), HousekeepingError> {
        let there = || self.entries.iter().filter_map(|(found, _)| entry_key(&found.name));
        let Some(name) = name else { return Ok((there().collect(), self.tenants.iter().collect())) };
        let tenants: Vec<&Tenant> = self.tenants.iter().filter(|tenant| tenant.record.name == name).collect();
        if tenants.is_empty() {
            return Err(HousekeepingError::NoStudy { name: name.into() });
        }
        let mut wanted = BTreeSet::new();
        for tenant in &tenants {
            wanted.extend(tenant.record.keys()?.into_iter().map(|(key, _)| key));
        }
        Ok((there().filter(|key| wanted.contains(key)).collect(), tenants))
    }
}

impl Garbage {
    /// Number and bytes of the entries.
    pub fn amount(&self) -> Amount {
        let mut amount = Amount::default();
        self.entries.iter().for_each(|found| amount.add(found));
        amount
    }

    /// Removes it from `entries`.
    ///
    /// # Errors
    /// [`HousekeepingError::Entry`].
    pub fn remove(&self, entries: &Entries) -> Result<(), HousekeepingError> {
        // First the records: pieces without one are garbage, a record without pieces is a study that has to be computed.
        self.records.iter().try_for_each(|note| entries.remove_note(note))?;
        Ok(self.entries.iter().chain(&self.passed).try_for_each(|found| entries.remove(found))?)
    }
}

/// Whether the parts of a note's name, after that of its folder, are hexadecimal digits, as those of keys and processes are.
fn is_named_by_keys(name: &str) -> bool {
    let mut parts = name.split('/').skip(2).peekable();
    parts.peek().is_some() && parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether something was stored longer ago than the grace period; what has no time was not stored just now.
fn is_old(found: &Listed) -> bool {
    found.changed.is_none_or(|changed| SystemTime::now().duration_since(changed).is_ok_and(|age| age >= GRACE))
}
