//! The event queue, which is also the clock.

use super::slots::{Slots, Ticket};
use super::{SimTime, TimeError};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Bits of a key below the priority: room for 7e16 events in one run.
const SEQUENCE_BITS: u32 = 56;

/// Events to come, and the simulated clock. The order is the [ordering contract](super).
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Entry>,
    slots: Slots<E>,
    now: SimTime,
    scheduled: u64,
}

/// Time, priority and sequence in one integer, so that one comparison orders two events.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u128,
    slot: u32,
}

impl Entry {
    fn time(&self) -> SimTime {
        SimTime::from_nanoseconds((self.key >> 64) as u64)
    }
}

impl Ord for Entry {
    /// Reversed, because the standard heap gives its greatest entry first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Entry {}

impl<E: Copy> EventQueue<E> {
    /// An empty queue; the clock stands at zero.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), slots: Slots::new(), now: SimTime::ZERO, scheduled: 0 }
    }

    /// The clock: the time of the event taken last.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Lets `event` happen `delay` from now. The ticket is for [`EventQueue::cancel`]; most callers drop it.
    ///
    /// # Errors
    /// [`TimeError::BeyondTheEnd`] if that is past the end of simulated time.
    pub fn schedule(&mut self, delay: SimTime, priority: u8, event: E) -> Result<Ticket, TimeError> {
        let time = self.now.after(delay)?;
        let (slot, ticket) = self.slots.insert(event);
        let tie = u64::from(priority) << SEQUENCE_BITS | self.scheduled;
        self.heap.push(Entry { key: u128::from(time.nanoseconds()) << 64 | u128::from(tie), slot });
        self.scheduled += 1;
        Ok(ticket)
    }

    /// Lets a scheduled event not happen. `false` if it has already happened or been cancelled.
    pub fn cancel(&mut self, ticket: Ticket) -> bool {
        self.slots.cancel(ticket)
    }

    /// Time of the next event. Not a plain reading, because cancelled events on the way to it are put away.
    pub fn next_time(&mut self) -> Option<SimTime> {
        while let Some(&entry) = self.heap.peek() {
            if self.slots.is_pending(entry.slot) {
                return Some(entry.time());
            }
            self.heap.pop();
            self.slots.remove(entry.slot);
        }
        None
    }

    /// Takes the next event and moves the clock to it.
    pub fn pop(&mut self) -> Option<E> {
        while let Some(entry) = self.heap.pop() {
            if let Some(event) = self.slots.remove(entry.slot) {
                self.now = entry.time();
                return Some(event);
            }
        }
        None
    }
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn invariant_2_events_run_by_time_priority_sequence(
            first in prop::collection::vec((0_u64..20, 0_u8..4), 1..60),
            later in prop::collection::vec((0_u64..5, 0_u8..4), 0..60),
        ) {
            let mut queue = EventQueue::new();
            let mut expected = Vec::new();
            for (sequence, &(delay, priority)) in first.iter().enumerate() {
                queue.schedule(SimTime::from_nanoseconds(delay), priority, (delay, priority, sequence)).unwrap();
                expected.push((delay, priority, sequence));
            }
            // Half the events run first, then more are scheduled from wherever the clock stands.
            let mut ran: Vec<_> = (0..first.len() / 2).map(|_| queue.pop().unwrap()).collect();
            for (index, &(delay, priority)) in later.iter().enumerate() {
                let key = (queue.now().nanoseconds() + delay, priority, first.len() + index);
                queue.schedule(SimTime::from_nanoseconds(delay), priority, key).unwrap();
                expected.push(key);
            }
            while let Some(event) = queue.pop() {
                prop_assert_eq!(queue.now().nanoseconds(), event.0);
                ran.push(event);
            }
            prop_assert!(ran.windows(2).all(|pair| pair[0].0 <= pair[1].0), "the clock ran backwards");
            let done = first.len() / 2;
            expected[..first.len()].sort_unstable();
            expected[done..].sort_unstable();
            prop_assert_eq!(ran, expected);
        }
    }

    #[test]
    fn a_cancelled_event_does_not_happen_and_its_ticket_is_spent() {
        let after = SimTime::from_nanoseconds;
        let mut queue = EventQueue::new();
        let first = queue.schedule(after(1), 0, "first").unwrap();
        let second = queue.schedule(after(2), 0, "second").unwrap();
        queue.schedule(after(3), 0, "third").unwrap();
        assert!(queue.cancel(second));
        assert!(!queue.cancel(second), "cancelled twice");
        assert_eq!(queue.pop(), Some("first"));
        assert!(!queue.cancel(first), "cancelled after it happened");
        // The slot of the first event serves again; its old ticket must not reach the new event.
        queue.schedule(after(0), 0, "fourth").unwrap();
        assert!(!queue.cancel(first));
        assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some("fourth"), Some("third"), None));
    }
}
