//! Events that are due soon, in order.

use super::buckets::Buckets;
use super::entry::Entry;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Number of late events from which on most of them are moved to the buckets: a heap of this size stays in the
/// first-level cache.
const CROWD: usize = 64;

/// All events up to the time `through`: a sorted batch taken from the buckets, and a heap of those scheduled since. At
/// equal time and priority the batch goes first because it is older.
#[derive(Clone, Debug)]
pub(super) struct Front {
    batch: Vec<Entry>,
    /// Number of entries of the batch that were taken already.
    gone: usize,
    late: BinaryHeap<Late>,
    /// Number of late events so far; orders those of equal rank.
    sequence: u64,
    through: u64,
    /// Number of late events from which on the front is made smaller.
    crowd: usize,
}

/// Time, priority and sequence in one integer, so that one comparison orders two events: position in the heap tells
/// nothing. Room for 7e16 events in one run.
#[derive(Clone, Copy, Debug)]
struct Late {
    key: u128,
    slot: u32,
}

impl Late {
    fn new(entry: Entry, sequence: u64) -> Self {
        Self { key: entry.rank() << Entry::PRIORITY_SHIFT | u128::from(sequence), slot: entry.slot() }
    }

    fn rank(&self) -> u128 {
        self.key >> Entry::PRIORITY_SHIFT
    }

    fn entry(&self) -> Entry {
        Entry::from_rank(self.rank(), self.slot)
    }
}

impl Ord for Late {
    /// Reversed, because the standard heap returns its greatest entry first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Late {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Late {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Late {}

impl Front {
    pub(super) fn new() -> Self {
        let (batch, late) = (Vec::new(), BinaryHeap::new());
        Self { batch, gone: 0, late, sequence: 0, through: u64::MAX, crowd: CROWD }
    }

    /// Inserts an event here if it is due up to `through`, into the buckets otherwise.
    pub(super) fn push(&mut self, entry: Entry, buckets: &mut Buckets) {
        if entry.time() > self.through {
            return buckets.push(entry);
        }
        self.late.push(Late::new(entry, self.sequence));
        self.sequence += 1;
        if self.late.len() > self.crowd {
            self.spill(buckets);
        }
    }

    /// The next event, which stays in the front.
    pub(super) fn peek(&self) -> Option<Entry> {
        let late = self.late.peek().map(Late::entry);
        let first = self.batch.get(self.gone).copied();
        match (first, late) {
            (Some(first), Some(late)) if late.rank() < first.rank() => Some(late),
            (first, late) => first.or(late),
        }
    }

    /// Removes and returns the next event.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        match self.batch.get(self.gone) {
            Some(first) if self.late.peek().is_none_or(|late| first.rank() <= late.rank()) => {
                self.gone += 1;
                Some(*first)
            }
            _ => self.late.pop().map(|late| late.entry()),
        }
    }

    /// Whether no event up to `through` is left.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.gone == self.batch.len() && self.late.is_empty()
    }

    /// Fetches the next batch into an empty front.
    pub(super) fn refill(&mut self, buckets: &mut Buckets) {
        self.batch.clear();
        self.gone = 0;
        self.through = buckets.take_earliest(&mut self.batch);
        self.crowd = CROWD;
    }

    /// Keeps the earlier half of the late events and what is due before its end; the rest goes to the buckets, the
    /// older batch first. Where that is impossible (all at the same time), the heap may grow, so that this is seldom tried.
    #[cold]
    fn spill(&mut self, buckets: &mut Buckets) {
        let mut late = std::mem::take(&mut self.late).into_vec();
        late.sort_unstable_by_key(|late| late.key);
        self.through = late[late.len() / 2].entry().time().max(buckets.base());
        let batch = self.gone + self.batch[self.gone..].partition_point(|entry| entry.time() <= self.through);
        self.batch.drain(batch..).for_each(|entry| buckets.push(entry));
        let kept = late.partition_point(|late| late.entry().time() <= self.through);
        late.drain(kept..).for_each(|late| buckets.push(late.entry()));
        self.crowd = CROWD.max(2 * late.len());
        self.late = BinaryHeap::from(late);
    }

    /// Removes the events for which `keep` returns false.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(Entry) -> bool) {
        self.batch.drain(..self.gone);
        self.gone = 0;
        self.batch.retain(|&entry| keep(entry));
        self.late.retain(|late| keep(late.entry()));
    }
}
