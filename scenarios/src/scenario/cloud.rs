//! `[cloud]`: the servers that execute the tails.

use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::profiles::{CloudProfile, Overrides, Prices};
use crate::scenario::check;
use crate::scenario::limits::{MAX_MS, MAX_WAITING, MIN_MS, MIN_S};
use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::cloud::{ExitAt, Order};
use cospike_sim_core::kernel::MAX_SECONDS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The servers that execute the tails. Where time steps are sent one by one, the answer after a step may stand early. Nothing takes back
/// the steps under way by then: they cost device, link and servers what they cost, and if the device decides, the scores of those
/// that reach the cloud come down too. It does not wait for scores before its next step, and what it takes to evaluate them, an
/// exponential and three operations for each class, is neglected.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloudSection {
    /// Profile of a server.
    pub profile: Located<String>,
    /// Values in the place of those of the profile.
    #[serde(rename = "override")]
    pub overrides: Option<Overrides<CloudProfile>>,
    /// Number of servers; with autoscaling, at the start.
    #[schemars(range(min = 1, max = Cloud::MAX_SERVERS))]
    pub servers: Located<u32>,
    /// Order in which waiting requests are served.
    #[serde(default)]
    pub order: Located<Order>,
    /// Price list of the operations in the cloud. They cost nothing if it is left out.
    pub prices: Option<Located<String>>,
    /// Values in the place of those of the price list.
    pub price_override: Option<Overrides<Prices>>,
    /// Servers take several requests at once.
    pub batching: Option<Located<Batching>>,
    /// The number of servers follows the load.
    pub autoscaling: Option<Located<Autoscaling>>,
    /// Entropy of the scores after a time step, from 0 (certain) to 1, up to which their answer stands, and no further step is needed.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub exit_entropy: Option<Located<f64>>,
    /// Place that decides on that (default `cloud`): the cloud, which then answers, or the device (`edge`), to which the scores are sent
    /// after each time step, 4 bytes for each class besides the profile's `answer`.
    pub exit_at: Option<Located<ExitAt>>,
}

/// A batch of `n` requests takes `fixed_ms + n item_ms` if these are given, and else the time of its operations, of which
/// each request after the first costs the share `marginal_cost`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batching {
    /// Maximum number of requests in a batch.
    #[schemars(range(min = 1, max = cospike_sim_core::cloud::Batching::MAX_SIZE))]
    pub max_size: Located<u32>,
    /// Maximum time for which a request is kept waiting for others.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub max_wait_ms: Located<f64>,
    /// Cost of each further request of a batch, as a share of its cost alone.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub marginal_cost: Option<Located<f64>>,
    /// Time of a batch, whatever its size.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub fixed_ms: Option<Located<f64>>,
    /// Time of each request in a batch.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub item_ms: Option<Located<f64>>,
}

/// Servers are started and stopped by the number of waiting requests.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaling {
    /// Minimum number of servers.
    #[schemars(range(min = 1, max = Cloud::MAX_SERVERS))]
    pub min_servers: Located<u32>,
    /// Maximum number of servers.
    #[schemars(range(min = 1, max = Cloud::MAX_SERVERS))]
    pub max_servers: Located<u32>,
    /// Waiting requests per server above which one is started.
    #[schemars(range(min = 0.0, max = f64::from(MAX_WAITING)))]
    pub up_above: Located<f64>,
    /// Waiting requests per server below which one is stopped.
    #[schemars(range(min = 0.0, max = f64::from(MAX_WAITING)))]
    pub down_below: Located<f64>,
    /// Time between two decisions.
    #[schemars(range(min = cospike_sim_core::cloud::Autoscaling::MIN_PERIOD_SECONDS, max = MAX_SECONDS))]
    pub period_s: Located<f64>,
    /// Time until a started server can serve.
    #[schemars(range(min = 0.0, max = MAX_SECONDS), extend("x-minimum-above-0" = MIN_S))]
    pub startup_s: Located<f64>,
}

impl CloudSection {
    /// The price list of the operations, and the values in the place of its own.
    pub(crate) fn priced(&self) -> Option<(&Located<String>, Option<&Overrides<Prices>>)> {
        Some((self.prices.as_ref()?, self.price_override.as_ref()))
    }

    /// The profile of a server, and the values in the place of its own.
    pub(crate) fn server(&self) -> (&Located<String>, Option<&Overrides<CloudProfile>>) {
        (&self.profile, self.overrides.as_ref())
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        check::needs_prices(&self.prices, &self.price_override)?;
        self.batching.as_ref().map_or(Ok(()), |batching| batching.check())?;
        self.autoscaling.as_ref().map_or(Ok(()), |autoscaling| autoscaling.check(self.servers.get()))
    }
}

impl Batching {
    fn check(&self) -> Result<(), Mistake> {
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
