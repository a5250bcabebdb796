//! What can happen.

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
