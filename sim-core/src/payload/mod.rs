//! Features to bytes and back: what the request puts on the link, and what a lost part becomes.
//!
//! A [`Codec`] says how; a [`Coder`] is that codec prepared for the feature at one cut. Neither knows who carries the
//! bytes: a carrier cuts the [`Payload`] into packets and says which byte ranges did not arrive.

mod bits;
mod jpeg;

pub use jpeg::Jpeg;

use crate::inference::{Feature, Real, SpikeTrain};
use crate::network::{Activation, Network, Operation, Shape};
use std::num::NonZeroUsize;
use std::ops::Range;

/// How a feature becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// One bit per neuron and step, each step padded to whole bytes; a lost byte is eight neurons that did not fire.
    Spikes,
    /// 8-bit values in a JPEG image, see [`Jpeg`]. A scan cannot be decoded past a gap: any lost byte turns the
    /// whole feature into zeros.
    Jpeg {
        /// JPEG quality, 1 to 100.
        quality: u8,
    },
    /// The values as little-endian float32; a value with a lost byte becomes 0.
    Float32,
    /// Values in [0, 1] as 8-bit pixels `round(255 x)`, such as the sample itself; a lost pixel becomes 0.
    Pixels8,
}

impl Codec {
    /// The codec of a network cut after layer `cut`: pixels for the sample itself, bits for spikes, JPEG for the
    /// unit-range output of a float bottleneck encoder, float32 for any other feature.
    ///
    /// # Panics
    /// If `cut` is no layer of `network`.
    pub fn for_cut(network: &Network, cut: usize, jpeg_quality: u8) -> Self {
        match network.layers[cut].operation {
            Operation::Input => Self::Pixels8,
            Operation::Neuron(_) => Self::Spikes,
            Operation::Activation(f) if f == Activation::UNIT_CLIP => Self::Jpeg { quality: jpeg_quality },
            _ => Self::Float32,
        }
    }
}

/// The bytes of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// All bytes, in sending order.
    pub bytes: Vec<u8>,
    /// Where each independently decodable part (one per step of the feature) begins in `bytes`.
    pub parts: Vec<usize>,
}

/// What may share a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packetise {
    /// The whole payload is one message; a packet may hold the end of one step and the start of the next.
    Message,
    /// Every step starts a new packet, so it can leave before the next step is computed.
    Step,
}

impl Payload {
    /// The byte range of every part.
    pub fn part_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.parts.iter().skip(1).copied().chain([self.bytes.len()]);
        self.parts.iter().copied().zip(ends).map(|(start, end)| start..end)
    }

    /// The byte ranges of the packets, in sending order, none longer than `mtu_bytes`.
    pub fn packets(&self, mtu_bytes: NonZeroUsize, packetise: Packetise) -> Vec<Range<usize>> {
        let cut = |r: Range<usize>| {
            r.clone().step_by(mtu_bytes.get()).map(move |at| at..r.end.min(at.saturating_add(mtu_bytes.get())))
        };
        match packetise {
            Packetise::Message => cut(0..self.bytes.len()).collect(),
            Packetise::Step => self.part_ranges().flat_map(cut).collect(),
        }
    }
}

/// What cannot be coded.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum PayloadError {
    /// JPEG quality outside 1 to 100.
    #[error("JPEG quality {quality} is not between 1 and 100")]
    Quality {
        /// The quality asked for.
        quality: u8,
    },
    /// The tiled image does not fit the format's 16-bit sides.
    #[error("a feature of shape {shape} does not tile into a JPEG image of 1 to 65535 pixels a side")]
    TooLargeForJpeg {
        /// Shape of the feature.
        shape: Shape,
    },
    /// An 8-bit codec met a value outside [0, 1].
    #[error("value {value} is outside [0, 1], the range of an 8-bit code; clip the feature before the cut")]
    Value {
        /// The value.
        value: f32,
    },
    /// A number of values that is not the shape's.
    #[error("{found} values for a feature of shape {shape}")]
    FeatureLength {
        /// Values given.
        found: usize,
        /// Shape of the feature.
        shape: Shape,
    },
    /// The feature is not the one that the coder was prepared for.
    #[error("{codec:?} was prepared for {needed_steps} steps of {needed} and got {steps} steps of {found} {kind}")]
    Feature {
        /// The codec.
        codec: Codec,
        /// Shape it was prepared for.
        needed: Shape,
        /// Steps it was prepared for.
        needed_steps: usize,
        /// Shape given.
        found: Shape,
        /// Steps given.
        steps: usize,
        /// Real values or spikes.
        kind: &'static str,
    },
    /// The payload was not made by the same codec for the same feature.
    #[error("a payload of {found} bytes in {parts} parts; the feature at this cut takes {needed} bytes in {steps}")]
    PayloadLength {
        /// Bytes given.
        found: usize,
        /// Parts given.
        parts: usize,
        /// Bytes needed.
        needed: usize,
        /// Parts needed.
        steps: usize,
    },
    /// A loss outside the payload.
    #[error("bytes {start}..{end} cannot be lost from a payload of {len} bytes")]
    LostRange {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
        /// Bytes of the payload.
        len: usize,
    },
    /// The JPEG library refused.
    #[error("JPEG: {reason}")]
    Jpeg {
        /// What it said.
        reason: String,
    },
}

/// A codec prepared for the feature at one cut.
#[derive(Clone, Debug)]
pub struct Coder {
    codec: Codec,
    shape: Shape,
    steps: usize,
    jpeg: Option<Jpeg>,
}

