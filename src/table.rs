//! Tables and numbers for people.

use comfy_table::{CellAlignment, Table, presets}; // column widths, and wrapping on a narrow terminal
use cospike_scenarios::summary::Estimate;
use cospike_sim_core::stats::Interval;

/// A table with these column titles: the first column to the left, the others to the right.
pub(crate) fn table(titles: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(titles);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A share with its interval, in per cent: `90.1 [88.7, 91.3]`.
pub(crate) fn percent(share: &Interval) -> String {
    format!("{:.1} [{:.1}, {:.1}]", 100.0 * share.estimate, 100.0 * share.low, 100.0 * share.high)
}

/// A mean times `scale` with the half width of its interval: `12.3 ±0.4`.
pub(crate) fn mean(estimate: &Estimate, scale: f64) -> String {
    let value = scale * estimate.mean;
    match &estimate.interval {
        Some(interval) => {
            let half = scale * (interval.high - interval.low) / 2.0;
            format!("{} ±{}", significant(value), significant(half))
        }
        None => significant(value),
    }
}

/// Three significant digits, without exponent.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    format!("{value:.*}", digits.clamp(0, 12) as usize)
}
