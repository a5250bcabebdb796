//! `where`: which combinations of a grid are design points.

use super::axis::Axis;
use super::condition::Condition;
use super::expression::{Expression, Kind, Node, Operator, Term};
use super::grid::Grid;
use crate::declarations::{Key, KeyValue, SCENARIO, Table, is_text, words};
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::de::{DeTable, ValueDeserializer};

/// A condition on the design points of a grid, whose keys are found.
pub(super) struct Constraint<'c> {
    condition: &'c Condition,
    names: BTreeMap<String, Operand>,
}

/// Where the value of a key comes from.
enum Operand {
    /// The sweep: indices of its dimension and of the key in that.
    Swept(usize, usize),
    /// The scenario, or the default of the key.
    Fixed(Term),
    /// Nowhere: the key with this path is optional and left out.
    Missing(String),
}

/// A key that a name in a condition may mean.
struct Leaf {
    path: String,
    /// `None` for a list.
    schema: Option<&'static Map<String, Value>>,
    default: Option<&'static Value>,
}

impl<'c> Constraint<'c> {
    /// Finds the keys that `condition` names, in `grid` or else in `scenario`.
    ///
    /// # Errors
    /// A name that no key has, or several have; an operator between values that it does not take.
    pub(super) fn new(condition: &'c Condition, grid: &Grid<'_>, scenario: &DeTable<'_>) -> Result<Self, Mistake> {
        let search = Search { leaves: leaves(), grid, scenario };
        search.bind(condition).map_err(|mistake| condition.locate(mistake))
    }

    /// Whether the combination with the indices `chosen` fulfils the condition.
    ///
    /// # Errors
    /// A key that has no value, a number that is not finite.
    pub(super) fn holds(&self, grid: &Grid<'_>, chosen: &[usize]) -> Result<bool, Mistake> {
        let names = |name: &str, span: &Range<usize>| match &self.names[name] {
            Operand::Swept(dimension, axis) => {
                let axis: &Axis<'_> = &grid.dimensions[*dimension].axes[*axis];
                term(&axis.values[chosen[*dimension]])
                    .ok_or_else(|| Mistake::at_span(span.clone(), "this has no value"))
            }
            Operand::Fixed(term) => Ok(term.clone()),
            Operand::Missing(path) => {
                let message =
                    format!("`{path}` has no value: it is left out of the scenario, and this grid does not sweep it");
                Err(Mistake::at_span(span.clone(), message))
            }
        };
        let value = self.condition.expression.value(&names);
        value.map(|value| value == Term::Flag(true)).map_err(|mistake| self.condition.locate(mistake))
    }
}

fn term(value: &Value) -> Option<Term> {
    match value {
        Value::Number(number) => number.as_f64().map(Term::Number),
        Value::String(text) => Some(Term::Text(text.clone())),
        Value::Bool(flag) => Some(Term::Flag(*flag)),
        _ => None,
    }
}

/// What a name can mean.
struct Search<'s, 'a> {
    leaves: Vec<Leaf>,
    grid: &'s Grid<'a>,
    scenario: &'s DeTable<'a>,
}

