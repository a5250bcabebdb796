//! A number with its provenance.

use crate::diagnostic::{Diagnostic, Source};
use cospike_results::manifest::ValueUsed;
use cospike_sim_core::kernel::ImpossibleValue;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// A number with its unit and provenance.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// The number, in `unit`.
    pub value: Spanned<f64>,
    /// Its unit, exactly the one that the profile asks for.
    pub unit: Spanned<String>,
    /// Where it is from.
    pub source: Spanned<String>,
    /// What it covers.
    pub scope: Spanned<Scope>,
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
        *self.value.get_ref()
    }

    pub(super) fn check(&self, source: &Source, expected: &Expected) -> Result<(), Diagnostic> {
        let (key, unit) = (expected.key, expected.unit);
        if self.unit.get_ref() != unit {
            let message = format!("`{key}` is given in `{}`, but must be in `{unit}`", self.unit.get_ref());
            return Err(source.error_at(&self.unit, message));
        }
        if self.source.get_ref().trim().is_empty() {
            let message = format!("`{key}` has no source");
            return Err(source.error_at(&self.source, message).help("say where the value is from, or who assumed it"));
        }
        (expected.check)(key, self.get()).map_err(|error| source.error_at(&self.value, error.to_string()))
    }

    pub(super) fn used(&self, expected: &Expected) -> ValueUsed {
        ValueUsed {
            key: expected.key.into(),
            value: self.get(),
            unit: expected.unit.into(),
            source: self.source.get_ref().clone(),
            scope: self.scope.get_ref().name().into(),
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
