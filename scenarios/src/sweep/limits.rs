//! Limits of metrics: what `[find]` and `[goal]` want to hold.

use super::condition::Condition;
use super::expression::{Expression, Kind, Node, Operator, Term};
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::shape::found;
use cospike_results::condition::{self, Limit, Side};
use cospike_results::metrics::{LimitError, Metric, metric, names};
use cospike_sim_core::kernel::Number;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// Probability of being right, unless the scenario gives another.
pub(crate) const CONFIDENCE: f64 = 0.95;

pub(super) fn read_confidence(value: &Spanned<DeValue<'_>>) -> Result<f64, Mistake> {
    let number = value.get_ref().as_float().and_then(|float| float.as_str().parse().ok());
    number.filter(|confidence| (0.5..=0.999_999).contains(confidence)).ok_or_else(|| {
        let message = format!("`confidence` is {}, but must be a number from 0.5 to 0.999999", found(value.get_ref()));
        Mistake::at_span(value.span(), message).help("0.95 leaves one wrong decision in twenty")
    })
}

/// The metric called `name`, which stands at `span`.
///
/// # Errors
/// The nearest name, if no metric is called so.
pub(super) fn known_metric(name: &str, span: &Range<usize>) -> Result<Metric, Mistake> {
    metric(name).ok_or_else(|| {
        let (message, known) = (format!("no metric is called `{}`", excerpt(name)), names().collect::<Vec<_>>());
        Mistake::at_span(span.clone(), message).help(did_you_mean(name, known.iter().map(String::as_str)))
    })
}

/// The condition as limits of means.
pub(super) fn read_limits(text: &Condition) -> Result<condition::Condition, Mistake> {
    let is_metric = |name: &str, span: &Range<usize>| known_metric(name, span).map(|_| Kind::Number);
    let checked = text.expression.check(&is_metric).and_then(|_| limits(&text.expression, false));
    checked.map_err(|mistake| text.locate(mistake))
}

/// The limits that `expression` sets, or, if it `is_denied`, those that its opposite sets.
fn limits(expression: &Expression, is_denied: bool) -> Result<condition::Condition, Mistake> {
    match &expression.node {
        Node::Not(inner) => limits(inner, !is_denied),
        Node::Binary(operator @ (Operator::And | Operator::Or), sides) => {
            let parts = sides.iter().map(|side| limits(side, is_denied)).collect::<Result<Vec<_>, _>>()?;
            Ok(match (*operator == Operator::And) != is_denied {
                true => condition::Condition::All(parts),
                false => condition::Condition::Any(parts),
            })
        }
        Node::Binary(operator, sides) => limit(expression, *operator, sides, is_denied),
        _ => Err(no_limit(expression)),
    }
}

fn no_limit(expression: &Expression) -> Mistake {
    Mistake::at_span(expression.span.clone(), "this compares no metric with a number")
        .help("write limits of metrics, such as latency_p95_s <= 0.1")
}

fn limit(
    whole: &Expression,
    operator: Operator,
    sides: &[Expression; 2],
    is_denied: bool,
) -> Result<condition::Condition, Mistake> {
    let (name, number, is_mirrored) = match sides {
        [Expression { node: Node::Name(name), .. }, number] => (name, number, false),
        [number, Expression { node: Node::Name(name), .. }] => (name, number, true),
        _ => return Err(no_limit(whole)),
    };
    let side = match operator {
        Operator::Less | Operator::AtMost => Side::AtMost,
        Operator::Greater | Operator::AtLeast => Side::AtLeast,
        Operator::Equal | Operator::Unequal => {
            let message = "no interval shows that a mean equals a number exactly";
            return Err(Mistake::at_span(whole.span.clone(), message).help("compare with <= or >="));
        }
        _ => return Err(no_limit(whole)),
    };
    let side = if is_mirrored != is_denied { opposite(side) } else { side };
    let no_names = |_: &str, _: &Range<usize>| Err(no_limit(whole));
    let Term::Number(value) = number.value(&no_names)? else { return Err(no_limit(whole)) };
    metric(name)
        .ok_or_else(|| no_limit(whole))?
        .check_limit(value)
        .map_err(|error| impossible(&error, &number.span))?;
    Ok(condition::Condition::Limit(Limit { metric: name.clone(), side, value }))
}

/// The mistake of a limit that no results could decide.
fn impossible(error: &LimitError, span: &Range<usize>) -> Mistake {
    let help = match error {
        LimitError::Share { limit, .. } if *limit > 1.0 && *limit < 100.0 => {
            format!("for {} %, write {}", Number(*limit), Number(limit / 100.0))
        }
        LimitError::Share { limit, .. } if *limit == 0.0 || *limit == 1.0 => {
            "that something always or never happens no number of requests can show: give a limit such as 0.999".into()
        }
        _ => "another limit would be kept always or never".into(),
    };
    Mistake::at_span(span.clone(), error.to_string()).help(help)
}

fn opposite(side: Side) -> Side {
    match side {
        Side::AtMost => Side::AtLeast,
        Side::AtLeast => Side::AtMost,
    }
}
