//! Energy of one device over a run.

use super::ComputeEnergy;
use crate::kernel::SimTime;
use std::ops::AddAssign;

/// Power of a device's radio at one moment, by what it is drawn for, in watts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RadioWatts {
    /// For sending.
    pub tx: f64,
    /// For receiving.
    pub rx: f64,
    /// For listening to nothing.
    pub idle: f64,
}

/// Energy by part, in joules, and the total, which was summed up on its own and not from the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Energy {
    /// Accumulates.
    pub ac: f64,
    /// Multiply-accumulates.
    pub mac: f64,
    /// Neuron state updates.
    pub neuron: f64,
    /// Memory traffic of the inference.
    pub memory: f64,
    /// What else the price list of the inference counts.
    pub other: f64,
    /// Static power over the whole run.
    pub static_power: f64,
    /// Sending.
    pub radio_tx: f64,
    /// Receiving.
    pub radio_rx: f64,
    /// Radio neither sending nor receiving.
    pub radio_idle: f64,
    /// Everything, integrated independently of the parts (invariant 5).
    pub total: f64,
}

impl Energy {
    /// Sum of the parts: equals `total` but for rounding.
    pub fn sum_of_parts(&self) -> f64 {
        let compute = self.ac + self.mac + self.neuron + self.memory + self.other;
        compute + self.static_power + self.radio_tx + self.radio_rx + self.radio_idle
    }
}

impl AddAssign for Energy {
    fn add_assign(&mut self, other: Self) {
        self.ac += other.ac;
        self.mac += other.mac;
        self.neuron += other.neuron;
        self.memory += other.memory;
        self.other += other.other;
        self.static_power += other.static_power;
        self.radio_tx += other.radio_tx;
        self.radio_rx += other.radio_rx;
        self.radio_idle += other.radio_idle;
        self.total += other.total;
    }
}

/// Keeps the energy of one device. Power is integrated whenever it changes, from integer nanoseconds: each part by
/// its own integrator, which looks only at changes of that part, and the total by another, which looks at every
/// change. A part that is forgotten, counted twice or closed too early makes the two disagree.
#[derive(Clone, Copy, Debug)]
pub struct EnergyLedger {
    compute: ComputeEnergy,
    static_power: Integrator,
    radio_tx: Integrator,
    radio_rx: Integrator,
    radio_idle: Integrator,
    total: Integrator,
}

impl EnergyLedger {
    /// A device that draws `static_watts` always and `radio` from time zero on.
    pub fn new(static_watts: f64, radio: RadioWatts) -> Self {
        Self {
            compute: ComputeEnergy::default(),
            static_power: Integrator::new(static_watts),
            radio_tx: Integrator::new(radio.tx),
            radio_rx: Integrator::new(radio.rx),
            radio_idle: Integrator::new(radio.idle),
            total: Integrator::new(static_watts + radio.tx + radio.rx + radio.idle),
        }
    }

    /// Books the energy of an inference.
    pub fn charge(&mut self, energy: &ComputeEnergy) {
        self.compute += *energy;
        self.total.joules += energy.total();
    }

    /// The radio draws `radio` from `now` on. Times must not run backwards.
    pub fn set_radio(&mut self, now: SimTime, radio: RadioWatts) {
        self.radio_tx.set(now, radio.tx);
        self.radio_rx.set(now, radio.rx);
        self.radio_idle.set(now, radio.idle);
        self.total.close(now);
        self.total.watts = self.static_power.watts + radio.tx + radio.rx + radio.idle;
    }

    /// The energy from time zero to `end`, which is not before the last change.
    pub fn until(mut self, end: SimTime) -> Energy {
        for part in [&mut self.static_power, &mut self.radio_tx, &mut self.radio_rx, &mut self.radio_idle] {
            part.close(end);
        }
        self.total.close(end);
        Energy {
            ac: self.compute.ac,
            mac: self.compute.mac,
            neuron: self.compute.neuron,
            memory: self.compute.memory,
            other: self.compute.other,
            static_power: self.static_power.joules,
            radio_tx: self.radio_tx.joules,
            radio_rx: self.radio_rx.joules,
            radio_idle: self.radio_idle.joules,
            total: self.total.joules,
        }
    }
}

/// Power that changes in steps, integrated over time.
#[derive(Clone, Copy, Debug)]
struct Integrator {
    joules: f64,
    watts: f64,
    since: SimTime,
}

impl Integrator {
    fn new(watts: f64) -> Self {
        Self { joules: 0.0, watts, since: SimTime::ZERO }
    }

    /// Integrates only if the power changes.
    fn set(&mut self, now: SimTime, watts: f64) {
        if watts != self.watts {
            self.close(now);
            self.watts = watts;
        }
    }

    fn close(&mut self, now: SimTime) {
        self.joules += self.watts * now.since(self.since).seconds();
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the integral written out span by span.
        #[test]
        fn invariant_5_parts_sum_to_the_total(spans in prop::collection::vec((0_u64..1_000_000_000, 0..3_u8), 1..40)) {
            let state = |kind| match kind {
                0 => RadioWatts { tx: 1.25, ..RadioWatts::default() },
                1 => RadioWatts { tx: 1.25, rx: 0.75, idle: 0.0 },
                _ => RadioWatts { idle: 0.0625, ..RadioWatts::default() },
            };
            let mut ledger = EnergyLedger::new(0.5, state(2));
            let (mut clock, mut expected) = (0, Energy::default());
            let mut current = state(2);
            for (nanoseconds, kind) in spans {
                let seconds = nanoseconds as f64 * 1e-9;
                expected.static_power += 0.5 * seconds;
                expected.radio_tx += current.tx * seconds;
                expected.radio_rx += current.rx * seconds;
                expected.radio_idle += current.idle * seconds;
                clock += nanoseconds;
                current = state(kind);
                ledger.set_radio(SimTime::from_nanoseconds(clock), current);
                ledger.charge(&ComputeEnergy { ac: 1e-3, memory: 2e-3, other: 3e-3, ..ComputeEnergy::default() });
                expected.ac += 1e-3;
                expected.memory += 2e-3;
                expected.other += 3e-3;
            }
            let found = ledger.until(SimTime::from_nanoseconds(clock));
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + a.abs());
            prop_assert!(close(found.total, found.sum_of_parts()));
            prop_assert!(close(found.total, expected.sum_of_parts()));
            prop_assert!(close(found.radio_tx, expected.radio_tx) && close(found.radio_rx, expected.radio_rx));
            prop_assert!(close(found.radio_idle, expected.radio_idle) && close(found.memory, expected.memory));
            prop_assert!(close(found.other, expected.other));
            prop_assert!(close(found.static_power, expected.static_power) && close(found.ac, expected.ac));
        }
    }
}
