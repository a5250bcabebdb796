//! Texts: scenarios, profiles, price lists and traces.

use crate::check_message;
use cospike_models::zoo::Zoo;
use cospike_scenarios::diagnostic::{Diagnostic, Origin, Source};
use cospike_scenarios::profiles::{CloudProfile, DeviceProfile, LinkProfile, Prices, Profile};
use cospike_scenarios::{CompileError, compile};
use std::fs;
use std::sync::LazyLock;
use tempfile::TempDir;

static ZOO: LazyLock<Zoo> = LazyLock::new(|| Zoo::shipped().expect("the zoo that ships can be read"));

thread_local! {
    /// Folder of the traces that a scenario of this thread reads.
    static FOLDER: TempDir = tempfile::tempdir().expect("there is a place for temporary files");
}

/// A scenario that reads a trace: what is in place of `LINK` and `WORKLOAD` names it.
const WITH_TRACE: &str = include_str!("with-trace.toml");

/// A scenario file: one that is accepted compiles to a plan that passes its own check.
pub fn scenario(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    compiles(&Source::shipped("fuzzed.toml", text));
}

fn compiles(source: &Source) {
    match compile(source, &ZOO) {
        Ok(compiled) => compiled.plan.check().expect("a scenario that is accepted makes a plan that can be run"),
        Err(CompileError::Mistake(mistake)) => check_mistake(&mistake),
        Err(error) => check_message(&error),
    }
}

/// What must hold of every mistake: it can be shown, and has a line and a column.
fn check_mistake(mistake: &Diagnostic) {
    assert!(mistake.line() > 0 && mistake.column() > 0, "a mistake without a position");
    check_message(&mistake.render(false));
}

/// A profile of a device, a link and a cloud.
pub fn profile(bytes: &[u8]) {
    decodes::<DeviceProfile>(bytes);
    decodes::<LinkProfile>(bytes);
    decodes::<CloudProfile>(bytes);
}

/// A price list.
pub fn prices(bytes: &[u8]) {
    decodes::<Prices>(bytes);
}

fn decodes<P: Profile>(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(mistake) = P::decode(&Source::shipped("fuzzed.toml", text)) {
        check_mistake(&mistake);
    }
}

/// Rates of a link over time (`seconds,mbps`), with and without a length after which they begin again.
pub fn rate_trace(bytes: &[u8]) {
    with_trace(bytes, "rate_trace = \"trace\"", "rate_hz = 5.0");
    with_trace(bytes, "rate_trace = \"trace\"\nrate_trace_period_s = 100.0", "rate_hz = 5.0");
}

/// Arrivals of requests (`seconds,device`).
pub fn arrival_trace(bytes: &[u8]) {
    with_trace(bytes, "", "trace = \"trace\"");
}

/// Packet-delivery instants in mahimahi's format.
pub fn delivery_trace(bytes: &[u8]) {
    with_trace(bytes, "mahimahi_trace = \"trace\"", "rate_hz = 5.0");
}

fn with_trace(bytes: &[u8], link: &str, workload: &str) {
    FOLDER.with(|folder| {
        fs::write(folder.path().join("trace"), bytes).expect("a temporary file can be written");
        let text = WITH_TRACE.replace("LINK", link).replace("WORKLOAD", workload);
        compiles(&Source { name: "fuzzed.toml".into(), origin: Origin::Folder(folder.path().into()), text });
    });
}
