//! What papers claim of lost accuracy, beside what was found: a row per claim.

use super::draft::{Draft, Figure};
use super::rows::{Rows, middle};
use crate::error::ReportError;
use crate::figure::{
    Axis, BLUE, Drawn, Entry, Frame, INK, Key, Marker, Paper, Plot, Sheet, Stroke, TICK, VERMILLION, shorten,
};
use crate::quantity::Quantity;
use cospike_sim_core::stats::{ClaimVerdict, Interval};

/// A claim that an accuracy is lost by at most so much.
pub(crate) struct ClaimedLoss {
    /// Number and source of the claim.
    pub(crate) name: String,
    /// Most that is lost by the claim, in points.
    pub(crate) claimed: f64,
    /// What is lost here, in points, with its 95 % interval.
    pub(crate) found: Interval,
    pub(crate) verdict: ClaimVerdict,
}

/// Draws the claims; `None` if there are none.
///
/// # Errors
/// [`ReportError::Drawing`].
pub(crate) fn claimed_losses_figure(claims: &[ClaimedLoss]) -> Result<Option<Figure>, ReportError> {
    if claims.is_empty() {
        return Ok(None);
    }
    let paper = Paper::PAGE;
    let title = "Lost accuracy: what is claimed, and what is found here";
    let note = "A row per claim, in its nearest setting here, with 95 % intervals; numbers are those of the table. A claim is held where the \
                whole interval is to the left of its diamond, or on it.";
    let names = claims.iter().map(|claim| shorten(&claim.name, TICK, paper.longest_name())).collect();
    let layout = Rows { names, panels: 1, paper };
    let draft = Draft {
        name: "paper-losses",
        title,
        note,
        legend: &legend(),
        caption: format!("{title}. {note}"),
        height: layout.height(),
        paper,
    };
    let drawn = draft.draw(|sheet, top| layout.draw(sheet, top, |_, frame| panel(claims, sheet, frame)));
    drawn.map_err(ReportError::from)
}

fn legend() -> [Entry; 3] {
    [
        (Key::Marker(Marker::Diamond, VERMILLION), "claimed at most"),
        (Key::Marker(Marker::Circle, BLUE), "found here, held or refuted"),
        (Key::Ring(BLUE), "found here, unresolved"),
    ]
    .map(|(key, text)| Entry { key, text: text.to_owned() })
}

fn panel(claims: &[ClaimedLoss], sheet: &Sheet<'_>, frame: Frame) -> Drawn {
    let ends = claims.iter().flat_map(|claim| [claim.claimed, claim.found.low, claim.found.high]);
    let x = Axis::linear("Accuracy lost, in points", Quantity::Number, ends.chain([0.0]));
    let plot = Plot { sheet, frame, x, y: None };
    plot.axes()?;
    let none = plot.column(0.0);
    sheet.path(&[(none, frame.top), (none, frame.bottom)], Stroke { colour: INK, width: 1.0 })?;
    claims.iter().enumerate().try_for_each(|(row, claim)| mark(claim, &plot, middle(frame.top, row)))
}

fn mark(claim: &ClaimedLoss, plot: &Plot<'_, '_>, y: f64) -> Drawn {
    let ClaimedLoss { claimed, found, verdict, .. } = claim;
    plot.horizontal_bar((found.low, found.high), y, BLUE)?;
    let at = (plot.column(found.estimate), y);
    match verdict {
        ClaimVerdict::Unresolved => plot.sheet.ring(at, 4.0, Stroke { colour: BLUE, width: 1.4 })?,
        ClaimVerdict::Held | ClaimVerdict::Refuted => plot.sheet.marker(at, Marker::Circle, 4.0, BLUE)?,
    }
    plot.sheet.marker((plot.column(*claimed), y), Marker::Diamond, 4.5, VERMILLION)
}
