//! Quantities of a profile: numbers with their units and sources.

use crate::diagnostic::Mistake;
use crate::located::Located;
use cospike_results::manifest::ValueUsed;
use cospike_sim_core::energy::Unit;
use cospike_sim_core::kernel::ImpossibleValue;
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

/// Key of a quantity, its unit and the check of its value.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Key of the quantity in the profile.
    pub key: &'static str,
    /// Unit in which the profile must give the value.
    pub unit: &'static str,
    /// Check of the value; it takes the key for its message.
    pub check: fn(&'static str, f64) -> Result<(), ImpossibleValue>,
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
            let message = format!("`{key}` is given in `{}`, but must be in `{unit}`", *self.unit);
            return Err(Mistake::in_value(&self.unit, message));
        }
        if self.source.trim().is_empty() {
            let message = format!("`{key}` has no source");
            return Err(Mistake::in_value(&self.source, message)
                .help("name the publication or measurement that the value is from, or who assumed it"));
        }
        (expected.check)(key, self.get()).map_err(|error| Mistake::in_value(&self.value, error.to_string()))
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

/// Accepts whole numbers that fit 32 bits.
pub(super) fn whole(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    let fits = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
    let needed = "a whole number from 0 to 4,294,967,295";
    if fits { Ok(()) } else { Err(ImpossibleValue { name, value, needed }) }
}

/// Accepts 0 (no) and 1 (yes).
pub(super) fn switch(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    Unit::Switch.check(name, value)
}
