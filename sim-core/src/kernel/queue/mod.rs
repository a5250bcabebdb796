//! The event queue, which is also the clock.

mod buckets;
mod entry;
mod front;
mod slots;

pub use slots::Ticket;

use super::{SimTime, TimeError};
use buckets::Buckets;
use entry::Entry;
use front::Front;
use slots::Slots;

/// Number of cancelled events that may stay in the queue before they are removed.
const LITTER: usize = 64;

/// The pending events and the simulated clock. Events are ordered by the [ordering contract](super).
///
/// A radix heap of base 64 (`buckets`) whose earliest few dozen events are kept sorted (`front`). It relies on no event
/// being scheduled in the past, needs no tuning, and moves an event at most eleven times besides sorting small batches,
/// whatever the distribution of times. `docs/notes/event-queue.md` has the measurements behind this choice.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    front: Front,
    buckets: Buckets,
    slots: Slots<E>,
    now: SimTime,
    pending: usize,
    cancelled: usize,
}

impl<E: Copy> EventQueue<E> {
    /// An empty queue; the clock stands at zero.
    pub fn new() -> Self {
        let (front, buckets, slots) = (Front::new(), Buckets::new(), Slots::new());
        Self { front, buckets, slots, now: SimTime::ZERO, pending: 0, cancelled: 0 }
    }

    /// The simulated clock: the time of the last event taken.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Number of pending events, cancelled ones excluded.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Schedules `event` to happen `delay` from now. The returned ticket can be given to [`EventQueue::cancel`]; most
    /// callers drop it.
    ///
    /// # Errors
    /// [`TimeError::BeyondTheEnd`] if the event would lie past the end of simulated time.
    #[inline]
    pub fn schedule(&mut self, delay: SimTime, priority: u8, event: E) -> Result<Ticket, TimeError> {
        let time = self.now.after(delay)?;
        let (slot, ticket) = self.slots.insert(event);
        self.front.push(Entry::new(time.nanoseconds(), priority, slot), &mut self.buckets);
        self.pending += 1;
        Ok(ticket)
    }

    /// Cancels a scheduled event. Returns `false` if it has already happened or been cancelled.
    ///
    /// Takes constant time. A cancelled event is removed later, at the latest when more events are cancelled than
    /// pending.
    pub fn cancel(&mut self, ticket: Ticket) -> bool {
        let pending = self.slots.cancel(ticket);
        if pending {
            self.pending -= 1;
            self.cancelled += 1;
            if self.cancelled > LITTER.max(self.pending) {
                self.put_cancelled_away();
            }
        }
        pending
    }

    /// Time of the next event. Takes `&mut self` because cancelled events in front of it are removed.
    pub fn next_time(&mut self) -> Option<SimTime> {
        loop {
            self.refill();
            let entry = self.front.peek()?;
            if self.slots.is_pending(entry.slot()) {
                return Some(SimTime::from_nanoseconds(entry.time()));
            }
            self.front.pop();
            self.slots.remove(entry.slot());
            self.cancelled -= 1;
        }
    }

    /// Removes and returns the next event, and advances the clock to its time.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        loop {
            self.refill();
            let entry = self.front.pop()?;
            if let Some(event) = self.slots.remove(entry.slot()) {
                self.now = SimTime::from_nanoseconds(entry.time());
                self.pending -= 1;
                return Some(event);
            }
            self.cancelled -= 1;
        }
    }

    /// Fetches the next batch if the front is empty. Visiting the slots of the whole batch also prefetches them into
    /// the cache, which doubles the speed with 10^6 pending events.
    #[inline]
    fn refill(&mut self) {
        while self.front.is_empty() && !self.buckets.is_empty() {
            self.front.refill(&mut self.buckets);
            self.front.retain(|entry| keep(&mut self.slots, &mut self.cancelled, entry));
        }
    }

    #[cold]
    fn put_cancelled_away(&mut self) {
        self.front.retain(|entry| keep(&mut self.slots, &mut self.cancelled, entry));
        self.buckets.retain(|entry| keep(&mut self.slots, &mut self.cancelled, entry));
    }
}

/// Whether an event is still pending; if it was cancelled, frees its slot.
fn keep<E: Copy>(slots: &mut Slots<E>, cancelled: &mut usize, entry: Entry) -> bool {
    let pending = slots.is_pending(entry.slot());
    if !pending {
        slots.remove(entry.slot());
        *cancelled -= 1;
    }
    pending
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
