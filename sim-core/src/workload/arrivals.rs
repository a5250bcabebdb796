//! The arrivals of a fleet, one after the other.

use super::past::is_bursting_at_first;
use super::{ArrivalProcess, Pasts, TraceArrival};
use crate::kernel::{SimTime, StreamFamily, Streams, TimeError};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Exp1;
use std::sync::Arc;

/// The next arrival: `delay` from now, at `device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) delay: SimTime,
    pub(crate) device: u32,
}

/// Generates the arrivals of an [`ArrivalProcess`].
#[derive(Clone, Debug)]
pub(crate) enum Arrivals {
    Poisson { draws: Box<PoissonDraws>, mean_gap_seconds: f64, devices: u32 },
    Periodic { streams: StreamFamily, pasts: Pasts, period_seconds: f64, jitter_seconds: f64, devices: Vec<Periodic> },
    Bursty { streams: StreamFamily, rates: [f64; 2], mean_seconds: [f64; 2], devices: Vec<Bursty> },
    ClosedLoop { streams: StreamFamily, mean_think_seconds: f64, asked: Vec<u32> },
    Trace { arrivals: Arc<[TraceArrival]>, next: usize },
}

#[derive(Clone, Debug)]
pub(crate) struct PoissonDraws {
    gaps: ChaCha8Rng,
    choices: ChaCha8Rng,
}

/// A periodic device: 16 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Periodic {
    phase_seconds: f64,
    asked: u32,
    /// Whether its first arrival has been given.
    has_begun: bool,
}

/// A bursty device: 24 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bursty {
    /// End of the current state, in seconds.
    until_seconds: f64,
    bursting: bool,
    draws: u32,
}

impl Arrivals {
    /// Arrivals at `devices` (at least one) devices, from a process that has been checked.
    pub(crate) fn new(process: &ArrivalProcess, devices: u32, streams: &Streams) -> Self {
        let number = devices as usize;
        match process {
            ArrivalProcess::Poisson { requests_per_second } => Self::Poisson {
                draws: Box::new(PoissonDraws {
                    gaps: streams.stream("arrivals", 0),
                    choices: streams.stream("arrival-device", 0),
                }),
                mean_gap_seconds: 1.0 / (requests_per_second * f64::from(devices)),
                devices,
            },
            &ArrivalProcess::Periodic { period_seconds, jitter_seconds } => {
                let phases = streams.family("arrival-phase");
                let phase = |device| phases.stream(device).random::<f64>() * period_seconds;
                let device = |device| Periodic { phase_seconds: phase(device), ..Periodic::default() };
                Self::Periodic {
                    streams: streams.family("arrival-jitter"),
                    pasts: Pasts::new(process, streams),
                    period_seconds,
                    jitter_seconds,
                    devices: (0..u64::from(devices)).map(device).collect(),
                }
            }
            &ArrivalProcess::Bursty {
                quiet_requests_per_second,
                burst_requests_per_second,
                mean_quiet_seconds,
                mean_burst_seconds,
            } => Self::Bursty {
                streams: streams.family("bursty-arrivals"),
                rates: [quiet_requests_per_second, burst_requests_per_second],
                mean_seconds: [mean_quiet_seconds, mean_burst_seconds],
                devices: vec![Bursty::default(); number],
            },
            &ArrivalProcess::ClosedLoop { mean_think_seconds } => {
                Self::ClosedLoop { streams: streams.family("think-time"), mean_think_seconds, asked: vec![0; number] }
            }
            ArrivalProcess::Trace(arrivals) => Self::Trace { arrivals: arrivals.clone(), next: 0 },
        }
    }

    /// Number of independent sources of arrivals: one per device, or one for a process of the whole fleet.
    pub(crate) fn sources(&self) -> u32 {
        match self {
            Self::Poisson { .. } | Self::Trace { .. } => 1,
            Self::Periodic { devices, .. } => devices.len() as u32,
            Self::Bursty { devices, .. } => devices.len() as u32,
            Self::ClosedLoop { asked, .. } => asked.len() as u32,
        }
    }

    /// Whether a device asks again only once its request has ended.
    pub(crate) fn waits_for_the_end(&self) -> bool {
        matches!(self, Self::ClosedLoop { .. })
    }

    /// Point in its period at which a periodic device asks, in seconds; 0 for other processes.
    pub(crate) fn phase_seconds(&self, device: u32) -> f64 {
        match self {
            Self::Periodic { devices, .. } => devices[device as usize].phase_seconds,
            _ => 0.0,
        }
    }

