//! Values from the metadata of weight files, and the rows of the tables that show them.

use cospike_models::zoo::Metadata;
use std::fmt::Write;

/// Bits of the float32 features at the split point of the unit; `None` for a backbone.
pub(super) fn float32_bits(metadata: &Metadata) -> Option<f64> {
    let network = metadata.architecture().ok()?;
    let cut = network.split(&metadata.unit.as_ref()?.split).ok()?;
    Some(32.0 * network.layers[cut].output.len() as f64)
}

/// Epochs of all phases of the training, from the recipe, which names one `epoch KEPT of ALL` for each; `None` if it names none.
pub(super) fn epochs(metadata: &Metadata) -> Option<u32> {
    let phases = said(metadata, "recipe").split("epoch ").skip(1);
    let all =
        |phase: &str| phase.split_once(" of ")?.1.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok();
    phases.map(all).try_fold(0_u32, |sum, epochs| sum.checked_add(epochs?)).filter(|&sum| sum > 0)
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
