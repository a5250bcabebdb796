//! Values that a scenario gives in the place of a profile's.

use super::{Evidence, Expected, Limits, Quantity, Scope};
use crate::declarations::MINIMUM_ABOVE_0;
use crate::diagnostic::Mistake;
use crate::located::Located;
use cospike_sim_core::kernel::Number;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// A kind of profile whose values a scenario may replace.
pub trait Replaceable {
    /// What messages call a file of the kind, such as `device profile`.
    const NAME: &'static str;

    /// All quantities that files of the kind may have, each with its meaning.
    fn declared() -> Vec<(Expected, String)>;

    /// Unit of the quantity called `key`.
    fn unit(key: &str) -> &'static str;

    /// Puts another quantity in the place of the one called `key`, which the profile may not have; `value` is that of the scenario.
    ///
    /// # Errors
    /// A key or value that this profile cannot have.
    fn replace(
        &mut self,
        key: &str,
        value: &Located<f64>,
        with: impl FnOnce(Option<&Quantity>) -> Quantity,
    ) -> Result<(), Mistake>;
}

/// Values in the place of those of a profile of kind `P`, by key, in the units of such profiles.
pub struct Overrides<P> {
    values: BTreeMap<String, Located<f64>>,
    of: PhantomData<P>,
}

impl<P: Replaceable> Overrides<P> {
    /// The profile with these values.
    ///
    /// # Errors
    /// A key or value that the profile cannot have.
    pub(crate) fn applied_to(&self, mut profile: P) -> Result<P, Mistake> {
        for (key, value) in &self.values {
            let unit = P::unit(key);
            profile.replace(key, value, |known| {
                let source = match known {
                    Some(known) => format!(
                        "given by the scenario, in the place of {} {}: {}",
                        Number(known.get()),
                        *known.unit,
                        *known.source
                    ),
                    None => "given by the scenario; the profile has no such value".into(),
                };
                Quantity {
                    value: value.clone(),
                    unit: Located::new(value.span(), unit.into()),
                    source: Located::new(value.span(), source),
                    scope: known.map_or(Located::new(value.span(), Scope::AllIn), |known| known.scope.clone()),
                    evidence: Evidence::Assumed,
                }
            })?;
        }
        Ok(profile)
    }

    /// Name of the profile called `name` with these values, such as `wifi with beta = 120 mW`.
    pub(crate) fn label(&self, name: &str) -> String {
        let value = |(key, value): (&String, &Located<f64>)| {
            format!("{key} = {} {}", Number(value.get()), P::unit(key)).trim_end().to_string()
        };
        let values: Vec<String> = self.values.iter().map(value).collect();
        if values.is_empty() { name.into() } else { format!("{name} with {}", values.join(", ")) }
    }

    /// That the profile called `name` has other values than its own; `None` where it has not.
    pub(crate) fn warning(&self, name: &str) -> Option<String> {
        let keys: Vec<String> = self.values.keys().map(|key| format!("`{key}`")).collect();
        let from =
            format!("the scenario gives the {} `{name}` values in the place of its own: {}", P::NAME, keys.join(", "));
        (!keys.is_empty()).then_some(from)
    }
}

impl<P> Overrides<P> {
    /// Where the first of the values stands.
    pub(crate) fn first(&self) -> Option<Range<usize>> {
        self.values.values().map(Located::span).min_by_key(|span| span.start)
    }

    /// The first of `keys` that is given, and where its value stands.
    pub(crate) fn first_of(&self, keys: &[&'static str]) -> Option<(&'static str, Range<usize>)> {
        keys.iter().find_map(|key| Some((*key, self.span(key)?)))
    }

    /// Where the value of `key` stands, if it is given.
    pub(crate) fn span(&self, key: &str) -> Option<Range<usize>> {
        self.values.get(key).map(Located::span)
    }
}

impl<P> Clone for Overrides<P> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), of: PhantomData }
    }
}

impl<P> fmt::Debug for Overrides<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(formatter)
    }
}

impl<P> PartialEq for Overrides<P> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl<'de, P> Deserialize<'de> for Overrides<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { values: BTreeMap::deserialize(deserializer)?, of: PhantomData })
    }
}

impl<P> Serialize for Overrides<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

impl<P: Replaceable> JsonSchema for Overrides<P> {
    fn schema_name() -> Cow<'static, str> {
        format!("override of a {}", P::NAME).replace(' ', "-").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let key = |(expected, meaning): (Expected, String)| (expected.key.to_string(), schema(&expected, &meaning));
        let properties: Map<String, Value> = P::declared().into_iter().map(key).collect();
        json_schema!({
            "type": "object",
            "description": format!(
                "Values in the place of those of the {}, in its units. Results name it with them.",
                P::NAME
            ),
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

/// Schema of the value of a quantity.
fn schema(expected: &Expected, meaning: &str) -> Value {
    let Limits { is_whole, zero, least, most } = expected.limits;
    let mut schema = json!({
        "type": if is_whole { "integer" } else { "number" },
        "description": if expected.unit.is_empty() { meaning.into() } else { format!("{meaning} Unit: {}.", expected.unit) },
        "minimum": if zero { 0.0 } else { least },
        "maximum": most,
    });
    if zero && least > 0.0 {
        schema[MINIMUM_ABOVE_0] = least.into();
    }
    schema
}
