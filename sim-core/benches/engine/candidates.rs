//! Queues that were weighed and not chosen; see `docs/notes/event-queue.md`.

use super::pending::Pending;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The standard heap of 16-byte keys: time, 40-bit sequence, 24-bit entity.
pub struct PackedHeap {
    heap: BinaryHeap<Reverse<u128>>,
    now: u64,
    sequence: u64,
}

fn pack(time: u64, sequence: u64, entity: u32) -> u128 {
    u128::from(time) << 64 | u128::from(sequence << 24 | u64::from(entity))
}

fn time(key: u128) -> u64 {
    (key >> 64) as u64
}

fn entity(key: u128) -> u32 {
    key as u32 & 0x00ff_ffff
}

impl Pending for PackedHeap {
    const NAME: &'static str = "BinaryHeap 16 B";

    fn new() -> Self {
        Self { heap: BinaryHeap::new(), now: 0, sequence: 0 }
    }

    fn schedule(&mut self, delay: u64, entity: u32) {
        self.heap.push(Reverse(pack(self.now + delay, self.sequence, entity)));
        self.sequence += 1;
    }

    fn pop(&mut self) -> Option<u32> {
        let Reverse(key) = self.heap.pop()?;
        self.now = time(key);
        Some(entity(key))
    }

    fn now(&self) -> u64 {
        self.now
    }
}

/// Radix heap of base 2 (Ahuja et al., 1990), FIFO by position.
pub struct RadixHeap {
    buckets: Vec<Vec<(u64, u32)>>,
    /// Events at `now` already taken from bucket 0.
    taken: usize,
    now: u64,
}

impl Pending for RadixHeap {
    const NAME: &'static str = "radix heap, base 2";

    fn new() -> Self {
        Self { buckets: vec![Vec::new(); 65], taken: 0, now: 0 }
    }

    fn schedule(&mut self, delay: u64, entity: u32) {
        let time = self.now + delay;
        self.buckets[64 - (time ^ self.now).leading_zeros() as usize].push((time, entity));
    }

    fn pop(&mut self) -> Option<u32> {
        if self.taken == self.buckets[0].len() {
            self.buckets[0].clear();
            self.taken = 0;
            let index = self.buckets.iter().position(|bucket| !bucket.is_empty())?;
            let mut bucket = std::mem::take(&mut self.buckets[index]);
            self.now = bucket.iter().map(|&(time, _)| time).min()?;
            for &(time, entity) in &bucket {
                self.buckets[64 - (time ^ self.now).leading_zeros() as usize].push((time, entity));
            }
            bucket.clear();
            self.buckets[index] = bucket;
        }
        self.taken += 1;
        Some(self.buckets[0][self.taken - 1].1)
    }

    fn now(&self) -> u64 {
        self.now
    }
}

/// Calendar queue (Brown, CACM 31(10), 1988) that doubles and halves its days and estimates their length from the
/// separation of the next events, as there.
pub struct Calendar {
    days: Vec<Vec<u128>>,
    shift: u32,
    len: usize,
    now: u64,
    sequence: u64,
}

impl Calendar {
    fn put(&mut self, key: u128) {
        let mask = self.days.len() - 1;
        let day = &mut self.days[(time(key) >> self.shift) as usize & mask];
        let at = day.iter().rposition(|&other| other > key).map_or(0, |at| at + 1);
        day.insert(at, key);
    }

    fn resize(&mut self, days: usize) {
        let mut all: Vec<u128> = self.days.drain(..).flatten().collect();
        let sample = 25.min(all.len());
        if sample > 1 {
            let (head, ..) = all.select_nth_unstable(sample - 1);
            head.sort_unstable();
            let times: Vec<u64> = head.iter().map(|&key| time(key)).collect();
            let mean = |gaps: &[u64]| gaps.iter().sum::<u64>() / gaps.len().max(1) as u64;
            let gaps: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let cap = 2 * mean(&gaps);
            let near: Vec<u64> = gaps.into_iter().filter(|&gap| gap <= cap).collect();
            self.shift = 64 - (3 * mean(&near)).max(1).leading_zeros();
        }
        self.days = vec![Vec::new(); days];
        all.sort_unstable_by(|a, b| b.cmp(a));
        for key in all {
            let at = (time(key) >> self.shift) as usize & (days - 1);
            self.days[at].push(key);
        }
    }
}

impl Pending for Calendar {
    const NAME: &'static str = "calendar queue";

    fn new() -> Self {
        Self { days: vec![Vec::new(); 2], shift: 30, len: 0, now: 0, sequence: 0 }
    }

    fn schedule(&mut self, delay: u64, entity: u32) {
        self.put(pack(self.now + delay, self.sequence, entity));
        self.sequence += 1;
        self.len += 1;
        if self.len > 2 * self.days.len() {
            self.resize(2 * self.days.len());
        }
    }

