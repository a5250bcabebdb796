//! Codecs: features to bytes and back, with substitutes for bits that did not arrive.
//!
//! A [`Codec`] names the method; a [`Coder`] is that codec prepared for the feature at one cut. Neither knows how the
//! bytes are carried: the carrier cuts the [`Payload`] into packets and reports which byte ranges did not arrive and
//! which bits arrived wrong ([`Damage`]); [`Missing`] says what the receiver substitutes for missing bits.

mod bits;
mod damage;
mod jpeg;

pub use damage::{Damage, Missing};
pub use jpeg::Jpeg;

use crate::inference::{Feature, GradedTrain, Real, SpikeTrain};
use crate::network::{Activation, Network, Operation, Shape, Signal};
use damage::Arrived;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::num::NonZeroUsize;
use std::ops::Range;

/// Method by which a feature is turned into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Codec {
    /// One bit per neuron and step, each step padded to whole bytes.
    Spikes,
    /// Graded spikes up to `max`, as the bit maps of the binary digits of their numbers, the lowest first, each as under
    /// [`Codec::Spikes`]: `ceil(log2(max + 1))` bits per neuron and step. A number that damage has raised above `max` is read
    /// as `max`.
    Graded {
        /// Largest number of spikes that a neuron can emit in one step.
        max: u32,
    },
    /// 8-bit values in a JPEG image, see [`Jpeg`]. A scan cannot be decoded past a gap: the whole step counts as
    /// missing if any bit is missing or the damaged scan is invalid.
    Jpeg {
        /// JPEG quality, 1 to 100.
        quality: u8,
    },
    /// The values as little-endian float32. A value counts as missing if any of its bits is missing, or if damage made
    /// it infinite or NaN.
    Float32,
    /// Values in [0, 1] as 8-bit pixels `round(255 x)`, such as the sample itself.
    Pixels8,
}

impl Codec {
    /// The codec of a network cut after layer `cut`: pixels for the sample itself, bits for spikes, JPEG for the
    /// unit-range output of a float bottleneck encoder, float32 for any other feature.
    ///
    /// # Panics
    /// If `network` has no layer `cut`.
    pub fn for_cut(network: &Network, cut: usize, jpeg_quality: u8) -> Self {
        match (network.layers[cut].operation, network.signals(Signal::Real)[cut]) {
            (Operation::Input, _) => Self::Pixels8,
            (_, Signal::BINARY) => Self::Spikes,
            (_, Signal::Spikes { max }) => Self::Graded { max },
            (Operation::Activation(f), _) if f == Activation::UNIT_CLIP => Self::Jpeg { quality: jpeg_quality },
            _ => Self::Float32,
        }
    }
}

impl Display for Codec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spikes => formatter.write_str("spikes"),
            Self::Graded { max } => write!(formatter, "graded spikes up to {max}"),
            Self::Jpeg { quality } => write!(formatter, "jpeg {quality}"),
            Self::Float32 => formatter.write_str("float32"),
            Self::Pixels8 => formatter.write_str("8-bit"),
        }
    }
}

/// The bytes that one request sends from the device to the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// All bytes, in sending order.
    pub bytes: Vec<u8>,
    /// Index in `bytes` at which each step of the feature begins. Steps are decoded independently of one another.
    pub step_starts: Vec<usize>,
}

/// How a payload is divided into packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Packetise {
    /// The whole payload is one message; a packet may hold the end of one step and the start of the next.
    Message,
    /// Every step starts a new packet, so it can leave before the next step is computed.
    Step,
}

impl Payload {
    /// The byte range of every step.
    pub fn step_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.step_starts.iter().skip(1).copied().chain([self.bytes.len()]);
        self.step_starts.iter().copied().zip(ends).map(|(start, end)| start..end)
    }

    /// The byte ranges of the packets, in sending order, none longer than `mtu_bytes`.
    pub fn packets(&self, mtu_bytes: NonZeroUsize, packetise: Packetise) -> Vec<Range<usize>> {
        let cut = |r: Range<usize>| {
            r.clone().step_by(mtu_bytes.get()).map(move |at| at..r.end.min(at.saturating_add(mtu_bytes.get())))
        };
        match packetise {
            Packetise::Message => cut(0..self.bytes.len()).collect(),
            Packetise::Step => self.step_ranges().flat_map(cut).collect(),
        }
    }
}

