//! A cell that all who have something to send share at the same time (processor sharing).

use crate::kernel::{SimTime, Ticket, TimeError};
use crate::link::{Capacity, Carried};
use crate::stats::TimeWeighted;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// The messages being sent in a shared cell, in virtual time: the bits that a message of weight 1 has been given since the
/// cell was last empty. It runs at `rate / sum of weights`, so a message of `b` bits and weight `w` that comes at `v` is
/// sent at `v + b / w`, whatever comes and goes meanwhile (Parekh and Gallager, IEEE/ACM Transactions on Networking 1(3),
/// 1993, for the fluid limit of fair queueing). A coming or going costs `O(log n)`.
#[derive(Debug)]
pub(super) struct Cell {
    sending: BinaryHeap<Sending>,
    /// Virtual time, and what the link could have carried when it was right.
    virtual_bits: f64,
    at: Carried,
    weights: f64,
    come: u64,
    /// 1 while something is being sent.
    pub(super) busy: TimeWeighted,
    /// The event of the next message that has been sent.
    pub(super) event: Option<Ticket>,
}

#[derive(Clone, Copy, Debug)]
struct Sending {
    sent_at: f64,
    sequence: u64,
    weight: f64,
    message: u32,
}

impl Cell {
    pub(super) fn new() -> Self {
        Self {
            sending: BinaryHeap::new(),
            virtual_bits: 0.0,
            at: Carried::default(),
            weights: 0.0,
            come: 0,
            busy: TimeWeighted::default(),
            event: None,
        }
    }

    fn catch_up(&mut self, capacity: &Capacity, now: SimTime) {
        let carried = capacity.carried_before(now);
        if self.weights > 0.0 {
            self.virtual_bits += capacity.bits_between(self.at, carried) / self.weights;
        }
        if self.at < carried {
            self.at = carried;
        }
    }

    /// `message` begins to be sent.
    pub(super) fn enter(&mut self, message: u32, bits: f64, weight: f64, capacity: &Capacity, now: SimTime) {
        self.catch_up(capacity, now);
        if self.sending.is_empty() {
            (self.virtual_bits, self.weights) = (0.0, 0.0);
            self.busy.increase(now);
        }
        self.come += 1;
        self.weights += weight;
        let sent_at = self.virtual_bits + bits / weight;
        self.sending.push(Sending { sent_at, sequence: self.come, weight, message });
    }

    /// Time from `now` until the next message has been sent, if nothing comes before.
    pub(super) fn next(&self, capacity: &Capacity, now: SimTime) -> Result<Option<SimTime>, TimeError> {
        let Some(first) = self.sending.peek() else { return Ok(None) };
        let left = ((first.sent_at - self.virtual_bits) * self.weights).max(0.0);
        // Without bits left there is no time to pass, and no instant to wait for.
        let at = if left > 0.0 { capacity.reached(capacity.add(self.at, left))? } else { now };
        Ok(Some(at.max(now).since(now)))
    }

    /// The next message has been sent.
    pub(super) fn leave(&mut self, capacity: &Capacity, now: SimTime) -> Option<u32> {
        self.catch_up(capacity, now);
        let first = self.sending.pop()?;
        // The clock is rounded; this is the point that it stands for.
        self.virtual_bits = self.virtual_bits.max(first.sent_at);
        self.weights -= first.weight;
        if self.sending.is_empty() {
            self.busy.decrease(now);
        }
        Some(first.message)
    }
}

impl Ord for Sending {
    /// Reversed, because the standard heap gives its greatest entry first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.sent_at.total_cmp(&self.sent_at).then(other.sequence.cmp(&self.sequence))
    }
}

impl PartialOrd for Sending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sending {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sending {}
