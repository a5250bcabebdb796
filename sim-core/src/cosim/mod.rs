//! The life of a request: from the device that asks, over its head, the uplink and the tail, back to the device.
//!
//! ```text
//! arrival -> [edge queue] -> head step -> its own answer is sure enough, or nothing is to be sent: done
//!                             |  ^ next step
//!                             '--'-> (radio connects) -> [uplink queue] -> transmission -> propagation
//!                                        ^ lost packets, if they are sent again |
//!                                        '--------------------------------------'
//!   -> [cloud queue] -> tail step -> sure enough, or the last one -> propagation -> (radio wakes) -> answer: done
//!           ^ next step that has arrived |
//!           '----------------------------'
//! ```
//!
//! Where the device decides about an early exit ([`ExitAt::Edge`](crate::cloud::ExitAt::Edge)), each tail step has an answer, which goes down
//! while the cloud runs the next one; the request ends with the first that is sure enough, or with the last, and what is on its way
//! then goes on to no purpose.
//!
//! A run is one single-threaded event loop over plain values. The network really runs: [`CoInference::tail`] gets
//! what arrived and gives the answer, from which time, joules and accuracy of the same request follow.
//!
//! Each place owns its state and the handlers that work on it, and knows no other place:
//!
//! | module | place |
//! |---|---|
//! | `demand` | who asks when, for which sample |
//! | `edge` | the devices: processors that run heads, radios, batteries |
//! | `air` | uplinks, the cell and its channel, propagation both ways |
//! | `cloud` | the servers that run tails, and what they have of each request |
//!
//! A handler gets the shared `Context`: the clock with its pending events (`agenda`), the requests, messages and answers on their
//! way, what is counted (`tally`), the network and the observer. The event loop in `simulation` alone connects the
//! places: it leads each event to its place, and what follows from it to the next. Profiles are the values of
//! [`crate::edge`], [`crate::link`], [`crate::cloud`] and [`crate::workload`].
//!
//! A device takes 384 bytes, and 16 for each of its two queues; some workloads and channels add up to 24 bytes each.
//!
//! Energy is measured over a [`Window`] of the run (`meter`), so that it depends neither on how the run begins nor on how it
//! ends. Devices begin as if they had been running before: their radios and processors are as the requests before time zero
//! left them, as far as the arrival process says when these were made.
//!
//! Events at the same time run downstream first (a place frees its server before the next request comes), in the
//! order of [`EventKind`] from last to first, then in the order they were scheduled.

mod agenda;
mod air;
mod answers;
mod cloud;
mod co_inference;
mod context;
mod counters;
mod demand;
mod edge;
mod error;
mod event;
mod line;
mod messages;
mod meter;
mod observer;
mod outcome;
mod phase;
mod pool;
mod requests;
mod run;
mod simulation;
mod split_samples;
mod starvation;
mod stations;
mod tally;
mod time_line;
mod timer;
mod usage;
mod waiting;

pub use co_inference::{CoInference, Guess, Head, HeadStep, MAX_DESIGNS, Received, TailStep};
pub use counters::{RequestCounters, TrafficCounters, Trajectory};
pub use edge::{ProcessorState, RadioState};
pub use error::{CosimError, Stranded};
pub use event::EventKind;
pub use observer::{DropReason, End, Observer, QueueAt, ServerAt};
pub use outcome::{CloudEnergy, Depletion, Latency, NoWindow, Outcome, PlaceUse, Window};
pub use phase::{Phase, Phases};
pub use run::{Run, run, run_observed};
pub use split_samples::{SampleCosts, SampleError, SplitSamples};
pub use time_line::{TimeLine, TimeSlice};
pub use waiting::WaitingEnergies;

use crate::cloud::Cloud;
use crate::edge::EdgeDevice;
use crate::kernel::{ImpossibleValue, count, positive_seconds};
use crate::link::Link;
use crate::workload::Workload;
use serde::{Deserialize, Serialize};

/// Everything that is simulated, except the network and the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Number of edge devices, all of the same profile.
    pub devices: u32,
    /// Profile of each device.
    pub edge: EdgeDevice,
    /// Profile of the link between the devices and the cloud.
    pub link: Link,
    /// Profile of the cloud, which runs the tails.
    pub cloud: Cloud,
    /// Profile of the requests.
    pub workload: Workload,
    /// Age in seconds from which a request starves if others are answered meanwhile: the run then fails and names it
    /// (invariant 12). `None`: no request is too old.
    pub starvation_seconds: Option<f64>,
}

impl System {
    /// Greatest number of devices: all their states, some 400 bytes each, are in memory for the whole run.
    pub const MAX_DEVICES: u32 = 10_000_000;

    /// Bytes that the state of a device takes throughout a run, its two queues included.
    pub const DEVICE_BYTES: usize = edge::DEVICE_BYTES + 2 * 16;

    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a value that its profile refuses, or a system without devices.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        count("devices", self.devices.into(), Self::MAX_DEVICES.into(), "1 to 10,000,000")?;
        self.edge.check()?;
        self.link.check()?;
        self.cloud.check()?;
        self.workload.check(self.devices)?;
        positive_seconds("starvation_seconds", self.starvation_seconds.unwrap_or(1.0))
    }
}
