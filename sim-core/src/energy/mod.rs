//! Counts x prices, and power x time, in joules.

mod compute;
mod ledger;
mod prices;

pub use compute::ComputeEnergy;
pub use ledger::{Energy, EnergyLedger, RadioWatts};
pub use prices::PriceList;
