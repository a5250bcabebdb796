//! Quantities of a profile: numbers with their units and sources.

use crate::diagnostic::{Mistake, excerpt};
use crate::located::Located;
use crate::shape::refuse_control_characters;
use cospike_results::manifest::ValueUsed;
use cospike_sim_core::kernel::Number;
use serde::{Deserialize, Serialize};

/// A number of a profile with its unit and source.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// Value of the quantity, in `unit`.
    pub value: Located<f64>,
    /// Unit of the value. It must be the one that this kind of profile uses for the key; nothing is converted.
    pub unit: Located<String>,
    /// Source of the value: a publication, a measurement, or who assumed it.
    pub source: Located<String>,
    /// What the value covers.
    pub scope: Located<Scope>,
    /// How the value was obtained.
    pub evidence: Evidence,
}

/// What the value of a quantity covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One operation alone.
    PerOperation,
    /// Everything that the hardware does at an operating point; a price is this total divided by the number of operations.
    AllIn,
}

/// How the value of a quantity was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Measured on the hardware itself.
    Measured,
    /// Simulated before the hardware was built.
    Simulated,
    /// Taken from a published model, or a standard.
    PublishedModel,
    /// Assumed by the author of the profile, or 0 because the model of the profile leaves it out.
    Assumed,
}

/// Key of a quantity, its unit and the limits of its value.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Key of the quantity in the profile.
    pub key: &'static str,
    /// Unit in which the profile must give the value.
    pub unit: &'static str,
    /// Values that the key accepts.
    pub limits: Limits,
}

impl Quantity {
    /// Value of the quantity, in the profile's unit.
    pub fn get(&self) -> f64 {
        self.value.get()
    }

    /// Checks unit, source and value, in this order.
    pub(super) fn check(&self, expected: &Expected) -> Result<(), Mistake> {
        let (key, unit) = (expected.key, expected.unit);
        if *self.unit != unit {
            let message = format!("`{key}` is given in `{}`, but must be in `{unit}`", excerpt(&self.unit));
            return Err(Mistake::in_value(&self.unit, message));
        }
        if self.source.trim().is_empty() {
            let message = format!("`{key}` has no source");
            return Err(Mistake::in_value(&self.source, message)
                .help("name the publication or measurement that the value is from, or who assumed it"));
        }
        refuse_control_characters(&self.source)?;
        if expected.limits.accepts(self.get()) {
            return Ok(());
        }
        let found = Number(self.get());
        // The unit of a switch says what it may be.
        let needed = match expected.limits == super::SWITCH {
            true => unit.to_string(),
            false => format!("{}, in {unit}", expected.limits),
        };
        let message = format!("the value of `{key}` is {found}, but must be {needed}");
        Err(Mistake::in_value(&self.value, message))
    }

    /// The quantity as the manifest of a study records it.
    pub(super) fn used(&self, expected: &Expected) -> ValueUsed {
        ValueUsed {
            key: expected.key.into(),
            value: self.get(),
            unit: expected.unit.into(),
            source: (*self.source).clone(),
            scope: self.scope.name().into(),
            evidence: self.evidence.name().into(),
        }
    }
}

impl Scope {
    /// Word for the scope in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Self::PerOperation => "per-operation",
            Self::AllIn => "all-in",
        }
    }
}

impl Evidence {
    /// Word for the evidence in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Simulated => "simulated",
            Self::PublishedModel => "published-model",
            Self::Assumed => "assumed",
        }
    }
}

/// Values that a quantity accepts, in its unit: whole numbers only if `is_whole`, 0 if `zero`, and `least` to `most`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Whether only whole numbers are accepted.
    pub is_whole: bool,
    /// Whether 0 is accepted besides.
    pub zero: bool,
    /// Smallest value, 0 aside.
    pub least: f64,
    /// Greatest value.
    pub most: f64,
}

impl Limits {
    /// Numbers from `least` to `most`.
    pub(super) const fn between(least: f64, most: f64) -> Self {
        Self { is_whole: false, zero: false, least, most }
    }

    /// Whole numbers from `least` to `most`.
    pub(super) const fn whole(least: f64, most: f64) -> Self {
        Self { is_whole: true, ..Self::between(least, most) }
    }

    /// The same limits, and 0.
    pub(super) const fn or_zero(self) -> Self {
        Self { zero: true, ..self }
    }

    /// What either of two limits accepts, and what lies between.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            is_whole: self.is_whole && other.is_whole,
            zero: self.zero || other.zero,
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }

    fn accepts(&self, value: f64) -> bool {
        // No quantity may be negative, so -0 is refused as well.
        let is_whole = !self.is_whole || value.fract() == 0.0;
        let is_zero = self.zero && value == 0.0;
        value.is_sign_positive() && is_whole && (is_zero || (self.least..=self.most).contains(&value))
    }
}

impl std::fmt::Display for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_whole { "a whole number" } else { "a number" };
        let zero = if self.zero { ", 0 or" } else { "" };
        write!(f, "{kind}{zero} from {} to {}", Number(self.least), Number(self.most))
    }
}
