//! The value of every numeric key reaches the plan in SI units.
//!
//! The table is written by hand: a factor follows from the unit in the key's name, never from the program.

use super::numeric_keys;
use cospike_models::zoo::Zoo;
use cospike_scenarios::compile;
use cospike_scenarios::diagnostic::Source;
use serde_json::Value;
use std::collections::BTreeSet;

const EVERY: &str = include_str!("every.toml");
const OTHER: &str = include_str!("other.toml");
const PERIODIC: &str = "periodic = { period_s = 1.5, jitter_s = 0.75 }";
const CLOSED_LOOP: &str = "closed_loop = { mean_think_s = 1.75 }";
const RATE_TRACE: &str = "rate_trace = \"traces/round-trip.csv\"\nrate_trace_period_s = 1234.5";

/// Factors from the unit at the end of a key's name to the SI unit.
const FACTORS: [(&str, f64); 5] = [("_ms", 1e-3), ("_s", 1.0), ("_hz", 1.0), ("_mbps", 1e6), ("_j", 1.0)];

/// Key of a scenario, and where its value is in the plan; lists by the index of the element that is looked at.
const IN_EVERY: &str = "
study.seed                        /seed
study.replications                /replications
study.precision.relative          /precision/relative
study.precision.max_replications  /precision/max_replications
study.starvation_s                SYSTEM/starvation_seconds
network.width                     /networks/0/choice/unit/width
network.time_steps                /networks/0/choice/time_steps
network.alternative.from_mbps     SYSTEM/edge/design/by-rate/designs/1/from_bits_per_second
network.alternative.width         /networks/1/choice/unit/width
network.local.time_steps          /networks/2/choice/time_steps
samples.count                     /networks/0/samples/count
fleet.devices                     SYSTEM/devices
fleet.queue_capacity              SYSTEM/edge/queue_capacity
fleet.battery_j                   SYSTEM/edge/battery_joules
fleet.sleep_after_ms              SYSTEM/edge/standby/sleep/after_seconds
fleet.exit_entropy                SYSTEM/edge/exit_entropy
fleet.speed.from_waiting          SYSTEM/edge/governor/by-queue/thresholds/0
fleet.speed.rate_factor           SYSTEM/edge/levels/1/rate_factor
fleet.speed.power_factor          SYSTEM/edge/levels/1/power_factor
fleet.switching.smoothing         SYSTEM/edge/design/by-rate/smoothing
fleet.switching.initial_mbps      SYSTEM/edge/design/by-rate/initial_bits_per_second
workload.bursty.quiet_hz          SYSTEM/workload/arrivals/bursty/quiet_requests_per_second
workload.bursty.burst_hz          SYSTEM/workload/arrivals/bursty/burst_requests_per_second
workload.bursty.mean_quiet_s      SYSTEM/workload/arrivals/bursty/mean_quiet_seconds
workload.bursty.mean_burst_s      SYSTEM/workload/arrivals/bursty/mean_burst_seconds
workload.requests                 SYSTEM/workload/requests
workload.warmup                   SYSTEM/workload/warmup
workload.horizon_s                SYSTEM/workload/horizon_seconds
workload.deadlines_ms             SYSTEM/workload/deadlines_seconds/0
link.weights                      SYSTEM/link/sharing/shared-cell/weights/0
link.propagation_ms               SYSTEM/link/propagation_seconds
link.jitter_ms                    SYSTEM/link/jitter_seconds
link.bursts.mean_good_ms          SYSTEM/link/channel/packet_loss/gilbert-elliott/mean_good_seconds
link.bursts.mean_bad_ms           SYSTEM/link/channel/packet_loss/gilbert-elliott/mean_bad_seconds
link.bursts.good_loss             SYSTEM/link/channel/packet_loss/gilbert-elliott/good_probability
link.bursts.bad_loss              SYSTEM/link/channel/packet_loss/gilbert-elliott/bad_probability
link.bit_error                    SYSTEM/link/channel/bit_error_probability
link.bit_erasure                  SYSTEM/link/channel/bit_erasure_probability
link.peak_snr_db                  SYSTEM/link/channel/peak_snr_db
link.retransmit.timeout_ms        SYSTEM/link/transport/retransmit/timeout_seconds
link.retransmit.tries             SYSTEM/link/transport/retransmit/tries
link.wake_up.duty                 SYSTEM/link/radio/standby/asleep/wake_up/duty
link.wake_up.period_ms            SYSTEM/link/radio/standby/asleep/wake_up/period_seconds
link.wake_up.tries                SYSTEM/link/radio/standby/asleep/wake_up/tries
link.wake_up.retry_ms             SYSTEM/link/radio/standby/asleep/wake_up/retry_seconds
cloud.servers                     SYSTEM/cloud/servers
cloud.batching.max_size           SYSTEM/cloud/batching/max_size
cloud.batching.max_wait_ms        SYSTEM/cloud/batching/max_wait_seconds
cloud.batching.fixed_ms           SYSTEM/cloud/batching/time/linear/fixed_seconds
cloud.batching.item_ms            SYSTEM/cloud/batching/time/linear/item_seconds
cloud.autoscaling.min_servers     SYSTEM/cloud/scaling/min_servers
cloud.autoscaling.max_servers     SYSTEM/cloud/scaling/max_servers
cloud.autoscaling.up_above        SYSTEM/cloud/scaling/up_above
cloud.autoscaling.down_below      SYSTEM/cloud/scaling/down_below
cloud.autoscaling.period_s        SYSTEM/cloud/scaling/period_seconds
cloud.autoscaling.startup_s       SYSTEM/cloud/scaling/startup_seconds
cloud.exit_entropy                SYSTEM/cloud/exit/entropy
";

