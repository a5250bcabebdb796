//! Claims: who works on what, so that no two live processes work on the same.
//!
//! A claim is a note in the store that its holder rewrites every few seconds while it lives. Another process takes it over when the
//! note has not changed for a while of its own clock, so clocks of machines are never compared; or at once when the holder is
//! known to be dead. Two processes may then want the same claim: each writes itself into the note, waits, and has it if it is
//! still there (Fischer's algorithm; Lamport, ACM Transactions on Computer Systems 5, 1987). What is claimed can be done twice
//! without harm, so whatever goes wrong with a claim costs time and nothing else.

use crate::holder::{Holder, Timestamp};
use cospike_results::key::ContentKey;
use cospike_results::store::entries::{Entries, EntryError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Folder of the notes.
pub(crate) const CLAIMS: &str = "claims";
/// Time between two beats of a claim.
const BEAT: Duration = Duration::from_millis(5_000 / HASTE);
/// A claim that has not changed for so long is taken over.
const PATIENCE: Duration = Duration::from_millis(30_000 / HASTE);
/// Time after which every process that wanted the same claim has written itself into it.
const SETTLE: Duration = Duration::from_millis(1_000 / HASTE);
/// Time between two looks at what other processes have claimed.
pub(crate) const LOOK: Duration = Duration::from_millis(500);

/// How much faster all this goes in the tests of this crate.
const HASTE: u64 = if cfg!(test) { 20 } else { 1 };

/// The note of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who has it.
    pub holder: Holder,
    /// Since when, by the clock of the holder's machine.
    pub since: Timestamp,
    /// When it was last rewritten, by the same clock.
    pub seen: Timestamp,
    /// How often it was rewritten.
    pub beat: u64,
}

impl Claim {
    /// The claim that a note holds; `None` if it is something else.
    pub fn read(note: &[u8]) -> Option<Self> {
        serde_json::from_slice(note).ok()
    }
}

/// What became of an attempt to claim something.
pub enum Attempt<'a> {
    /// It is claimed until this is dropped.
    Mine(Held<'a>),
    /// Another process has it; who that is, unless its note cannot be read.
    Other(Option<Box<Claim>>),
}

/// The claims of this process.
pub struct Claims {
    book: Arc<Book>,
    beat: Option<JoinHandle<()>>,
}

/// What the beating thread shares with the others.
struct Book {
    store: Entries,
    holder: Holder,
    held: Mutex<BTreeMap<ContentKey, Claim>>,
    /// Notes of others, and since when they have not changed.
    others: Mutex<BTreeMap<ContentKey, (Vec<u8>, Instant)>>,
    is_over: Mutex<bool>,
    over: Condvar,
}

/// A claim that this process has.
pub struct Held<'a> {
    book: &'a Book,
    key: ContentKey,
}

impl Claims {
    /// Claims of `holder` in `store`, none yet.
    pub fn new(store: Entries, holder: Holder) -> Self {
        let book = Arc::new(Book {
            store,
            holder,
            held: Mutex::default(),
            others: Mutex::default(),
            is_over: Mutex::default(),
            over: Condvar::new(),
        });
        let beating = book.clone();
        Self { book, beat: Some(std::thread::spawn(move || beating.beat_until_over())) }
    }

    /// Who claims.
    pub fn holder(&self) -> &Holder {
        &self.book.holder
    }

