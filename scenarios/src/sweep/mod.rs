//! From one scenario file to the scenarios of its design points.
//!
//! `[sweep]` mirrors the scenario with a list in place of each value that shall vary. This is a grid: its design points are
//! all combinations of the listed values, the first key of the file changing slowest; a list may be given as a range, and the
//! keys of a `zip` change together. Several `[[sweep]]` are several grids,
//! whose design points follow one another; each may have a `name`, which the labels of its points contain. A swept value
//! replaces the scenario's, or supplies one that the scenario leaves out: a `width` that only some points have is left out
//! of `[network]` and given by the grids that need it.
//!
//! ```text
//! grid: what a [[sweep]] says, every value listed <- axis: one key <- range: the values between two ends
//!                                                 <- sampling: some points in the place of all
//!     -> constraint: the combinations that fulfil `where` <- condition <- expression: its text
//!     -> expansion: each combination laid over the scenario, decoded and checked when it is asked for
//!     -> outline: what has to be known of all combinations before that
//! ```
//!
//! Each point is decoded anew from the document with the swept values laid over it, so a wrong swept value is
//! reported where it stands in the sweep.

mod axis;
mod condition;
mod constraint;
mod expansion;
mod expression;
mod find;
mod goal;
mod grid;
mod limits;
mod outline;
mod range;
mod sampling;
mod value;

use crate::declarations::grouped;
use crate::decode::parse;
use crate::diagnostic::{Diagnostic, Mistake, Source};
use crate::scenario::Scenario;
use crate::settings::{self, Setting};
use crate::shape;
use axis::Axis;
use cospike_results::metrics::metric;
use cospike_studies::condition::Decision;
use cospike_studies::search::{Goal, Probe, most_probes};
pub(crate) use expansion::Expansion;
use find::Find;
pub(crate) use find::{GOALS, MAX_REPLICATIONS};
pub(crate) use goal::AIMS;
use grid::Grid;
pub(crate) use limits::CONFIDENCE;
pub(crate) use outline::Outlines;
pub use range::MAX_POINTS;
pub(crate) use range::{SCALES, is_number};
pub(crate) use sampling::METHODS;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The scenarios of a file, in the order of the design points.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Dotted paths of the swept keys, in the order of the file.
    pub axes: Vec<String>,
    /// One scenario per design point.
    pub points: Vec<SweepPoint>,
    /// What is not as it should be, in sentences.
    pub warnings: Vec<String>,
}

/// A search for a value of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Dotted path of the searched key.
    pub key: String,
    /// Candidates, ascending; at least 2.
    pub values: Vec<f64>,
    /// Which of them is looked for.
    pub goal: Goal,
    /// How the condition is decided.
    pub decision: Decision,
    /// Text of the condition.
    pub condition: String,
    /// Position of `[find]` in the file.
    pub(crate) span: Range<usize>,
    /// Position of the condition.
    pub(crate) where_span: Range<usize>,
}

impl Search {
    /// Where the metric called `name` is limited, in whatever unit.
    pub(crate) fn place_of(&self, name: &str) -> Option<Range<usize>> {
        let is_it = |other: &str| metric(other).is_some_and(|metric| metric.name == name);
        self.decision.condition.limits().iter().any(|limit| is_it(&limit.metric)).then(|| self.where_span.clone())
    }
}

/// The scenario of one design point.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// The scenario with the swept values in it.
    pub scenario: Scenario,
    /// Which of the swept values it has.
    pub combination: Combination,
}

/// One combination of swept values.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    /// The swept values by dotted path.
    pub parameters: BTreeMap<String, Value>,
    /// Name of the grid that the point belongs to, if the grid has one.
    pub grid: Option<String>,
    /// Dotted paths of the swept values that the point's label shows: all of them, or, in a grid with a name, those of
    /// which the grid lists more than one.
    pub label_axes: BTreeSet<String>,
}