    /// The arrival after the one `now` (the start, the last arrival, or in a closed loop the last end of a request) of
    /// `device`, which a process of the fleet as a whole does not look at; `None` at the end of a trace.
    ///
    /// # Errors
    /// [`TimeError`] if it cannot be represented.
    pub(crate) fn next(&mut self, device: u32, now: SimTime) -> Result<Option<Next>, TimeError> {
        let index = device as usize;
        match self {
            Self::Poisson { draws, mean_gap_seconds, devices } => {
                let PoissonDraws { gaps, choices } = &mut **draws;
                let delay = SimTime::from_seconds(gaps.sample::<f64, _>(Exp1) * *mean_gap_seconds)?;
                Ok(Some(Next { delay, device: choices.random_range(0..*devices) }))
            }
            Self::Periodic { streams, pasts, period_seconds, jitter_seconds, devices } => {
                let Periodic { phase_seconds, asked, has_begun } = &mut devices[index];
                // The request that was due a period before the first may be delayed until after the start.
                if !std::mem::replace(has_begun, true)
                    && *jitter_seconds > 0.0
                    && let Some(age) = pasts.draw(device, *phase_seconds).next(0.0)
                {
                    return Ok(Some(Next { delay: delay_until(-age, now)?, device }));
                }
                let mut at = *phase_seconds + f64::from(*asked) * *period_seconds;
                if *jitter_seconds > 0.0 {
                    at += streams.draw(device.into(), (*asked).into()).random::<f64>() * *jitter_seconds;
                }
                *asked += 1;
                Ok(Some(Next { delay: delay_until(at, now)?, device }))
            }
            Self::Bursty { streams, rates, mean_seconds, devices } => {
                let at = devices[index].next(device, now.seconds(), streams, *rates, *mean_seconds);
                Ok(Some(Next { delay: delay_until(at, now)?, device }))
            }
            Self::ClosedLoop { streams, mean_think_seconds, asked } => {
                let think =
                    streams.draw(device.into(), asked[index].into()).sample::<f64, _>(Exp1) * *mean_think_seconds;
                asked[index] += 1;
                Ok(Some(Next { delay: SimTime::from_seconds(think)?, device }))
            }
            Self::Trace { arrivals, next } => {
                let Some(arrival) = arrivals.get(*next) else { return Ok(None) };
                *next += 1;
                Ok(Some(Next { delay: delay_until(arrival.seconds, now)?, device: arrival.device }))
            }
        }
    }
}

impl Bursty {
    /// Both clocks of a state, that of the next request and that of its end, are memoryless: what is left of the state
    /// need not be drawn again, and a request that would fall behind its end is drawn anew from there.
    fn next(&mut self, device: u32, now: f64, streams: &StreamFamily, rates: [f64; 2], means: [f64; 2]) -> f64 {
        if self.draws == 0 {
            self.bursting = is_bursting_at_first(device, streams, means);
            self.draws = 1;
            self.until_seconds = self.exponential(device, streams) * means[usize::from(self.bursting)];
        }
        let mut at = now;
        loop {
            // A rate of 0 gives an infinite time.
            let gap = self.exponential(device, streams) / rates[usize::from(self.bursting)];
            if at + gap <= self.until_seconds {
                return at + gap;
            }
            at = self.until_seconds;
            self.bursting = !self.bursting;
            self.until_seconds = at + self.exponential(device, streams) * means[usize::from(self.bursting)];
        }
    }

    fn exponential(&mut self, device: u32, streams: &StreamFamily) -> f64 {
        self.draws += 1;
        streams.draw(device.into(), self.draws.into()).sample(Exp1)
    }
}

