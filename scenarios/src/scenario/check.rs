//! Checks of single values. Each mistake is reported at the position of its value.

use crate::diagnostic::Mistake;
use crate::located::Located;
use cospike_sim_core::kernel::{self, ImpossibleValue};
use std::ops::Range;

/// Accepts counts from 1.
pub(super) fn count<T: Copy + Into<u64>>(key: &'static str, value: &Located<T>) -> Result<(), Mistake> {
    match value.get().into() {
        0 => Err(Mistake::in_value(value, format!("`{key}` is 0, but must be at least 1"))),
        _ => Ok(()),
    }
}

/// Accepts finite numbers above 0.
pub(super) fn positive<'v>(key: &'static str, value: impl Into<Option<&'v Located<f64>>>) -> Result<(), Mistake> {
    number(kernel::positive, key, value.into())
}

/// Accepts finite numbers from 0.
pub(super) fn not_negative<'v>(key: &'static str, value: impl Into<Option<&'v Located<f64>>>) -> Result<(), Mistake> {
    number(kernel::not_negative, key, value.into())
}

/// Accepts numbers from 0 to 1.
pub(super) fn probability<'v>(key: &'static str, value: impl Into<Option<&'v Located<f64>>>) -> Result<(), Mistake> {
    number(kernel::probability, key, value.into())
}

fn number(
    check: fn(&'static str, f64) -> Result<(), ImpossibleValue>,
    key: &'static str,
    value: Option<&Located<f64>>,
) -> Result<(), Mistake> {
    value.map_or(Ok(()), |value| check(key, value.get()).map_err(|error| Mistake::in_value(value, error.to_string())))
}

/// One of several alternative keys, and its position if it is given.
pub(super) type Alternative = (&'static str, Option<Range<usize>>);

/// Position of an optional value, if it is given.
pub(super) fn span<T>(value: &Option<Located<T>>) -> Option<Range<usize>> {
    value.as_ref().map(Located::span)
}

/// Accepts at most one of several alternatives.
pub(super) fn at_most_one(alternatives: &[Alternative]) -> Result<(), Mistake> {
    let mut given = alternatives.iter().filter_map(|(key, span)| Some((key, span.clone()?)));
    match (given.next(), given.next()) {
        (Some((first, _)), Some((second, span))) => {
            let message = format!("`{second}` and `{first}` exclude each other");
            Err(Mistake::at_span(span, message).help(format!("give one of {}", keys(alternatives))))
        }
        _ => Ok(()),
    }
}

/// Accepts exactly one of several alternatives. If none is given, the message is `missing`, at the position of `section`.
pub(super) fn exactly_one<T>(
    section: &Located<T>,
    missing: &'static str,
    alternatives: &[Alternative],
) -> Result<(), Mistake> {
    if alternatives.iter().all(|(_, span)| span.is_none()) {
        return Err(Mistake::in_value(section, missing).help(format!("give one of {}", keys(alternatives))));
    }
    at_most_one(alternatives)
}

/// The keys of the alternatives, as a list for a message.
fn keys(alternatives: &[Alternative]) -> String {
    alternatives.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
