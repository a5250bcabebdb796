//! Trajectories of events: a fingerprint to compare runs by, and the first event in which two runs differ.

use super::SimTime;
use std::error::Error;
use std::fmt;

/// One event that happened. The simulation defines what its kind and its subject mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening<K> {
    /// Simulated time at which the event happened.
    pub time: SimTime,
    /// Kind of the event.
    pub kind: K,
    /// Number of the entity that the event concerns, such as a request or a device.
    pub subject: u64,
}

impl<K: fmt::Display> fmt::Display for Happening<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.kind, self.subject, self.time)
    }
}

/// 64-bit summary of a trajectory. Equal runs have equal fingerprints; runs that differ in the time, kind, subject or
/// order of any event almost surely have different ones. Multiply-xor mixing with the constants of MurmurHash3's 64-bit
/// finaliser (Appleby, public domain).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Adds the next event to the summary.
    pub fn add(&mut self, time: SimTime, kind: u64, subject: u64) {
        for word in [time.nanoseconds(), kind, subject] {
            let mixed = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
            self.0 = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53) ^ mixed >> 29;
        }
    }

    /// Summary of all events added so far.
    pub fn value(self) -> u64 {
        self.0
    }
}

/// A simulation that can be run event by event.
pub trait Steps {
    /// Kinds of events of the simulation.
    type Kind: PartialEq;
    /// Error with which the simulation can fail.
    type Error: Error;

    /// Executes the next event and returns it; `None` when the run has ended.
    ///
    /// # Errors
    /// The errors of the simulation.
    fn step(&mut self) -> Result<Option<Happening<Self::Kind>>, Self::Error>;
}

/// The first event in which two runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence<K> {
    /// Number of events before it, which both runs have in common.
    pub index: u64,
    /// Next event of the first run; `None` if it ended.
    pub first: Option<Happening<K>>,
    /// Next event of the second run; `None` if it ended.
    pub second: Option<Happening<K>>,
}

impl<K: fmt::Display> fmt::Display for Divergence<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tell = |next: &Option<Happening<K>>| next.as_ref().map_or("ended".into(), |event| format!("had {event}"));
        let (first, second) = (tell(&self.first), tell(&self.second));
        write!(f, "after {} equal events the first run {first}, but the second {second}", self.index)
    }
}

/// Runs two simulations that should be equal in lockstep until they differ or both have ended. No trajectory is stored.
///
/// Two instances of a deterministic simulation give `None`. Caught is whatever differs between two instances in one
/// process: hashing with random keys, addresses, wall clocks, shared state, random generators without a fixed seed.
///
/// # Errors
/// Error of the simulation that fails first.
pub fn first_divergence<A, B>(first: &mut A, second: &mut B) -> Result<Option<Divergence<A::Kind>>, A::Error>
where
    A: Steps,
    B: Steps<Kind = A::Kind, Error = A::Error>,
{
    for index in 0.. {
        let (one, other) = (first.step()?, second.step()?);
        if one != other {
            return Ok(Some(Divergence { index, first: one, second: other }));
        }
        if one.is_none() {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{EventQueue, Streams};
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;
    use std::convert::Infallible;

    /// Entities that happen again after random delays; `meddle` may change a delay.
    struct Walk<F> {
        queue: EventQueue<u64>,
        delays: ChaCha8Rng,
        left: u64,
        meddle: F,
    }

    impl<F: FnMut(u64, u64) -> u64> Walk<F> {
        fn new(events: u64, meddle: F) -> Self {
            let mut queue = EventQueue::new();
            for entity in 0..50 {
                queue.schedule(SimTime::ZERO, 0, entity).unwrap();
            }
            Self { queue, delays: Streams::new(1, 0).stream("delays", 0), left: events, meddle }
        }
    }

    impl<F: FnMut(u64, u64) -> u64> Steps for Walk<F> {
        type Kind = &'static str;
        type Error = Infallible;

        fn step(&mut self) -> Result<Option<Happening<&'static str>>, Infallible> {
            if self.left == 0 {
                return Ok(None);
            }
            self.left -= 1;
            let subject = self.queue.pop().unwrap();
            let delay = (self.meddle)(self.left, self.delays.random_range(0..1_000_000));
            self.queue.schedule(SimTime::from_nanoseconds(delay), 0, subject).unwrap();
            Ok(Some(Happening { time: self.queue.now(), kind: "happened", subject }))
        }
    }

    /// All events of a run, to find by brute force where two part.
    fn all(mut walk: impl Steps<Kind = &'static str, Error = Infallible>) -> Vec<Happening<&'static str>> {
        std::iter::from_fn(|| walk.step().unwrap()).collect()
    }

    #[test]
    fn invariant_4_a_run_beside_itself_does_not_diverge() {
        let honest = || Walk::new(5_000, |_, delay| delay);
        assert_eq!(first_divergence(&mut honest(), &mut honest()).unwrap(), None);
    }

    #[test]
    fn invariant_4_the_first_divergent_event_is_found() {
        let honest = || Walk::new(5_000, |_, delay| delay);
        // One delay is a nanosecond longer; it shows when that event happens, later than where it was scheduled.
        let changed = || Walk::new(5_000, |left, delay| delay + u64::from(left == 1_234));
        let (one, other) = (all(honest()), all(changed()));
        let index = one.iter().zip(&other).position(|(one, other)| one != other).unwrap();
        assert!(index > 5_000 - 1_234);
        let expected = Divergence { index: index as u64, first: Some(one[index]), second: Some(other[index]) };
        assert_eq!(first_divergence(&mut honest(), &mut changed()).unwrap(), Some(expected));
    }

    #[test]
    fn invariant_4_a_run_that_ends_early_diverges_there() {
        let run = |events| Walk::new(events, |_, delay| delay);
        let found = first_divergence(&mut run(100), &mut run(99)).unwrap().unwrap();
        assert_eq!((found.index, found.second), (99, None));
        assert!(found.first.is_some());
        assert!(found.to_string().ends_with("but the second ended"), "{found}");
    }

    #[test]
    fn a_fingerprint_tells_time_kind_subject_and_order_apart() {
        let of = |events: &[(u64, u64, u64)]| {
            let mut fingerprint = Fingerprint::default();
            events.iter().for_each(|&(t, kind, subject)| fingerprint.add(SimTime::from_nanoseconds(t), kind, subject));
            fingerprint.value()
        };
        let same = of(&[(1, 2, 3), (4, 5, 6)]);
        assert_eq!(same, of(&[(1, 2, 3), (4, 5, 6)]));
        for other in [[(0, 2, 3), (4, 5, 6)], [(1, 0, 3), (4, 5, 6)], [(1, 2, 0), (4, 5, 6)], [(4, 5, 6), (1, 2, 3)]] {
            assert_ne!(same, of(&other), "{other:?}");
        }
    }
}
