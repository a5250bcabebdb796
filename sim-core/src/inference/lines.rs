//! Floats in units of a cache line.

use super::vector::{Vector, Vectorised, WIDTH, vectorise};

/// Number of floats in a [`Line`].
pub(super) const LANES: usize = WIDTH;

/// Lines whose channels fill a word of spikes.
pub(super) const LINES_PER_WORD: usize = 64 / LANES;

/// The channels `16 i .. 16 i + 16` of one position. That none lies across two cache lines is worth a factor of two to
/// the kernel that adds lines up.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [f32; LANES]);

impl Line {
    pub(super) const ZERO: Self = Self([0.0; LANES]);

    /// Number of lines that hold `channels`.
    pub(super) fn count(channels: usize) -> usize {
        channels.div_ceil(LANES)
    }

    /// Packs `values` into lines, with zeros after the last.
    pub(super) fn pack(values: &[f32]) -> impl Iterator<Item = Self> {
        values.chunks(LANES).map(|values| {
            let mut line = Self::ZERO;
            line.copy(values);
            line
        })
    }

    /// Copies `values`, at most as many as there are lanes, into the line.
    #[inline(always)]
    pub(super) fn copy(&mut self, values: &[f32]) {
        match values.try_into() {
            Ok(whole) => self.0 = whole,
            Err(_) => self.0[..values.len()].copy_from_slice(values),
        }
    }

    /// Copies as many values of the line as `values` holds.
    #[inline(always)]
    pub(super) fn store(&self, values: &mut [f32]) {
        match values.try_into() {
            Ok::<&mut [f32; LANES], _>(whole) => *whole = self.0,
            Err(_) => values.copy_from_slice(&self.0[..values.len()]),
        }
    }

    #[inline(always)]
    pub(super) fn vector<V: Vector>(&self) -> V {
        V::load(&self.0)
    }

    #[inline(always)]
    pub(super) fn set<V: Vector>(&mut self, vector: V) {
        vector.store(&mut self.0);
    }
}

/// The spikes of the channels of a line, of all `words` of a position.
#[inline(always)]
pub(super) fn bits_of_line(words: &[u64], line: usize) -> u16 {
    (words[line / LINES_PER_WORD] >> (line % LINES_PER_WORD * LANES)) as u16
}

/// Sets all of `lines` to repetitions of `pattern`.
pub(super) fn fill(lines: &mut [Line], pattern: &[Line]) {
    vectorise(Fill { lines, pattern });
}

/// The computation of [`fill`].
pub(super) struct Fill<'a> {
    pub(super) lines: &'a mut [Line],
    pub(super) pattern: &'a [Line],
}

impl Vectorised for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        match self.pattern {
            [line] => {
                let vector = line.vector::<V>();
                for line in self.lines {
                    line.set(vector);
                }
            }
            pattern => {
                for lines in self.lines.chunks_exact_mut(pattern.len()) {
                    for (line, value) in lines.iter_mut().zip(pattern) {
                        line.set(value.vector::<V>());
                    }
                }
            }
        }
    }
}

/// Adds `more` to `sums`, line by line.
pub(super) fn add(sums: &mut [Line], more: &[Line]) {
    vectorise(Add { sums, more });
}

struct Add<'a> {
    sums: &'a mut [Line],
    more: &'a [Line],
}

impl Vectorised for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        for (sum, more) in self.sums.iter_mut().zip(self.more) {
            sum.set(sum.vector::<V>().add(more.vector()));
        }
    }
}