impl Search<'_, '_> {
    fn bind<'c>(&self, condition: &'c Condition) -> Result<Constraint<'c>, Mistake> {
        let expression = &condition.expression;
        let kinds = |name: &str, span: &Range<usize>| self.schema(name, span).map(kind);
        let kind = expression.check(&kinds)?;
        if kind != Kind::Flag {
            let message = format!("this is {}, but a condition is true or false", kind.name());
            return Err(Mistake::at_span(expression.span.clone(), message).help("compare it, such as width <= 4"));
        }
        let mut names = BTreeMap::new();
        self.add_names(expression, &mut names)?;
        Ok(Constraint { condition, names })
    }

    /// Finds the values of all names in `expression`, and refuses words that a key never is.
    fn add_names(&self, expression: &Expression, names: &mut BTreeMap<String, Operand>) -> Result<(), Mistake> {
        match &expression.node {
            Node::Plain(_) => Ok(()),
            Node::Name(name) => {
                names.insert(name.clone(), self.operand(self.find(name, &expression.span)?));
                Ok(())
            }
            Node::Not(inner) | Node::Negative(inner) => self.add_names(inner, names),
            Node::Binary(operator, sides) => {
                if matches!(operator, Operator::Equal | Operator::Unequal) {
                    self.check_word(&sides[0], &sides[1])?;
                    self.check_word(&sides[1], &sides[0])?;
                }
                sides.iter().try_for_each(|side| self.add_names(side, names))
            }
        }
    }

    /// Refuses the comparison of a key with a word that it does not accept.
    fn check_word(&self, key: &Expression, word: &Expression) -> Result<(), Mistake> {
        let (Node::Name(name), Node::Plain(Term::Text(text))) = (&key.node, &word.node) else { return Ok(()) };
        let known: Vec<&str> = words(self.schema(name, &key.span)?).into_iter().flatten().collect();
        if known.is_empty() || known.contains(&text.as_str()) {
            return Ok(());
        }
        let message = format!("`{name}` is never '{}'", excerpt(text));
        Err(Mistake::at_span(word.span.clone(), message).help(did_you_mean(text, known)))
    }

    fn schema(&self, name: &str, span: &Range<usize>) -> Result<&'static Map<String, Value>, Mistake> {
        let leaf = self.find(name, span)?;
        leaf.schema.ok_or_else(|| {
            Mistake::at_span(span.clone(), format!("`{}` is a list, which cannot be compared", leaf.path))
        })
    }

    /// The key that `name` means: its path, or the end of it; where several keys end so, the one that has a value.
    fn find(&self, name: &str, span: &Range<usize>) -> Result<&Leaf, Mistake> {
        let is_end =
            |leaf: &&Leaf| leaf.path == name || leaf.path.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        let all: Vec<&Leaf> = self.leaves.iter().filter(is_end).collect();
        let valued: Vec<&Leaf> = all.iter().copied().filter(|leaf| self.has_value(leaf)).collect();
        match (&all[..], &valued[..]) {
            ([leaf], _) | (_, [leaf]) => Ok(leaf),
            ([], _) => Err(self.unknown(name, span)),
            _ => {
                let paths: Vec<_> = all.iter().map(|leaf| leaf.path.as_str()).collect();
                let message = format!("`{name}` may be {}", paths.join(" or "));
                Err(Mistake::at_span(span.clone(), message).help("write the whole key"))
            }
        }
    }

    fn unknown(&self, name: &str, span: &Range<usize>) -> Mistake {
        let message = format!("no key is called `{}`", excerpt(name));
        let valued = self.leaves.iter().filter(|leaf| leaf.schema.is_some() && self.has_value(leaf));
        let paths: BTreeSet<&str> = valued.map(|leaf| leaf.path.as_str()).collect();
        let help = match name.contains('.') {
            true => did_you_mean(name, paths),
            false => {
                let last_parts: BTreeSet<_> = paths.into_iter().map(last_part).collect();
                format!("{}; a text stands in quotation marks", did_you_mean(name, last_parts))
            }
        };
        Mistake::at_span(span.clone(), message).help(help)
    }

    fn has_value(&self, leaf: &Leaf) -> bool {
        !matches!(self.operand(leaf), Operand::Missing(_)) || leaf.schema.is_none()
    }

    fn operand(&self, leaf: &Leaf) -> Operand {
        for (dimension, keys) in self.grid.dimensions.iter().enumerate() {
            if let Some(axis) = keys.axes.iter().position(|axis| axis.dotted_path() == leaf.path) {
                return Operand::Swept(dimension, axis);
            }
        }
        let given = section(self.scenario, &leaf.path).and_then(|table| {
            let value = table.get(last_part(&leaf.path)).cloned();
            value.map_or(leaf.default.cloned(), |value| Value::deserialize(ValueDeserializer::from(value)).ok())
        });
        given.as_ref().and_then(term).map_or_else(|| Operand::Missing(leaf.path.clone()), Operand::Fixed)
    }
}

/// The section of the scenario in which the key at `path` would stand, if there is one.
fn section<'s, 'a>(scenario: &'s DeTable<'a>, path: &str) -> Option<&'s DeTable<'a>> {
    let (sections, _) = path.rsplit_once('.')?;
    sections.split('.').try_fold(scenario, |table, section| table.get(section)?.get_ref().as_table())
}

fn last_part(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, last)| last)
}

fn kind(schema: &Map<String, Value>) -> Kind {
    match schema.get("type").and_then(Value::as_str) {
        _ if is_text(schema) => Kind::Text,
        Some("boolean") => Kind::Flag,
        _ => Kind::Number,
    }
}

/// Every key that has a value or a list.
fn leaves() -> Vec<Leaf> {
    let mut leaves = vec![];
    SCENARIO.add_leaves("", &mut leaves);
    leaves
}

impl Table {
    fn add_leaves(&'static self, path: &str, leaves: &mut Vec<Leaf>) {
        for Key { name, value, default, .. } in &self.keys {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let default = default.as_ref();
            match value {
                KeyValue::Table(table) => table.add_leaves(&path, leaves),
                KeyValue::Scalar(schema) => leaves.push(Leaf { path, schema: Some(schema), default }),
                KeyValue::List(_) | KeyValue::ListOfTables(_) => leaves.push(Leaf { path, schema: None, default }),
            }
        }
    }
}
