//! From results to SVG figures and one self-contained HTML page; from a zoo to its page in Markdown.

mod digest;
mod error;
mod figure;
mod figures;
mod names;
mod page;
mod quantity;
mod zoo;

pub use error::ReportError;
pub use figures::{DensityLine, density_figure};
pub use zoo::{ZooPage, zoo_page};

use cospike_results::rows::Results;
use std::path::Path;

/// Name of the page within a report's folder.
pub const PAGE: &str = "report.html";

/// Figures and page of one study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// File name and SVG document of every figure, in the order of the page.
    pub figures: Vec<(String, String)>,
    /// The page: one HTML document that contains all figures.
    pub html: String,
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
    let shown = |letter| figure::is_printable(letter) || matches!(letter, '\n' | '\r' | '\t');
    let html = page::render(&digest, &figures).into_string();
    let html = html.chars().map(|letter| if shown(letter) { letter } else { char::REPLACEMENT_CHARACTER }).collect();
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
