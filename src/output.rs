//! Output of the commands: tables and numbers for people, JSON for machines.
//!
//! Nobody may be left to read what is printed (`| head`), and there may be no room for it (a full disk). Neither may end a
//! command halfway, as `println` would: [`say`] and [`note`] go on, and what standard output has lost decides the exit code.

use comfy_table::{CellAlignment, Table, presets}; // column widths, and wrapping on a narrow terminal
use cospike_results::summary::Estimate;
use cospike_sim_core::stats::Interval;
use serde_json::Value;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

/// First error of standard output. What is printed after it is left out.
static LOST: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a line on standard output, with the arguments of `println`.
macro_rules! say {
    () => { $crate::output::write_line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::write_line(format_args!($($text)*)) };
}

/// Prints a line on standard error, with the arguments of `eprintln`.
macro_rules! note {
    ($($text:tt)*) => { $crate::output::write_note(format_args!($($text)*)) };
}

pub(crate) use {note, say};

/// Writes a line on standard output, unless an earlier one could not be written.
pub(crate) fn write_line(line: Arguments<'_>) {
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    if lost.is_none() {
        *lost = writeln!(io::stdout().lock(), "{line}").err();
    }
}

/// Writes a line on standard error, if it can be written. There is no other place to complain.
pub(crate) fn write_note(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The reason why standard output lacks a part of what was printed; `None` if it is whole, or if its reader has closed it, having
/// seen enough.
pub(crate) fn lost() -> Option<io::Error> {
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    let error = lost.take().or_else(|| io::stdout().lock().flush().err());
    error.filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

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
    say!("{value:#}");
}
