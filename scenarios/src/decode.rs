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
    match message.rsplit_once(", expected ") {
        Some((found, rust_type)) => mistake(format!("{found}, expected {}", plain_type(rust_type))),
        None => mistake(message.into()),
    }
}

/// Description of a type that serde names as Rust does.
fn plain_type(rust_type: &str) -> &str {
    match rust_type {
        "f64" => "a number",
        "u32" => "a whole number from 0 to 4,294,967,295",
        "u64" => "a whole number from 0",
        "struct Quantity" => "a table of value, unit, source, scope and evidence",
        other => other,
    }
}
