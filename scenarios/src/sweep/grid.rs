//! The grids of a sweep as they stand in the file, with the values of each swept key listed.

use super::condition::Condition;
use super::range;
use super::value::plain;
use crate::declarations::{Key, KeyValue, SCENARIO};
use crate::diagnostic::{Mistake, excerpt};
use crate::located::Located;
use crate::settings::Setting;
use crate::shape::{check_scalar, in_order, known};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Keys of a grid beside the sections of a scenario, of which none is called so.
pub(super) const GRID_KEYS: [&str; 3] = [NAME, ZIP, WHERE];
const NAME: &str = "name";
const ZIP: &str = "zip";
const WHERE: &str = "where";
/// The one section that holds for all design points.
const STUDY: &str = "study";

/// One `[[sweep]]`: the values whose combinations are design points.
#[derive(Default)]
pub(super) struct Grid<'a> {
    pub(super) name: Option<String>,
    /// In the order of the file.
    pub(super) dimensions: Vec<Dimension<'a>>,
    /// Condition that the combinations must fulfil.
    pub(super) condition: Option<Condition>,
}

/// A swept key, or several that change together, each with as many values as the others; at least one key and one value.
pub(super) struct Dimension<'a> {
    pub(super) axes: Vec<Axis<'a>>,
}

/// A swept key with its list of values.
pub(super) struct Axis<'a> {
    pub(super) path: Vec<Spanned<DeString<'a>>>,
    pub(super) values: Vec<Located<Value>>,
}

impl Axis<'_> {
    /// Dotted path of the swept key.
    pub(super) fn dotted_path(&self) -> String {
        self.path.iter().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>().join(".")
    }

    /// Position of the key itself, the last of its path.
    pub(super) fn key_span(&self) -> Range<usize> {
        self.path.last().map_or(0..0, Spanned::span)
    }
}

impl Dimension<'_> {
    /// Number of values of each key.
    pub(super) fn len(&self) -> usize {
        self.axes.first().map_or(0, |axis| axis.values.len())
    }

    /// Where it stands in the file.
    fn position(&self) -> usize {
        self.axes.iter().map(|axis| axis.key_span().start).min().unwrap_or_default()
    }
}

impl<'a> Grid<'a> {
    /// All swept keys.
    pub(super) fn axes(&self) -> impl Iterator<Item = &Axis<'a>> {
        self.dimensions.iter().flat_map(|dimension| &dimension.axes)
    }

    /// Replaces the values of a key, if they are listed here, by the one that is set. A zipped key leaves the others of its zip.
    fn set(&mut self, setting: &Setting<'a>) -> Result<(), Mistake> {
        let path = setting.dotted_path();
        let lists = |axis: &mut Axis<'a>| axis.dotted_path() == path;
        let set = self.dimensions.iter_mut().flat_map(|dimension| dimension.axes.extract_if(.., lists));
        let only = |axis| Ok(Axis { values: vec![plain(&setting.value)?], ..axis });
        let set = set.map(only).collect::<Result<Vec<_>, Mistake>>()?;
        self.dimensions.retain(|dimension| !dimension.axes.is_empty());
        self.dimensions.extend(set.into_iter().map(|axis| Dimension { axes: vec![axis] }));
        Ok(())
    }

    /// For each dimension, the index of its values in this combination; the first dimension changes slowest.
    pub(super) fn value_indices(&self, combination: usize) -> Vec<usize> {
        let mut rest = combination;
        let index = |dimension: &Dimension<'_>| {
            let index = rest % dimension.len();
            rest /= dimension.len();
            index
        };
        let mut chosen: Vec<usize> = self.dimensions.iter().rev().map(index).collect();
        chosen.reverse();
        chosen
    }

    /// Each swept key with its value, the dimensions having their values of the indices `chosen`.
    pub(super) fn chosen<'g>(
        &'g self,
        chosen: &'g [usize],
    ) -> impl Iterator<Item = (&'g Axis<'a>, &'g Located<Value>)> {
        let values = |(dimension, &index): (&'g Dimension<'a>, &usize)| {
            dimension.axes.iter().map(move |axis| (axis, &axis.values[index]))
        };
        self.dimensions.iter().zip(chosen).flat_map(values)
    }

    /// Number of combinations of its values; `None` beyond 128 bits.
    pub(super) fn count_points(&self) -> Option<u128> {
        self.dimensions.iter().try_fold(1_u128, |points, dimension| points.checked_mul(dimension.len() as u128))
    }
}

