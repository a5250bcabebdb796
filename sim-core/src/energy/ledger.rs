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
    /// In standby: listening to nothing, or off with a wake-up radio listening.
    pub idle: f64,
    /// For becoming connected.
    pub promotion: f64,
    /// For being connected without sending or receiving.
    pub tail: f64,
}

impl RadioWatts {
    /// For all of it.
    pub fn total(&self) -> f64 {
        self.tx + self.rx + self.idle + self.promotion + self.tail
    }
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
    /// Static power, as long as the device ran.
    pub static_power: f64,
    /// Processor between inferences: idle, asleep, waking up.
    pub standby: f64,
    /// Sending.
    pub radio_tx: f64,
    /// Receiving.
    pub radio_rx: f64,
    /// Radio in standby, with its wake-up radio.
    pub radio_idle: f64,
    /// Radio becoming connected.
    pub radio_promotion: f64,
    /// Radio connected, but neither sending nor receiving.
    pub radio_tail: f64,
    /// Everything, integrated independently of the parts (invariant 5).
    pub total: f64,
}

impl Energy {
    /// Sum of the parts: equals `total` but for rounding.
    pub fn sum_of_parts(&self) -> f64 {
        let compute = self.ac + self.mac + self.neuron + self.memory + self.other;
        let processor = compute + self.static_power + self.standby;
        processor + self.radio_tx + self.radio_rx + self.radio_idle + self.radio_promotion + self.radio_tail
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
        self.standby += other.standby;
        self.radio_tx += other.radio_tx;
        self.radio_rx += other.radio_rx;
        self.radio_idle += other.radio_idle;
        self.radio_promotion += other.radio_promotion;
        self.radio_tail += other.radio_tail;
        self.total += other.total;
    }
}

/// Keeps the energy of one device. Power is integrated whenever it changes, from integer nanoseconds: each part by
/// its own integrator, which looks only at changes of that part, and the total by another, which looks at every
/// change. A part that is forgotten, counted twice or closed too early makes the two disagree. 232 bytes.
#[derive(Clone, Copy, Debug)]
pub struct EnergyLedger {
    compute: ComputeEnergy,
    static_power: Integrator,
    standby: Integrator,
    radio_tx: Integrator,
    radio_rx: Integrator,
    radio_idle: Integrator,
    radio_promotion: Integrator,
    radio_tail: Integrator,
    total: Integrator,
}

impl EnergyLedger {
    /// A device that draws `static_watts` always, and `standby_watts` and `radio` from time zero on.
    pub fn new(static_watts: f64, standby_watts: f64, radio: RadioWatts) -> Self {
        Self {
            compute: ComputeEnergy::default(),
            static_power: Integrator::new(static_watts),
            standby: Integrator::new(standby_watts),
            radio_tx: Integrator::new(radio.tx),
            radio_rx: Integrator::new(radio.rx),
            radio_idle: Integrator::new(radio.idle),
            radio_promotion: Integrator::new(radio.promotion),
            radio_tail: Integrator::new(radio.tail),
            total: Integrator::new(static_watts + standby_watts + radio.total()),
        }
    }

    /// Books `factor` times the energy of an inference.
    pub fn charge(&mut self, energy: &ComputeEnergy, factor: f64) {
        self.compute += ComputeEnergy {
            ac: energy.ac * factor,
            mac: energy.mac * factor,
            neuron: energy.neuron * factor,
            memory: energy.memory * factor,
            other: energy.other * factor,
        };
        self.total.joules += energy.total() * factor;
    }

    /// Books the energy of waking up.
    pub fn charge_wake_up(&mut self, joules: f64) {
        self.standby.joules += joules;
        self.total.joules += joules;
    }

    /// Books what bits cost to send, and to receive.
    pub fn charge_bits(&mut self, sent_joules: f64, received_joules: f64) {
        self.radio_tx.joules += sent_joules;
        self.radio_rx.joules += received_joules;
        self.total.joules += sent_joules + received_joules;
    }

    /// The processor draws `watts` between inferences from `now` on. Times must not run backwards.
    pub fn set_standby(&mut self, now: SimTime, watts: f64) {
        self.standby.set(now, watts);
        self.change(now);
    }

    /// The radio draws `radio` from `now` on. Times must not run backwards.
    pub fn set_radio(&mut self, now: SimTime, radio: RadioWatts) {
        self.radio_tx.set(now, radio.tx);
        self.radio_rx.set(now, radio.rx);
        self.radio_idle.set(now, radio.idle);
        self.radio_promotion.set(now, radio.promotion);
        self.radio_tail.set(now, radio.tail);
        self.change(now);
    }