    /// Claims `key`, unless a live process has it.
    ///
    /// # Errors
    /// [`EntryError`] if the store cannot be read or written.
    pub fn claim(&self, key: ContentKey) -> Result<Attempt<'_>, EntryError> {
        let claim =
            Claim { holder: self.book.holder.clone(), since: Timestamp::now(), seen: Timestamp::now(), beat: 0 };
        let name = name(&key);
        if self.book.store.create_note(&name, &note(&claim))? {
            return Ok(self.held(key, claim));
        }
        // Gone again: whoever asks next may have it.
        let Some(found) = self.book.store.note(&name)? else { return Ok(Attempt::Other(None)) };
        let other = Claim::read(&found);
        if !self.is_abandoned(key, &found, other.as_ref()) {
            return Ok(Attempt::Other(other.map(Box::new)));
        }
        self.book.store.write_note(&name, &note(&claim))?;
        sleep(SETTLE);
        Ok(self.settled(key, claim, self.book.store.note(&name)?))
    }

    /// What became of `claim`, which took over another one, when everybody who did the same has written: the last one has it.
    fn settled(&self, key: ContentKey, claim: Claim, last: Option<Vec<u8>>) -> Attempt<'_> {
        match last {
            Some(last) if last == note(&claim) => self.held(key, claim),
            last => Attempt::Other(last.as_deref().and_then(Claim::read).map(Box::new)),
        }
    }

    /// Whether `key` could be claimed now.
    ///
    /// # Errors
    /// [`EntryError`] if the store cannot be read.
    pub fn is_free(&self, key: ContentKey) -> Result<bool, EntryError> {
        let found = self.book.store.note(&name(&key))?;
        Ok(found.is_none_or(|found| self.is_abandoned(key, &found, Claim::read(&found).as_ref())))
    }

    /// The claim that another process, or this one, has to `key`.
    ///
    /// # Errors
    /// [`EntryError`] if the store cannot be read.
    pub fn claim_of(&self, key: ContentKey) -> Result<Option<Box<Claim>>, EntryError> {
        Ok(self.book.store.note(&name(&key))?.as_deref().and_then(Claim::read).map(Box::new))
    }

    /// Removes all claims of this process, which is about to end.
    pub fn release_all(&self) {
        let keys: Vec<ContentKey> = lock(&self.book.held).keys().copied().collect();
        keys.into_iter().for_each(|key| self.book.release(key));
    }

    fn held(&self, key: ContentKey, claim: Claim) -> Attempt<'_> {
        lock(&self.book.others).remove(&key);
        lock(&self.book.held).insert(key, claim);
        Attempt::Mine(Held { book: &self.book, key })
    }

    /// Whether the holder of a note is dead, or has not changed it for long.
    fn is_abandoned(&self, key: ContentKey, found: &[u8], other: Option<&Claim>) -> bool {
        if other.is_some_and(|other| other.holder.is_dead()) {
            return true;
        }
        let mut others = lock(&self.book.others);
        match others.get(&key) {
            Some((seen, since)) if seen == found => since.elapsed() >= PATIENCE,
            _ => {
                others.insert(key, (found.to_vec(), Instant::now()));
                false
            }
        }
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        *lock(&self.book.is_over) = true;
        self.book.over.notify_all();
        if let Some(beat) = self.beat.take() {
            let _ = beat.join();
        }
        self.release_all();
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.book.release(self.key);
    }
}

impl Book {
    fn beat_until_over(&self) {
        let mut is_over = lock(&self.is_over);
        while !*is_over {
            is_over = self.over.wait_timeout(is_over, BEAT).unwrap_or_else(PoisonError::into_inner).0;
            if !*is_over {
                drop(is_over);
                self.beat();
                is_over = lock(&self.is_over);
            }
        }
    }

    /// Rewrites all claims. One that cannot be, because the store cannot be reached, may be taken over by another process.
    fn beat(&self) {
        let keys: Vec<ContentKey> = lock(&self.held).keys().copied().collect();
        for key in keys {
            let is_ours = self.is_ours(&key);
            // Locked while it is written, so that it cannot be released before.
            let mut held = lock(&self.held);
            match held.get_mut(&key) {
                Some(claim) if is_ours => {
                    (claim.beat, claim.seen) = (claim.beat + 1, Timestamp::now());
                    let _ = self.store.write_note(&name(&key), &note(claim));
                }
                _ => {}
            }
        }
    }

    /// Whether a claim was not taken over by another process.
    fn is_ours(&self, key: &ContentKey) -> bool {
        let found = self.store.note(&name(key)).ok().flatten();
        found.and_then(|found| Claim::read(&found)).is_some_and(|claim| claim.holder.id == self.holder.id)
    }

    /// Removes a claim. One that cannot be removed is taken over when somebody needs it.
    fn release(&self, key: ContentKey) {
        let mut held = lock(&self.held);
        if held.remove(&key).is_some() && self.is_ours(&key) {
            let _ = self.store.remove_note(&name(&key));
        }
    }
}

