//! Accuracy against payload.

use super::draft::{Draft, Figure, Undrawn, count_range, kind_legend};
use super::panels::Layout;
use crate::digest::{Design, Digest};
use crate::figure::{
    Axis, DrawError, Drawn, Entry, Font, HPos, Key, LABEL, Labels, Plot, Stroke, TICK, VPos, kind_style, shorten,
};
use crate::names;
use crate::quantity::Quantity;
use cospike_sim_core::stats::Interval;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "accuracy-payload";
/// Largest number of lines in one panel; with more, every split point gets a panel of its own.
const MOST_LINES: usize = 6;

/// Draws the offline accuracy of every network that sends anything.
pub(super) fn draw(digest: &Digest<'_>) -> Result<Option<Figure>, Undrawn> {
    let sending: Vec<&Design<'_>> = digest.networks().filter(|design| design.row.payload_bits > 0.0).collect();
    if sending.is_empty() {
        return Ok(None);
    }
    let backbones = digest.backbones();
    let mut legend = kind_legend(digest);
    for design in &backbones {
        let colour = kind_style(&design.row.kind, &digest.kinds).colour;
        let Interval { estimate, low, high } = design.summary.offline_accuracy;
        let (accuracy, range) = (Quantity::Share.format(estimate), Quantity::Share.format_range(low, high));
        let text = format!("{} backbone, unsplit: {accuracy} ({range})", design.row.kind);
        legend.push(Entry { key: Key::Dashes(colour), text });
    }
    let panels = panels(digest, &sending);
    let layout = Layout { panels: panels.len() };
    let ends =
        sending.iter().flat_map(|design| [design.summary.offline_accuracy.low, design.summary.offline_accuracy.high]);
    let ends = ends.chain(backbones.iter().map(|design| design.summary.offline_accuracy.estimate));
    let x = Axis::log(names::PAYLOAD, Quantity::Bits, sending.iter().map(|design| design.row.payload_bits));
    let y = Axis::linear(names::ACCURACY, Quantity::Share, ends);
    let samples = count_range(sending.iter().map(|design| u64::from(design.row.samples)));
    let note = format!("Nothing lost on the way. Each point: {samples} samples; bars are 95 % Wilson intervals.");
    let caption = format!(
        "Accuracy against the mean payload of a request, nothing lost, on {samples} samples per point. Bars are 95 % \
         Wilson intervals. Lines join the widths of one split point; labels name the split point and the width (w). \
         Where a label would cover something, or stand nearer to another point, it is left out; the table of design \
         points lists every one."
    );
    let title = "Accuracy against payload";
    let draft = Draft { name: NAME, title, note: &note, legend: &legend, caption, height: layout.height() };
    draft.draw(|sheet, top| {
        panels.iter().enumerate().try_for_each(|(index, panel)| {
            let plot = Plot { sheet, frame: layout.frame(index, top), x: x.clone(), y: Some(y.clone()) };
            panel.draw(digest, &backbones, plot)
        })
    })
}

/// Lines of one plot.
struct Panel<'d, 'a> {
    /// Name of the split point; `None` for a single panel.
    title: Option<&'a str>,
    lines: Vec<Line<'d, 'a>>,
}

/// Networks that differ in width alone, sorted by payload; or a single one whose features cross as they are.
type Line<'d, 'a> = Vec<&'d Design<'a>>;

fn panels<'d, 'a>(digest: &Digest<'a>, sending: &[&'d Design<'a>]) -> Vec<Panel<'d, 'a>> {
    let lines = lines(digest, sending);
    if lines.len() <= MOST_LINES {
        return vec![Panel { title: None, lines }];
    }
    let mut panels: Vec<Panel<'_, '_>> = Vec::new();
    for design in sending {
        let title = Some(design.row.split.as_str());
        if panels.iter().all(|panel| panel.title != title) {
            let own = lines.iter().filter(|line| line.first().map(|first| first.row.split.as_str()) == title);
            panels.push(Panel { title, lines: own.cloned().collect() });
        }
    }
    panels
}

