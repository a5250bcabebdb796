//! Labels within the data that never cover one another.

use super::plot::Frame;
use super::sheet::{DrawError, Font, Pixel, Sheet};
use super::theme::text_width;
use plotters::style::text_anchor::{HPos, VPos};

/// Number of areas beyond which there is no room for labels, and looking for it would take long.
const MOST_AREAS: usize = 20_000;

/// Areas of a frame that are already drawn on, of which labels keep clear.
pub(crate) struct Labels {
    bounds: Frame,
    taken: Vec<Frame>,
    /// Centres of the markers. Every label belongs to one of them.
    markers: Vec<Pixel>,
}

impl Labels {
    /// An empty frame; labels stay within `bounds`.
    pub(crate) fn within(bounds: Frame) -> Self {
        Self { bounds, taken: Vec::new(), markers: Vec::new() }
    }

    /// Keeps labels off a marker, and nearer to their own marker than to this one.
    pub(crate) fn avoid_marker(&mut self, centre: Pixel, radius: f64) {
        self.markers.push(centre);
        self.avoid(centre, radius, radius);
    }

    /// Keeps labels off a box around `centre`.
    fn avoid(&mut self, (x, y): Pixel, half_width: f64, half_height: f64) {
        self.taken.push(Frame {
            left: x - half_width,
            top: y - half_height,
            right: x + half_width,
            bottom: y + half_height,
        });
    }

    /// Keeps labels off a line.
    pub(crate) fn avoid_path(&mut self, points: &[Pixel]) {
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = ((x1 - x0).hypot(y1 - y0) / 4.0).ceil().max(1.0);
            for step in 0..=steps as usize {
                let share = step as f64 / steps;
                self.avoid((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share), 1.0, 1.0);
            }
        }
    }

    /// Writes `text` beside `point`, on the first side where there is room. Returns whether there was any.
    pub(crate) fn place(&mut self, sheet: &Sheet<'_>, text: &str, point: Pixel, font: Font) -> Result<bool, DrawError> {
        if self.taken.len() > MOST_AREAS {
            return Ok(false);
        }
        let (width, height) = (text_width(text, font.size), font.size * 1.1);
        for (dx, dy) in [(1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)] {
            let (x, y) = (point.0 + f64::from(dx) * 10.0, point.1 + f64::from(dy) * (height / 2.0 + 6.0));
            let left = x + width * (f64::from(dx) - 1.0) / 2.0;
            let frame = Frame { left, top: y - height / 2.0, right: left + width, bottom: y + height / 2.0 };
            let free = !self.taken.iter().any(|taken| taken.overlaps(&frame));
            let distance = |marker: &Pixel| distance(&frame, *marker);
            let clear = self.markers.iter().all(|marker| *marker == point || distance(marker) > distance(&point));
            if frame.inside(&self.bounds) && free && clear {
                self.taken.push(frame);
                sheet.text(text, (left, y), font.anchor(HPos::Left, VPos::Center))?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Distance of a point from the nearest point of a box.
fn distance(frame: &Frame, (x, y): Pixel) -> f64 {
    let outside = |value: f64, low: f64, high: f64| (low - value).max(value - high).max(0.0);
    outside(x, frame.left, frame.right).hypot(outside(y, frame.top, frame.bottom))
}
