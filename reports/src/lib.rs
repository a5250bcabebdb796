//! From results to SVG figures and one self-contained HTML page; from a zoo to its page in Markdown, and
//! from evidence to a page about the claims of papers.

mod answer;
mod column;
mod comparison;
mod digest;
mod error;
mod figure;
mod figures;
mod markdown_page;
mod metric;
mod names;
mod page;
mod paper;
mod pivot;
mod pooled;
mod publication;
mod quantity;
mod sweep;
mod zoo;

pub use column::UnknownColumn;
pub use comparison::{ChangedValue, ComparedFolder, FolderComparison, OtherFolder, comparison_page};
pub use error::ReportError;
pub use figures::{DensityLine, density_figure};
pub use markdown_page::MarkdownPage;
pub use paper::{CHANNELS, Evidence, paper_page};
pub use pivot::{Cell, Pivot};
pub use publication::{
    Filter, FilterError, Form, PaperSize, Publication, PublicationError, PublishedFigure, SizeError, publication,
};
pub use zoo::zoo_page;

use cospike_results::manifest::Axis;
use cospike_results::rows::Results;
use cospike_results::store::whole_file::Kind;
use figure::Paper;

/// Name of the page within a report's folder.
pub const PAGE: &str = "report.html";

/// Names of the files that a report may have, whatever its study varies.
const FILES: [&str; 9] = [
    "accuracy-payload.svg",
    "design-points.svg",
    "energy-parts.svg",
    "latency.svg",
    "pareto.svg",
    "price-lists.svg",
    "split-width.svg",
    "time-line.svg",
    PAGE,
];

/// Names of all files that the report of a study with these swept keys may have.
pub fn files(axes: &[Axis]) -> Vec<String> {
    let axes: Vec<&str> = axes.iter().map(|axis| axis.key.as_str()).collect();
    let swept = axes.iter().map(|key| format!("{}.svg", figures::swept_name(key)));
    let pairs =
        axes.iter().enumerate().flat_map(|(place, across)| axes[place + 1..].iter().map(move |up| [across, up]));
    let heat = pairs.map(|[across, upwards]| format!("{}.svg", figures::heat_name([across, upwards])));
    FILES.iter().map(|name| (*name).to_owned()).chain(swept).chain(heat).collect()
}

/// A page as a file of its own.
pub const PAGE_FILE: Kind = Kind { name: "report of CoSpike", start: "<!DOCTYPE html>", mark: page::MARK };

/// A figure as a file of its own.
pub const FIGURE: Kind = Kind { name: "figure of CoSpike", start: "<svg xmlns=", mark: figure::FONTS };

/// A figure for print as a file of its own, as PDF.
pub const PDF_FIGURE: Kind = Kind { name: publication::PROGRAM, start: "%PDF-", mark: publication::PROGRAM };

/// A figure for print as a file of its own, as PNG; its first byte is no letter.
pub const PNG_FIGURE: Kind = Kind { name: publication::PROGRAM, start: "", mark: "Software\0figure of CoSpike" };

/// The data of a figure for print.
pub const FIGURE_DATA: Kind = Kind { name: "data of a figure of CoSpike", start: "line,design_point,label,", mark: "" };

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
    let [figures, narrow] = [Paper::PAGE, Paper::PHONE].map(|paper| figures::all(&digest, paper));
    let (figures, narrow) = (figures?, narrow?);
    let shown = |letter| figure::is_printable(letter) || matches!(letter, '\n' | '\r' | '\t');
    let html = page::render(&digest, &figures, &narrow).into_string();
    let html = html.chars().map(|letter| if shown(letter) { letter } else { char::REPLACEMENT_CHARACTER }).collect();
    let figures = figures.into_iter().map(|figure| (format!("{}.svg", figure.name), figure.svg)).collect();
    Ok(Report { figures, html })
}

/// The answer to the question of a study: sentences made from tests on what it varied, the most important first. Empty where nothing
/// varied by more than its intervals.
///
/// # Errors
/// Those of [`render`].
pub fn answer(results: &Results) -> Result<Vec<String>, ReportError> {
    Ok(answer::sentences(&digest::Digest::new(results)?))
}

/// Tables of the metrics that vary against the one number that a study varied; none where several vary.
///
/// # Errors
/// Those of [`render`].
pub fn pivots(results: &Results) -> Result<Vec<Pivot>, ReportError> {
    Ok(pivot::all(&digest::Digest::new(results)?))
}

impl Report {
    /// Name and text of every file of the report: the figures, and the page as [`PAGE`].
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let figures = self.figures.iter().map(|(name, svg)| (name.as_str(), svg.as_str()));
        figures.chain([(PAGE, self.html.as_str())])
    }
}
