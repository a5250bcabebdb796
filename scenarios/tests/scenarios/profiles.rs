//! Profiles and price lists: their units, what a scenario replaces, and that all shipped ones are without mistakes.

use crate::random_zoo::random_zoo;
use crate::{small, study};
use cospike_scenarios::profiles::{CloudProfile, DeviceProfile, LinkProfile, Prices, Profile, all_shipped};
use cospike_sim_core::energy::{Form, PriceList};
use cospike_sim_core::inference::{Convention, Counts};
use cospike_sim_core::link::Rate;

fn close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-12, "{found} is not {expected}");
}

/// The expected values are computed by hand from the numbers in the profiles' files.
#[test]
fn values_are_converted_to_si_units() {
    let study = study(&small(""), &random_zoo());
    let system = &study.plan().points[0].system;
    let power = system.link.radio.power;
    close(power.up_watts_per_mbps * 54.0 + power.active_watts, 0.403); // whatever the rate
    assert_eq!(system.link.uplink, Rate::Constant { bits_per_second: 54e6 });
    assert_eq!((system.link.frame.header_bytes, system.link.grant_seconds), (39, 0.0));
    close(system.link.frame.overhead_seconds, 165.5e-6);
    close(system.link.propagation_seconds, 5e-3);
    let radio = &system.link.radio;
    assert_eq!(radio.promotion_seconds, 0.0);
    close(radio.tail_seconds * radio.tail_watts, 100.75e-3); // 250 ms * 403 mW
    close(radio.standby_watts(), 20e-3);
    let counts = Counts { ac: 3_000_000, mac: 1_000_000, neuron_updates: 400_000, ..Counts::default() };
    close(system.edge.processor.time(&counts).unwrap().seconds(), 1.12e-3); // 4.4 M / 4 GHz + 20 us
    assert_eq!(study.plan().points[0].packets.payload_bytes.get(), 1_472); // 1,500 less IPv4 and UDP
    assert_eq!((system.cloud.power.idle_watts, system.cloud.power.busy_watts), (140.0, 70.0));
}

/// 0.9 mW of leakage and clock, also while it computes, unless the price of an operation is that of a whole chip at work. At
/// horowitz-45nm-fp32 `cospike run` adds that up to the joules of computing time.
#[test]
fn a_computing_processor_draws_its_idle_power_unless_the_prices_are_all_in() {
    let shipped = all_shipped::<DeviceProfile>().unwrap();
    let device = &shipped.iter().find(|(name, _)| *name == "edge-accelerator").unwrap().1;
    let watts = |form| device.standby(None, form).unwrap().computing_watts;
    close(watts(Some(Form::Operations)), 0.9e-3);
    assert_eq!((watts(Some(Form::AllIn)), watts(None)), (0.0, 0.0));
    let results = study(&small("[sweep]\nworkload.rate_hz = [0.2]\n"), &random_zoo()).run(None, &|_| ()).unwrap();
    for row in &results.replications {
        let (power, phases) = (row.energy.unwrap().power, row.phases.unwrap());
        assert!((power.computing / (0.9e-3 * phases.edge_compute) - 1.0).abs() < 0.02, "{power:?}");
        // It is idle for the rest of the time.
        let window = row.window_to_s.unwrap() - row.window_from_s.unwrap();
        let per_answer = 0.9e-3 * 3.0 * window / row.window_answered.unwrap() as f64;
        assert!(((power.computing + power.standby) / per_answer - 1.0).abs() < 1e-9, "{power:?}");
    }
}

#[test]
fn a_scenario_replaces_values_of_its_profiles() {
    let text =
        small("").text.replace("packetise", "uplink_mbps = 1.0\npropagation_ms = 2.0\nmtu_bytes = 128\npacketise");
    let source = cospike_scenarios::diagnostic::Source { text, ..small("") };
    let study = study(&source, &random_zoo());
    let point = &study.plan().points[0];
    assert_eq!(point.system.link.uplink, Rate::Constant { bits_per_second: 1e6 });
    close(point.system.link.propagation_seconds, 2e-3);
    assert_eq!(point.packets.payload_bytes.get(), 100);
}

