//! From one scenario file to the scenarios of its design points.
//!
//! `[sweep]` mirrors the scenario with a list in place of each value that shall vary. This is a grid: its design points are
//! all combinations of the listed values, the first key of the file changing slowest. Several `[[sweep]]` are several grids,
//! whose design points follow one another; each may have a `name`, which the labels of its points contain. A swept value
//! replaces the scenario's, or supplies one that the scenario leaves out: a `width` that only some points have is left out
//! of `[network]` and given by the grids that need it.
//!
//! Each point is decoded anew from the document with the swept values laid over it, so a wrong swept value is
//! reported where it stands in the sweep.

use crate::declarations::grouped;
use crate::decode::{Document, decode, explain, parse};
use crate::diagnostic::{Diagnostic, Mistake, Source};
use crate::scenario::Scenario;
use crate::settings::{self, Setting};
use crate::shape::{self, GRID_NAME};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

/// The scenarios of a file, in the order of the design points.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Dotted paths of the swept keys, in the order of the file.
    pub axes: Vec<String>,
    /// One scenario per design point.
    pub points: Vec<SweepPoint>,
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
}

/// One `[[sweep]]`: the lists whose combinations are design points.
struct Grid<'a> {
    name: Option<String>,
    axes: Vec<Axis<'a>>,
}

/// Greatest number of design points of a study: each is decoded and checked on its own, is held in memory with all its values,
/// and has a row in each table and a place in each chart.
pub const MAX_POINTS: usize = 100_000;

/// A swept key with its list of values.
struct Axis<'a> {
    path: Vec<Spanned<DeString<'a>>>,
    values: Vec<Spanned<DeValue<'a>>>,
}

impl Axis<'_> {
    /// Dotted path of the swept key.
    fn dotted_path(&self) -> String {
        self.path.iter().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>().join(".")
    }
}

impl<'a> Grid<'a> {
    /// Replaces the values of a key, if they are listed here, by the one that is set.
    fn set(&mut self, setting: &Setting<'a>) {
        let path = setting.dotted_path();
        for axis in self.axes.iter_mut().filter(|axis| axis.dotted_path() == path) {
            axis.values = vec![setting.value.clone()];
        }
    }

    /// Number of combinations of its values; `None` beyond 128 bits.
    fn count_points(&self) -> Option<u128> {
        self.axes.iter().try_fold(1_u128, |points, axis| points.checked_mul(axis.values.len() as u128))
    }
}

/// Refuses more than [`MAX_POINTS`] design points in all. Nothing has been expanded yet.
fn check_number(grids: &[Grid<'_>]) -> Result<(), Mistake> {
    let points = grids.iter().try_fold(0_u128, |sum, grid| sum.checked_add(grid.count_points()?));
    if points.is_some_and(|points| points <= MAX_POINTS as u128) {
        return Ok(());
    }
    let number = points.map_or_else(|| "more than 10^38".into(), grouped);
    let most = grouped(MAX_POINTS as u128);
    let message = format!("this sweep has {number} design points, but a study can have {most} at most");
    let longest = grids.iter().flat_map(|grid| &grid.axes).max_by_key(|axis| axis.values.len());
    let span = longest.and_then(|axis| axis.path.last()).map_or(0..0, Spanned::span);
    let help = "the design points are all combinations of the lists: sweep fewer keys or fewer values";
    Err(Mistake::at_span(span, message).help(help))
}

/// Expands the scenario file and checks every value of every design point that can be checked without other files.
///
/// # Errors
/// The first mistake in the file.
pub fn expand(source: &Source) -> Result<Sweep, Diagnostic> {
    expand_text(&source.text, &[]).map_err(|mistake| mistake.into_diagnostic(source))
}

/// The scenarios of the file `text`, with `settings` (each `KEY=VALUE`) in the place of its values. Positions beyond its end are
/// those of settings, see [`settings::locate`].
pub(crate) fn expand_text(text: &str, settings: &[String]) -> Result<Sweep, Mistake> {
    let mut document = parse(text)?;
    let sweep = document.get_mut().remove("sweep");
    let mut grids = sweep.as_ref().map_or_else(|| Ok(vec![Grid { name: None, axes: vec![] }]), read_grids)?;
    let settings = settings::read(settings, text.len())?;
    settings.iter().for_each(|setting| grids.iter_mut().for_each(|grid| grid.set(setting)));
    check_number(&grids)?;
    shape::check_scenario(document.get_ref())?;
    let tables = sweep.iter().flat_map(grid_tables).filter_map(|grid| grid.get_ref().as_table());
    tables.into_iter().try_for_each(shape::check_grid)?;
    for Setting { path, value } in settings {
        insert(document.get_mut(), &path, value)?;
    }
    expand_grids(&document, &grids)
}

/// The design points of all grids, each decoded and checked.
fn expand_grids(document: &Document<'_>, grids: &[Grid<'_>]) -> Result<Sweep, Mistake> {
    let mut axes: Vec<String> = vec![];
    let mut points = vec![];
    let mut seen = BTreeMap::new();
    for grid in grids {
        axes.extend(grid.axes.iter().map(Axis::dotted_path));
        // `check_number` accepts no number that does not fit.
        for combination in 0..grid.count_points().unwrap_or_default() as usize {
            let chosen = value_indices(&grid.axes, combination);
            let point = overlay(document, grid, &chosen)?;
            // Spans are left out when a scenario is serialised, so equal text means equal values.
            let text = serde_json::to_vec(&point.scenario).map_err(|error| Mistake::in_file(error.to_string()))?;
            if let Some(first) = seen.insert(*blake3::hash(&text).as_bytes(), points.len()) {
                return Err(duplicate(&grid.axes, combination, first, &points));
            }
            points.push(point);
        }
    }
    let mut named = BTreeSet::new();
    axes.retain(|axis| named.insert(axis.clone()));
    Ok(Sweep { axes, points })
}

