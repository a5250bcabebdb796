//! How many times the energy of a spiking network its twin takes, under every price list: a row per list.

use super::draft::{Draft, Figure};
use super::rows::{Rows, middle};
use crate::error::ReportError;
use crate::figure::{
    Axis, DrawError, Drawn, Entry, Frame, GREY, INK, Key, LINES, Marker, PAPER, Paper, Plot, RGBColor, Sheet, Stroke,
    TICK, shorten,
};
use crate::quantity::{Quantity, fixed};
use cospike_sim_core::inference::Convention;
use cospike_sim_core::stats::Interval;

/// Energy of a network on real values over that of its spiking twin.
pub(crate) struct EnergyRatio<'a> {
    pub(crate) list: &'a str,
    pub(crate) architecture: &'a str,
    pub(crate) convention: Convention,
    /// The ratio with its 95 % interval.
    pub(crate) ratio: Interval,
}

/// Distance between the markers of two architectures in a row, in pixels.
const STEP: f64 = 7.0;

/// Draws ratios, beside those that papers claim; `None` if there are none.
///
/// # Errors
/// [`ReportError::Drawing`].
pub(crate) fn energy_ratios_figure(ratios: &[EnergyRatio<'_>], claimed: &[f64]) -> Result<Option<Figure>, ReportError> {
    let lists = distinct(ratios.iter().map(|ratio| ratio.list));
    let architectures = distinct(ratios.iter().map(|ratio| ratio.architecture));
    if lists.is_empty() {
        return Ok(None);
    }
    let paper = Paper::PAGE;
    let title = "Compute energy, float over spiking, under every price list";
    let note = "Head and encoder of the widest unit at the last split point. Filled: a machine that computes with the zeros of real \
                values; hollow: one that skips them; with 95 % intervals over images. To the left of 1 the \
                float network takes less. Under lists for few bits, the quantised network takes its place.";
    let names = lists.iter().map(|list| shorten(list, TICK, paper.longest_name())).collect();
    let layout = Rows { names, panels: 1, paper };
    let draft = Draft {
        name: "paper-energy",
        title,
        note,
        legend: &legend(&architectures, claimed),
        caption: format!("{title}. {note}"),
        height: layout.height(),
        paper,
    };
    let drawn = draft.draw(|sheet, top| {
        layout.draw(sheet, top, |_, frame| {
            let plot = plot(ratios, claimed, sheet, frame)?;
            for (row, list) in lists.iter().enumerate() {
                for (place, architecture) in architectures.iter().enumerate() {
                    let of_them = |ratio: &&EnergyRatio<'_>| {
                        let is_drawn = ratio.convention != Convention::WithBorders;
                        is_drawn && (ratio.list, ratio.architecture) == (*list, *architecture)
                    };
                    let own: Vec<_> = ratios.iter().filter(of_them).collect();
                    let shift = (place as f64 - (architectures.len() as f64 - 1.0) / 2.0) * STEP;
                    marks(&own, &plot, middle(frame.top, row) + shift, colour(place))?;
                }
            }
            Ok(())
        })
    });
    drawn.map_err(ReportError::from)
}

/// The names without repetitions, in their order.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = vec![];
    names.for_each(|name| {
        if !all.contains(&name) {
            all.push(name);
        }
    });
    all
}

fn colour(place: usize) -> RGBColor {
    LINES[place % LINES.len()]
}

fn legend(architectures: &[&str], claimed: &[f64]) -> Vec<Entry> {
    let names = architectures.iter().enumerate();
    let entry = |(place, name): (usize, &&str)| Entry {
        key: Key::Marker(Marker::Circle, colour(place)),
        text: (*name).to_owned(),
    };
    let claimed: Vec<String> = claimed.iter().map(|ratio| format!("{}x", fixed(*ratio, 0))).collect();
    let claims = Entry { key: Key::Dashes(GREY), text: format!("claimed: {}", claimed.join(", ")) };
    names.map(entry).chain([claims]).collect()
}

/// Draws the axis, and lines at equal energies and at the claimed ratios.
fn plot<'s, 'a>(
    ratios: &[EnergyRatio<'_>],
    claimed: &[f64],
    sheet: &'s Sheet<'a>,
    frame: Frame,
) -> Result<Plot<'s, 'a>, DrawError> {
    let values = ratios.iter().map(|ratio| ratio.ratio.estimate).chain(claimed.iter().copied()).chain([1.0]);
    let x = Axis::log("Energy of the float network over that of the spiking one", Quantity::Number, values);
    let plot = Plot { sheet, frame, x, y: None };
    plot.axes()?;
    let ends = |value: f64| [frame.top, frame.bottom].map(|y| (plot.column(value), y));
    sheet.path(&ends(1.0), Stroke { colour: INK, width: 1.0 })?;
    claimed.iter().try_for_each(|ratio| sheet.dashes(&ends(*ratio), Stroke { colour: GREY, width: 1.4 }))?;
    Ok(plot)
}

/// Joins the ratios with zeros computed and skipped of one architecture and list.
fn marks(own: &[&EnergyRatio<'_>], plot: &Plot<'_, '_>, y: f64, colour: RGBColor) -> Drawn {
    own.iter().try_for_each(|ratio| plot.horizontal_bar((ratio.ratio.low, ratio.ratio.high), y, colour))?;
    let at = |wanted: Convention| {
        let found = own.iter().find(|ratio| ratio.convention == wanted)?;
        Some((plot.column(found.ratio.estimate), y))
    };
    let (computed, skipped) = (at(Convention::Inside), at(Convention::NonZero));
    if let (Some(computed), Some(skipped)) = (computed, skipped) {
        plot.sheet.path(&[computed, skipped], Stroke { colour, width: 1.2 })?;
    }
    computed.map_or(Ok(()), |at| plot.sheet.marker(at, Marker::Circle, 3.4, colour))?;
    skipped.map_or(Ok(()), |at| {
        plot.sheet.marker(at, Marker::Circle, 3.4, PAPER)?;
        plot.sheet.ring(at, 3.4, Stroke { colour, width: 1.4 })
    })
}