/// The claims in `store`, by what is claimed.
///
/// # Errors
/// [`EntryError`] if the store cannot be read.
pub fn find_claims(store: &Entries) -> Result<BTreeMap<ContentKey, Claim>, EntryError> {
    let mut claims = BTreeMap::new();
    for name in store.notes(CLAIMS)? {
        let key = name.rsplit('/').next().and_then(|key| key.parse().ok());
        let Some(key) = key else { continue };
        if let Some(claim) = store.note(&name)?.as_deref().and_then(Claim::read) {
            claims.insert(key, claim);
        }
    }
    Ok(claims)
}

fn name(key: &ContentKey) -> String {
    format!("{CLAIMS}/{key}")
}

/// The note of a claim. A claim has strings and numbers only, which always have a form in JSON.
fn note(claim: &Claim) -> Vec<u8> {
    serde_json::to_vec(claim).unwrap_or_default()
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cospike_results::store::entries::Location;

    /// Claims of a process of another machine, of which nobody here can know whether it lives.
    fn elsewhere(store: &Entries) -> Claims {
        Claims::new(store.clone(), Holder::this(&|_| None).unwrap().elsewhere())
    }

    /// Looks until a claim is got.
    fn get(claims: &Claims, key: ContentKey) -> Held<'_> {
        loop {
            match claims.claim(key).unwrap() {
                Attempt::Mine(held) => return held,
                Attempt::Other(_) => std::thread::yield_now(),
            }
        }
    }

    #[test]
    fn a_claim_that_beats_is_kept_and_one_that_does_not_is_taken_over_by_one() {
        let place = tempfile::tempdir().unwrap();
        let store = Entries::open(&Location::Folder(place.path().into()), |damage| panic!("{damage}")).unwrap();
        let key = ContentKey::from_json("test", &1).unwrap();
        let (first, second) = (elsewhere(&store), elsewhere(&store));
        let held = get(&first, key);
        let begin = Instant::now();
        while begin.elapsed() < 2 * PATIENCE {
            assert!(matches!(second.claim(key).unwrap(), Attempt::Other(Some(_))), "it beats");
            assert!(!second.is_free(key).unwrap());
        }
        drop(held);
        assert!(second.is_free(key).unwrap() && find_claims(&store).unwrap().is_empty(), "it was released");
        // A note of a process that is gone, and whatever else may stand there.
        let dead = Holder::this(&|_| None).unwrap().elsewhere();
        let dead = Claim { holder: dead, since: Timestamp::now(), seen: Timestamp::now(), beat: 7 };
        for left in [note(&dead), b"something else".to_vec()] {
            store.write_note(&name(&key), &left).unwrap();
            let begin = Instant::now();
            let at_once = Mutex::new(0_u32);
            std::thread::scope(|scope| {
                for claims in [&first, &second] {
                    let at_once = &at_once;
                    scope.spawn(move || {
                        let held = get(claims, key);
                        *lock(at_once) += 1;
                        assert_eq!(*lock(at_once), 1, "one has it at a time");
                        sleep(2 * SETTLE);
                        *lock(at_once) -= 1;
                        drop(held);
                    });
                }
            });
            assert!(begin.elapsed() >= PATIENCE, "it was waited for");
            assert!(find_claims(&store).unwrap().is_empty());
        }
    }

    #[test]
    fn of_several_that_take_a_claim_over_the_last_to_write_has_it() {
        let place = tempfile::tempdir().unwrap();
        let store = Entries::open(&Location::Folder(place.path().into()), |damage| panic!("{damage}")).unwrap();
        let key = ContentKey::from_json("test", &1).unwrap();
        let (first, second) = (elsewhere(&store), elsewhere(&store));
        let claim = |claims: &Claims| Claim {
            holder: claims.book.holder.clone(),
            since: Timestamp::now(),
            seen: Timestamp::now(),
            beat: 0,
        };
        let (one, two) = (claim(&first), claim(&second));
        let last = Some(note(&two));
        match first.settled(key, one.clone(), last.clone()) {
            Attempt::Other(Some(other)) => assert_eq!(other.holder.id, two.holder.id),
            _ => panic!("the second wrote later"),
        }
        assert!(matches!(second.settled(key, two, last), Attempt::Mine(_)));
        assert!(matches!(first.settled(key, one, None), Attempt::Other(None)), "it is gone again");
    }
}
