//! From the profiles and values of a scenario to the models of `cospike-sim-core`.

use super::{places, warnings, workload};
use crate::diagnostic::{Mistake, Origin};
use crate::located::Located;
use crate::profiles::{CloudProfile, DeviceProfile, LinkProfile, Overrides, Prices, Profile, Replaceable, all_shipped};
use crate::scenario::Scenario;
use cospike_models::zoo::Blueprint;
use cospike_results::index::PriceIndex;
use cospike_results::manifest::ProfileUsed;
use cospike_sim_core::cosim::System;
use cospike_sim_core::energy::Form;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::network::{Network, Operation, Signal};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZeroUsize;
use std::ops::Range;

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
    fn get(&mut self, name: &Located<String>, origin: &Origin) -> Result<&P, Mistake> {
        match self.loaded.entry((**name).clone()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => Ok(new.insert(P::load(name, origin)?)),
        }
    }

    /// The profile with the values that a scenario gives in the place of its own.
    fn get_with(
        &mut self,
        (name, overrides): (&Located<String>, Option<&Overrides<P>>),
        origin: &Origin,
    ) -> Result<&P, Mistake>
    where
        P: Replaceable,
    {
        let Some(overrides) = overrides else { return self.get(name, origin) };
        match self.loaded.entry(overrides.label(name)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => Ok(new.insert(overrides.applied_to(P::load(name, origin)?)?)),
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
    pub(super) fn with_shipped_prices() -> Result<Self, Mistake> {
        let shipped = all_shipped::<Prices>().map_err(Mistake::from)?;
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

    /// Loads a price list, with the values in the place of its own. Those of all scenarios of a study are loaded before anything else, so that their numbers stay.
    pub(super) fn load_prices(
        &mut self,
        list: (&Located<String>, Option<&Overrides<Prices>>),
        origin: &Origin,
    ) -> Result<(), Mistake> {
        self.prices.get_with(list, origin).map(|_| ())
    }

    /// Index of the price list `name`, which has been loaded, in the order of [`Profiles::price_lists`].
    pub(super) fn price_index(&self, name: &str) -> PriceIndex {
        PriceIndex(self.prices.loaded.keys().take_while(|loaded| loaded.as_str() < name).count() as u32)
    }

    /// Operations on zeros that the devices execute, and those that the servers execute.
    pub(super) fn conventions(&mut self, scenario: &Scenario, origin: &Origin) -> Result<[Convention; 2], Mistake> {
        let device = self.devices.get_with(scenario.fleet.device(), origin)?.convention();
        Ok([device, self.clouds.get_with(scenario.cloud.server(), origin)?.convention()])
    }

    /// What `scenario` simulates.
    pub(super) fn system(&mut self, scenario: &Scenario, origin: &Origin) -> Result<System, Mistake> {
        let fleet = &scenario.fleet;
        let device = self.devices.get_with(scenario.fleet.device(), origin)?;
        let form = match fleet.priced() {
            Some(list) => Some(self.prices.get_with(list, origin)?.form()),
            None => None,
        };
        if let Some(prices) = &fleet.prices
            && form.is_some_and(Form::is_all_in)
            && device.static_watts() > 0.0
        {
            let message =
                format!("`{}` is all-in, so it contains the static power that `{}` also has", **prices, *fleet.profile);
            return Err(Mistake::in_value(prices, message).help("use a device whose static power is 0"));
        }
        let system = System {
            devices: fleet.devices.get(),
            edge: places::edge(scenario, self.devices.get_with(scenario.fleet.device(), origin)?, form)?,
            link: places::link(scenario, self.links.get_with(scenario.link.radio(), origin)?, origin)?,
            cloud: places::cloud(scenario, self.clouds.get_with(scenario.cloud.server(), origin)?),
            workload: workload::workload(scenario, origin)?,
            starvation_seconds: scenario.study.starvation_s.as_ref().map(|s| s.get()),
        };
        // Every key was checked where it stands; this is for what only shows when profile and scenario come together.
        system.check().map_err(|error| Mistake::in_value(&scenario.study.name, error.to_string()))?;
        Ok(system)
    }

    /// What is not as it should be with the profiles of `scenario`, which make up `system`.
    pub(super) fn warnings(
        &mut self,
        scenario: &Scenario,
        system: &System,
        origin: &Origin,
    ) -> Result<Vec<String>, Mistake> {
        let Scenario { fleet, cloud, .. } = scenario;
        let device = self.devices.get_with(scenario.fleet.device(), origin)?;
        let server = self.clouds.get_with(scenario.cloud.server(), origin)?;
        let link = self.links.get_with(scenario.link.radio(), origin)?;
        // A list with other values than its own is still the list of a machine.
        fn named<'s>(
            lists: &'s Shelf<Prices>,
            (name, overrides): (&'s Located<String>, Option<&Overrides<Prices>>),
        ) -> Option<(&'s str, &'s Prices)> {
            let label = overrides.map_or_else(|| (**name).clone(), |overrides| overrides.label(name));
            Some((name.as_str(), lists.loaded.get(&label)?))
        }
        let list = |priced: Option<(_, _)>| named(&self.prices, priced?);
        let processors = warnings::device_mix(scenario, device, list(fleet.priced())).chain(warnings::cloud_mix(
            scenario,
            server,
            list(cloud.priced()),
        ));
        let replaced = warnings::overrides(scenario);
        Ok(replaced.chain(processors).chain(warnings::link_range(scenario, link, &system.link)).collect())
    }

    /// Refuses a price list that has no price for something that the head, or the tail in the cloud, does: its joules
    /// would be too few.
    pub(super) fn check_prices(
        &mut self,
        scenario: &Scenario,
        blueprint: &Blueprint,
        origin: &Origin,
    ) -> Result<(), Mistake> {
        let (cut, layers) = (blueprint.cut, blueprint.network.layers.len());
        let head = scenario.fleet.priced().map(|list| (list, "head", 0..cut + 1));
        let tail = scenario.cloud.priced().map(|list| (list, "tail", cut + 1..layers));
        for (list, part, range) in head.into_iter().chain(tail) {
            let name = list.0;
            let Some(unpriced) = self.prices.get_with(list, origin)?.unpriced().next() else { continue };
            let coding = (part == "head" && blueprint.codec_computes()).then_some("its codec".to_string());
            let layer = first_on_real_values(&blueprint.network, range).map(|layer| format!("`{layer}`"));
            let Some(place) = layer.or(coding) else { continue };
            let message = format!("`{}` leaves `{unpriced}` unpriced, but the {part} has them in {place}", **name);
            let help = "the joules of a request would be too few: use a list that prices them";
            return Err(Mistake::in_value(name, message).help(help));
        }
        Ok(())
    }

    /// Payload that fits a packet: the largest packet less its headers.
    pub(super) fn packet_payload(&mut self, scenario: &Scenario, origin: &Origin) -> Result<NonZeroUsize, Mistake> {
        let section = &scenario.link;
        let profile = self.links.get_with(scenario.link.radio(), origin)?;
        let header = profile.header.get() as u32; // checked to be a whole number of 32 bits, as is `mtu`
        let mtu = section.mtu_bytes.as_ref().map_or(profile.mtu.get() as u32, |mtu| mtu.get());
        NonZeroUsize::new(mtu.saturating_sub(header) as usize).ok_or_else(|| {
            let span = section.mtu_bytes.as_ref().map_or(section.profile.span(), Located::span);
            let message = format!("a packet of {mtu} bytes has no room for payload after {header} bytes of headers");
            Mistake::at_span(span, message).help(format!("give `mtu_bytes` of at least {}", header.saturating_add(1)))
        })
    }
}

/// The first of `layers` that has weights and works on real values.
fn first_on_real_values(network: &Network, layers: Range<usize>) -> Option<&str> {
    let signals = network.signals(Signal::Real);
    let layers = &network.layers[layers];
    let weighted =
        |operation| matches!(operation, Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear);
    let first = layers
        .iter()
        .find(|layer| weighted(layer.operation) && layer.inputs.iter().any(|&i| signals[i] == Signal::Real));
    first.map(|layer| layer.name.as_str())
}
