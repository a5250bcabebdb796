//! Watching a run.

use super::{Phase, ProcessorState, RadioState};
use crate::kernel::SimTime;
use std::fmt;

/// Where requests wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueAt {
    /// At a device's processor.
    Edge {
        /// The device.
        device: u32,
    },
    /// At an uplink: a device's number, or 0 for a cell that sends one message at a time.
    Uplink {
        /// Number of the uplink.
        uplink: u32,
    },
    /// At the cloud.
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

/// What serves requests, one at a time but for batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerAt {
    /// A device's processor.
    Edge {
        /// The device.
        device: u32,
    },
    /// An uplink: a device's number, or 0 for a cell that sends one message at a time.
    Uplink {
        /// Number of the uplink.
        uplink: u32,
    },
    /// A server of the cloud. They are alike and numbered as they are needed: of those that are free, one that has
    /// served before serves first.
    Cloud {
        /// Number of the server.
        server: u32,
    },
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was answered.
    Answered,
    /// It was given up.
    Dropped(DropReason),
}

/// Why a request was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The device's queue was full.
    QueueFull,
    /// No packet arrived.
    AllPacketsLost,
    /// The device's battery was empty when it was asked, or before it had the answer.
    BatteryEmpty,
    /// The device did not notice any wake-up signal for its answer.
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

/// Is told what happens in a run, in order of time. It can change nothing. Every method does nothing by default, and
/// costs nothing then.
pub trait Observer {
    /// A request of `device` is in `phase` from `now` on.
    fn phase(&mut self, now: SimTime, request: u64, device: u32, phase: Phase) {
        let _ = (now, request, device, phase);
    }

    /// A request has ended. One that finds the queue of its device full or its battery empty has never been in any phase.
    fn end(&mut self, now: SimTime, request: u64, device: u32, end: End) {
        let _ = (now, request, device, end);
    }

    /// So many wait in a queue from `now` on.
    fn queue(&mut self, now: SimTime, at: QueueAt, length: u32) {
        let _ = (now, at, length);
    }

    /// A server begins to serve a request: a head, a message or a tail step of it. In a batch, several begin at once.
    fn begin_service(&mut self, now: SimTime, at: ServerAt, request: u64) {
        let _ = (now, at, request);
    }

    /// A server is done with all that it began, or gives it up.
    fn end_service(&mut self, now: SimTime, at: ServerAt) {
        let _ = (now, at);
    }

    /// So many servers run in the cloud from `now` on.
    fn servers(&mut self, now: SimTime, running: u32) {
        let _ = (now, running);
    }

    /// What a device's processor does from `now` on.
    fn processor(&mut self, now: SimTime, device: u32, state: ProcessorState) {
        let _ = (now, device, state);
    }

    /// What a device's radio does from `now` on.
    fn radio(&mut self, now: SimTime, device: u32, state: RadioState) {
        let _ = (now, device, state);
    }

    /// What a device draws from `now` on, in watts, and what it has drawn so far, in joules. Operations and bits, whose energy
    /// has no duration, show in the joules only.
    fn power(&mut self, now: SimTime, device: u32, watts: f64, joules: f64) {
        let _ = (now, device, watts, joules);
    }

    /// A device's battery is empty.
    fn depleted(&mut self, now: SimTime, device: u32) {
        let _ = (now, device);
    }
}

/// Watches nothing.
impl Observer for () {}
