//! Causes for which a feature or payload cannot be coded.

use super::Codec;
use crate::network::Shape;

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
    /// A value that the quantiser before the cut cannot have emitted.
    #[error("value {value} is no multiple of 1/{levels} from 0 to 1: quantise the feature before the cut")]
    Level {
        /// The value found.
        value: f32,
        /// Levels of the quantiser.
        levels: u32,
    },
    /// A value that is no whole number from 0 to the largest that can be sent.
    #[error("value {value} is no whole number from 0 to {max}")]
    Count {
        /// The value found.
        value: f32,
        /// The largest number that can be sent.
        max: u32,
    },
    /// A received number, of spikes, of a level or of events, that is larger than any that can be sent.
    #[error("the number {found} was decoded, but none above {max} can be sent: was the payload made for this cut?")]
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
