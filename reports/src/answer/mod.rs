//! The answer to the question of a study, in a few sentences.
//!
//! Every sentence is made from tests of what varied. A design point leads only if a test tells it from every rival; else it is level with
//! those from which none does.

mod capacity;
mod contest;
mod lead;
mod trend;
mod words;

use crate::digest::{Design, Digest};
use crate::metric::{METRICS, Metric};
use crate::names;
use crate::quantity::Quantity;
use crate::sweep::Swept;

/// Most sentences of an answer.
const MOST: usize = 4;
/// Share below which nothing is said of it.
const LEAST_SHARE: f64 = 0.000_5;
/// Most sentences until those on the best design points are among them.
const BEST: usize = 3;

/// The answer, the most important sentence first.
pub(crate) fn sentences(digest: &Digest<'_>) -> Vec<String> {
    if let [only] = &digest.designs[..] {
        return alone(only).into_iter().collect();
    }
    let swept: Vec<Swept> = Swept::all(digest).into_iter().filter(|swept| !swept.is_scattered).collect();
    let mut sentences: Vec<String> = swept.iter().filter_map(|swept| capacity::sentence(digest, swept)).collect();
    let has_capacity = !sentences.is_empty();
    let leads: Vec<String> = swept.iter().filter_map(|swept| lead::along(digest, swept)).collect();
    let has_leads = !leads.is_empty();
    sentences.extend(leads);
    let is_one_line = swept.iter().any(|swept| swept.lines.len() == 1 && swept.without.is_empty());
    if !has_capacity && !is_one_line {
        sentences.extend(lead::overall(digest, BEST.saturating_sub(sentences.len()), has_leads));
    }
    sentences.extend(swept.iter().filter_map(|swept| trend::sentence(digest, swept)));
    sentences.truncate(MOST);
    sentences
}

/// What came out for the only design point.
fn alone(design: &Design<'_>) -> Option<String> {
    let value = |metric: &Metric| {
        let mean = metric.of(design)?.mean;
        let is_telling = metric.best.is_some() || metric.name.starts_with("Load") || metric.name == names::POWER;
        let least = if metric.quantity == Quantity::Share { LEAST_SHARE } else { f64::MIN_POSITIVE };
        (is_telling && mean >= least)
            .then(|| format!("{} {}", metric.name.to_lowercase(), metric.quantity.format(mean)))
    };
    let values: Vec<String> = METRICS.iter().filter_map(value).collect();
    (!values.is_empty()).then(|| format!("{}: {}.", design.row.label, values.join(", ")))
}