/// The tables of `sweep`: itself, or those of a list.
fn grid_tables<'s, 'a>(sweep: &'s Spanned<DeValue<'a>>) -> Vec<&'s Spanned<DeValue<'a>>> {
    match sweep.get_ref() {
        DeValue::Array(array) => array.iter().collect(),
        _ => vec![sweep],
    }
}

/// The grids of `sweep`, in the order of the file.
fn read_grids<'a>(sweep: &Spanned<DeValue<'a>>) -> Result<Vec<Grid<'a>>, Mistake> {
    if sweep.get_ref().as_array().is_some_and(|grids| grids.is_empty()) {
        return Err(sweeps_nothing(sweep.span()));
    }
    let mut names = BTreeSet::new();
    let grid = |table: &Spanned<DeValue<'a>>| {
        let mut axes = vec![];
        let name = grid_name(table)?;
        if let Some((text, value)) = &name
            && !names.insert(text.clone())
        {
            return Err(Mistake::at_span(value.span(), format!("two grids are called `{text}`")));
        }
        if !table.get_ref().is_table() {
            let help = "write it as [sweep], or as several [[sweep]], with a list of values for each swept key";
            return Err(Mistake::at_span(table.span(), "`sweep` must be a table, or a list of tables").help(help));
        }
        collect_axes(&[], table, &mut axes)?;
        if axes.is_empty() && name.is_none() {
            return Err(sweeps_nothing(table.span()));
        }
        // The parser sorts keys by name; the order of the file is the order of the points.
        axes.sort_by_key(|axis: &Axis<'_>| axis.path.iter().map(|key| key.span().start).max());
        Ok(Grid { name: name.map(|(text, _)| text), axes })
    };
    grid_tables(sweep).into_iter().map(grid).collect()
}

fn sweeps_nothing(span: Range<usize>) -> Mistake {
    let help = "list the values of a key, such as fleet.devices = [1, 2], or leave this out";
    Mistake::at_span(span, "this part of the sweep is empty: it lists no values").help(help)
}

/// Name of a grid and the value that gives it, if the grid has one.
fn grid_name<'s, 'a>(grid: &'s Spanned<DeValue<'a>>) -> Result<Option<(String, &'s Spanned<DeValue<'a>>)>, Mistake> {
    let DeValue::Table(table) = grid.get_ref() else { return Ok(None) };
    let Some(value) = table.get(GRID_NAME) else { return Ok(None) };
    match value.get_ref() {
        DeValue::String(text) if is_grid_name(text) => Ok(Some((text.to_string(), value))),
        DeValue::String(_) => {
            let message =
                format!("the name of a grid must have 1 to {MAX_NAME} characters, none of them a control character");
            Err(Mistake::at_span(value.span(), message)
                .help("tables and charts show it: write a few words on one line"))
        }
        _ => Err(Mistake::at_span(value.span(), "the name of a grid must be text, such as \"wake-up radio\"")),
    }
}