/// The grids of `sweep`, in the order of the file.
/// `file` is their text. Of a key that is set, the one value replaces all that are listed.
pub(super) fn read<'a>(
    file: &str,
    sweep: &Spanned<DeValue<'a>>,
    settings: &[Setting<'a>],
) -> Result<Vec<Grid<'a>>, Mistake> {
    if sweep.get_ref().as_array().is_some_and(|grids| grids.is_empty()) {
        return Err(sweeps_nothing(sweep.span()));
    }
    let mut names = BTreeSet::new();
    let grid = |value: &Spanned<DeValue<'a>>| {
        let help = "write it as [sweep], or as several [[sweep]], with a list of values for each swept key";
        let wrong = || Mistake::at_span(value.span(), "`sweep` must be a table, or a list of tables").help(help);
        let table = value.get_ref().as_table().ok_or_else(wrong)?;
        let grid = read_grid(file, table, settings)?;
        if grid.dimensions.is_empty() && grid.name.is_none() {
            return Err(sweeps_nothing(value.span()));
        }
        let name = table.get(NAME).zip(grid.name.clone());
        match name.filter(|(_, name)| !names.insert(name.clone())) {
            Some((value, name)) => Err(Mistake::at_span(value.span(), format!("two grids are called `{name}`"))),
            None => Ok(grid),
        }
    };
    tables(sweep).into_iter().map(grid).collect()
}

fn read_grid<'a>(file: &str, table: &DeTable<'a>, settings: &[Setting<'a>]) -> Result<Grid<'a>, Mistake> {
    let mut grid = Grid::default();
    for (key, value) in in_order(table) {
        match key.get_ref().as_ref() {
            NAME => grid.name = Some(read_name(value)?),
            WHERE => grid.condition = Some(Condition::read(value, file)?),
            ZIP => {
                let zips = tables(value).into_iter().map(read_zip).collect::<Result<Vec<_>, _>>()?;
                grid.dimensions.extend(zips);
            }
            _ => {
                let mut axes = vec![];
                collect_section(key, value, &mut axes)?;
                for Axis { path, values } in axes {
                    check_distinct(&values)?;
                    grid.dimensions.push(Dimension { axes: vec![Axis { path, values }] });
                }
            }
        }
    }
    // The first key of the file changes slowest.
    grid.dimensions.sort_by_key(Dimension::position);
    check_once(grid.axes())?;
    settings.iter().try_for_each(|setting| grid.set(setting))?;
    Ok(grid)
}

/// Keys that change together: the first value of each, then the second of each.
fn read_zip<'a>(zip: &Spanned<DeValue<'a>>) -> Result<Dimension<'a>, Mistake> {
    let help = "write it as [sweep.zip], or as several [[sweep.zip]], with a list of values for each key";
    let wrong = || Mistake::at_span(zip.span(), "`zip` must be a table, or a list of tables").help(help);
    let mut axes = vec![];
    for (key, value) in in_order(zip.get_ref().as_table().ok_or_else(wrong)?) {
        collect_section(key, value, &mut axes)?;
    }
    axes.sort_by_key(|axis| axis.key_span().start);
    let (first, rest) = axes.split_first().ok_or_else(|| sweeps_nothing(zip.span()))?;
    let unequal = rest.iter().find(|axis| axis.values.len() != first.values.len());
    match unequal {
        None => Ok(Dimension { axes }),
        Some(axis) => {
            let side = |axis: &Axis<'_>| format!("`{}` has {}", axis.dotted_path(), axis.values.len());
            let message = format!("{} values, but {}", side(first), side(axis));
            Err(Mistake::at_span(axis.key_span(), message)
                .help("zipped keys change together, so each needs as many values as the others"))
        }
    }
}

/// Adds the values in `value`, that of `key` in a grid or a zip, to `axes`.
fn collect_section<'a>(
    key: &Spanned<DeString<'a>>,
    value: &Spanned<DeValue<'a>>,
    axes: &mut Vec<Axis<'a>>,
) -> Result<(), Mistake> {
    if key.get_ref() == STUDY {
        let message = "[study] holds for all design points, so none of its keys can be swept";
        return Err(Mistake::at_span(key.span(), message));
    }
    collect(known(&SCENARIO, key, &GRID_KEYS)?, std::slice::from_ref(key), value, axes)
}

