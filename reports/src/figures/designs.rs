//! Design points side by side: a row each, a panel per metric that tells them apart.

use super::draft::{Draft, Figure, Undrawn, kind_legend, replications_note, samples_note};
use super::marks::{HOLLOW, Marks};
use super::rows::{MOST_PANELS, MOST_ROWS, Rows, middle};
use crate::digest::{Design, Digest};
use crate::figure::{Axis, Drawn, Font, Frame, GREY, INK, Paper, Plot, Sheet, Stroke, TICK, kind_style};
use crate::metric::{Metric, MetricOfDesigns, Reading, prominent};
use crate::sweep::Swept;
use std::collections::BTreeSet;

const NAME: &str = "design-points";

/// Draws the figure where the design points differ in more than numbers, which have figures of their own.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let designs = &digest.designs;
    let swept = Swept::all(digest);
    let lines = swept.iter().flat_map(|swept| &swept.lines).filter(|line| line.points.len() > 1);
    let on_lines: BTreeSet<usize> = lines.flat_map(|line| line.points.iter().map(|(_, index)| *index)).collect();
    let metrics: Vec<&Metric> = prominent().filter(|metric| metric.varies(designs.iter())).take(MOST_PANELS).collect();
    if on_lines.len() == designs.len() || !(2..=MOST_ROWS).contains(&designs.len()) || metrics.is_empty() {
        return Ok(None);
    }
    let replications = replications_note(digest, |summary| &summary.latency_mean_s);
    let readings = metrics.iter().flat_map(|metric| designs.iter().map(|design| metric.reading(design)));
    let marks = Marks::needed(readings);
    let remarks = format!("{}{}", samples_note(metrics.iter().copied()), marks.note(HOLLOW));
    let note = format!("One row per design point, each panel with its own scale: {replications}.{remarks}");
    let caption =
        format!("The design points by what tells them apart by more than their intervals: {replications}.{remarks}");
    let mut legend = if digest.kinds.len() > 1 { kind_legend(digest) } else { Vec::new() };
    legend.extend(marks.legend());
    let rows = Rows { names: digest.names(TICK, paper.longest_name()), panels: metrics.len(), paper };
    let (title, height) = ("Design points side by side", rows.height());
    let draft = Draft { name: NAME, title, note: &note, legend: &legend, caption, height, paper };
    draft.draw(|sheet, top| rows.draw(sheet, top, |place, frame| panel(digest, metrics[place], sheet, frame)))
}

fn panel(digest: &Digest<'_>, metric: &Metric, sheet: &Sheet<'_>, frame: Frame) -> Drawn {
    let spreads = || digest.designs.iter().filter_map(|design| metric.reading(design).shown());
    let ends = spreads().flat_map(|of| [of.mean, of.low, of.high]);
    let plot = Plot { sheet, frame, x: Axis::fit(metric.label, metric.quantity(), ends), y: None };
    plot.axes()?;
    sheet.path(&[(frame.left, frame.top), (frame.left, frame.bottom)], Stroke { colour: INK, width: 1.0 })?;
    digest
        .designs
        .iter()
        .enumerate()
        .try_for_each(|(row, design)| mark(digest, design, metric, &plot, middle(frame.top, row)))
}

/// Draws the value of one design point, or why there is none.
fn mark(digest: &Digest<'_>, design: &Design<'_>, metric: &Metric, plot: &Plot<'_, '_>, y: f64) -> Drawn {
    let style = kind_style(&design.row.kind, &digest.kinds);
    let stroke = Stroke { colour: style.colour, width: 1.6 };
    let reading = metric.reading(design);
    if let Some((shown, value)) = reading.shown().zip(metric.describe(reading)) {
        plot.sheet.hint((plot.column(shown.mean), y), &format!("{}: {value}", design.row.label));
    }
    match reading {
        Reading::Holds(of) => {
            if of.low < of.high {
                plot.horizontal_bar((of.low, of.high), y, style.colour)?;
            }
            plot.sheet.marker((plot.column(of.mean), y), style.marker, 4.0, style.colour)
        }
        Reading::Unsteady(mean) => plot.sheet.ring((plot.column(mean), y), 4.0, stroke),
        Reading::Overloaded => plot.sheet.cross((plot.frame.right - 8.0, y), 3.5, stroke),
        Reading::Missing => plot.sheet.text("none", (plot.frame.left + 5.0, y), Font::new(TICK).colour(GREY)),
    }
}
