//! Texts: scenarios, profiles, price lists and traces.

use crate::check_message;
use cospike_models::zoo::Zoo;
use cospike_scenarios::diagnostic::{Diagnostic, Source};
use cospike_scenarios::profiles::{CloudProfile, DeviceProfile, LinkProfile, Prices, Profile};
use cospike_scenarios::{CompileError, compile, traces};
use cospike_sim_core::link::{Link, RadioPower, Rate};
use std::sync::LazyLock;

static ZOO: LazyLock<Zoo> = LazyLock::new(|| Zoo::shipped().expect("the zoo that ships can be read"));

/// A scenario file: one that is accepted compiles to a plan that passes its own check.
pub fn scenario(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    compiles(&Source::shipped("fuzzed.toml", text))
}

fn compiles(source: &Source) -> bool {
    match compile(source, &ZOO) {
        Ok(compiled) => {
            compiled.plan.check().expect("a scenario that is accepted makes a plan that can be run");
            return true;
        }
        Err(CompileError::Mistake(mistake)) => check_mistake(&mistake),
        Err(error) => check_message(&error),
    }
    false
}

/// What must hold of every mistake: it can be shown, and has a line and a column.
fn check_mistake(mistake: &Diagnostic) {
    assert!(mistake.line() > 0 && mistake.column() > 0, "a mistake without a position");
    check_message(&mistake.render(false));
}

/// A profile of a device, a link and a cloud.
pub fn profile(bytes: &[u8]) -> bool {
    let accepted = [decodes::<DeviceProfile>(bytes), decodes::<LinkProfile>(bytes), decodes::<CloudProfile>(bytes)];
    accepted.contains(&true)
}

/// A price list.
pub fn prices(bytes: &[u8]) -> bool {
    decodes::<Prices>(bytes)
}

fn decodes<P: Profile>(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    P::decode(&Source::shipped("fuzzed.toml", text)).map_err(|mistake| check_mistake(&mistake)).is_ok()
}

/// Rates of a link over time (`seconds,mbps`), with and without a length after which they begin again: those that are accepted
/// make a link that passes its own check.
pub fn rate_trace(bytes: &[u8]) -> bool {
    let accepted = [None, Some(MAX_PERIOD_SECONDS)].map(|period_seconds| {
        with_text(bytes, |source| {
            let steps = traces::decode_rates(source, period_seconds.is_some())?;
            check_link(Rate::Steps { steps: steps.into(), period_seconds });
            Ok(())
        })
    });
    accepted.contains(&true)
}

/// Arrivals of requests (`seconds,device`): those that are accepted make a workload that passes its own check.
pub fn arrival_trace(bytes: &[u8]) -> bool {
    with_text(bytes, |source| {
        let arrivals = traces::decode_arrivals(source, DEVICES)?;
        assert!(arrivals.iter().all(|arrival| arrival.device < DEVICES), "a request of nobody");
        assert!(arrivals.is_sorted_by_key(|arrival| arrival.seconds), "requests out of order");
        Ok(())
    })
}

/// Packet-delivery instants in mahimahi's format: those that are accepted make a link that passes its own check.
pub fn delivery_trace(bytes: &[u8]) -> bool {
    with_text(bytes, |source| {
        check_link(Rate::Opportunities { milliseconds: traces::decode_opportunities(source)?.into() });
        Ok(())
    })
}

/// Devices of the fleet to which traces of arrivals belong.
const DEVICES: u32 = 3;
/// Length of a repeated trace, beyond every time that one may have.
const MAX_PERIOD_SECONDS: f64 = 1e9;

fn with_text(bytes: &[u8], decode: impl Fn(&Source) -> Result<(), Diagnostic>) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    decode(&Source::shipped("fuzzed", text)).map_err(|mistake| check_mistake(&mistake)).is_ok()
}

fn check_link(uplink: Rate) {
    let power = RadioPower { up_watts_per_mbps: 0.0, down_watts_per_mbps: 0.0, active_watts: 0.0 };
    let link = Link { uplink, ..Link::plain(1e6, 1e6, power) };
    link.check().expect("a trace that is accepted can be simulated");
}
