//! Refusing values that a model cannot take.

/// A parameter has a value that the model cannot take.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}, but must be {needed}")]
pub struct ImpossibleValue {
    /// Name of the parameter, as its struct spells it.
    pub name: &'static str,
    /// The value found.
    pub value: f64,
    /// What would be accepted.
    pub needed: &'static str,
}

fn check(holds: bool, name: &'static str, value: f64, needed: &'static str) -> Result<(), ImpossibleValue> {
    if holds { Ok(()) } else { Err(ImpossibleValue { name, value, needed }) }
}

/// Accepts finite values above zero.
pub fn positive(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(value.is_finite() && value > 0.0, name, value, "finite and above 0")
}

/// Accepts finite values from zero.
pub fn not_negative(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(value.is_finite() && value >= 0.0, name, value, "finite and at least 0")
}

/// Accepts values from 0 to 1.
pub fn probability(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check((0.0..=1.0).contains(&value), name, value, "a probability from 0 to 1")
}

/// Accepts values above 0 and up to 1.
pub fn share(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    check(value > 0.0 && value <= 1.0, name, value, "above 0 and at most 1")
}
