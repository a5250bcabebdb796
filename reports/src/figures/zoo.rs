//! Accuracy against payload of the units of a zoo.

use super::draft::{Draft, Figure};
use super::panels::Layout;
use crate::error::ReportError;
use crate::figure::{
    Axis, Drawn, Entry, Font, HPos, Key, LABEL, Labels, Marker, Paper, Plot, RGBColor, Stroke, Style, TICK, VPos,
    kind_style,
};
use crate::names;
use crate::quantity::Quantity;
use cospike_models::zoo::{Branch, PLAIN, Series, Spread, splits};

/// Series with its measurements: width, mean payload in bits and accuracy.
struct Line<'a> {
    series: &'a Series<'a>,
    points: Vec<(u32, f64, Spread)>,
}

/// Draws the units of one architecture, a panel for each split point; `None` if no kind was measured
/// at several widths: points without lines say no more than the page's table.
///
/// # Errors
/// [`ReportError::Drawing`].
pub(crate) fn zoo_figure(architecture: &str, branches: &[&Branch<'_>]) -> Result<Option<Figure>, ReportError> {
    let lines: Vec<Line<'_>> = branches
        .iter()
        .flat_map(|branch| &branch.series)
        .map(Line::new)
        .filter(|line| !line.points.is_empty())
        .collect();
    if lines.iter().all(|line| line.points.len() < 2) {
        return Ok(None);
    }
    let splits = splits(lines.iter().map(|line| line.series));
    let unsplit: Vec<(String, f64, RGBColor)> = branches.iter().filter_map(|branch| unsplit(branch)).collect();
    let bits = lines.iter().flat_map(|line| line.points.iter().map(|(_, bits, _)| *bits));
    let x = Axis::log(names::PAYLOAD, Quantity::Bits, bits);
    let layout = Layout { panels: splits.len(), paper: Paper::PAGE };
    let note = "Lines join the widths (w) of the bottleneck unit. Points are means over training seeds, bars reach from the \
                lowest to the highest. Each panel has its own scale of accuracy.";
    let title = format!("Accuracy against payload: {architecture}");
    let caption =
        format!("{title}: test accuracy against the mean payload of a request, one panel per split point. {note}");
    let name = format!("zoo-{}", architecture.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let draft = Draft {
        name: &name,
        title: &title,
        note,
        legend: &legend(&lines, &unsplit),
        caption,
        height: layout.height(),
        paper: Paper::PAGE,
    };
    let drawn = draft.draw(|sheet, top| {
        splits.iter().enumerate().try_for_each(|(index, split)| {
            let own: Vec<&Line<'_>> = lines.iter().filter(|line| line.series.split == *split).collect();
            let plot =
                Plot { sheet, frame: layout.frame(index, top), x: x.clone(), y: Some(accuracies(&own, &unsplit)) };
            panel(&plot, split, &own, &unsplit)
        })
    });
    drawn.map_err(ReportError::from)
}

impl<'a> Line<'a> {
    fn new(series: &'a Series<'a>) -> Self {
        let points = series.widths.keys().filter_map(|&width| {
            let (accuracy, bits) = series.accuracy_and_payload(width)?;
            Some((width, bits, accuracy))
        });
        Self { series, points: points.collect() }
    }

    /// Style of the line: the colour of the kind, and a marker of its own for a variant.
    fn style(&self) -> Style {
        let plain = kind_style(self.series.kind.name(), &[]);
        if self.is_plain() { plain } else { Style { marker: Marker::Diamond, ..plain } }
    }

    fn is_plain(&self) -> bool {
        self.series.variant == PLAIN
    }

    fn draw(&self, plot: &Plot<'_, '_>, labels: &mut Labels) -> Drawn {
        let Style { colour, marker } = self.style();
        let path: Vec<_> = self.points.iter().map(|(_, bits, accuracy)| plot.pixel((*bits, accuracy.mean))).collect();
        let stroke = Stroke { colour, width: 1.0 };
        if self.is_plain() {
            plot.sheet.path(&path, stroke)?;
        } else {
            plot.sheet.dashes(&path, stroke)?;
        }
        labels.avoid_path(&path);
        for ((_, bits, accuracy), &at) in self.points.iter().zip(&path) {
            if accuracy.count > 1 {
                plot.vertical_bar(*bits, (accuracy.low, accuracy.high), colour)?;
                labels.avoid_path(&[plot.pixel((*bits, accuracy.low)), plot.pixel((*bits, accuracy.high))]);
            }
            plot.sheet.marker(at, marker, 4.0, colour)?;
            labels.avoid_marker(at, 5.0);
        }
        Ok(())
    }
}

/// Legend text, accuracy and colour of an unsplit backbone that was measured.
fn unsplit(branch: &Branch<'_>) -> Option<(String, f64, RGBColor)> {
    let metadata = &branch.backbone?.metadata;
    let (accuracy, family) = (metadata.claim()?.accuracy(), metadata.family.name());
    let text = format!("{family}, unsplit: {:.2}\u{a0}%", 100.0 * accuracy);
    Some((text, accuracy, kind_style(family, &[]).colour))
}

/// Vertical axis of one panel.
fn accuracies(lines: &[&Line<'_>], unsplit: &[(String, f64, RGBColor)]) -> Axis {
    let points = lines.iter().flat_map(|line| &line.points);
    let ends = points.flat_map(|(.., accuracy)| [accuracy.low, accuracy.high]);
    Axis::linear(names::ACCURACY, Quantity::Share, ends.chain(unsplit.iter().map(|(_, accuracy, _)| *accuracy)))
}

fn legend(lines: &[Line<'_>], unsplit: &[(String, f64, RGBColor)]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = vec![];
    let mut series: Vec<&Line<'_>> = lines.iter().collect();
    series.sort_by_key(|line| (!line.is_plain(), line.series.kind));
    for line in series {
        let Style { colour, marker } = line.style();
        let entry = Entry { key: Key::Marker(marker, colour), text: line.series.name() };
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    let dashes = |(text, _, colour): &(String, f64, RGBColor)| Entry { key: Key::Dashes(*colour), text: text.clone() };
    entries.extend(unsplit.iter().map(dashes));
    entries
}

fn panel(plot: &Plot<'_, '_>, split: &str, lines: &[&Line<'_>], unsplit: &[(String, f64, RGBColor)]) -> Drawn {
    let (sheet, frame) = (plot.sheet, plot.frame);
    plot.axes()?;
    sheet.text(split, (frame.left, frame.top - 3.0), Font::new(LABEL).bold().anchor(HPos::Left, VPos::Bottom))?;
    let mut labels = Labels::within(frame);
    for (_, accuracy, colour) in unsplit {
        let (_, y) = plot.pixel((1.0, *accuracy));
        let ends = [(frame.left, y), (frame.right, y)];
        sheet.dashes(&ends, Stroke { colour: *colour, width: 1.2 })?;
        labels.avoid_path(&ends);
    }
    lines.iter().try_for_each(|line| line.draw(plot, &mut labels))?;
    for line in lines {
        for (width, bits, accuracy) in &line.points {
            let font = Font::new(TICK).colour(line.style().colour);
            labels.place(sheet, &format!("w{width}"), plot.pixel((*bits, accuracy.mean)), font)?;
        }
    }
    Ok(())
}
