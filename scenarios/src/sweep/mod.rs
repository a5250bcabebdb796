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
//!     -> here: each combination laid over the scenario, decoded and checked
//! ```
//!
//! Each point is decoded anew from the document with the swept values laid over it, so a wrong swept value is
//! reported where it stands in the sweep.

mod axis;
mod condition;
mod constraint;
mod expression;
mod find;
mod grid;
mod range;
mod sampling;
mod value;

use crate::declarations::grouped;
use crate::decode::{Document, decode, parse};
use crate::diagnostic::{Diagnostic, Mistake, Source};
use crate::scenario::Scenario;
use crate::settings::{self, Setting};
use crate::shape;
use axis::{Axis, Dimension};
use constraint::Constraint;
use cospike_studies::condition::Decision;
use cospike_studies::search::{Goal, Probe, most_probes};
use find::Find;
pub(crate) use find::{CONFIDENCE, GOALS, MAX_REPLICATIONS};
use grid::Grid;
pub use range::MAX_POINTS;
pub(crate) use range::{SCALES, is_number};
pub(crate) use sampling::METHODS;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};
use value::written;

/// The scenarios of a file, in the order of the design points.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Dotted paths of the swept keys, in the order of the file.
    pub axes: Vec<String>,
    /// One scenario per design point.
    pub points: Vec<SweepPoint>,
    /// Number of combinations of the swept values, of each of which there is a design point, or a search.
    pub combinations: usize,
    /// What is not as it should be, in sentences.
    pub warnings: Vec<String>,
    /// What is searched for each combination of the swept values. The points are those of the first and the last candidate then.
    pub search: Option<Search>,
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
}

/// The scenario of one design point.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// The scenario with the swept values in it.
    pub scenario: Scenario,
    /// The swept values by dotted path.
    pub parameters: BTreeMap<String, Value>,
    /// Name of the grid that the point belongs to, if the grid has one.
    pub grid: Option<String>,
    /// Dotted paths of the swept values that the point's label shows: all of them, or, in a grid with a name, those of
    /// which the grid lists more than one.
    pub label_axes: BTreeSet<String>,
    /// Number of the combination of swept values, from 0, in the whole sweep; that of the design point itself unless there is a search.
    pub base: usize,
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
    expand_text(&source.text, &[], None).map_err(|mistake| mistake.into_diagnostic(source))
}

/// The scenarios of the file `text`, with `settings` (each `KEY=VALUE`) in the place of its values. Positions beyond its end are
/// those of settings, see [`settings::locate`]. Of a search, the design points are the `probes`, which ascend, or both ends where there
/// are none.
pub(crate) fn expand_text(text: &str, settings: &[String], probes: Option<&[Probe]>) -> Result<Sweep, Mistake> {
    let mut document = parse(text)?;
    let [sweep, find] = ["sweep", "find"].map(|key| document.get_mut().remove(key));
    shape::check_scenario(document.get_ref())?;
    let settings = settings::read(settings, text.len())?;
    let grids = sweep.as_ref().map_or_else(|| Ok(vec![Grid::default()]), |sweep| grid::read(text, sweep, &settings))?;
    let find = find.as_ref().map(|find| Find::read(find, text)).transpose()?;
    if let Some(find) = &find {
        check_apart(find, &grids, &settings)?;
    }
    check_number(&grids, find.as_ref())?;
    for Setting { path, value } in settings {
        insert(document.get_mut(), &path, value)?;
    }
    expand_grids(&document, grids, find, probes)
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

/// The design points of all grids, each decoded and checked. A searched key is one more dimension of every grid, of which some
/// values only are taken.
fn expand_grids<'a>(
    document: &Document<'a>,
    grids: Vec<Grid<'a>>,
    find: Option<Find<'a>>,
    probes: Option<&[Probe]>,
) -> Result<Sweep, Mistake> {
    let mut axes: Vec<String> = vec![];
    let mut warnings = vec![];
    let mut points = vec![];
    let mut seen = BTreeMap::new();
    let mut base = 0;
    for mut grid in grids {
        let combinations = combinations(document, &grid)?;
        warnings.extend([draws_twice(&grid), excludes_nothing(&grid, combinations.len())].into_iter().flatten());
        if let Some(find) = &find {
            grid.dimensions.push(Dimension { axes: vec![Axis::new(&find.path, find.values.clone())] });
        }
        axes.extend(grid.axes().map(Axis::dotted_path));
        for combination in combinations {
            for candidate in candidates(find.as_ref(), base, probes) {
                let chosen: Vec<usize> = combination.iter().copied().chain(candidate).collect();
                let point = overlay(document, &grid, base, &chosen)?;
                // Spans are left out when a scenario is serialised, so equal text means equal values.
                let text = serde_json::to_vec(&point.scenario).map_err(|error| Mistake::in_file(error.to_string()))?;
                if let Some(first) = seen.insert(*blake3::hash(&text).as_bytes(), points.len()) {
                    return Err(duplicate(&grid, &chosen, first, &points));
                }
                points.push(point);
            }
            base += 1;
        }
    }
    let mut named = BTreeSet::new();
    axes.retain(|axis| named.insert(axis.clone()));
    Ok(Sweep { axes, points, combinations: base, warnings, search: find.map(Search::from) })
}

/// The candidates of which design points are made, by their numbers; without a search, one point without a candidate.
fn candidates(find: Option<&Find<'_>>, base: usize, probes: Option<&[Probe]>) -> Vec<Option<usize>> {
    match (find, probes) {
        (None, _) => vec![None],
        (Some(find), None) => vec![Some(0), Some(find.values.len() - 1)],
        (Some(_), Some(probes)) => {
            let first = probes.partition_point(|probe| probe.base < base);
            probes[first..].iter().take_while(|probe| probe.base == base).map(|probe| Some(probe.candidate)).collect()
        }
    }
}

