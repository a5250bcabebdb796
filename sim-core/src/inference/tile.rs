//! Tiles, the pieces in which the output of a spiking layer is computed.

use std::ops::Range;

/// Neighbouring output positions of one row, in all steps, and some of the lines of their channels.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    pub(super) row: usize,
    pub(super) columns: Range<usize>,
    pub(super) lines: Range<usize>,
}

impl Tile {
    /// Number of lines of one step.
    pub(super) fn len(&self) -> usize {
        self.columns.len() * self.lines.len()
    }

    /// Its positions in an output of `width` columns.
    #[inline(always)]
    pub(super) fn positions(&self, width: usize) -> Range<usize> {
        self.row * width + self.columns.start..self.row * width + self.columns.end
    }
}