impl Panel<'_, '_> {
    fn draw(&self, digest: &Digest<'_>, backbones: &[&Design<'_>], plot: Plot<'_, '_>) -> Drawn {
        let (sheet, frame) = (plot.sheet, plot.frame);
        plot.axes()?;
        if let Some(title) = self.title {
            let font = Font::new(LABEL).bold().anchor(HPos::Left, VPos::Bottom);
            sheet.text(&shorten(title, LABEL * 1.1, frame.right - frame.left), (frame.left, frame.top - 3.0), font)?;
        }
        let mut labels = Labels::within(frame);
        for design in backbones {
            let colour = kind_style(&design.row.kind, &digest.kinds).colour;
            let (_, y) = plot.pixel((1.0, design.summary.offline_accuracy.estimate));
            sheet.dashes(&[(frame.left, y), (frame.right, y)], Stroke { colour, width: 1.2 })?;
            labels.avoid_path(&[(frame.left, y), (frame.right, y)]);
        }
        self.lines.iter().try_for_each(|line| draw_line(digest, line, &plot, &mut labels))?;
        self.label(digest, &plot, &mut labels)
    }

    /// Labels the lines: first one end of each in full, unless the panel's title names it, then the widths.
    fn label(&self, digest: &Digest<'_>, plot: &Plot<'_, '_>, labels: &mut Labels) -> Drawn {
        let mut named = BTreeSet::new();
        for line in self.lines.iter().filter(|line| self.title.is_none() || line.len() == 1) {
            for end in [line.last(), line.first()].into_iter().flatten() {
                if label(digest, end, &digest.place(end), plot, labels)? {
                    named.insert(end.row.network);
                    break;
                }
            }
        }
        for design in self.lines.iter().flatten().filter(|design| !named.contains(&design.row.network)) {
            if let Some(width) = design.row.width {
                label(digest, design, &format!("w{width}"), plot, labels)?;
            }
        }
        Ok(())
    }
}

fn lines<'d, 'a>(digest: &Digest<'a>, sending: &[&'d Design<'a>]) -> Vec<Line<'d, 'a>> {
    let mut lines: BTreeMap<_, Line<'_, '_>> = BTreeMap::new();
    for &design in sending {
        // Features that cross as they are belong to no series of widths.
        let alone = design.row.width.is_none().then_some(design.row.network);
        lines.entry((digest.panel(design), &design.row.split, alone)).or_default().push(design);
    }
    let mut lines: Vec<_> = lines.into_values().collect();
    lines.iter_mut().for_each(|line| line.sort_by(|a, b| a.row.payload_bits.total_cmp(&b.row.payload_bits)));
    lines
}

fn draw_line(digest: &Digest<'_>, line: &[&Design<'_>], plot: &Plot<'_, '_>, labels: &mut Labels) -> Drawn {
    let Some(first) = line.first() else { return Ok(()) };
    let style = kind_style(&first.row.kind, &digest.kinds);
    let points: Vec<_> =
        line.iter().map(|design| (design.row.payload_bits, design.summary.offline_accuracy.estimate)).collect();
    if points.len() > 1 {
        plot.line(&points, Stroke { colour: style.colour, width: 1.0 })?;
    }
    labels.avoid_path(&points.iter().map(|point| plot.pixel(*point)).collect::<Vec<_>>());
    for design in line {
        let (x, interval) = (design.row.payload_bits, design.summary.offline_accuracy);
        plot.vertical_bar(x, (interval.low, interval.high), style.colour)?;
        plot.sheet.marker(plot.pixel((x, interval.estimate)), style.marker, 4.0, style.colour)?;
        labels.avoid_marker(plot.pixel((x, interval.estimate)), 5.0);
        labels.avoid_path(&[plot.pixel((x, interval.low)), plot.pixel((x, interval.high))]);
    }
    Ok(())
}

/// Labels a point if there is room beside it; returns whether there was.
fn label(
    digest: &Digest<'_>,
    design: &Design<'_>,
    text: &str,
    plot: &Plot<'_, '_>,
    labels: &mut Labels,
) -> Result<bool, DrawError> {
    let colour = kind_style(&design.row.kind, &digest.kinds).colour;
    let point = plot.pixel((design.row.payload_bits, design.summary.offline_accuracy.estimate));
    labels.place(plot.sheet, text, point, Font::new(TICK).colour(colour))
}