/// Adds the values in `value`, the part of a grid at `path`, to `axes`.
fn collect<'a>(
    declared: &Key,
    path: &[Spanned<DeString<'a>>],
    value: &Spanned<DeValue<'a>>,
    axes: &mut Vec<Axis<'a>>,
) -> Result<(), Mistake> {
    let key = path.last().map_or(0..0, Spanned::span);
    let name = &declared.name;
    match (&declared.value, value.get_ref()) {
        (_, DeValue::Table(inner)) if inner.is_empty() => Err(sweeps_nothing(value.span())),
        (KeyValue::Table(table), DeValue::Table(inner)) => in_order(inner).into_iter().try_for_each(|(key, value)| {
            collect(known(table, key, &[])?, &[path, std::slice::from_ref(key)].concat(), value, axes)
        }),
        (KeyValue::Table(table), _) => {
            let message = format!("`{name}` is a section, which has no values to list");
            Err(Mistake::at_span(key, message).help(format!("sweep one of its keys: {}", table.names())))
        }
        (KeyValue::Scalar(schema), DeValue::Array(values)) if !values.is_empty() => {
            let checked = |value| check_scalar(name, schema, value).and_then(|()| plain(value));
            axes.push(Axis { path: path.to_vec(), values: values.iter().map(checked).collect::<Result<_, _>>()? });
            Ok(())
        }
        (KeyValue::Scalar(schema), DeValue::Table(table)) => {
            let values = range::read(name, schema, table, value.span())?;
            axes.push(Axis { path: path.to_vec(), values });
            Ok(())
        }
        (KeyValue::Scalar(_), _) => Err(Mistake::at_span(value.span(), "a swept key needs a list of values")
            .help("write its values in brackets, at least one: [1, 2]")),
        (KeyValue::List(_) | KeyValue::ListOfTables(_), _) => {
            Err(Mistake::at_span(key, format!("`{name}` is a list, and lists cannot be swept")))
        }
    }
}

/// Refuses a value that a list has twice, also if it is written in two ways, as 4 and 4.0.
fn check_distinct(values: &[Located<Value>]) -> Result<(), Mistake> {
    let mut seen = BTreeMap::new();
    values.iter().try_for_each(|value| {
        let found = excerpt(&value.to_string());
        let same = value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string());
        let message = match seen.insert(same, found.clone()) {
            None => return Ok(()),
            Some(first) if first == found => format!("the list has {found} twice"),
            Some(first) => format!("the list has {first} and {found}, which are equal"),
        };
        Err(Mistake::in_value(value, message).help("leave one out"))
    })
}

/// Refuses a key that a grid sweeps twice, by itself and in a zip or in two of them.
fn check_once<'g, 'a: 'g>(axes: impl Iterator<Item = &'g Axis<'a>>) -> Result<(), Mistake> {
    let mut seen = BTreeSet::new();
    for axis in axes {
        let path = axis.dotted_path();
        if !seen.insert(path.clone()) {
            let message = format!("`{path}` is swept twice in this grid");
            return Err(Mistake::at_span(axis.key_span(), message).help("list all its values once"));
        }
    }
    Ok(())
}

fn sweeps_nothing(span: Range<usize>) -> Mistake {
    let help = "list the values of a key, such as fleet.devices = [1, 2], or leave this out";
    Mistake::at_span(span, "this part of the sweep is empty: it lists no values").help(help)
}

/// Most characters of a grid's name.
const MAX_NAME: usize = 100;

fn read_name(value: &Spanned<DeValue<'_>>) -> Result<String, Mistake> {
    match value.get_ref() {
        DeValue::String(text) if is_grid_name(text) => Ok(text.to_string()),
        DeValue::String(_) => {
            let message =
                format!("the name of a grid must have 1 to {MAX_NAME} characters, none of them a control character");
            Err(Mistake::at_span(value.span(), message)
                .help("tables and charts show it: write a few words on one line"))
        }
        _ => Err(Mistake::at_span(value.span(), "the name of a grid must be text, such as \"wake-up radio\"")),
    }
}

fn is_grid_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control)
}

/// The tables of `value`: itself, or the elements of a list.
fn tables<'s, 'a>(value: &'s Spanned<DeValue<'a>>) -> Vec<&'s Spanned<DeValue<'a>>> {
    match value.get_ref() {
        DeValue::Array(array) => array.iter().collect(),
        _ => vec![value],
    }
}
