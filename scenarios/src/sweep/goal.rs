//! `[goal]`: the metric in which the best design point is looked for, and the limits that it has to keep.

use super::condition::Condition;
use super::limits::{CONFIDENCE, known_metric, read_confidence, read_limits};
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::shape::{found, in_order};
use cospike_results::goal::{Aim, GoalUsed};
use toml::Spanned;
use toml::de::DeValue;

/// Keys of `[goal]` that name the metric, each with what is wanted of it.
pub(crate) const AIMS: [(&str, Aim); 2] = [("minimise", Aim::Minimise), ("maximise", Aim::Maximise)];
/// The other keys.
const KEYS: [&str; 2] = ["where", "confidence"];

/// Reads `[goal]`; `file` is the text in which it stands.
///
/// # Errors
/// A key that is missing or wrong, a metric that there is not, or a condition that no results can decide.
pub(super) fn read(value: &Spanned<DeValue<'_>>, file: &str) -> Result<GoalUsed, Mistake> {
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
    let condition = table.get("where").map(|value| Condition::read(value, file)).transpose()?;
    Ok(GoalUsed {
        aim,
        metric: read_metric(metric)?,
        limits: condition.as_ref().map(read_limits).transpose()?,
        condition: condition.map(|condition| condition.text),
        confidence: table.get("confidence").map_or(Ok(CONFIDENCE), read_confidence)?,
    })
}

fn read_metric(value: &Spanned<DeValue<'_>>) -> Result<String, Mistake> {
    let DeValue::String(name) = value.get_ref() else {
        let message = format!("the name of a metric is needed, but this is {}", found(value.get_ref()));
        return Err(Mistake::at_span(value.span(), message).help("such as \"energy_j\""));
    };
    known_metric(name, &value.span()).map(|_| name.to_string())
}