/// Cause for which a feature or payload cannot be coded.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum PayloadError {
    /// JPEG quality outside 1 to 100.
    #[error("JPEG quality {quality} was given: choose 1 to 100")]
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
        /// The value found.
        value: f32,
    },
    /// A received number of spikes that is larger than any that can be sent.
    #[error(
        "a graded spike of {found} was decoded, but none above {max} can be sent: was the payload made for this cut?"
    )]
    Grade {
        /// The number received.
        found: u32,
        /// The largest that can be sent.
        max: u32,
    },
    /// The number of values does not match the shape.
    #[error("{found} values were given for a feature of shape {shape}, which has {}", shape.len())]
    FeatureLength {
        /// Number of values given.
        found: usize,
        /// Shape of the feature.
        shape: Shape,
    },
    /// The coder was prepared for a feature of another kind, shape or number of steps.
    #[error("{codec:?} was prepared for {needed_steps} steps of {needed} and got {steps} steps of {found} {kind}")]
    Feature {
        /// The codec of the coder.
        codec: Codec,
        /// Shape it was prepared for.
        needed: Shape,
        /// Steps it was prepared for.
        needed_steps: usize,
        /// Shape of the given feature.
        found: Shape,
        /// Steps of the given feature.
        steps: usize,
        /// Kind of the given values.
        kind: String,
    },
    /// The payload was not made by the same codec for the same feature.
    #[error(
        "a payload of {found} bytes in {found_steps} steps, but the feature at this cut takes {needed} bytes in {steps} \
         steps: decode a payload with the codec and the cut that made it"
    )]
    PayloadLength {
        /// Length of the payload in bytes.
        found: usize,
        /// Steps of the payload.
        found_steps: usize,
        /// Bytes that the codec makes of the feature.
        needed: usize,
        /// Steps of the feature.
        steps: usize,
    },
    /// A lost byte range lies outside the payload.
    #[error("bytes {start}..{end} are said to be lost, but the payload has only bytes 0..{len}")]
    LostRange {
        /// Index of the first lost byte.
        start: usize,
        /// Index after the last lost byte.
        end: usize,
        /// Length of the payload in bytes.
        len: usize,
    },
    /// A damaged bit lies outside the payload.
    #[error("bit {bit} is said to be damaged, but the payload has only {} bits", 8 * len)]
    DamagedBit {
        /// Position of the bit.
        bit: u32,
        /// Length of the payload in bytes.
        len: usize,
    },
    /// The JPEG library returned an error.
    #[error("JPEG: {reason}")]
    Jpeg {
        /// Message of the library.
        reason: String,
    },
}

/// A codec prepared for the feature at one cut.
#[derive(Clone, Debug)]
pub struct Coder {
    codec: Codec,
    shape: Shape,
    steps: usize,
    missing: Missing,
    jpeg: Option<Jpeg>,
}

impl Coder {
    /// Prepares `codec` for features of `shape` that hold `steps` steps (1 if constant over time).
    ///
    /// # Errors
    /// As [`Jpeg::new`], if `codec` is JPEG.
    pub fn new(codec: Codec, shape: Shape, steps: usize) -> Result<Self, PayloadError> {
        let jpeg = match codec {
            Codec::Jpeg { quality } => Some(Jpeg::new(shape, quality)?),
            _ => None,
        };
        Ok(Self { codec, shape, steps, missing: Missing::Zero, jpeg })
    }

    /// This coder for features that hold `steps` steps.
    ///
    /// # Errors
    /// As [`Jpeg::new`], if `codec` is JPEG.
    pub fn for_steps(&self, steps: usize) -> Result<Self, PayloadError> {
        Ok(Self::new(self.codec, self.shape, steps)?.with_missing(self.missing))
    }

