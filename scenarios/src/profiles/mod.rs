//! Profiles of devices, links and clouds, and price lists: files in which every number carries its unit and where
//! it is from.
//!
//! A profile is named (it ships with CoSpike) or given as a path ending in `.toml`, relative to the file that asks
//! for it.

mod quantity;

pub use quantity::{Evidence, Expected, Quantity, Scope};

use crate::decode;
use crate::diagnostic::{Diagnostic, Source, did_you_mean};
use crate::library;
use crate::results::ProfileUsed;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::kernel::{not_negative, positive, probability};
use cospike_sim_core::link::{Radio, RadioPower, Standby};
use quantity::whole;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

/// A kind of profile.
pub trait Profile: DeserializeOwned {
    /// `device`, `link`, `cloud` or `prices`.
    const KIND: &'static str;
    /// Where its shipped files lie.
    const FOLDER: &'static str;
    /// Its shipped files.
    const SHIPPED: &'static [(&'static str, &'static [u8])];

    /// What it describes.
    fn description(&self) -> &str;

    /// All its quantities, with what is asked of them.
    fn quantities(&self) -> Vec<(Expected, &Quantity)>;

    /// Checks that concern several quantities at once.
    ///
    /// # Errors
    /// A [`Diagnostic`] in `source`, the profile's file.
    fn check_whole(&self, _source: &Source) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// Reads the profile `name`, which is asked for in the file `asked_in`.
    ///
    /// # Errors
    /// A [`Diagnostic`] in `asked_in` if there is no such profile, in the profile's own file if that is wrong.
    fn load(name: &Spanned<String>, asked_in: &Source) -> Result<Self, Diagnostic> {
        Self::decode(&find::<Self>(name, asked_in)?)
    }

    /// Decodes and checks a profile.
    ///
    /// # Errors
    /// A [`Diagnostic`] in `source`.
    fn decode(source: &Source) -> Result<Self, Diagnostic> {
        let profile: Self = decode::decode(source, decode::parse(source)?)?;
        profile.quantities().into_iter().try_for_each(|(expected, quantity)| quantity.check(source, &expected))?;
        profile.check_whole(source)?;
        Ok(profile)
    }

    /// All its values, for the record.
    fn used(&self, name: &str) -> ProfileUsed {
        ProfileUsed {
            kind: Self::KIND.into(),
            name: name.into(),
            description: self.description().into(),
            values: self.quantities().into_iter().map(|(expected, quantity)| quantity.used(&expected)).collect(),
        }
    }
}

fn find<P: Profile>(name: &Spanned<String>, asked_in: &Source) -> Result<Source, Diagnostic> {
    let word = name.get_ref();
    if !word.ends_with(".toml") {
        let help = || format!("{}, or a path ending in .toml", did_you_mean(word, library::names(P::SHIPPED)));
        let missing = || asked_in.error_at(name, format!("no {} profile is called `{word}`", P::KIND)).help(help());
        return shipped::<P>(word).ok_or_else(missing);
    }
    let Some(folder) = &asked_in.folder else {
        return Err(asked_in.error_at(name, "a scenario that ships with CoSpike can only use shipped profiles"));
    };
    let path = folder.join(word);
    Source::read(&path)
        .map_err(|error| asked_in.error_at(name, format!("cannot read the profile {}: {error}", path.display())))
}

/// The shipped profile `name`.
fn shipped<P: Profile>(name: &str) -> Option<Source> {
    let text = library::text(P::SHIPPED, name)?.into();
    Some(Source { name: format!("{}/{name}.toml", P::FOLDER), folder: None, text })
}

/// Every shipped profile of a kind, with its name.
///
/// # Errors
/// Only if a shipped file is wrong.
pub fn all_shipped<P: Profile>() -> Result<Vec<(&'static str, P)>, Diagnostic> {
    let names = library::names(P::SHIPPED);
    names.filter_map(|name| shipped::<P>(name).map(|source| Ok((name, P::decode(&source)?)))).collect()
}

