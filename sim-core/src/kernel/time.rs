//! Simulated time.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A point in, or a span of, simulated time: whole nanoseconds since the start, up to 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SimTime(u64);

/// A duration or a point in time that [`SimTime`] cannot hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Seconds that are negative, not a number or too many.
    #[error("{} s is no simulated time: give 0 to {} s", readable(*seconds), SimTime::MAX.seconds())]
    NotATime {
        /// The value found, in seconds.
        seconds: f64,
    },
    /// Advancing the clock would pass the last representable nanosecond.
    #[error(
        "{delay} after {now} lies beyond {}, the end of simulated time: shorten the run or raise the rates",
        SimTime::MAX
    )]
    BeyondTheEnd {
        /// Time of the clock.
        now: SimTime,
        /// Delay that should be added.
        delay: SimTime,
    },
}

/// A number of seconds, with an exponent where it would have more digits than anybody reads.
fn readable(seconds: f64) -> String {
    if seconds.abs() < 1e15 { seconds.to_string() } else { format!("{seconds:e}") }
}

impl SimTime {
    /// The start of every simulation; as a span, no time.
    pub const ZERO: Self = Self(0);
    /// The last representable point in time, 584 years after the start.
    pub const MAX: Self = Self(u64::MAX);

    /// Time of `nanoseconds` nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    /// Time of `seconds` seconds, rounded to the nearest nanosecond.
    ///
    /// # Errors
    /// [`TimeError::NotATime`] for negative, infinite or too many seconds and for NaN.
    pub fn from_seconds(seconds: f64) -> Result<Self, TimeError> {
        let nanoseconds = (seconds * 1e9).round();
        // 2^64 as f64; every smaller f64 fits in a u64. The comparison is false for NaN.
        if seconds >= 0.0 && nanoseconds < 18_446_744_073_709_551_616.0 {
            Ok(Self(nanoseconds as u64))
        } else {
            Err(TimeError::NotATime { seconds })
        }
    }

    /// This time in nanoseconds, exact.
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }

    /// This time in seconds, rounded to the nearest float.
    pub const fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The point in time that lies `delay` later.
    ///
    /// # Errors
    /// [`TimeError::BeyondTheEnd`] on overflow.
    pub fn after(self, delay: Self) -> Result<Self, TimeError> {
        self.0.checked_add(delay.0).map(Self).ok_or(TimeError::BeyondTheEnd { now: self, delay })
    }

    /// The span from `earlier` to `self`; empty if `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> Self {
        debug_assert!(earlier <= self, "time ran backwards");
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for SimTime {
    /// Writes exact seconds, e.g. `1.000000250 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09} s", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_to_the_nearest_nanosecond_or_are_refused() {
        assert_eq!(SimTime::from_seconds(1.5e-9), Ok(SimTime(2)));
        assert_eq!(SimTime::from_seconds(0.1), Ok(SimTime(100_000_000)));
        for bad in [-1e-12, f64::NAN, f64::INFINITY, 2e10] {
            assert!(matches!(SimTime::from_seconds(bad), Err(TimeError::NotATime { .. })), "{bad}");
        }
        assert!(matches!(SimTime::MAX.after(SimTime(1)), Err(TimeError::BeyondTheEnd { .. })));
    }
}
