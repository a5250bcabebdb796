//! Lines of what waits: intrusive lists over pools of slots.

use crate::kernel::SimTime;

/// Number that stands for no slot.
pub(super) const NONE: u32 = u32::MAX;

/// Place of a slot in a line; it stands in one at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    next: u32,
    /// Time since when it waits, or is served.
    since: SimTime,
}

impl Link {
    pub(super) const LOOSE: Self = Self { next: NONE, since: SimTime::ZERO };
}

/// A pool whose slots can stand in lines.
pub(super) trait Linked {
    fn link(&mut self, slot: u32) -> &mut Link;
}

/// Slots that wait for the same thing, first in first out. 12 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    first: u32,
    last: u32,
    length: u32,
}

impl Line {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE, length: 0 };

    pub(super) fn len(&self) -> u32 {
        self.length
    }

    /// `slot` goes to the end, and waits from `now` on.
    pub(super) fn push(&mut self, slot: u32, pool: &mut impl Linked, now: SimTime) {
        *pool.link(slot) = Link { next: NONE, since: now };
        if self.length == 0 {
            self.first = slot;
        } else {
            pool.link(self.last).next = slot;
        }
        self.last = slot;
        self.length += 1;
    }

    /// Takes the first; gives how long it has waited, too.
    pub(super) fn pop(&mut self, pool: &mut impl Linked, now: SimTime) -> Option<(u32, SimTime)> {
        self.length = self.length.checked_sub(1)?;
        let slot = self.first;
        let link = pool.link(slot);
        let waited = now.since(link.since);
        self.first = link.next;
        Some((slot, waited))
    }

    /// Since when the first waits; the line is not empty.
    pub(super) fn oldest(&self, pool: &mut impl Linked) -> SimTime {
        pool.link(self.first).since
    }

    /// Takes the first that is `wanted`.
    pub(super) fn take<P: Linked>(&mut self, pool: &mut P, wanted: impl Fn(u32, &P) -> bool) -> Option<u32> {
        let (mut before, mut slot) = (NONE, self.first);
        for _ in 0..self.length {
            let next = pool.link(slot).next;
            if wanted(slot, pool) {
                match before {
                    NONE => self.first = next,
                    _ => pool.link(before).next = next,
                }
                if self.last == slot {
                    self.last = before;
                }
                self.length -= 1;
                return Some(slot);
            }
            (before, slot) = (slot, next);
        }
        None
    }
}
