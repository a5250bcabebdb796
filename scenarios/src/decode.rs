//! Decoding of TOML into typed values. Every mistake is reported with its position.

use crate::diagnostic::{Mistake, did_you_mean};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer, Error};

/// A parsed TOML document, in which every key and value has its position.
pub(crate) type Document<'a> = Spanned<DeTable<'a>>;

/// Parses TOML.
///
/// # Errors
/// The first syntax error.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Mistake> {
    DeTable::parse(text).map_err(|error| explain(&error))
}

/// Decodes a document.
///
/// # Errors
/// The first key or value that `T` does not accept.
pub(crate) fn decode<'a, T: Deserialize<'a>>(document: Document<'a>) -> Result<T, Mistake> {
    T::deserialize(Deserializer::from(document)).map_err(|error| explain(&error))
}

/// The mistake that a decoding error describes, in the words of a scenario instead of those of Rust.
pub(crate) fn explain(error: &Error) -> Mistake {
    let message = error.message().trim_end();
    let mistake = |text: String| Mistake::at_span(error.span().unwrap_or(0..0), text);
    // Serde's fixed form: "unknown field `a`, expected one of `b`, `c`", or "unknown variant ...".
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next().unwrap_or_default();
    if message.starts_with("unknown field") {
        return mistake(format!("unknown key `{word}`")).help(did_you_mean(word, quoted));
    }
    if message.starts_with("unknown variant") {
        return mistake(format!("unknown word `{word}`")).help(did_you_mean(word, quoted));
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        let whole_file = error.span().is_none_or(|span| span.start == 0);
        return mistake(if whole_file { format!("the file has no {rest}") } else { format!("missing key {rest}") });
    }
    if message == "wanted string or table" {
        return mistake("this must be a word".into());
    }
    let value = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    match value.and_then(|value| value.rsplit_once(", expected ")) {
        Some((found, expected)) => {
            mistake(format!("this is {}, but must be {}", plain_value(found), plain_type(expected)))
        }
        // A syntax error, in the words of the parser, but for those that are of Rust.
        None if message.contains("recurs") => mistake("lists and tables lie too deep in one another here".into()),
        None if message.contains("number too large") || message.contains("number too small") => {
            mistake("this number is beyond the whole numbers of TOML, which have 64 bits".into())
        }
        None => mistake(message.into()),
    }
}

/// A value of a kind that serde names in its own way.
fn plain_value(found: &str) -> String {
    let quoted = |kind| found.strip_prefix(kind).map(|rest| rest.trim().trim_matches('`').to_string());
    match found {
        "map" => "a table".into(),
        "sequence" => "a list".into(),
        _ => quoted("integer").or(quoted("floating point")).or(quoted("boolean")).unwrap_or_else(|| {
            found.strip_prefix("string").map_or_else(|| found.into(), |text| format!("the text{text}"))
        }),
    }
}

/// A kind of values that serde names in its own way, or in Rust's.
fn plain_type(expected: &str) -> String {
    match expected {
        "f64" => "a number".into(),
        "a sequence" => "a list".into(),
        "a string" => "text".into(),
        "struct Quantity" => "a table of value, unit, source, scope and evidence".into(),
        _ if expected.starts_with("enum ") || expected.starts_with("variant") || expected == "string or table" => {
            "a word".into()
        }
        _ if expected.starts_with("struct ") => "a table of keys".into(),
        other => other.into(),
    }
}
