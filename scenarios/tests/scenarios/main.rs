//! From scenario files to stored results.

mod chrome_trace;
mod diagnostics;
mod guide;
mod profiles;
// Shared with the tests of the zoo itself.
#[path = "../../../models/tests/random_zoo/mod.rs"]
mod random_zoo;
mod store;
mod study;
mod sweep;

use cospike_scenarios::diagnostic::Source;

/// A small scenario that runs in a moment: everything but the network, and whatever `rest` adds.
fn small(rest: &str) -> Source {
    let text = include_str!("small.toml").to_string() + rest;
    Source { name: "small.toml".into(), folder: None, text }
}
