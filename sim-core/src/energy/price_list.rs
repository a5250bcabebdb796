//! Price lists and the forms they have.

use super::account::Account;
use super::forms::{AllIn, ChipEvents, Lemaire2022, Memory, Operations, Yan2024, matched_bits};
use super::layer::{Lines, PricedLayer, weights};
use super::price_key::PriceKey;
use crate::inference::{Convention, LayerCounts};
use crate::kernel::ImpossibleValue;
use crate::network::{Network, Signal};
use serde::{Deserialize, Serialize};

/// Prices of events. A list has a price for every event of its form, no more and no fewer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceList {
    /// Arithmetic alone.
    Operations(Operations),
    /// Arithmetic and memory traffic.
    Memory(Memory),
    /// The model of Lemaire et al., 2022.
    #[serde(rename = "lemaire-2022")]
    Lemaire2022(Lemaire2022),
    /// The model of Yan et al., 2024.
    #[serde(rename = "yan-2024")]
    Yan2024(Yan2024),
    /// Events of a neuromorphic chip.
    ChipEvents(ChipEvents),
    /// One price that covers everything.
    AllIn(AllIn),
}

/// Form of a price list: the events that it counts, and how they follow from the counts and the geometry of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Form of [`PriceList::Operations`]: arithmetic alone.
    Operations,
    /// Form of [`PriceList::Memory`]: arithmetic and memory traffic.
    Memory,
    /// Form of [`PriceList::Lemaire2022`], after Lemaire et al.
    #[serde(rename = "lemaire-2022")]
    Lemaire2022,
    /// Form of [`PriceList::Yan2024`], after Yan et al.
    #[serde(rename = "yan-2024")]
    Yan2024,
    /// Form of [`PriceList::ChipEvents`]: events of a neuromorphic chip.
    ChipEvents,
    /// Form of [`PriceList::AllIn`]: one price that covers everything.
    AllIn,
}

/// Cause why a price list is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PriceError {
    /// A price is missing.
    #[error("a price list of form `{}` has no price `{key}`: add it, with its unit", form.name())]
    Missing {
        /// Form of the list.
        form: Form,
        /// Key of the missing price.
        key: &'static str,
    },
    /// A value that its unit does not have: negative, not finite, or neither of two numbers.
    #[error(transparent)]
    ImpossibleValue(#[from] ImpossibleValue),
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 6] =
        [Self::Operations, Self::Memory, Self::Lemaire2022, Self::Yan2024, Self::ChipEvents, Self::AllIn];

    /// Name in price lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Memory => "memory",
            Self::Lemaire2022 => "lemaire-2022",
            Self::Yan2024 => "yan-2024",
            Self::ChipEvents => "chip-events",
            Self::AllIn => "all-in",
        }
    }

    /// All keys of lists of this form.
    pub fn keys(self) -> &'static [PriceKey] {
        match self {
            Self::Operations => Operations::KEYS,
            Self::Memory => Memory::KEYS,
            Self::Lemaire2022 => Lemaire2022::KEYS,
            Self::Yan2024 => Yan2024::KEYS,
            Self::ChipEvents => ChipEvents::KEYS,
            Self::AllIn => AllIn::KEYS,
        }
    }

    /// Whether its prices cover everything that goes on, so that nothing may be added to them.
    pub fn is_all_in(self) -> bool {
        self == Self::AllIn
    }
}

