//! The frame of every figure: heading, legend, caption, and the words that they share.

use crate::digest::Digest;
use crate::error::ReportError;
use crate::figure::{DrawError, Drawn, Entry, Heading, Identity, Key, Paper, Sheet, draw, kind_style};
use crate::metric::Metric;
use crate::quantity::{count, plural};
use cospike_results::summary::{Estimate, PointSummary};

/// Figure that is ready for the page.
pub(crate) struct Figure {
    /// Name of the figure, unique in the report, and of its file without the ending.
    pub(crate) name: String,
    /// Title above the figure.
    pub(crate) title: String,
    /// Text below the figure on how to read it.
    pub(crate) caption: String,
    /// The figure as an SVG document.
    pub(crate) svg: String,
}

/// Everything about a figure but its body.
pub(super) struct Draft<'a> {
    /// Name of the figure, as in [`Figure::name`].
    pub(super) name: &'a str,
    /// Title above the figure.
    pub(super) title: &'a str,
    /// Note below the title: samples, intervals, and what is left out.
    pub(super) note: &'a str,
    /// Legend; may be empty.
    pub(super) legend: &'a [Entry],
    /// Caption, as in [`Figure::caption`].
    pub(super) caption: String,
    /// Height below the heading, in pixels.
    pub(super) height: f64,
    /// What the figure is drawn on.
    pub(super) paper: Paper,
}

/// Failure to draw a figure.
#[derive(Debug)]
pub(super) struct Undrawn {
    /// Name of the figure.
    figure: String,
    /// Cause of the failure.
    error: DrawError,
}

impl From<Undrawn> for ReportError {
    fn from(Undrawn { figure, error }: Undrawn) -> Self {
        Self::Drawing { figure, reason: error.to_string() }
    }
}

impl Draft<'_> {
    /// Draws the heading, and below it, from the given pixel on, the body.
    pub(super) fn draw(self, body: impl FnOnce(&Sheet<'_>, f64) -> Drawn) -> Result<Option<Figure>, Undrawn> {
        let Self { title, note, legend, paper, .. } = self;
        let heading = Heading { title, note, legend, paper };
        // Two drawings of a figure stand in one page.
        let id = if paper.is_narrow() { format!("{}-narrow", self.name) } else { self.name.to_owned() };
        let identity = Identity { id: &id, title: self.title, description: &self.caption };
        let top = heading.height();
        let svg = draw(&identity, (paper.width, (top + self.height).ceil()), |sheet| {
            heading.draw(sheet)?;
            body(sheet, top)
        });
        let svg = svg.map_err(|error| Undrawn { figure: self.name.to_owned(), error })?;
        Ok(Some(Figure { name: self.name.to_owned(), title: self.title.to_owned(), caption: self.caption, svg }))
    }
}

/// Legend entries of all kinds.
pub(super) fn kind_legend(digest: &Digest<'_>) -> Vec<Entry> {
    let entry = |kind: &String| {
        let style = kind_style(kind, &digest.kinds);
        Entry { key: Key::Marker(style.marker, style.colour), text: kind.clone() }
    };
    digest.kinds.iter().map(entry).collect()
}

/// Smallest and largest count: `2,000`, or `1,000 to 2,000` where they differ.
pub(super) fn count_range(numbers: impl IntoIterator<Item = u64>) -> String {
    let numbers: Vec<u64> = numbers.into_iter().collect();
    match (numbers.iter().min(), numbers.iter().max()) {
        (Some(low), Some(high)) if low < high => format!("{} to {}", count(*low), count(*high)),
        (Some(low), _) => count(*low),
        (None, _) => count(0),
    }
}

/// Words on the intervals over the replications that have a value of `estimate`.
pub(super) fn replications_note(digest: &Digest<'_>, estimate: fn(&PointSummary) -> &Estimate) -> String {
    let estimates = || digest.designs.iter().map(|design| estimate(&design.summary));
    let numbers: Vec<u64> = estimates().map(|estimate| estimate.over as u64).filter(|number| *number > 0).collect();
    if numbers.iter().all(|number| *number < 2) {
        return "one replication, so no intervals".to_owned();
    }
    let is_constant = estimates().any(|estimate| estimate.is_constant && estimate.interval.is_none());
    let equal = if is_constant { ", no interval where all are equal" } else { "" };
    format!("means and 95 % t-intervals over {} replications{equal}", count_range(numbers))
}

/// Sentence on the intervals of correct answers, with a space in front; empty if none of `metrics` is one.
pub(super) fn samples_note<'m>(metrics: impl IntoIterator<Item = &'m Metric>) -> &'static str {
    match metrics.into_iter().any(Metric::is_of_answers) {
        true => " Intervals of correct answers include the error of their samples, which all replications share.",
        false => "",
    }
}

/// Sentence on networks that could not be executed, with a space in front; empty if there are none.
pub(super) fn unexecuted_note(digest: &Digest<'_>) -> String {
    let failed = digest.networks.len() - digest.executed().count();
    left_out(failed, "network", "that could not be executed")
}

/// Sentence on what a figure leaves out, with a space in front; empty if that is nothing.
pub(super) fn left_out(number: usize, what: &str, which: &str) -> String {
    if number == 0 { String::new() } else { format!(" Left out: {} {which}.", plural(number, what)) }
}
