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

/// Cancelled events that may lie about before anything is done about them.
const LITTER: usize = 64;

/// Events to come, and the simulated clock. The order is the [ordering contract](super).
///
/// A radix heap of base 64 (`buckets`) of which the earliest few dozen events are kept sorted (`front`). It uses
/// that no event is scheduled in the past, needs no tuning, and costs at most eleven moves per event and the sorting of
/// small batches, however the times are distributed. The measurements that led here are in
/// `docs/notes/event-queue.md`.
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

    /// The clock: the time of the event taken last.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Number of events to come.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Lets `event` happen `delay` from now. The ticket is for [`EventQueue::cancel`]; most callers drop it.
    ///
    /// # Errors
    /// [`TimeError::BeyondTheEnd`] if that is past the end of simulated time.
    #[inline]
    pub fn schedule(&mut self, delay: SimTime, priority: u8, event: E) -> Result<Ticket, TimeError> {
        let time = self.now.after(delay)?;
        let (slot, ticket) = self.slots.insert(event);
        self.front.push(Entry::new(time.nanoseconds(), priority, slot), &mut self.buckets);
        self.pending += 1;
        Ok(ticket)
    }

    /// Lets a scheduled event not happen. `false` if it has already happened or been cancelled.
    ///
    /// Costs the same whatever is pending. A cancelled event is put away later, at the latest when there are more of
    /// them than of those to come.
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

    /// Time of the next event. Not a plain reading, because cancelled events on the way to it are put away.
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

    /// Takes the next event and moves the clock to it.
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

    /// Gets the next batch if the front is empty. Looking at the slots of the whole batch also brings them into the
    /// cache, many at a time; at 10^6 pending events that doubles the speed.
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

/// Whether an event is to be kept; if not, its slot is free and one cancelled event is gone.
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
