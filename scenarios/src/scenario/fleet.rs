//! `[fleet]`: the edge devices.

use super::check::Check;
use crate::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[fleet]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FleetSection {
    /// Number of devices, all alike.
    pub devices: Spanned<u32>,
    /// Their profile.
    pub profile: Spanned<String>,
    /// What their operations cost.
    pub prices: Spanned<String>,
    /// Requests that may wait at a device. Unbounded if left out.
    pub queue_capacity: Option<Spanned<u32>>,
    /// Which request a full queue drops.
    #[serde(default)]
    pub when_full: WhenFull,
    /// Energy of a full battery. Mains if left out.
    pub battery_j: Option<Spanned<f64>>,
    /// Idle time after which the processor falls asleep, as its profile says. Never if left out.
    pub sleep_after_ms: Option<Spanned<f64>>,
    /// Speed levels, by the number of requests that wait. Nominal speed if left out.
    #[serde(default)]
    pub speed: Vec<Spanned<SpeedLevel>>,
    /// The device answers by itself as soon as its own answer has at most this entropy, from 0 (certain) to 1.
    pub exit_entropy: Option<Spanned<f64>>,
    /// How the device estimates its link's rate, to choose among `network.alternative`.
    pub switching: Option<Spanned<Switching>>,
}

/// Which request a full queue drops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// The one that comes.
    #[default]
    DropNewest,
    /// The one that has waited longest.
    DropOldest,
}

/// `[[fleet.speed]]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SpeedLevel {
    /// Taken when at least so many requests wait; 0 for the first level, ascending.
    pub from_waiting: Spanned<u32>,
    /// The profile's rates are multiplied by this.
    pub rate_factor: Spanned<f64>,
    /// Power while computing is multiplied by this.
    pub power_factor: Spanned<f64>,
}

/// `[fleet.switching]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Switching {
    /// Weight of the newest message in the estimate, above 0 and at most 1.
    pub smoothing: Spanned<f64>,
    /// The estimate before the first message.
    pub initial_mbps: Spanned<f64>,
}

impl FleetSection {
    pub(super) fn check(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        check.count("devices", &self.devices)?;
        check.positive("battery_j", self.battery_j.as_ref())?;
        check.not_negative("sleep_after_ms", self.sleep_after_ms.as_ref())?;
        check.probability("exit_entropy", self.exit_entropy.as_ref())?;
        self.check_queue(check)?;
        self.check_speed(check)?;
        if let Some(switching) = self.switching.as_ref().map(Spanned::get_ref) {
            check.not_negative("initial_mbps", &switching.initial_mbps)?;
            check.positive("smoothing", &switching.smoothing)?;
            check.probability("smoothing", &switching.smoothing)?;
        }
        Ok(())
    }

    fn check_queue(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        match &self.queue_capacity {
            Some(capacity) if *capacity.get_ref() == 0 && self.when_full == WhenFull::DropOldest => {
                let message = "a queue without room has no oldest request to drop";
                Err(check.source.error_at(capacity, message).help("give `queue_capacity` of at least 1"))
            }
            _ => Ok(()),
        }
    }

    fn check_speed(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        let mut least = 0;
        for (index, level) in self.speed.iter().map(Spanned::get_ref).enumerate() {
            check.positive("rate_factor", &level.rate_factor)?;
            check.positive("power_factor", &level.power_factor)?;
            let from = *level.from_waiting.get_ref();
            if (index == 0 && from != 0) || from < least {
                let message = format!(
                    "`from_waiting` is {from}, but must be {}",
                    if index == 0 {
                        "0 for the first level".into()
                    } else {
                        format!("at least {least}, above the level before")
                    }
                );
                return Err(check.source.error_at(&level.from_waiting, message));
            }
            least = from.saturating_add(1);
        }
        Ok(())
    }
}
