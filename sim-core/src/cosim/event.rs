//! What can happen.

use crate::kernel::SimTime;

/// What happens in an event; the order here is that of a request's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A device asks for an inference.
    Arrival,
    /// A device has computed a head.
    HeadDone,
    /// The last bit of a message has left the device.
    Sent,
    /// The last bit of a message has reached the cloud.
    Delivered,
    /// A server has computed a tail.
    TailDone,
    /// The first bit of an answer reaches the device.
    AnswerBegins,
    /// The last bit of an answer has reached the device.
    AnswerReceived,
}

impl EventKind {
    /// Priority among events of the same time: downstream first.
    pub(super) fn priority(self) -> u8 {
        Self::AnswerReceived as u8 - self as u8
    }
}

/// An event and the slot of its request; an arrival has no request yet, its subject is the device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) subject: u32,
}

/// 64-bit summary of a trajectory: equal runs give equal values, and a run that differs in the time, kind, subject or
/// order of any event almost surely another. Multiply-xor mixing with the constants of MurmurHash3's 64-bit
/// finaliser (Appleby, public domain).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    pub(super) fn add(&mut self, time: SimTime, kind: EventKind, subject: u64) {
        for word in [time.nanoseconds(), kind as u64, subject] {
            let mixed = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
            self.0 = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53) ^ mixed >> 29;
        }
    }

    pub(super) fn value(self) -> u64 {
        self.0
    }
}
