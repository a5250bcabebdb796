//! Time of a convolution against the density of spikes.

use super::draft::Draft;
use crate::error::ReportError;
use crate::figure::{Axis, Entry, Frame, Key, LINES, MARGIN, Marker, Paper, Plot, Stroke};
use crate::quantity::Quantity;

const NAME: &str = "density";
/// Height of the plot with its axis, in pixels.
const HEIGHT: f64 = 330.0;

/// Times of one convolution by the event-driven and by the dense kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct DensityLine {
    /// Description of the convolution, for the legend.
    pub label: String,
    /// Points of the event-driven kernel: share of neurons that fire in a step (0 to 1), and time in seconds.
    pub event_driven: Vec<(f64, f64)>,
    /// Time of the dense kernel in seconds, which does not depend on the density.
    pub dense: f64,
}

/// Draws time against density as an SVG document, with the crossover to the dense kernel.
///
/// # Errors
/// [`ReportError::Drawing`].
pub fn density_figure(lines: &[DensityLine]) -> Result<String, ReportError> {
    let legend: Vec<Entry> = lines
        .iter()
        .zip(LINES)
        .map(|(line, colour)| Entry { key: Key::Line(Marker::Circle, colour), text: line.label.clone() })
        .collect();
    let caption = "Time of a 3x3 convolution of all time steps against the share of neurons that fire in a step: the \
                   event-driven kernel (solid) and the dense kernel (dashed), which computes every product."
        .to_owned();
    let note = "Solid: event-driven; dashed: dense. Where they cross, computing everything is as fast.";
    let draft = Draft {
        name: NAME,
        title: "Time against density of spikes",
        note,
        legend: &legend,
        caption,
        height: HEIGHT,
        paper: Paper::PAGE,
    };
    let drawn = draft.draw(|sheet, top| {
        let points = || lines.iter().flat_map(|line| line.event_driven.iter().copied());
        let seconds = points().map(|(_, seconds)| seconds).chain(lines.iter().map(|line| line.dense));
        let frame = Frame {
            left: MARGIN + Frame::LEFT,
            top,
            right: Paper::PAGE.width - MARGIN,
            bottom: top + HEIGHT - Frame::BELOW,
        };
        let plot = Plot {
            sheet,
            frame,
            x: Axis::from_zero("Neurons that fire in a step", Quantity::Share, points().map(|(density, _)| density)),
            y: Some(Axis::from_zero("Time", Quantity::Seconds, seconds)),
        };
        plot.axes()?;
        for (line, colour) in lines.iter().zip(LINES) {
            let stroke = Stroke { colour, width: 1.6 };
            plot.line(&line.event_driven, stroke)?;
            line.event_driven.iter().try_for_each(|&at| sheet.marker(plot.pixel(at), Marker::Circle, 2.4, colour))?;
            if let [(from, _), .., (to, _)] = line.event_driven[..] {
                sheet.dashes(&[plot.pixel((from, line.dense)), plot.pixel((to, line.dense))], stroke)?;
            }
        }
        Ok(())
    });
    match drawn {
        Ok(figure) => Ok(figure.map_or_else(String::new, |figure| figure.svg)),
        Err(undrawn) => Err(undrawn.into()),
    }
}
