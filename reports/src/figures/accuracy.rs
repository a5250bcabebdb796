//! Accuracy against payload.

use super::draft::{Draft, Figure, Undrawn, count_range, kind_legend, unexecuted_note};
use super::panels::Layout;
use crate::digest::{Digest, Executed};
use crate::figure::{
    Axis, DrawError, Drawn, Entry, Font, HPos, Key, LABEL, Labels, Paper, Plot, Stroke, TICK, VPos, kind_style, shorten,
};
use crate::names;
use crate::quantity::Quantity;
use cospike_sim_core::stats::Interval;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "accuracy-payload";
/// Largest number of lines in one panel; with more, every split point gets a panel of its own.
const MOST_LINES: usize = 6;

/// Draws the offline accuracy of every network that sends anything.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let sending: Vec<Executed<'_, '_>> = digest.executed().filter(|of| of.payload_bits > 0.0).collect();
    // A single point shows nothing that a number does not.
    if sending.len() < 2 {
        return Ok(None);
    }
    let backbones = digest.backbones();
    let mut legend = kind_legend(digest);
    for Executed { design, accuracy, .. } in &backbones {
        let colour = kind_style(&design.row.kind, &digest.kinds).colour;
        let Interval { estimate, low, high } = *accuracy;
        let (accuracy, range) = (Quantity::Share.format(estimate), Quantity::Share.format_range(low, high));
        let text = format!("{} backbone, unsplit: {accuracy} ({range})", design.row.kind);
        legend.push(Entry { key: Key::Dashes(colour), text });
    }
    let panels = panels(digest, &sending);
    let layout = Layout { panels: panels.len(), paper };
    let ends = sending.iter().flat_map(|of| [of.accuracy.low, of.accuracy.high]);
    let ends = ends.chain(backbones.iter().map(|of| of.accuracy.estimate));
    let x = Axis::log(names::PAYLOAD, Quantity::Bits, sending.iter().map(|of| of.payload_bits));
    let y = Axis::linear(names::ACCURACY, Quantity::Share, ends);
    let samples = count_range(sending.iter().map(|of| u64::from(of.design.row.samples)));
    let failed = unexecuted_note(digest);
    let note =
        format!("Nothing lost on the way. Each point: {samples} samples; bars are 95 % Wilson intervals.{failed}");
    let caption = format!(
        "Accuracy against the mean payload of a request, nothing lost, on {samples} samples per point. Bars are 95 % \
         Wilson intervals. Lines join the widths of one split point; labels name the split point and the width (w). \
         Where a label would cover something, or stand nearer to another point, it is left out; the table of design \
         points lists every one.{failed}"
    );
    let title = "Accuracy against payload";
    let draft = Draft { name: NAME, title, note: &note, legend: &legend, caption, height: layout.height(), paper };
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
type Line<'d, 'a> = Vec<Executed<'d, 'a>>;

fn panels<'d, 'a>(digest: &Digest<'a>, sending: &[Executed<'d, 'a>]) -> Vec<Panel<'d, 'a>> {
    let lines = lines(digest, sending);
    if lines.len() <= MOST_LINES {
        return vec![Panel { title: None, lines }];
    }
    let mut panels: Vec<Panel<'_, '_>> = Vec::new();
    for Executed { design, .. } in sending {
        let title = Some(design.row.split.as_str());
        if panels.iter().all(|panel| panel.title != title) {
            let own = lines.iter().filter(|line| line.first().map(|first| first.design.row.split.as_str()) == title);
            panels.push(Panel { title, lines: own.cloned().collect() });
        }
    }
    panels
}

impl Panel<'_, '_> {
    fn draw(&self, digest: &Digest<'_>, backbones: &[Executed<'_, '_>], plot: Plot<'_, '_>) -> Drawn {
        let (sheet, frame) = (plot.sheet, plot.frame);
        plot.axes()?;
        if let Some(title) = self.title {
            let font = Font::new(LABEL).bold().anchor(HPos::Left, VPos::Bottom);
            sheet.text(&shorten(title, LABEL * 1.1, frame.right - frame.left), (frame.left, frame.top - 3.0), font)?;
        }
        let mut labels = Labels::within(frame);
        for Executed { design, accuracy, .. } in backbones {
            let colour = kind_style(&design.row.kind, &digest.kinds).colour;
            let (_, y) = plot.pixel((1.0, accuracy.estimate));
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
                if label(digest, end, &digest.place(end.design), plot, labels)? {
                    named.insert(end.design.row.network);
                    break;
                }
            }
        }
        for of in self.lines.iter().flatten().filter(|of| !named.contains(&of.design.row.network)) {
            if let Some(width) = of.design.row.width {
                label(digest, of, &format!("w{width}"), plot, labels)?;
            }
        }
        Ok(())
    }
}

fn lines<'d, 'a>(digest: &Digest<'a>, sending: &[Executed<'d, 'a>]) -> Vec<Line<'d, 'a>> {
    let mut lines: BTreeMap<_, Line<'_, '_>> = BTreeMap::new();
    for &of in sending {
        let design = of.design;
        // Features that cross as they are belong to no series of widths.
        let alone = design.row.width.is_none().then_some(design.row.network);
        lines.entry((digest.panel(design), &design.row.split, alone)).or_default().push(of);
    }
    let mut lines: Vec<_> = lines.into_values().collect();
    lines.iter_mut().for_each(|line| line.sort_by(|a, b| a.payload_bits.total_cmp(&b.payload_bits)));
    lines
}

fn draw_line(digest: &Digest<'_>, line: &[Executed<'_, '_>], plot: &Plot<'_, '_>, labels: &mut Labels) -> Drawn {
    let Some(first) = line.first() else { return Ok(()) };
    let style = kind_style(&first.design.row.kind, &digest.kinds);
    let points: Vec<_> = line.iter().map(|of| (of.payload_bits, of.accuracy.estimate)).collect();
    if points.len() > 1 {
        plot.line(&points, Stroke { colour: style.colour, width: 1.0 })?;
    }
    labels.avoid_path(&points.iter().map(|point| plot.pixel(*point)).collect::<Vec<_>>());
    for &Executed { design, payload_bits: x, accuracy: interval } in line {
        plot.vertical_bar(x, (interval.low, interval.high), style.colour)?;
        plot.sheet.marker(plot.pixel((x, interval.estimate)), style.marker, 4.0, style.colour)?;
        let (bits, share) = (Quantity::Bits.format(x), Quantity::Share.format(interval.estimate));
        plot.sheet.hint(plot.pixel((x, interval.estimate)), &format!("{}: {share} at {bits}", design.row.label));
        labels.avoid_marker(plot.pixel((x, interval.estimate)), 5.0);
        labels.avoid_path(&[plot.pixel((x, interval.low)), plot.pixel((x, interval.high))]);
    }
    Ok(())
}

/// Labels a point if there is room beside it; returns whether there was.
fn label(
    digest: &Digest<'_>,
    of: &Executed<'_, '_>,
    text: &str,
    plot: &Plot<'_, '_>,
    labels: &mut Labels,
) -> Result<bool, DrawError> {
    let colour = kind_style(&of.design.row.kind, &digest.kinds).colour;
    let point = plot.pixel((of.payload_bits, of.accuracy.estimate));
    labels.place(plot.sheet, text, point, Font::new(TICK).colour(colour))
}