/// Declares a profile: its quantities with their units and possible values.
macro_rules! profile {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $folder:literal, $shipped:ident $(, $whole:ident)? {
        $($(#[$key_doc:meta])* $key:ident: $unit:literal, $check:ident;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// What it describes.
            pub description: String,
            $($(#[$key_doc])* pub $key: Quantity,)*
        }

        impl Profile for $name {
            const KIND: &'static str = $kind;
            const FOLDER: &'static str = $folder;
            const SHIPPED: &'static [(&'static str, &'static [u8])] = library::$shipped;

            fn description(&self) -> &str {
                &self.description
            }

            fn quantities(&self) -> Vec<(Expected, &Quantity)> {
                vec![$((Expected { key: stringify!($key), unit: $unit, check: $check }, &self.$key)),*]
            }

            $(fn check_whole(&self, source: &Source) -> Result<(), Diagnostic> {
                $whole(self, source)
            })?
        }
    };
}

profile! {
    /// An edge device: how fast it computes and what it draws whatever it does.
    DeviceProfile, "device", "profiles/device", DEVICES {
        /// Accumulates per second.
        ac_per_second: "1/s", positive;
        /// Multiply-accumulates per second.
        mac_per_second: "1/s", positive;
        /// Neuron updates per second.
        neuron_updates_per_second: "1/s", positive;
        /// Time that every inference takes besides its operations.
        overhead: "us", not_negative;
        /// Power drawn all the time.
        static_power: "mW", not_negative;
    }
}

profile! {
    /// A radio link. While sending, the radio draws `alpha_up * uplink + beta`.
    LinkProfile, "link", "profiles/link", LINKS {
        /// Rate up.
        uplink: "Mbit/s", positive;
        /// Rate down.
        downlink: "Mbit/s", positive;
        /// One-way delay besides sending.
        propagation: "ms", not_negative;
        /// Headers of a packet.
        header: "bytes", whole;
        /// Largest packet, headers included.
        mtu: "bytes", whole;
        /// Probability that a packet sent up is lost.
        packet_loss: "probability", probability;
        /// Power per rate while sending.
        alpha_up: "mW/(Mbit/s)", not_negative;
        /// Power per rate while receiving.
        alpha_down: "mW/(Mbit/s)", not_negative;
        /// Power while sending or receiving, besides.
        beta: "mW", not_negative;
        /// Power while neither sending nor receiving.
        idle: "mW", not_negative;
    }
}

profile! {
    /// A server of the cloud.
    CloudProfile, "cloud", "profiles/cloud", CLOUDS {
        /// Accumulates per second.
        ac_per_second: "1/s", positive;
        /// Multiply-accumulates per second.
        mac_per_second: "1/s", positive;
        /// Neuron updates per second.
        neuron_updates_per_second: "1/s", positive;
        /// Time that every inference takes besides its operations.
        overhead: "us", not_negative;
        /// Size of an answer, without headers.
        answer: "bytes", whole;
    }
}

profile! {
    /// A price list: energy of each kind of operation at the edge.
    Prices, "prices", "prices", PRICES, one_scope {
        /// One accumulate.
        ac: "pJ", not_negative;
        /// One multiply-accumulate.
        mac: "pJ", not_negative;
        /// One neuron update.
        neuron_update: "pJ", not_negative;
        /// Fetching one weight.
        weight_read: "pJ", not_negative;
        /// Reading or writing one membrane value.
        state_access: "pJ", not_negative;
        /// Reading one input value.
        activation_read: "pJ", not_negative;
        /// Writing one output value.
        activation_write: "pJ", not_negative;
    }
}

/// An all-in price contains what per-operation prices name one by one, so a list of both counts twice.
fn one_scope(prices: &Prices, source: &Source) -> Result<(), Diagnostic> {
    let first = *prices.ac.scope.get_ref();
    match prices.quantities().into_iter().find(|(_, quantity)| *quantity.scope.get_ref() != first) {
        None => Ok(()),
        Some((expected, quantity)) => {
            let (key, scope) = (expected.key, quantity.scope.get_ref().name());
            let message = format!("`{key}` is {scope}, but `ac` is {}: these prices never mix", first.name());
            Err(source
                .error_at(&quantity.scope, message)
                .help("give all prices one scope; what an all-in price covers costs 0"))
        }
    }
}

fn processor(ac: &Quantity, mac: &Quantity, neuron_updates: &Quantity, overhead: &Quantity) -> Processor {
    Processor {
        ac_per_second: ac.get(),
        mac_per_second: mac.get(),
        neuron_updates_per_second: neuron_updates.get(),
        overhead_seconds: overhead.get() * 1e-6,
    }
}

impl DeviceProfile {
    /// The device's processor.
    pub fn processor(&self) -> Processor {
        processor(&self.ac_per_second, &self.mac_per_second, &self.neuron_updates_per_second, &self.overhead)
    }

    /// Power drawn all the time, in watts.
    pub fn static_watts(&self) -> f64 {
        self.static_power.get() * 1e-3
    }
}

impl LinkProfile {
    /// The radio of a device.
    pub fn radio(&self) -> Radio {
        let power = RadioPower {
            up_watts_per_mbps: self.alpha_up.get() * 1e-3,
            down_watts_per_mbps: self.alpha_down.get() * 1e-3,
            active_watts: self.beta.get() * 1e-3,
        };
        Radio { standby: Standby::Listening { watts: self.idle.get() * 1e-3 }, ..Radio::always_ready(power) }
    }
}

impl CloudProfile {
    /// The processor of one server.
    pub fn processor(&self) -> Processor {
        processor(&self.ac_per_second, &self.mac_per_second, &self.neuron_updates_per_second, &self.overhead)
    }
}

impl Prices {
    /// The prices in joules.
    pub fn list(&self) -> PriceList {
        let joules = |quantity: &Quantity| quantity.get() * 1e-12;
        PriceList {
            ac: joules(&self.ac),
            mac: joules(&self.mac),
            neuron_update: joules(&self.neuron_update),
            weight_read: joules(&self.weight_read),
            state_access: joules(&self.state_access),
            activation_read: joules(&self.activation_read),
            activation_write: joules(&self.activation_write),
        }
    }

    /// What each price covers; one scope for all.
    pub fn scope(&self) -> Scope {
        *self.ac.scope.get_ref()
    }
}
