//! Counts x prices, and power x time, in joules.
//!
//! A [`PriceList`] turns the counts of each layer that was run into an [`Account`]: one line per layer and kind of event,
//! `count x price = joules`, which can be checked by hand. Which events there are and how they follow from the counts is
//! the list's [`Form`].

mod account;
mod compute;
mod forms;
mod layer;
mod ledger;
mod price_key;
mod price_list;

pub use account::{Account, AccountLine};
pub use compute::{ComputeEnergy, ComputePart};
pub use forms::{AllIn, ChipEvents, Lemaire2022, Memory, Operations, Yan2024, matched_bits};
pub use ledger::{Energy, EnergyLedger, PowerEnergy, PowerPart};
pub use price_key::{PriceKey, Unit};
pub use price_list::{Form, PriceError, PriceList};
