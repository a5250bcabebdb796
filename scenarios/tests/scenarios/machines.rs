//! Measured machines: what was published comes out, and what is mixed is said.

use crate::random_zoo::random_zoo;
use crate::small;
use cospike_scenarios::compile;
use cospike_scenarios::diagnostic::Source;
use cospike_scenarios::profiles::{CloudProfile, DeviceProfile, LinkProfile, Prices, Profile, all_shipped};
use cospike_sim_core::inference::Counts;
use cospike_sim_core::link::Link;

/// The warnings of the small scenario with other words in it.
fn warnings(replacements: &[(&str, &str)]) -> Vec<String> {
    let source = small("");
    let text = replacements.iter().fold(source.text.clone(), |text, (from, to)| text.replace(from, to));
    let compiled = compile(&Source { text, ..source }, &random_zoo());
    compiled.unwrap_or_else(|error| panic!("{error}")).plan.provenance.warnings
}

/// Name of the device; multiply-accumulates of the published network; its published milliseconds and millijoules.
const PUBLISHED: [(&str, u64, f64, f64); 7] = [
    ("cortex-m4-stm32l4r5", 12_501_632, 222.17, 17.315),
    ("cortex-m7-stm32h7a3", 12_501_632, 54.70, 7.615),
    ("cortex-m33-stm32u575", 12_501_632, 127.26, 3.384),
    ("ndp120", 12_501_632, 16.06, 0.101_83),
    ("raspberry-pi-4", 4_089_184_256, 590.2, 3_443.0),
    ("jetson-xavier-nx", 4_089_184_256, 3.065, 32.2),
    ("jetson-orin", 4_089_184_256, 0.9119, 25.3),
];

#[test]
fn a_measured_device_gives_the_published_time_and_joules_of_its_network() {
    let devices = all_shipped::<DeviceProfile>().unwrap();
    for (name, mac, milliseconds, millijoules) in PUBLISHED {
        let (_, device) = devices.iter().find(|(shipped, _)| *shipped == name).unwrap();
        let counts = Counts { mac, ..Counts::default() };
        let seconds = device.processor().time(&counts).unwrap().seconds();
        let joules = seconds * (device.measured_watts().unwrap() + device.static_watts());
        assert!((seconds * 1e3 / milliseconds - 1.0).abs() < 2e-3, "{name}: {seconds} s");
        assert!((joules * 1e3 / millijoules - 1.0).abs() < 3e-3, "{name}: {joules} J");
        let idle = device.standby(None, None).unwrap().idle_watts;
        assert!(idle < device.measured_watts().unwrap(), "{name} draws more while computing");
    }
    let own = devices.iter().filter(|(_, device)| device.computing_power.is_some());
    assert_eq!(own.count(), PUBLISHED.len(), "every measured device is held against what was published");
}

/// What is not measured, simulated, or from a model that can be read says that it is assumed.
#[test]
fn no_value_of_a_shipped_profile_is_from_memory() {
    fn sources<P: Profile>() -> Vec<String> {
        let shipped = all_shipped::<P>().unwrap();
        shipped.iter().flat_map(|(name, profile)| profile.used(name).values).map(|value| value.source).collect()
    }
    let all = [sources::<DeviceProfile>(), sources::<LinkProfile>(), sources::<CloudProfile>(), sources::<Prices>()];
    for source in all.concat() {
        assert!(!source.contains("from memory") && !source.contains("remember"), "{source}");
    }
}

/// 4.6 pJ times 1e8 per second is 0.46 mW, times 5.63e7 it is 0.259 mW; an STM32L4R5 drew 77.9 mW.
#[test]
fn a_mix_of_prices_and_rates_is_said_with_the_power_that_it_implies() {
    assert_eq!(warnings(&[]), Vec::<String>::new(), "`edge-accelerator` names `horowitz-45nm-fp32`");
    let mixed = warnings(&[("edge-accelerator", "microcontroller")]);
    assert_eq!(mixed.len(), 1);
    for part in
        ["`microcontroller`", "`horowitz-45nm-fp32`", "0.46 mW", "4.6 pJ per multiply-accumulate, at 1e8 per second"]
    {
        assert!(mixed[0].contains(part), "{part} in {}", mixed[0]);
    }
    let measured = warnings(&[("edge-accelerator", "cortex-m4-stm32l4r5")]);
    assert!(measured[0].contains("0.259 mW") && measured[0].contains("77.9 mW were measured"), "{measured:?}");
    assert!(warnings(&[("edge-accelerator\"\nprices = \"horowitz-45nm-fp32\"", "cortex-m4-stm32l4r5\"")]).is_empty());
    // Every design point has the same warning, which is given once; the cloud has its own.
    let swept = "\n[cloud]\nprices = \"memory-45nm-int8\"\n";
    let cloud = warnings(&[
        ("edge-accelerator", "microcontroller"),
        ("\n[cloud]\n", swept),
        ("rate_hz = 20.0", "rate_hz = 20.0"),
    ]);
    assert!(cloud.len() == 2 && cloud[1].contains("the cloud `server`"), "{cloud:?}");
}

#[test]
fn a_power_law_beyond_its_range_is_said_with_both_powers() {
    let wifi = ("profile = \"wifi\"", "profile = \"bottlenet-wifi\"");
    let beyond = warnings(&[wifi]);
    let of = |part: &str| beyond.iter().any(|warning| warning.contains(part));
    assert!(
        of("at 18.88 Mbit/s it gives 5.48 W") && of("up to 6 Mbit/s for sending, where it gives 1.83 W"),
        "{beyond:?}"
    );
    let within = warnings(&[(wifi.0, "profile = \"bottlenet-wifi\"\nuplink_mbps = 6.0")]);
    assert!(beyond.len() == 1 && within.is_empty(), "{within:?}");
}

/// Exchanges of IEEE 802.11 in whole symbols, counted by hand: microseconds for 8, 128 and 1472 bytes over IP and UDP.
#[test]
fn frames_take_as_long_as_the_standard_has_them() {
    let links = all_shipped::<LinkProfile>().unwrap();
    for (name, times) in [("wifi", [177.5, 197.5, 393.5]), ("wifi-esp32-s2", [202.5, 218.5, 382.5])] {
        let (_, profile) = links.iter().find(|(shipped, _)| *shipped == name).unwrap();
        let rate = profile.uplink.get() * 1e6;
        let link = Link {
            header_bytes: profile.header.get() as u32,
            frame: profile.frame(),
            ..Link::plain(rate, rate, profile.radio().power)
        };
        for (payload, expected) in [8, 128, 1_472].into_iter().zip(times) {
            let found = link.downlink_time(link.bytes(&[payload])).unwrap().seconds() * 1e6;
            // A symbol takes 4 us.
            assert!(found <= expected && expected - found < 4.0, "{name}, {payload} bytes: {found} us, not {expected}");
        }
    }
}
