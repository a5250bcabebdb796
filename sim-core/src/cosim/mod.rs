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
//! A run is one single-threaded event loop over plain values. The network really runs: [`CoInference::tail`] gets
//! what arrived and gives the answer, from which time, joules and accuracy of the same request follow.
//!
//! The places (device, radio, uplink, cloud) are narrow state machines that do not know one another; `simulation` alone
//! connects them. What a device keeps is 360 bytes, and 16 for each of its two queues; some workloads and channels add up
//! to 24 bytes each.
//!
//! Events at the same time run downstream first (a place frees its server before the next request comes), in the
//! order of [`EventKind`] from last to first, then in the order they were scheduled.

mod agenda;
mod air;
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
mod observer;
mod outcome;
mod phase;
mod requests;
mod run;
mod simulation;
mod stations;
mod tally;
mod timer;
mod usage;

pub use co_inference::{CoInference, Guess, Head, HeadStep, Received, TailStep};
pub use counters::Counters;
pub use edge::{ProcessorState, RadioState};
pub use error::{CosimError, Stranded};
pub use event::EventKind;
pub use observer::{DropReason, End, Observer, QueueAt, ServerAt};
pub use outcome::{CloudEnergy, Depletion, Latency, Outcome, PlaceUse};
pub use phase::{Phase, Phases};
pub use run::{Run, run, run_observed};

use crate::cloud::Cloud;
use crate::edge::EdgeDevice;
use crate::kernel::{ImpossibleValue, positive};
use crate::link::Link;
use crate::workload::Workload;
use serde::{Deserialize, Serialize};

/// Everything that is simulated, but for the network and the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Edge devices, all of the same profile.
    pub devices: u32,
    /// Each device.
    pub edge: EdgeDevice,
    /// Between the devices and the cloud.
    pub link: Link,
    /// What runs the tails.
    pub cloud: Cloud,
    /// Who asks when.
    pub workload: Workload,
    /// A request that is older than this while others are answered starves: the run fails and names it (invariant 12).
    /// In seconds; `None`: no request is too old.
    pub starvation_seconds: Option<f64>,
}

impl System {
    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`], see the profiles; there must be a device.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        positive("devices", f64::from(self.devices))?;
        self.edge.check()?;
        self.link.check()?;
        self.cloud.check()?;
        self.workload.check(self.devices)?;
        positive("starvation_seconds", self.starvation_seconds.unwrap_or(1.0))
    }
}
