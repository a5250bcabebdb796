//! Figures for papers and slides: any column of a study over any other, at an exact physical size.

mod error;
mod filter;
mod formats;
mod pdf;
mod request;
mod selection;
mod size;

pub use error::PublicationError;
pub use filter::{Filter, FilterError};
pub(crate) use pdf::PROGRAM;
pub use request::{Form, Publication};
pub use size::{PaperSize, SizeError};

use crate::digest::Digest;
use crate::figure::{Drawn, Entry, Frame, Identity, Key, LABEL, Legend, MARGIN, Plot, Sheet, draw};
use crate::figures::Marks;
use cospike_results::rows::Results;
use error::failed;
use selection::{Content, Lines, Selection};

/// Room around the drawing, in pixels.
const EDGE: f64 = 4.0;
/// Least width and height of the data, in pixels.
const LEAST_DATA: f64 = 60.0;

/// Figure that is ready for print, with its data.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedFigure {
    title: String,
    svg: String,
    csv: String,
    size: PaperSize,
}

impl PublishedFigure {
    /// The figure as an SVG document of its size, whose letters are outlines.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// What the figure shows, a row for every design point: line, number and label of the design point, and the columns drawn, each with the
    /// ends of its interval where it has one.
    pub fn csv(&self) -> &str {
        &self.csv
    }

    /// The figure as a PDF document of one page of its size.
    ///
    /// # Errors
    /// [`PublicationError::Drawing`].
    pub fn pdf(&self) -> Result<Vec<u8>, PublicationError> {
        formats::pdf(&self.svg, &self.title, self.size)
    }

    /// The figure as a PNG image with `dpi` pixels to the inch.
    ///
    /// # Errors
    /// [`PublicationError::Pixels`] or [`PublicationError::Drawing`].
    pub fn png(&self, dpi: f64) -> Result<Vec<u8>, PublicationError> {
        formats::png(&self.svg, self.size, dpi)
    }
}

/// Draws one figure of `results`: equal results give equal bytes.
///
/// # Errors
/// [`PublicationError`] for a column that the study does not have, design points at the same place, or a figure without room for its data.
pub fn publication(results: &Results, asked: &Publication) -> Result<PublishedFigure, PublicationError> {
    let digest = Digest::new(results)?;
    let selection = Selection::new(&digest, asked)?;
    let content = selection.content(&digest, asked)?;
    let pixel = asked.font / LABEL * size::INCH / size::POINTS;
    let (width, height) = (asked.size.width / pixel, asked.size.height / pixel);
    let legend = content.legend();
    let legend = Legend { entries: &legend, width };
    let top = if legend.entries.is_empty() { 2.0 * EDGE } else { 2.0 * EDGE + legend.height() };
    let area = Frame { left: EDGE, top, right: width - EDGE, bottom: height - EDGE };
    let frame = content.frame(area);
    let (across, down) = (frame.right - frame.left, frame.bottom - frame.top);
    if across < LEAST_DATA || down < LEAST_DATA {
        return Err(PublicationError::Room { width: across.max(0.0) * pixel, height: down.max(0.0) * pixel });
    }
    let title = selection.title();
    let identity = Identity { id: "figure", title: &title, description: &title };
    let drawing = draw(&identity, (width, height), |sheet| {
        legend.draw(sheet, EDGE)?;
        content.draw(sheet, area)
    });
    let drawing = drawing.map_err(failed)?;
    let description = format!("{} {}, {}", results.manifest.name, results.manifest.version, title);
    let svg = formats::outlined(&drawing, (&title, &description), (width, height), asked.size)?;
    Ok(PublishedFigure { title, svg, csv: selection.csv(&content), size: asked.size })
}

impl Content {
    fn legend(&self) -> Vec<Entry> {
        let Self::Lines(lines) = self else { return Vec::new() };
        let mut legend: Vec<Entry> = Vec::new();
        if lines.names.len() > 1 {
            let key = |line: &crate::figures::Series| match line.is_joined {
                true => line.style.key(),
                false => Key::Marker(line.style.marker, line.style.colour),
            };
            legend.extend(
                lines.names.iter().zip(&lines.series).map(|(name, line)| Entry { key: key(line), text: name.clone() }),
            );
        }
        legend.extend(Marks::needed(lines.series.iter().flat_map(|line| &line.points).map(|point| point.y)).legend());
        legend
    }

    /// The part of `area` in which the data stand.
    fn frame(&self, area: Frame) -> Frame {
        match self {
            Self::Lines(_) => Frame {
                left: area.left + Frame::LEFT,
                right: area.right - MARGIN,
                bottom: area.bottom - Frame::BELOW + EDGE,
                ..area
            },
            Self::Cells(cells) => cells.frame(area),
        }
    }

    fn draw(&self, sheet: &Sheet<'_>, area: Frame) -> Drawn {
        match self {
            Self::Lines(Lines { x, y, series, .. }) => {
                let plot = Plot { sheet, frame: self.frame(area), x: x.clone(), y: Some(y.clone()) };
                plot.axes()?;
                series.iter().try_for_each(|line| line.draw(&plot).map(|_| ()))
            }
            Self::Cells(cells) => cells.draw(sheet, area),
        }
    }
}
