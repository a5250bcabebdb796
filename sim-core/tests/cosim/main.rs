//! The co-simulation against schedules worked out by hand, closed forms and its invariants.

#[path = "../common/mod.rs"]
mod common;

mod cloud;
mod edge;
mod exit;
mod failures;
mod invariants;
mod link;
mod load;
mod observer;
mod properties;
mod radio;
mod scripted;
mod streaming;
mod trajectory;
mod window;
mod workload;

pub(crate) fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs(), "{found} is not {expected}");
}
