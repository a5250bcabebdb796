//! Lines of a figure as their legend shows them.

use super::heading::Key;
use super::sheet::{Drawn, Pixel, Sheet, Stroke};
use super::theme::LineStyle;

impl LineStyle {
    /// Key of the line in a legend.
    pub(crate) fn key(self) -> Key {
        match self.is_dashed {
            true => Key::DashedLine(self.marker, self.colour),
            false => Key::Line(self.marker, self.colour),
        }
    }

    /// Draws the line through `points`, without its markers.
    pub(crate) fn path(self, sheet: &Sheet<'_>, points: &[Pixel]) -> Drawn {
        let stroke = Stroke { colour: self.colour, width: 1.6 };
        if self.is_dashed { sheet.dashes(points, stroke) } else { sheet.path(points, stroke) }
    }
}
