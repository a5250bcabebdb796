//! The hold model (Vaucher and Duval, CACM 18(4), 1975): a fixed number of events is pending; each that happens is
//! scheduled again after a random increment.

use super::pending::Pending;
use cpu_time::ThreadTime;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, Pareto};

/// Law of the increments; their mean is 1 s but for rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Increments {
    /// Exponential.
    Exponential,
    /// Always 1 s, begun at random times.
    Constant,
    /// Always 1 s, begun together: all events at one time.
    Together,
    /// Pareto of shape 1.1: infinite variance, and a mean that samples seldom reach.
    HeavyTailed,
    /// Exponential, nine in ten of mean 10 ms and one in ten of mean 9.91 s.
    Bimodal,
}

impl Increments {
    pub(crate) const ALL: [Self; 5] =
        [Self::Exponential, Self::Constant, Self::Together, Self::HeavyTailed, Self::Bimodal];
}

impl std::fmt::Display for Increments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Exponential => "exponential",
            Self::Constant => "constant",
            Self::Together => "constant, together",
            Self::HeavyTailed => "heavy-tailed",
            Self::Bimodal => "bimodal",
        })
    }
}

/// Draws increments.
pub(crate) struct Draw {
    law: Increments,
    generator: Xoshiro256PlusPlus,
    pareto: Pareto<f64>,
}

impl Draw {
    pub(crate) fn new(law: Increments) -> Self {
        let pareto = Pareto::new(0.1 / 1.1, 1.1).unwrap();
        Self { law, generator: Xoshiro256PlusPlus::seed_from_u64(1), pareto }
    }

    fn exponential(&mut self) -> f64 {
        self.generator.sample(Exp1)
    }

    /// Until the first event of an entity, in nanoseconds.
    pub(crate) fn first(&mut self) -> u64 {
        if self.law == Increments::Constant { self.generator.random_range(0..1_000_000_000) } else { self.next() }
    }

    /// In nanoseconds.
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        let seconds = match self.law {
            Increments::Exponential => self.exponential(),
            Increments::Constant | Increments::Together => 1.0,
            Increments::HeavyTailed => self.pareto.sample(&mut self.generator),
            Increments::Bimodal if self.generator.random_range(0..10) == 0 => self.exponential() * 9.91,
            Increments::Bimodal => self.exponential() * 0.01,
        };
        (seconds * 1e9) as u64
    }
}

/// Events per second with `pending` events pending. Setting up and a warm-up of as many events are not timed.
pub(crate) fn run<P: Pending>(law: Increments, pending: u32, events: u64) -> f64 {
    let mut draw = Draw::new(law);
    let mut queue = P::new();
    let mut counters = vec![0_u32; pending as usize];
    for entity in 0..pending {
        queue.schedule(draw.first(), entity);
    }
    let mut go = |events: u64| {
        for _ in 0..events {
            let entity = queue.pop().unwrap();
            counters[entity as usize] += 1;
            queue.schedule(draw.next(), entity);
        }
    };
    go(u64::from(pending).max(events / 10));
    let start = ThreadTime::now();
    go(events);
    events as f64 / start.elapsed().as_secs_f64()
}
