//! Layout of named rows with panels: the panels beside each other behind the names, or on narrow paper below each other, each with the
//! names.

use crate::figure::{Drawn, Font, Frame, HPos, MARGIN, Paper, Sheet, TICK, VPos, text_width};

/// Height of a row, in pixels.
const ROW: f64 = 20.0;
/// Distance between two panels beside each other, in pixels.
const GAP: f64 = 16.0;
/// Distance between the names and a panel, in pixels.
const NAME_GAP: f64 = 12.0;
/// Most rows that are read at a glance.
pub(super) const MOST_ROWS: usize = 40;
/// Most panels.
pub(super) const MOST_PANELS: usize = 3;

/// Rows with their names.
pub(super) struct Rows {
    pub(super) names: Vec<String>,
    /// Number of panels.
    pub(super) panels: usize,
    pub(super) paper: Paper,
}

impl Rows {
    /// Height of all panels with their axes, in pixels.
    pub(super) fn height(&self) -> f64 {
        self.bands() as f64 * self.band()
    }

    /// Draws the names from height `top` on, and gives each panel with its frame to `panel`.
    pub(super) fn draw(&self, sheet: &Sheet<'_>, top: f64, mut panel: impl FnMut(usize, Frame) -> Drawn) -> Drawn {
        let beside = self.panels.div_ceil(self.bands());
        let room = self.names.iter().map(|name| text_width(name, TICK)).fold(0.0, f64::max) + NAME_GAP + 4.0;
        let width = (self.paper.width - 2.0 * MARGIN - room - GAP * (beside as f64 - 1.0)) / beside as f64;
        for band in 0..self.bands() {
            let top = top + band as f64 * self.band();
            for (row, name) in self.names.iter().enumerate() {
                let at = (MARGIN + room - NAME_GAP, middle(top, row));
                sheet.text(name, at, Font::new(TICK).anchor(HPos::Right, VPos::Center))?;
            }
            for place in 0..beside {
                let left = MARGIN + room + place as f64 * (width + GAP);
                let frame = Frame { left, top, right: left + width, bottom: top + self.band() - Frame::BELOW };
                panel(band * beside + place, frame)?;
            }
        }
        Ok(())
    }

    /// Number of panels, or groups of them, below each other.
    fn bands(&self) -> usize {
        if self.paper.is_narrow() { self.panels } else { 1 }
    }

    fn band(&self) -> f64 {
        self.names.len() as f64 * ROW + 6.0 + Frame::BELOW
    }
}

/// Height of the middle of a row below the height `top` of its panel.
pub(super) fn middle(top: f64, row: usize) -> f64 {
    top + (row as f64 + 0.5) * ROW
}
