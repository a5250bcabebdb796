//! Reasons why a report cannot be made.

use cospike_results::index::PointIndex;
use cospike_results::store::whole_file::WholeFileError;
use cospike_sim_core::stats::StatsError;
use std::borrow::Cow;
use std::path::PathBuf;

/// Reason why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The study has no design point.
    #[error("the results hold no design point: run the study first")]
    NoPoints,
    /// A design point has two rows in the table `points`.
    #[error(
        "design point {point} has two rows in table points, one is expected: the results are damaged, run the study again"
    )]
    TwicePoint {
        /// Number of the design point.
        point: PointIndex,
    },
    /// A row belongs to a design point that the table `points` lacks.
    #[error(
        "table {table} has rows of design point {point}, which table points lacks: the results are damaged, run the study again"
    )]
    UnknownPoint {
        /// Table of the row.
        table: &'static str,
        /// Number of the design point.
        point: PointIndex,
    },
    /// A number is infinite or NaN, which no study writes.
    #[error(
        "column {column} of table {table} holds {value}, a finite number is expected: the results are damaged, run the study again"
    )]
    NotFinite {
        /// Name of the table.
        table: &'static str,
        /// Name of the column.
        column: Cow<'static, str>,
        /// The number, infinite or NaN.
        value: f64,
    },
    /// The swept values of a design point are no JSON object.
    #[error(
        "the parameters of design point `{label}` are no JSON object, so the results are damaged: {source}; run the study again"
    )]
    Parameters {
        /// Label of the design point.
        label: String,
        /// Message of the JSON reader.
        source: serde_json::Error,
    },
    /// A statistic cannot be computed.
    #[error("the results cannot be summarised: {0}")]
    Statistics(#[from] StatsError),
    /// The drawing library failed.
    #[error("figure {figure} cannot be drawn: {reason}")]
    Drawing {
        /// Name of the figure.
        figure: String,
        /// Message of the drawing library.
        reason: String,
    },
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] WholeFileError),
    /// A folder cannot be made.
    #[error("{}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Message of the system.
        error: std::io::Error,
    },
}
