//! The hold model (Vaucher and Duval, CACM 18(4), 1975): a fixed number of events is pending; each that happens is
//! scheduled again after a random increment.

use super::pending::Pending;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, Pareto};
use std::time::Instant;

/// Law of the increments; their mean is 1 s but for rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Increments {
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

/// Draws increments.
pub struct Draw {
    law: Increments,
    generator: Xoshiro256PlusPlus,
    pareto: Pareto<f64>,
}

impl Draw {
    pub fn new(law: Increments) -> Self {
        let pareto = Pareto::new(0.1 / 1.1, 1.1).unwrap();
        Self { law, generator: Xoshiro256PlusPlus::seed_from_u64(1), pareto }
    }

    fn exponential(&mut self) -> f64 {
        self.generator.sample(Exp1)
    }

    /// Until the first event of an entity, in nanoseconds.
    pub fn first(&mut self) -> u64 {
        if self.law == Increments::Constant { self.generator.random_range(0..1_000_000_000) } else { self.next() }
    }

    /// In nanoseconds.
    #[inline]
    pub fn next(&mut self) -> u64 {
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

/// Events per second with `pending` events pending, and the sum of the clocks, which tells apart wrong orders.
pub fn run<P: Pending>(law: Increments, pending: u32, events: u64) -> (f64, u64) {
    let mut draw = Draw::new(law);
    let mut queue = P::new();
    let mut counters = vec![0_u32; pending as usize];
    for entity in 0..pending {
        queue.schedule(draw.first(), entity);
    }
    let mut checksum = 0_u64;
    let mut go = |events: u64| {
        for _ in 0..events {
            let entity = queue.pop().unwrap();
            counters[entity as usize] += 1;
            checksum = checksum.rotate_left(5) ^ queue.now() ^ u64::from(entity);
            queue.schedule(draw.next(), entity);
        }
    };
    go(u64::from(pending).max(100_000));
    let mut rate = 0.0_f64;
    for _ in 0..20 {
        let start = Instant::now();
        go(events / 20);
        rate = rate.max((events / 20) as f64 / start.elapsed().as_secs_f64());
    }
    (rate, checksum)
}