impl From<Find<'_>> for Search {
    fn from(find: Find<'_>) -> Self {
        let key = find.dotted_path();
        let values = find.values.iter().filter_map(|value| value.as_f64()).collect();
        Self { key, values, goal: find.goal, decision: find.decision, condition: find.condition, span: find.span }
    }
}

/// The combinations of a grid that fulfil its condition, each by the indices of its values.
fn combinations(document: &Document<'_>, grid: &Grid<'_>) -> Result<Vec<Vec<usize>>, Mistake> {
    // `check_number` accepts no number that does not fit.
    let all = (0..grid.count_points().unwrap_or_default() as usize).map(|combination| grid.value_indices(combination));
    let Some(condition) = &grid.condition else { return Ok(all.collect()) };
    let constraint = Constraint::new(condition, grid, document.get_ref())?;
    let mut kept = vec![];
    for chosen in all {
        if constraint.holds(grid, &chosen)? {
            kept.push(chosen);
        }
    }
    match kept.is_empty() {
        true => {
            let number = grouped(grid.count_points().unwrap_or_default());
            Err(Mistake::at_span(condition.span.clone(), "no design point of this grid fulfils the condition")
                .help(format!("without it the grid has {number}")))
        }
        false => Ok(kept),
    }
}

/// Words on a sample of which some points are equal.
fn draws_twice(grid: &Grid<'_>) -> Option<String> {
    let (drawn, differ) = (grid.drawn? as u128, grid.count_points()?);
    let [all, kept] = [drawn, differ].map(grouped);
    (differ < drawn)
        .then(|| format!("the sample{} has {kept} design points only: the others of {all} equal them", of_grid(grid)))
}

/// Words on a condition that all combinations of `grid` fulfil, of which `kept` are left.
fn excludes_nothing(grid: &Grid<'_>, kept: usize) -> Option<String> {
    let condition = grid.condition.as_ref().filter(|_| grid.count_points() == Some(kept as u128))?;
    let (name, kept) = (of_grid(grid), grouped(kept as u128));
    Some(format!("the condition `{}`{name} excludes nothing: all {kept} combinations fulfil it", condition.text))
}

fn of_grid(grid: &Grid<'_>) -> String {
    grid.name.as_ref().map(|name| format!(" of the grid `{name}`")).unwrap_or_default()
}

/// The design point of `grid` whose dimensions have their values of the indices `chosen`, laid over the scenario in `document`.
fn overlay(document: &Document<'_>, grid: &Grid<'_>, base: usize, chosen: &[usize]) -> Result<SweepPoint, Mistake> {
    let chosen: Vec<_> = grid.chosen(chosen).map(|(axis, value)| (axis, value, value.to_string())).collect();
    let mut document = document.clone();
    let mut parameters = BTreeMap::new();
    for (axis, value, text) in &chosen {
        parameters.insert(axis.dotted_path(), (**value).clone().into_inner());
        insert(document.get_mut(), &axis.path, written(value, text)?)?;
    }
    shape::check_complete(&document)?;
    let scenario: Scenario = decode(document)?;
    scenario.check()?;
    let shown = grid.axes().filter(|axis| grid.name.is_none() || axis.values.len() > 1).map(Axis::dotted_path);
    Ok(SweepPoint { scenario, parameters, grid: grid.name.clone(), label_axes: shown.collect(), base })
}

/// Puts `value` at `path` below `table`, in the place of the value there, if any.
fn insert<'a>(
    table: &mut DeTable<'a>,
    path: &[Spanned<DeString<'a>>],
    value: Spanned<DeValue<'a>>,
) -> Result<(), Mistake> {
    let Some((key, rest)) = path.split_first() else { return Ok(()) };
    if rest.is_empty() {
        table.insert(key.clone(), value);
        return Ok(());
    }
    let section = || Spanned::new(key.span(), DeValue::Table(DeTable::new()));
    match table.entry(key.clone()).or_insert_with(section).get_mut() {
        DeValue::Table(inner) => insert(inner, rest, value),
        _ => {
            Err(Mistake::at_span(key.span(), format!("`{}` is a value of the scenario, not a section", key.get_ref())))
        }
    }
}

/// The mistake of a design point that equals an earlier one, `first`. It is shown at a value that the grid repeats, or else
/// at the last value of the point.
fn duplicate(grid: &Grid<'_>, chosen: &[usize], first: usize, before: &[SweepPoint]) -> Mistake {
    let values = |dimension: &Dimension<'_>, index: usize| -> Vec<Value> {
        dimension.axes.iter().map(|axis| axis.values[index].clone().into_inner()).collect()
    };
    // Within one grid the two differ in the position of at least one value; the later one repeats the earlier.
    let repeats = |dimension: &Dimension<'_>, index: usize| {
        (0..index).any(|earlier| values(dimension, earlier) == values(dimension, index))
    };
    let mut places = grid.dimensions.iter().zip(chosen.iter().copied());
    let last = places.clone().next_back();
    let place = places.find(|(dimension, index)| repeats(dimension, *index)).or(last);
    let span = place.and_then(|(dimension, index)| Some(dimension.axes.last()?.values[index].span()));
    let parameters = before.get(first).map(|point| serde_json::json!(point.parameters).to_string());
    Mistake::at_span(
        span.unwrap_or(0..0),
        format!("design point {} is the same as design point {first} (counted from 0)", before.len()),
    )
    .help(format!("both are {}; leave one out", parameters.unwrap_or_default()))
}
