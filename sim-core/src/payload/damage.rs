//! Damage to a payload in transit, and the substitutes for missing bits.

use super::Payload;
use super::error::PayloadError;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What happened to a payload in transit, in terms of its bytes and bits. A bit position `b` is bit `b % 8`, counted from the least significant, of byte
/// `b / 8`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Damage<'a> {
    /// Byte ranges that did not arrive.
    pub lost: &'a [Range<usize>],
    /// Positions of bits that arrived inverted; the receiver does not know which.
    pub flipped: &'a [u32],
    /// Positions of bits that arrived but could not be read; the receiver knows which.
    pub erased: &'a [u32],
    /// What noise added to each value of a payload of [`Codec::Symbols`](super::Codec::Symbols); nothing to those behind the last
    /// one. It is 0 for any other codec.
    pub noise: &'a [f32],
}

/// What the receiver substitutes for missing bits and values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// No spike, or the value 0.
    #[default]
    Zero,
    /// The middle of what it can be, for values in [0, 1]: a missing bit of a number counts half, and a value of which nothing is
    /// known is 0.5, as in BottleNet++ (Shao and Zhang, ICC Workshops 2020). Spikes and float32 values, which have no middle, are 0.
    Middle,
    /// The same bit or value of the previous step; zero in the first step.
    Last,
    /// Nothing: an incomplete step is left out, and the tail runs fewer steps. If no step is complete, the tail gets
    /// one step of zeros.
    DropStep,
}

impl<'a> Damage<'a> {
    /// No damage: everything arrived as it was sent.
    pub const NONE: Self = Self { lost: &[], flipped: &[], erased: &[], noise: &[] };

    /// Damage in which these byte ranges did not arrive and all else is intact.
    pub fn losing(lost: &'a [Range<usize>]) -> Self {
        Self { lost, ..Self::NONE }
    }
}

/// A payload as it arrived.
pub(super) struct Arrived {
    /// The bytes as received, with flipped bits; missing bits are 0.
    pub(super) bytes: Vec<u8>,
    /// For each byte a bit mask of its missing bits.
    pub(super) missing: Vec<u8>,
}

impl Arrived {
    pub(super) fn new(payload: &Payload, damage: &Damage<'_>) -> Result<Self, PayloadError> {
        let mut bytes = payload.bytes.clone();
        let len = bytes.len();
        let mut missing = vec![0; len];
        for range in damage.lost {
            let (start, end) = (range.start, range.end);
            missing.get_mut(range.clone()).ok_or(PayloadError::LostRange { start, end, len })?.fill(0xFF);
        }
        for &bit in damage.erased {
            *missing.get_mut(bit as usize / 8).ok_or(PayloadError::DamagedBit { bit, len })? |= 1 << (bit % 8);
        }
        for &bit in damage.flipped {
            *bytes.get_mut(bit as usize / 8).ok_or(PayloadError::DamagedBit { bit, len })? ^= 1 << (bit % 8);
        }
        bytes.iter_mut().zip(&missing).for_each(|(byte, missing)| *byte &= !missing);
        Ok(Self { bytes, missing })
    }

    /// Fills missing bits of `next` with the bits of `part`, which has the same length.
    pub(super) fn repeat(&mut self, part: Range<usize>, next: Range<usize>) {
        for (from, to) in part.zip(next) {
            self.bytes[to] |= self.bytes[from] & self.missing[to];
        }
    }

    pub(super) fn is_whole(&self, part: Range<usize>) -> bool {
        self.missing[part].iter().all(|&missing| missing == 0)
    }
}
