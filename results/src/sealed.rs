//! JSON documents that show whether they are as they were written: the last field is a key of the others' content.
//!
//! Spaces, line breaks and the order of fields may change, values and names may not.

use crate::key::{ContentKey, KeyError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    #[serde(flatten)]
    content: T,
    blake3: ContentKey,
}

/// Reason why a document is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The text is no JSON, or lacks a field.
    #[error("it is not the JSON text that CoSpike wrote{}", place(.0))]
    Json(#[from] serde_json::Error),
    /// The content has no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Values or fields are others than those that were written.
    #[error("its content is not what CoSpike wrote")]
    Changed,
}

/// Where the text is wrong, if that is known.
fn place(error: &serde_json::Error) -> String {
    match error.line() {
        0 => String::new(),
        line => format!(", from line {line}, column {} on", error.column()),
    }
}

/// The document of `content`, with a line break at the end. `schema` names the kind of document.
pub(crate) fn to_json(schema: &str, content: &impl Serialize) -> Result<String, SealError> {
    let blake3 = ContentKey::from_json(schema, content)?;
    Ok(serde_json::to_string_pretty(&Sealed { content, blake3 })? + "\n")
}

/// The content of a document that `to_json` wrote.
pub(crate) fn from_json<T: Serialize + DeserializeOwned>(schema: &str, text: &str) -> Result<T, SealError> {
    let found: Value = serde_json::from_str(text)?;
    let sealed: Sealed<T> = serde_json::from_value(found.clone())?;
    // Fields that were added have no part in the content.
    let unchanged = serde_json::to_value(&sealed)? == found;
    match unchanged && ContentKey::from_json(schema, &sealed.content)? == sealed.blake3 {
        true => Ok(sealed.content),
        false => Err(SealError::Changed),
    }
}
