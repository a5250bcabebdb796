//! Output of the commands: tables and numbers for people, JSON for machines.

use comfy_table::{CellAlignment, Table, presets}; // column widths, and wrapping on a narrow terminal
use cospike_results::summary::Estimate;
use cospike_sim_core::stats::Interval;
use serde_json::Value;

/// An empty table with these column titles. The first column is aligned to the left, the others to the right.
pub(crate) fn table(titles: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(titles);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A share and its interval in per cent: `90.1 [88.7, 91.3]`.
pub(crate) fn percent(share: &Interval) -> String {
    format!("{:.1} [{:.1}, {:.1}]", 100.0 * share.estimate, 100.0 * share.low, 100.0 * share.high)
}

/// A mean times `scale`, and half the width of its interval with as many digits after the point: `12.3 ±0.4`.
pub(crate) fn mean(estimate: &Estimate, scale: f64) -> String {
    let value = scale * estimate.mean;
    match &estimate.interval {
        Some(interval) => {
            let half = scale * (interval.high - interval.low) / 2.0;
            format!("{} ±{half:.*}", significant(value), decimals(value))
        }
        None => significant(value),
    }
}

/// A number with three significant digits, without exponent.
pub(crate) fn significant(value: f64) -> String {
    format!("{value:.*}", decimals(value))
}

/// Number of digits after the point that make three significant ones.
fn decimals(value: f64) -> usize {
    match value.abs() {
        size if size > 0.0 && size.is_finite() => (2.0 - size.log10().floor()).clamp(0.0, 12.0) as usize,
        _ => 0,
    }
}

/// Prints JSON on standard output.
pub(crate) fn print_json(value: &Value) {
    println!("{value:#}");
}
