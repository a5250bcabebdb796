//! The cloud: what runs the tail.

mod scaling;
mod service;

pub use scaling::Autoscaling;
pub use service::{BatchTime, Batching, CloudPower, Order};

use crate::compute::Processor;
use crate::kernel::{ImpossibleValue, positive, probability};
use serde::{Deserialize, Serialize};

/// Profile of the cloud: equal servers that share one unbounded queue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// Servers at the start; all of them, if there is no autoscaling.
    pub servers: u32,
    /// Each server.
    pub processor: Processor,
    /// Bytes of an answer, without headers.
    pub answer_bytes: u32,
    /// Which request is served next.
    pub order: Order,
    /// How many are served at once by one server.
    pub batching: Batching,
    /// When servers are added and removed; `None`: never.
    pub scaling: Option<Autoscaling>,
    /// What the servers draw.
    pub power: CloudPower,
    /// Early exit in time, for designs that stream their steps: the cloud answers as soon as the cumulative answer after a
    /// step has at most this normalised entropy (see [`Guess`](crate::cosim::Guess)). The answer tells the device to stop;
    /// steps sent before it gets there are not undone. `None`: all steps are run.
    pub exit_entropy: Option<f64>,
}

impl Cloud {
    /// Servers that take one request after the other in the order in which they come, and whose energy is not looked at.
    pub fn plain(servers: u32, processor: Processor, answer_bytes: u32) -> Self {
        Self {
            servers,
            processor,
            answer_bytes,
            order: Order::FirstCome,
            batching: Batching::NONE,
            scaling: None,
            power: CloudPower::default(),
            exit_entropy: None,
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`], see [`Processor::check`]; there must be a server, a batch must hold one request, the numbers of
    /// servers of the autoscaling must embrace that of the start, its thresholds must leave a gap, times and powers must not
    /// be negative, and an entropy lies between 0 and 1.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        positive("servers", f64::from(self.servers))?;
        self.processor.check()?;
        self.batching.check()?;
        if let Some(scaling) = &self.scaling {
            scaling.check(self.servers)?;
        }
        self.power.check()?;
        probability("exit_entropy", self.exit_entropy.unwrap_or(0.0))
    }
}