/// Refuses more than [`MAX_POINTS`] design points in all. Nothing has been expanded yet.
fn check_number(grids: &[Grid<'_>], find: Option<&Find<'_>>) -> Result<(), Mistake> {
    let each = find.map_or(1, |find| most_probes(find.values.len()).into());
    let points = grids.iter().try_fold(0_u128, |sum, grid| sum.checked_add(grid.count_points()?.checked_mul(each)?));
    if points.is_some_and(|points| points <= MAX_POINTS as u128) {
        return Ok(());
    }
    let number = points.map_or_else(|| "more than 10^38".into(), grouped);
    let most = grouped(MAX_POINTS as u128);
    let number = match find {
        Some(_) => format!("{number} design points, {each} for each search"),
        None => format!("{number} design points"),
    };
    let message = format!("this sweep has {number}, but a study can have {most} at most");
    let longest = grids.iter().flat_map(Grid::axes).max_by_key(|axis| axis.values.len());
    let span = longest.map_or(0..0, Axis::key_span);
    let help = "the design points are all combinations of the lists: sweep fewer keys or fewer values";
    Err(Mistake::at_span(span, message).help(help))
}

/// Expands the scenario file and checks every value of every design point that can be checked without other files.
///
/// # Errors
/// The first mistake in the file.
pub fn expand(source: &Source) -> Result<Sweep, Diagnostic> {
    let sweep = || {
        let expansion = read(&source.text, &[], None)?;
        let points = expansion.points(0..expansion.len()).map(|point| point.map(|(_, point)| point));
        let points = points.collect::<Result<_, Mistake>>()?;
        Ok(Sweep { points, axes: expansion.axes, warnings: expansion.warnings })
    };
    sweep().map_err(|mistake: Mistake| mistake.into_diagnostic(source))
}

/// The design points of the file `text`, none of which is made yet, with `settings` (each `KEY=VALUE`) in the place of its values. Positions beyond its end are
/// those of settings, see [`settings::locate`]. Of a search, the design points are the `probes`, which ascend, or both ends where there
/// are none.
pub(crate) fn read<'a>(
    text: &'a str,
    settings: &'a [String],
    probes: Option<&[Probe]>,
) -> Result<Expansion<'a>, Mistake> {
    let mut document = parse(text)?;
    let [sweep, find, goal] = ["sweep", "find", "goal"].map(|key| document.get_mut().remove(key));
    shape::check_scenario(document.get_ref())?;
    let settings = settings::read(settings, text.len())?;
    let grids = sweep.as_ref().map_or_else(|| Ok(vec![Grid::default()]), |sweep| grid::read(text, sweep, &settings))?;
    let find = find.as_ref().map(|find| Find::read(find, text)).transpose()?;
    if let Some(find) = &find {
        check_apart(find, &grids, &settings)?;
        if let Some(goal) = &goal {
            return Err(Mistake::at_span(
                goal.span(),
                "a search answers its own question, so there is no [goal] beside [find]",
            )
            .help("sweep the key in the place of searching it"));
        }
    }
    let goal = goal.as_ref().map(|goal| goal::read(goal, text)).transpose()?;
    check_number(&grids, find.as_ref())?;
    for Setting { path, value } in settings {
        expansion::insert(document.get_mut(), &path, value)?;
    }
    Ok(Expansion { goal, ..Expansion::new(document, grids, find, probes)? })
}

/// Refuses a searched key that is swept or set, too.
fn check_apart(find: &Find<'_>, grids: &[Grid<'_>], settings: &[Setting<'_>]) -> Result<(), Mistake> {
    let path = find.dotted_path();
    if grids.iter().flat_map(Grid::axes).any(|axis| axis.dotted_path() == path) {
        let message = format!("`{path}` is swept, so it cannot be searched");
        return Err(Mistake::at_span(find.key_span(), message).help("leave it out of [sweep] or of [find]"));
    }
    match settings.iter().find(|setting| setting.dotted_path() == path) {
        Some(setting) => {
            let message = format!("`{path}` is what [find] searches, so it cannot be set");
            Err(Mistake::at_span(setting.key_span(), message))
        }
        None => Ok(()),
    }
}

impl From<Find<'_>> for Search {
    fn from(find: Find<'_>) -> Self {
        let key = find.dotted_path();
        let values = find.values.iter().filter_map(|value| value.as_f64()).collect();
        Self {
            key,
            values,
            goal: find.goal,
            decision: find.decision,
            condition: find.condition,
            span: find.span,
            where_span: find.where_span,
        }
    }
}
