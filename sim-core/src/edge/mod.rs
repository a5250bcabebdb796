//! Profile of the edge device, which runs the head.

mod policy;
mod power;

pub use policy::{DesignChoice, DesignThreshold};
pub use power::{Governor, Sleep, SpeedLevel, Standby};

use crate::compute::Processor;
use crate::kernel::{ImpossibleValue, positive, probability, watts};
use serde::{Deserialize, Serialize};

/// Profile of an edge device. It runs one inference at a time and keeps the requests that have to wait in one
/// first-in-first-out queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeDevice {
    /// Processor that runs the head.
    pub processor: Processor,
    /// Power drawn all the time, whatever the device does, in watts; everything else comes on top.
    pub static_watts: f64,
    /// Power while computing at the nominal speed, in watts, if the device was measured as a whole: all that it draws then but the
    /// static power, the idle power contained. `None`: it draws what its operations cost.
    pub measured_watts: Option<f64>,
    /// Power of the processor besides its operations.
    pub standby: Standby,
    /// Speed levels of the processor; the rates of [`EdgeDevice::processor`] and the prices of operations are those of a
    /// level of factors 1. At least one.
    pub levels: Vec<SpeedLevel>,
    /// Choice of the speed level of an inference.
    pub governor: Governor,
    /// Number of requests that may wait for the processor while another is computed; `None`: unbounded. Messages that wait
    /// for the uplink do not count.
    pub queue_capacity: Option<u32>,
    /// Choice of the request that is dropped when the queue is full.
    pub when_full: DropPolicy,
    /// Energy of a full battery, in joules; `None`: mains. Once the battery is empty, the device stops for good and
    /// drops what it had to do and what it is asked from then on. An inference or message during which it runs empty is
    /// still finished, so it may give a little more.
    pub battery_joules: Option<f64>,
    /// Choice of the split design that a request runs.
    pub design: DesignChoice,
    /// The device answers by itself as soon as its own answer after a step has at most this normalised entropy
    /// (0: certain, 1: no idea; see [`Guess`](crate::cosim::Guess)) and nothing was sent yet: entropy-gated offloading
    /// for designs with a classifier at the edge, early exit in time for designs that never send. `None`: never early.
    pub exit_entropy: Option<f64>,
}

/// Choice of the request that a full queue drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropPolicy {
    /// The request that comes.
    Newest,
    /// The request that has waited longest; the one that comes joins the end of the queue. For systems in which a fresher
    /// sample is worth more.
    Oldest,
}

impl EdgeDevice {
    /// A device without special features: `processor` at its nominal speed, `static_watts` and nothing else between
    /// inferences, an unbounded queue, no battery, the first design for every request, and no early answers.
    pub fn plain(processor: Processor, static_watts: f64) -> Self {
        Self {
            processor,
            static_watts,
            measured_watts: None,
            standby: Standby::default(),
            levels: vec![SpeedLevel::NOMINAL],
            governor: Governor::Fixed { level: 0 },
            queue_capacity: None,
            when_full: DropPolicy::Newest,
            battery_joules: None,
            design: DesignChoice::Fixed { design: 0 },
            exit_entropy: None,
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`], see [`Processor::check`]; powers must not be negative, battery and speed factors must be above
    /// zero, levels must exist, thresholds must ascend, and an entropy lies between 0 and 1. A full queue of capacity
    /// 0 has no oldest request.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        self.processor.check()?;
        watts("static_watts", self.static_watts)?;
        watts("measured_watts", self.measured_watts.unwrap_or(0.0))?;
        self.standby.check()?;
        positive("number of speed levels", self.levels.len() as f64)?;
        self.levels.iter().try_for_each(SpeedLevel::check)?;
        self.governor.check(self.levels.len())?;
        if self.when_full == DropPolicy::Oldest && self.queue_capacity == Some(0) {
            let needed = "above 0 for a queue that drops its oldest request";
            return Err(ImpossibleValue { name: "queue_capacity", value: 0.0, needed });
        }
        positive("battery_joules", self.battery_joules.unwrap_or(1.0))?;
        self.design.check()?;
        probability("exit_entropy", self.exit_entropy.unwrap_or(0.0))
    }

    /// Whether a request may still join `waiting` others.
    pub fn admits(&self, waiting: u32) -> bool {
        self.queue_capacity.is_none_or(|capacity| waiting < capacity)
    }
}
