//! The value of every quantity of a profile, and of every price, reaches the plan in SI units. The factors are written by hand.

use cospike_models::zoo::Zoo;
use cospike_scenarios::compile;
use cospike_scenarios::diagnostic::{Origin, Source};
use cospike_scenarios::profiles::{CloudProfile, DeviceProfile, LinkProfile, Profile};
use cospike_sim_core::energy::{Form, PriceList, Unit};
use serde_json::Value;
use std::collections::BTreeSet;

const EVERY: &str = include_str!("every.toml");
const OTHER: &str = include_str!("other.toml");

/// Key, unit, value, factor to the SI unit, and where the plan has it. `ASLEEP` is the plan of a scenario with a wake-up radio,
/// `AWAKE` that of one which replaces no value of the profiles.
const DEVICE: &str = "
ac_per_second                1/s    2e6   1     AWAKE/edge/processor/ac_per_second
mac_per_second               1/s    3e6   1     AWAKE/edge/processor/mac_per_second
neuron_updates_per_second    1/s    4e6   1     AWAKE/edge/processor/neuron_updates_per_second
overhead                     us     5.5   1e-6  AWAKE/edge/processor/overhead_seconds
static_power                 mW     6.5   1e-3  AWAKE/edge/static_watts
computing_power              mW     6.75  1e-3  OWN/edge/measured_watts
idle_power                   mW     7.5   1e-3  AWAKE/edge/standby/idle_watts
sleep_power                  mW     8.5   1e-3  ASLEEP/edge/standby/sleep/watts
wake_time                    ms     9.5   1e-3  ASLEEP/edge/standby/sleep/wake_seconds
wake_power                   mW     10.5  1e-3  ASLEEP/edge/standby/sleep/wake_watts
skips_zeros                  0_or_1 1       1     EDGE_ZEROS
";

const LINK: &str = "
uplink                       Mbit/s         2.5   1e6   AWAKE/link/uplink/constant/bits_per_second
downlink                     Mbit/s         3.5   1e6   AWAKE/link/downlink_bits_per_second
propagation                  ms             4.5   1e-3  AWAKE/link/propagation_seconds
header                       bytes          33    1     AWAKE/link/header_bytes
mtu                          bytes          1033  1     MTU
packet_loss                  probability    0.25  1     AWAKE/link/channel/packet_loss/independent/probability
alpha_up                     mW/(Mbit/s)    5.5   1e-3  AWAKE/link/radio/power/up_watts_per_mbps
alpha_down                   mW/(Mbit/s)    6.5   1e-3  AWAKE/link/radio/power/down_watts_per_mbps
beta                         mW             7.5   1e-3  AWAKE/link/radio/power/active_watts
idle                         mW             8.5   1e-3  AWAKE/link/radio/standby/listening/watts
promotion_time               ms             9.5   1e-3  AWAKE/link/radio/promotion_seconds
promotion_power              mW             10.5  1e-3  AWAKE/link/radio/promotion_watts
tail_time                    ms             11.5  1e-3  AWAKE/link/radio/tail_seconds
tail_power                   mW             12.5  1e-3  AWAKE/link/radio/tail_watts
frame_time                   us             12.6  1e-6  AWAKE/link/frame/overhead_seconds
frame_header                 bytes          12    1     AWAKE/link/frame/header_bytes
frame_energy                 uJ             12.7  1e-6  AWAKE/link/frame/sent_joules
grant_delay                  ms             12.8  1e-3  AWAKE/link/grant_seconds
law_up_to                    Mbit/s         1.5   1     WARNING
law_down_to                  Mbit/s         1.25  1     WARNING
off_power                    mW             13.5  1e-3  ASLEEP/link/radio/standby/asleep/watts
wake_up_power                uW             14.5  1e-6  ASLEEP/link/radio/standby/asleep/wake_up/watts
wake_up_signal               ms             15.5  1e-3  ASLEEP/link/radio/standby/asleep/wake_up/signal_seconds
wake_up_miss                 probability    0.35  1     ASLEEP/link/radio/standby/asleep/wake_up/miss_probability
wake_up_false_alarms         1/s            0.45  1     ASLEEP/link/radio/standby/asleep/wake_up/false_alarms_per_second
";

const CLOUD: &str = "
ac_per_second                1/s    2e6   1     AWAKE/cloud/processor/ac_per_second
mac_per_second               1/s    3e6   1     AWAKE/cloud/processor/mac_per_second
neuron_updates_per_second    1/s    4e6   1     AWAKE/cloud/processor/neuron_updates_per_second
overhead                     us     5.5   1e-6  AWAKE/cloud/processor/overhead_seconds
answer                       bytes  44    1     AWAKE/cloud/answer_bytes
idle_power                   W      6.5   1     AWAKE/cloud/power/idle_watts
busy_power                   W      7.5   1     AWAKE/cloud/power/busy_watts
skips_zeros                  0_or_1 1       1     CLOUD_ZEROS
";

