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
    /// Unit of the value: the one that this kind of profile uses for the key. A file may give it with another prefix, or a power as a
    /// current at a voltage, such as `mA at 3.3 V`.
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

    /// Puts a value that is given with another prefix of the unit `wanted` (`0.5 W` for milliwatts), or as a current at a voltage
    /// (`12 mA at 3.3 V`), into that unit. Leaves any other as it is, for [`Quantity::check`] to refuse.
    pub(super) fn convert(&mut self, wanted: &'static str) {
        if let Some(value) = converted(self.get(), self.unit.trim(), wanted) {
            self.value = Located::new(self.value.span(), value);
            self.unit = Located::new(self.unit.span(), wanted.into());
        }
    }

    /// Checks unit, source and value, in this order.
    pub(super) fn check(&self, expected: &Expected) -> Result<(), Mistake> {
        let (key, unit) = (expected.key, expected.unit);
        if *self.unit != unit {
            let message = format!("`{key}` is given in `{}`, but must be in `{unit}`", excerpt(&self.unit));
            let help = "another prefix of this unit is converted: p, n, u, m, k, M, G";
            return Err(Mistake::in_value(&self.unit, message).help(help));
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

/// Powers of ten of the prefixes of units.
const PREFIXES: [(&str, i32); 9] =
    [("p", -12), ("n", -9), ("u", -6), ("µ", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9)];

/// What is measured in units that have prefixes: power, energy, time and rate, and what is so per something else.
const PREFIXED: [&str; 4] = ["W", "J", "s", "bit/s"];

/// `value` in the unit `wanted`; `None` if `unit` is no other form of it.
fn converted(value: f64, unit: &str, wanted: &str) -> Option<f64> {
    let (base, to) = PREFIXES.iter().find_map(|(prefix, power)| {
        let base = wanted.strip_prefix(prefix)?;
        let is_base =
            |known: &&str| base == *known || base.strip_prefix(*known).is_some_and(|per| per.starts_with('/'));
        PREFIXED.iter().any(is_base).then_some((base, power))
    })?;
    let prefix_of = |unit: &str, base: &str| {
        let prefix = unit.strip_suffix(base)?;
        PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, power)| *power)
    };
    let current = || {
        let (current, voltage) = unit.split_once(" at ")?;
        let volts: f64 = voltage.strip_suffix('V')?.trim().parse().ok()?;
        (base == "W" && volts > 0.0 && volts.is_finite()).then_some((prefix_of(current, "A")?, value * volts))
    };
    let (from, value) = match prefix_of(unit, base) {
        Some(from) => (from, value),
        None => current()?,
    };
    // Powers of ten up to here are exact, their inverses are not.
    let power = from - to;
    Some(if power < 0 { value / 10_f64.powi(-power) } else { value * 10_f64.powi(power) })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_prefixes_of_a_unit_and_currents_at_a_voltage_are_converted() {
        for (value, unit, wanted, expected) in [
            (0.5, "W", "mW", 500.0),
            (1500.0, "ns", "us", 1.5),
            (250.0, "kbit/s", "Mbit/s", 0.25),
            (0.2, "nJ", "pJ", 200.0),
            (0.003, "nJ/bit", "pJ/bit", 3.0),
            (12.0, "mA at 3.3 V", "mW", 12.0 * 3.3),
            (1.0, "A at 5V", "W", 5.0),
            (7.0, "µJ", "uJ", 7.0),
            (0.28, "W/(Mbit/s)", "mW/(Mbit/s)", 280.0),
            (3.0, "s", "ms", 3000.0),
        ] {
            let found = converted(value, unit, wanted).unwrap_or_else(|| panic!("{unit} to {wanted}"));
            assert!((found / expected - 1.0).abs() < 1e-15, "{value} {unit} is {found} {wanted}");
        }
        for (unit, wanted) in [
            ("J", "mW"),
            ("mprobability", "probability"),
            ("Mbit", "Mbit/s"),
            ("MB/s", "Mbit/s"),
            ("mA", "mW"),
            ("mA at -3 V", "mW"),
            ("mA at 3 V", "mJ"),
            ("k1/s", "1/s"),
            ("kbytes", "bytes"),
            ("pJ/64bit", "pJ/bit"),
            ("W/(kbit/s)", "mW/(Mbit/s)"),
            ("", "s"),
        ] {
            assert!(converted(1.0, unit, wanted).is_none(), "{unit} to {wanted}");
        }
    }
}
