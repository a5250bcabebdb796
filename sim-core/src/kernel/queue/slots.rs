//! Storage of pending events, and the tickets that identify them.

/// Identifies one scheduled event, to [cancel](super::EventQueue::cancel) it. Only valid for the queue that issued it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    slot: u32,
    generation: u32,
}

/// Slots for pending events. Free slots are reused, so nothing is allocated once the largest number of pending events
/// was reached.
#[derive(Clone, Debug)]
pub(super) struct Slots<E> {
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
}

/// One slot. `generation` is odd while its event is pending; it grows by one whenever an event enters, happens or is
/// cancelled.
#[derive(Clone, Copy, Debug)]
struct Slot<E> {
    generation: u32,
    event: E,
}

/// Last generation of a slot. The slot is not reused afterwards, so that no old ticket can refer to a new event.
const WORN_OUT: u32 = u32::MAX - 1;

impl<E: Copy> Slots<E> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// Stores `event`; returns its slot and ticket.
    pub(super) fn insert(&mut self, event: E) -> (u32, Ticket) {
        let Some(slot) = self.free.pop() else {
            // 2^32 pending events would take more than 100 GB, so the index fits.
            let slot = self.slots.len() as u32;
            self.slots.push(Slot { generation: 1, event });
            return (slot, Ticket { slot, generation: 1 });
        };
        let kept = &mut self.slots[slot as usize];
        kept.generation += 1;
        kept.event = event;
        (slot, Ticket { slot, generation: kept.generation })
    }

    /// Whether the event in `slot` has not been cancelled.
    pub(super) fn is_pending(&self, slot: u32) -> bool {
        self.slots[slot as usize].generation % 2 == 1
    }

    /// Cancels an event; `false` if it is no longer pending. The slot stays occupied until [`Slots::remove`].
    pub(super) fn cancel(&mut self, ticket: Ticket) -> bool {
        match self.slots.get_mut(ticket.slot as usize) {
            Some(kept) if kept.generation == ticket.generation => {
                kept.generation += 1;
                true
            }
            _ => false,
        }
    }

    /// Frees `slot`; returns its event unless it was cancelled.
    pub(super) fn remove(&mut self, slot: u32) -> Option<E> {
        let kept = &mut self.slots[slot as usize];
        let pending = kept.generation % 2 == 1;
        kept.generation += u32::from(pending);
        let event = kept.event;
        if kept.generation < WORN_OUT {
            self.free.push(slot);
        }
        pending.then_some(event)
    }
}