/// Delay from `now` until `at`, in seconds from the start; 0 if that has passed by rounding.
fn delay_until(at: f64, now: SimTime) -> Result<SimTime, TimeError> {
    let at = SimTime::from_seconds(at)?;
    Ok(at.max(now).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Moments, mean_interval, wilson};

    /// Times and devices of the first `requests` arrivals of an open process.
    fn arrivals(process: &ArrivalProcess, devices: u32, requests: usize, seed: u64) -> Vec<(f64, u32)> {
        let mut arrivals = Arrivals::new(process, devices, &Streams::new(seed, 0));
        let mut pending: Vec<(SimTime, u32)> = Vec::new();
        let mut found = Vec::new();
        for device in 0..arrivals.sources() {
            let next = arrivals.next(device, SimTime::ZERO).unwrap().unwrap();
            pending.push((next.delay, next.device));
        }
        while found.len() < requests {
            let earliest = pending.iter().enumerate().min_by_key(|(_, arrival)| arrival.0).unwrap().0;
            let (at, device) = pending.swap_remove(earliest);
            found.push((at.seconds(), device));
            if let Some(next) = arrivals.next(device, at).unwrap() {
                pending.push((at.after(next.delay).unwrap(), next.device));
            }
        }
        found
    }

    /// The gaps of one device of the fleet must be exponential with that device's own rate: mean 1 / rate and, unlike
    /// any other waiting time, variance equal to the squared mean.
    #[test]
    fn each_device_of_the_fleet_is_a_poisson_process_of_its_own_rate() {
        let found = arrivals(&ArrivalProcess::Poisson { requests_per_second: 4.0 }, 3, 600_000, 5);
        let own: Vec<f64> = found.iter().filter(|arrival| arrival.1 == 1).map(|arrival| arrival.0).collect();
        let gaps: Moments = own.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (mean, variance) = (gaps.mean().unwrap(), gaps.variance().unwrap());
        assert!((mean / 0.25 - 1.0).abs() < 0.01, "mean gap {mean}");
        assert!((variance / 0.0625 - 1.0).abs() < 0.02, "variance {variance}");
        assert!(wilson(own.len() as u64, 600_000).unwrap().contains(1.0 / 3.0));
    }

    #[test]
    fn periodic_arrivals_keep_their_period_and_stay_within_the_jitter() {
        let process = ArrivalProcess::Periodic { period_seconds: 0.5, jitter_seconds: 0.1 };
        let found = arrivals(&process, 4, 400, 6);
        let mut phases = Vec::new();
        for device in 0..4 {
            let own: Vec<f64> = found.iter().filter(|arrival| arrival.1 == device).map(|arrival| arrival.0).collect();
            let offsets: Vec<f64> = own.iter().enumerate().map(|(k, at)| at - 0.5 * k as f64).collect();
            let (low, high) = offsets.iter().fold((f64::MAX, 0.0_f64), |(low, high), &at| (low.min(at), high.max(at)));
            // The first may be one that was delayed until after the start.
            assert!(
                low >= -0.1 && own[0] >= 0.0 && high < 0.6 && high - low > 0.08 && high - low <= 0.1,
                "{low} to {high}"
            );
            phases.push(low);
        }
        phases.sort_by(f64::total_cmp);
        assert!(phases.windows(2).all(|pair| pair[1] - pair[0] > 1e-6), "every device has a phase of its own");
    }

    /// A Markov-modulated process has the mean rate of its states, weighed by how long they last, and more variable counts
    /// than a Poisson process: for states of rates r0, r1, leaving rates s0, s1 and stationary shares p0, p1, the index of
    /// dispersion of counts tends to `1 + 2 p0 p1 (r1 - r0)^2 / (r (s0 + s1))` (Fischer and Meier-Hellstern 1993).
    #[test]
    fn bursty_arrivals_meet_the_rate_and_the_dispersion_of_their_theory() {
        let process = ArrivalProcess::Bursty {
            quiet_requests_per_second: 1.0,
            burst_requests_per_second: 11.0,
            mean_quiet_seconds: 3.0,
            mean_burst_seconds: 1.0,
        };
        let found = arrivals(&process, 1, 400_000, 7);
        let rate = 0.75 * 1.0 + 0.25 * 11.0;
        let dispersion = 1.0 + 2.0 * 0.75 * 0.25 * 100.0 / (rate * (1.0 / 3.0 + 1.0));
        let window = 100.0;
        let windows = (found.last().unwrap().0 / window) as usize;
        let mut counts = vec![0.0_f64; windows];
        found
            .iter()
            .map(|arrival| (arrival.0 / window) as usize)
            .filter(|&w| w < windows)
            .for_each(|w| counts[w] += 1.0);
        let mean = mean_interval(&counts).unwrap();
        assert!(mean.contains(rate * window), "{mean:?} misses {}", rate * window);
        let variance = counts.iter().copied().collect::<Moments>().variance().unwrap();
        let found = variance / (rate * window);
        // About 1,140 windows: one standard deviation of a variance is 4 %; a finite window lowers the index by 0.7 %.
        assert!((found / dispersion - 1.0).abs() < 0.15, "{found} is not {dispersion}");
    }

    #[test]
    fn a_trace_is_played_as_written() {
        let written = [(0.25, 1), (0.25, 0), (1.5, 1)].map(|(seconds, device)| TraceArrival { seconds, device });
        let mut arrivals = Arrivals::new(&ArrivalProcess::Trace(written.into()), 2, &Streams::new(1, 0));
        let mut now = SimTime::ZERO;
        for arrival in written {
            let next = arrivals.next(0, now).unwrap().unwrap();
            now = now.after(next.delay).unwrap();
            assert_eq!((now.seconds(), next.device), (arrival.seconds, arrival.device));
        }
        assert_eq!(arrivals.next(0, now), Ok(None));
    }
}
