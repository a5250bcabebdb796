//! Differences of metrics between two result folders: a row per design point, a panel per metric.

use super::draft::{Draft, Figure, Undrawn, left_out};
use crate::error::ReportError;
use crate::figure::{
    Axis, BLUE, Drawn, Font, Frame, GREY, HPos, INK, MARGIN, Marker, Plot, Sheet, Stroke, TICK, VPos, WIDTH, shorten,
    text_width,
};
use crate::metric::Spread;
use crate::quantity::Quantity;

/// Height of a row, in pixels.
const ROW: f64 = 20.0;
/// Distance between two panels, in pixels.
const GAP: f64 = 16.0;
/// Width of the longest name of a row, in pixels.
const MOST_NAME: f64 = 210.0;
/// Most rows that are read at a glance.
const MOST_ROWS: usize = 40;
/// Most panels.
const MOST_PANELS: usize = 3;

/// Differences of some metrics at some design points.
pub(crate) struct Differences<'a> {
    /// Name of the figure.
    pub(crate) name: String,
    /// Title above the figure.
    pub(crate) title: String,
    /// What each panel shows, with its unit.
    pub(crate) panels: Vec<String>,
    /// Label of each design point, and its differences in the order of the panels.
    pub(crate) rows: Vec<(&'a str, Vec<Option<Change>>)>,
}

/// A difference.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    /// The difference with its interval.
    pub(crate) spread: Spread,
    /// Whether it is shown to be none by chance.
    pub(crate) is_shown: bool,
}

/// Draws the differences; `None` if there are none.
///
/// # Errors
/// [`ReportError::Drawing`].
pub(crate) fn differences_figure(all: &Differences<'_>) -> Result<Option<Figure>, ReportError> {
    draw(all).map_err(ReportError::from)
}

fn draw(all: &Differences<'_>) -> Result<Option<Figure>, Undrawn> {
    let panels = &all.panels[..all.panels.len().min(MOST_PANELS)];
    let rows = &all.rows[..all.rows.len().min(MOST_ROWS)];
    if panels.is_empty() || rows.is_empty() {
        return Ok(None);
    }
    let absent = left_out(all.rows.len() - rows.len(), "design point", "that the tables have");
    let note = format!(
        "One row per design point, with 95 % intervals; filled: shown to differ, for all design points together.{absent}"
    );
    let caption = format!(
        "{}, design point by design point, each panel with its own scale. Markers that are filled stand for differences that are shown \
         at a level of 5 % for all design points together (Bonferroni).{absent}",
        all.title
    );
    let height = rows.len() as f64 * ROW + 6.0 + Frame::BELOW;
    let draft = Draft { name: &all.name, title: &all.title, note: &note, legend: &[], caption, height };
    draft.draw(|sheet, top| {
        let names: Vec<String> = rows.iter().map(|(label, _)| shorten(label, TICK, MOST_NAME)).collect();
        let room = names.iter().map(|name| text_width(name, TICK)).fold(0.0, f64::max) + 16.0;
        let width = (WIDTH - 2.0 * MARGIN - room - GAP * (panels.len() as f64 - 1.0)) / panels.len() as f64;
        for (row, name) in names.iter().enumerate() {
            let at = (MARGIN + room - 12.0, middle(top, row));
            sheet.text(name, at, Font::new(TICK).anchor(HPos::Right, VPos::Center))?;
        }
        panels.iter().enumerate().try_for_each(|(place, name)| {
            let left = MARGIN + room + place as f64 * (width + GAP);
            let frame = Frame { left, top, right: left + width, bottom: top + height - Frame::BELOW };
            let changes: Vec<Option<Change>> = rows.iter().map(|(_, changes)| changes[place]).collect();
            panel(name, &changes, sheet, frame)
        })
    })
}

/// Height of the middle of a row.
fn middle(top: f64, row: usize) -> f64 {
    top + (row as f64 + 0.5) * ROW
}

fn panel(name: &str, changes: &[Option<Change>], sheet: &Sheet<'_>, frame: Frame) -> Drawn {
    let ends = changes.iter().flatten().flat_map(|Change { spread, .. }| [spread.mean, spread.low, spread.high]);
    let plot = Plot { sheet, frame, x: Axis::linear(name, Quantity::Number, ends.chain([0.0])), y: None };
    plot.axes()?;
    let zero = plot.column(0.0);
    sheet.path(&[(zero, frame.top), (zero, frame.bottom)], Stroke { colour: INK, width: 1.0 })?;
    changes.iter().enumerate().try_for_each(|(row, change)| mark(change.as_ref(), &plot, middle(frame.top, row)))
}

fn mark(change: Option<&Change>, plot: &Plot<'_, '_>, y: f64) -> Drawn {
    let Some(Change { spread, is_shown }) = change else {
        return plot.sheet.text("none", (plot.frame.left + 5.0, y), Font::new(TICK).colour(GREY));
    };
    if spread.low < spread.high {
        plot.horizontal_bar((spread.low, spread.high), y, BLUE)?;
    }
    let at = (plot.column(spread.mean), y);
    match is_shown {
        true => plot.sheet.marker(at, Marker::Circle, 4.0, BLUE),
        false => plot.sheet.ring(at, 4.0, Stroke { colour: BLUE, width: 1.4 }),
    }
}
