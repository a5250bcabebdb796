//! Values from the metadata of weight files, and the rows of the tables that show them.

use cospike_models::zoo::Metadata;
use std::fmt::Write;

/// Bits of the float32 features at the split point of the unit; `None` for a backbone.
pub(super) fn float32_bits(metadata: &Metadata) -> Option<f64> {
    let network = metadata.architecture().ok()?;
    let cut = network.split(&metadata.unit.as_ref()?.split).ok()?;
    Some(32.0 * network.layers[cut].output.len() as f64)
}

/// Value under `key` in the metadata; empty if there is none.
pub(super) fn said<'a>(metadata: &'a Metadata, key: &str) -> &'a str {
    metadata.all.get(key).map_or("", String::as_str)
}

/// Appends a row of a Markdown table.
pub(crate) fn row(text: &mut String, cells: &[&str]) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}
