//! Energy per request by part, for every design point.

use super::draft::{Draft, Figure, Undrawn, left_out, replications_note};
use crate::digest::{Design, Digest};
use crate::figure::{
    Axis, BLUE, Drawn, Entry, Font, Frame, GREEN, GREY, HPos, INK, Key, MARGIN, ORANGE, PURPLE, Paper, Plot, RGBColor,
    SKY, Sheet, Stroke, TICK, VERMILLION, VPos, YELLOW, kind_style, text_width,
};
use crate::metric::{MetricOfDesigns, NOT_STEADY, Reading};
use crate::quantity::Quantity;
use cospike_results::metrics::ENERGY;

const NAME: &str = "energy-parts";
/// Height of a row, in pixels.
const ROW: f64 = 17.0;
/// Height of the title of a panel, in pixels.
const PANEL_TITLE: f64 = 20.0;
/// Distance between the panels, in pixels.
const GAP: f64 = 16.0;
/// Ratio of the width of a panel to its longest bar, so that the number beside the bar fits.
const ROOM: f64 = 1.6;

/// Number of panels: everything, and compute alone.
const PANELS: usize = 2;

/// Colours of the parts, in the order of their columns.
const COLOURS: [RGBColor; 13] = [
    SKY,
    BLUE,
    GREEN,
    ORANGE,
    GREY,
    RGBColor(0x77, 0x77, 0x77),
    RGBColor(0x99, 0x99, 0x99),
    RGBColor(0xCC, 0xCC, 0xCC),
    VERMILLION,
    PURPLE,
    YELLOW,
    RGBColor(0xA8, 0x6A, 0x3D),
    RGBColor(0xD2, 0xB0, 0x93),
];
/// Number of parts that are compute; they come first.
const COMPUTE: usize = 5;
/// Most rows: more fill no page that anybody reads.
const MOST_ROWS: usize = 60;

/// Draws stacked bars: everything on the left, compute alone on the right.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let present = |index: &usize| digest.designs.iter().any(|design| design.parts.get(*index) > Some(&0.0));
    let everything = digest.energy_parts.len();
    let present: Vec<usize> = (0..everything).filter(present).collect();
    if present.is_empty() {
        return Ok(None);
    }
    let entry =
        |index: &usize| Entry { key: Key::Swatch(COLOURS[*index]), text: digest.energy_parts[*index].label.to_owned() };
    let legend: Vec<Entry> = present.iter().map(entry).collect();
    let replications = replications_note(digest, |summary| &summary.energy_j);
    let rest = left_out(digest.designs.len().saturating_sub(MOST_ROWS), "design point", "behind these");
    let note = format!("All edge devices together, per answered request; {replications}.{rest}");
    let caption = format!(
        "Energy of all edge devices per answered request, by part: everything, and the compute of the head \
         alone, on its own scale. Static power and the idle radio are shared out over the requests, so \
         they depend on how often requests come. Black bars: {replications}.{rest}"
    );
    let band = PANEL_TITLE + digest.designs.len().min(MOST_ROWS) as f64 * ROW + 6.0 + Frame::BELOW;
    let bands = if paper.is_narrow() { PANELS } else { 1 };
    let height = bands as f64 * band;
    let draft =
        Draft { name: NAME, title: "Where the energy goes", note: &note, legend: &legend, caption, height, paper };
    draft.draw(|sheet, top| {
        let mut shown = digest.names(TICK, paper.longest_name());
        shown.truncate(MOST_ROWS);
        let names = shown.iter().map(|name| text_width(name, TICK)).fold(0.0, f64::max) + 22.0;
        let beside = PANELS / bands;
        let panel = (paper.width - 2.0 * MARGIN - names - (beside - 1) as f64 * GAP) / beside as f64;
        for band_top in (0..bands).map(|number| top + number as f64 * band) {
            row_names(digest, &shown, sheet, band_top + PANEL_TITLE)?;
        }
        [(everything, "Everything"), (COMPUTE, "Compute of the head alone")].iter().enumerate().try_for_each(
            |(index, &(parts, title))| {
                let left = MARGIN + names + (index % beside) as f64 * (panel + GAP);
                let top = top + (index / beside) as f64 * band;
                let bottom = top + band - Frame::BELOW;
                let frame = Frame { left, top: top + PANEL_TITLE, right: left + panel - 8.0, bottom };
                sheet.text(title, (left, top), Font::new(TICK).bold().anchor(HPos::Left, VPos::Top))?;
                bars(digest, parts, sheet, frame)
            },
        )
    })
}

