//! Differences of metrics between two result folders: a row per design point, a panel per metric.

use super::draft::{Draft, Figure, Undrawn, left_out};
use super::rows::{MOST_PANELS, MOST_ROWS, Rows, middle};
use crate::error::ReportError;
use crate::figure::{Axis, BLUE, Drawn, Font, Frame, GREY, INK, Marker, Paper, Plot, Sheet, Stroke, TICK, shorten};
use crate::metric::Spread;
use crate::quantity::Quantity;

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
pub(crate) fn differences_figure(all: &Differences<'_>, paper: Paper) -> Result<Option<Figure>, ReportError> {
    draw(all, paper).map_err(ReportError::from)
}

fn draw(all: &Differences<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
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
    let names = rows.iter().map(|(label, _)| shorten(label, TICK, paper.longest_name())).collect();
    let layout = Rows { names, panels: panels.len(), paper };
    let height = layout.height();
    let draft = Draft { name: &all.name, title: &all.title, note: &note, legend: &[], caption, height, paper };
    draft.draw(|sheet, top| {
        layout.draw(sheet, top, |place, frame| {
            let changes: Vec<Option<Change>> = rows.iter().map(|(_, changes)| changes[place]).collect();
            panel(&panels[place], &changes, sheet, frame)
        })
    })
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
