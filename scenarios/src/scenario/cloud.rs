//! `[cloud]`: what runs the tails.

use super::check::Check;
use crate::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[cloud]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CloudSection {
    /// Profile of a server.
    pub profile: Spanned<String>,
    /// Number of servers, with autoscaling at the start.
    pub servers: Spanned<u32>,
    /// Which request is served next.
    #[serde(default)]
    pub order: Order,
    /// What operations cost there. Nothing if left out.
    pub prices: Option<Spanned<String>>,
    /// Several requests are served at once.
    pub batching: Option<Spanned<Batching>>,
    /// The number of servers follows the load.
    pub autoscaling: Option<Spanned<Autoscaling>>,
    /// The cloud answers as soon as the answer after a time step has at most this entropy, from 0 (certain) to 1.
    pub exit_entropy: Option<Spanned<f64>>,
}

/// Which request is served next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The one that came first.
    #[default]
    FirstCome,
    /// The one whose deadline is earliest.
    EarliestDeadline,
}

/// `[cloud.batching]`. A batch of `n` takes `fixed_ms + n item_ms` if these are given, and else the time of its
/// operations, of which each request after the first costs the share `marginal_cost`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Batching {
    /// Most requests in a batch.
    pub max_size: Spanned<u32>,
    /// How long a request may be kept waiting for others.
    pub max_wait_ms: Spanned<f64>,
    /// Cost of a further request of a batch, as a share of its cost alone.
    pub marginal_cost: Option<Spanned<f64>>,
    /// Time of a batch, whatever is in it.
    pub fixed_ms: Option<Spanned<f64>>,
    /// Time of each request in it.
    pub item_ms: Option<Spanned<f64>>,
}

/// `[cloud.autoscaling]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Autoscaling {
    /// Never fewer servers.
    pub min_servers: Spanned<u32>,
    /// Never more servers.
    pub max_servers: Spanned<u32>,
    /// Waiting requests per server above which one is started.
    pub up_above: Spanned<f64>,
    /// Waiting requests per server below which one is removed.
    pub down_below: Spanned<f64>,
    /// Time between two looks.
    pub period_s: Spanned<f64>,
    /// Time until a new server serves.
    pub startup_s: Spanned<f64>,
}

impl CloudSection {
    pub(super) fn check(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        check.count("servers", &self.servers)?;
        check.probability("exit_entropy", self.exit_entropy.as_ref())?;
        self.batching.as_ref().map_or(Ok(()), |batching| batching.get_ref().check(check))?;
        self.autoscaling.as_ref().map_or(Ok(()), |scaling| scaling.get_ref().check(check, *self.servers.get_ref()))
    }
}

impl Batching {
    fn check(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        check.count("max_size", &self.max_size)?;
        check.not_negative("max_wait_ms", &self.max_wait_ms)?;
        check.probability("marginal_cost", self.marginal_cost.as_ref())?;
        check.not_negative("fixed_ms", self.fixed_ms.as_ref())?;
        check.not_negative("item_ms", self.item_ms.as_ref())?;
        match (&self.marginal_cost, &self.fixed_ms, &self.item_ms) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(()),
            _ => {
                let message = "how long a batch takes must be said in one way";
                let help = "give either `marginal_cost`, or both `fixed_ms` and `item_ms`";
                Err(check.source.error_at(&self.max_size, message).help(help))
            }
        }
    }
}

impl Autoscaling {
    fn check(&self, check: &Check<'_>, servers: u32) -> Result<(), Diagnostic> {
        check.count("min_servers", &self.min_servers)?;
        check.not_negative("up_above", &self.up_above)?;
        check.not_negative("down_below", &self.down_below)?;
        check.positive("period_s", &self.period_s)?;
        check.not_negative("startup_s", &self.startup_s)?;
        let refuse = |value: &Spanned<u32>, key, bound| {
            let message = format!("`{key}` is {}, but `servers` at the start is {servers}", value.get_ref());
            Err(check.source.error_at(value, message).help(format!("give {bound} {servers}")))
        };
        if *self.min_servers.get_ref() > servers {
            return refuse(&self.min_servers, "min_servers", "at most");
        }
        if *self.max_servers.get_ref() < servers {
            return refuse(&self.max_servers, "max_servers", "at least");
        }
        if self.down_below.get_ref() > self.up_above.get_ref() {
            let message = "`down_below` is above `up_above`: servers would come and go at the same load";
            return Err(check.source.error_at(&self.down_below, message));
        }
        Ok(())
    }
}