/// Units of price lists, and joules in each; widths and distances stay.
const PRICE_UNITS: [(&str, f64); 8] = [
    ("pJ", 1e-12),
    ("pJ/64bit", 1e-12 / 64.0),
    ("pJ/64bit/bit", 1e-12 / 64.0),
    ("pJ/bit", 1e-12),
    ("bit", 1.0),
    ("byte", 1.0),
    ("hops", 1.0),
    ("0 or 1", 1.0),
];

fn rows(table: &str) -> impl Iterator<Item = [&str; 5]> {
    table.lines().filter(|line| !line.is_empty()).map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        cells.try_into().unwrap_or_else(|_| panic!("{line}"))
    })
}

/// A profile with the values of a table.
fn text(table: &str) -> String {
    let quantity = |[key, unit, value, ..]: [&str; 5]| {
        let unit = unit.replace('_', " ");
        format!(
            "[{key}]\nvalue = {value}\nunit = \"{unit}\"\nscope = \"per-operation\"\nevidence = \"assumed\"\nsource = \"a test\"\n"
        )
    };
    "description = \"a test\"\n".to_string() + &rows(table).map(quantity).collect::<String>()
}

/// The values of the tables in the sections of a scenario.
fn overrides() -> String {
    let section = |(name, table): (&str, &'static str)| {
        let values: String = rows(table).map(|[key, _, value, ..]| format!("{key} = {value}\n")).collect();
        format!("[{name}.override]\n{values}")
    };
    [("fleet", DEVICE), ("link", LINK), ("cloud", CLOUD)].map(section).concat()
}

