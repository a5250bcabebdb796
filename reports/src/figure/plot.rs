//! Frames with two axes, and drawing in them at the coordinates of the data.

use super::axis::Axis;
use super::sheet::{Drawn, Font, Pixel, Sheet, Stroke};
use super::theme::{GREY, GRID, INK, LABEL, TICK, text_width, wrap};
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

/// Least distance between the ticks of a vertical axis, in pixels.
pub(super) const TICK_DISTANCE: f64 = 23.0;

/// Rectangle on a sheet, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// Position of the left edge.
    pub(crate) left: f64,
    /// Position of the upper edge.
    pub(crate) top: f64,
    /// Position of the right edge.
    pub(crate) right: f64,
    /// Position of the lower edge.
    pub(crate) bottom: f64,
}

impl Frame {
    /// Room that [`Plot::axes`] needs to the left of a frame, in pixels.
    pub(crate) const LEFT: f64 = 64.0;
    /// Room that [`Plot::axes`] needs below a frame, in pixels.
    pub(crate) const BELOW: f64 = 48.0;

    /// Whether the two share any area.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether this lies within `other`.
    pub(crate) fn inside(&self, other: &Self) -> bool {
        self.left >= other.left && self.right <= other.right && self.top >= other.top && self.bottom <= other.bottom
    }
}

/// A frame with two axes.
pub(crate) struct Plot<'s, 'a> {
    /// Sheet on which the plot is drawn.
    pub(crate) sheet: &'s Sheet<'a>,
    /// Rectangle of the data on the sheet.
    pub(crate) frame: Frame,
    /// Horizontal axis.
    pub(crate) x: Axis,
    /// Vertical axis; `None` for rows of a list, which are placed by pixel.
    pub(crate) y: Option<Axis>,
}

impl Plot<'_, '_> {
    /// Horizontal pixel of a value.
    pub(crate) fn column(&self, x: f64) -> f64 {
        self.frame.left + self.x.position(x) * (self.frame.right - self.frame.left)
    }

    /// Pixel of a point in the data; without a vertical axis `y` is a pixel already.
    pub(crate) fn pixel(&self, (x, y): (f64, f64)) -> Pixel {
        let height = self.frame.bottom - self.frame.top;
        let row = self.y.as_ref().map_or(y, |axis| self.frame.bottom - axis.position(y) * height);
        (self.column(x), row)
    }

    /// Draws the grid, the axes, their ticks and titles.
    pub(crate) fn axes(&self) -> Drawn {
        if let Some(axis) = &self.y {
            self.vertical_axis(axis)?;
        }
        self.horizontal_axis()
    }

    fn horizontal_axis(&self) -> Drawn {
        let Frame { left, top, right, bottom } = self.frame;
        for x in self.x.minor_ticks() {
            let x = self.column(x);
            self.sheet.path(&[(x, bottom), (x, bottom + 2.5)], Stroke { colour: GREY, width: 0.75 })?;
        }
        for tick in self.x_ticks() {
            let x = self.column(tick.value);
            self.sheet.path(&[(x, top), (x, bottom)], Stroke { colour: GRID, width: 0.75 })?;
            self.sheet.path(&[(x, bottom), (x, bottom + 4.0)], Stroke { colour: INK, width: 1.0 })?;
            let font = Font::new(TICK).anchor(HPos::Center, VPos::Top);
            self.sheet.text(&tick.label, (x, bottom + 7.0), font)?;
        }
        self.sheet.path(&[(left, bottom), (right, bottom)], Stroke { colour: INK, width: 1.0 })?;
        let font = Font::new(LABEL).anchor(HPos::Center, VPos::Top);
        // A narrow panel has room for two lines.
        let lines = wrap(&self.x.title(), LABEL, right - left + 20.0);
        lines.iter().take(2).enumerate().try_for_each(|(line, text)| {
            let at = ((left + right) / 2.0, bottom + 22.0 + line as f64 * LABEL * 1.15);
            self.sheet.text(text, at, font)
        })
    }

