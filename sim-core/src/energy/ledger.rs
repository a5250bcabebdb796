//! Energy of one device over a run.

use super::ComputeEnergy;
use crate::breakdown::breakdown;
use crate::kernel::SimTime;
use crate::record;
use std::ops::AddAssign;

breakdown! {
    /// What the power of a device is drawn for, besides inferences.
    pub enum PowerPart;

    /// Energy that a device draws over time and for the bits of its radio, in joules.
    pub struct PowerEnergy in "J" {
        /// Static power, as long as the device runs.
        StaticPower => static_power, "static power";
        /// Processor while it computes, besides its operations: what it also draws when idle.
        Computing => computing, "processor computing";
        /// Processor between inferences: idle, asleep, waking up.
        Standby => standby, "processor standby";
        /// Radio while it sends.
        RadioTx => radio_tx, "radio sending";
        /// Radio while it receives.
        RadioRx => radio_rx, "radio receiving";
        /// Radio in standby: listening, or off with its wake-up radio listening.
        RadioIdle => radio_idle, "radio standby";
        /// Radio while it becomes connected.
        RadioPromotion => radio_promotion, "radio promotion";
        /// Radio while it is connected but neither sends nor receives.
        RadioTail => radio_tail, "radio tail";
    }
}

impl PowerPart {
    /// The parts of the processor, which draws power for one of them at a time.
    const PROCESSOR: [Self; 2] = [Self::Computing, Self::Standby];
    /// The parts of the radio, which draws power for one of them at a time.
    const RADIO: [Self; 5] = [Self::RadioTx, Self::RadioRx, Self::RadioIdle, Self::RadioPromotion, Self::RadioTail];
}

record! {
    /// Energy of a device, or of several, by part, in joules.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub struct Energy {
        /// Inferences.
        pub compute: ComputeEnergy,
        /// Everything that is drawn over time, and the bits of the radio.
        pub power: PowerEnergy,
        /// All parts together, integrated independently of them (invariant 5).
        pub total: f64 => ("J", "total"),
    }
}

impl Energy {
    /// Sum of the parts: equals `total` but for rounding.
    pub fn sum_of_parts(&self) -> f64 {
        PowerPart::ALL.into_iter().fold(self.compute.total(), |sum, part| sum + self.power[part])
    }

    /// What this is more than `earlier`, part by part: the energy between two moments, of both of which this counts from the
    /// same start.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            compute: ComputeEnergy::from_fn(|part| self.compute[part] - earlier.compute[part]),
            power: PowerEnergy::from_fn(|part| self.power[part] - earlier.power[part]),
            total: self.total - earlier.total,
        }
    }

    /// Each part, and the total, divided by `number`: the mean of so many devices or requests.
    pub fn divided_by(&self, number: f64) -> Self {
        Self {
            compute: ComputeEnergy::from_fn(|part| self.compute[part] / number),
            power: PowerEnergy::from_fn(|part| self.power[part] / number),
            total: self.total / number,
        }
    }
}

impl AddAssign for Energy {
    fn add_assign(&mut self, more: Self) {
        self.compute += more.compute;
        self.power += more.power;
        self.total += more.total;
    }
}

/// Keeps the energy of one device. Power is integrated whenever it changes, from integer nanoseconds: each part by
/// its own integrator, which looks only at changes of that part, and the total by another, which looks at every
/// change. A part that is forgotten, counted twice or closed too early makes the two disagree. 256 bytes.
#[derive(Clone, Copy, Debug)]
pub struct EnergyLedger {
    compute: ComputeEnergy,
    /// Integrators of the parts, indexed by [`PowerPart`].
    parts: [Integrator; PowerPart::COUNT],
    total: Integrator,
}

impl EnergyLedger {
    /// A device that draws `static_watts` always, and watts for a part of the processor and one of the radio from time zero
    /// on.
    pub fn new(static_watts: f64, processor: (PowerPart, f64), radio: (PowerPart, f64)) -> Self {
        let mut ledger = Self {
            compute: ComputeEnergy::default(),
            parts: [Integrator::default(); PowerPart::COUNT],
            total: Integrator::default(),
        };
        ledger.part(PowerPart::StaticPower).watts = static_watts;
        ledger.set_processor(SimTime::ZERO, processor.0, processor.1);
        ledger.set_radio(SimTime::ZERO, radio.0, radio.1);
        ledger
    }

    fn part(&mut self, part: PowerPart) -> &mut Integrator {
        &mut self.parts[part as usize]
    }

    /// Books `factor` times the energy of an inference.
    pub fn charge(&mut self, energy: &ComputeEnergy, factor: f64) {
        self.compute += energy.scaled(factor);
        self.total.joules += energy.total() * factor;
    }

    /// Books the energy of bits that were sent, and of bits that were received, in joules.
    pub fn charge_bits(&mut self, sent_joules: f64, received_joules: f64) {
        self.part(PowerPart::RadioTx).joules += sent_joules;
        self.part(PowerPart::RadioRx).joules += received_joules;
        self.total.joules += sent_joules + received_joules;
    }