impl Coder {
    /// Prepares `codec` for features of `shape` that hold `steps` steps (1 if constant over time).
    ///
    /// # Errors
    /// Those of [`Jpeg::new`].
    pub fn new(codec: Codec, shape: Shape, steps: usize) -> Result<Self, PayloadError> {
        let jpeg = match codec {
            Codec::Jpeg { quality } => Some(Jpeg::new(shape, quality)?),
            _ => None,
        };
        Ok(Self { codec, shape, steps, jpeg })
    }

    /// The codec.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The bytes of `feature`.
    ///
    /// # Errors
    /// Another kind, shape or number of steps than prepared for; a value outside [0, 1] for an 8-bit codec.
    pub fn encode(&self, feature: &Feature) -> Result<Payload, PayloadError> {
        if let Feature::Real(real) = feature
            && !real.is_whole()
        {
            return Err(PayloadError::FeatureLength { found: real.data.len(), shape: self.shape });
        }
        let mut payload = Payload { bytes: vec![], parts: Vec::with_capacity(self.steps) };
        for step in 0..self.steps {
            payload.parts.push(payload.bytes.len());
            let part = match (self.codec, feature, &self.jpeg) {
                _ if (feature.shape(), feature.steps()) != (self.shape, self.steps) => Err(self.mismatch(feature)),
                (Codec::Spikes, Feature::Spikes(train), _) => Ok(bits::pack(train, step)),
                (Codec::Float32, Feature::Real(real), _) => {
                    Ok(real.step(step).iter().flat_map(|v| v.to_le_bytes()).collect())
                }
                (Codec::Pixels8, Feature::Real(real), _) => {
                    real.step(step).iter().map(|&v| jpeg::quantise(v)).collect::<Result<Vec<u8>, _>>()
                }
                (Codec::Jpeg { .. }, Feature::Real(real), Some(jpeg)) => {
                    let (values, channels) = (real.step(step), self.shape.channels);
                    jpeg.encode(|channel, position| values[position * channels + channel])
                }
                _ => Err(self.mismatch(feature)),
            }?;
            payload.bytes.extend(part);
        }
        Ok(payload)
    }

    /// A payload that this codec can have made: one part per step, in order, of a fixed length except for JPEG scans.
    fn check_length(&self, payload: &Payload) -> Result<(), PayloadError> {
        let per_step = match self.codec {
            Codec::Spikes => self.shape.len().div_ceil(8),
            Codec::Float32 => 4 * self.shape.len(),
            Codec::Pixels8 => self.shape.len(),
            Codec::Jpeg { .. } => payload.bytes.len() / self.steps.max(1),
        };
        let (parts, len) = (payload.parts.len(), payload.bytes.len());
        let fits = parts == self.steps
            && payload.part_ranges().all(|r| r.start <= r.end && r.end <= len)
            && match self.codec {
                Codec::Jpeg { .. } => true,
                _ => len == per_step * parts && payload.part_ranges().all(|r| r.len() == per_step),
            };
        let needed = per_step * self.steps;
        if fits { Ok(()) } else { Err(PayloadError::PayloadLength { found: len, parts, needed, steps: self.steps }) }
    }

    /// The feature of `payload` when the byte ranges `lost` did not arrive.
    ///
    /// # Errors
    /// A payload of another length than this codec makes, or a lost range outside it.
    pub fn decode(&self, payload: &Payload, lost: &[Range<usize>]) -> Result<Feature, PayloadError> {
        self.check_length(payload)?;
        let mut bytes = payload.bytes.clone();
        let mut arrived = vec![true; bytes.len()];
        for range in lost {
            let (start, end, len) = (range.start, range.end, bytes.len());
            bytes.get_mut(range.clone()).ok_or(PayloadError::LostRange { start, end, len })?.fill(0);
            arrived[range.clone()].fill(false);
        }
        if self.codec == Codec::Spikes {
            let mut train = SpikeTrain::silent(self.shape, self.steps);
            payload.part_ranges().enumerate().for_each(|(step, part)| bits::unpack(&bytes[part], &mut train, step));
            return Ok(Feature::Spikes(train));
        }
        let mut real = Real::zeros(self.shape, self.steps);
        let steps = real.data.chunks_exact_mut(self.shape.len());
        for (values, part) in steps.zip(payload.part_ranges()) {
            self.decode_step(&bytes[part.clone()], &arrived[part], values)?;
        }
        Ok(Feature::Real(real))
    }

    /// Decodes one step of a real-valued feature, whose lost bytes are zero, into `values`, which are zero too.
    fn decode_step(&self, bytes: &[u8], arrived: &[bool], values: &mut [f32]) -> Result<(), PayloadError> {
        match (&self.jpeg, self.codec) {
            (Some(_), _) if arrived.contains(&false) => {}
            (Some(jpeg), _) => {
                let channels = self.shape.channels;
                jpeg.decode(bytes, |channel, position, v| values[position * channels + channel] = v)?;
            }
            (None, Codec::Float32) => {
                // Four bytes a value, as the length check made sure.
                let parts = bytes.as_chunks().0.iter().zip(arrived.as_chunks::<4>().0);
                for (value, (&bytes, arrived)) in values.iter_mut().zip(parts) {
                    if !arrived.contains(&false) {
                        *value = f32::from_le_bytes(bytes);
                    }
                }
            }
            (None, _) => {
                values.iter_mut().zip(bytes).for_each(|(value, &pixel)| *value = jpeg::dequantise(pixel));
            }
        }
        Ok(())
    }

    fn mismatch(&self, feature: &Feature) -> PayloadError {
        PayloadError::Feature {
            codec: self.codec,
            needed: self.shape,
            needed_steps: self.steps,
            found: feature.shape(),
            steps: feature.steps(),
            kind: if matches!(feature, Feature::Real(_)) { "real values" } else { "spikes" },
        }
    }
}

#[cfg(test)]
mod tests;
