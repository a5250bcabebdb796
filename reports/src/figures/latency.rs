//! Distribution of latency.

use super::draft::{Draft, Figure, Undrawn, count_range, left_out};
use crate::digest::{Design, Digest};
use crate::figure::{Axis, Drawn, Entry, Frame, LABEL, LineStyle, MARGIN, Paper, Plot, Sheet, line_style};
use crate::metric::{MetricOfDesigns, NOT_STEADY};
use crate::quantity::Quantity;
use cospike_results::metrics::{ENERGY, LATENCY};

const NAME: &str = "latency";
/// Height of the plot with its axis, in pixels.
const HEIGHT: f64 = 320.0;
/// Largest number of lines that can be told apart.
const MOST: usize = 8;
/// Percentiles that carry a marker.
const MARKED: [f64; 3] = [50.0, 95.0, 99.0];

/// Design point with the reasons for which it is shown.
struct Shown<'d, 'a> {
    design: &'d Design<'a>,
    reasons: Vec<&'static str>,
}

/// Draws the cumulative distributions of the selected design points.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let designs: Vec<&Design<'_>> = digest.designs.iter().filter(|design| design.latencies.len() > 1).collect();
    let shown = if designs.len() > MOST { select(digest, &designs) } else { everything(&designs) };
    if shown.is_empty() {
        return Ok(None);
    }
    let names = digest.names(LABEL, paper.width / 2.0);
    let styles = styles(digest, &shown);
    let entry = |(shown, style): (&Shown<'_, '_>, &LineStyle)| {
        let unsteady = (!shown.design.summary.is_steady()).then_some(NOT_STEADY);
        let reasons = shown.reasons.iter().copied().chain(unsteady).collect::<Vec<_>>().join(", ");
        let index = digest.designs.iter().position(|design| design.row.point == shown.design.row.point);
        let label = index.map_or(&shown.design.row.label, |index| &names[index]);
        let text = if reasons.is_empty() { label.clone() } else { format!("{label} ({reasons})") };
        Entry { key: style.key(), text }
    };
    let legend: Vec<Entry> = shown.iter().zip(&styles).map(entry).collect();
    let selection = if designs.len() > MOST {
        format!(
            "{} of {} design points: of each kind the most accurate, then the one of least energy, then the fastest, \
             up to {MOST}. ",
            shown.len(),
            designs.len()
        )
    } else {
        String::new()
    };
    let absent =
        left_out(digest.designs.len() - designs.len(), "design point", "without latencies or with an overloaded place");
    let requests = count_range(shown.iter().map(|shown| shown.design.completed()));
    let note = format!("{selection}{requests} completed requests per line; markers at 50, 95 and 99 %.{absent}");
    let caption = format!(
        "Share of the completed requests that were answered within the time on the horizontal axis. {selection}\
         {requests} completed requests per line, over all replications; those of all replications \
         together, percentiles joined by straight lines. Markers show the median, the 95th and the 99th percentile.{absent}"
    );
    let draft = Draft {
        name: NAME,
        title: "How long answers take",
        note: &note,
        legend: &legend,
        caption,
        height: HEIGHT,
        paper,
    };
    draft.draw(|sheet, top| body((&shown, &styles), paper, sheet, top))
}

fn everything<'d, 'a>(designs: &[&'d Design<'a>]) -> Vec<Shown<'d, 'a>> {
    designs.iter().map(|&design| Shown { design, reasons: Vec::new() }).collect()
}

/// Selects design points round by round, so that no kind fills the figure: the most accurate of each, then the one of least
/// energy, then the fastest. A tie goes to the earlier design point.
fn select<'d, 'a>(digest: &Digest<'_>, designs: &[&'d Design<'a>]) -> Vec<Shown<'d, 'a>> {
    let mut shown: Vec<Shown<'_, '_>> = Vec::new();
    for reason in ["most accurate", "least energy", "fastest"] {
        for kind in &digest.kinds {
            let value = |design: &Design<'_>| match reason {
                "most accurate" => design.executed().map_or(f64::INFINITY, |of| -of.accuracy.estimate),
                "least energy" => ENERGY.spread(design).map_or(f64::INFINITY, |of| of.mean),
                _ => LATENCY.spread(design).map_or(f64::INFINITY, |of| of.mean),
            };
            let members = designs.iter().filter(|design| design.row.kind == *kind);
            let Some(&best) = members.min_by(|a, b| value(a).total_cmp(&value(b))) else { continue };
            let full = shown.len() == MOST;
            match shown.iter_mut().find(|shown| shown.design.row.point == best.row.point) {
                Some(shown) => shown.reasons.push(reason),
                None if full => {}
                None => shown.push(Shown { design: best, reasons: vec![reason] }),
            }
        }
    }
    shown
}

/// Lines have the colour of their kind; those of one kind differ in shade, marker and dashes.
fn styles(digest: &Digest<'_>, shown: &[Shown<'_, '_>]) -> Vec<LineStyle> {
    let kind = |of: &Shown<'_, '_>| of.design.row.kind.clone();
    let before = |place: usize| shown[..place].iter().filter(|other| kind(other) == kind(&shown[place])).count();
    shown.iter().enumerate().map(|(place, of)| line_style(&kind(of), &digest.kinds, before(place))).collect()
}

fn body((shown, styles): (&[Shown<'_, '_>], &[LineStyle]), paper: Paper, sheet: &Sheet<'_>, top: f64) -> Drawn {
    let seconds = shown.iter().flat_map(|shown| shown.design.latencies.iter().map(|(_, seconds)| *seconds));
    let frame =
        Frame { left: MARGIN + Frame::LEFT, top, right: paper.width - MARGIN, bottom: top + HEIGHT - Frame::BELOW };
    let plot = Plot {
        sheet,
        frame,
        x: Axis::fit("Latency", Quantity::Seconds, seconds),
        y: Some(Axis::exactly("Requests answered", Quantity::Share, (0.0, 1.0))),
    };
    plot.axes()?;
    for (shown, style) in shown.iter().zip(styles) {
        let points = shown.design.latencies.iter().map(|(percentile, seconds)| (*seconds, percentile / 100.0));
        style.path(sheet, &points.map(|point| plot.pixel(point)).collect::<Vec<_>>())?;
        for (percentile, seconds) in shown.design.latencies.iter().filter(|(at, _)| MARKED.contains(at)) {
            sheet.marker(plot.pixel((*seconds, percentile / 100.0)), style.marker, 3.5, style.colour)?;
        }
    }
    Ok(())
}
