//! The rate of a link over time, and the time that a message takes on it.

use crate::kernel::{self, ImpossibleValue, SimTime, TimeError, not_negative, positive};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Bytes that one packet-delivery opportunity carries: a full Ethernet frame's payload, as in mahimahi (Netravali et al.,
/// USENIX ATC 2015, section 4; `mm-link`).
pub const OPPORTUNITY_BYTES: u32 = 1_500;

/// The rate of a link over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rate {
    /// A constant rate.
    Constant {
        /// Rate in bit/s, above 0.
        bits_per_second: f64,
    },
    /// A stepwise constant trace.
    Steps {
        /// Steps in order of time, at least a nanosecond apart; the first begins at 0.
        steps: Arc<[RateStep]>,
        /// Length of the trace in seconds, after which it begins again; longer than the start of its last step. `None`: the
        /// rate of the last step, then above 0, holds from its start on.
        period_seconds: Option<f64>,
    },
    /// A trace of the instants at which [`OPPORTUNITY_BYTES`] can pass; between them nothing does. Several messages may share
    /// an opportunity, and what is not used when it comes is gone. The trace begins again after its last instant.
    /// This is mahimahi's format, one line each.
    Opportunities {
        /// Instants in milliseconds from the start, not descending; the last above 0.
        milliseconds: Arc<[u32]>,
    },
}

/// One step of a rate trace.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateStep {
    /// Start of the step, in seconds from the start of the trace.
    pub seconds: f64,
    /// Rate from the start of the step on, in bit/s; may be 0, but not in every step.
    pub bits_per_second: f64,
}

