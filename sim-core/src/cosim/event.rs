//! Kinds of events.

use std::fmt;

/// Kind of an event. At equal times the last of this list goes first: a place frees its server before the next
/// request comes, and timers run out after all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The cloud's autoscaling looks at its queue.
    ScaleLook,
    /// A wake-up radio takes noise for a signal.
    FalseAlarm,
    /// The battery of a device may be empty.
    BatteryLook,
    /// The processor of a device has been idle for long enough to fall asleep.
    SleepTimer,
    /// The radio of a device has sent and received nothing for long enough to go to standby.
    TailTimer,
    /// A device asks for an inference.
    Arrival,
    /// The processor of a device has woken up, and begins with a head.
    ProcessorAwake,
    /// A device has computed a step of a head.
    HeadDone,
    /// The radio of a device is connected.
    RadioReady,
    /// The radio of a device may send.
    Granted,
    /// Packets that were lost are to be sent again.
    Retry,
    /// The last bit of a message has left the device.
    Sent,
    /// The last bit of the next message has left a shared cell.
    CellSent,
    /// The last bit of a message has reached the cloud.
    Delivered,
    /// A server that was started can serve.
    ServerStarted,
    /// A request has waited long enough for others to share its batch.
    BatchTimer,
    /// A server has computed the tails of a batch.
    TailDone,
    /// The first bit of an answer reaches the device.
    AnswerBegins,
    /// A wake-up signal ends.
    WakeSignal,
    /// The last bit of an answer has reached the device.
    AnswerReceived,
}

/// Text to stand before the number of the subject: `HeadDone of request`.
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = match self.subject() {
            Subject::Device if *self == Self::Arrival => "request",
            Subject::Device => "device",
            Subject::Request | Subject::Message | Subject::Answer => "request",
            Subject::Batch => "batch",
            Subject::None if *self == Self::CellSent => "cell",
            Subject::None => "cloud",
        };
        write!(f, "{self:?} of {subject}")
    }
}

/// Kind of an event's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Device,
    Request,
    Message,
    Answer,
    Batch,
    None,
}

impl EventKind {
    /// Priority among events of the same time.
    pub(super) fn priority(self) -> u8 {
        Self::AnswerReceived as u8 - self as u8
    }

    pub(super) fn subject(self) -> Subject {
        match self {
            Self::Arrival | Self::RadioReady | Self::Granted | Self::FalseAlarm => Subject::Device,
            Self::BatteryLook | Self::SleepTimer | Self::TailTimer => Subject::Device,
            Self::ProcessorAwake | Self::HeadDone => Subject::Request,
            Self::AnswerBegins | Self::WakeSignal | Self::AnswerReceived => Subject::Answer,
            Self::Retry | Self::Sent | Self::Delivered => Subject::Message,
            Self::TailDone => Subject::Batch,
            Self::ScaleLook | Self::CellSent | Self::ServerStarted | Self::BatchTimer => Subject::None,
        }
    }

    /// Whether a request cannot go on before this event. A run in which no such event is pending, nor an arrival or a timer
    /// that was set, is over.
    pub(super) fn keeps_running(self) -> bool {
        !matches!(
            self,
            Self::ScaleLook
                | Self::FalseAlarm
                | Self::BatteryLook
                | Self::SleepTimer
                | Self::TailTimer
                | Self::Arrival
                | Self::ServerStarted
        )
    }
}

/// An event and its subject, by number or slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) subject: u32,
}
