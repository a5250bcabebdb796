//! Accuracy against payload.

use super::{Figure, Plan, count_range, family_legend};
use crate::digest::{Design, Digest};
use crate::figure::{
    Axis, DrawError, Drawn, Entry, Font, Frame, Key, Labels, MARGIN, Plot, Sheet, Stroke, TICK, WIDTH, family_style,
};
use crate::quantity::Quantity;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "accuracy-payload";
const HEIGHT: f64 = 330.0;

/// Offline accuracy of every network that sends anything.
pub(super) fn draw(digest: &Digest<'_>) -> Result<Option<Figure>, (&'static str, DrawError)> {
    let sending: Vec<&Design<'_>> = digest.networks().filter(|design| design.row.payload_bits > 0.0).collect();
    if sending.is_empty() {
        return Ok(None);
    }
    let backbones = digest.backbones();
    let mut legend = family_legend(digest);
    for design in &backbones {
        let colour = family_style(&design.row.family, &digest.families).colour;
        let accuracy = Quantity::Share.format(design.accuracy.estimate);
        legend.push(Entry {
            key: Key::Dashes(colour),
            text: format!("{} backbone, unsplit: {accuracy}", design.row.family),
        });
    }
    let samples = count_range(sending.iter().map(|design| u64::from(design.row.samples)));
    let note = format!("Nothing lost on the way. Each point: {samples} samples; bars are 95 % Wilson intervals.");
    let caption = format!(
        "Accuracy against the mean payload of a request, nothing lost, on {samples} samples per point. Bars are 95 % \
         Wilson intervals. Lines join the widths of one split point; labels name the split point and the width (w). \
         Where a label would cover something else, it is left out; the table of design points lists every one."
    );
    let title = "Accuracy against payload";
    let plan = Plan { name: NAME, title, note: &note, legend: &legend, caption, height: HEIGHT };
    plan.draw(|sheet, top| body(digest, &sending, &backbones, sheet, top))
}

fn body(digest: &Digest<'_>, sending: &[&Design<'_>], backbones: &[&Design<'_>], sheet: &Sheet<'_>, top: f64) -> Drawn {
    let payloads = sending.iter().map(|design| design.row.payload_bits);
    let ends = sending.iter().flat_map(|design| [design.accuracy.low, design.accuracy.high]);
    let ends = ends.chain(backbones.iter().map(|design| design.accuracy.estimate));
    let frame = Frame { left: MARGIN + Frame::LEFT, top, right: WIDTH - MARGIN, bottom: top + HEIGHT - Frame::BELOW };
    let plot = Plot {
        sheet,
        frame,
        x: Axis::log("Payload per request", Quantity::Bits, payloads),
        y: Some(Axis::linear("Accuracy", Quantity::Share, ends)),
    };
    plot.axes()?;
    let mut labels = Labels::within(frame);
    for design in backbones {
        let (colour, y) = (family_style(&design.row.family, &digest.families).colour, design.accuracy.estimate);
        let (_, y) = plot.at((sending[0].row.payload_bits, y));
        sheet.dashes(&[(frame.left, y), (frame.right, y)], Stroke { colour, width: 1.2 })?;
        labels.avoid_path(&[(frame.left, y), (frame.right, y)]);
    }
    let groups = by_split(digest, sending);
    for group in &groups {
        draw_group(digest, group, &plot, &mut labels)?;
    }
    // One end of each line is named in full, before the widths take the room.
    let mut named = BTreeSet::new();
    for group in &groups {
        for end in [group.last(), group.first()].into_iter().flatten() {
            if label(digest, end, &digest.place(end), &plot, &mut labels)? {
                named.insert(end.row.network);
                break;
            }
        }
    }
    for design in groups.iter().flatten().filter(|design| !named.contains(&design.row.network)) {
        if let Some(width) = design.row.width {
            label(digest, design, &format!("w{width}"), &plot, &mut labels)?;
        }
    }
    Ok(())
}

/// The networks that differ in width alone, by payload.
fn by_split<'d, 'a>(digest: &Digest<'a>, sending: &[&'d Design<'a>]) -> Vec<Vec<&'d Design<'a>>> {
    let mut groups: BTreeMap<_, Vec<&Design<'_>>> = BTreeMap::new();
    for &design in sending {
        // Features that cross as they are belong to no series of widths.
        let alone = design.row.width.is_none().then_some(design.row.network);
        groups.entry((digest.panel(design), &design.row.split, alone)).or_default().push(design);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.iter_mut().for_each(|group| group.sort_by(|a, b| a.row.payload_bits.total_cmp(&b.row.payload_bits)));
    groups
}

fn draw_group(digest: &Digest<'_>, group: &[&Design<'_>], plot: &Plot<'_, '_>, labels: &mut Labels) -> Drawn {
    let Some(first) = group.first() else { return Ok(()) };
    let style = family_style(&first.row.family, &digest.families);
    let points: Vec<_> = group.iter().map(|design| (design.row.payload_bits, design.accuracy.estimate)).collect();
    if points.len() > 1 {
        plot.line(&points, Stroke { colour: style.colour, width: 1.0 })?;
    }
    labels.avoid_path(&points.iter().map(|point| plot.at(*point)).collect::<Vec<_>>());
    for design in group {
        let (x, interval) = (design.row.payload_bits, design.accuracy);
        plot.vertical_bar(x, (interval.low, interval.high), style.colour)?;
        plot.sheet.marker(plot.at((x, interval.estimate)), style.marker, 4.0, style.colour)?;
        labels.avoid(plot.at((x, interval.estimate)), 5.0, 5.0);
        labels.avoid_path(&[plot.at((x, interval.low)), plot.at((x, interval.high))]);
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
    let colour = family_style(&design.row.family, &digest.families).colour;
    let point = plot.at((design.row.payload_bits, design.accuracy.estimate));
    labels.place(plot.sheet, text, point, Font::new(TICK).colour(colour))
}
