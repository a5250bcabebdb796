//! Keys of price lists, and the units of their values.

use crate::kernel::{ImpossibleValue, not_negative, positive};

/// A price, or a value that prices depend on, that lists of a form have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceKey {
    /// Key in the price list.
    pub key: &'static str,
    /// Unit in which the value is given.
    pub unit: Unit,
    /// Whether a list may leave it unpriced; accounts with such events are partial.
    pub may_be_unpriced: bool,
}

/// Unit of a value in a price list. An access to an SRAM or DRAM of Horowitz' table moves 64 bits, so its price is *per 64
/// bits* and cannot be taken for one per value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Energy per event.
    Picojoules,
    /// Energy per access of 64 bits.
    PicojoulesPer64Bits,
    /// Energy per access of 64 bits and per bit that the memory holds.
    PicojoulesPer64BitsAndBit,
    /// Energy per bit moved.
    PicojoulesPerBit,
    /// Width in bits.
    Bits,
    /// Width in bytes.
    Bytes,
    /// Distance on a chip.
    Hops,
    /// A rule of the form that holds (1) or does not (0).
    Switch,
}

impl Unit {
    /// Name in price lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picojoules => "pJ",
            Self::PicojoulesPer64Bits => "pJ/64bit",
            Self::PicojoulesPer64BitsAndBit => "pJ/64bit/bit",
            Self::PicojoulesPerBit => "pJ/bit",
            Self::Bits => "bit",
            Self::Bytes => "byte",
            Self::Hops => "hops",
            Self::Switch => "0 or 1",
        }
    }

    /// Joules per event, per bit, or per bit and bit held; or the width or distance itself.
    pub(super) fn in_joules(self, value: f64) -> f64 {
        match self {
            Self::Picojoules | Self::PicojoulesPerBit => value * 1e-12,
            Self::PicojoulesPer64Bits | Self::PicojoulesPer64BitsAndBit => value * 1e-12 / 64.0,
            Self::Bits | Self::Bytes | Self::Hops | Self::Switch => value,
        }
    }

    /// Whether a value is possible in this unit: sizes are above 0, prices and distances at least 0, switches 0 or 1.
    ///
    /// # Errors
    /// [`ImpossibleValue`] with `key` as its name.
    pub fn check(self, key: &'static str, value: f64) -> Result<(), ImpossibleValue> {
        match self {
            Self::Bits | Self::Bytes => positive(key, value),
            Self::Switch if value == 0.0 || value == 1.0 => Ok(()),
            Self::Switch => Err(ImpossibleValue { name: key, value, needed: "0 or 1" }),
            _ => not_negative(key, value),
        }
    }
}
