//! From one scenario file to the scenarios of its design points.
//!
//! `[sweep]` mirrors the scenario with a list in place of each value that shall vary; its design points are all
//! combinations, the first key of the file changing slowest. `[[sweep]]`, several times, is the union of several
//! such grids, each with a `name` for the labels of its points if it has one. A swept value replaces the scenario's,
//! or stands in for one that the scenario leaves out: so a `width` that only some points have is left out of
//! `[network]` and given by the grids that need it.
//!
//! Each point is decoded anew from the document with the swept values laid over it, so a wrong swept value is
//! reported where it stands in the sweep.

use crate::decode::{Document, decode, parse};
use crate::diagnostic::{Diagnostic, Mistake, Source};
use crate::scenario::Scenario;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Name of its grid, if it has one.
    pub grid: Option<String>,
    /// Paths whose values tell it apart: all that are swept, of a grid with a name only what varies within.
    pub telling: BTreeSet<String>,
}

/// One `[[sweep]]`.
struct Grid<'a> {
    name: Option<String>,
    axes: Vec<Axis<'a>>,
}

/// Key of a grid's name, which no section of a scenario has.
const NAME: &str = "name";

/// One list of a grid.
struct Axis<'a> {
    path: Vec<Spanned<DeString<'a>>>,
    values: Vec<Spanned<DeValue<'a>>>,
}

impl Axis<'_> {
    fn name(&self) -> String {
        self.path.iter().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>().join(".")
    }
}

/// Expands the scenario file and checks every value of every design point that can be checked without other files.
///
/// # Errors
/// The first mistake in the file.
pub fn expand(source: &Source) -> Result<Sweep, Diagnostic> {
    expand_text(&source.text).map_err(|mistake| mistake.into_diagnostic(source))
}

pub(crate) fn expand_text(text: &str) -> Result<Sweep, Mistake> {
    let mut document = parse(text)?;
    let grids = match document.get_mut().remove("sweep") {
        None => vec![Grid { name: None, axes: vec![] }],
        Some(sweep) => grids(&sweep)?,
    };
    let mut axes: Vec<String> = vec![];
    let mut points = vec![];
    let mut seen = BTreeMap::new();
    for grid in &grids {
        axes.extend(grid.axes.iter().map(Axis::name));
        let combinations = grid.axes.iter().map(|axis| axis.values.len()).product();
        for combination in 0..combinations {
            let chosen = choose(&grid.axes, combination);
            let point = overlay(&document, grid, &chosen)?;
            // Spans are left out when a scenario is serialised, so equal text means equal values.
            let key = serde_json::to_string(&point.scenario).map_err(|error| Mistake::in_file(error.to_string()))?;
            if let Some(first) = seen.insert(key, points.len()) {
                return Err(duplicate(&grid.axes, combination, first, &points));
            }
            points.push(point);
        }
    }
    let mut named = BTreeSet::new();
    axes.retain(|axis| named.insert(axis.clone()));
    Ok(Sweep { axes, points })
}

fn grids<'a>(sweep: &Spanned<DeValue<'a>>) -> Result<Vec<Grid<'a>>, Mistake> {
    let tables = match sweep.get_ref() {
        DeValue::Array(array) => array.iter().collect(),
        _ => vec![sweep],
    };
    let mut names = BTreeSet::new();
    let grid = |table: &Spanned<DeValue<'a>>| {
        let mut axes = vec![];
        let name = name(table)?;
        if let Some((text, value)) = &name
            && !names.insert(text.clone())
        {
            return Err(Mistake::at_span(value.span(), format!("two grids are called `{text}`")));
        }
        collect_axes(&[], table, &mut axes)?;
        // The parser sorts keys by name; the order of the file is the order of the points.
        axes.sort_by_key(|axis: &Axis<'_>| axis.path.iter().map(|key| key.span().start).max());
        Ok(Grid { name: name.map(|(text, _)| text), axes })
    };
    tables.into_iter().map(grid).collect()
}

