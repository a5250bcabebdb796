//! What can be simulated but is not as it should be: prices and rates of different machines, and a power law beyond the rates that
//! it was fitted to.

use crate::located::Located;
use crate::profiles::{CloudProfile, DeviceProfile, LinkProfile, Overrides, Prices, Quantity, Replaceable};
use crate::scenario::Scenario;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::kernel::Number;
use cospike_sim_core::link::Link;

/// A profile of a processor, as far as it may be combined with price lists.
struct Machine<'a> {
    kind: &'static str,
    name: &'a str,
    lists: Vec<&'a str>,
    processor: Processor,
    /// Measured power while computing, in milliwatts, with its source.
    measured: Option<&'a Quantity>,
}

/// What to say of a device whose operations are priced by `list`.
pub(super) fn device_mix(
    scenario: &Scenario,
    device: &DeviceProfile,
    list: Option<(&str, &Prices)>,
) -> impl Iterator<Item = String> {
    let machine = Machine {
        kind: "device",
        name: &scenario.fleet.profile,
        lists: device.price_lists.iter().map(|name| name.as_str()).collect(),
        processor: device.processor(),
        measured: device.computing_power.as_ref(),
    };
    list.and_then(|(name, prices)| machine.mixed_with(name, prices.list())).into_iter()
}

/// What to say of servers whose operations are priced by `list`.
pub(super) fn cloud_mix(
    scenario: &Scenario,
    cloud: &CloudProfile,
    list: Option<(&str, &Prices)>,
) -> impl Iterator<Item = String> {
    let machine = Machine {
        kind: "cloud",
        name: &scenario.cloud.profile,
        lists: cloud.price_lists.iter().map(|name| name.as_str()).collect(),
        processor: cloud.processor(),
        measured: None,
    };
    list.and_then(|(name, prices)| machine.mixed_with(name, prices.list())).into_iter()
}

impl Machine<'_> {
    /// Words on a price list that is not of this machine; nothing if the profile names it.
    fn mixed_with(&self, prices: &str, list: &PriceList) -> Option<String> {
        if self.lists.contains(&prices) {
            return None;
        }
        let Self { kind, name, .. } = self;
        let (event, joules, per_second) = priciest_operation(list, &self.processor);
        let mut text = format!(
            "prices and rates of different machines: the {kind} `{name}` does not name the price list `{prices}` as its own; \
             together they imply {} while it computes ({} pJ per {event}, at {per_second:e} per second)",
            watts(joules * per_second),
            rounded(joules * 1e12),
        );
        if let Some(measured) = self.measured {
            text += &format!(", where {} were measured: leave `prices` out to use that", watts(measured.get() * 1e-3));
        } else if !self.lists.is_empty() {
            text += &format!("; it names {}", self.lists.join(", "));
        }
        Some(text)
    }
}

/// Values that the scenario gives in the place of those of profiles.
pub(super) fn overrides(scenario: &Scenario) -> impl Iterator<Item = String> {
    fn warning<P: Replaceable>((name, overrides): (&Located<String>, Option<&Overrides<P>>)) -> Option<String> {
        overrides?.warning(name)
    }
    let Scenario { fleet, link, cloud, .. } = scenario;
    let lists = [fleet.priced(), cloud.priced()].map(|list| list.and_then(warning));
    [warning(fleet.device()), warning(link.radio()), warning(cloud.server())].into_iter().chain(lists).flatten()
}

/// The operation of a list that a machine computes with: its name, its joules, arithmetic alone, and its rate.
fn priciest_operation(list: &PriceList, processor: &Processor) -> (&'static str, f64, f64) {
    let (ac, mac) = (processor.ac_per_second, processor.mac_per_second);
    match list {
        PriceList::Operations(prices) => ("multiply-accumulate", prices.mac, mac),
        PriceList::Memory(prices) => ("multiply-accumulate without memory", prices.mac, mac),
        PriceList::Lemaire2022(prices) => ("multiply-accumulate without memory", prices.multiply + prices.add, mac),
        PriceList::Yan2024(prices) => ("accumulate without memory", prices.accumulate, ac),
        PriceList::ChipEvents(prices) => ("synaptic operation", prices.synaptic_operation, ac),
        PriceList::AllIn(prices) => ("synaptic event", prices.synaptic_event, ac),
    }
}

/// What to say of the radio: its power at rates beyond those that the profile's law was fitted to.
pub(super) fn link_range(scenario: &Scenario, profile: &LinkProfile, link: &Link) -> impl Iterator<Item = String> {
    let power = link.radio.power;
    let up = (link.uplink.most_bits_per_second(), power.up_watts_per_mbps, "sending", &profile.law_up_to);
    let down = (Some(link.downlink_bits_per_second), power.down_watts_per_mbps, "receiving", &profile.law_down_to);
    let name = (*scenario.link.profile).clone();
    [up, down].into_iter().filter_map(move |(bits_per_second, slope, what, law)| {
        let (mbps, most) = (bits_per_second? / 1e6, law.as_ref()?.get());
        let at = |mbps: f64| watts(slope * mbps + power.active_watts);
        (mbps > most && slope > 0.0).then(|| {
            format!(
                "beyond the range of a power law: that of the link `{name}` was fitted to rates up to {most} Mbit/s for {what}, \
                 where it gives {}; at {} Mbit/s it gives {}",
                at(most),
                Number(mbps),
                at(mbps)
            )
        })
    })
}

/// A power to three digits, in the unit that suits it.
fn watts(watts: f64) -> String {
    match watts {
        watts if watts >= 1.0 => format!("{} W", rounded(watts)),
        watts if watts >= 1e-4 => format!("{} mW", rounded(watts * 1e3)),
        watts => format!("{} uW", rounded(watts * 1e6)),
    }
}

/// Three significant digits.
fn rounded(value: f64) -> Number {
    Number(format!("{value:.2e}").parse().unwrap_or(value))
}