    /// This coder with `missing` as the treatment of what does not arrive; the default is [`Missing::Zero`].
    pub fn with_missing(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    /// Number of steps of the features that this coder was prepared for.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Encodes `feature`.
    ///
    /// # Errors
    /// A feature of another kind, shape or number of steps than this coder was prepared for; a value outside [0, 1] for
    /// an 8-bit codec.
    pub fn encode(&self, feature: &Feature) -> Result<Payload, PayloadError> {
        if let Feature::Real(real) = feature
            && !real.is_whole()
        {
            return Err(PayloadError::FeatureLength { found: real.data.len(), shape: self.shape });
        }
        let mut payload = Payload { bytes: vec![], step_starts: Vec::with_capacity(self.steps) };
        for step in 0..self.steps {
            payload.step_starts.push(payload.bytes.len());
            let part = match (self.codec, feature, &self.jpeg) {
                _ if (feature.shape(), feature.steps()) != (self.shape, self.steps) => Err(self.mismatch(feature)),
                (Codec::Spikes, Feature::Spikes(train), _) => Ok(bits::pack(train, step)),
                (Codec::Graded { max }, Feature::Graded(graded), _) if graded.max() == max => {
                    Ok(bits::pack_graded(graded, step))
                }
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

    /// Refuses payloads that this coder cannot have made: it makes the steps in order, each of a fixed length except
    /// for JPEG scans.
    fn check_length(&self, payload: &Payload) -> Result<(), PayloadError> {
        let per_step = match self.codec {
            Codec::Spikes => self.shape.len().div_ceil(8),
            Codec::Graded { max } => bits::digits(max) as usize * self.shape.len().div_ceil(8),
            Codec::Float32 => 4 * self.shape.len(),
            Codec::Pixels8 => self.shape.len(),
            Codec::Jpeg { .. } => payload.bytes.len() / self.steps.max(1),
        };
        let (found_steps, len) = (payload.step_starts.len(), payload.bytes.len());
        let fits = found_steps == self.steps
            && payload.step_ranges().all(|r| r.start <= r.end && r.end <= len)
            && match self.codec {
                Codec::Jpeg { .. } => true,
                _ => len == per_step * found_steps && payload.step_ranges().all(|r| r.len() == per_step),
            };
        let needed = per_step * self.steps;
        if fits {
            Ok(())
        } else {
            Err(PayloadError::PayloadLength { found: len, found_steps, needed, steps: self.steps })
        }
    }

    /// Decodes `payload` as it arrived after `damage`. The feature has as many steps as were encoded, or fewer with
    /// [`Missing::DropStep`].
    ///
    /// # Errors
    /// A payload that this coder cannot have made, or damage outside of it.
    pub fn decode(&self, payload: &Payload, damage: &Damage<'_>) -> Result<Feature, PayloadError> {
        self.check_length(payload)?;
        let arrived = Arrived::new(payload, damage)?;
        let parts: Vec<Range<usize>> = payload.step_ranges().collect();
        match self.codec {
            Codec::Spikes => return Ok(Feature::Spikes(self.spikes(arrived, &parts))),
            Codec::Graded { max } => return self.graded(arrived, &parts, max, damage).map(Feature::Graded),
            Codec::Jpeg { .. } | Codec::Float32 | Codec::Pixels8 => {}
        }
        let mut real = Real { shape: self.shape, steps: 0, data: vec![] };
        for part in parts {
            self.decode_step(&arrived, part, damage, &mut real)?;
        }
        Ok(Feature::Real(if real.steps == 0 { Real::zeros(self.shape, 1) } else { real }))
    }

    fn spikes(&self, arrived: Arrived, parts: &[Range<usize>]) -> SpikeTrain {
        let (bytes, kept) = self.kept(arrived, parts);
        let mut train = SpikeTrain::silent(self.shape, kept.len().max(1));
        kept.into_iter().enumerate().for_each(|(step, part)| bits::unpack(&bytes[part], &mut train, step));
        train
    }

    fn graded(
        &self,
        arrived: Arrived,
        parts: &[Range<usize>],
        max: u32,
        damage: &Damage<'_>,
    ) -> Result<GradedTrain, PayloadError> {
        let (bytes, kept) = self.kept(arrived, parts);
        let steps = kept.len().max(1);
        // Sent numbers are at most `max`; only damage can raise one above it.
        let above = if *damage == Damage::NONE { bits::AboveMax::Refuse } else { bits::AboveMax::Lower };
        bits::unpack_graded(kept.into_iter().map(|part| &bytes[part]), self.shape, steps, max, above)
    }

    /// The bytes with substitutes for missing bits, and the byte ranges of the steps to decode.
    fn kept(&self, mut arrived: Arrived, parts: &[Range<usize>]) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut kept = parts.to_vec();
        match self.missing {
            Missing::Zero => {}
            Missing::Last => {
                parts.windows(2).for_each(|pair| arrived.repeat(pair[0].clone(), pair[1].clone()));
            }
            Missing::DropStep => kept.retain(|part| arrived.is_whole(part.clone())),
        }
        (arrived.bytes, kept)
    }

    /// Decodes the next step of a real-valued feature and adds it to `real`, unless it is dropped.
    fn decode_step(
        &self,
        arrived: &Arrived,
        part: Range<usize>,
        damage: &Damage<'_>,
        real: &mut Real,
    ) -> Result<(), PayloadError> {
        let len = self.shape.len();
        let mut values: Vec<Option<f32>> = vec![None; len];
        let (bytes, missing) = (&arrived.bytes[part.clone()], &arrived.missing[part.clone()]);
        match (&self.jpeg, self.codec) {
            (Some(_), _) if !arrived.is_whole(part) => {}
            (Some(jpeg), _) => {
                let channels = self.shape.channels;
                let put = |channel, position, v| values[position * channels + channel] = Some(v);
                match jpeg.decode(bytes, put) {
                    // Damage may leave no valid scan; without any, that is an error.
                    Err(error) if damage.flipped.is_empty() => return Err(error),
                    _ => {}
                }
            }
            (None, Codec::Float32) => {
                // Four bytes a value, as the length check made sure.
                let parts = bytes.as_chunks().0.iter().zip(missing.as_chunks::<4>().0);
                for (value, (&bytes, missing)) in values.iter_mut().zip(parts) {
                    let found = f32::from_le_bytes(bytes);
                    *value = (*missing == [0; 4] && (found.is_finite() || damage.flipped.is_empty())).then_some(found);
                }
            }
            (None, _) => {
                let pixels = bytes.iter().zip(missing);
                values.iter_mut().zip(pixels).for_each(|(value, (&pixel, &missing))| {
                    *value = (missing == 0).then(|| jpeg::dequantise(pixel));
                });
            }
        }
        if self.missing == Missing::DropStep && values.contains(&None) {
            return Ok(());
        }
        let before = real.steps.checked_sub(1).filter(|_| self.missing == Missing::Last).map(|step| step * len);
        for (index, value) in values.into_iter().enumerate() {
            let instead = before.map_or(0.0, |start| real.data[start + index]);
            real.data.push(value.unwrap_or(instead));
        }
        real.steps += 1;
        Ok(())
    }

    fn mismatch(&self, feature: &Feature) -> PayloadError {
        PayloadError::Feature {
            codec: self.codec,
            needed: self.shape,
            needed_steps: self.steps,
            found: feature.shape(),
            steps: feature.steps(),
            kind: match feature {
                Feature::Real(_) => "real values".into(),
                Feature::Spikes(_) => "spikes".into(),
                Feature::Graded(graded) => format!("graded spikes up to {}", graded.max()),
            },
        }
    }
}

#[cfg(test)]
mod tests;