impl PriceList {
    /// Checks every value; a list that was not made by [`PriceList::new`] may hold any.
    ///
    /// # Errors
    /// The first value outside the limits of its unit.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        match self {
            Self::Operations(prices) => prices.check(),
            Self::Memory(prices) => prices.check(),
            Self::Lemaire2022(prices) => prices.check(),
            Self::Yan2024(prices) => prices.check(),
            Self::ChipEvents(prices) => prices.check(),
            Self::AllIn(prices) => prices.check(),
        }
    }

    /// A list of `form`; `value` gives what stands in the list at a key, in the key's unit, or `None` for what it leaves
    /// unpriced.
    ///
    /// # Errors
    /// A price that is missing and may not be left unpriced, or a value outside [`Unit::limits`](super::Unit::limits).
    pub fn new(form: Form, value: impl Fn(&'static str) -> Option<f64>) -> Result<Self, PriceError> {
        for key in form.keys() {
            match value(key.key) {
                Some(value) => key.unit.check(key.key, value)?,
                None if key.may_be_unpriced => {}
                None => return Err(PriceError::Missing { form, key: key.key }),
            }
        }
        let read = |key: &PriceKey| value(key.key).map(|value| key.unit.in_joules(value));
        let missing = |key| PriceError::Missing { form, key };
        Ok(match form {
            Form::Operations => Self::Operations(Operations::read(read).map_err(missing)?),
            Form::Memory => Self::Memory(Memory::read(read).map_err(missing)?),
            Form::Lemaire2022 => Self::Lemaire2022(Lemaire2022::read(read).map_err(missing)?),
            Form::Yan2024 => Self::Yan2024(Yan2024::read(read).map_err(missing)?),
            Form::ChipEvents => Self::ChipEvents(ChipEvents::read(read).map_err(missing)?),
            Form::AllIn => Self::AllIn(AllIn::read(read).map_err(missing)?),
        })
    }

    /// Bits of the whole numbers that the list takes the weights of layer `index` of `network` to be; `None` if it does not
    /// say, or gives no whole number from 2 to 24, beyond which float32 has no finer weights. For `steps` see
    /// [`PriceList::account`].
    pub fn weight_bits(&self, network: &Network, steps: Option<usize>, index: usize) -> Option<u32> {
        let Self::Yan2024(prices) = self else { return None };
        let signals = network.signals(Signal::Real);
        let on_spikes = network.layers[index].inputs.iter().any(|&input| signals[input] != Signal::Real);
        let bits = match on_spikes {
            true => prices.weight_bits,
            false => prices.real_weight_bits(steps?),
        };
        ((2.0..=24.0).contains(&bits) && bits.fract() == 0.0).then_some(bits as u32)
    }

    /// Bits of the activations that the list prices in networks on real values, whatever they were executed with; `None` if it
    /// does not say. For `steps` see [`PriceList::account`].
    pub fn activation_bits(&self, steps: Option<usize>) -> Option<u32> {
        match self {
            Self::Yan2024(_) => steps.map(matched_bits),
            _ => None,
        }
    }

    /// The account of the layers of `network` that were run, by their counts by `convention`: of one inference, or of several
    /// added up layer by layer. Operations of coding are priced as those on real values; the event of their lines is `codec`.
    ///
    /// `steps` is T of a spiking network, or the levels of a quantised one; of a float network it is T of the spiking one that it
    /// is compared with, whose resolution [`Form::Yan2024`] gives to both. Without it that form leaves operations on real values
    /// unpriced.
    pub fn account(
        &self,
        network: &Network,
        steps: Option<usize>,
        layers: &[LayerCounts],
        convention: Convention,
    ) -> Account {
        let own = layers.iter().filter(|counted| !counted.is_codec);
        let all_weights = own.map(|counted| weights(network, counted.layer)).sum();
        let mut account = Account::default();
        for counted in layers {
            let layer = PricedLayer { network, counted, convention, all_weights, steps };
            let lines = &mut Lines { layer: counted.layer, is_codec: counted.is_codec, lines: &mut account.lines };
            match self {
                Self::Operations(prices) => prices.price(&layer, lines),
                Self::Memory(prices) => prices.price(&layer, lines),
                Self::Lemaire2022(prices) => prices.price(&layer, lines),
                Self::Yan2024(prices) => prices.price(&layer, lines),
                Self::ChipEvents(prices) => prices.price(&layer, lines),
                Self::AllIn(prices) => prices.price(&layer, lines),
            }
        }
        account
    }
}
