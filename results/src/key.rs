//! Keys made of content: what was made from equal things has an equal key, whatever its name or place.

use ciborium::Value;
use serde::{Deserialize, Serialize};
use std::fmt::{Debug, Display, Formatter};
use std::str::FromStr;

/// Bytes of a key.
const LENGTH: usize = blake3::OUT_LEN;

/// Hash of everything that a result depends on. It is shown, read and serialised as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ContentKey([u8; LENGTH]);

/// Reason why a value has no key, or a text is none.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// JSON has no form for the number, so that different values would share a key.
    #[error("{path} is {value}: only finite numbers can be part of a content key")]
    NotFinite {
        /// Place of the number: names of fields and indices, joined by dots.
        path: String,
        /// The number: infinite or NaN.
        value: f64,
    },
    /// The value does not serialise to JSON, such as a map whose keys are structs.
    #[error("the value has no content key: {0}")]
    NotJson(String),
    /// The text is no key.
    #[error("`{0}` is no content key: {digits} hexadecimal digits are expected", digits = 2 * LENGTH)]
    NotHexadecimal(String),
}

impl ContentKey {
    /// The key of `value`: BLAKE3, in key derivation mode with `schema` in its context, of the value's canonical JSON (the
    /// keys of all objects sorted, no space between tokens). `schema` names the kind of the content and the version of its
    /// form; values of different schemas never share a key.
    ///
    /// # Errors
    /// [`KeyError::NotFinite`] and [`KeyError::NotJson`].
    pub fn from_json(schema: &str, value: &impl Serialize) -> Result<Self, KeyError> {
        // CBOR's data model is that of JSON, but it tells NaN and infinity from a missing value.
        let mut value = Value::serialized(value).map_err(|error| KeyError::NotJson(error.to_string()))?;
        canonicalise(&mut value, &mut vec![])?;
        let mut hasher = blake3::Hasher::new_derive_key(&format!("CoSpike content key: {schema}"));
        serde_json::to_writer(&mut hasher, &value).map_err(|error| KeyError::NotJson(error.to_string()))?;
        Ok(Self(hasher.finalize().into()))
    }

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

/// Sorts the keys of all objects and refuses numbers that are not finite.
fn canonicalise(value: &mut Value, path: &mut Vec<String>) -> Result<(), KeyError> {
    match value {
        Value::Float(number) if !number.is_finite() => {
            let path = if path.is_empty() { "the value".into() } else { path.join(".") };
            Err(KeyError::NotFinite { path, value: *number })
        }
        Value::Array(elements) => {
            let mut elements = elements.iter_mut().enumerate();
            elements.try_for_each(|(index, element)| descend(element, index.to_string(), path))
        }
        Value::Map(fields) => {
            if let Some((key, _)) = fields.iter().find(|(key, _)| !key.is_text() && !key.is_integer()) {
                return Err(KeyError::NotJson(format!("{key:?} is no key of a JSON object")));
            }
            let name = |key: &Value| match key {
                Value::Text(name) => name.clone(),
                key => key.as_integer().map_or(String::new(), |number| i128::from(number).to_string()),
            };
            fields.sort_by_cached_key(|(key, _)| name(key));
            fields.iter_mut().try_for_each(|(key, value)| descend(value, name(key), path))
        }
        _ => Ok(()),
    }
}

fn descend(value: &mut Value, step: String, path: &mut Vec<String>) -> Result<(), KeyError> {
    path.push(step);
    canonicalise(value, path)?;
    path.pop();
    Ok(())
}

impl Display for ContentKey {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&blake3::Hash::from_bytes(self.0), formatter)
    }
}

impl Debug for ContentKey {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ContentKey({self})")
    }
}

impl FromStr for ContentKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| KeyError::NotHexadecimal(text.into()))?;
        Ok(Self(hash.into()))
    }
}

impl From<ContentKey> for String {
    fn from(key: ContentKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for ContentKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashMap};

    #[derive(Clone, Serialize)]
    struct Content {
        seed: u64,
        rate: f64,
        rates: Vec<f64>,
        unit: Option<&'static str>,
    }

    const CONTENT: Content = Content { seed: u64::MAX, rate: 0.1, rates: vec![], unit: None };

    #[test]
    fn a_key_depends_on_every_part_of_the_content_and_on_the_schema() {
        let key = |schema, content: &Content| ContentKey::from_json(schema, content).unwrap();
        let first = key("test 1", &CONTENT);
        assert_eq!(first, key("test 1", &CONTENT.clone()));
        for other in [
            key("test 2", &CONTENT),
            key("test 1", &Content { seed: u64::MAX - 1, ..CONTENT }),
            key("test 1", &Content { rate: 0.1_f64.next_up(), ..CONTENT }),
            key("test 1", &Content { rates: vec![1.0], ..CONTENT }),
            key("test 1", &Content { unit: Some("spiking"), ..CONTENT }),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_key_is_the_hash_of_the_sorted_json() {
        let numbers: BTreeMap<_, _> = (0..100).map(|number| (format!("key{number}"), number)).collect();
        let shuffled: HashMap<_, _> = numbers.clone().into_iter().collect();
        let key = ContentKey::from_json("test", &numbers).unwrap();
        assert_eq!(key, ContentKey::from_json("test", &shuffled).unwrap());
        let json = serde_json::to_string(&numbers).unwrap();
        let wanted = blake3::derive_key("CoSpike content key: test", json.as_bytes());
        assert_eq!(key.as_bytes(), &wanted);
        let numbered: BTreeMap<_, _> = [(9, true), (10, false)].into();
        let wanted = blake3::derive_key("CoSpike content key: test", br#"{"10":false,"9":true}"#);
        assert_eq!(ContentKey::from_json("test", &numbered).unwrap().as_bytes(), &wanted);
        let fields = r#"{"rate":0.1,"rates":[],"seed":18446744073709551615,"unit":null}"#;
        let wanted = blake3::derive_key("CoSpike content key: test", fields.as_bytes());
        assert_eq!(ContentKey::from_json("test", &CONTENT).unwrap().as_bytes(), &wanted);
    }

    #[test]
    fn numbers_that_json_cannot_hold_are_refused_where_they_stand() {
        let error = ContentKey::from_json("test", &Content { rates: vec![1.0, f64::NAN], ..CONTENT }).unwrap_err();
        assert!(
            matches!(&error, KeyError::NotFinite { path, value } if path == "rates.1" && value.is_nan()),
            "{error}"
        );
        let error = ContentKey::from_json("test", &f64::INFINITY).unwrap_err();
        assert_eq!(error.to_string(), "the value is inf: only finite numbers can be part of a content key");
        let pairs: BTreeMap<_, _> = [((1, 2), 3)].into();
        assert!(matches!(ContentKey::from_json("test", &pairs), Err(KeyError::NotJson(_))));
    }

    #[test]
    fn keys_are_written_and_read_as_hexadecimal_digits() {
        let key = ContentKey::from_json("test", &1).unwrap();
        let text = key.to_string();
        assert_eq!((text.len(), text.parse::<ContentKey>().unwrap()), (64, key));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str::<ContentKey>(&json).unwrap()), (&*format!("\"{text}\""), key));
        for wrong in ["", &text[1..], &text.replace(&text[..1], "g")] {
            assert!(matches!(wrong.parse::<ContentKey>(), Err(KeyError::NotHexadecimal(_))), "{wrong}");
        }
    }
}
