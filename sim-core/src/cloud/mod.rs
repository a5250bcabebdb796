//! Profile of the cloud, which runs the tail.

mod exit;
mod scaling;
mod service;

pub use exit::{EarlyExit, ExitAt};
pub use scaling::Autoscaling;
pub use service::{BatchTime, Batching, CloudPower, Order};

use crate::compute::Processor;
use crate::kernel::{ImpossibleValue, count};
use serde::{Deserialize, Serialize};

/// Profile of the cloud: equal servers that share one unbounded queue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// Number of servers at the start, and throughout without autoscaling.
    pub servers: u32,
    /// Processor of each server.
    pub processor: Processor,
    /// Size of an answer, without headers, in bytes; where the device decides about an early exit, of the scores after each step.
    pub answer_bytes: u32,
    /// Order in which requests are served.
    pub order: Order,
    /// Number of requests that a server serves at once.
    pub batching: Batching,
    /// Rule by which servers are added and removed; `None`: never.
    pub scaling: Option<Autoscaling>,
    /// Power of the servers.
    pub power: CloudPower,
    /// Early exit in time; `None`: all steps are run, and the answer is that of the last.
    pub exit: Option<EarlyExit>,
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
            exit: None,
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
        self.exit.as_ref().map_or(Ok(()), EarlyExit::check)
    }
}
