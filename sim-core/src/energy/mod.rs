//! Counts x prices, and power x time, in joules.

mod ledger;
mod prices;

pub use ledger::{Energy, EnergyLedger, RadioWatts};
pub use prices::{ComputeEnergy, PriceList};
