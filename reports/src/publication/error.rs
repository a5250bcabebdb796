//! Reasons why a figure for print cannot be drawn.

use crate::column::UnknownColumn;
use crate::error::ReportError;

/// Reason why a figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublicationError {
    /// The results cannot be read as a study.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Name that no column has.
    #[error(transparent)]
    UnknownColumn(#[from] UnknownColumn),
    /// Words where numbers are needed.
    #[error("column `{column}` holds words, but {place} needs numbers{help}")]
    Words {
        /// Name of the column.
        column: String,
        /// What needs numbers, such as `the vertical axis`.
        place: &'static str,
        /// What to do instead, after a colon; or nothing.
        help: &'static str,
    },
    /// An order of words.
    #[error("`{column}` and `{value}` are not both numbers, and words have no order: compare them with `=` or `!=`")]
    NoOrder {
        /// Name of the column.
        column: String,
        /// Value of the filter.
        value: String,
    },
    /// A heat map without one column that colours it.
    #[error("a heat map is coloured by one column, not by {0}: name it with `--by`, such as `--by correct`")]
    Colours(usize),
    /// No design point is left, or none has all values.
    #[error("no design point {0}")]
    Nothing(&'static str),
    /// Several design points at the same place.
    #[error(
        "design points `{first}` and `{second}` are at the same place of {place}: they differ in {differ}; \
             add it to `--by`, or choose one value with `--where`"
    )]
    SamePlace {
        /// Label of one of them.
        first: String,
        /// Label of another one.
        second: String,
        /// Line or cell.
        place: String,
        /// Keys in which they differ.
        differ: String,
    },
    /// Too many lines to be told apart.
    #[error(
        "{lines} lines cannot be told apart, at most {most} can: choose some with `--where`, or name fewer columns with `--by`"
    )]
    Lines {
        /// Number of lines.
        lines: usize,
        /// Most lines of a figure.
        most: usize,
    },
    /// No room for the data.
    #[error(
        "axes and legend leave {width:.0} x {height:.0} mm for the data: make the figure larger or the font smaller"
    )]
    Room {
        /// Width that is left, in millimetres.
        width: f64,
        /// Height that is left, in millimetres.
        height: f64,
    },
    /// Letter that the font lacks.
    #[error(
        "the font of figures, DejaVu Sans, has no letter `{0}`: give the axis another title, or the file another form"
    )]
    Letter(String),
    /// Image of too many pixels.
    #[error("{width} x {height} pixels are too many for an image: ask for fewer with `--dpi`, or for SVG or PDF")]
    Pixels {
        /// Pixels across.
        width: f64,
        /// Pixels down.
        height: f64,
    },
    /// A library could not draw.
    #[error("the figure cannot be drawn: {0}")]
    Drawing(String),
}

/// The failure of a library, as a reason.
pub(super) fn failed(error: impl std::fmt::Display) -> PublicationError {
    PublicationError::Drawing(error.to_string())
}