#[test]
fn every_quantity_of_a_profile_reaches_the_plan_in_si_units() {
    let folder = tempfile::tempdir().unwrap();
    for (name, table) in [("device", DEVICE), ("link", LINK), ("cloud", CLOUD)] {
        std::fs::write(folder.path().join(format!("{name}.toml")), text(table)).unwrap();
    }
    let zoo = Zoo::shipped().unwrap();
    let compiled = |text: String| {
        let origin = Origin::Folder(folder.path().to_path_buf());
        let compiled = compile(&Source { name: "profiles.toml".into(), origin, text }, &zoo);
        serde_json::to_value(compiled.unwrap_or_else(|error| panic!("{error}")).plan).unwrap()
    };
    let plan = |scenario: &str| {
        let text = scenario.replace("edge-accelerator", "device.toml").replace("\"wifi\"", "\"link.toml\"");
        compiled(text.replace("\"server\"", "\"cloud.toml\""))
    };
    let awake_text = OTHER.replace("uplink_mbps = 2.5\npacket_loss = 0.15\n", "");
    let (asleep, awake) = (plan(EVERY), plan(&awake_text));
    let own_text = awake_text.replace("prices = \"horowitz-45nm-fp32\"\n", "");
    let own = plan(&own_text);
    // A scenario that gives all these values itself simulates the same as one with profiles that have them.
    for (scenario, wanted) in [(&awake_text, &awake), (&own_text, &own)] {
        let overridden = compiled(scenario.to_string() + &overrides());
        for part in ["system", "packets", "convention", "cloud_convention"] {
            assert_eq!(overridden["points"][0][part], wanted["points"][0][part], "{part}");
        }
        let names = &overridden["points"][0]["profiles"];
        assert!(names["link"].as_str().unwrap().contains("wifi with alpha_down = 6.5 mW/(Mbit/s), "), "{names}");
        assert!(overridden["provenance"]["warnings"].to_string().contains("in the place of its own"));
    }
    for [key, _, value, factor, place] in [DEVICE, LINK, CLOUD].into_iter().flat_map(rows) {
        let zeros = match place {
            "EDGE_ZEROS" => Some("/points/0/convention"),
            "CLOUD_ZEROS" => Some("/points/0/cloud_convention"),
            _ => None,
        };
        if let Some(pointer) = zeros {
            assert_eq!(awake.pointer(pointer).and_then(Value::as_str), Some("non-zero"), "{key}");
            continue;
        }
        if place == "WARNING" {
            let warnings = awake["provenance"]["warnings"].to_string();
            assert!(warnings.contains(&format!("fitted to rates up to {value} Mbit/s")), "{key}: {warnings}");
            continue;
        }
        let (value, factor): (f64, f64) = (value.parse().unwrap(), factor.parse().unwrap());
        let (plan, pointer, expected) = match place.split_once('/') {
            Some(("OWN", rest)) => (&own, format!("/points/0/system/{rest}"), value * factor),
            Some(("ASLEEP", rest)) => (&asleep, format!("/points/0/system/{rest}"), value * factor),
            Some((_, rest)) => (&awake, format!("/points/0/system/{rest}"), value * factor),
            // The size of a packet reaches the plan less its headers.
            None => (&awake, "/points/0/packets/payload_bytes".into(), value - 33.0),
        };
        let found = plan.pointer(&pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{key}: {pointer}"));
        assert!((found / expected - 1.0).abs() < 1e-12, "{key}: {found} in the plan, {expected} in the profile");
    }
    fn declared<P: Profile>(table: &str, others: &[&'static str]) {
        let profile = P::checked(&text(table)).unwrap_or_else(|_| panic!("a profile of kind {}", P::KIND));
        let given = profile.quantities().len();
        // Where an unknown key is refused, every declared one is named.
        let mistake = P::decode(&Source::shipped("unknown.toml", "qqqq = 1")).err().unwrap();
        let help = mistake.help().unwrap_or_default();
        let known: BTreeSet<&str> = help.trim_start_matches("choose from ").split(", ").collect();
        let table = rows(table).map(|[key, ..]| key).chain(others.iter().copied()).collect();
        assert_eq!((known, given + others.len()), (table, help.split(", ").count()), "{}", P::KIND);
    }
    declared::<DeviceProfile>(DEVICE, &["description", "price_lists"]);
    declared::<LinkProfile>(LINK, &["description"]);
    declared::<CloudProfile>(CLOUD, &["description", "price_lists"]);
}

#[test]
fn every_price_reaches_the_plan_in_joules() {
    for form in Form::ALL {
        let keys = form.keys();
        let value = |wanted| {
            let place = keys.iter().position(|key| key.key == wanted)?;
            Some(if keys[place].unit == Unit::Switch { 1.0 } else { 1.5 + place as f64 })
        };
        let list = serde_json::to_value(PriceList::new(form, value).unwrap()).unwrap();
        let prices = list.as_object().unwrap().values().next().unwrap();
        for key in keys {
            let factor = PRICE_UNITS.iter().find(|(unit, _)| *unit == key.unit.name()).unwrap().1;
            let found = prices[key.key].as_f64().unwrap_or(f64::from(prices[key.key] == Value::Bool(true)));
            let (found, expected) = (found, value(key.key).unwrap() * factor);
            assert!((found / expected - 1.0).abs() < 1e-12, "{} of {}: {found}, not {expected}", key.key, form.name());
        }
    }
}

/// Every price of a list, replaced by the scenario and swept: each design point has a list of its own name and values, whatever the order.
#[test]
fn prices_in_the_place_of_those_of_a_list_reach_the_plan() {
    let zoo = Zoo::shipped().unwrap();
    for (name, form) in [
        ("horowitz-45nm-fp32", Form::Operations),
        ("memory-45nm-fp32", Form::Memory),
        ("lemaire-2022", Form::Lemaire2022),
        ("yan-2024", Form::Yan2024),
    ] {
        let value = |key: &str| {
            let place = form.keys().iter().position(|known| known.key == key)?;
            Some(if form.keys()[place].unit == Unit::Switch { 1.0 } else { 1.0 + place as f64 })
        };
        let (swept, others) = form.keys().split_first().unwrap();
        let values = others.iter().map(|key| format!("{} = {}\n", key.key, value(key.key).unwrap()));
        let values: String = values.collect();
        let text = OTHER
            .replace("horowitz-45nm-fp32", name)
            .replace("[workload]", &format!("[fleet.price_override]\n{values}\n[workload]"));
        let text = text + &format!("[sweep]\nfleet.price_override.{} = [1e6, 1.0]\n", swept.key);
        let plan = compile(&Source::shipped("prices.toml", text), &zoo).unwrap_or_else(|error| panic!("{error}")).plan;
        let lists: Vec<_> = plan.points.iter().map(|point| &plan.prices[point.prices.unwrap().position()]).collect();
        assert_eq!(lists[1].list, PriceList::new(form, value).unwrap(), "{name}");
        assert_ne!(lists[0].list, lists[1].list);
        assert!(lists.iter().all(|list| list.name.starts_with(&format!("{name} with "))), "{}", lists[0].name);
        assert!(plan.prices.iter().any(|list| list.name == name), "the list itself is as it was");
    }
}
