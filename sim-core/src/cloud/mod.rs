//! Profile of the cloud, which runs the tail.

mod scaling;
mod service;

pub use scaling::Autoscaling;
pub use service::{BatchTime, Batching, CloudPower, Order};

use crate::compute::Processor;
use crate::kernel::{ImpossibleValue, count, probability};
use serde::{Deserialize, Serialize};

/// Profile of the cloud: equal servers that share one unbounded queue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// Number of servers at the start, and throughout without autoscaling.
    pub servers: u32,
    /// Processor of each server.
    pub processor: Processor,
    /// Size of an answer, without headers, in bytes.
    pub answer_bytes: u32,
    /// Order in which requests are served.
    pub order: Order,
    /// Number of requests that a server serves at once.
    pub batching: Batching,
    /// Rule by which servers are added and removed; `None`: never.
    pub scaling: Option<Autoscaling>,
    /// Power of the servers.
    pub power: CloudPower,
    /// Early exit in time, for designs that stream their steps: the cloud answers as soon as the cumulative answer after a
    /// step has at most this normalised entropy (see [`Guess`](crate::cosim::Guess)). The answer tells the device to stop;
    /// steps sent before it gets there are not undone. `None`: all steps are run.
    pub exit_entropy: Option<f64>,
}

impl Cloud {
    /// Greatest number of servers: a data centre of the largest kind.
    pub const MAX_SERVERS: u32 = 1_000_000;

    /// Servers that serve one request after the other in the order of their coming, and draw no power besides that of the
    /// operations.
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
        count("servers", self.servers.into(), Self::MAX_SERVERS.into(), "1 to 1,000,000")?;
        self.processor.check()?;
        self.batching.check()?;
        if let Some(scaling) = &self.scaling {
            scaling.check(self.servers)?;
        }
        self.power.check()?;
        probability("exit_entropy", self.exit_entropy.unwrap_or(0.0))
    }
}
