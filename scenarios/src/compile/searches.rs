//! From `[find]` to the searches of a study.

use super::networks;
use crate::diagnostic::Mistake;
use crate::given::Given;
use crate::sweep::{Search, Sweep, SweepPoint};
use cospike_results::manifest::SearchUsed;
use cospike_studies::search::{Goal, Searches};
use std::collections::BTreeMap;

/// The searches of `sweep`, one for each combination of its swept values that is selected.
pub(super) fn compile(search: &Search, sweep: &Sweep, given: &Given) -> Result<Searches, Mistake> {
    let study = &sweep.points[0].scenario.study;
    if let Some(precision) = &study.precision {
        let message = "[find] decides how many replications there are, so there is no precision target beside it";
        return Err(Mistake::in_value(precision, message).help("leave [study.precision] out"));
    }
    let (first, most) = (study.replications.get(), search.decision.max_replications);
    if most < first {
        let message = format!("`max_replications` of [find] is {most}, but `replications` of [study] {first}");
        return Err(Mistake::at_span(search.span.clone(), message).help("give a larger `max_replications`"));
    }
    let bases: BTreeMap<usize, SweepPoint> =
        sweep.points.iter().map(|point| (point.base, without_key(point, &search.key))).collect();
    let (numbers, points): (Vec<usize>, Vec<SweepPoint>) = bases.into_iter().unzip();
    let labels = networks::labels(&points)?;
    let bases = numbers.into_iter().zip(labels).filter(|(number, _)| given.selects(*number));
    Ok(Searches { bases: bases.collect(), candidates: search.values.clone(), goal: search.goal })
}

/// A design point of which the label leaves out `key`.
fn without_key(point: &SweepPoint, key: &str) -> SweepPoint {
    let mut point = point.clone();
    point.parameters.remove(key);
    point.label_axes.remove(key);
    point
}

/// The search as the results record it.
pub(super) fn used(search: &Search) -> SearchUsed {
    let end = |value: Option<&f64>| value.copied().unwrap_or_default();
    SearchUsed {
        key: search.key.clone(),
        goal: match search.goal {
            Goal::Largest => "largest".into(),
            Goal::Smallest => "smallest".into(),
        },
        from: end(search.values.first()),
        to: end(search.values.last()),
        candidates: search.values.len() as u32,
        condition: search.condition.clone(),
        confidence: search.decision.confidence,
        max_replications: search.decision.max_replications,
    }
}
