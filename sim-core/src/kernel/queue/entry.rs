//! Entries of the queue: time and priority of an event, and the slot that holds it.

/// Time, priority and slot of an event in 16 bytes. Events of equal time and priority are ordered by insertion, which
/// every structure here preserves by position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry(u128);

impl Entry {
    /// Number of bits below the priority.
    pub(super) const PRIORITY_SHIFT: u32 = 56;

    pub(super) const EMPTY: Self = Self(0);

    pub(super) fn new(time: u64, priority: u8, slot: u32) -> Self {
        Self(u128::from(time) << 64 | u128::from(priority) << Self::PRIORITY_SHIFT | u128::from(slot))
    }

    pub(super) fn from_rank(rank: u128, slot: u32) -> Self {
        Self(rank << Self::PRIORITY_SHIFT | u128::from(slot))
    }

    pub(super) fn time(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// Time and priority as one integer, so that one comparison orders two events.
    pub(super) fn rank(self) -> u128 {
        self.0 >> Self::PRIORITY_SHIFT
    }

    pub(super) fn slot(self) -> u32 {
        self.0 as u32
    }
}