fn row_names(digest: &Digest<'_>, names: &[String], sheet: &Sheet<'_>, top: f64) -> Drawn {
    digest.designs.iter().zip(names).enumerate().try_for_each(|(index, (design, name))| {
        let y = top + (index as f64 + 0.5) * ROW + 3.0;
        let style = kind_style(&design.row.kind, &digest.kinds);
        sheet.marker((MARGIN + 5.0, y), style.marker, 3.5, style.colour)?;
        sheet.text(name, (MARGIN + 14.0, y), Font::new(TICK))
    })
}

/// Draws the bars of the first `parts` parts.
fn bars(digest: &Digest<'_>, parts: usize, sheet: &Sheet<'_>, frame: Frame) -> Drawn {
    let everything = parts == digest.energy_parts.len();
    let shown = |design: &Design<'_>| design.parts.get(..parts).map(<[f64]>::to_vec).unwrap_or_default();
    let total = |design: &Design<'_>| shown(design).iter().sum::<f64>().clamp(-f64::MAX, f64::MAX);
    let interval = |design: &Design<'_>| {
        ENERGY.spread(design)?;
        design.summary.energy_j.interval.filter(|_| everything)
    };
    let end = |design: &Design<'_>| interval(design).map_or(total(design), |interval| interval.high.max(total(design)));
    let ends = digest.designs.iter().take(MOST_ROWS).map(|design| (end(design) * ROOM).min(f64::MAX));
    let plot = Plot { sheet, frame, x: Axis::from_zero(ENERGY.label, Quantity::Joules, ends), y: None };
    plot.axes()?;
    for (index, design) in digest.designs.iter().take(MOST_ROWS).enumerate() {
        let y = frame.top + (index as f64 + 0.5) * ROW + 3.0;
        if design.parts.is_empty() {
            let why = match design {
                failed if failed.row.failed_replications > 0 => "failed",
                overloaded if overloaded.is_overloaded() => "overloaded: grows with the run",
                _ => "no energy",
            };
            sheet.text(why, (frame.left + 5.0, y), Font::new(TICK).colour(GREY))?;
            continue;
        }
        let mut sum = 0.0;
        for (joules, colour) in shown(design).iter().zip(COLOURS) {
            if *joules > 0.0 {
                let from = (plot.column(sum), y - ROW / 2.0 + 2.5);
                sum += joules;
                sheet.rectangle(from, (plot.column(sum), y + ROW / 2.0 - 2.5), colour)?;
            }
        }
        let mut text = Quantity::Joules.format(total(design));
        if let Some(interval) = interval(design) {
            plot.horizontal_bar((interval.low, interval.high), y, INK)?;
            text = Quantity::Joules.format_margin(interval.estimate, interval.half_width());
        }
        if everything && let Reading::Unsteady(_) = ENERGY.reading(design) {
            text += &format!(" ({NOT_STEADY})");
        }
        sheet.text(&text, (plot.column(end(design)) + 6.0, y), Font::new(TICK))?;
    }
    sheet.path(&[(frame.left, frame.top), (frame.left, frame.bottom)], Stroke { colour: INK, width: 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cospike_results::rows::ReplicationRow;
    use std::collections::BTreeSet;

    #[test]
    fn every_part_has_a_colour_of_its_own_and_compute_comes_first() {
        let parts = ReplicationRow::energy_parts();
        let compute = ["energy_ac_j", "energy_mac_j", "energy_neuron_j", "energy_memory_j", "energy_other_j"];
        assert_eq!(parts[..COMPUTE].iter().map(|part| &*part.name).collect::<Vec<_>>(), compute);
        let colours: BTreeSet<_> = COLOURS.map(|RGBColor(red, green, blue)| [red, green, blue]).into();
        assert_eq!((parts.len(), colours.len()), (COLOURS.len(), COLOURS.len()));
    }
}
