//! What a payload loses on the way, and what becomes of what is missing.

use super::{Payload, PayloadError};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What happened to a payload in transit, in terms of its bytes and bits. A bit position `b` is bit `b % 8`, counted from the least significant, of byte
/// `b / 8`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage<'a> {
    /// Byte ranges that did not arrive.
    pub lost: &'a [Range<usize>],
    /// Bits that arrived inverted, which the receiver does not know.
    pub flipped: &'a [u32],
    /// Bits that arrived but could not be told, which the receiver knows.
    pub erased: &'a [u32],
}

/// What the receiver puts in the place of what is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// No spike, or the value 0.
    #[default]
    Zero,
    /// The same bit or value of the step before, zero in the first.
    Last,
    /// Nothing: a step in which anything is missing is left out, and the tail runs fewer steps. If no step is whole, one
    /// of zeros is left.
    DropStep,
}

impl<'a> Damage<'a> {
    /// All arrived as it was sent.
    pub const NONE: Self = Self { lost: &[], flipped: &[], erased: &[] };

    /// Only these byte ranges did not arrive.
    pub fn losing(lost: &'a [Range<usize>]) -> Self {
        Self { lost, ..Self::NONE }
    }
}

/// A payload as it arrived.
pub(super) struct Arrived {
    /// The bytes, with flipped bits; missing bits are 0.
    pub(super) bytes: Vec<u8>,
    /// The missing bits of each byte.
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

    /// Puts the bits of `part` where bits of `next`, of the same length, are missing.
    pub(super) fn repeat(&mut self, part: Range<usize>, next: Range<usize>) {
        for (from, to) in part.zip(next) {
            self.bytes[to] |= self.bytes[from] & self.missing[to];
        }
    }

    pub(super) fn is_whole(&self, part: Range<usize>) -> bool {
        self.missing[part].iter().all(|&missing| missing == 0)
    }
}