    /// The device draws nothing any more.
    pub fn shut_down(&mut self, now: SimTime) {
        self.static_power.set(now, 0.0);
        self.standby.set(now, 0.0);
        self.set_radio(now, RadioWatts::default());
    }

    /// Power at the moment, in watts.
    pub fn watts(&self) -> f64 {
        self.total.watts
    }

    /// Energy from time zero to `now`, which is not before the last change, in joules.
    pub fn spent(&self, now: SimTime) -> f64 {
        self.total.joules + self.total.watts * now.since(self.total.since).seconds()
    }

    fn change(&mut self, now: SimTime) {
        let radio = self.radio_tx.watts
            + self.radio_rx.watts
            + self.radio_idle.watts
            + self.radio_promotion.watts
            + self.radio_tail.watts;
        self.total.close(now);
        self.total.watts = self.static_power.watts + self.standby.watts + radio;
    }

    /// The energy from time zero to `end`, which is not before the last change.
    pub fn until(mut self, end: SimTime) -> Energy {
        let parts = [
            &mut self.static_power,
            &mut self.standby,
            &mut self.radio_tx,
            &mut self.radio_rx,
            &mut self.radio_idle,
            &mut self.radio_promotion,
            &mut self.radio_tail,
            &mut self.total,
        ];
        parts.into_iter().for_each(|part| part.close(end));
        Energy {
            ac: self.compute.ac,
            mac: self.compute.mac,
            neuron: self.compute.neuron,
            memory: self.compute.memory,
            other: self.compute.other,
            static_power: self.static_power.joules,
            standby: self.standby.joules,
            radio_tx: self.radio_tx.joules,
            radio_rx: self.radio_rx.joules,
            radio_idle: self.radio_idle.joules,
            radio_promotion: self.radio_promotion.joules,
            radio_tail: self.radio_tail.joules,
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
        fn invariant_5_parts_sum_to_the_total(spans in prop::collection::vec((0_u64..1_000_000_000, 0..4_u8), 1..40)) {
            let state = |kind| match kind {
                0 => RadioWatts { tx: 1.25, ..RadioWatts::default() },
                1 => RadioWatts { tx: 1.25, rx: 0.75, ..RadioWatts::default() },
                2 => RadioWatts { idle: 0.0625, ..RadioWatts::default() },
                _ => RadioWatts { promotion: 0.5, tail: 0.25, ..RadioWatts::default() },
            };
            let mut ledger = EnergyLedger::new(0.5, 0.125, state(2));
            let (mut clock, mut expected) = (0, Energy::default());
            let mut current = state(2);
            for (nanoseconds, kind) in spans {
                let seconds = nanoseconds as f64 * 1e-9;
                expected.static_power += 0.5 * seconds;
                expected.radio_tx += current.tx * seconds;
                expected.radio_rx += current.rx * seconds;
                expected.radio_idle += current.idle * seconds;
                expected.radio_promotion += current.promotion * seconds;
                expected.radio_tail += current.tail * seconds;
                expected.standby += if clock % 2 == 0 { 0.125 } else { 0.75 } * seconds;
                clock += nanoseconds;
                current = state(kind);
                ledger.set_radio(SimTime::from_nanoseconds(clock), current);
                ledger.charge(&ComputeEnergy { ac: 1e-3, memory: 2e-3, other: 6e-3, ..ComputeEnergy::default() }, 0.5);
                ledger.set_standby(SimTime::from_nanoseconds(clock), if clock % 2 == 0 { 0.125 } else { 0.75 });
                ledger.charge_bits(3e-3, 4e-3);
                expected.ac += 0.5e-3;
                expected.memory += 1e-3;
                expected.other += 3e-3;
                expected.radio_tx += 3e-3;
                expected.radio_rx += 4e-3;
            }
            let found = ledger.until(SimTime::from_nanoseconds(clock));
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + a.abs());
            prop_assert!(close(found.total, found.sum_of_parts()));
            prop_assert!(close(found.total, expected.sum_of_parts()));
            prop_assert!(close(found.radio_tx, expected.radio_tx) && close(found.radio_rx, expected.radio_rx));
            prop_assert!(close(found.radio_idle, expected.radio_idle) && close(found.memory, expected.memory));
            prop_assert!(close(found.static_power, expected.static_power) && close(found.ac, expected.ac));
            prop_assert!(close(found.standby, expected.standby) && close(found.radio_tail, expected.radio_tail));
            prop_assert!(close(found.radio_promotion, expected.radio_promotion) && close(found.other, expected.other));
            prop_assert!(close(ledger.spent(SimTime::from_nanoseconds(clock)), found.total));
        }
    }
}
