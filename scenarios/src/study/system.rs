//! From the profiles and values of a scenario to the models of `cospike-sim-core`.

use crate::diagnostic::{Diagnostic, Source};
use crate::profiles::{CloudProfile, DeviceProfile, LinkProfile, Prices, Profile, Scope, all_shipped};
use crate::results::ProfileUsed;
use crate::scenario::{self, Scenario};
use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::cosim::System;
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::link::{Channel, Link, Sharing};
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, Workload};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZeroUsize;
use toml::Spanned;

/// Profiles of one kind by the name that scenarios ask for.
#[derive(Clone, Debug)]
pub(super) struct Shelf<P> {
    loaded: BTreeMap<String, P>,
}

impl<P> Default for Shelf<P> {
    fn default() -> Self {
        Self { loaded: BTreeMap::new() }
    }
}

impl<P: Profile> Shelf<P> {
    fn get(&mut self, name: &Spanned<String>, asked_in: &Source) -> Result<&P, Diagnostic> {
        match self.loaded.entry(name.get_ref().clone()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => Ok(new.insert(P::load(name, asked_in)?)),
        }
    }

    fn used(&self) -> impl Iterator<Item = ProfileUsed> {
        self.loaded.iter().map(|(name, profile)| profile.used(name))
    }
}

/// All profiles that a study uses.
#[derive(Clone, Debug, Default)]
pub(super) struct Profiles {
    devices: Shelf<DeviceProfile>,
    links: Shelf<LinkProfile>,
    clouds: Shelf<CloudProfile>,
    prices: Shelf<Prices>,
}

impl Profiles {
    /// With all shipped price lists, because every study is priced by all of them.
    pub(super) fn with_shipped_prices() -> Result<Self, Diagnostic> {
        let shipped = all_shipped::<Prices>()?;
        let loaded = shipped.into_iter().map(|(name, prices)| (name.to_string(), prices)).collect();
        Ok(Self { prices: Shelf { loaded }, ..Self::default() })
    }

    /// For the manifest, sorted by kind and name.
    pub(super) fn used(&self) -> Vec<ProfileUsed> {
        let places = self.clouds.used().chain(self.devices.used()).chain(self.links.used());
        places.chain(self.prices.used()).collect()
    }

    /// Price lists, sorted by name.
    pub(super) fn price_lists(&self) -> impl Iterator<Item = (&str, &Prices)> {
        self.prices.loaded.iter().map(|(name, prices)| (name.as_str(), prices))
    }

    /// What `scenario` simulates.
    pub(super) fn system(&mut self, scenario: &Scenario, source: &Source) -> Result<System, Diagnostic> {
        let Scenario { fleet, workload, cloud, .. } = scenario;
        let device = self.devices.get(&fleet.profile, source)?;
        let prices = self.prices.get(&fleet.prices, source)?;
        if prices.scope() == Scope::AllIn && device.static_watts() > 0.0 {
            let message = format!(
                "`{}` is all-in, so it contains the static power that `{}` also has",
                fleet.prices.get_ref(),
                fleet.profile.get_ref()
            );
            return Err(source.error_at(&fleet.prices, message).help("use a device whose static power is 0"));
        }
        let server = self.clouds.get(&cloud.profile, source)?;
        Ok(System {
            devices: *fleet.devices.get_ref(),
            edge: EdgeDevice {
                queue_capacity: fleet.queue_capacity,
                ..EdgeDevice::plain(device.processor(), device.static_watts())
            },
            link: link(scenario, self.links.get(&scenario.link.profile, source)?),
            cloud: Cloud::plain(
                *cloud.servers.get_ref(),
                server.processor(),
                server.answer.get() as u32, // checked to be a whole number of 32 bits
            ),
            workload: Workload {
                arrivals: ArrivalProcess::Poisson { requests_per_second: *workload.rate_hz.get_ref() },
                samples: SampleOrder::FleetDeck,
                requests: *workload.requests.get_ref(),
                horizon_seconds: workload.horizon_s.as_ref().map(|s| *s.get_ref()),
                warmup: *workload.warmup.get_ref(),
                deadlines_seconds: vec![],
            },
            starvation_seconds: None,
        })
    }

    /// Payload that fits a packet: the largest packet less its headers.
    pub(super) fn packet_payload(&mut self, scenario: &Scenario, source: &Source) -> Result<NonZeroUsize, Diagnostic> {
        let section = &scenario.link;
        let profile = self.links.get(&section.profile, source)?;
        let header = profile.header.get() as u32; // checked to be a whole number of 32 bits, as is `mtu`
        let mtu = section.mtu_bytes.as_ref().map_or(profile.mtu.get() as u32, |mtu| *mtu.get_ref());
        NonZeroUsize::new(mtu.saturating_sub(header) as usize).ok_or_else(|| {
            let span = section.mtu_bytes.as_ref().map_or(section.profile.span(), Spanned::span);
            let message = format!("a packet of {mtu} bytes has no room for payload after {header} bytes of headers");
            source.error(span, message).help(format!("give `mtu_bytes` of at least {}", header.saturating_add(1)))
        })
    }
}

fn link(scenario: &Scenario, profile: &LinkProfile) -> Link {
    let section = &scenario.link;
    let or = |given: &Option<Spanned<f64>>, profile: f64| given.as_ref().map_or(profile, |value| *value.get_ref());
    let uplink = or(&section.uplink_mbps, profile.uplink.get()) * 1e6;
    let radio = profile.radio();
    Link {
        propagation_seconds: or(&section.propagation_ms, profile.propagation.get()) * 1e-3,
        header_bytes: profile.header.get() as u32, // checked to be a whole number of 32 bits
        channel: Channel::losing(or(&section.packet_loss, profile.packet_loss.get())),
        sharing: match section.sharing {
            scenario::Sharing::Dedicated => Sharing::Dedicated,
            scenario::Sharing::Cell => Sharing::Cell,
        },
        radio,
        ..Link::plain(uplink, profile.downlink.get() * 1e6, radio.power)
    }
}
