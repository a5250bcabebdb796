//! Sets of pending events that can be measured: CoSpike's, and two yardsticks that can do nothing but what is measured.

use cospike_sim_core::kernel::{EventQueue, SimTime};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Pending events and a clock, in nanoseconds. An event is the number of an entity.
pub(crate) trait Pending {
    /// As it is called in the tables.
    const NAME: &'static str;
    fn new() -> Self;
    fn schedule(&mut self, delay: u64, entity: u32);
    fn pop(&mut self) -> Option<u32>;
}

impl Pending for EventQueue<u32> {
    const NAME: &'static str = "CoSpike";

    fn new() -> Self {
        EventQueue::new()
    }

    fn schedule(&mut self, delay: u64, entity: u32) {
        EventQueue::schedule(self, SimTime::from_nanoseconds(delay), 0, entity).unwrap();
    }

    fn pop(&mut self) -> Option<u32> {
        EventQueue::pop(self)
    }
}

/// The standard library's heap of (time, sequence, entity), as one would write it in a hurry; 24 bytes an entry.
pub(crate) struct StandardHeap {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    now: u64,
    sequence: u64,
}

impl Pending for StandardHeap {
    const NAME: &'static str = "BinaryHeap";

    fn new() -> Self {
        Self { heap: BinaryHeap::new(), now: 0, sequence: 0 }
    }

    fn schedule(&mut self, delay: u64, entity: u32) {
        self.heap.push(Reverse((self.now + delay, self.sequence, entity)));
        self.sequence += 1;
    }

    fn pop(&mut self) -> Option<u32> {
        let Reverse((time, _, entity)) = self.heap.pop()?;
        self.now = time;
        Some(entity)
    }
}

/// A heap of four children per node, the four on one cache line, of (time, 40-bit sequence, 24-bit entity) in 16 bytes.
pub(crate) struct FourHeap {
    lines: Vec<Line>,
    /// Index past the last entry.
    end: usize,
    now: u64,
    sequence: u64,
}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u128; 4]);

/// Index of the first entry, so that the children of every node begin at a multiple of four.
const ROOT: usize = 3;

impl FourHeap {
    fn get(&self, index: usize) -> u128 {
        self.lines[index / 4].0[index % 4]
    }

    fn set(&mut self, index: usize, key: u128) {
        self.lines[index / 4].0[index % 4] = key;
    }

    fn sift_up(&mut self, mut index: usize, key: u128) {
        while index > ROOT {
            let parent = index / 4 + 2;
            let above = self.get(parent);
            if above <= key {
                break;
            }
            self.set(index, above);
            index = parent;
        }
        self.set(index, key);
    }
}

impl Pending for FourHeap {
    const NAME: &'static str = "4-ary heap";

    fn new() -> Self {
        Self { lines: vec![Line([u128::MAX; 4])], end: ROOT, now: 0, sequence: 0 }
    }

    fn schedule(&mut self, delay: u64, entity: u32) {
        let key = u128::from(self.now + delay) << 64 | u128::from(self.sequence << 24 | u64::from(entity));
        self.sequence += 1;
        if self.end == 4 * self.lines.len() {
            self.lines.push(Line([u128::MAX; 4]));
        }
        self.end += 1;
        self.sift_up(self.end - 1, key);
    }

    /// Moves the smallest child up all the way, then the last entry from there: it nearly always belongs far down.
    fn pop(&mut self) -> Option<u32> {
        if self.end == ROOT {
            return None;
        }
        let first = self.get(ROOT);
        self.end -= 1;
        let last = self.get(self.end);
        self.set(self.end, u128::MAX);
        let mut hole = ROOT;
        while let Some(Line(children)) = self.lines.get(hole - 2).filter(|_| 4 * (hole - 2) < self.end) {
            let left = if children[1] < children[0] { 1 } else { 0 };
            let right = if children[3] < children[2] { 3 } else { 2 };
            let best = if children[right] < children[left] { right } else { left };
            let key = children[best];
            self.set(hole, key);
            hole = 4 * (hole - 2) + best;
        }
        if self.end > ROOT {
            self.sift_up(hole, last);
        }
        self.now = (first >> 64) as u64;
        Some(first as u32 & 0x00ff_ffff)
    }
}
