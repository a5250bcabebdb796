use crate::random_zoo::random_zoo;
use crate::small;
use cospike_scenarios::profiles::{CloudProfile, DeviceProfile, LinkProfile, Prices, Profile, all_shipped};
use cospike_scenarios::study::Study;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::link::Rate;

fn close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-12, "{found} is not {expected}");
}

/// Against values worked out by hand from the profiles' tables.
#[test]
fn values_arrive_in_si_units() {
    let study = Study::from_scenario(&small(""), &random_zoo()).unwrap();
    let system = &study.points[0].system;
    close(system.link.radio.power.sending_watts(18.88e6), 5.479_109_6); // 283.17 mW/(Mbit/s) * 18.88 Mbit/s + 132.86 mW
    assert_eq!(system.link.uplink, Rate::Constant { bits_per_second: 18.88e6 });
    close(system.link.propagation_seconds, 5e-3);
    let counts = Counts { ac: 3_000_000, mac: 1_000_000, neuron_updates: 400_000, ..Counts::default() };
    close(system.edge.processor.time(&counts).unwrap().seconds(), 1.12e-3); // 4.4 M / 4 GHz + 20 us
    let shipped = all_shipped::<Prices>().unwrap();
    let (_, prices) = shipped.iter().find(|(name, _)| *name == "horowitz-45nm-fp32").unwrap();
    close(prices.list().energy(&counts).total(), (2.7 + 4.6 + 0.36) * 1e-6);
    assert_eq!(study.points[0].packet_payload.get(), 1_472); // 1,500 less IPv4 and UDP
}

#[test]
fn a_scenario_replaces_values_of_its_profiles() {
    let text =
        small("").text.replace("packetise", "uplink_mbps = 1.0\npropagation_ms = 2.0\nmtu_bytes = 128\npacketise");
    let source = cospike_scenarios::diagnostic::Source { text, ..small("") };
    let study = Study::from_scenario(&source, &random_zoo()).unwrap();
    let point = &study.points[0];
    assert_eq!(point.system.link.uplink, Rate::Constant { bits_per_second: 1e6 });
    close(point.system.link.propagation_seconds, 2e-3);
    assert_eq!(point.packet_payload.get(), 100);
}

#[test]
fn every_shipped_profile_is_free_of_mistakes() {
    assert!(all_shipped::<DeviceProfile>().unwrap().len() >= 2);
    assert!(all_shipped::<LinkProfile>().unwrap().len() >= 3);
    assert!(!all_shipped::<CloudProfile>().unwrap().is_empty());
    let prices = all_shipped::<Prices>().unwrap();
    let memory = prices.iter().find(|(name, _)| *name == "memory-45nm-fp32").unwrap().1.list();
    close(memory.weight_read, 50e-12); // 1 MiB SRAM: 100 pJ per 64 bits
    close(memory.state_access, 10e-12); // 32 KiB SRAM: 20 pJ per 64 bits
    assert!(prices.iter().all(|(name, list)| list.used(name).values.len() == 7));
}
