//! The requests that a device made before the run.

use super::ArrivalProcess;
use crate::kernel::{StreamFamily, Streams};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Exp1;

/// Where the requests that devices made before the run come from: an [`ArrivalProcess`] that has always been going on.
#[derive(Clone, Debug)]
pub(crate) struct Pasts {
    process: Process,
    draws: StreamFamily,
    /// Streams of a bursty process, which say what state a device is in at time zero.
    states: StreamFamily,
}

/// Ages at time zero of the requests that one device made before, the youngest first.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    process: Process,
    draws: ChaCha8Rng,
    age_seconds: f64,
}

#[derive(Clone, Copy, Debug)]
enum Process {
    /// Poisson processes, and times to think: what has no memory looks the same backwards. In a closed loop the time until an
    /// answer is left out; that makes up for devices that would be waiting for one at time zero, and begin to think instead.
    Exponential { mean_seconds: f64 },
    /// A device that will ask after `phase_seconds` has asked a period before that.
    Periodic { period_seconds: f64, jitter_seconds: f64, phase_seconds: f64 },
    /// The two states of a device, visited backwards; a chain of two states is reversible.
    Bursty { rates: [f64; 2], mean_seconds: [f64; 2], bursting: bool, since_seconds: f64 },
    /// A recording says nothing about the time before it.
    Unknown,
}

impl Pasts {
    /// The past of a process that has been checked.
    pub(crate) fn new(process: &ArrivalProcess, streams: &Streams) -> Self {
        let process = match *process {
            ArrivalProcess::Poisson { requests_per_second } => {
                Process::Exponential { mean_seconds: 1.0 / requests_per_second }
            }
            ArrivalProcess::ClosedLoop { mean_think_seconds } => {
                Process::Exponential { mean_seconds: mean_think_seconds }
            }
            ArrivalProcess::Periodic { period_seconds, jitter_seconds } => {
                Process::Periodic { period_seconds, jitter_seconds, phase_seconds: 0.0 }
            }
            ArrivalProcess::Bursty {
                quiet_requests_per_second,
                burst_requests_per_second,
                mean_quiet_seconds,
                mean_burst_seconds,
            } => Process::Bursty {
                rates: [quiet_requests_per_second, burst_requests_per_second],
                mean_seconds: [mean_quiet_seconds, mean_burst_seconds],
                bursting: false,
                since_seconds: 0.0,
            },
            ArrivalProcess::Trace(_) => Process::Unknown,
        };
        Self { process, draws: streams.family("past-arrivals"), states: streams.family("bursty-arrivals") }
    }

    /// The past of a device; one that asks periodically does so at `phase_seconds` and whole periods after that.
    pub(crate) fn draw(&self, device: u32, phase_seconds: f64) -> Past {
        let mut past = Past { process: self.process, draws: self.draws.stream(device.into()), age_seconds: 0.0 };
        match &mut past.process {
            Process::Periodic { phase_seconds: phase, .. } => *phase = phase_seconds,
            Process::Bursty { mean_seconds, bursting, since_seconds, .. } => {
                *bursting = is_bursting_at_first(device, &self.states, *mean_seconds);
                *since_seconds = past.draws.sample::<f64, _>(Exp1) * mean_seconds[usize::from(*bursting)];
            }
            Process::Exponential { .. } | Process::Unknown => {}
        }
        past
    }
}

