//! How much of a large study the page holds.

use crate::quantity::count;
use maud::{Markup, html};

/// Most rows of a table: a browser is slow with more, and nobody reads them.
pub(crate) const MOST_ROWS: usize = 1_000;

/// Paragraph on rows that a table of `rows` rows leaves out; empty if it has all.
pub(crate) fn beyond(rows: usize, what: &str) -> Markup {
    html! {
        @if rows > MOST_ROWS {
            p {
                "The table holds the first " (count(MOST_ROWS as u64)) " of " (count(rows as u64)) " " (what)
                "; the Parquet files in the folder hold all."
            }
        }
    }
}

/// Most design points of a list; nobody reads a thousand sentences that say the same.
pub(super) const MOST_LISTED: usize = 20;

/// Item on those of `all` that a list leaves out; empty if it has all.
pub(super) fn and_more(all: usize) -> Markup {
    html! {
        @if all > MOST_LISTED {
            li { "… and " (count((all - MOST_LISTED) as u64)) " more, which the Parquet files in the folder hold." }
        }
    }
}
