//! Events that are not due soon: a radix heap of base 64.

use super::entry::Entry;

/// Bits of the time that select a bucket within one level. Six bits make 64 buckets, whose occupancy fits in one word.
const BITS: usize = 6;
/// Number of buckets of one level.
const WIDTH: usize = 1 << BITS;
/// Number of levels that cover the 64 bits of a time.
const LEVELS: usize = 64_usize.div_ceil(BITS);
/// Number of entries in one chunk.
const CHUNK: usize = 32;
/// Largest bucket that is sorted; a fuller one is distributed over the buckets of the levels below. Up to this number
/// of 16-byte entries the standard library's stable sort does not allocate.
const SORTED: u32 = 256;
/// Number of events from which on a batch is returned.
const BATCH: usize = 32;

/// Events by the highest digit (of base 64) in which their time differs from `base`, and by the value of that digit. No
/// event is earlier than `base`; as `base` only grows, an event moves down at most once per level.
///
/// A bucket is a chain of chunks from a common pool. Events of the same time are always in the same bucket, in the
/// order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    base: u64,
    len: usize,
    buckets: Vec<Bucket>,
    /// For each level a bit mask of its non-empty buckets.
    occupied: [u64; LEVELS],
    pool: Pool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    first: u32,
    last: u32,
    len: u32,
}

/// All chunks, and for each the index of the next one in its bucket or in the free list.
#[derive(Clone, Debug)]
struct Pool {
    chunks: Vec<[Entry; CHUNK]>,
    next: Vec<u32>,
    free: u32,
}

/// Marks the end of a chain of chunks.
const NONE: u32 = u32::MAX;

impl Pool {
    fn push(&mut self, bucket: &mut Bucket, entry: Entry) {
        let at = bucket.len as usize % CHUNK;
        if at == 0 {
            let chunk = self.take();
            if bucket.len == 0 {
                bucket.first = chunk;
            } else {
                self.next[bucket.last as usize] = chunk;
            }
            bucket.last = chunk;
        }
        self.chunks[bucket.last as usize][at] = entry;
        bucket.len += 1;
    }

    fn take(&mut self) -> u32 {
        if self.free == NONE {
            self.chunks.push([Entry::EMPTY; CHUNK]);
            self.next.push(NONE);
            // 2^32 chunks would take 2 TB, so the index fits.
            return (self.chunks.len() - 1) as u32;
        }
        let chunk = self.free;
        self.free = self.next[chunk as usize];
        chunk
    }

    /// Removes the first chunk of `bucket`; returns its entries and their number.
    fn pop(&mut self, bucket: &mut Bucket) -> Option<([Entry; CHUNK], usize)> {
        if bucket.len == 0 {
            return None;
        }
        let chunk = bucket.first as usize;
        let taken = CHUNK.min(bucket.len as usize);
        bucket.len -= taken as u32;
        bucket.first = self.next[chunk];
        self.next[chunk] = self.free;
        self.free = chunk as u32;
        Some((self.chunks[chunk], taken))
    }

    /// Earliest and latest time in `bucket`.
    fn span(&self, bucket: &Bucket) -> (u64, u64) {
        let (mut earliest, mut latest) = (u64::MAX, 0);
        let (mut chunk, mut left) = (bucket.first as usize, bucket.len as usize);
        while left > 0 {
            let here = CHUNK.min(left);
            for entry in &self.chunks[chunk][..here] {
                earliest = earliest.min(entry.time());
                latest = latest.max(entry.time());
            }
            left -= here;
            chunk = self.next[chunk] as usize;
        }
        (earliest, latest)
    }
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self {
            base: 0,
            len: 0,
            buckets: vec![Bucket::default(); LEVELS * WIDTH],
            occupied: [0; LEVELS],
            pool: Pool { chunks: Vec::new(), next: Vec::new(), free: NONE },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Earliest time that an event pushed from now on may have.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Inserts an event that is not earlier than `base`.
    pub(super) fn push(&mut self, entry: Entry) {
        debug_assert!(entry.time() >= self.base);
        let level = (63 - ((entry.time() ^ self.base) | 1).leading_zeros() as usize) / BITS;
        let at = (entry.time() >> (BITS * level)) as usize % WIDTH;
        self.occupied[level] |= 1 << at;
        self.pool.push(&mut self.buckets[level * WIDTH + at], entry);
        self.len += 1;
    }

    /// The level and number of the bucket with the earliest events.
    fn earliest(&self) -> Option<(usize, usize)> {
        let level = self.occupied.iter().position(|&buckets| buckets != 0)?;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    /// Moves the earliest events to the end of `batch`, ordered by time, priority and insertion; returns the time up to
    /// which none is left here.
    pub(super) fn take_earliest(&mut self, batch: &mut Vec<Entry>) -> u64 {
        let mut through = self.base;
        while let Some((level, at)) = self.earliest() {
            let len = self.buckets[level * WIDTH + at].len;
            let small = level == 0 || len <= SORTED;
            if !batch.is_empty() && (!small || batch.len() >= BATCH) {
                return through;
            }
            let mut bucket = std::mem::take(&mut self.buckets[level * WIDTH + at]);
            self.occupied[level] &= !(1 << at);
            self.len -= len as usize;
            let (first, last) = if small { self.range(level, at) } else { self.pool.span(&bucket) };
            self.base = first;
            if small || first == last {
                let sorted = batch.len();
                while let Some((entries, taken)) = self.pool.pop(&mut bucket) {
                    batch.extend_from_slice(&entries[..taken]);
                }
                if !batch[sorted..].is_sorted_by_key(|entry| entry.rank()) {
                    batch[sorted..].sort_by_key(|entry| entry.rank());
                }
                through = last;
            } else {
                while let Some((entries, taken)) = self.pool.pop(&mut bucket) {
                    entries[..taken].iter().for_each(|&entry| self.push(entry));
                }
            }
        }
        u64::MAX
    }

    /// First and last time that fall into a bucket.
    fn range(&self, level: usize, at: usize) -> (u64, u64) {
        let shift = BITS * level;
        let width = (1_u64 << shift) - 1;
        let first = self.base & !(width | (WIDTH as u64 - 1) << shift) | (at as u64) << shift;
        (first, first | width)
    }

    /// Removes the events for which `keep` returns false.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(Entry) -> bool) {
        for (index, kept) in self.buckets.iter_mut().enumerate() {
            let mut bucket = std::mem::take(kept);
            while let Some((entries, taken)) = self.pool.pop(&mut bucket) {
                for &entry in &entries[..taken] {
                    if keep(entry) {
                        self.pool.push(kept, entry);
                    } else {
                        self.len -= 1;
                    }
                }
            }
            if kept.len == 0 {
                self.occupied[index / WIDTH] &= !(1 << (index % WIDTH));
            }
        }
    }
}