impl Past {
    /// Age in seconds of the next older request; `None` if there is none below `limit_seconds`. That of a request which the
    /// jitter delays until after time zero is negative.
    pub(crate) fn next(&mut self, limit_seconds: f64) -> Option<f64> {
        let Self { process, draws, age_seconds: age } = self;
        match process {
            Process::Exponential { mean_seconds } => *age += draws.sample::<f64, _>(Exp1) * *mean_seconds,
            Process::Periodic { period_seconds, jitter_seconds, phase_seconds } => {
                *phase_seconds -= *period_seconds;
                *age = -*phase_seconds;
                if *jitter_seconds > 0.0 {
                    *age -= draws.random::<f64>() * *jitter_seconds;
                }
            }
            Process::Bursty { rates, mean_seconds, bursting, since_seconds } => loop {
                // A rate of 0 gives an infinite time.
                let gap = draws.sample::<f64, _>(Exp1) / rates[usize::from(*bursting)];
                if *age + gap <= *since_seconds {
                    *age += gap;
                    break;
                }
                *age = *since_seconds;
                if *age >= limit_seconds {
                    break;
                }
                *bursting = !*bursting;
                *since_seconds += draws.sample::<f64, _>(Exp1) * mean_seconds[usize::from(*bursting)];
            },
            Process::Unknown => return None,
        }
        (*age < limit_seconds).then_some(*age)
    }
}

/// Whether a bursty device bursts at time zero, in its stationary distribution.
pub(super) fn is_bursting_at_first(device: u32, streams: &StreamFamily, means: [f64; 2]) -> bool {
    streams.draw(device.into(), 0).random::<f64>() * (means[0] + means[1]) < means[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Moments, wilson};

    fn ages(process: &ArrivalProcess, devices: u32, limit: f64) -> Vec<Vec<f64>> {
        let pasts = Pasts::new(process, &Streams::new(3, 0));
        let of = |device| {
            let mut past = pasts.draw(device, f64::from(device) / f64::from(devices) * 2.0);
            std::iter::from_fn(|| past.next(limit)).collect()
        };
        (0..devices).map(of).collect()
    }

    /// The first age of a Poisson process is exponential, by its lack of memory, and so is the gap before.
    #[test]
    fn ages_without_memory_are_exponential() {
        let found = ages(&ArrivalProcess::Poisson { requests_per_second: 0.25 }, 20_000, 200.0);
        for place in 0..2 {
            let gap = |ages: &Vec<f64>| if place == 0 { ages[0] } else { ages[1] - ages[0] };
            let gaps: Moments = found.iter().map(gap).collect();
            let (mean, variance) = (gaps.mean().unwrap(), gaps.variance().unwrap());
            assert!((mean / 4.0 - 1.0).abs() < 0.03 && (variance / 16.0 - 1.0).abs() < 0.06, "{mean} {variance}");
        }
    }

    #[test]
    fn the_phase_of_a_periodic_device_says_when_it_asked_before() {
        let process = ArrivalProcess::Periodic { period_seconds: 2.0, jitter_seconds: 0.0 };
        let found = ages(&process, 4, 5.0);
        assert_eq!(found[0], [2.0, 4.0]);
        assert_eq!(found[3], [0.5, 2.5, 4.5]);
    }

    /// Backwards, a bursty device asks as often as forwards: `(r0 m0 + r1 m1) / (m0 + m1)`.
    #[test]
    fn a_bursty_device_asked_as_often_before_as_it_will() {
        let process = ArrivalProcess::Bursty {
            quiet_requests_per_second: 0.0,
            burst_requests_per_second: 4.0,
            mean_quiet_seconds: 3.0,
            mean_burst_seconds: 1.0,
        };
        let found = ages(&process, 20_000, 1e-3);
        let asked = found.iter().map(|ages| ages.len() as u64).sum();
        assert!(wilson(asked, 20_000).unwrap().contains(1e-3 * 4.0 / 4.0), "{asked}");
        let long: usize = ages(&process, 400, 200.0).iter().map(Vec::len).sum();
        assert!((long as f64 / (400.0 * 200.0) - 1.0).abs() < 0.03, "{long}");
    }

    #[test]
    fn a_trace_says_nothing_about_the_time_before_it() {
        let trace = ArrivalProcess::Trace([].into());
        assert!(ages(&trace, 2, 1e9).iter().all(Vec::is_empty));
    }
}
