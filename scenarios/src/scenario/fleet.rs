//! `[fleet]`: the edge devices.

use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::profiles::{DeviceProfile, Overrides, Prices};
use crate::scenario::check;
use crate::scenario::limits::{MAX_J, MAX_MBPS, MAX_MS, MAX_WAITING, MIN_J, MIN_MS, MIN_SHARE};
use cospike_sim_core::cosim::System;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The edge devices.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FleetSection {
    /// Number of devices, all of the same profile.
    #[schemars(range(min = 1, max = System::MAX_DEVICES))]
    pub devices: Located<u32>,
    /// Profile of a device.
    pub profile: Located<String>,
    /// Values in the place of those of the profile.
    #[serde(rename = "override")]
    pub overrides: Option<Overrides<DeviceProfile>>,
    /// Price list of the operations on a device. If it is left out, the device draws the `computing_power` of its profile.
    pub prices: Option<Located<String>>,
    /// Values in the place of those of the price list.
    pub price_override: Option<Overrides<Prices>>,
    /// CSV file of what a device was measured to take for whole heads, in the place of the profile's rates and of prices: `split`, `width`
    /// (empty without a bottleneck unit), `head_ms`, `head_mj`, and before them, if it differs, the `kind` of the network. The energy is what is
    /// drawn in addition to the profile's static power.
    pub measured: Option<Located<String>>,
    /// Maximum number of requests that wait for the processor of a device, the one that it computes not counted; what waits for
    /// the uplink is not bounded. Unbounded if it is left out.
    #[schemars(range(min = 0, max = MAX_WAITING))]
    pub queue_capacity: Option<Located<u32>>,
    /// Request that is dropped when the queue is full.
    #[serde(default)]
    pub when_full: Located<WhenFull>,
    /// Energy of a full battery. Devices run on mains power if it is left out.
    #[schemars(range(min = MIN_J, max = MAX_J))]
    pub battery_j: Option<Located<f64>>,
    /// Idle time after which the processor falls asleep, with the powers of its profile. It never does if this is left
    /// out.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub sleep_after_ms: Option<Located<f64>>,
    /// Speed levels, chosen by the number of waiting requests. The processor always runs at nominal speed if they are left
    /// out.
    #[serde(default)]
    pub speed: Vec<Located<SpeedLevel>>,
    /// Entropy of the device's own answer, from 0 (certain) to 1, up to which it answers by itself.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub exit_entropy: Option<Located<f64>>,
    /// How a device estimates the rate of its link, by which it chooses among `network.alternative`.
    pub switching: Option<Located<Switching>>,
}

/// Request that is dropped when the queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// The arriving request.
    #[default]
    DropNewest,
    /// The request that has waited longest.
    DropOldest,
}

/// A speed level of the processor, chosen by the number of waiting requests.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeedLevel {
    /// Number of waiting requests from which on the level is chosen; 0 for the first level, ascending.
    #[schemars(range(min = 0, max = MAX_WAITING))]
    pub from_waiting: Located<u32>,
    /// Factor of the profile's rates.
    #[schemars(range(min = cospike_sim_core::edge::SpeedLevel::MIN_FACTOR, max = cospike_sim_core::edge::SpeedLevel::MAX_FACTOR))]
    pub rate_factor: Located<f64>,
    /// Factor of the power while computing.
    #[schemars(range(min = cospike_sim_core::edge::SpeedLevel::MIN_FACTOR, max = cospike_sim_core::edge::SpeedLevel::MAX_FACTOR))]
    pub power_factor: Located<f64>,
}

/// How a device estimates the rate of its link.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Switching {
    /// Weight of the newest message in the estimate, above 0 and at most 1.
    #[schemars(range(min = MIN_SHARE, max = 1.0))]
    pub smoothing: Located<f64>,
    /// Estimate before the first message.
    #[schemars(range(min = 0.0, max = MAX_MBPS))]
    pub initial_mbps: Located<f64>,
}

impl FleetSection {
    /// The price list of the operations, and the values in the place of its own.
    pub(crate) fn priced(&self) -> Option<(&Located<String>, Option<&Overrides<Prices>>)> {
        Some((self.prices.as_ref()?, self.price_override.as_ref()))
    }

    /// The profile of a device, and the values in the place of its own.
    pub(crate) fn device(&self) -> (&Located<String>, Option<&Overrides<DeviceProfile>>) {
        (&self.profile, self.overrides.as_ref())
    }

    /// The first value in the place of the profile's that says what computing takes, and where it stands.
    pub(super) fn computing_override(&self) -> Option<(&'static str, std::ops::Range<usize>)> {
        self.overrides.as_ref()?.first_of(&DeviceProfile::COMPUTING)
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        check::needs_prices(&self.prices, &self.price_override)?;
        check::at_most_one(&[("prices", check::span(&self.prices)), ("measured", check::span(&self.measured))])?;
        self.check_queue()?;
        self.check_speed()
    }

    fn check_queue(&self) -> Result<(), Mistake> {
        match &self.queue_capacity {
            Some(capacity) if capacity.get() == 0 && self.when_full.get() == WhenFull::DropOldest => {
                let message = "a queue without room has no oldest request to drop";
                Err(Mistake::in_value(capacity, message).help("give `queue_capacity` of at least 1"))
            }
            _ => Ok(()),
        }
    }

    fn check_speed(&self) -> Result<(), Mistake> {
        let mut least = 0;
        for (index, level) in self.speed.iter().enumerate() {
            let from = level.from_waiting.get();
            if (index == 0 && from != 0) || from < least {
                let needed = match index {
                    0 => "0 for the first level".into(),
                    _ => format!("at least {least}, above the level before"),
                };
                let message = format!("`from_waiting` is {from}, but must be {needed}");
                return Err(Mistake::in_value(&level.from_waiting, message));
            }
            least = from.saturating_add(1);
        }
        Ok(())
    }
}
