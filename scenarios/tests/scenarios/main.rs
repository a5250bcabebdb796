//! From scenario files to stored results.

mod diagnostics;
mod keys;
mod machines;
mod profiles;
// Shared with the tests of the zoo itself.
#[path = "../../../models/tests/random_zoo/mod.rs"]
mod random_zoo;
mod schema;
mod store;
mod study;
mod sweep;
mod trace;

use cospike_models::zoo::Zoo;
use cospike_scenarios::compile;
use cospike_scenarios::diagnostic::Source;
use cospike_studies::Study;

/// A small scenario that runs in a moment: everything but the network, and whatever `rest` adds.
fn small(rest: &str) -> Source {
    let text = include_str!("small.toml").to_string() + rest;
    Source::shipped("small.toml", text)
}

/// The study that a scenario without mistakes describes.
fn study(source: &Source, zoo: &Zoo) -> Study {
    compile(source, zoo).unwrap_or_else(|error| panic!("{error}")).into_study(zoo).unwrap()
}