/// What stands after `name` in a grid, and where.
fn name<'s, 'a>(grid: &'s Spanned<DeValue<'a>>) -> Result<Option<(String, &'s Spanned<DeValue<'a>>)>, Mistake> {
    let DeValue::Table(table) = grid.get_ref() else { return Ok(None) };
    let Some(value) = table.get(NAME) else { return Ok(None) };
    match value.get_ref() {
        DeValue::String(text) if !text.trim().is_empty() => Ok(Some((text.to_string(), value))),
        _ => Err(Mistake::at_span(value.span(), "the name of a grid must be text, such as \"wake-up radio\"")),
    }
}

fn collect_axes<'a>(
    path: &[Spanned<DeString<'a>>],
    value: &Spanned<DeValue<'a>>,
    axes: &mut Vec<Axis<'a>>,
) -> Result<(), Mistake> {
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, inner) in table.iter().filter(|(key, _)| !(path.is_empty() && key.get_ref() == NAME)) {
                if path.is_empty() && key.get_ref() == "study" {
                    let message = "[study] says what is swept and how often, so it cannot be swept itself";
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
        _ => Err(Mistake::at_span(value.span(), "a sweep needs a list of values")
            .help("write at least one value in brackets")),
    }
}

/// Index of the value that each axis has in this combination, the first axis changing slowest.
fn choose(grid: &[Axis<'_>], combination: usize) -> Vec<usize> {
    let mut left = combination;
    let mut chosen: Vec<usize> = grid
        .iter()
        .rev()
        .map(|axis| {
            let index = left % axis.values.len();
            left /= axis.values.len();
            index
        })
        .collect();
    chosen.reverse();
    chosen
}

fn overlay(document: &Document<'_>, grid: &Grid<'_>, chosen: &[usize]) -> Result<SweepPoint, Mistake> {
    let mut document = document.clone();
    let mut parameters = BTreeMap::new();
    for (axis, &index) in grid.axes.iter().zip(chosen) {
        let value = &axis.values[index];
        if matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)) {
            return Err(Mistake::at_span(value.span(), "a swept value must be a number, a word or true or false"));
        }
        let plain = Value::deserialize(ValueDeserializer::from(value.clone()));
        parameters.insert(axis.name(), plain.map_err(|error| Mistake::at_span(value.span(), error.message()))?);
        set(document.get_mut(), &axis.path, value.clone())?;
    }
    let scenario: Scenario = decode(document)?;
    scenario.check()?;
    let telling = grid.axes.iter().filter(|axis| grid.name.is_none() || axis.values.len() > 1).map(Axis::name);
    Ok(SweepPoint { scenario, parameters, grid: grid.name.clone(), telling: telling.collect() })
}

fn set<'a>(
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
        DeValue::Table(inner) => set(inner, rest, value),
        _ => {
            Err(Mistake::at_span(key.span(), format!("`{}` is a value of the scenario, not a section", key.get_ref())))
        }
    }
}

/// Points at a value of the second of two equal points that the first has too.
fn duplicate(grid: &[Axis<'_>], combination: usize, first: usize, before: &[SweepPoint]) -> Mistake {
    let chosen = choose(grid, combination);
    // Within one grid the two differ in the position of at least one value; the later one repeats the earlier.
    let repeated = grid.iter().zip(&chosen).find_map(|(axis, &index)| {
        let value = &axis.values[index];
        let plain = |v: &Spanned<DeValue<'_>>| Value::deserialize(ValueDeserializer::from(v.clone())).ok();
        axis.values[..index].iter().any(|earlier| plain(earlier) == plain(value)).then_some(value)
    });
    let last = grid.last().zip(chosen.last()).map(|(axis, &index)| &axis.values[index]);
    let span = repeated.or(last).map_or(0..0, Spanned::span);
    let parameters = before.get(first).map(|point| serde_json::json!(point.parameters).to_string());
    Mistake::at_span(span, format!("design point {} is the same as design point {first}", before.len()))
        .help(format!("both are {}; leave one out", parameters.unwrap_or_default()))
}
