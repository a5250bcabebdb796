//! From a result store to SVG figures and one self-contained HTML page; from a zoo to its page in Markdown.

mod digest;
mod figure;
mod figures;
mod page;
mod quantity;
mod zoo;

pub use figures::{DensityLine, density_figure};
pub use zoo::{ZooPage, zoo_page};

use cospike_results::index::PointIndex;
use cospike_results::rows::Results;
use cospike_sim_core::stats::StatsError;
use std::path::{Path, PathBuf};

/// Name of the page within a report's folder.
pub const PAGE: &str = "report.html";

/// The figures and the page of one study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// File name and SVG document of every figure, in the order of the page. The page contains them all.
    pub figures: Vec<(String, String)>,
    /// The page.
    pub html: String,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A study without design points.
    #[error("the results hold no design point: run the study first")]
    NoPoints,
    /// A design point that is there twice.
    #[error("design point {point} is twice in table points: the result store is damaged, run the study again")]
    TwicePoint {
        /// Its number.
        point: PointIndex,
    },
    /// A row of a design point that is not there.
    #[error(
        "table {table} has rows of design point {point}, which table points lacks: the result store is damaged, run the study again"
    )]
    UnknownPoint {
        /// Table of the row.
        table: &'static str,
        /// Number of the design point.
        point: PointIndex,
    },
    /// A number that cannot be drawn.
    #[error("{quantity} of design point {point} is {value}: the result store is damaged, run the study again")]
    NotFinite {
        /// Number of the design point.
        point: PointIndex,
        /// What the number measures.
        quantity: &'static str,
        /// The number.
        value: f64,
    },
    /// Swept values that are no JSON object.
    #[error("the parameters of design point `{label}` are no JSON object: {source}")]
    Parameters {
        /// Label of the design point.
        label: String,
        /// What the JSON reader says.
        source: serde_json::Error,
    },
    /// A statistic that cannot be given.
    #[error("the results cannot be summed up: {0}")]
    Statistics(#[from] StatsError),
    /// plotters failed.
    #[error("figure {figure} cannot be drawn: {reason}")]
    Drawing {
        /// Name of the figure.
        figure: &'static str,
        /// In plotters' words.
        reason: String,
    },
    /// A file that cannot be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Draws the figures of `results` and writes the page around them: equal results give equal bytes.
///
/// Figures that `results` have no data for are left out.
///
/// # Errors
/// [`ReportError`] if the rows do not fit together or hold numbers that cannot be drawn.
pub fn render(results: &Results) -> Result<Report, ReportError> {
    let digest = digest::Digest::new(results)?;
    let figures = figures::all(&digest)?;
    let html = page::render(&digest, &figures).into_string();
    let figures = figures.into_iter().map(|figure| (format!("{}.svg", figure.name), figure.svg)).collect();
    Ok(Report { figures, html })
}

impl Report {
    /// Writes the page, as [`PAGE`], and every figure into `folder`, which is made if it is not there. Files of the
    /// same names are replaced.
    ///
    /// # Errors
    /// [`ReportError::Write`] with the path that failed.
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ReportError::Write { path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let page = (PAGE, &self.html);
        for (name, text) in self.figures.iter().map(|(name, svg)| (name.as_str(), svg)).chain([page]) {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(failed(&path))?;
        }
        Ok(())
    }
}
