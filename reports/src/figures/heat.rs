//! Metrics over two swept keys: a heat map for every pair of keys with three numbers or more.

use super::cells::Cells;
use super::draft::{Draft, Figure, Undrawn, left_out};
use super::marks::Marks;
use super::swept::in_file_name;
use crate::column::{Column, distinct};
use crate::digest::{Design, Digest};
use crate::figure::{Font, Frame, HPos, LABEL, MARGIN, Paper, VPos, shorten};
use crate::metric::{MetricOfDesigns, prominent};

/// Least and most values of a key.
const VALUES: std::ops::RangeInclusive<usize> = 3..=40;
/// Least share of pairs of values that there are: a sample of random pairs is no grid.
const LEAST_FILLED: f64 = 0.5;
/// Most figures.
const MOST_FIGURES: usize = 3;
/// Most panels of one figure.
const MOST_PANELS: usize = 4;
/// Height of a panel with its axis, in pixels.
const HEIGHT: f64 = 270.0;
/// Room above a panel for its title, in pixels.
const PANEL_TITLE: f64 = 18.0;
/// Distance between panels, in pixels.
const GAP: f64 = 14.0;

/// Name of the figure of two keys, and of its file without the ending.
pub(crate) fn name(keys: [&str; 2]) -> String {
    let [across, upwards] = keys.map(in_file_name);
    format!("heat-{across}-{upwards}")
}

/// Draws a figure for every pair of keys that span a grid on which something varies.
pub(super) fn draw_all(digest: &Digest<'_>, paper: Paper) -> Result<Vec<Figure>, Undrawn> {
    let all: Vec<&Design<'_>> = digest.designs.iter().collect();
    let is_axis = |column: &Column| {
        matches!(column, Column::Key(_)) && column.is_numeric(&all) && VALUES.contains(&column.steps(&all).len())
    };
    let keys: Vec<Column> = Column::all(digest).into_iter().filter(is_axis).collect();
    let pairs =
        keys.iter().enumerate().flat_map(|(place, across)| keys[place + 1..].iter().map(move |up| [across, up]));
    let figures: Vec<Option<Figure>> = pairs.map(|pair| draw(digest, pair, paper)).collect::<Result<_, _>>()?;
    Ok(figures.into_iter().flatten().take(MOST_FIGURES).collect())
}

fn draw(digest: &Digest<'_>, keys: [&Column; 2], paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let has_both = |design: &&Design<'_>| keys.iter().all(|key| key.spread(design).is_some());
    let designs: Vec<&Design<'_>> = digest.designs.iter().filter(has_both).collect();
    if designs.is_empty() {
        return Ok(None);
    }
    let (panels, missing) = panels(digest, &designs, keys);
    if panels.is_empty() {
        return Ok(None);
    }
    let marks = Marks::needed(panels.iter().flat_map(|(_, cells)| cells.cells.values().copied()));
    let explained = marks.note("A question mark");
    let note = format!("Each cell is the mean over replications of one design point.{explained}{missing}");
    let [across, upwards] = keys.map(Column::label);
    let caption = format!("What {across} and {upwards} do together, each panel with its own scale. {note}");
    let legend = marks.crosses();
    let legend = legend.as_slice();
    let across_panels = if paper.is_narrow() { 1 } else { panels.len().min(2) };
    let height = panels.len().div_ceil(across_panels) as f64 * (HEIGHT + GAP);
    let (name, title) = (name(keys.map(Column::name)), format!("Over {across} and {upwards}"));
    let draft = Draft { name: &name, title: &title, note: &note, legend, caption, height, paper };
    draft.draw(|sheet, top| {
        let width = (paper.width - 2.0 * MARGIN - GAP * (across_panels - 1) as f64) / across_panels as f64;
        panels.iter().enumerate().try_for_each(|(place, (title, cells))| {
            let left = MARGIN + (place % across_panels) as f64 * (width + GAP);
            let top = top + (place / across_panels) as f64 * (HEIGHT + GAP) + PANEL_TITLE;
            let area = Frame { left, top, right: left + width, bottom: top + HEIGHT - PANEL_TITLE };
            let font = Font::new(LABEL).bold().anchor(HPos::Left, VPos::Bottom);
            sheet.text(&shorten(title, LABEL * 1.1, width), (cells.frame(area).left, top - 4.0), font)?;
            cells.draw(sheet, area)
        })
    })
}

/// Titles and cells of the panels, and a sentence on what has none: the metrics that vary most to most readers where the two keys are all
/// that varies, else the first of them for each combination of the others.
fn panels(digest: &Digest<'_>, designs: &[&Design<'_>], keys: [&Column; 2]) -> (Vec<(String, Cells)>, String) {
    let by = Column::others(digest, designs, &keys);
    let names = distinct(designs.iter().map(|design| Column::line_name(&by, design)));
    let metrics = prominent().filter(|metric| metric.varies(designs.iter().copied()));
    let metrics: Vec<Column> =
        metrics.take(MOST_PANELS / names.len().clamp(1, MOST_PANELS)).map(|metric| Column::Metric(*metric)).collect();
    let mut panels = Vec::new();
    for name in names.iter().take(MOST_PANELS) {
        let own: Vec<&Design<'_>> =
            designs.iter().copied().filter(|design| Column::line_name(&by, design) == *name).collect();
        for metric in &metrics {
            let Ok(cells) = Cells::new(&own, keys, metric) else { continue };
            let size = cells.columns.len() * cells.rows.len();
            let is_grid =
                cells.columns.len().min(cells.rows.len()) > 1 && cells.cells.len() as f64 >= LEAST_FILLED * size as f64;
            if is_grid {
                panels.push((
                    if names.len() > 1 { format!("{}: {name}", metric.label()) } else { metric.label().to_owned() },
                    cells,
                ));
            }
        }
    }
    let missing =
        left_out(names.len().saturating_sub(MOST_PANELS), "combination", "of other keys, for which there is no room");
    (panels, missing)
}