    fn pop(&mut self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let mask = self.days.len() - 1;
        let today = self.now >> self.shift;
        let found = (today..=today + mask as u64)
            .find(|&day| self.days[day as usize & mask].last().is_some_and(|&key| time(key) >> self.shift == day));
        let day = match found {
            Some(day) => day as usize & mask,
            None => (0..=mask).filter(|&day| !self.days[day].is_empty()).min_by_key(|&day| self.days[day].last())?,
        };
        let key = self.days[day].pop()?;
        self.now = time(key);
        self.len -= 1;
        if self.days.len() > 2 && self.len < self.days.len() / 2 {
            self.resize(self.days.len() / 2);
        }
        Some(entity(key))
    }

    fn now(&self) -> u64 {
        self.now
    }
}

/// Ladder queue (Tang, Goh and Thng, ACM TOMACS 15(3), 2005): threshold 50, at most 8 rungs, and the rule of that
/// paper for a bottom that grows.
pub struct Ladder {
    top: Vec<u128>,
    /// Events from here on go to the top.
    top_start: u64,
    rungs: Vec<Rung>,
    spare: Vec<Vec<u128>>,
    /// Descending.
    bottom: Vec<u128>,
    now: u64,
    sequence: u64,
}

struct Rung {
    start: u64,
    width: u64,
    current: usize,
    buckets: Vec<Vec<u128>>,
}

const THRESHOLD: usize = 50;

impl Ladder {
    fn add_rung(&mut self, events: Vec<u128>, start: u64, end: u64) {
        let width = ((end - start) / events.len() as u64).max(1);
        let count = ((end - start) / width + 1) as usize;
        let mut buckets: Vec<Vec<u128>> = (0..count).map(|_| self.spare.pop().unwrap_or_default()).collect();
        for &key in &events {
            buckets[((time(key) - start) / width) as usize].push(key);
        }
        self.recycle(events);
        self.rungs.push(Rung { start, width, current: 0, buckets });
    }

    fn recycle(&mut self, mut events: Vec<u128>) {
        events.clear();
        self.spare.push(events);
    }

    fn refill(&mut self) {
        while self.bottom.is_empty() {
            let Some(rung) = self.rungs.last_mut() else {
                let Some(first) = self.top.iter().map(|&key| time(key)).min() else { return };
                let last = self.top.iter().map(|&key| time(key)).max().unwrap_or(first);
                let events = std::mem::take(&mut self.top);
                self.top_start = last + 1;
                self.add_rung(events, first, last);
                continue;
            };
            while rung.current < rung.buckets.len() && rung.buckets[rung.current].is_empty() {
                rung.current += 1;
            }
            if rung.current == rung.buckets.len() {
                let rung = self.rungs.pop().unwrap();
                self.spare.extend(rung.buckets);
                continue;
            }
            let events = std::mem::take(&mut rung.buckets[rung.current]);
            let start = rung.start + rung.current as u64 * rung.width;
            let (width, deep) = (rung.width, self.rungs.len());
            self.rungs[deep - 1].current += 1;
            if events.len() > THRESHOLD && width > 1 && deep < 8 {
                self.add_rung(events, start, start + width - 1);
            } else {
                self.bottom.extend_from_slice(&events);
                self.bottom.sort_unstable_by(|a, b| b.cmp(a));
                self.recycle(events);
            }
        }
    }
}

impl Pending for Ladder {
    const NAME: &'static str = "ladder queue";

    fn new() -> Self {
        let (top, rungs, spare, bottom) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { top, top_start: 0, rungs, spare, bottom, now: 0, sequence: 0 }
    }

    fn schedule(&mut self, delay: u64, entity: u32) {
        let time = self.now + delay;
        let key = pack(time, self.sequence, entity);
        self.sequence += 1;
        if time >= self.top_start {
            return self.top.push(key);
        }
        for rung in &mut self.rungs {
            if time >= rung.start + rung.current as u64 * rung.width {
                return rung.buckets[((time - rung.start) / rung.width) as usize].push(key);
            }
        }
        let at = self.bottom.partition_point(|&other| other > key);
        self.bottom.insert(at, key);
        let (first, last) = (self.bottom[self.bottom.len() - 1], self.bottom[0]);
        if self.bottom.len() > THRESHOLD && self.rungs.len() < 8 && self::time(first) < self::time(last) {
            let limit = self.rungs.last().map_or(self.top_start, |rung| rung.start + rung.current as u64 * rung.width);
            let mut events = std::mem::take(&mut self.bottom);
            events.reverse();
            self.add_rung(events, self::time(first), limit - 1);
        }
    }

    fn pop(&mut self) -> Option<u32> {
        if self.bottom.is_empty() {
            self.refill();
        }
        let key = self.bottom.pop()?;
        self.now = time(key);
        Some(entity(key))
    }

    fn now(&self) -> u64 {
        self.now
    }
}