impl Rate {
    /// The greatest rate, in bit/s; `None` of packet-delivery opportunities, which are instants.
    pub fn most_bits_per_second(&self) -> Option<f64> {
        match self {
            Self::Constant { bits_per_second } => Some(*bits_per_second),
            Self::Steps { steps, .. } => steps.iter().map(|step| step.bits_per_second).reduce(f64::max),
            Self::Opportunities { .. } => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        let refuse = |name, value, needed| Err(ImpossibleValue { name, value, needed });
        match self {
            Self::Constant { bits_per_second } => kernel::bits_per_second("uplink bits_per_second", *bits_per_second),
            Self::Steps { steps, period_seconds } => check_steps(steps, *period_seconds),
            Self::Opportunities { milliseconds } => {
                let last = milliseconds.last().copied().unwrap_or(0);
                positive("last instant of the packet-delivery trace", f64::from(last))?;
                match milliseconds.windows(2).find(|pair| pair[0] > pair[1]) {
                    Some(pair) => {
                        refuse("instant of the packet-delivery trace", f64::from(pair[1]), "in order of time")
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

fn check_steps(steps: &[RateStep], period_seconds: Option<f64>) -> Result<(), ImpossibleValue> {
    let refuse = |name, value, needed| Err(ImpossibleValue { name, value, needed });
    let needed = "0 first, and at least a nanosecond after the step before, on a clock of whole nanoseconds";
    let mut earliest = 0;
    for step in steps {
        not_negative("bits_per_second of a rate step", step.bits_per_second)?;
        match nanoseconds(step.seconds) {
            Ok(start) if start >= earliest && (earliest > 0 || start == 0) => earliest = start + 1,
            _ => return refuse("seconds of a rate step", step.seconds, needed),
        }
    }
    let Some(last) = steps.last() else { return positive("steps of the rate trace", 0.0) };
    let Some(period) = period_seconds else {
        return positive("last rate of the rate trace, which holds to the end of the run,", last.bits_per_second);
    };
    if !nanoseconds(period).is_ok_and(|period| period >= earliest) {
        return refuse(
            "period_seconds of the rate trace",
            period,
            "at least a nanosecond after the start of its last step",
        );
    }
    let most = steps.iter().fold(0.0, |most: f64, step| most.max(step.bits_per_second));
    positive("highest rate of the rate trace", most)
}

/// Capacity of a link: the integral of its rate, from the start of the run.
///
/// The rate is taken as a first stretch and a cycle that repeats after it, and both time and capacity are counted in whole
/// cycles and what lies within one. So they stay exact to the nanosecond and the bit however long a run lasts, where a sum from
/// the start would outgrow the 53 bits of a float.
#[derive(Clone, Debug)]
pub(crate) struct Capacity {
    first: Stretch,
    cycle: Stretch,
}

/// What a link has carried, or could have, from the start of the run to some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub(crate) struct Carried {
    /// Stretch in which the last bit lies: 0 for the first, `n` for the `n`-th cycle.
    stretch: u64,
    /// Bits of that stretch; above 0 from the first cycle on, so that equal amounts are equal.
    bits: f64,
}

/// Rate of a link over a part of the time.
#[derive(Clone, Debug)]
enum Stretch {
    Steps { steps: Vec<Step>, nanoseconds: u64, bits: f64 },
    Opportunities(Arc<[u32]>),
}

#[derive(Clone, Copy, Debug)]
struct Step {
    /// Start within the stretch.
    nanoseconds: u64,
    bits_per_second: f64,
    /// Bits of the stretch that its earlier steps carry.
    bits_before: f64,
}

const OPPORTUNITY_BITS: f64 = OPPORTUNITY_BYTES as f64 * 8.0;
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;
const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

impl Capacity {
    /// The capacity of a rate that has been checked.
    ///
    /// # Errors
    /// [`TimeError`] if a time of a trace cannot be represented.
    pub(crate) fn new(rate: &Rate) -> Result<Self, TimeError> {
        let constant = |bits_per_second| Stretch::steps(&[(0, bits_per_second)], NANOSECONDS_PER_SECOND);
        let (first, cycle) = match rate {
            Rate::Constant { bits_per_second } => (Stretch::steps(&[], 0), constant(*bits_per_second)),
            Rate::Steps { steps, period_seconds } => {
                let starts = steps.iter().map(|step| Ok((nanoseconds(step.seconds)?, step.bits_per_second)));
                let starts = starts.collect::<Result<Vec<_>, TimeError>>()?;
                match (period_seconds, starts.split_last()) {
                    (None, Some((&(end, rate), before))) => (Stretch::steps(before, end), constant(rate)),
                    (None, None) => (Stretch::steps(&[], 0), constant(0.0)),
                    (Some(period), _) => (Stretch::steps(&[], 0), Stretch::steps(&starts, nanoseconds(*period)?)),
                }
            }
            Rate::Opportunities { milliseconds } => {
                (Stretch::steps(&[], 0), Stretch::Opportunities(milliseconds.clone()))
            }
        };
        Ok(Self { first, cycle })
    }

    /// Time to send `bits` from `now` on, without other senders. `used` is the capacity that the sender has used up, and is
    /// updated: a message that is ready at the same instant gets the rest of an opportunity.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub(crate) fn send(&self, now: SimTime, bits: f64, used: &mut Carried) -> Result<SimTime, TimeError> {
        let before = self.carried_before(now);
        let start = if before < *used { *used } else { before };
        *used = self.add(start, bits);
        Ok(self.reached(*used)?.max(now).since(now))
    }

    /// What could have been carried before `now`.
    pub(crate) fn carried_before(&self, now: SimTime) -> Carried {
        let first = self.first.nanoseconds();
        let Some(since) = now.nanoseconds().checked_sub(first).filter(|&since| since > 0) else {
            return Carried { stretch: 0, bits: self.first.bits_before(now.nanoseconds()) };
        };
        // Strictly before: the end of a cycle belongs to it.
        let (cycles, within) = ((since - 1) / self.cycle.nanoseconds(), (since - 1) % self.cycle.nanoseconds() + 1);
        self.normal(Carried { stretch: cycles + 1, bits: self.cycle.bits_before(within) })
    }

    /// `bits` more than `carried`.
    pub(crate) fn add(&self, carried: Carried, bits: f64) -> Carried {
        let total = carried.bits + bits;
        let (stretch, total) = match carried.stretch {
            0 if total <= self.first.bits() => return Carried { stretch: 0, bits: total },
            0 => (1, total - self.first.bits()),
            stretch => (stretch, total),
        };
        let whole = self.cycle.bits();
        let cycles = ((total / whole).ceil() - 1.0).max(0.0);
        // Never past the clock's end, which is fewer cycles away than a u64 can count.
        let stretch = stretch.saturating_add(cycles as u64);
        self.normal(Carried { stretch, bits: (total - cycles * whole).clamp(0.0, whole) })
    }

    /// Bits between two moments; none if `later` is not later.
    pub(crate) fn bits_between(&self, earlier: Carried, later: Carried) -> f64 {
        let cycles = later.stretch.saturating_sub(earlier.stretch);
        let wholes = match earlier.stretch {
            0 if cycles > 0 => self.first.bits() + (cycles - 1) as f64 * self.cycle.bits(),
            _ => cycles as f64 * self.cycle.bits(),
        };
        if later.stretch < earlier.stretch { 0.0 } else { (wholes + later.bits - earlier.bits).max(0.0) }
    }

    /// Bits that can be carried in the `seconds` from `now` on.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub(crate) fn bits_within(&self, now: SimTime, seconds: f64) -> Result<f64, TimeError> {
        if seconds == 0.0 {
            return Ok(0.0);
        }
        let end = now.after(SimTime::from_seconds(seconds)?)?;
        Ok(self.bits_between(self.carried_before(now), self.carried_before(end)))
    }

    /// Earliest time at which `carried` has been carried since the start.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub(crate) fn reached(&self, carried: Carried) -> Result<SimTime, TimeError> {
        let Some(cycles) = carried.stretch.checked_sub(1) else {
            return self.first.reached(carried.bits);
        };
        let start = u128::from(self.first.nanoseconds()) + u128::from(cycles) * u128::from(self.cycle.nanoseconds());
        let beyond = || TimeError::NotATime { seconds: start as f64 * 1e-9 };
        let start = u64::try_from(start).map_err(|_| beyond())?;
        SimTime::from_nanoseconds(start).after(self.cycle.reached(carried.bits)?)
    }

    /// The same amount with its last bit in the stretch that carries it.
    fn normal(&self, carried: Carried) -> Carried {
        match carried {
            Carried { stretch: 0, .. } => carried,
            Carried { stretch: 1, bits } if bits <= 0.0 => Carried { stretch: 0, bits: self.first.bits() },
            Carried { stretch, bits } if bits <= 0.0 => Carried { stretch: stretch - 1, bits: self.cycle.bits() },
            carried => carried,
        }
    }
}

impl Stretch {
    /// Steps, each by its start in nanoseconds and its rate.
    fn steps(steps: &[(u64, f64)], nanoseconds: u64) -> Self {
        let mut bits = 0.0;
        let ends = steps.iter().skip(1).map(|step| step.0).chain([nanoseconds]);
        let steps = steps.iter().zip(ends).map(|(&(start, bits_per_second), end)| {
            let step = Step { nanoseconds: start, bits_per_second, bits_before: bits };
            bits = step.bits_before(end);
            step
        });
        let steps = steps.collect();
        Self::Steps { steps, nanoseconds, bits }
    }

    /// Length.
    fn nanoseconds(&self) -> u64 {
        match self {
            Self::Steps { nanoseconds, .. } => *nanoseconds,
            Self::Opportunities(milliseconds) => {
                u64::from(milliseconds[milliseconds.len() - 1]) * NANOSECONDS_PER_MILLISECOND
            }
        }
    }

    /// Capacity.
    fn bits(&self) -> f64 {
        match self {
            Self::Steps { bits, .. } => *bits,
            Self::Opportunities(milliseconds) => milliseconds.len() as f64 * OPPORTUNITY_BITS,
        }
    }

    /// Bits that could have been carried before the moment `within` the stretch, in nanoseconds.
    fn bits_before(&self, within: u64) -> f64 {
        match self {
            Self::Steps { steps, .. } => {
                let index = steps.partition_point(|step| step.nanoseconds <= within);
                index.checked_sub(1).map_or(0.0, |index| steps[index].bits_before(within))
            }
            Self::Opportunities(milliseconds) => {
                let is_past = |&ms: &u32| u64::from(ms) * NANOSECONDS_PER_MILLISECOND < within;
                milliseconds.partition_point(is_past) as f64 * OPPORTUNITY_BITS
            }
        }
    }

    /// Earliest moment, from the start of the stretch, at which `bits`, at most its capacity, have been carried.
    fn reached(&self, bits: f64) -> Result<SimTime, TimeError> {
        match self {
            Self::Steps { steps, nanoseconds, .. } => {
                // The last step that begins with less carries the last bit, so its rate is above 0.
                let Some(index) = steps.partition_point(|step| step.bits_before < bits).checked_sub(1) else {
                    return Ok(SimTime::ZERO);
                };
                let step = steps[index];
                let within = SimTime::from_seconds((bits - step.bits_before) / step.bits_per_second)?;
                Ok(SimTime::from_nanoseconds(step.nanoseconds)
                    .after(within)?
                    .min(SimTime::from_nanoseconds(*nanoseconds)))
            }
            Self::Opportunities(milliseconds) => {
                let last = (bits / OPPORTUNITY_BITS).ceil().max(1.0) as usize - 1;
                let instant = milliseconds[last.min(milliseconds.len() - 1)];
                Ok(SimTime::from_nanoseconds(u64::from(instant) * NANOSECONDS_PER_MILLISECOND))
            }
        }
    }
}

impl Step {
    /// Bits of the stretch up to the moment `within` it, which lies in this step.
    fn bits_before(&self, within: u64) -> f64 {
        self.bits_before + (within - self.nanoseconds) as f64 * 1e-9 * self.bits_per_second
    }
}

fn nanoseconds(seconds: f64) -> Result<u64, TimeError> {
    Ok(SimTime::from_seconds(seconds)?.nanoseconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(seconds: f64) -> SimTime {
        SimTime::from_seconds(seconds).unwrap()
    }

    /// 1,000 bit/s for 2 s, nothing for 1 s, 500 bit/s for 2 s: 3,000 bits in 5 s, then again.
    #[test]
    fn a_message_takes_as_long_as_the_steps_of_the_trace_say() {
        let step = |seconds, bits_per_second| RateStep { seconds, bits_per_second };
        let steps = [step(0.0, 1_000.0), step(2.0, 0.0), step(3.0, 500.0)].into();
        let capacity = Capacity::new(&Rate::Steps { steps, period_seconds: Some(5.0) }).unwrap();
        let send = |from, bits| capacity.send(instant(from), bits, &mut Carried::default()).unwrap().seconds();
        assert_eq!(send(0.0, 500.0), 0.5);
        assert_eq!(send(0.0, 2_000.0), 2.0);
        // 500 before the pause, 250 after it.
        assert_eq!(send(1.5, 750.0), 2.0);
        assert_eq!(send(2.5, 100.0), 0.7);
        // The rest of this period, a whole one, and half a second.
        assert_eq!(send(4.0, 500.0 + 3_000.0 + 500.0), 6.5);
        let all = capacity.bits_between(Carried::default(), capacity.carried_before(instant(9.0)));
        assert_eq!(all, 5_500.0);
    }

    /// 10 Mbit/s for a second, then 1 kbit/s for good.
    #[test]
    fn the_last_rate_of_a_trace_without_a_period_holds() {
        let step = |seconds, bits_per_second| RateStep { seconds, bits_per_second };
        let steps = [step(0.0, 1e7), step(1.0, 1e3)].into();
        let capacity = Capacity::new(&Rate::Steps { steps, period_seconds: None }).unwrap();
        let send = |from, bits| capacity.send(instant(from), bits, &mut Carried::default()).unwrap().seconds();
        assert_eq!(send(0.5, 1e6), 0.1);
        assert_eq!(send(0.9, 1e6 + 293.0), 0.393);
        assert_eq!(send(1.5, 293.0), 0.293);
        assert_eq!(send(1e9, 2_930.0), 2.93);
        let all = capacity.bits_between(capacity.carried_before(instant(0.5)), capacity.carried_before(instant(3.5)));
        assert_eq!(all, 5e6 + 2_500.0);
    }

    /// Behind 2^53 ns, 104 days, a float holds no single nanosecond any more.
    #[test]
    fn late_in_a_run_messages_take_as_long_as_early_in_it() {
        let step = |seconds, bits_per_second| RateStep { seconds, bits_per_second };
        let rates = [
            Rate::Constant { bits_per_second: 3e8 },
            Rate::Steps { steps: [step(0.0, 1e9), step(2.0, 7.0)].into(), period_seconds: Some(3.0) },
            Rate::Opportunities { milliseconds: [777, 1777].into() },
        ];
        for rate in rates {
            let capacity = Capacity::new(&rate).unwrap();
            // A common multiple of all three cycles.
            let late = SimTime::from_nanoseconds(1_777 * 3 * 4_000_000_000_000);
            for (from, bits) in
                [(0.001, 8.0), (0.776_999_999, 8.0), (0.777_000_001, 8.0), (1.776_999_999, 13_000.0), (2.5, 3.5)]
            {
                let times = [SimTime::ZERO, late].map(|start| {
                    let (now, mut used) = (start.after(instant(from)).unwrap(), Carried::default());
                    [(); 3].map(|()| capacity.send(now, bits, &mut used).unwrap())
                });
                assert_eq!(times[0], times[1], "{rate:?}, {bits} bits from {from} s");
            }
        }
    }

    #[test]
    fn a_trace_that_could_never_send_or_is_finer_than_the_clock_is_refused() {
        let step = |seconds, bits_per_second| RateStep { seconds, bits_per_second };
        let check = |steps: &[RateStep], period_seconds| Rate::Steps { steps: steps.into(), period_seconds }.check();
        assert!(check(&[step(0.0, 1.0), step(1e-9, 2.0)], Some(2e-9)).is_ok());
        for (steps, period) in [
            (&[][..], None),
            (&[step(1.0, 1.0)], None),
            (&[step(0.0, 1.0), step(1.0, 0.0)], None),
            (&[step(0.0, 0.0), step(1.0, 0.0)], Some(2.0)),
            (&[step(0.0, 1.0), step(1e-10, 2.0)], None),
            (&[step(0.0, 1.0), step(1.0, 2.0)], Some(1.0)),
            (&[step(0.0, 1.0), step(1e11, 2.0)], None),
            (&[step(0.0, f64::NAN)], None),
        ] {
            assert!(check(steps, period).is_err(), "{steps:?}, {period:?}");
        }
    }

    /// Opportunities at 1, 5, 5 and 10 ms, then at 11, 15, 15 and 20 ms.
    #[test]
    fn a_message_waits_for_its_opportunities_and_leaves_the_rest_to_the_next() {
        let capacity = Capacity::new(&Rate::Opportunities { milliseconds: [1, 5, 5, 10].into() }).unwrap();
        let mut used = Carried::default();
        let mut send = |from: f64, bytes: f64| {
            (capacity.send(instant(from * 1e-3), bytes * 8.0, &mut used).unwrap().seconds() * 1e3 + from).round()
        };
        assert_eq!(send(0.0, 1_400.0), 1.0);
        // Begun at the same instant: 100 bytes are left of the first opportunity, 50 of which are used.
        assert_eq!(send(1.0, 50.0), 1.0);
        assert_eq!(send(1.0, 1_550.0), 5.0);
        // One of the two at 5 ms is left.
        assert_eq!(send(5.0, 1_500.0), 5.0);
        // None is; an idle link then lets the one at 10 ms pass, and the next is at 11.
        assert_eq!(send(5.0, 1.0), 10.0);
        assert_eq!(send(10.5, 3_001.0), 15.0);
    }
}
