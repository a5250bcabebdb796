//! What a figure for print shall show.

use super::filter::Filter;
use super::size::PaperSize;

/// How the values of design points are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines over numbers, with bands of the intervals.
    Line,
    /// Dots over numbers or words, with bars of the intervals.
    Dots,
    /// Cells over two columns, coloured by a third.
    HeatMap,
}

/// What is drawn, and how large.
#[derive(Clone, Debug)]
pub struct Publication {
    /// How the values are drawn.
    pub form: Form,
    /// Name of the column across: a swept key, a metric, `kind`, `payload_bits` or `offline_accuracy`.
    pub x: String,
    /// Name of the column upwards.
    pub y: String,
    /// Names of the columns that tell lines apart; without any, all others that vary. Of a heat map, the one that colours its cells.
    pub by: Vec<String>,
    /// Filters, all of which a design point has to pass.
    pub filters: Vec<Filter>,
    /// Size of the figure.
    pub size: PaperSize,
    /// Font size of the titles of axes and of the legend, in points; ticks are a tenth smaller.
    pub font: f64,
    /// Title of the horizontal axis in the place of the column's name.
    pub x_label: Option<String>,
    /// Title of the vertical axis in the place of the column's name.
    pub y_label: Option<String>,
}
