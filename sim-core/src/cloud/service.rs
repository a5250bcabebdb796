//! Order, batches and power of the cloud's servers.

use crate::compute::Processor;
use crate::kernel::{ImpossibleValue, SimTime, TimeError, count, seconds, watts};
use serde::{Deserialize, Serialize};

/// Order in which waiting requests are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// In the order of arrival.
    #[default]
    FirstCome,
    /// Earliest deadline first, requests without a deadline last, equal deadlines in the order of arrival.
    EarliestDeadline,
}

/// Rule for how many requests a server serves at once. It waits until `max_size` are there or one has waited for
/// `max_wait_seconds`, then takes as many as there are, up to `max_size`; all of them are done together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batching {
    /// Greatest number of requests in a batch, at least 1.
    pub max_size: u32,
    /// Time that a request may be kept waiting for others while a server is free, in seconds.
    pub max_wait_seconds: f64,
    /// Time that a batch takes.
    pub time: BatchTime,
}

/// Time that a batch takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BatchTime {
    /// `overhead + s (m + (1 - m) / n)` for `n` requests whose operations take `s` seconds one after the other, with the
    /// overhead of the server's processor: of equal requests, each one after the first costs `m` of its time alone.
    /// 1: nothing is gained but the overhead; 0: a batch takes as long as one request.
    Counts {
        /// Share `m` of its time alone that a further request costs, from 0 to 1.
        marginal_cost: f64,
    },
    /// `fixed_seconds + n item_seconds`, whatever the requests are.
    Linear {
        /// Time of every batch, in seconds.
        fixed_seconds: f64,
        /// Additional time of each request in the batch, in seconds.
        item_seconds: f64,
    },
}

/// Power of the servers besides the energy of the tails' operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudPower {
    /// Power of each server that runs or starts, in watts.
    pub idle_watts: f64,
    /// Additional power of each server that computes, in watts.
    pub busy_watts: f64,
}

impl Batching {
    /// Greatest size of a batch.
    pub const MAX_SIZE: u32 = 1_000_000;

    /// One request at a time.
    pub const NONE: Self = Self { max_size: 1, max_wait_seconds: 0.0, time: BatchTime::Counts { marginal_cost: 1.0 } };

    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        count("max_size", self.max_size.into(), Self::MAX_SIZE.into(), "1 to 1,000,000")?;
        seconds("max_wait_seconds", self.max_wait_seconds)?;
        match self.time {
            BatchTime::Counts { marginal_cost } => crate::kernel::probability("marginal_cost", marginal_cost),
            BatchTime::Linear { fixed_seconds, item_seconds } => {
                seconds("fixed_seconds", fixed_seconds)?;
                seconds("item_seconds", item_seconds)
            }
        }
    }
}

impl BatchTime {
    /// Time of a batch of `size` requests whose operations take `operation_seconds` one after the other.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub fn time(&self, processor: &Processor, operation_seconds: f64, size: u32) -> Result<SimTime, TimeError> {
        let size = f64::from(size);
        SimTime::from_seconds(match *self {
            Self::Linear { fixed_seconds, item_seconds } => fixed_seconds + size * item_seconds,
            Self::Counts { marginal_cost } => {
                processor.with_overhead(operation_seconds * (marginal_cost + (1.0 - marginal_cost) / size))
            }
        })
    }
}

impl CloudPower {
    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        watts("idle_watts", self.idle_watts)?;
        watts("busy_watts", self.busy_watts)
    }
}
