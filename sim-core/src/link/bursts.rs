//! Good and bad states of bursty channels over time.

use crate::kernel::{SimTime, StreamFamily};
use rand::RngExt;
use rand_distr::Exp1;

/// The present state of a device's channel: 24 bytes.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    until_seconds: f64,
    /// Number of states begun so far; 0 before the first look.
    begun: u32,
    bad: bool,
}

/// The channels of all devices. A channel's states depend on the device alone: they are the same whenever, and however
/// often, they are looked at.
#[derive(Clone, Debug)]
pub(super) struct Bursts {
    streams: StreamFamily,
    /// Mean length of a good and of a bad time, in seconds.
    mean_seconds: [f64; 2],
    states: Vec<State>,
}

impl Bursts {
    pub(super) fn new(streams: StreamFamily, mean_good: f64, mean_bad: f64, devices: u32) -> Self {
        Self { streams, mean_seconds: [mean_good, mean_bad], states: vec![State::default(); devices as usize] }
    }

    /// Whether the channel of `device` is bad at `now`, which must not decrease for a device.
    pub(super) fn is_bad(&mut self, device: u32, now: SimTime) -> bool {
        let [good, bad] = self.mean_seconds;
        let state = &mut self.states[device as usize];
        if state.begun > 0 && state.until_seconds > now.seconds() {
            return state.bad;
        }
        if state.begun == 0 {
            state.bad = self.streams.draw(device.into(), 0).random::<f64>() * (good + bad) < bad;
        } else {
            state.bad = !state.bad;
        }
        loop {
            state.begun += 1;
            let mut draws = self.streams.draw(device.into(), state.begun.into());
            state.until_seconds += draws.sample::<f64, _>(Exp1) * self.mean_seconds[usize::from(state.bad)];
            if state.until_seconds > now.seconds() {
                return state.bad;
            }
            state.bad = !state.bad;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use crate::stats::{mean_interval, wilson};

    /// Looked at every `t` seconds, the two-state chain in continuous time is one in discrete time: it is bad for the share
    /// `pi = B / (G + B)` and leaves a bad state with probability `(1 - pi) (1 - exp(-t (1/G + 1/B)))`, so bad runs have the
    /// inverse of that as mean length.
    #[test]
    fn bad_times_have_the_share_and_the_length_of_their_chain() {
        let (good, bad, every) = (0.9, 0.1, 0.02);
        let mut bursts = Bursts::new(Streams::new(8, 0).family("test"), good, bad, 40);
        let (mut seen, mut bads, mut runs) = (0, 0, Vec::new());
        for device in 0..40 {
            let mut run = 0.0;
            for look in 0..5_000 {
                let now = SimTime::from_seconds(f64::from(look) * every).unwrap();
                seen += 1;
                if bursts.is_bad(device, now) {
                    bads += 1;
                    run += 1.0;
                } else if run > 0.0 {
                    runs.push(run);
                    run = 0.0;
                }
            }
        }
        let share = bad / (good + bad);
        // Looks are correlated: 4 standard errors with the integrated correlation `(1 + r) / (1 - r)`.
        let r = (-every * (1.0 / good + 1.0 / bad)).exp();
        let error = (share * (1.0 - share) * (1.0 + r) / (1.0 - r) / f64::from(seen)).sqrt();
        let found = f64::from(bads) / f64::from(seen);
        assert!((found - share).abs() < 4.0 * error && error < 0.003, "{found} is not {share}");
        let length = 1.0 / ((1.0 - share) * (1.0 - r));
        let mean = mean_interval(&runs).unwrap();
        assert!(mean.contains(length) && mean.half_width() < 0.05 * length, "{mean:?} misses {length}");
        assert!(!wilson(bads as u64, seen as u64).unwrap().contains(0.5));
    }

    #[test]
    fn invariant_3_a_channel_takes_its_course_whoever_looks() {
        let at = |milliseconds: u64| SimTime::from_nanoseconds(milliseconds * 1_000_000);
        let mut often = Bursts::new(Streams::new(3, 0).family("test"), 0.05, 0.05, 2);
        let mut seldom = often.clone();
        let looks: Vec<bool> = (0..4_000).map(|ms| often.is_bad(1, at(ms))).collect();
        for ms in (0..4_000).step_by(370) {
            assert_eq!(seldom.is_bad(1, at(ms)), looks[ms as usize]);
        }
        assert!(looks.contains(&true) && looks.contains(&false));
    }
}
