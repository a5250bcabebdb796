//! From scenario files to stored results.

mod chrome_trace;
mod dataset;
mod diagnostics;
mod guide;
mod profiles;
mod random_zoo;
mod reference;
mod store;
mod study;
mod sweep;
mod zoo;

use cospike_scenarios::diagnostic::Source;

/// A small scenario that runs in a moment: everything but the network, and whatever `rest` adds.
fn small(rest: &str) -> Source {
    let text = include_str!("small.toml").to_string() + rest;
    Source { name: "small.toml".into(), folder: None, text }
}