const IN_OTHER: &str = "
network.jpeg_quality              /networks/0/choice/codec/jpeg/quality
workload.rate_hz                  SYSTEM/workload/arrivals/poisson/requests_per_second
link.uplink_mbps                  SYSTEM/link/uplink/constant/bits_per_second
link.packet_loss                  SYSTEM/link/channel/packet_loss/independent/probability
link.repeat                       SYSTEM/link/transport/repeat/copies
cloud.batching.marginal_cost      SYSTEM/cloud/batching/time/counts/marginal_cost
";

const IN_PERIODIC: &str = "
workload.periodic.period_s        SYSTEM/workload/arrivals/periodic/period_seconds
workload.periodic.jitter_s        SYSTEM/workload/arrivals/periodic/jitter_seconds
";

const IN_CLOSED_LOOP: &str =
    "workload.closed_loop.mean_think_s SYSTEM/workload/arrivals/closed-loop/mean_think_seconds";
const IN_RATE_TRACE: &str = "link.rate_trace_period_s SYSTEM/link/uplink/steps/period_seconds";

/// The plan of a scenario, as JSON.
fn plan(text: &str) -> Value {
    let zoo = Zoo::shipped().unwrap();
    let compiled = compile(&Source::shipped("units.toml", text), &zoo).unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_value(compiled.plan).unwrap()
}

/// The number at a key; of a list that of its last element.
fn number(scenario: &toml::Table, key: &str) -> f64 {
    let last = |value: &toml::Value| match value {
        toml::Value::Array(elements) => elements.last().unwrap().clone(),
        other => other.clone(),
    };
    let root = toml::Value::Table(scenario.clone());
    let value = key.split('.').fold(root, |value, part| last(value.get(part).unwrap_or_else(|| panic!("{key}"))));
    value.as_float().or(value.as_integer().map(|whole| whole as f64)).unwrap()
}

fn factor(key: &str) -> f64 {
    FACTORS.iter().find(|(unit, _)| key.ends_with(unit)).map_or(1.0, |(_, factor)| *factor)
}

#[test]
fn every_numeric_key_reaches_the_plan_in_si_units() {
    let requests = |arrivals| OTHER.replace("rate_hz = 1.25", arrivals);
    let rates = OTHER.replace("uplink_mbps = 2.5", RATE_TRACE);
    let mut seen = BTreeSet::new();
    for (text, table) in [
        (EVERY.to_string(), IN_EVERY),
        (OTHER.to_string(), IN_OTHER),
        (requests(PERIODIC), IN_PERIODIC),
        (requests(CLOSED_LOOP), IN_CLOSED_LOOP),
        (rates, IN_RATE_TRACE),
    ] {
        let (plan, scenario) = (plan(&text), toml::from_str(&text).unwrap());
        for line in table.lines().filter(|line| !line.is_empty()) {
            let (key, pointer) = line.split_once(' ').unwrap();
            let pointer = pointer.trim().replace("SYSTEM", "/points/0/system");
            let found = plan.pointer(&pointer).and_then(Value::as_f64);
            let found = found.unwrap_or_else(|| panic!("{key}: no number at {pointer} of {plan:#}"));
            let expected = number(&scenario, key) * factor(key);
            assert!((found / expected - 1.0).abs() < 1e-12, "{key}: {found} in the plan, {expected} in the scenario");
            seen.insert(key.to_string());
        }
    }
    // The size of a packet reaches the plan less its headers.
    let packet = plan(EVERY).pointer("/points/0/packets/payload_bytes").and_then(Value::as_f64);
    assert_eq!(packet, Some(200.0 - 28.0));
    seen.insert("link.mtu_bytes".into());
    // The time step of a file is in the hash of its network, see `tests/nir.rs`.
    seen.insert("network.nir.dt".into());
    // So is the normalisation, see `tests/onnx.rs`.
    seen.extend(["mean", "std", "scale"].map(|key| format!("network.normalisation.{key}")));
    // Values in the place of those of profiles are compared with profiles that have them, see `profiles`.
    let keys = numeric_keys().into_iter().map(|key| key.path);
    let declared: BTreeSet<String> = keys.filter(|key| !key.contains("override.")).collect();
    assert_eq!(seen, declared, "every numeric key has a line in these tables");
}
