//! Checks that refuse parameter values outside the range of a model.

use std::fmt;

/// A parameter has a value outside the range that the model accepts.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {}, but must be {needed}", Number(*value))]
pub struct ImpossibleValue {
    /// Name of the parameter, as the field is spelled in its struct.
    pub name: &'static str,
    /// The value found.
    pub value: f64,
    /// Description of the accepted values.
    pub needed: &'static str,
}

/// A number as messages show it: very large and very small ones by their exponent, so that no message has hundreds of digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value.is_infinite() => f.write_str(if value > 0.0 { "infinity" } else { "-infinity" }),
            value if value == 0.0 || !value.is_finite() || (1e-4..1e9).contains(&value.abs()) => write!(f, "{value}"),
            value => write!(f, "{value:e}"),
        }
    }
}

fn check(holds: bool, name: &'static str, value: f64, needed: &'static str) -> Result<(), ImpossibleValue> {
    if holds { Ok(()) } else { Err(ImpossibleValue { name, value, needed }) }
}

/// Refuses values that are not finite and above zero.
pub fn positive(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(value.is_finite() && value > 0.0, name, value, "finite and above 0")
}

/// Refuses values that are negative or not finite.
pub fn not_negative(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(value.is_finite() && value >= 0.0, name, value, "finite and at least 0")
}

/// Longest time that a single parameter may give, in seconds: 31 years, so that many such times can follow one another before
/// the clock ends after 584.
pub const MAX_SECONDS: f64 = 1e9;

/// Greatest rate of arrivals or alarms, per second: one in a nanosecond, the resolution of the clock.
pub const MAX_PER_SECOND: f64 = 1e9;

/// Smallest rate of arrivals or alarms, per second: one in [`MAX_SECONDS`].
pub const MIN_PER_SECOND: f64 = 1e-9;

/// Greatest rate of a link, in bit/s: a thousand bits in a nanosecond.
pub const MAX_BITS_PER_SECOND: f64 = 1e12;

/// Smallest constant rate of a link, in bit/s.
pub const MIN_BITS_PER_SECOND: f64 = 1.0;

/// Greatest power, in watts: a power plant. Far above it, sums of joules would lose the small parts.
pub const MAX_WATTS: f64 = 1e9;

/// Refuses times that are negative, above [`MAX_SECONDS`], or so short that the clock takes them for none.
pub fn seconds(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    let holds = value == 0.0 || (NANOSECOND_ROUNDED..=MAX_SECONDS).contains(&value);
    check(holds, name, value, "0, or 1e-9 s to 1e9 s: the clock counts nanoseconds")
}

/// Refuses times that [`seconds`] refuses, and 0.
pub fn positive_seconds(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(
        (NANOSECOND_ROUNDED..=MAX_SECONDS).contains(&value),
        name,
        value,
        "1e-9 s to 1e9 s: the clock counts nanoseconds",
    )
}

/// Shortest time that the clock rounds to a nanosecond instead of none.
const NANOSECOND_ROUNDED: f64 = 0.5e-9;

/// Refuses rates of arrivals or alarms outside [`MIN_PER_SECOND`] to [`MAX_PER_SECOND`].
pub fn per_second(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check((MIN_PER_SECOND..=MAX_PER_SECOND).contains(&value), name, value, "1e-9 to 1e9 per second")
}

/// Refuses constant rates of a link outside [`MIN_BITS_PER_SECOND`] to [`MAX_BITS_PER_SECOND`].
pub fn bits_per_second(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check((MIN_BITS_PER_SECOND..=MAX_BITS_PER_SECOND).contains(&value), name, value, "1 bit/s to 1e12 bit/s")
}

/// Refuses powers that are negative or above [`MAX_WATTS`].
pub fn watts(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check((0.0..=MAX_WATTS).contains(&value), name, value, "0 to 1e9 W")
}

/// Refuses counts outside 1 to `most`, which `needed` states.
pub fn count(name: &'static str, value: u64, most: u64, needed: &'static str) -> Result<(), ImpossibleValue> {
    check((1..=most).contains(&value), name, value as f64, needed)
}

/// Refuses values outside 0 to 1.
pub fn probability(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check((0.0..=1.0).contains(&value), name, value, "a probability from 0 to 1")
}

/// Least and greatest ratio of signal to noise, in dB: beyond them an analogue symbol says nothing, or more than a float holds.
pub const SIGNAL_TO_NOISE_DB: [f64; 2] = [-40.0, 120.0];

/// Refuses ratios of signal to noise outside [`SIGNAL_TO_NOISE_DB`].
pub fn signal_to_noise(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    let [least, most] = SIGNAL_TO_NOISE_DB;
    check((least..=most).contains(&value), name, value, "-40 to 120 dB")
}

/// Refuses values that are not above 0 and at most 1.
pub fn share(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(value > 0.0 && value <= 1.0, name, value, "above 0 and at most 1")
}
