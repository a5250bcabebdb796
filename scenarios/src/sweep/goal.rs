//! `[goal]`: the metric in which the best design point is looked for, and the limits that it has to keep.

use super::condition::Condition as ConditionText;
use super::limits::{CONFIDENCE, known_metric, read_confidence, read_limits};
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::shape::{found, in_order};
use cospike_results::condition::Condition;
use cospike_results::goal::{Aim, GoalUsed};
use cospike_results::metrics::metric;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// A goal with the places in the file where its metrics stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Goal {
    pub(crate) used: GoalUsed,
    /// Position of the metric of which least or most is wanted.
    metric: Range<usize>,
    /// Position of the limits.
    limits: Option<Range<usize>>,
}

impl Goal {
    /// Where the metric called `name`, in whatever unit, is named.
    pub(crate) fn place_of(&self, name: &str) -> Option<Range<usize>> {
        let is_it = |other: &str| metric(other).is_some_and(|metric| metric.name == name);
        let mut limited = self.used.limits.iter().flat_map(Condition::limits);
        match is_it(&self.used.metric) {
            true => Some(self.metric.clone()),
            false => self.limits.clone().filter(|_| limited.any(|limit| is_it(&limit.metric))),
        }
    }
}

/// Keys of `[goal]` that name the metric, each with what is wanted of it.
pub(crate) const AIMS: [(&str, Aim); 2] = [("minimise", Aim::Minimise), ("maximise", Aim::Maximise)];
/// The other keys.
const KEYS: [&str; 2] = ["where", "confidence"];

/// Reads `[goal]`; `file` is the text in which it stands.
///
/// # Errors
/// A key that is missing or wrong, a metric that there is not, or a condition that no results can decide.
pub(super) fn read(value: &Spanned<DeValue<'_>>, file: &str) -> Result<Goal, Mistake> {
    let span = value.span();
    let DeValue::Table(table) = value.get_ref() else {
        return Err(Mistake::at_span(span, format!("`goal` is {}, but must be a section", found(value.get_ref()))));
    };
    let known = || AIMS.iter().map(|(key, _)| *key).chain(KEYS);
    if let Some((key, _)) = in_order(table).into_iter().find(|(key, _)| !known().any(|known| known == key.get_ref())) {
        let message = format!("unknown key `{}` of a goal", excerpt(key.get_ref()));
        return Err(Mistake::at_span(key.span(), message).help(did_you_mean(key.get_ref(), known())));
    }
    let mut aims = AIMS.iter().filter_map(|(key, aim)| Some((*aim, table.get_key_value(*key)?)));
    let Some((aim, (_, metric))) = aims.next() else {
        return Err(Mistake::at_span(span, "[goal] says neither what to minimise nor what to maximise")
            .help("such as minimise = \"energy_j\""));
    };
    if let Some((_, (key, _))) = aims.next() {
        let message = "[goal] has two metrics, which no design point need be best in together";
        return Err(Mistake::at_span(key.span(), message).help("put a limit of one of them into `where`"));
    }
    let condition = table.get("where").map(|value| ConditionText::read(value, file)).transpose()?;
    Ok(Goal {
        used: GoalUsed {
            aim,
            metric: read_metric(metric)?,
            limits: condition.as_ref().map(read_limits).transpose()?,
            condition: condition.map(|condition| condition.text),
            confidence: table.get("confidence").map_or(Ok(CONFIDENCE), read_confidence)?,
        },
        metric: metric.span(),
        limits: table.get("where").map(Spanned::span),
    })
}

fn read_metric(value: &Spanned<DeValue<'_>>) -> Result<String, Mistake> {
    let DeValue::String(name) = value.get_ref() else {
        let message = format!("the name of a metric is needed, but this is {}", found(value.get_ref()));
        return Err(Mistake::at_span(value.span(), message).help("such as \"energy_j\""));
    };
    known_metric(name, &value.span()).map(|_| name.to_string())
}
