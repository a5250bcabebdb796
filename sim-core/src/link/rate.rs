//! The rate of a link over time, and the time that a message takes on it.

use crate::kernel::{ImpossibleValue, SimTime, TimeError, not_negative, positive};
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
    /// A stepwise constant trace, which repeats after its period.
    Steps {
        /// Steps in order of time; the first begins at 0.
        steps: Arc<[RateStep]>,
        /// Length of the trace in seconds; longer than the start of its last step.
        period_seconds: f64,
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
    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        let refuse = |name, value, needed| Err(ImpossibleValue { name, value, needed });
        match self {
            Self::Constant { bits_per_second } => positive("uplink bits_per_second", *bits_per_second),
            Self::Steps { steps, period_seconds } => {
                positive("steps of the rate trace", steps.len() as f64)?;
                for (index, step) in steps.iter().enumerate() {
                    not_negative("bits_per_second of a rate step", step.bits_per_second)?;
                    let ascends = index.checked_sub(1).map_or(step.seconds == 0.0, |i| step.seconds > steps[i].seconds);
                    if !ascends {
                        return refuse("seconds of a rate step", step.seconds, "0 first and ascending from there");
                    }
                }
                let last = steps[steps.len() - 1].seconds;
                if !(period_seconds.is_finite() && *period_seconds > last) {
                    return refuse(
                        "period_seconds of the rate trace",
                        *period_seconds,
                        "finite and after its last step",
                    );
                }
                let most = steps.iter().fold(0.0, |most: f64, step| most.max(step.bits_per_second));
                positive("highest rate of the rate trace", most)
            }
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

/// Cumulative capacity of a link since the start: the integral of its rate.
#[derive(Clone, Debug)]
pub(crate) enum Capacity {
    Constant { bits_per_second: f64 },
    Steps { steps: Arc<[RateStep]>, period_seconds: f64, bits_at_end: Vec<f64> },
    Opportunities { milliseconds: Arc<[u32]> },
}

const OPPORTUNITY_BITS: f64 = OPPORTUNITY_BYTES as f64 * 8.0;
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

impl Capacity {
    /// The capacity of a rate that has been checked.
    pub(crate) fn new(rate: &Rate) -> Self {
        match rate {
            Rate::Constant { bits_per_second } => Self::Constant { bits_per_second: *bits_per_second },
            Rate::Steps { steps, period_seconds } => {
                let ends = steps.iter().skip(1).map(|step| step.seconds).chain([*period_seconds]);
                let bits = steps.iter().zip(ends).scan(0.0, |bits, (step, end)| {
                    *bits += step.bits_per_second * (end - step.seconds);
                    Some(*bits)
                });
                let bits_at_end = bits.collect();
                Self::Steps { steps: steps.clone(), period_seconds: *period_seconds, bits_at_end }
            }
            Rate::Opportunities { milliseconds } => Self::Opportunities { milliseconds: milliseconds.clone() },
        }
    }

    /// Time to send `bits` from `now` on, without other senders. `used` is the capacity in bits that the sender has
    /// used up, and is updated: a message that is ready at the same instant gets the rest of an opportunity.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub(crate) fn send(&self, now: SimTime, bits: f64, used: &mut f64) -> Result<SimTime, TimeError> {
        if let Self::Constant { bits_per_second } = self {
            return SimTime::from_seconds(bits / bits_per_second);
        }
        *used = self.bits_before(now).max(*used) + bits;
        Ok(self.reached(*used)?.max(now).since(now))
    }

    /// Bits that could have been carried before `now`.
    pub(crate) fn bits_before(&self, now: SimTime) -> f64 {
        match self {
            Self::Constant { bits_per_second } => now.seconds() * bits_per_second,
            Self::Steps { steps, period_seconds, bits_at_end } => {
                let periods = (now.seconds() / period_seconds).floor();
                let seconds = now.seconds() - periods * period_seconds;
                // The first step is at 0, so there is one at or before any point of a period.
                let index = steps.partition_point(|step| step.seconds <= seconds).max(1) - 1;
                let before = index.checked_sub(1).map_or(0.0, |i| bits_at_end[i]);
                let within = before + (seconds - steps[index].seconds) * steps[index].bits_per_second;
                periods * bits_at_end[bits_at_end.len() - 1] + within
            }
            Self::Opportunities { milliseconds } => {
                let period = period_nanoseconds(milliseconds);
                // Strictly before: an instant at the end of a period is not before the start of the next.
                let (periods, within) = match (now.nanoseconds() / period, now.nanoseconds() % period) {
                    (periods, 0) if periods > 0 => (periods - 1, period),
                    other => other,
                };
                let passed = milliseconds.partition_point(|&ms| u64::from(ms) * NANOSECONDS_PER_MILLISECOND < within);
                (periods * milliseconds.len() as u64 + passed as u64) as f64 * OPPORTUNITY_BITS
            }
        }
    }

    /// Earliest time at which `bits` (above 0) have been carried since the start.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub(crate) fn reached(&self, bits: f64) -> Result<SimTime, TimeError> {
        match self {
            Self::Constant { bits_per_second } => SimTime::from_seconds(bits / bits_per_second),
            Self::Steps { steps, period_seconds, bits_at_end } => {
                let whole = bits_at_end[bits_at_end.len() - 1];
                let periods = ((bits / whole).ceil() - 1.0).max(0.0);
                let left = (bits - periods * whole).min(whole);
                // The first step that ends with as much has a rate above 0, because it added the last of it.
                let index = bits_at_end.partition_point(|&end| end < left).min(steps.len() - 1);
                let before = index.checked_sub(1).map_or(0.0, |i| bits_at_end[i]);
                let within = steps[index].seconds + (left - before) / steps[index].bits_per_second;
                SimTime::from_seconds(periods * period_seconds + within)
            }
            Self::Opportunities { milliseconds } => {
                let last = (bits / OPPORTUNITY_BITS).ceil().max(1.0) - 1.0;
                let instants = milliseconds.len() as f64;
                let periods = (last / instants).floor();
                let within = f64::from(milliseconds[(last - periods * instants) as usize]);
                let period = f64::from(milliseconds[milliseconds.len() - 1]);
                SimTime::from_seconds((periods * period + within) * 1e-3)
            }
        }
    }
}

/// Length of a packet-delivery trace: its last instant, which is above 0.
fn period_nanoseconds(milliseconds: &[u32]) -> u64 {
    u64::from(milliseconds[milliseconds.len() - 1]) * NANOSECONDS_PER_MILLISECOND
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
        let capacity = Capacity::new(&Rate::Steps { steps, period_seconds: 5.0 });
        let send = |from, bits| capacity.send(instant(from), bits, &mut 0.0).unwrap().seconds();
        assert_eq!(send(0.0, 500.0), 0.5);
        assert_eq!(send(0.0, 2_000.0), 2.0);
        // 500 before the pause, 250 after it.
        assert_eq!(send(1.5, 750.0), 2.0);
        assert_eq!(send(2.5, 100.0), 0.7);
        // The rest of this period, a whole one, and half a second.
        assert_eq!(send(4.0, 500.0 + 3_000.0 + 500.0), 6.5);
        assert_eq!(capacity.bits_before(instant(9.0)), 5_500.0);
    }

    /// Opportunities at 1, 5, 5 and 10 ms, then at 11, 15, 15 and 20 ms.
    #[test]
    fn a_message_waits_for_its_opportunities_and_leaves_the_rest_to_the_next() {
        let capacity = Capacity::new(&Rate::Opportunities { milliseconds: [1, 5, 5, 10].into() });
        let mut used = 0.0;
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
