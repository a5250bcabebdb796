//! Colours that stand for values, and the bar that serves as their legend.

use super::axis::Axis;
use super::plot::{Frame, TICK_DISTANCE};
use super::sheet::{Drawn, Font, Sheet, Stroke};
use super::theme::{INK, LABEL, PAPER, TICK};
use plotters::prelude::{ColorMap, ViridisRGB};
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

/// Number of rectangles of which the bar consists.
const STEPS: usize = 64;

/// Maps values to the colours of viridis, dark for low, and shows them as a bar.
pub(crate) struct ColourBar {
    /// Axis of the values.
    pub(crate) axis: Axis,
}

impl ColourBar {
    /// Width of the ticks and the title to the right of the bar, in pixels.
    pub(crate) const RIGHT: f64 = 52.0;

    /// The colour of `value`.
    pub(crate) fn colour(&self, value: f64) -> RGBColor {
        ViridisRGB.get_color(self.axis.position(value) as f32)
    }

    /// Draws the bar into `frame`, ticks and title to its right.
    pub(crate) fn draw(&self, sheet: &Sheet<'_>, frame: Frame) -> Drawn {
        let Frame { left, top, right, bottom } = frame;
        let step = (bottom - top) / STEPS as f64;
        for index in 0..STEPS {
            let low = bottom - step * index as f64;
            let colour = ViridisRGB.get_color((index as f32 + 0.5) / STEPS as f32);
            sheet.rectangle((left, low - step), (right, low), colour)?;
        }
        for tick in self.axis.ticks(((bottom - top) / TICK_DISTANCE).max(2.0) as usize) {
            let y = bottom - self.axis.position(tick.value) * (bottom - top);
            sheet.path(&[(right, y), (right + 4.0, y)], Stroke { colour: INK, width: 1.0 })?;
            sheet.text(&tick.label, (right + 7.0, y), Font::new(TICK))?;
        }
        let font = Font::new(LABEL).anchor(HPos::Center, VPos::Bottom).upwards();
        sheet.text(&self.axis.title(), (right + Self::RIGHT, (top + bottom) / 2.0), font)
    }
}

/// Black or white, whichever contrasts more with `colour` (relative luminance and contrast of WCAG 2.1).
pub(crate) fn readable_on(RGBColor(red, green, blue): RGBColor) -> RGBColor {
    let linear = |channel: u8| match f64::from(channel) / 255.0 {
        channel if channel <= 0.040_45 => channel / 12.92,
        channel => ((channel + 0.055) / 1.055).powf(2.4),
    };
    let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) { RGBColor(0, 0, 0) } else { PAPER }
}
