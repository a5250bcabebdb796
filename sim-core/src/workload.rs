//! Who asks when, and for which sample.

use crate::kernel::{ImpossibleValue, SimTime, Streams, TimeError, not_negative, positive};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::Exp1;

/// Profile of the requests of a whole run.
///
/// Independent Poisson processes of equal rate are, taken together, one Poisson process of the summed rate in which
/// each arrival belongs to any device with equal probability, independently of the rest (superposition and
/// colouring, Kingman, Poisson Processes, 1993, sections 2.2 and 5.1). So the fleet needs one pending arrival and
/// no state per device.
///
/// Common random numbers: gaps come from the stream "arrivals" of owner 0 as multiples of the mean gap, devices from
/// "arrival-device", samples from "samples". Design points with the same fleet therefore see the same arrivals and
/// samples, and another rate only stretches time. Samples are dealt from a shuffled deck: every sample is asked for
/// once before any repeats, and the `n`-th request of the fleet gets the `n`-th card, whatever becomes of the requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Mean requests per second of one device; each device asks in a Poisson process of its own.
    pub requests_per_second: f64,
    /// Requests of the fleet, after which arrivals stop and the run drains.
    pub requests: u64,
    /// The run stops here even if requests are left, which then count as in flight and are missing from the latency
    /// statistics: that favours short latencies unless the horizon is long. In seconds.
    pub horizon_seconds: Option<f64>,
    /// The first so many requests, by arrival, are left out of the latency statistics.
    pub warmup: u64,
}

impl Workload {
    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a rate or number of requests that is not above zero, a negative horizon, or a warm-up
    /// that leaves no request to measure.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        positive("requests_per_second", self.requests_per_second)?;
        positive("requests", self.requests as f64)?;
        not_negative("horizon_seconds", self.horizon_seconds.unwrap_or(0.0))?;
        if self.warmup >= self.requests {
            let needed = "below the number of requests";
            return Err(ImpossibleValue { name: "warmup", value: self.warmup as f64, needed });
        }
        Ok(())
    }
}

/// The arrivals of a fleet, one after the other, see [`Workload`].
#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    gaps: ChaCha8Rng,
    choices: ChaCha8Rng,
    mean_gap_seconds: f64,
    devices: u32,
    left: u64,
}

impl Arrivals {
    /// Arrivals at `devices` (at least one) devices. The workload must have passed [`Workload::check`].
    pub(crate) fn new(workload: &Workload, devices: u32, streams: &Streams) -> Self {
        Self {
            gaps: streams.stream("arrivals", 0),
            choices: streams.stream("arrival-device", 0),
            mean_gap_seconds: 1.0 / (workload.requests_per_second * f64::from(devices)),
            devices,
            left: workload.requests,
        }
    }

    /// Time from the arrival before (or the start) to the next, rounded to the nearest nanosecond, and the device that
    /// asks; `None` when all requests have been made.
    ///
    /// # Errors
    /// [`TimeError`] if the gap cannot be represented.
    pub(crate) fn next_arrival(&mut self) -> Result<Option<(SimTime, u32)>, TimeError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let gap = self.gaps.sample::<f64, _>(Exp1) * self.mean_gap_seconds;
        Ok(Some((SimTime::from_seconds(gap)?, self.choices.random_range(0..self.devices))))
    }
}

/// Deals samples from a deck that is shuffled anew for each pass, see [`Workload`].
#[derive(Clone, Debug)]
pub(crate) struct Deck {
    order: Vec<u32>,
    dealt: usize,
    shuffles: ChaCha8Rng,
}

impl Deck {
    /// A deck of samples `0..samples`, of which there is at least one.
    pub(crate) fn new(samples: u32, streams: &Streams) -> Self {
        Self { order: (0..samples).collect(), dealt: 0, shuffles: streams.stream("samples", 0) }
    }

    /// The next sample.
    pub(crate) fn deal(&mut self) -> u32 {
        if self.dealt == 0 {
            self.order.shuffle(&mut self.shuffles);
        }
        let sample = self.order[self.dealt];
        self.dealt = (self.dealt + 1) % self.order.len();
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Moments, wilson};

    #[test]
    fn the_deck_deals_every_sample_once_before_any_repeats() {
        let mut deck = Deck::new(50, &Streams::new(1, 0));
        let mut passes: Vec<Vec<u32>> = (0..3).map(|_| (0..50).map(|_| deck.deal()).collect()).collect();
        assert!(passes[0] != passes[1] && passes[1] != passes[2], "every pass is shuffled anew");
        for pass in &mut passes {
            pass.sort_unstable();
            assert_eq!(*pass, (0..50).collect::<Vec<_>>());
        }
    }

    /// The gaps of one device of the fleet must be exponential with that device's own rate: mean 1 / rate and, unlike
    /// any other waiting time, variance equal to the squared mean.
    #[test]
    fn each_device_of_the_fleet_is_a_poisson_process_of_its_own_rate() {
        let workload = Workload { requests_per_second: 4.0, requests: 600_000, horizon_seconds: None, warmup: 0 };
        let mut arrivals = Arrivals::new(&workload, 3, &Streams::new(5, 0));
        let (mut clock, mut last, mut gaps, mut total) = (0.0, 0.0, Moments::default(), 0);
        while let Some((gap, device)) = arrivals.next_arrival().unwrap() {
            clock += gap.seconds();
            total += 1;
            if device == 1 {
                gaps.push(clock - last);
                last = clock;
            }
        }
        let (mean, variance) = (gaps.mean().unwrap(), gaps.variance().unwrap());
        assert_eq!(total, workload.requests);
        assert!((mean / 0.25 - 1.0).abs() < 0.01, "mean gap {mean}");
        assert!((variance / 0.0625 - 1.0).abs() < 0.02, "variance {variance}");
        assert!(wilson(gaps.count(), total).unwrap().contains(1.0 / 3.0));
    }
}
