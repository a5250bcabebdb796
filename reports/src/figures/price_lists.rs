//! Compute energy of the head under every price list.

use super::draft::{Draft, Figure, Undrawn, kind_legend, left_out, unexecuted_note};
use crate::digest::{Design, Digest};
use crate::figure::{
    Axis, BAND, Drawn, Font, Frame, GREY, HPos, LABEL, MARGIN, Paper, Plot, Sheet, TICK, VPos, kind_style, shorten,
    text_width,
};
use crate::quantity::{Quantity, fixed};
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "price-lists";
/// Height of a row, in pixels.
const ROW: f64 = 19.0;
/// Height of the heading of a price list, in pixels.
const LIST: f64 = 24.0;
/// Height of the titles above the ratios, in pixels.
const COLUMN_TITLES: f64 = 36.0;
/// Width of a column of ratios, in pixels.
const COLUMN: f64 = 106.0;
/// Space between the plot and the columns of ratios, in pixels.
const GAP: f64 = 12.0;

/// Draws one row per price list and split point, the widths of a kind side by side in it.
pub(super) fn draw(digest: &Digest<'_>, paper: Paper) -> Result<Option<Figure>, Undrawn> {
    let lists: BTreeSet<&str> = digest.networks().flat_map(|design| design.compute.keys().copied()).collect();
    let priced = |design: &&Design<'_>| design.compute.values().any(|joules| *joules > 0.0);
    let mut splits: Vec<&str> = Vec::new();
    for design in digest.networks().filter(priced) {
        if !splits.contains(&design.row.split.as_str()) {
            splits.push(&design.row.split);
        }
    }
    if splits.is_empty() || !digest.compute_matters() {
        return Ok(None);
    }
    let idle = digest.executed().filter(|of| !priced(&of.design)).count();
    let left_out =
        format!("{}{}", left_out(idle, "network", "that compute nothing on the edge"), unexecuted_note(digest));
    let note = format!(
        "Mean energy of one sample's head by price list; one marker per network. Published prices disagree: compare \
         within one list only.{left_out}"
    );
    let has_ratios = !digest.pairs.is_empty() && !paper.is_narrow();
    let ratios = if !has_ratios {
        ""
    } else {
        " The ratios on the right are those of networks that differ in nothing but the kind, the smallest and the largest where \
         there are several, first as drawn, then on a machine that skips zeros; they are exact for the counts of this study's samples and carry the error of \
         the prices."
    };
    let caption = format!(
        "Mean compute energy of the head per sample, under each price list, by split point; every marker is one \
         network, so the widths of a kind lie side by side. Published estimators disagree by orders of magnitude, \
         so only ratios within one price list mean anything. Drawn is a machine that computes with the zeros of real-valued \
         layers. A list for numbers of few bits prices the operations of the network as this study executed it, whatever its bits \
         (`cospike energy` executes the bits that are priced). A network is not drawn under a list that has no price for \
         something it does.{ratios}{left_out}"
    );
    let legend = kind_legend(digest);
    let height = COLUMN_TITLES + lists.len() as f64 * (LIST + splits.len() as f64 * ROW) + 6.0 + Frame::BELOW;
    let title = "Compute energy under different price lists";
    let draft = Draft { name: NAME, title, note: &note, legend: &legend, caption, height, paper };
    draft.draw(|sheet, top| {
        let names = splits.iter().map(|split| text_width(split, TICK)).fold(0.0, f64::max).min(140.0) + 20.0;
        let ratios = if has_ratios { GAP + 2.0 * COLUMN } else { GAP };
        let bottom = top + height - Frame::BELOW;
        let frame =
            Frame { left: MARGIN + names, top: top + COLUMN_TITLES, right: paper.width - MARGIN - ratios, bottom };
        body((digest, paper), &lists, &splits, sheet, frame)
    })
}

