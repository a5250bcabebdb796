//! `[find]`: a search for the largest or smallest value of a key for which a condition on the results holds.

use super::condition::Condition;
use super::limits::{CONFIDENCE, read_confidence, read_limits};
use super::range::{self, Given, RANGE_KEYS, read_count};
use crate::declarations::KeyValue;
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::located::Located;
use crate::shape::{find_key, found, in_order};
use cospike_studies::condition::Decision;
use cospike_studies::search::{Goal, most_probes};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Keys of `[find]` beside those of a range.
const KEYS: [&str; 5] = ["key", "goal", "where", "confidence", "max_replications"];
/// Words of `goal`.
pub(crate) const GOALS: [&str; 2] = ["largest", "smallest"];
/// Most replications of a candidate, unless the scenario gives another number.
pub(crate) const MAX_REPLICATIONS: u32 = 64;

/// A search, as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Find<'a> {
    /// The searched key, section by section.
    pub(super) path: Vec<Spanned<DeString<'a>>>,
    /// Candidates, ascending; at least 2.
    pub(super) values: Vec<Located<Value>>,
    pub(super) goal: Goal,
    pub(super) decision: Decision,
    /// Text of the condition.
    pub(super) condition: String,
    /// Position of `[find]`.
    pub(super) span: Range<usize>,
    /// Position of the condition.
    pub(super) where_span: Range<usize>,
}

impl<'a> Find<'a> {
    /// Reads `[find]`; `file` is the text in which it stands.
    ///
    /// # Errors
    /// A key that is missing or wrong, or a condition that no results can decide.
    pub(super) fn read(value: &Spanned<DeValue<'a>>, file: &str) -> Result<Self, Mistake> {
        let span = value.span();
        let DeValue::Table(table) = value.get_ref() else {
            return Err(Mistake::at_span(span, format!("`find` is {}, but must be a section", found(value.get_ref()))));
        };
        let known = || KEYS.iter().chain(&RANGE_KEYS).copied();
        if let Some((key, _)) =
            in_order(table).into_iter().find(|(key, _)| !known().any(|known| known == key.get_ref()))
        {
            let message = format!("unknown key `{}` of a search", excerpt(key.get_ref()));
            return Err(Mistake::at_span(key.span(), message).help(did_you_mean(key.get_ref(), known())));
        }
        let needed = |key: &str, example: &str| {
            let missing =
                || Mistake::at_span(span.clone(), format!("[find] has no `{key}`")).help(format!("such as {example}"));
            table.get(key).ok_or_else(missing)
        };
        let path = read_path(needed("key", "key = \"fleet.devices\"")?)?;
        let goal = read_goal(needed("goal", "goal = \"largest\"")?)?;
        let condition = needed("where", "where = \"latency_p95_s <= 0.1 and accuracy >= 0.9\"")?;
        let condition = Condition::read(condition, file)?;
        let values = candidates(&path, table, &span)?;
        let decision = Decision {
            condition: read_limits(&condition)?,
            verdicts: most_probes(values.len()),
            confidence: table.get("confidence").map_or(Ok(CONFIDENCE), read_confidence)?,
            max_replications: table
                .get("max_replications")
                .map_or(Ok(MAX_REPLICATIONS), |value| read_count("max_replications", value))?,
        };
        Ok(Self { path, values, goal, decision, where_span: condition.span.clone(), condition: condition.text, span })
    }

    /// Dotted path of the searched key.
    pub(super) fn dotted_path(&self) -> String {
        self.path.iter().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>().join(".")
    }

    /// Position of the searched key.
    pub(super) fn key_span(&self) -> Range<usize> {
        self.path.last().map_or(0..0, Spanned::span)
    }
}

/// The searched key; each of its words stands where the whole of it does.
fn read_path<'a>(value: &Spanned<DeValue<'a>>) -> Result<Vec<Spanned<DeString<'a>>>, Mistake> {
    let DeValue::String(text) = value.get_ref() else {
        let message = format!("`key` is {}, but must be the key that is searched", found(value.get_ref()));
        return Err(Mistake::at_span(value.span(), message).help("such as \"fleet.devices\""));
    };
    let words = text.split('.').map(|word| Spanned::new(value.span(), Cow::Owned(word.trim().to_string())));
    let path: Vec<Spanned<DeString<'a>>> = words.collect();
    let message = match path.first() {
        Some(section) if section.get_ref() == "study" => {
            "[study] holds for all design points, so none of its keys can be searched"
        }
        _ => return Ok(path),
    };
    Err(Mistake::at_span(value.span(), message))
}

fn read_goal(value: &Spanned<DeValue<'_>>) -> Result<Goal, Mistake> {
    match value.get_ref().as_str() {
        Some("largest") => Ok(Goal::Largest),
        Some("smallest") => Ok(Goal::Smallest),
        word => {
            let message = format!("`goal` is {}, which is no goal", found(value.get_ref()));
            Err(Mistake::at_span(value.span(), message).help(did_you_mean(word.unwrap_or_default(), GOALS)))
        }
    }
}

/// The values of the range that `[find]` holds.
fn candidates(
    path: &[Spanned<DeString<'_>>],
    table: &DeTable<'_>,
    span: &Range<usize>,
) -> Result<Vec<Located<Value>>, Mistake> {
    let (key, declared) = find_key(path)?;
    let KeyValue::Scalar(schema) = &declared.value else {
        return Err(Mistake::at_span(
            key.span(),
            format!("`{}` is no number, so it cannot be searched", declared.name),
        ));
    };
    if !range::is_number(schema) {
        return Err(Mistake::at_span(
            key.span(),
            format!("`{}` is no number, so it cannot be searched", declared.name),
        ));
    }
    let own = table.iter().filter(|(key, _)| RANGE_KEYS.contains(&key.get_ref().as_ref()));
    let own: DeTable<'_> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    match range::read(declared, schema, &own, span.clone())? {
        Given::List(values) if values.len() > 1 => Ok(values),
        Given::List(_) => {
            Err(Mistake::at_span(span.clone(), "[find] has one candidate only").help("give a smaller `step`"))
        }
        Given::Interval(interval) => Err(interval.without_values()),
    }
}
