//! Profiles of devices, links and clouds, and price lists: files in which every number has its unit and its source.
//!
//! A scenario gives the name of a profile that ships with CoSpike, or the path of a file, ending in `.toml` and relative to
//! the scenario's own file.

mod catalogue;
mod conversion;
mod overrides;
mod prices;
mod quantity;

pub use catalogue::{CatalogueEntry, catalogue, price_catalogue};
pub use overrides::{Overrides, Replaceable};
pub use prices::Prices;
pub use quantity::{Evidence, Expected, Limits, Quantity, Scope};

use crate::decode;
use crate::diagnostic::{Diagnostic, Mistake, Origin, Source, did_you_mean, excerpt};
use crate::library;
use crate::located::Located;
use crate::scenario::{MAX_MBPS, MAX_PACKET_BYTES, MIN_MBPS};
use crate::shape::refuse_control_characters;
use cospike_results::manifest::ProfileUsed;
use cospike_sim_core::compute::{MAX_OPERATIONS_PER_SECOND, MIN_OPERATIONS_PER_SECOND};
use cospike_sim_core::kernel::{MAX_PER_SECOND, MAX_SECONDS, MAX_WATTS, MIN_PER_SECOND};
use cospike_sim_core::link::Frame;
use serde::Deserialize;
use std::path::PathBuf;

/// A kind of profile: how its files are found, decoded and checked.
pub trait Profile: Sized {
    /// Name of the kind: `device`, `link`, `cloud` or `prices`.
    const KIND: &'static str;
    /// What a file of the kind is called, such as `device profile`.
    const NOUN: &'static str;
    /// Folder of its shipped files, as messages show it.
    const FOLDER: &'static str;
    /// Shipped files of the kind: name and content.
    const SHIPPED: &'static [(&'static str, &'static [u8])];

    /// What the profile describes, in a sentence or two of its author.
    fn description(&self) -> &str;

    /// All quantities of the profile, each with its key, its unit and the condition that its value must meet.
    fn quantities(&self) -> Vec<(Expected, &Quantity)>;

    /// Decodes the text of a profile without checking its quantities, as [`Profile::checked`] does.
    ///
    /// # Errors
    /// The first mistake in the text.
    fn read(text: &str) -> Result<Self, Mistake>;

    /// Finds, decodes and checks the profile `name`; a path is relative to `origin`.
    ///
    /// # Errors
    /// A name that no shipped profile has; a file that cannot be read; the first mistake in the profile's own file.
    fn load(name: &Located<String>, origin: &Origin) -> Result<Self, Mistake> {
        let source = find::<Self>(name, origin)?;
        Self::checked(&source.text).map_err(|mistake| mistake.within(&source))
    }

    /// Decodes and checks the text of a profile.
    ///
    /// # Errors
    /// The first mistake in the text.
    fn checked(text: &str) -> Result<Self, Mistake> {
        let profile = Self::read(text)?;
        profile.quantities().into_iter().try_for_each(|(expected, quantity)| quantity.check(&expected))?;
        Ok(profile)
    }

    /// Decodes and checks the profile in `source`.
    ///
    /// # Errors
    /// The first mistake in the file.
    fn decode(source: &Source) -> Result<Self, Diagnostic> {
        Self::checked(&source.text).map_err(|mistake| mistake.into_diagnostic(source))
    }

    /// All values of the profile with their sources, as the manifest of a study records them.
    fn used(&self, name: &str) -> ProfileUsed {
        ProfileUsed {
            kind: Self::KIND.into(),
            name: name.into(),
            description: self.description().into(),
            values: self.quantities().into_iter().map(|(expected, quantity)| quantity.used(&expected)).collect(),
        }
    }
}

/// The text of the profile `name`, shipped or of a file.
fn find<P: Profile>(name: &Located<String>, origin: &Origin) -> Result<Source, Mistake> {
    if !name.ends_with(".toml") {
        let help = || format!("{}, or a path ending in .toml", did_you_mean(name, library::names(P::SHIPPED)));
        let message = || format!("no {} is called `{}`", P::NOUN, excerpt(name));
        return shipped::<P>(name).ok_or_else(|| Mistake::in_value(name, message()).help(help()));
    }
    let Origin::Folder(folder) = origin else {
        return Err(Mistake::in_value(name, "a scenario that ships with CoSpike can only use shipped profiles"));
    };
    let path = folder.join(name.as_str());
    let message = |error| format!("cannot read the {} {}: {error}", P::NOUN, path.display());
    Source::read(&path).map_err(|error| Mistake::in_value(name, message(error)))
}