    /// The processor draws `watts` for `part` from `now` on, and nothing for the other part of the processor. Times must not
    /// run backwards.
    pub fn set_processor(&mut self, now: SimTime, part: PowerPart, watts: f64) {
        self.draw_for_one_of(&PowerPart::PROCESSOR, now, part, watts);
    }

    /// The radio draws `watts` for `part` from `now` on, and nothing for the other parts of the radio. Times must not run
    /// backwards.
    pub fn set_radio(&mut self, now: SimTime, part: PowerPart, watts: f64) {
        self.draw_for_one_of(&PowerPart::RADIO, now, part, watts);
    }

    fn draw_for_one_of(&mut self, parts: &[PowerPart], now: SimTime, part: PowerPart, watts: f64) {
        for &other in parts {
            self.part(other).set(now, if other == part { watts } else { 0.0 });
        }
        self.change(now);
    }

    /// The device draws nothing any more from `now` on.
    pub fn shut_down(&mut self, now: SimTime) {
        self.parts.iter_mut().for_each(|part| part.set(now, 0.0));
        self.change(now);
    }

    /// Present power, in watts.
    pub fn watts(&self) -> f64 {
        self.total.watts
    }

    /// Energy from time zero to `now`, which is not before the last change, in joules.
    pub fn spent(&self, now: SimTime) -> f64 {
        self.total.joules + self.total.watts * now.since(self.total.since).seconds()
    }

    /// A part has changed: the total goes on with the sum of the parts' powers.
    fn change(&mut self, now: SimTime) {
        self.total.close(now);
        self.total.watts = self.parts.iter().fold(0.0, |watts, part| watts + part.watts);
    }

    /// The energy from time zero to `end`, which is not before the last change.
    pub fn energy_until(mut self, end: SimTime) -> Energy {
        self.parts.iter_mut().for_each(|part| part.close(end));
        self.total.close(end);
        Energy {
            compute: self.compute,
            power: PowerEnergy::from_fn(|part| self.parts[part as usize].joules),
            total: self.total.joules,
        }
    }
}

/// Power that changes in steps, integrated over time.
#[derive(Clone, Copy, Debug, Default)]
struct Integrator {
    joules: f64,
    watts: f64,
    since: SimTime,
}

impl Integrator {
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
    use crate::energy::ComputePart;
    use proptest::prelude::*;

    proptest! {
        /// Against the integral written out span by span.
        #[test]
        fn invariant_5_parts_sum_to_the_total(spans in prop::collection::vec((0_u64..1_000_000_000, 0..5_usize), 1..40)) {
            let watts = [1.25, 0.75, 0.0625, 0.5, 0.25];
            let radio = |state: usize| (PowerPart::RADIO[state], watts[state]);
            let at = SimTime::from_nanoseconds;
            let processor = |clock: u64| match clock % 2 {
                0 => (PowerPart::Standby, 0.125),
                _ => (PowerPart::Computing, 0.75),
            };
            let mut ledger = EnergyLedger::new(0.5, processor(0), radio(2));
            let (mut clock, mut current, mut expected) = (0, radio(2), Energy::default());
            for (nanoseconds, state) in spans {
                let seconds = nanoseconds as f64 * 1e-9;
                expected.power.static_power += 0.5 * seconds;
                expected.power[current.0] += current.1 * seconds;
                expected.power[processor(clock).0] += processor(clock).1 * seconds;
                clock += nanoseconds;
                current = radio(state);
                ledger.set_radio(at(clock), current.0, current.1);
                ledger.charge(&ComputeEnergy { ac: 1e-3, memory: 2e-3, other: 6e-3, ..ComputeEnergy::default() }, 0.5);
                ledger.set_processor(at(clock), processor(clock).0, processor(clock).1);
                ledger.charge_bits(3e-3, 4e-3);
                expected.compute += ComputeEnergy { ac: 0.5e-3, memory: 1e-3, other: 3e-3, ..ComputeEnergy::default() };
                expected.power.radio_tx += 3e-3;
                expected.power.radio_rx += 4e-3;
            }
            let found = ledger.energy_until(at(clock));
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + a.abs());
            prop_assert!(close(found.total, found.sum_of_parts()));
            prop_assert!(close(found.total, expected.sum_of_parts()));
            for part in PowerPart::ALL {
                prop_assert!(close(found.power[part], expected.power[part]), "{}", part.name());
            }
            for part in ComputePart::ALL {
                prop_assert!(close(found.compute[part], expected.compute[part]), "{}", part.name());
            }
            prop_assert!(close(ledger.spent(at(clock)), found.total));
            ledger.shut_down(at(clock));
            prop_assert_eq!((ledger.watts(), ledger.energy_until(at(clock + 1_000))), (0.0, found));
        }
    }
}
