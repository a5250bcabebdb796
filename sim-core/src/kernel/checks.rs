//! Checks that refuse parameter values outside the range of a model.

/// A parameter has a value outside the range that the model accepts.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}, but must be {needed}")]
pub struct ImpossibleValue {
    /// Name of the parameter, as the field is spelled in its struct.
    pub name: &'static str,
    /// The value found.
    pub value: f64,
    /// Description of the accepted values.
    pub needed: &'static str,
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

/// Refuses values outside 0 to 1.
pub fn probability(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check((0.0..=1.0).contains(&value), name, value, "a probability from 0 to 1")
}

/// Refuses values that are not above 0 and at most 1.
pub fn share(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(value > 0.0 && value <= 1.0, name, value, "above 0 and at most 1")
}
