//! Input codings: from the sample to what the first layer reads.

use super::{Feature, Real, SpikeTrain};
use crate::network::Signal;
use rand::{Rng, RngExt};

/// Coding of the real-valued sample for a spiking network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// The real values themselves, the same in every step; the first layer is computed once, with multiplications.
    Direct,
    /// Each value is the probability of a spike, drawn anew in every step (Poisson-like rate coding).
    Rate,
    /// One spike per value, the larger the earlier: value `x` fires in step `round((T - 1) (1 - x))`, ties to even, steps
    /// counted from 0; so 1 fires first and 0 last (the linear form of SpikingJelly 2.0's `LatencyEncoder`).
    Latency,
}

/// A value that cannot be coded in spikes.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("value {value} cannot be coded in spikes: scale the sample to values from 0 to 1")]
pub struct CodingError {
    /// The value found.
    pub value: f32,
}

impl Coding {
    /// Kind of values that the first layer reads, see [`super::Executable::with_input`].
    pub fn signal(self) -> Signal {
        match self {
            Self::Direct => Signal::Real,
            Self::Rate | Self::Latency => Signal::BINARY,
        }
    }

    /// The `sample`, which holds one step, coded for `steps` steps. Rate coding draws one number per step, position and
    /// channel, in that order, from `random`; the others draw none.
    ///
    /// # Errors
    /// [`CodingError`] for a value outside [0, 1] that is to become spikes.
    pub fn encode(self, sample: &Real, steps: usize, random: &mut impl Rng) -> Result<Feature, CodingError> {
        if self == Self::Direct {
            return Ok(Feature::Real(sample.clone()));
        }
        if let Some(&value) = sample.data.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            return Err(CodingError { value });
        }
        let channels = sample.shape.channels;
        let mut train = SpikeTrain::silent(sample.shape, steps);
        for step in 0..steps {
            for (i, &value) in sample.step(0).iter().enumerate() {
                let fires = match self {
                    // `random` is below 1, so that 1 fires always and 0 never.
                    Self::Rate => random.random::<f32>() < value,
                    _ => step == latency(value, steps),
                };
                if fires {
                    train.fire(step, i / channels, i % channels);
                }
            }
        }
        Ok(Feature::Spikes(train))
    }
}

/// The step in which `value` fires.
fn latency(value: f32, steps: usize) -> usize {
    ((steps - 1) as f32 * (1.0 - value)).round_ties_even() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use crate::network::Shape;

    fn sample(data: &[f32]) -> Real {
        Real { shape: Shape::new(data.len(), 1, 1), steps: 1, data: data.to_vec() }
    }

    fn coded(coding: Coding, data: &[f32], steps: usize, seed: u64) -> SpikeTrain {
        match coding.encode(&sample(data), steps, &mut Streams::new(seed, 0).stream("coding", 0)).unwrap() {
            Feature::Spikes(train) => train,
            other => panic!("coded in spikes, not {other:?}"),
        }
    }

    /// `LatencyEncoder(T=4)` of SpikingJelly 2.0: `t = round((T - 1) (1 - x))`, one spike each.
    #[test]
    fn latency_codes_one_spike_the_earlier_the_larger() {
        let values = [1.0, 0.9, 0.75, 0.5, 0.25, 0.0];
        let train = coded(Coding::Latency, &values, 4, 1);
        let time = |c| (0..4).filter(|&t| train.get(t, 0, c)).collect::<Vec<_>>();
        assert_eq!((0..6).map(time).collect::<Vec<_>>(), [[0], [0], [1], [2], [2], [3]]);
        assert_eq!(coded(Coding::Latency, &values, 1, 1).spikes(), 6);
    }

    /// The number of spikes is binomial: within five standard deviations of its mean.
    #[test]
    fn rate_codes_each_value_as_a_probability() {
        let steps = 20_000;
        let train = coded(Coding::Rate, &[0.0, 0.1, 0.5, 1.0], steps, 7);
        for (c, p) in [0.0, 0.1, 0.5, 1.0].into_iter().enumerate() {
            let fired = (0..steps).filter(|&t| train.get(t, 0, c)).count() as f64;
            let n = steps as f64;
            assert!((fired - n * p).abs() <= 5.0 * (n * p * (1.0 - p)).sqrt(), "{p}: {fired} of {n}");
        }
        assert_eq!(train, coded(Coding::Rate, &[0.0, 0.1, 0.5, 1.0], steps, 7));
        assert_ne!(train, coded(Coding::Rate, &[0.0, 0.1, 0.5, 1.0], steps, 8));
    }

    #[test]
    fn values_that_are_no_intensity_are_refused_unless_taken_directly() {
        let mut random = Streams::new(1, 0).stream("coding", 0);
        for value in [-0.5, 1.5, f32::NAN] {
            assert!(Coding::Rate.encode(&sample(&[0.5, value]), 2, &mut random).is_err());
        }
        assert!(Coding::Direct.encode(&sample(&[-0.5]), 2, &mut random).is_ok());
    }
}
