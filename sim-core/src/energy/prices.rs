//! What operations cost.

use super::ComputeEnergy;
use crate::inference::Counts;
use crate::kernel::{ImpossibleValue, not_negative};

/// Joules per operation of each kind. Where a figure comes from, and whether it is measured, is the business of
/// whoever fills this in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PriceList {
    /// One accumulate.
    pub ac: f64,
    /// One multiply-accumulate.
    pub mac: f64,
    /// One neuron state update.
    pub neuron_update: f64,
    /// Fetching one weight.
    pub weight_read: f64,
    /// Reading or writing one membrane value.
    pub state_access: f64,
    /// Reading one input value.
    pub activation_read: f64,
    /// Writing one output value.
    pub activation_write: f64,
}

impl PriceList {
    /// Checks every price.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a price that is negative or not finite.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        not_negative("ac", self.ac)?;
        not_negative("mac", self.mac)?;
        not_negative("neuron_update", self.neuron_update)?;
        not_negative("weight_read", self.weight_read)?;
        not_negative("state_access", self.state_access)?;
        not_negative("activation_read", self.activation_read)?;
        not_negative("activation_write", self.activation_write)
    }

    /// Energy of `counts`: each count times its own price.
    pub fn energy(&self, counts: &Counts) -> ComputeEnergy {
        ComputeEnergy {
            ac: counts.ac as f64 * self.ac,
            mac: counts.mac as f64 * self.mac,
            neuron: counts.neuron_updates as f64 * self.neuron_update,
            memory: counts.weight_reads as f64 * self.weight_read
                + counts.state_accesses as f64 * self.state_access
                + counts.activation_reads as f64 * self.activation_read
                + counts.activation_writes as f64 * self.activation_write,
            other: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Horowitz, ISSCC 2014 (45 nm, 0.9 V): FP32 add 0.9 pJ, multiply 3.7 pJ; a distinct count and price per kind, so
    /// that no two can be swapped unseen.
    #[test]
    fn each_count_meets_its_own_price() {
        let prices = PriceList {
            ac: 0.9e-12,
            mac: 4.6e-12,
            neuron_update: 2e-12,
            weight_read: 5e-12,
            state_access: 7e-12,
            activation_read: 11e-12,
            activation_write: 13e-12,
        };
        let counts = Counts {
            ac: 1_000,
            mac: 10,
            neuron_updates: 3,
            weight_reads: 17,
            state_accesses: 19,
            activation_reads: 23,
            activation_writes: 29,
        };
        let energy = prices.energy(&counts);
        let close = |found: f64, picojoules: f64| assert!((found - picojoules * 1e-12).abs() < 1e-22, "{found}");
        close(energy.ac, 900.0);
        close(energy.mac, 46.0);
        close(energy.neuron, 6.0);
        close(energy.memory, 85.0 + 133.0 + 253.0 + 377.0);
        close(energy.total(), 900.0 + 46.0 + 6.0 + 848.0);
    }
}
