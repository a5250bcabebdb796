//! Floats by the cache line.

use super::vector::{Vector, Vectorised, WIDTH, vectorise};

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
            line.copy(values);
            line
        })
    }

    /// Takes `values`, which may be fewer than lanes.
    #[inline(always)]
    pub(super) fn copy(&mut self, values: &[f32]) {
        match values.try_into() {
            Ok(whole) => self.0 = whole,
            Err(_) => self.0[..values.len()].copy_from_slice(values),
        }
    }

    /// Gives as many of its values as `values` takes.
    #[inline(always)]
    pub(super) fn store(&self, values: &mut [f32]) {
        match values.try_into() {
            Ok::<&mut [f32; LANES], _>(whole) => *whole = self.0,
            Err(_) => values.copy_from_slice(&self.0[..values.len()]),
        }
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
}

/// Sets all of `lines` to repetitions of `pattern`.
pub(super) fn fill(lines: &mut [Line], pattern: &[Line]) {
    vectorise(Fill { lines, pattern });
}

struct Fill<'a> {
    lines: &'a mut [Line],
    pattern: &'a [Line],
}

impl Vectorised for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        match self.pattern {
            [line] => {
                let vectors = line.vectors::<V>();
                for line in self.lines {
                    line.set(vectors);
                }
            }
            pattern => {
                for lines in self.lines.chunks_exact_mut(pattern.len()) {
                    for (line, value) in lines.iter_mut().zip(pattern) {
                        line.set(value.vectors::<V>());
                    }
                }
            }
        }
    }
}

impl std::ops::AddAssign for Line {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a += b;
        }
    }
}
