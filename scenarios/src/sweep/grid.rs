//! The grids of a sweep as they stand in the file, with the values of each swept key listed.

use super::axis::{
    Axis, Dimension, NAME, SAMPLE, WHERE, ZIP, check_distinct, collect_section, read_zip, sweeps_nothing,
};
use super::condition::Condition;
use super::sampling::Sample;
use super::value::plain;
use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::settings::Setting;
use crate::shape::in_order;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One `[[sweep]]`: the values whose combinations are design points.
#[derive(Default)]
pub(super) struct Grid<'a> {
    pub(super) name: Option<String>,
    /// In the order of the file.
    pub(super) dimensions: Vec<Dimension<'a>>,
    /// Condition that the combinations must fulfil.
    pub(super) condition: Option<Condition>,
    /// Number of points that were drawn, if a sample was; those that differ are in `dimensions`.
    pub(super) drawn: Option<usize>,
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
        let only = |axis: Axis<'a>| Ok(Axis::new(&axis.path, vec![plain(&setting.value)?]));
        let set = set.map(only).collect::<Result<Vec<_>, Mistake>>()?;
        self.dimensions.retain(|dimension| !dimension.axes.is_empty());
        self.dimensions.extend(set.into_iter().map(|axis| Dimension { axes: vec![axis] }));
        Ok(())
    }

    /// The grid with the points of a sample in the place of all combinations: one dimension of all keys. A point that equals an
    /// earlier one is left out.
    fn draw(self, sample: &Sample) -> Result<Self, Mistake> {
        let names: Vec<String> = self.dimensions.iter().map(Dimension::name).collect();
        let coordinates = sample.coordinates(&names)?;
        let mut seen = BTreeSet::new();
        let mut points: Vec<Vec<Located<Value>>> = vec![];
        for number in 0..sample.count {
            let places = self.dimensions.iter().zip(coordinates.iter().map(|column| column[number]));
            let values =
                places.flat_map(|(dimension, share)| dimension.axes.iter().map(move |axis| axis.value_at(share)));
            let point = values.collect::<Result<Vec<_>, Mistake>>()?;
            if seen.insert(json!(point).to_string()) {
                points.push(point);
            }
        }
        let values = |key: usize| points.iter().map(|point| point[key].clone()).collect();
        let axes = self.axes().enumerate().map(|(key, axis)| Axis::new(&axis.path, values(key))).collect();
        Ok(Self { dimensions: vec![Dimension { axes }], drawn: Some(sample.count), ..self })
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
    let mut sample = None;
    for (key, value) in in_order(table) {
        match key.get_ref().as_ref() {
            NAME => grid.name = Some(read_name(value)?),
            SAMPLE => sample = Some(Sample::read(value)?),
            WHERE => grid.condition = Some(Condition::read(value, file)?),
            ZIP => {
                let zips = tables(value).into_iter().map(read_zip).collect::<Result<Vec<_>, _>>()?;
                grid.dimensions.extend(zips);
            }
            _ => {
                let mut axes = vec![];
                collect_section(key, value, &mut axes)?;
                for axis in axes {
                    check_distinct(&axis.values)?;
                    grid.dimensions.push(Dimension { axes: vec![axis] });
                }
            }
        }
    }
    // The first key of the file changes slowest.
    grid.dimensions.sort_by_key(Dimension::position);
    check_once(grid.axes())?;
    settings.iter().try_for_each(|setting| grid.set(setting))?;
    if let Some(sample) = sample.filter(|_| !grid.dimensions.is_empty()) {
        return grid.draw(&sample);
    }
    grid.axes().try_for_each(Axis::check_values)?;
    Ok(grid)
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
