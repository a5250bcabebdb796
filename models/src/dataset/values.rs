//! The values of samples, and how they reach a network.

use super::Dataset;
use cospike_sim_core::inference::{Feature, InputKind, Real, SpikeTrain};
use cospike_sim_core::network::{Shape, Signal};
use cospike_sim_core::payload::Codec;

/// What the samples of a data set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// Channels by rows by columns.
    Images,
    /// Frames of an event camera or the like: another one is fed in at each time step.
    Frames {
        /// Number of frames of a sample, which is the number of time steps of a network that executes it.
        steps: usize,
    },
    /// Features without neighbours.
    Vectors,
    /// Channels by positions in one dimension.
    Signals,
}

/// Values of all samples: sample by sample, of frames step by step, plane (channel) by plane, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// 8-bit pixels; a network reads `pixel / 255`.
    Pixels(Vec<u8>),
    /// Whole numbers, such as numbers of events, which a network reads as they are.
    Counts(Vec<u8>),
    /// Real values, which a network reads as they are.
    Real(Vec<f32>),
}

/// How the samples of a data set reach a network, and are sent where nothing is executed on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// What the first layer reads.
    pub input: InputKind,
    /// Codec of the sample itself.
    pub codec: Codec,
}

impl Feed {
    /// 8-bit pixels, the same in every step.
    pub const PIXELS: Self = Self { input: InputKind { signal: Signal::Real, varies: false }, codec: Codec::Pixels8 };
}

impl Values {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Pixels(bytes) | Self::Counts(bytes) => bytes.len(),
            Self::Real(values) => values.len(),
        }
    }

    /// Value `index` as a network reads it.
    fn get(&self, index: usize) -> f32 {
        match self {
            Self::Pixels(bytes) => f32::from(bytes[index]) / 255.0,
            Self::Counts(bytes) => bytes[index].into(),
            Self::Real(values) => values[index],
        }
    }

    /// The bytes of all values, real ones as little-endian float32.
    pub(super) fn hash_into(&self, hasher: &mut blake3::Hasher) {
        match self {
            Self::Pixels(bytes) | Self::Counts(bytes) => {
                hasher.update(bytes);
            }
            Self::Real(values) => values.iter().for_each(|value| {
                hasher.update(&value.to_le_bytes());
            }),
        }
    }
}

impl SampleKind {
    /// Number of time steps of a sample that changes from one to the next; `None` if it is the same in all of them.
    pub fn steps(self) -> Option<usize> {
        if let Self::Frames { steps } = self { Some(steps) } else { None }
    }

    /// The word for samples of this kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Frames { .. } => "frames",
            Self::Vectors => "vectors",
            Self::Signals => "signals",
        }
    }
}

impl Dataset {
    /// How the samples reach a network. Frames of nothing but 0 and 1 are spikes; other frames are real values.
    pub fn feed(&self) -> Feed {
        match (&self.values, self.kind.steps()) {
            (Values::Pixels(_), _) => Feed::PIXELS,
            (Values::Real(_), None) => Feed { input: Signal::Real.into(), codec: Codec::Float32 },
            (Values::Real(_), Some(_)) => Feed { input: InputKind::FRAMES, codec: Codec::Float32 },
            (Values::Counts(_), _) if self.is_binary() => Feed { input: Signal::BINARY.into(), codec: Codec::Spikes },
            (Values::Counts(_), _) => {
                Feed { input: InputKind::FRAMES, codec: Codec::Counts { max: self.largest_count.into() } }
            }
        }
    }

    fn is_binary(&self) -> bool {
        matches!(self.values, Values::Counts(_)) && self.largest_count <= 1
    }

    /// Number of values of a sample.
    pub(super) fn sample_len(&self) -> usize {
        self.shape.len() * self.kind.steps().unwrap_or(1)
    }

    /// Sample `index` as a network that was prepared for [`Dataset::feed`] takes it: step by step, row by row, and at each position
    /// channel by channel.
    pub fn sample(&self, index: usize) -> Feature {
        let Shape { channels, .. } = self.shape;
        let (steps, area, len) = (self.kind.steps().unwrap_or(1), self.shape.area(), self.shape.len());
        let first = index * self.sample_len();
        let value = |step: usize, position: usize, channel: usize| {
            self.values.get(first + step * len + channel * area + position)
        };
        if self.is_binary() {
            let mut train = SpikeTrain::silent(self.shape, steps);
            for (step, at) in (0..steps).flat_map(|step| (0..len).map(move |at| (step, at))) {
                if value(step, at / channels, at % channels) != 0.0 {
                    train.fire(step, at / channels, at % channels);
                }
            }
            return Feature::Spikes(train);
        }
        let of_step = |step| (0..len).map(move |at| value(step, at / channels, at % channels));
        Feature::Real(Real { shape: self.shape, steps, data: (0..steps).flat_map(of_step).collect() })
    }

    /// Values of sample `index` as a network reads them, in the order of [`Dataset::values`].
    pub fn sample_values(&self, index: usize) -> Vec<f32> {
        let len = self.sample_len();
        (index * len..(index + 1) * len).map(|at| self.values.get(at)).collect()
    }

    /// Pixels of image `index`, plane by plane, row by row; `None` if the values are no 8-bit pixels.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        Some(&self.pixels()?[index * self.shape.len()..][..self.shape.len()])
    }

    /// Pixels of all images; `None` if the values are no 8-bit pixels.
    pub fn pixels(&self) -> Option<&[u8]> {
        if let Values::Pixels(pixels) = &self.values { Some(pixels) } else { None }
    }
}
