//! `[cloud]`: the servers that execute the tails.

use super::check;
use crate::diagnostic::Mistake;
use crate::located::Located;
use cospike_sim_core::cloud::Order;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The servers that execute the tails.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloudSection {
    /// Profile of a server.
    pub profile: Located<String>,
    /// Number of servers; with autoscaling, at the start.
    pub servers: Located<u32>,
    /// Order in which waiting requests are served.
    #[serde(default)]
    pub order: Located<Order>,
    /// Price list of the operations in the cloud. They cost nothing if it is left out.
    pub prices: Option<Located<String>>,
    /// Servers take several requests at once.
    pub batching: Option<Located<Batching>>,
    /// The number of servers follows the load.
    pub autoscaling: Option<Located<Autoscaling>>,
    /// Entropy of the answer after a time step, from 0 (certain) to 1, up to which the cloud answers at once.
    pub exit_entropy: Option<Located<f64>>,
}

/// A batch of `n` requests takes `fixed_ms + n item_ms` if these are given, and else the time of its operations, of which
/// each request after the first costs the share `marginal_cost`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batching {
    /// Maximum number of requests in a batch.
    pub max_size: Located<u32>,
    /// Maximum time for which a request is kept waiting for others.
    pub max_wait_ms: Located<f64>,
    /// Cost of each further request of a batch, as a share of its cost alone.
    pub marginal_cost: Option<Located<f64>>,
    /// Time of a batch, whatever its size.
    pub fixed_ms: Option<Located<f64>>,
    /// Time of each request in a batch.
    pub item_ms: Option<Located<f64>>,
}

/// Servers are started and stopped by the number of waiting requests.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaling {
    /// Minimum number of servers.
    pub min_servers: Located<u32>,
    /// Maximum number of servers.
    pub max_servers: Located<u32>,
    /// Waiting requests per server above which one is started.
    pub up_above: Located<f64>,
    /// Waiting requests per server below which one is stopped.
    pub down_below: Located<f64>,
    /// Time between two decisions.
    pub period_s: Located<f64>,
    /// Time until a started server can serve.
    pub startup_s: Located<f64>,
}

impl CloudSection {
    pub(super) fn check(&self) -> Result<(), Mistake> {
        check::count("servers", &self.servers)?;
        check::probability("exit_entropy", self.exit_entropy.as_ref())?;
        self.batching.as_ref().map_or(Ok(()), |batching| batching.check())?;
        self.autoscaling.as_ref().map_or(Ok(()), |autoscaling| autoscaling.check(self.servers.get()))
    }
}

impl Batching {
    fn check(&self) -> Result<(), Mistake> {
        check::count("max_size", &self.max_size)?;
        check::not_negative("max_wait_ms", &self.max_wait_ms)?;
        check::probability("marginal_cost", self.marginal_cost.as_ref())?;
        check::not_negative("fixed_ms", self.fixed_ms.as_ref())?;
        check::not_negative("item_ms", self.item_ms.as_ref())?;
        match (&self.marginal_cost, &self.fixed_ms, &self.item_ms) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(()),
            _ => {
                let message = "the time of a batch must be given in exactly one way";
                let help = "give either `marginal_cost`, or both `fixed_ms` and `item_ms`";
                Err(Mistake::in_value(&self.max_size, message).help(help))
            }
        }
    }
}

impl Autoscaling {
    fn check(&self, servers: u32) -> Result<(), Mistake> {
        check::count("min_servers", &self.min_servers)?;
        check::not_negative("up_above", &self.up_above)?;
        check::not_negative("down_below", &self.down_below)?;
        check::positive("period_s", &self.period_s)?;
        check::not_negative("startup_s", &self.startup_s)?;
        let refuse = |value: &Located<u32>, key, bound| {
            let message = format!("`{key}` is {}, but `servers`, their number at the start, is {servers}", value.get());
            Err(Mistake::in_value(value, message).help(format!("give {bound} {servers}")))
        };
        if self.min_servers.get() > servers {
            return refuse(&self.min_servers, "min_servers", "at most");
        }
        if self.max_servers.get() < servers {
            return refuse(&self.max_servers, "max_servers", "at least");
        }
        if self.down_below.get() > self.up_above.get() {
            let message = "`down_below` is above `up_above`, so servers would be started and stopped at the same load";
            return Err(Mistake::in_value(&self.down_below, message));
        }
        Ok(())
    }
}
