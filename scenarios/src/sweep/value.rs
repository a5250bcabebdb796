//! Swept values: plain ones with their positions, from what the parser gives and back.

use crate::decode::explain;
use crate::diagnostic::Mistake;
use crate::located::Located;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

/// A plain value, whose JSON is `text`, as the parser would give it.
pub(super) fn written<'t>(value: &Located<Value>, text: &'t str) -> Result<Spanned<DeValue<'t>>, Mistake> {
    let inner = match &**value {
        Value::String(word) => DeValue::String(Cow::Owned(word.clone())),
        // JSON writes true, false and numbers as TOML does.
        _ => DeValue::parse(text).map_err(|error| explain(&error).moved_to(value.span()))?.into_inner(),
    };
    Ok(Spanned::new(value.span(), inner))
}

/// A number, text, true or false as a plain value.
pub(super) fn plain(value: &Spanned<DeValue<'_>>) -> Result<Located<Value>, Mistake> {
    let plain = Value::deserialize(ValueDeserializer::from(value.clone()));
    plain.map(|plain| Located::new(value.span(), plain)).map_err(|error| explain(&error).moved_to(value.span()))
}
