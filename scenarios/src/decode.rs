//! From TOML to typed values, with mistakes reported where they stand.

use crate::diagnostic::{Diagnostic, Source, did_you_mean};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer, Error};

/// A parsed document that knows where everything stands.
pub(crate) type Document<'a> = Spanned<DeTable<'a>>;

/// Parses TOML.
pub(crate) fn parse(source: &Source) -> Result<Document<'_>, Diagnostic> {
    DeTable::parse(&source.text).map_err(|error| explain(source, &error))
}

/// Decodes a document.
pub(crate) fn decode<'a, T: Deserialize<'a>>(source: &Source, document: Document<'a>) -> Result<T, Diagnostic> {
    T::deserialize(Deserializer::from(document)).map_err(|error| explain(source, &error))
}

/// Says in the words of a scenario what serde says in those of Rust.
pub(crate) fn explain(source: &Source, error: &Error) -> Diagnostic {
    let message = error.message().trim_end();
    let at = |text: String| source.error(error.span().unwrap_or(0..0), text);
    // Serde's fixed form: "unknown field `a`, expected one of `b`, `c`", or "unknown variant ...".
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next().unwrap_or_default();
    if message.starts_with("unknown field") {
        return at(format!("unknown key `{word}`")).help(did_you_mean(word, quoted));
    }
    if message.starts_with("unknown variant") {
        return at(format!("unknown word `{word}`")).help(did_you_mean(word, quoted));
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        let whole_file = error.span().is_none_or(|span| span.start == 0);
        return at(if whole_file { format!("the file has no {rest}") } else { format!("missing key {rest}") });
    }
    match message.rsplit_once(", expected ") {
        Some((found, rust_type)) => at(format!("{found}, expected {}", plain_type(rust_type))),
        None => at(message.into()),
    }
}

fn plain_type(rust_type: &str) -> &str {
    match rust_type {
        "f64" => "a number",
        "u32" => "a whole number from 0 to 4,294,967,295",
        "u64" => "a whole number from 0",
        "struct Quantity" => "a table of value, unit, source, scope and evidence",
        other => other,
    }
}
