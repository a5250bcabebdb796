//! From `[find]` to the searches of a study.

use super::labels::{Labels, Named};
use crate::diagnostic::Mistake;
use crate::given::Given;
use crate::scenario::StudySection;
use crate::sweep::Search;
use cospike_results::manifest::SearchUsed;
use cospike_studies::search::{Goal, Probe, Searches};
use std::collections::BTreeMap;

/// The searches of a scenario, one for each combination of its swept values that is selected.
pub(super) fn compile(search: &Search, named: Named<'_>, given: &Given) -> Searches {
    let mut firsts = BTreeMap::new();
    (0..).zip(named.expansion.bases()).for_each(|(point, base)| _ = firsts.entry(base).or_insert(point));
    let named = Named { searched: &search.key, ..named };
    let points: Vec<u32> = firsts.values().copied().collect();
    let labels = Labels::new(named, &points);
    let bases = firsts.into_iter().enumerate().filter(|(_, (base, _))| given.selects(*base));
    let bases = bases.map(|(place, (base, point))| (base, labels.label(named, point, place)));
    Searches { bases: bases.collect(), candidates: search.values.clone(), goal: search.goal }
}

/// Refuses a search beside what contradicts it in `study`.
pub(super) fn check(search: &Search, study: &StudySection) -> Result<(), Mistake> {
    if let Some(precision) = &study.precision {
        let message = "[find] decides how many replications there are, so there is no precision target beside it";
        return Err(Mistake::in_value(precision, message).help("leave [study.precision] out"));
    }
    let (first, most) = (study.replications.get(), search.decision.max_replications);
    if most < first {
        let message = format!("`max_replications` of [find] is {most}, but `replications` of [study] {first}");
        return Err(Mistake::at_span(search.span.clone(), message).help("give a larger `max_replications`"));
    }
    Ok(())
}

/// All candidates of the searches, if some may be impossible although both ends are not: networks exist for some values only.
pub(super) fn all_to_check(search: &SearchUsed, searches: &Searches) -> Option<Vec<Probe>> {
    let candidates = 0..searches.candidates.len();
    let of_base = |&base: &usize| candidates.clone().map(move |candidate| Probe { base, candidate });
    search.key.starts_with("network.").then(|| searches.bases.keys().flat_map(of_base).collect())
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
