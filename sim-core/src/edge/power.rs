//! Speed levels of a processor, and its power between inferences.

use crate::kernel::{ImpossibleValue, seconds, watts};
use serde::{Deserialize, Serialize};

/// One speed of the processor, as dynamic voltage and frequency scaling offers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeedLevel {
    /// All rates of the processor are multiplied by this; its overhead is divided by it.
    pub rate_factor: f64,
    /// Power while computing is multiplied by this. An operation then takes `1 / rate_factor` of its time at this power, so
    /// its energy is its price times `power_factor / rate_factor`. (Dynamic power of CMOS goes with `f V^2`: a level at
    /// half the frequency and 0.8 of the voltage has the factors 0.5 and 0.32.)
    pub power_factor: f64,
}

/// Choice of the speed level of an inference, which keeps the level that it began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Governor {
    /// Always the same level.
    Fixed {
        /// Index of the level.
        level: u8,
    },
    /// Level `i`, where `i` is the number of thresholds that the queue has reached: one threshold less than there are
    /// levels, ascending.
    ByQueue {
        /// Numbers of requests that wait besides the one that begins.
        thresholds: Vec<u32>,
    },
}

/// Power of the processor, besides the static power and the energy of its operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standby {
    /// Power while awake and idle, in watts.
    pub idle_watts: f64,
    /// Power while it computes, which the energy of its operations comes on top of, in watts: the idle power, because clocks
    /// and leakage do not stop for a computation; 0 if the prices of the operations are those of a whole chip at work.
    pub computing_watts: f64,
    /// Sleep mode; `None`: the processor never sleeps.
    pub sleep: Option<Sleep>,
}

/// Sleep mode of a processor, which begins the run asleep.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sleep {
    /// Idle time after which it falls asleep, in seconds.
    pub after_seconds: f64,
    /// Power while asleep, in watts.
    pub watts: f64,
    /// Time to wake up, by which the first inference afterwards takes longer, in seconds.
    pub wake_seconds: f64,
    /// Power while waking up, in watts.
    pub wake_watts: f64,
}

fn factor(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    match (SpeedLevel::MIN_FACTOR..=SpeedLevel::MAX_FACTOR).contains(&value) {
        true => Ok(()),
        false => Err(ImpossibleValue { name, value, needed: "1e-6 to 1e6" }),
    }
}

impl SpeedLevel {
    /// Smallest factor of rates or power.
    pub const MIN_FACTOR: f64 = 1e-6;
    /// Greatest factor of rates or power.
    pub const MAX_FACTOR: f64 = 1e6;

    /// Greatest number of levels of a processor: a level is numbered by a byte.
    pub const MOST: usize = 1 << u8::BITS;

    /// The level that rates and prices are given for.
    pub const NOMINAL: Self = Self { rate_factor: 1.0, power_factor: 1.0 };

    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        factor("rate_factor", self.rate_factor)?;
        factor("power_factor", self.power_factor)
    }

    /// Energy of an operation at this level, as a multiple of that at the nominal level.
    pub fn energy_factor(&self) -> f64 {
        self.power_factor / self.rate_factor
    }
}

impl Governor {
    pub(super) fn check(&self, levels: usize) -> Result<(), ImpossibleValue> {
        let refuse = |name, value, needed| Err(ImpossibleValue { name, value, needed });
        match self {
            _ if levels > SpeedLevel::MOST => {
                refuse("number of speed levels", levels as f64, "few enough for levels to be numbered by a byte")
            }
            Self::Fixed { level } if usize::from(*level) >= levels => {
                refuse("level", f64::from(*level), "below the number of levels")
            }
            Self::ByQueue { thresholds } if thresholds.len() + 1 != levels => {
                refuse("number of thresholds", thresholds.len() as f64, "one less than the number of levels")
            }
            Self::ByQueue { thresholds } => match thresholds.windows(2).find(|pair| pair[0] >= pair[1]) {
                Some(pair) => refuse("thresholds", f64::from(pair[1]), "above the threshold before"),
                None => Ok(()),
            },
            Self::Fixed { .. } => Ok(()),
        }
    }

    /// Index of the level for an inference that begins while `waiting` others wait.
    pub fn level(&self, waiting: u32) -> u8 {
        match self {
            Self::Fixed { level } => *level,
            // A governor that was checked has fewer thresholds than there may be levels.
            Self::ByQueue { thresholds } => thresholds.iter().filter(|&&threshold| waiting >= threshold).count() as u8,
        }
    }
}

impl Standby {
    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        watts("idle_watts", self.idle_watts)?;
        watts("computing_watts", self.computing_watts)?;
        let Some(sleep) = &self.sleep else { return Ok(()) };
        seconds("after_seconds", sleep.after_seconds)?;
        watts("sleep watts", sleep.watts)?;
        seconds("wake_seconds", sleep.wake_seconds)?;
        watts("wake_watts", sleep.wake_watts)
    }
}
