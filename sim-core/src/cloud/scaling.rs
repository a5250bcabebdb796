//! Autoscaling: the number of servers follows the load.

use super::Cloud;
use crate::kernel::{ImpossibleValue, MAX_SECONDS, count, not_negative, positive, seconds};
use serde::{Deserialize, Serialize};

/// Autoscaling by the length of the queue. Every `period_seconds` the waiting requests per server (starting ones
/// included) are looked at: above `up_above` one server more is started, below `down_below` one idle server is
/// removed, or none if all are busy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoscaling {
    /// Least number of running servers, at least 1.
    pub min_servers: u32,
    /// Greatest number of servers, starting ones included.
    pub max_servers: u32,
    /// Waiting requests per server above which one is started.
    pub up_above: f64,
    /// Waiting requests per server below which one is removed.
    pub down_below: f64,
    /// Time between two looks, in seconds.
    pub period_seconds: f64,
    /// Time from the start of a server until it serves, in seconds. It draws its idle power meanwhile.
    pub startup_seconds: f64,
}

impl Autoscaling {
    /// Shortest time between two looks, in seconds. No autoscaler decides more often than once in a millisecond, and each look
    /// is an event of its own throughout the run.
    pub const MIN_PERIOD_SECONDS: f64 = 1e-3;

    pub(super) fn check(&self, servers: u32) -> Result<(), ImpossibleValue> {
        let refuse = |name, value, needed| Err(ImpossibleValue { name, value, needed });
        positive("min_servers", f64::from(self.min_servers))?;
        if self.min_servers > servers {
            return refuse("min_servers", f64::from(self.min_servers), "at most the servers at the start");
        }
        count("max_servers", self.max_servers.into(), Cloud::MAX_SERVERS.into(), "1 to 1,000,000")?;
        if self.max_servers < servers {
            return refuse("max_servers", f64::from(self.max_servers), "at least the servers at the start");
        }
        not_negative("up_above", self.up_above)?;
        not_negative("down_below", self.down_below)?;
        if self.down_below > self.up_above {
            return refuse("down_below", self.down_below, "at most `up_above`");
        }
        if !(Self::MIN_PERIOD_SECONDS..=MAX_SECONDS).contains(&self.period_seconds) {
            return refuse("period_seconds", self.period_seconds, "1e-3 s to 1e9 s");
        }
        seconds("startup_seconds", self.startup_seconds)
    }
}
