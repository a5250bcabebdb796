//! Time that a processor takes for counts of operations.

use crate::inference::Counts;
use crate::kernel::{ImpossibleValue, SimTime, TimeError, seconds};
use serde::{Deserialize, Serialize};

/// Smallest rate of a processor, in operations per second: a kilohertz.
pub const MIN_OPERATIONS_PER_SECOND: f64 = 1e3;

/// Greatest rate of a processor, in operations per second: a zettaflop.
pub const MAX_OPERATIONS_PER_SECOND: f64 = 1e21;

fn operations_per_second(name: &'static str, value: f64) -> Result<(), ImpossibleValue> {
    match (MIN_OPERATIONS_PER_SECOND..=MAX_OPERATIONS_PER_SECOND).contains(&value) {
        true => Ok(()),
        false => Err(ImpossibleValue { name, value, needed: "1e3 to 1e21 operations per second" }),
    }
}

/// A processor that runs one inference at a time, in a time that follows from the operation counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processor {
    /// Accumulates per second.
    pub ac_per_second: f64,
    /// Multiply-accumulates per second.
    pub mac_per_second: f64,
    /// Neuron state updates per second.
    pub neuron_updates_per_second: f64,
    /// Seconds added to every inference, whatever its size.
    pub overhead_seconds: f64,
}

impl Processor {
    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a rate that is not above zero or a negative overhead.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        operations_per_second("ac_per_second", self.ac_per_second)?;
        operations_per_second("mac_per_second", self.mac_per_second)?;
        operations_per_second("neuron_updates_per_second", self.neuron_updates_per_second)?;
        seconds("overhead_seconds", self.overhead_seconds)
    }

    /// Time of one inference: the overhead plus each count over its rate, one kind after the other. Memory accesses
    /// overlap with the operations they serve and take no time of their own. Where there is nothing to compute
    /// (the head of a cloud-only design) there is no inference, and no overhead either.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub fn time(&self, counts: &Counts) -> Result<SimTime, TimeError> {
        SimTime::from_seconds(self.with_overhead(self.operation_seconds(counts)))
    }

    /// Seconds that the operations take, without the overhead.
    pub fn operation_seconds(&self, counts: &Counts) -> f64 {
        counts.ac as f64 / self.ac_per_second
            + counts.mac as f64 / self.mac_per_second
            + counts.neuron_updates as f64 / self.neuron_updates_per_second
    }

    /// Seconds of an inference whose operations take `operation_seconds`; no inference takes none.
    pub(crate) fn with_overhead(&self, operation_seconds: f64) -> f64 {
        if operation_seconds > 0.0 { self.overhead_seconds + operation_seconds } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESSOR: Processor =
        Processor { ac_per_second: 1e6, mac_per_second: 1e5, neuron_updates_per_second: 1e4, overhead_seconds: 1e-3 };

    #[test]
    fn each_kind_of_operation_takes_its_time_and_nothing_takes_none() {
        let counts = |ac, mac, neuron_updates| Counts { ac, mac, neuron_updates, ..Counts::default() };
        let milliseconds = |counts| PROCESSOR.time(&counts).unwrap().seconds() * 1e3;
        for (counts, expected) in [
            (counts(1_000, 0, 0), 2.0),
            (counts(0, 300, 0), 4.0),
            (counts(0, 0, 50), 6.0),
            (counts(2_000, 100, 10), 5.0),
            (counts(0, 0, 0), 0.0),
        ] {
            assert!((milliseconds(counts) - expected).abs() < 1e-9, "{counts:?}");
        }
    }

    #[test]
    fn impossible_rates_are_refused_by_name() {
        assert_eq!(PROCESSOR.check(), Ok(()));
        for rate in [0.0, -1.0, MIN_OPERATIONS_PER_SECOND / 2.0, MAX_OPERATIONS_PER_SECOND * 2.0, f64::NAN] {
            let names = [
                Processor { ac_per_second: rate, ..PROCESSOR },
                Processor { mac_per_second: rate, ..PROCESSOR },
                Processor { neuron_updates_per_second: rate, ..PROCESSOR },
            ];
            let names = names.map(|processor| processor.check().unwrap_err().name);
            assert_eq!(names, ["ac_per_second", "mac_per_second", "neuron_updates_per_second"]);
        }
        let negative = Processor { overhead_seconds: -1.0, ..PROCESSOR };
        assert_eq!(negative.check().unwrap_err().name, "overhead_seconds");
    }
}