    /// As many labelled ticks as fit with a space between their labels.
    fn x_ticks(&self) -> Vec<super::axis::Tick> {
        if let Some(marks) = self.x.marks() {
            return self.marks_that_fit(marks);
        }
        let fits = |ticks: &[super::axis::Tick]| {
            ticks.windows(2).all(|pair| {
                let widths = text_width(&pair[0].label, TICK) + text_width(&pair[1].label, TICK);
                self.column(pair[1].value) - self.column(pair[0].value) > widths / 2.0 + 8.0
            })
        };
        let sets = (2..=8).rev().map(|most| self.x.ticks(most));
        let mut sets = sets.filter(|ticks| ticks.len() >= 2);
        sets.find(|ticks| fits(ticks)).unwrap_or_else(|| self.x.ticks(2))
    }

    /// Marks from the left whose labels have room beside the one before.
    fn marks_that_fit(&self, marks: Vec<super::axis::Tick>) -> Vec<super::axis::Tick> {
        let mut free = f64::NEG_INFINITY;
        let fits = |tick: &super::axis::Tick| {
            let (middle, half) = (self.column(tick.value), text_width(&tick.label, TICK) / 2.0);
            let fits = middle - half >= free;
            if fits {
                free = middle + half + 6.0;
            }
            fits
        };
        marks.into_iter().filter(fits).collect()
    }

    fn vertical_axis(&self, axis: &Axis) -> Drawn {
        let Frame { left, top, right, bottom } = self.frame;
        let row = |y| bottom - axis.position(y) * (bottom - top);
        for tick in axis.ticks(((bottom - top) / TICK_DISTANCE).max(2.0) as usize) {
            let y = row(tick.value);
            self.sheet.path(&[(left, y), (right, y)], Stroke { colour: GRID, width: 0.75 })?;
            self.sheet.path(&[(left - 4.0, y), (left, y)], Stroke { colour: INK, width: 1.0 })?;
            self.sheet.text(&tick.label, (left - 7.0, y), Font::new(TICK).anchor(HPos::Right, VPos::Center))?;
        }
        self.sheet.path(&[(left, top), (left, bottom)], Stroke { colour: INK, width: 1.0 })?;
        let font = Font::new(LABEL).anchor(HPos::Center, VPos::Top).upwards();
        self.sheet.text(&axis.title(), (left - Frame::LEFT + 2.0, (top + bottom) / 2.0), font)
    }

    /// Draws a vertical error bar with caps.
    pub(crate) fn vertical_bar(&self, x: f64, (low, high): (f64, f64), colour: RGBColor) -> Drawn {
        let ((x, low), (_, high)) = (self.pixel((x, low)), self.pixel((x, high)));
        let stroke = Stroke { colour, width: 1.0 };
        self.sheet.path(&[(x, low), (x, high)], stroke)?;
        [low, high].iter().try_for_each(|y| self.sheet.path(&[(x - 2.5, *y), (x + 2.5, *y)], stroke))
    }

    /// Draws a horizontal error bar with caps.
    pub(crate) fn horizontal_bar(&self, (low, high): (f64, f64), y: f64, colour: RGBColor) -> Drawn {
        let ((low, y), (high, _)) = (self.pixel((low, y)), self.pixel((high, y)));
        let stroke = Stroke { colour, width: 1.0 };
        self.sheet.path(&[(low, y), (high, y)], stroke)?;
        [low, high].iter().try_for_each(|x| self.sheet.path(&[(*x, y - 2.5), (*x, y + 2.5)], stroke))
    }

    /// Draws a line through points of the data.
    pub(crate) fn line(&self, points: &[(f64, f64)], stroke: Stroke) -> Drawn {
        let points: Vec<Pixel> = points.iter().map(|point| self.pixel(*point)).collect();
        self.sheet.path(&points, stroke)
    }
}
