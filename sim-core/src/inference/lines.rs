//! Floats by the cache line.

use super::vector::{Vector, WIDTH};

/// Floats of a [`Line`]: two vectors of 256 bits.
pub(super) const LANES: usize = 2 * WIDTH;

/// The channels `16 i .. 16 i + 16` of one position. That none lies across two cache lines is worth a factor of two to
/// the kernel that adds lines up.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [f32; LANES]);

impl Line {
    pub(super) const ZERO: Self = Self([0.0; LANES]);

    /// Lines that hold `channels`.
    pub(super) fn count(channels: usize) -> usize {
        channels.div_ceil(LANES)
    }

    /// `values` in lines, with zeros after the last.
    pub(super) fn of(values: &[f32]) -> impl Iterator<Item = Self> {
        values.chunks(LANES).map(|values| {
            let mut line = Self::ZERO;
            line.0[..values.len()].copy_from_slice(values);
            line
        })
    }

    /// The two vectors of a line.
    #[inline(always)]
    pub(super) fn vectors<V: Vector>(&self) -> [V; 2] {
        let (vectors, _) = self.0.as_chunks();
        [V::load(&vectors[0]), V::load(&vectors[1])]
    }

    #[inline(always)]
    pub(super) fn set<V: Vector>(&mut self, [low, high]: [V; 2]) {
        let (vectors, _) = self.0.as_chunks_mut();
        low.store(&mut vectors[0]);
        high.store(&mut vectors[1]);
    }

    /// `self = self + other`
    #[inline(always)]
    pub(super) fn add<V: Vector>(&mut self, other: &Self) {
        let ([a, b], [c, d]) = (self.vectors::<V>(), other.vectors::<V>());
        self.set([a.add(c), b.add(d)]);
    }
}
