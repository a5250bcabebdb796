//! Checks of keys that exclude each other.

use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::profiles::{Overrides, Prices};
use std::ops::Range;

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

/// Refuses values in the place of those of a price list that is not there.
pub(super) fn needs_prices(
    prices: &Option<Located<String>>,
    overrides: &Option<Overrides<Prices>>,
) -> Result<(), Mistake> {
    match overrides.as_ref().and_then(Overrides::first).filter(|_| prices.is_none()) {
        None => Ok(()),
        Some(span) => Err(Mistake::at_span(span, "there is no price list whose values these could replace")
            .help("give `prices`, or leave `price_override` out")),
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
