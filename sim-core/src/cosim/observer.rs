//! Observers of a run.

use super::{Phase, ProcessorState, RadioState};
use crate::kernel::SimTime;
use std::fmt;

/// A queue in which requests or messages wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueAt {
    /// Queue in front of the processor of a device.
    Edge {
        /// Number of the device.
        device: u32,
    },
    /// Queue in front of an uplink.
    Uplink {
        /// Number of the uplink: that of its device, or 0 for a cell that sends one message at a time.
        uplink: u32,
    },
    /// Queue in front of the servers of the cloud.
    Cloud,
}

impl fmt::Display for QueueAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edge { device } => write!(f, "the edge queue of device {device}"),
            Self::Uplink { uplink } => write!(f, "the queue of uplink {uplink}"),
            Self::Cloud => f.write_str("the cloud queue"),
        }
    }
}

/// A server of requests: one at a time, except for batches in the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerAt {
    /// Processor of a device.
    Edge {
        /// Number of the device.
        device: u32,
    },
    /// Uplink.
    Uplink {
        /// Number of the uplink: that of its device, or 0 for a cell that sends one message at a time.
        uplink: u32,
    },
    /// A server of the cloud. They are alike and numbered as they are needed: of those that are free, one that has
    /// served before serves first.
    Cloud {
        /// Number of the server.
        server: u32,
    },
}

/// End of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The request was answered.
    Answered,
    /// The request was dropped.
    Dropped(DropReason),
}

/// Reason for dropping a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The queue of the device was full.
    QueueFull,
    /// No packet of the request arrived.
    AllPacketsLost,
    /// The battery of the device was empty when it was asked, or before it had the answer.
    BatteryEmpty,
    /// The device noticed no wake-up signal for its answer.
    Unreachable,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QueueFull => "queue full",
            Self::AllPacketsLost => "all packets lost",
            Self::BatteryEmpty => "battery empty",
            Self::Unreachable => "device unreachable",
        })
    }
}

/// Observer notified of everything that happens in a run, in order of time. It can change nothing. By default a method
/// does nothing, and then costs nothing.
pub trait Observer {
    /// A request of `device` is in `phase` from `now` on.
    fn phase(&mut self, now: SimTime, request: u64, device: u32, phase: Phase) {
        let _ = (now, request, device, phase);
    }

    /// A device begins a request, for which it has chosen a design.
    fn chosen(&mut self, now: SimTime, request: u64, device: u32, design: u8) {
        let _ = (now, request, device, design);
    }

    /// A request has ended. One that finds the queue of its device full or its battery empty has never been in any phase.
    fn end(&mut self, now: SimTime, request: u64, device: u32, end: End) {
        let _ = (now, request, device, end);
    }

    /// The answer of a request, which has just ended: the class, of which sample, and whether it is that sample's label.
    fn judged(&mut self, request: u64, sample: u32, answer: u32, is_correct: bool) {
        let _ = (request, sample, answer, is_correct);
    }

    /// The queue `at` has this length from `now` on.
    fn queue(&mut self, now: SimTime, at: QueueAt, length: u32) {
        let _ = (now, at, length);
    }

    /// A server begins to serve a request: its head, a message or a tail step of it. In a batch, several begin at once.
    fn begin_service(&mut self, now: SimTime, at: ServerAt, request: u64) {
        let _ = (now, at, request);
    }

    /// A server has finished, or given up, everything that it began.
    fn end_service(&mut self, now: SimTime, at: ServerAt) {
        let _ = (now, at);
    }

    /// The cloud has `running` servers from `now` on.
    fn servers(&mut self, now: SimTime, running: u32) {
        let _ = (now, running);
    }

    /// The processor of a device is in `state` from `now` on.
    fn processor(&mut self, now: SimTime, device: u32, state: ProcessorState) {
        let _ = (now, device, state);
    }

    /// The radio of a device is in `state` from `now` on.
    fn radio(&mut self, now: SimTime, device: u32, state: RadioState) {
        let _ = (now, device, state);
    }

    /// A device draws `watts` from `now` on and has drawn `joules` up to now. Operations and bits, whose energy has no
    /// duration, show in the joules only.
    fn power(&mut self, now: SimTime, device: u32, watts: f64, joules: f64) {
        let _ = (now, device, watts, joules);
    }

    /// The battery of a device is empty.
    fn depleted(&mut self, now: SimTime, device: u32) {
        let _ = (now, device);
    }
}

/// Observes nothing.
impl Observer for () {}

/// Both observe.
impl<A: Observer, B: Observer> Observer for (&mut A, &mut B) {
    fn phase(&mut self, now: SimTime, request: u64, device: u32, phase: Phase) {
        self.0.phase(now, request, device, phase);
        self.1.phase(now, request, device, phase);
    }

    fn chosen(&mut self, now: SimTime, request: u64, device: u32, design: u8) {
        self.0.chosen(now, request, device, design);
        self.1.chosen(now, request, device, design);
    }

    fn end(&mut self, now: SimTime, request: u64, device: u32, end: End) {
        self.0.end(now, request, device, end);
        self.1.end(now, request, device, end);
    }

    fn judged(&mut self, request: u64, sample: u32, answer: u32, is_correct: bool) {
        self.0.judged(request, sample, answer, is_correct);
        self.1.judged(request, sample, answer, is_correct);
    }

    fn queue(&mut self, now: SimTime, at: QueueAt, length: u32) {
        self.0.queue(now, at, length);
        self.1.queue(now, at, length);
    }

    fn begin_service(&mut self, now: SimTime, at: ServerAt, request: u64) {
        self.0.begin_service(now, at, request);
        self.1.begin_service(now, at, request);
    }

    fn end_service(&mut self, now: SimTime, at: ServerAt) {
        self.0.end_service(now, at);
        self.1.end_service(now, at);
    }

    fn servers(&mut self, now: SimTime, running: u32) {
        self.0.servers(now, running);
        self.1.servers(now, running);
    }

    fn processor(&mut self, now: SimTime, device: u32, state: ProcessorState) {
        self.0.processor(now, device, state);
        self.1.processor(now, device, state);
    }

    fn radio(&mut self, now: SimTime, device: u32, state: RadioState) {
        self.0.radio(now, device, state);
        self.1.radio(now, device, state);
    }

    fn power(&mut self, now: SimTime, device: u32, watts: f64, joules: f64) {
        self.0.power(now, device, watts, joules);
        self.1.power(now, device, watts, joules);
    }

    fn depleted(&mut self, now: SimTime, device: u32) {
        self.0.depleted(now, device);
        self.1.depleted(now, device);
    }
}