/// Profiles for studies that account for the radio as BottleNet's authors do: nothing but their law, 283.17 mW/(Mbit/s) *
/// 18.88 Mbit/s + 132.86 mW.
#[test]
fn bottlenet_radios_draw_power_only_while_they_send_or_receive() {
    let shipped = all_shipped::<LinkProfile>().unwrap();
    let profile = |name| &shipped.iter().find(|(shipped, _)| *shipped == name).unwrap().1;
    for (name, watts) in [("bottlenet-3g", 1.773_758), ("bottlenet-4g", 3.852_621_5), ("bottlenet-wifi", 5.479_109_6)] {
        let profile = profile(name);
        let (radio, frame) = (profile.radio(), profile.frame());
        close(radio.power.up_watts_per_mbps * profile.uplink.get() + radio.power.active_watts, watts);
        assert!(radio.is_always_ready() && radio.standby_watts() == 0.0, "{name}");
        assert_eq!((frame.overhead_seconds, frame.header_bytes, frame.sent_joules), (0.0, 0, 0.0), "{name}");
    }
}

#[test]
fn every_shipped_profile_is_without_mistakes_and_every_form_has_a_price_list() {
    assert!(all_shipped::<DeviceProfile>().unwrap().len() >= 2);
    assert!(all_shipped::<LinkProfile>().unwrap().len() >= 3);
    assert!(!all_shipped::<CloudProfile>().unwrap().is_empty());
    let prices = all_shipped::<Prices>().unwrap();
    for (name, list) in &prices {
        let (given, unpriced) = (list.used(name).values.len(), list.unpriced().count());
        assert_eq!(
            given + unpriced,
            list.form().keys().len(),
            "{name} has a price for every key of its form, or says that it has none"
        );
    }
    let forms = Form::ALL.map(|form| prices.iter().filter(|(_, list)| list.form() == form).count());
    assert!(forms.iter().all(|&lists| lists > 0), "every form has a list: {forms:?}");
    let list = |wanted| *prices.iter().find(|(name, _)| *name == wanted).unwrap().1.list();
    let PriceList::Operations(operations) = list("horowitz-45nm-fp32") else { panic!("the list has another form") };
    close(operations.mac, 4.6e-12);
    let PriceList::Memory(memory) = list("memory-45nm-fp32") else { panic!("the list has another form") };
    close(memory.sram_1_mib * 32.0, 50e-12); // 100 pJ per 64 bits, so half for a float32
    close(memory.sram_32_kib * 32.0, 10e-12);
    let PriceList::AllIn(chip) = list("truenorth-2014") else { panic!("the list has another form") };
    close(chip.synaptic_event, 26e-12);
    assert_eq!(chip.real_valued_operation, None);
}

/// int8 products are added up in 32 bits: 0.2 + 0.1 pJ for a multiply-accumulate, 0.1 pJ for an accumulate, whatever else a list
/// counts. Three accumulates and two multiply-accumulates cost 0.9 pJ.
#[test]
fn int8_lists_add_in_32_bits_for_both_families() {
    let lists = all_shipped::<Prices>().unwrap();
    let int8: Vec<_> = lists.iter().filter(|(name, _)| name.contains("int8")).collect();
    assert_eq!(int8.len(), 3);
    for (name, list) in int8 {
        let values = list.used(name).values;
        let value = |key: &str| values.iter().find(|value| value.key == key).unwrap().value;
        close(3.0 * value("ac") + 2.0 * value("mac"), 0.9);
        close(value("neuron_update"), value("ac"));
    }
}

/// What a shipped profile says that differs from another one in nothing but that.
#[test]
fn variants_of_lists_and_devices_differ_in_one_value() {
    fn differences<P: Profile>(names: [&str; 2]) -> Vec<(String, f64, f64)> {
        let shipped = all_shipped::<P>().unwrap();
        let [one, other] =
            names.map(|name| shipped.iter().find(|(shipped, _)| *shipped == name).unwrap().1.used(name).values);
        assert_eq!(one.len(), other.len());
        let pairs = one.iter().zip(&other).filter(|(one, other)| one.value != other.value);
        pairs.map(|(one, other)| (one.key.clone(), one.value, other.value)).collect()
    }
    let only = |key: &str| vec![(key.to_string(), 0.0, 1.0)];
    for width in ["fp32", "int8"] {
        let (events, registers) = (format!("memory-45nm-{width}"), format!("memory-45nm-{width}-registers"));
        assert_eq!(differences::<Prices>([&events, &registers]), only("membranes_in_registers"));
    }
    assert_eq!(differences::<Prices>(["yan-2024", "yan-2024-spyx"]), only("matched_weights"));
    let accelerators = ["edge-accelerator", "edge-accelerator-zero-skipping"];
    assert_eq!(differences::<DeviceProfile>(accelerators), only("skips_zeros"));
    let clouds = all_shipped::<CloudProfile>().unwrap();
    assert!(clouds.iter().all(|(_, cloud)| cloud.convention() == Convention::Inside), "off by default");
}