/// Refuses the name of a price list that does not ship and is no path.
fn check_list(name: &Located<String>) -> Result<(), Mistake> {
    if name.ends_with(".toml") || library::text(library::PRICES, name).is_some() {
        return Ok(());
    }
    let message = format!("no price list is called `{}`", excerpt(name));
    let help =
        format!("{}, or the path of one that scenarios give", did_you_mean(name, library::names(library::PRICES)));
    Err(Mistake::in_value(name, message).help(help))
}

/// The shipped profile `name`; `None` if there is none.
fn shipped<P: Profile>(name: &str) -> Option<Source> {
    Some(Source::shipped(format!("{}/{name}.toml", P::FOLDER), library::text(P::SHIPPED, name)?))
}

/// The profile that `word` names in the option `option` of the command line, by the rules of a scenario; a path is relative
/// to the current folder.
///
/// # Errors
/// A word that names no profile; the first mistake in the profile's own file.
pub fn find_for_option<P: Profile>(option: &str, word: &str) -> Result<P, Diagnostic> {
    let source = Source { name: option.into(), origin: Origin::Folder(PathBuf::new()), text: word.into() };
    let name = Located::new(0..word.len(), word.to_string());
    P::load(&name, &source.origin).map_err(|mistake| mistake.into_diagnostic(&source))
}

/// Every shipped profile of a kind with its name, sorted by name.
///
/// # Errors
/// The first mistake in a shipped file; the tests make sure that there is none.
pub fn all_shipped<P: Profile>() -> Result<Vec<(&'static str, P)>, Diagnostic> {
    let sources = library::names(P::SHIPPED).filter_map(|name| Some((name, shipped::<P>(name)?)));
    sources.map(|(name, source)| Ok((name, P::decode(&source)?))).collect()
}

const OPERATIONS: Limits = Limits::between(MIN_OPERATIONS_PER_SECOND, MAX_OPERATIONS_PER_SECOND);
const ALARMS: Limits = Limits::between(MIN_PER_SECOND, MAX_PER_SECOND).or_zero();
/// From a nanosecond, which the clock counts.
const MICROSECONDS: Limits = Limits::between(1e-3, MAX_SECONDS * 1e6).or_zero();
const MILLISECONDS: Limits = Limits::between(1e-6, MAX_SECONDS * 1e3).or_zero();
const WATTS: Limits = Limits::between(0.0, MAX_WATTS);
const MILLIWATTS: Limits = Limits::between(0.0, MAX_WATTS * 1e3);
/// A property that a machine has (1) or has not (0).
const SWITCH: Limits = Limits::whole(0.0, 1.0);
/// The energy of a packet besides the power of the radio.
const MICROJOULES: Limits = Limits::between(0.0, Frame::MAX_JOULES * 1e6);
const MICROWATTS: Limits = Limits::between(0.0, MAX_WATTS * 1e6);
const MBPS: Limits = Limits::between(MIN_MBPS, MAX_MBPS);
const PROBABILITY: Limits = Limits::between(0.0, 1.0);
/// Up to the largest packet of the Internet Protocol.
const HEADER_BYTES: Limits = Limits::whole(0.0, MAX_PACKET_BYTES as f64);
const PACKET_BYTES: Limits = Limits::whole(1.0, MAX_PACKET_BYTES as f64);
const ANSWER_BYTES: Limits = Limits::whole(0.0, 1e9);

