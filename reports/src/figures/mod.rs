//! The figures of a report, one file each.

mod accuracy;
mod density;
mod energy_parts;
mod heat_map;
mod latency;
mod pareto;
mod price_lists;
mod zoo;

pub use density::{DensityLine, density_figure};
pub(crate) use zoo::zoo_figure;

use crate::ReportError;
use crate::digest::Digest;
use crate::figure::{DrawError, Drawn, Entry, Heading, Identity, Key, Sheet, WIDTH, draw, kind_style};
use crate::quantity::count;

/// A figure, ready for the page.
pub(crate) struct Figure {
    /// Unique among the figures; the file's name without its ending.
    pub(crate) name: &'static str,
    /// How to read it.
    pub(crate) caption: String,
    /// The SVG document.
    pub(crate) svg: String,
}

/// A figure before it is drawn.
struct Plan<'a> {
    name: &'static str,
    title: &'a str,
    note: &'a str,
    legend: &'a [Entry],
    caption: String,
    /// Height below the heading, in pixels.
    height: f64,
}

/// Every figure that the study has data for, in the order of the page.
///
/// # Errors
/// [`ReportError::Drawing`].
pub(crate) fn all(digest: &Digest<'_>) -> Result<Vec<Figure>, ReportError> {
    type Draw = fn(&Digest<'_>) -> Result<Option<Figure>, (&'static str, DrawError)>;
    let figures: [Draw; 6] =
        [accuracy::draw, heat_map::draw, pareto::draw, energy_parts::draw, price_lists::draw, latency::draw];
    let failed = |(figure, error): (_, DrawError)| ReportError::Drawing { figure, reason: error.to_string() };
    figures.into_iter().filter_map(|draw| draw(digest).map_err(failed).transpose()).collect()
}

impl Plan<'_> {
    /// Draws the heading, and below it, from the given pixel on, the body.
    fn draw(self, body: impl FnOnce(&Sheet<'_>, f64) -> Drawn) -> Result<Option<Figure>, (&'static str, DrawError)> {
        let heading = Heading { title: self.title, note: self.note, legend: self.legend };
        let identity = Identity { id: self.name, title: self.title, description: &self.caption };
        let top = heading.height();
        let svg = draw(&identity, (WIDTH, (top + self.height).ceil()), |sheet| {
            heading.draw(sheet)?;
            body(sheet, top)
        });
        let svg = svg.map_err(|error| (self.name, error))?;
        Ok(Some(Figure { name: self.name, caption: self.caption, svg }))
    }
}

/// A legend entry for every kind.
fn kind_legend(digest: &Digest<'_>) -> Vec<Entry> {
    let entry = |kind: &String| {
        let style = kind_style(kind, &digest.kinds);
        Entry { key: Key::Marker(style.marker, style.colour), text: kind.clone() }
    };
    digest.kinds.iter().map(entry).collect()
}

/// `2,000`, or `1,000 to 2,000` where the numbers differ.
fn count_range(numbers: impl IntoIterator<Item = u64>) -> String {
    let numbers: Vec<u64> = numbers.into_iter().collect();
    match (numbers.iter().min(), numbers.iter().max()) {
        (Some(low), Some(high)) if low < high => format!("{} to {}", count(*low), count(*high)),
        (Some(low), _) => count(*low),
        (None, _) => count(0),
    }
}

/// The words for an interval over so many replications.
fn replications_note(digest: &Digest<'_>) -> String {
    let numbers: Vec<u64> = digest.designs.iter().map(|design| design.replications.len() as u64).collect();
    if numbers.iter().all(|number| *number < 2) {
        "one replication, so no intervals".to_owned()
    } else {
        format!("means and 95 % t-intervals over {} replications", count_range(numbers))
    }
}
