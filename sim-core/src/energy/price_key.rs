//! Keys of price lists, and the units of their values.

use crate::kernel::ImpossibleValue;

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

    /// Smallest and greatest value that a list may give: a price of at most a joule, sizes above 0.
    pub fn limits(self) -> (f64, f64) {
        match self {
            Self::Picojoules | Self::PicojoulesPerBit | Self::PicojoulesPer64Bits | Self::PicojoulesPer64BitsAndBit => {
                (0.0, 1e12)
            }
            Self::Bits => (1.0, 1e6),
            Self::Bytes => (1.0, 1e15),
            Self::Hops => (0.0, 1e6),
            Self::Switch => (0.0, 1.0),
        }
    }

    /// Refuses values outside [`Unit::limits`].
    pub(super) fn check(self, name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
        let (least, most) = self.limits();
        let needed = match self {
            Self::Picojoules | Self::PicojoulesPerBit | Self::PicojoulesPer64Bits | Self::PicojoulesPer64BitsAndBit => {
                "0 to 1e12, at most a joule"
            }
            Self::Bits => "1 to 1e6 bits",
            Self::Bytes => "1 to 1e15 bytes",
            Self::Hops => "0 to 1e6 hops",
            Self::Switch => "0 or 1",
        };
        let is_whole = self != Self::Switch || value.fract() == 0.0;
        if is_whole && (least..=most).contains(&value) { Ok(()) } else { Err(ImpossibleValue { name, value, needed }) }
    }

    /// Refuses a value in joules, or the width or distance itself, that no list may give.
    pub(super) fn check_in_joules(self, name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
        let (least, most) = self.limits();
        let holds = value.is_finite() && (self != Self::Switch || value.fract() == 0.0);
        let holds = holds && value >= self.in_joules(least) && value <= self.in_joules(most);
        if holds { Ok(()) } else { Err(ImpossibleValue { name, value, needed: "within the limits of its unit" }) }
    }

    /// Joules per event, per bit, or per bit and bit held; or the width or distance itself.
    pub(super) fn in_joules(self, value: f64) -> f64 {
        match self {
            Self::Picojoules | Self::PicojoulesPerBit => value * 1e-12,
            Self::PicojoulesPer64Bits | Self::PicojoulesPer64BitsAndBit => value * 1e-12 / 64.0,
            Self::Bits | Self::Bytes | Self::Hops | Self::Switch => value,
        }
    }
}
