//! A number with its provenance.

use crate::diagnostic::Mistake;
use crate::located::Located;
use cospike_results::manifest::ValueUsed;
use cospike_sim_core::kernel::ImpossibleValue;
use serde::{Deserialize, Serialize};

/// A number with its unit and provenance.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The number, in `unit`.
    pub value: Located<f64>,
    /// Its unit, exactly the one that the profile asks for.
    pub unit: Located<String>,
    /// Where it is from.
    pub source: Located<String>,
    /// What it covers.
    pub scope: Located<Scope>,
    /// How good it is.
    pub evidence: Evidence,
}

/// What a number covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One operation alone.
    PerOperation,
    /// Everything that goes on at an operating point, divided by operations if it is a price.
    AllIn,
}

/// How good a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Measured on the thing itself.
    Measured,
    /// Simulated before silicon.
    Simulated,
    /// Taken from a published model, or a standard.
    PublishedModel,
    /// Chosen by whoever wrote the profile, or left out (0).
    Assumed,
}

/// What a profile asks of one of its quantities.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Its key.
    pub key: &'static str,
    /// The unit it is given in.
    pub unit: &'static str,
    /// The values that are possible.
    pub check: fn(&'static str, f64) -> Result<(), ImpossibleValue>,
}

impl Quantity {
    /// The number, in the profile's unit.
    pub fn get(&self) -> f64 {
        self.value.get()
    }

    pub(super) fn check(&self, expected: &Expected) -> Result<(), Mistake> {
        let (key, unit) = (expected.key, expected.unit);
        if *self.unit != unit {
            let message = format!("`{key}` is given in `{}`, but must be in `{unit}`", *self.unit);
            return Err(Mistake::in_value(&self.unit, message));
        }
        if self.source.trim().is_empty() {
            let message = format!("`{key}` has no source");
            return Err(Mistake::in_value(&self.source, message).help("say where the value is from, or who assumed it"));
        }
        (expected.check)(key, self.get()).map_err(|error| Mistake::in_value(&self.value, error.to_string()))
    }

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
    /// As it is written in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Self::PerOperation => "per-operation",
            Self::AllIn => "all-in",
        }
    }
}

impl Evidence {
    /// As it is written in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Simulated => "simulated",
            Self::PublishedModel => "published-model",
            Self::Assumed => "assumed",
        }
    }
}

/// Accepts what fits a 32-bit count.
pub(super) fn whole(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    let fits = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
    let needed = "a whole number from 0 to 4,294,967,295";
    if fits { Ok(()) } else { Err(ImpossibleValue { name, value, needed }) }
}
