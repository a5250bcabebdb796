//! Figures of a report, one file each.

mod accuracy;
mod cells;
mod claimed_losses;
mod density;
mod designs;
mod differences;
mod draft;
mod energy_parts;
mod energy_ratios;
mod heat;
mod heat_map;
mod latency;
mod marks;
mod panels;
mod pareto;
mod price_lists;
mod rows;
mod series;
mod swept;
mod time_line;
mod zoo;

pub(crate) use cells::Cells;
pub(crate) use claimed_losses::{ClaimedLoss, claimed_losses_figure};
pub use density::{DensityLine, density_figure};
pub(crate) use differences::{Change, Differences, differences_figure};
pub(crate) use draft::Figure;
pub(crate) use energy_ratios::{EnergyRatio, energy_ratios_figure};
pub(crate) use heat::name as heat_name;
pub(crate) use marks::Marks;
pub(crate) use series::{Series, SeriesPoint};
pub(crate) use swept::name as swept_name;
pub(crate) use zoo::zoo_figure;

use crate::digest::Digest;
use crate::error::ReportError;
use crate::figure::Paper;
use draft::Undrawn;

/// Draws every figure for which the study has data on `paper`, in the order of the page.
///
/// # Errors
/// [`ReportError::Drawing`].
pub(crate) fn all(digest: &Digest<'_>, paper: Paper) -> Result<Vec<Figure>, ReportError> {
    type Draw = fn(&Digest<'_>, Paper) -> Result<Option<Figure>, Undrawn>;
    let figures: [Draw; 8] = [
        time_line::draw,
        designs::draw,
        accuracy::draw,
        heat_map::draw,
        pareto::draw,
        energy_parts::draw,
        price_lists::draw,
        latency::draw,
    ];
    let mut all = swept::draw_all(digest, paper)?;
    all.extend(heat::draw_all(digest, paper)?);
    for draw in figures {
        all.extend(draw(digest, paper)?);
    }
    Ok(all)
}
