//! Workloads with one or two pending events, which measure dispatch rather than the queue: M/M/1 and ping-pong.

use crate::pending::Pending;
use cpu_time::ThreadTime;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::Exp1;

/// Load of the server.
pub(crate) const LOAD: f64 = 0.8;

/// Exponential times.
pub(crate) struct Exponential {
    generator: Xoshiro256PlusPlus,
    mean: f64,
}

impl Exponential {
    /// Of mean `mean` in seconds.
    pub(crate) fn new(seed: u64, mean: f64) -> Self {
        Self { generator: Xoshiro256PlusPlus::seed_from_u64(seed), mean }
    }

    /// In nanoseconds, at least one, because NeXosim takes no delay of zero.
    pub(crate) fn next(&mut self) -> u64 {
        ((self.generator.sample::<f64, _>(Exp1) * self.mean * 1e9) as u64).max(1)
    }
}

const ARRIVAL: u32 = 0;

/// M/M/1 of load 0.8 and mean service time 1 s; logical events (an arrival, a departure) per second.
pub(crate) fn single_server<P: Pending>(events: u64) -> f64 {
    let (mut gaps, mut services) = (Exponential::new(1, 1.0 / LOAD), Exponential::new(2, 1.0));
    let mut queue = P::new();
    queue.schedule(gaps.next(), ARRIVAL);
    let mut present = 0_u64;
    let start = ThreadTime::now();
    for _ in 0..events {
        if queue.pop() == Some(ARRIVAL) {
            queue.schedule(gaps.next(), ARRIVAL);
            present += 1;
            if present == 1 {
                queue.schedule(services.next(), ARRIVAL + 1);
            }
        } else {
            present -= 1;
            if present > 0 {
                queue.schedule(services.next(), ARRIVAL + 1);
            }
        }
    }
    std::hint::black_box(present);
    events as f64 / start.elapsed().as_secs_f64()
}

/// Two players send each other a ball that takes 1 s; events per second.
pub(crate) fn ping_pong<P: Pending>(events: u64) -> f64 {
    let mut queue = P::new();
    let mut strikes = [0_u64; 2];
    queue.schedule(1_000_000_000, 0);
    let start = ThreadTime::now();
    for _ in 0..events {
        let player = queue.pop().unwrap();
        strikes[player as usize] += 1;
        queue.schedule(1_000_000_000, 1 - player);
    }
    std::hint::black_box(strikes);
    events as f64 / start.elapsed().as_secs_f64()
}
