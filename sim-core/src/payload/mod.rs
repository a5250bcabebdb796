//! Codecs: features to bytes and back, with substitutes for bits that did not arrive.
//!
//! A [`Codec`] names the method; a [`Coder`] is that codec prepared for the feature at one cut. Neither knows how the
//! bytes are carried: the carrier cuts the [`Payload`] into packets and reports which byte ranges did not arrive and
//! which bits arrived wrong ([`Damage`]); [`Missing`] says what the receiver substitutes for missing bits.

mod bits;
mod coder;
mod damage;
mod error;
mod jpeg;
mod symbols;

pub use coder::Coder;
pub use damage::{Damage, Missing};
pub use error::PayloadError;
pub use jpeg::Jpeg;

use crate::network::{Activation, Network, Operation, Signal};
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
    /// Values of a quantiser, `k / levels` with a whole `k` from 0 to `levels`, as the numbers `k` of `ceil(log2(levels + 1))`
    /// bits, one behind the other, the lowest bit first. A value counts as missing if any of its bits is missing; a number that
    /// damage has raised above `levels` is read as `levels`.
    Levels {
        /// Steps between 0 and 1.
        levels: u32,
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
    /// Whole numbers from 0 to `max`, such as the events that a camera counted at a pixel, of `ceil(log2(max + 1))` bits, one behind the
    /// other, the lowest bit first. A number counts as missing if any of its bits is missing; one that damage has raised above `max` is
    /// read as `max`.
    Counts {
        /// Largest number.
        max: u32,
    },
    /// Values in [0, 1] as amplitudes of analogue symbols, one each, to which the channel adds noise
    /// ([`Channel::peak_snr_db`](crate::link::Channel::peak_snr_db)). The bytes of such a payload hold them as float32; on the link they take
    /// the time of [`symbol_bits`](crate::link::symbol_bits), see [`Payload::symbol_packets`].
    Symbols,
}

impl Codec {
    /// The codec of a network cut after layer `cut`: pixels for the sample itself, bits for spikes, levels for what a quantiser
    /// emits, JPEG for the clipped output of BottleNet's encoder, 8-bit values for the sigmoid of BottleNet++'s, float32 for any
    /// other feature.
    ///
    /// # Panics
    /// If `network` has no layer `cut`.
    pub fn for_cut(network: &Network, cut: usize, jpeg_quality: u8) -> Self {
        Self::for_cut_on(Signal::Real, network, cut, jpeg_quality)
    }

    /// As [`Codec::for_cut`], for samples of the kind `input`.
    ///
    /// # Panics
    /// As [`Codec::for_cut`].
    pub fn for_cut_on(input: Signal, network: &Network, cut: usize, jpeg_quality: u8) -> Self {
        match (network.layers[cut].operation, network.signals(input)[cut]) {
            (Operation::Input, Signal::Real) => Self::Pixels8,
            (_, Signal::BINARY) => Self::Spikes,
            (_, Signal::Spikes { max }) => Self::Graded { max },
            (Operation::Activation(Activation::Sigmoid), _) => Self::Pixels8,
            (Operation::Activation(f), _) if f == Activation::UNIT_CLIP => Self::Jpeg { quality: jpeg_quality },
            _ => network.levels_at(cut).map_or(Self::Float32, |levels| Self::Levels { levels }),
        }
    }
}

impl Codec {
    /// Whether all values that it can take are from 0 to 1.
    fn has_unit_range(self) -> bool {
        matches!(self, Self::Levels { .. } | Self::Jpeg { .. } | Self::Pixels8 | Self::Symbols)
    }
}

impl Display for Codec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spikes => formatter.write_str("spikes"),
            Self::Graded { max } => write!(formatter, "graded spikes up to {max}"),
            Self::Levels { levels } => write!(formatter, "{levels} levels"),
            Self::Jpeg { quality } => write!(formatter, "jpeg {quality}"),
            Self::Float32 => formatter.write_str("float32"),
            Self::Pixels8 => formatter.write_str("8-bit"),
            Self::Counts { max } => write!(formatter, "whole numbers up to {max}"),
            Self::Symbols => formatter.write_str("analogue symbols"),
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

    /// Number of values in a payload of [`Codec::Symbols`].
    pub fn symbols(&self) -> usize {
        self.bytes.len() / symbols::SYMBOL_BYTES
    }

    /// The packets of a payload of [`Codec::Symbols`], of which each takes as long on the link as `bits` bits: byte ranges, and the
    /// whole number of bytes that takes as long as their symbols, none more than `mtu_bytes` but that of a single symbol.
    pub fn symbol_packets(&self, mtu_bytes: NonZeroUsize, packetise: Packetise, bits: f64) -> Vec<(Range<usize>, u32)> {
        let most = symbols::bytes_within(mtu_bytes, bits);
        let packets = self.packets(most, packetise).into_iter();
        packets.map(|range| (range.clone(), symbols::bytes_on_air(range.len(), bits))).collect()
    }
}

#[cfg(test)]
mod tests;
