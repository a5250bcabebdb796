//! Layout of a figure of one large panel or of several small ones.

use crate::figure::{Frame, MARGIN, Paper};

/// Height of a single panel with its axis, in pixels.
const HEIGHT: f64 = 330.0;
/// Height of a row of two panels with their axes, in pixels.
const SMALL_HEIGHT: f64 = 230.0;
/// Room above a small panel for its title, in pixels.
const PANEL_TITLE: f64 = 18.0;
/// Distance between panels, in pixels.
const GAP: f64 = 14.0;

/// Layout of the panels: a single one, or two beside each other in every row, or on narrow paper one.
pub(super) struct Layout {
    /// Number of panels.
    pub(super) panels: usize,
    /// What they are drawn on.
    pub(super) paper: Paper,
}

impl Layout {
    /// Height of all panels together, in pixels.
    pub(super) fn height(&self) -> f64 {
        if self.panels == 1 { HEIGHT } else { self.panels.div_ceil(self.columns()) as f64 * SMALL_HEIGHT }
    }

    /// Number of panels beside each other.
    fn columns(&self) -> usize {
        if self.paper.is_narrow() { 1 } else { 2 }
    }

    /// Frame of the data in panel `index`, where the panels begin at height `top`.
    pub(super) fn frame(&self, index: usize, top: f64) -> Frame {
        let (left, right) = (MARGIN + Frame::LEFT, self.paper.width - MARGIN);
        if self.panels == 1 {
            return Frame { left, top, right, bottom: top + HEIGHT - Frame::BELOW };
        }
        let columns = self.columns();
        let between = (columns - 1) as f64 * (GAP + Frame::LEFT);
        let width = (right - left - between) / columns as f64;
        let (row, column) = ((index / columns) as f64, (index % columns) as f64);
        let (left, top) = (left + column * (width + GAP + Frame::LEFT), top + row * SMALL_HEIGHT);
        let bottom = top + SMALL_HEIGHT - Frame::BELOW - GAP;
        Frame { left, top: top + PANEL_TITLE, right: left + width, bottom }
    }
}