/// Most characters of a grid's name.
const MAX_NAME: usize = 100;

fn is_grid_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control)
}

/// Adds the lists in `value`, the part of a grid at `path`, to `axes`.
fn collect_axes<'a>(
    path: &[Spanned<DeString<'a>>],
    value: &Spanned<DeValue<'a>>,
    axes: &mut Vec<Axis<'a>>,
) -> Result<(), Mistake> {
    match value.get_ref() {
        DeValue::Table(table) if table.is_empty() && !path.is_empty() => Err(sweeps_nothing(value.span())),
        DeValue::Table(table) => {
            for (key, inner) in table.iter().filter(|(key, _)| !(path.is_empty() && key.get_ref() == GRID_NAME)) {
                if path.is_empty() && key.get_ref() == "study" {
                    let message = "[study] holds for all design points, so none of its keys can be swept";
                    return Err(Mistake::at_span(key.span(), message));
                }
                collect_axes(&[path, std::slice::from_ref(key)].concat(), inner, axes)?;
            }
            Ok(())
        }
        DeValue::Array(values) if !values.is_empty() && !path.is_empty() => {
            axes.push(Axis { path: path.to_vec(), values: values.iter().cloned().collect() });
            Ok(())
        }
        _ => Err(Mistake::at_span(value.span(), "a swept key needs a list of values")
            .help("write its values in brackets, at least one: [1, 2]")),
    }
}

/// For each axis of a grid, the index of its value in this combination; the first axis changes slowest.
fn value_indices(grid: &[Axis<'_>], combination: usize) -> Vec<usize> {
    let mut rest = combination;
    let mut chosen: Vec<usize> = grid
        .iter()
        .rev()
        .map(|axis| {
            let index = rest % axis.values.len();
            rest /= axis.values.len();
            index
        })
        .collect();
    chosen.reverse();
    chosen
}

/// The design point of `grid` whose axes have their values of the indices `chosen`, laid over the scenario in `document`.
fn overlay(document: &Document<'_>, grid: &Grid<'_>, chosen: &[usize]) -> Result<SweepPoint, Mistake> {
    let mut document = document.clone();
    let mut parameters = BTreeMap::new();
    for (axis, &index) in grid.axes.iter().zip(chosen) {
        let value = &axis.values[index];
        if matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)) {
            return Err(Mistake::at_span(value.span(), "a swept value must be a number, a text, true or false"));
        }
        let plain = Value::deserialize(ValueDeserializer::from(value.clone()));
        parameters.insert(axis.dotted_path(), plain.map_err(|error| explain(&error).at(value.span()))?);
        insert(document.get_mut(), &axis.path, value.clone())?;
    }
    let scenario: Scenario = decode(document)?;
    scenario.check()?;
    let shown = grid.axes.iter().filter(|axis| grid.name.is_none() || axis.values.len() > 1).map(Axis::dotted_path);
    Ok(SweepPoint { scenario, parameters, grid: grid.name.clone(), label_axes: shown.collect() })
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
fn duplicate(grid: &[Axis<'_>], combination: usize, first: usize, before: &[SweepPoint]) -> Mistake {
    let chosen = value_indices(grid, combination);
    // Within one grid the two differ in the position of at least one value; the later one repeats the earlier.
    let repeated = grid.iter().zip(&chosen).find_map(|(axis, &index)| {
        let value = &axis.values[index];
        let plain = |v: &Spanned<DeValue<'_>>| Value::deserialize(ValueDeserializer::from(v.clone())).ok();
        axis.values[..index].iter().any(|earlier| plain(earlier) == plain(value)).then_some(value)
    });
    let last = grid.last().zip(chosen.last()).map(|(axis, &index)| &axis.values[index]);
    let span = repeated.or(last).map_or(0..0, Spanned::span);
    let parameters = before.get(first).map(|point| serde_json::json!(point.parameters).to_string());
    Mistake::at_span(
        span,
        format!("design point {} is the same as design point {first} (counted from 0)", before.len()),
    )
    .help(format!("both are {}; leave one out", parameters.unwrap_or_default()))
}
