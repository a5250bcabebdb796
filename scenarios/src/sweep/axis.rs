//! Swept keys with their values.

use super::range::{self, Given, Interval};
use super::value::plain;
use crate::declarations::{Key, KeyValue, SCENARIO};
use crate::diagnostic::{Mistake, excerpt};
use crate::located::Located;
use crate::shape::{check_scalar, in_order, known};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeValue};

/// Keys of a grid beside the sections of a scenario, of which none is called so.
const GRID_KEYS: [&str; 4] = [NAME, ZIP, WHERE, SAMPLE];
pub(super) const NAME: &str = "name";
pub(super) const ZIP: &str = "zip";
pub(super) const WHERE: &str = "where";
pub(super) const SAMPLE: &str = "sample";
/// The one section that holds for all design points.
const STUDY: &str = "study";

/// A swept key, or several that change together, each with as many values as the others; at least one key and one value.
pub(super) struct Dimension<'a> {
    pub(super) axes: Vec<Axis<'a>>,
}

/// A swept key with its list of values.
pub(super) struct Axis<'a> {
    pub(super) path: Vec<Spanned<DeString<'a>>>,
    pub(super) values: Vec<Located<Value>>,
    /// The ends of a range without values, between which a sample is to be drawn; then `values` is empty.
    pub(super) interval: Option<Interval>,
}

impl<'a> Axis<'a> {
    pub(super) fn new(path: &[Spanned<DeString<'a>>], values: Vec<Located<Value>>) -> Self {
        Self { path: path.to_vec(), values, interval: None }
    }

    /// Dotted path of the swept key.
    pub(super) fn dotted_path(&self) -> String {
        self.path.iter().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>().join(".")
    }

    /// The value at `share` of the way, from 0 (included) to 1 (excluded), along the list or the range.
    ///
    /// # Errors
    /// A value of a range that the key does not accept.
    pub(super) fn value_at(&self, share: f64) -> Result<Located<Value>, Mistake> {
        match &self.interval {
            Some(interval) => interval.draw(share),
            None => Ok(self.values[(share * self.values.len() as f64) as usize].clone()),
        }
    }

    /// Refuses a range that has ends only.
    pub(super) fn check_values(&self) -> Result<(), Mistake> {
        self.interval.as_ref().map_or(Ok(()), |interval| Err(interval.without_values()))
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

    /// Paths of its keys, in the order of the file.
    pub(super) fn name(&self) -> String {
        self.axes.iter().map(Axis::dotted_path).collect::<Vec<_>>().join(" ")
    }

    /// Where it stands in the file.
    pub(super) fn position(&self) -> usize {
        self.axes.iter().map(|axis| axis.key_span().start).min().unwrap_or_default()
    }
}

/// Keys that change together: the first value of each, then the second of each.
pub(super) fn read_zip<'a>(zip: &Spanned<DeValue<'a>>) -> Result<Dimension<'a>, Mistake> {
    let help = "write it as [sweep.zip], or as several [[sweep.zip]], with a list of values for each key";
    let wrong = || Mistake::at_span(zip.span(), "`zip` must be a table, or a list of tables").help(help);
    let mut axes = vec![];
    for (key, value) in in_order(zip.get_ref().as_table().ok_or_else(wrong)?) {
        collect_section(key, value, &mut axes)?;
    }
    axes.sort_by_key(|axis| axis.key_span().start);
    axes.iter().try_for_each(Axis::check_values)?;
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
pub(super) fn collect_section<'a>(
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
    declared: &'static Key,
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
            axes.push(Axis::new(path, values.iter().map(checked).collect::<Result<_, _>>()?));
            Ok(())
        }
        (KeyValue::Scalar(schema), DeValue::Table(table)) => {
            axes.push(match range::read(declared, schema, table, value.span())? {
                Given::List(values) => Axis::new(path, values),
                Given::Interval(interval) => Axis { interval: Some(interval), ..Axis::new(path, vec![]) },
            });
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
pub(super) fn check_distinct(values: &[Located<Value>]) -> Result<(), Mistake> {
    let mut seen = BTreeMap::new();
    values.iter().try_for_each(|value| {
        let found = value.as_str().map_or_else(|| excerpt(&value.to_string()), |text| format!("`{}`", excerpt(text)));
        let same = value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string());
        let message = match seen.insert(same, found.clone()) {
            None => return Ok(()),
            Some(first) if first == found => format!("the list has {found} twice"),
            Some(first) => format!("the list has {first} and {found}, which are equal"),
        };
        Err(Mistake::in_value(value, message).help("leave one out"))
    })
}

pub(super) fn sweeps_nothing(span: Range<usize>) -> Mistake {
    let help = "list the values of a key, such as fleet.devices = [1, 2], or leave this out";
    Mistake::at_span(span, "this part of the sweep is empty: it lists no values").help(help)
}