fn body(
    (digest, paper): (&Digest<'_>, Paper),
    lists: &BTreeSet<&str>,
    splits: &[&str],
    sheet: &Sheet<'_>,
    frame: Frame,
) -> Drawn {
    let joules = digest.networks().flat_map(|design| design.compute.values().copied());
    let plot = Plot { sheet, frame, x: Axis::log("Energy per sample", Quantity::Joules, joules), y: None };
    plot.axes()?;
    let has_ratios = !digest.pairs.is_empty() && !paper.is_narrow();
    if has_ratios {
        let font = Font::new(TICK).bold().anchor(HPos::Left, VPos::Bottom);
        let [computed, skipped] = columns(frame);
        sheet.text("spiking ÷ other, zeros", (computed, frame.top - 17.0), font)?;
        sheet.text("computed", (computed, frame.top - 2.0), font)?;
        sheet.text("skipped", (skipped, frame.top - 2.0), font)?;
    }
    let mut y = frame.top;
    for list in lists {
        sheet.rectangle((MARGIN, y + 2.0), (paper.width - MARGIN, y + LIST - 3.0), BAND)?;
        let name = shorten(list, LABEL * 1.1, paper.width - 2.0 * MARGIN - 12.0);
        sheet.text(&name, (MARGIN + 6.0, y + LIST / 2.0 - 0.5), Font::new(LABEL).bold())?;
        y += LIST;
        for split in splits {
            row(digest, list, split, &plot, y + ROW / 2.0)?;
            if has_ratios {
                row_ratios(digest, list, split, &plot, y + ROW / 2.0)?;
            }
            y += ROW;
        }
    }
    Ok(())
}

fn row(digest: &Digest<'_>, list: &str, split: &str, plot: &Plot<'_, '_>, y: f64) -> Drawn {
    let left = plot.frame.left;
    plot.sheet.text(
        &shorten(split, TICK, 140.0),
        (left - 8.0, y),
        Font::new(TICK).anchor(HPos::Right, VPos::Center),
    )?;
    let step = 8.0 / digest.kinds.len().max(2) as f64;
    for design in digest.networks().filter(|design| design.row.split == split) {
        let Some(joules) = design.compute.get(list).filter(|joules| **joules > 0.0) else { continue };
        let kind = digest.kinds.iter().take_while(|kind| **kind != design.row.kind).count();
        let shift = (kind as f64 - (digest.kinds.len() as f64 - 1.0) / 2.0) * step;
        let style = kind_style(&design.row.kind, &digest.kinds);
        plot.sheet.marker((plot.column(*joules), y + shift), style.marker, 3.6, style.colour)?;
    }
    Ok(())
}

/// Writes the ratios of a row beside the plot.
fn row_ratios(digest: &Digest<'_>, list: &str, split: &str, plot: &Plot<'_, '_>, y: f64) -> Drawn {
    let [computed, skipped] = columns(plot.frame);
    let write = |text: Option<String>, x| match text {
        Some(text) => plot.sheet.text(&text, (x, y), Font::new(TICK).colour(GREY)),
        None => Ok(()),
    };
    write(ratios(digest, (list, split), |design| &design.compute), computed)?;
    write(ratios(digest, (list, split), |design| &design.compute_skipping), skipped)
}

/// Left edges of the columns of ratios beside the plot.
fn columns(frame: Frame) -> [f64; 2] {
    [frame.right + GAP, frame.right + GAP + COLUMN]
}

/// Smallest and largest ratio of spiking to other networks that differ in nothing but the kind.
fn ratios<'d>(
    digest: &'d Digest<'_>,
    (list, split): (&str, &str),
    compute: impl Fn(&'d Design<'_>) -> &'d BTreeMap<&'d str, f64>,
) -> Option<String> {
    let mut seen = BTreeSet::new();
    let ratios: Vec<f64> = digest
        .pairs
        .iter()
        .map(|pair| (&digest.designs[pair.spiking], &digest.designs[pair.baseline]))
        .filter(|(spiking, _)| spiking.row.split == split)
        .filter(|(spiking, baseline)| seen.insert((spiking.row.network, baseline.row.network)))
        .filter_map(|(spiking, baseline)| {
            let (one, other) = (compute(spiking).get(list)?, compute(baseline).get(list)?);
            (*other > 0.0).then(|| one / other).filter(|ratio| ratio.is_finite())
        })
        .collect();
    let low = ratios.iter().copied().reduce(f64::min)?;
    let high = ratios.iter().copied().reduce(f64::max)?;
    let (from, to) = (ratio(low), ratio(high));
    Some(if from == to { from } else { format!("{from} to {to}") })
}

fn ratio(value: f64) -> String {
    let decimals = if value >= 10.0 {
        1
    } else if value >= 0.1 {
        2
    } else {
        4
    };
    fixed(value, decimals)
}