/// The lines of a documentation comment as one.
fn meaning(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Declares a kind of profile: each quantity with its unit and the limits of its value. The quantities that every profile of
/// the kind must have come first, then those that only some scenarios need, then lists of names.
macro_rules! profile {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $folder:literal, $shipped:ident {
        $($(#[doc = $about:literal])+ $key:ident: $unit:literal, $limits:expr;)*
    } $(optional {
        $($(#[doc = $extra_about:literal])+ $extra:ident: $extra_unit:literal, $extra_limits:expr;)*
    })? $(names {
        $($(#[$names_doc:meta])* $names:ident;)*
    })?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// What the profile describes, in a sentence or two.
            pub description: Located<String>,
            $($(#[doc = $about])+ pub $key: Quantity,)*
            $($($(#[doc = $extra_about])+ pub $extra: Option<Quantity>,)*)?
            $($($(#[$names_doc])* #[serde(default)] pub $names: Vec<Located<String>>,)*)?
        }

        impl Replaceable for $name {
            const NAME: &'static str = concat!($kind, " profile");

            fn declared() -> Vec<(Expected, String)> {
                vec![
                    $((Expected { key: stringify!($key), unit: $unit, limits: $limits }, meaning(&[$($about),+])),)*
                    $($((
                        Expected { key: stringify!($extra), unit: $extra_unit, limits: $extra_limits },
                        meaning(&[$($extra_about),+]),
                    ),)*)?
                ]
            }

            fn unit(key: &str) -> &'static str {
                match key {
                    $(stringify!($key) => $unit,)*
                    $($(stringify!($extra) => $extra_unit,)*)?
                    _ => "",
                }
            }

            fn replace(
                &mut self,
                key: &str,
                _: &Located<f64>,
                with: impl FnOnce(Option<&Quantity>) -> Quantity,
            ) -> Result<(), Mistake> {
                match key {
                    $(stringify!($key) => self.$key = with(Some(&self.$key)),)*
                    $($(stringify!($extra) => self.$extra = Some(with(self.$extra.as_ref())),)*)?
                    _ => {}
                }
                Ok(())
            }
        }

        impl Profile for $name {
            const KIND: &'static str = $kind;
            const NOUN: &'static str = concat!($kind, " profile");
            const FOLDER: &'static str = $folder;
            const SHIPPED: &'static [(&'static str, &'static [u8])] = library::$shipped;

            fn description(&self) -> &str {
                &self.description
            }

            fn quantities(&self) -> Vec<(Expected, &Quantity)> {
                let needed = [$((Expected { key: stringify!($key), unit: $unit, limits: $limits }, &self.$key)),*];
                let extra = [$($((
                    Expected { key: stringify!($extra), unit: $extra_unit, limits: $extra_limits },
                    self.$extra.as_ref(),
                )),*)?];
                let extra: Vec<(Expected, Option<&Quantity>)> = extra.into();
                let given = extra.into_iter().filter_map(|(expected, quantity)| Some((expected, quantity?)));
                needed.into_iter().chain(given).collect()
            }

            fn read(text: &str) -> Result<Self, Mistake> {
                let mut profile: Self = decode::decode(decode::parse(text)?)?;
                $(profile.$key.convert($unit);)*
                $($(profile.$extra.iter_mut().for_each(|quantity| quantity.convert($extra_unit));)*)?
                refuse_control_characters(&profile.description)?;
                $($(profile.$names.iter().try_for_each(check_list)?;)*)?
                Ok(profile)
            }
        }
    };
}

profile! {
    /// An edge device: rates of its processor, and power besides what operations cost.
    DeviceProfile, "device", "profiles/device", DEVICES {
        /// Rate of accumulates.
        ac_per_second: "1/s", OPERATIONS;
        /// Rate of multiply-accumulates.
        mac_per_second: "1/s", OPERATIONS;
        /// Rate of neuron updates.
        neuron_updates_per_second: "1/s", OPERATIONS;
        /// Time of an inference in addition to that of its operations.
        overhead: "us", MICROSECONDS;
        /// Power that the device draws at all times, whatever it does.
        static_power: "mW", MILLIWATTS;
    }
    optional {
        /// Power while computing, in addition to the static power, of a device that was measured as a whole: the idle power is
        /// contained. It is drawn where a scenario gives no price list for the operations.
        computing_power: "mW", MILLIWATTS;
        /// Power of the processor while awake, in addition to the static power: idle, and also while it computes, unless the
        /// price list is all-in or `computing_power` is drawn; 0 if it is left out.
        idle_power: "mW", MILLIWATTS;
        /// Power while asleep, in addition to the static power.
        sleep_power: "mW", MILLIWATTS;
        /// Time that the processor takes to wake up.
        wake_time: "ms", MILLISECONDS;
        /// Power while waking up, in addition to the static power.
        wake_power: "mW", MILLIWATTS;
        /// Whether the processor skips real values that are zero (1), in time and energy, or computes with them (0); 0 if it is
        /// left out.
        skips_zeros: "0 or 1", SWITCH;
    }
    names {
        /// Price lists that are for a machine like this; another one is used with a warning.
        price_lists;
    }
}

profile! {
    /// A radio link. While it sends, the radio draws `alpha_up * uplink + beta`; while it receives,
    /// `alpha_down * downlink + beta`.
    LinkProfile, "link", "profiles/link", LINKS {
        /// Rate of the uplink.
        uplink: "Mbit/s", MBPS;
        /// Rate of the downlink.
        downlink: "Mbit/s", MBPS;
        /// One-way delay in addition to the time of transmission.
        propagation: "ms", MILLISECONDS;
        /// Size of the headers of a packet.
        header: "bytes", HEADER_BYTES;
        /// Maximum size of a packet, headers included.
        mtu: "bytes", PACKET_BYTES;
        /// Probability that a packet sent up is lost.
        packet_loss: "probability", PROBABILITY;
        /// Power while sending, per rate of the uplink.
        alpha_up: "mW/(Mbit/s)", MILLIWATTS;
        /// Power while receiving, per rate of the downlink.
        alpha_down: "mW/(Mbit/s)", MILLIWATTS;
        /// Power while sending or receiving that does not depend on the rate.
        beta: "mW", MILLIWATTS;
        /// Power in standby, neither sending nor receiving nor connected.
        idle: "mW", MILLIWATTS;
    }
    optional {
        /// Time of promotion, after which a radio in standby can send or receive; 0 if it is left out.
        promotion_time: "ms", MILLISECONDS;
        /// Power during promotion; `tail_power` if it is left out.
        promotion_power: "mW", MILLIWATTS;
        /// Time of the tail, in which the radio stays connected after the last message; 0 if it is left out.
        tail_time: "ms", MILLISECONDS;
        /// Power while connected, but neither sending nor receiving; `idle` if it is left out.
        tail_power: "mW", MILLIWATTS;
        /// Time of a packet in addition to that of its bits, in both directions: waiting for the medium, preamble, acknowledgement.
        frame_time: "us", MICROSECONDS;
        /// Link-layer headers and checksum of a packet; they are no part of `mtu`.
        frame_header: "bytes", HEADER_BYTES;
        /// Energy of a packet that is sent, in addition to the power of the radio.
        frame_energy: "uJ", MICROJOULES;
        /// Time from a message of a connected radio that has nothing else to send to the permission to send it; `beta` is drawn
        /// meanwhile.
        grant_delay: "ms", MILLISECONDS;
        /// Greatest rate of the uplink for which `alpha_up` and `beta` were fitted; beyond it there is a warning.
        law_up_to: "Mbit/s", MBPS;
        /// Greatest rate of the downlink for which `alpha_down` and `beta` were fitted.
        law_down_to: "Mbit/s", MBPS;
        /// Power of the main radio while it is off and a wake-up radio listens for it.
        off_power: "mW", MILLIWATTS;
        /// Power of the wake-up radio while it listens.
        wake_up_power: "uW", MICROWATTS;
        /// Length of a wake-up signal.
        wake_up_signal: "ms", MILLISECONDS;
        /// Probability that the wake-up radio misses a signal.
        wake_up_miss: "probability", PROBABILITY;
        /// Rate at which the wake-up radio takes noise for a signal.
        wake_up_false_alarms: "1/s", ALARMS;
    }
}

profile! {
    /// A server of the cloud: rates of its processor, size of its answers, and power besides what operations cost.
    CloudProfile, "cloud", "profiles/cloud", CLOUDS {
        /// Rate of accumulates.
        ac_per_second: "1/s", OPERATIONS;
        /// Rate of multiply-accumulates.
        mac_per_second: "1/s", OPERATIONS;
        /// Rate of neuron updates.
        neuron_updates_per_second: "1/s", OPERATIONS;
        /// Time of an inference in addition to that of its operations.
        overhead: "us", MICROSECONDS;
        /// Size of an answer, headers not included.
        answer: "bytes", ANSWER_BYTES;
    }
    optional {
        /// Power of a running server; 0 if it is left out.
        idle_power: "W", WATTS;
        /// Power of a computing server, in addition to `idle_power`; 0 if it is left out.
        busy_power: "W", WATTS;
        /// Whether its processor skips real values that are zero (1), in time and energy, or computes with them (0); 0 if it is
        /// left out.
        skips_zeros: "0 or 1", SWITCH;
    }
    names {
        /// Price lists that are for a machine like this; another one is used with a warning.
        price_lists;
    }
}
