//! A codec at one cut: features to payloads, and what arrived of payloads to features.

use super::bits;
use super::damage::{Arrived, Damage, Missing};
use super::error::PayloadError;
use super::jpeg::{self, Jpeg};
use super::symbols::SYMBOL_BYTES;
use super::{Codec, Payload};
use crate::inference::{Counts, Feature, GradedTrain, Real, SpikeTrain};
use crate::network::Shape;
use std::ops::Range;

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
                (Codec::Levels { levels }, Feature::Real(real), _) => {
                    let numbers = real.step(step).iter().map(|&value| level(value, levels));
                    let numbers = numbers.collect::<Result<Vec<u32>, _>>()?;
                    Ok(bits::pack_numbers(numbers.into_iter(), bits::digits(levels)))
                }
                (Codec::Float32 | Codec::Symbols, Feature::Real(real), _) => {
                    Ok(real.step(step).iter().flat_map(|v| v.to_le_bytes()).collect())
                }
                (Codec::Pixels8, Feature::Real(real), _) => {
                    real.step(step).iter().map(|&v| jpeg::quantise(v)).collect::<Result<Vec<u8>, _>>()
                }
                (Codec::Counts { max }, Feature::Real(real), _) => {
                    let numbers =
                        real.step(step).iter().map(|&value| whole(value, max)).collect::<Result<Vec<u32>, _>>()?;
                    Ok(bits::pack_numbers(numbers.into_iter(), bits::digits(max)))
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

    /// Operations of making `payload`, which this coder has made, of what are 8-bit values already if `from_bytes`; `None` if
    /// values go as they are stored: spikes as bit maps, real values as float32, bytes as bytes. An 8-bit value takes one
    /// multiplication, `255 x`, which counts as a multiply-accumulate, and JPEG what [`Jpeg`] does with them.
    pub fn operations(&self, payload: &Payload, from_bytes: bool) -> Option<Counts> {
        let values = (self.shape.len() * self.steps) as u64;
        let to_bytes = Counts { mac: values, activation_reads: values, ..Counts::NONE };
        let to_bytes = if from_bytes { Counts::NONE } else { to_bytes };
        match (&self.jpeg, self.codec) {
            (Some(jpeg), _) => {
                Some(payload.step_ranges().map(|scan| jpeg.operations(scan.len())).sum::<Counts>() + to_bytes)
            }
            (None, Codec::Pixels8) if !from_bytes => Some(to_bytes),
            (None, _) => None,
        }
    }

    /// Refuses payloads that this coder cannot have made: it makes the steps in order, each of a fixed length except
    /// for JPEG scans.
    fn check_length(&self, payload: &Payload) -> Result<(), PayloadError> {
        let per_step = match self.codec {
            Codec::Spikes => self.shape.len().div_ceil(8),
            Codec::Graded { max } => bits::digits(max) as usize * self.shape.len().div_ceil(8),
            Codec::Levels { levels: max } | Codec::Counts { max } => {
                (bits::digits(max) as usize * self.shape.len()).div_ceil(8)
            }
            Codec::Float32 | Codec::Symbols => SYMBOL_BYTES * self.shape.len(),
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
            Codec::Levels { .. }
            | Codec::Jpeg { .. }
            | Codec::Float32
            | Codec::Pixels8
            | Codec::Counts { .. }
            | Codec::Symbols => {}
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
            Missing::Zero | Missing::Middle => {}
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
            (None, Codec::Float32 | Codec::Symbols) => {
                // Four bytes a value, as the length check made sure.
                let parts = bytes.as_chunks().0.iter().zip(missing.as_chunks::<4>().0);
                for (value, (&bytes, missing)) in values.iter_mut().zip(parts) {
                    let found = f32::from_le_bytes(bytes);
                    *value = (*missing == [0; 4] && (found.is_finite() || damage.flipped.is_empty())).then_some(found);
                }
            }
            (None, Codec::Levels { levels: max } | Codec::Counts { max }) => {
                let digits = bits::digits(max);
                for (index, value) in values.iter_mut().enumerate() {
                    // Only damage can raise a number above the largest.
                    let number = match bits::number(bytes, digits, index) {
                        number if number > max && damage.flipped.is_empty() => {
                            return Err(PayloadError::Grade { found: number, max });
                        }
                        number => number.min(max),
                    };
                    let missing = bits::number(missing, digits, index);
                    *value = match self.codec {
                        Codec::Counts { .. } => (missing == 0).then_some(number as f32),
                        _ => self.whole_or_middle(number, missing, max),
                    };
                }
            }
            (None, _) => {
                let pixels = bytes.iter().zip(missing);
                values.iter_mut().zip(pixels).for_each(|(value, (&pixel, &missing))| {
                    *value = match missing {
                        0 => Some(jpeg::dequantise(pixel)),
                        _ => self.whole_or_middle(pixel.into(), missing.into(), u8::MAX.into()),
                    };
                });
            }
        }
        if self.missing == Missing::DropStep && values.contains(&None) {
            return Ok(());
        }
        let before = real.steps.checked_sub(1).filter(|_| self.missing == Missing::Last).map(|step| step * len);
        let zero_or_middle = if self.missing == Missing::Middle && self.codec.has_unit_range() { 0.5 } else { 0.0 };
        let noise = damage.noise.get(len * real.steps..).unwrap_or(&[]).iter().copied().chain(std::iter::repeat(0.0));
        for ((index, value), noise) in values.into_iter().enumerate().zip(noise) {
            let instead = before.map_or(zero_or_middle, |start| real.data[start + index]);
            real.data.push(value.map_or(instead, |value| value + noise));
        }
        real.steps += 1;
        Ok(())
    }

    /// The value `number / max` if none of its bits is missing. With [`Missing::Middle`] the bits of the mask `missing`, which
    /// are 0 in `number`, count half.
    fn whole_or_middle(&self, number: u32, missing: u32, max: u32) -> Option<f32> {
        let value = (number as f32 + missing as f32 / 2.0).min(max as f32) / max as f32;
        (missing == 0 || self.missing == Missing::Middle).then_some(value)
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

/// The whole number that `value` is.
fn whole(value: f32, max: u32) -> Result<u32, PayloadError> {
    // Also false for NaN.
    let is_count = (0.0..=max as f32).contains(&value) && value.fract() == 0.0;
    if is_count { Ok(value as u32) } else { Err(PayloadError::Count { value, max }) }
}

/// The whole number `k` of the value `k / levels`.
fn level(value: f32, levels: u32) -> Result<u32, PayloadError> {
    let number = (value * levels as f32).round();
    // Also false for NaN.
    let is_level = (0.0..=levels as f32).contains(&number) && number / levels as f32 == value;
    if is_level { Ok(number as u32) } else { Err(PayloadError::Level { value, levels }) }
}
