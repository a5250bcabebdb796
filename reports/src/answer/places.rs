//! Who leads at each place: where devices, links or clouds are swept by name, a reader has one of them, and asks what to build there.

use super::contest::{Contest, Open};
use super::lead::{margin, unclear};
use super::words::{leaders, listed};
use crate::digest::{Design, Digest, without_shared_words};
use crate::metric::{Metric, MetricOfDesigns, prominent};
use crate::names::short_names;
use std::collections::BTreeMap;

/// Swept keys whose values are places.
const PLACES: [&str; 3] = ["link.profile", "fleet.profile", "cloud.profile"];
/// Most places of one key.
const MOST_PLACES: usize = 12;

/// The design points of one place.
struct Place<'d, 'a> {
    name: String,
    designs: Vec<&'d Design<'a>>,
    /// Names of the design points, without the words that all have here.
    names: Vec<String>,
}

/// What came of a metric at one or several places: who leads, or is level, and the values there.
struct Outcome {
    places: Vec<String>,
    names: Vec<String>,
    all: usize,
    best: Vec<f64>,
    next: Vec<String>,
}

/// Sentences on the best design points of each place, at most `most` of them, a metric each; `None` if no place is swept, or there is nothing
/// to compare at one.
pub(super) fn sentences(digest: &Digest<'_>, most: usize) -> Option<Vec<String>> {
    let key = PLACES.iter().find(|key| digest.designs.iter().any(|design| design.parameters.contains_key(**key)))?;
    let places = places(digest, key).filter(|places| (2..=MOST_PLACES).contains(&places.len()))?;
    let varies = |metric: &&Metric| {
        metric.best.is_some() && places.iter().any(|place| metric.varies(place.designs.iter().copied()))
    };
    let metrics = prominent().filter(varies);
    Some(metrics.take(most).filter_map(|metric| sentence(metric, key, &places)).collect())
}

/// The design points by the value of `key`, in order of appearance; `None` if some do not have it, or a place has a single one.
fn places<'d, 'a>(digest: &'d Digest<'a>, key: &str) -> Option<Vec<Place<'d, 'a>>> {
    let mut order: Vec<String> = vec![];
    let mut groups: BTreeMap<String, Vec<&Design<'a>>> = BTreeMap::new();
    for design in &digest.designs {
        let value = design.parameters.get(key)?;
        if !order.contains(value) {
            order.push(value.clone());
        }
        groups.entry(value.clone()).or_default().push(design);
    }
    let place = |name: String| {
        let designs = groups.remove(&name).filter(|designs| designs.len() > 1)?;
        let own = format!("{key}={name}");
        let words = |design: &&Design<'_>| {
            design.row.label.split(' ').filter(|word| *word != own).collect::<Vec<_>>().join(" ")
        };
        let labels: Vec<String> = designs.iter().map(words).collect();
        let labels = without_shared_words(&labels.iter().map(String::as_str).collect::<Vec<_>>());
        let names = short_names(&labels.iter().map(|label| label.split(' ').collect()).collect::<Vec<_>>());
        Some(Place { names, name, designs })
    };
    order.into_iter().map(place).collect()
}

/// Sentence on who leads in a metric at which places.
fn sentence(metric: &Metric, key: &str, places: &[Place<'_, '_>]) -> Option<String> {
    let open: Vec<(&Place<'_, '_>, Open<'_>)> =
        places.iter().filter_map(|place| Some((place, Open::new(metric, &place.designs)?))).collect();
    let (places, open): (Vec<_>, Vec<_>) = open.into_iter().unzip();
    let designs: Vec<Vec<&Design<'_>>> = places.iter().map(|place| place.designs.clone()).collect();
    let mut outcomes: Vec<Outcome> = vec![];
    for (place, contest) in places.iter().zip(Open::decide(&open, &designs)) {
        let outcome = outcome(metric, place, &contest)?;
        match outcomes.iter_mut().find(|other| other.names == outcome.names) {
            Some(other) => {
                other.places.extend(outcome.places);
                other.best.extend(outcome.best);
                other.next.extend(outcome.next);
            }
            None => outcomes.push(outcome),
        }
    }
    if let [outcome] = &mut outcomes[..] {
        outcome.places = vec!["everywhere".to_owned()];
    }
    let written: Vec<String> = outcomes.iter().map(|outcome| words(metric, outcome)).collect();
    Some(format!("{}, by {key}: {}.", metric.best?, written.join("; ")))
}

fn outcome(metric: &Metric, place: &Place<'_, '_>, contest: &Contest) -> Option<Outcome> {
    let mean = |index: usize| Some(metric.spread(place.designs[index])?.mean);
    let best = mean(contest.best)?;
    let next = contest.next.and_then(|next| {
        Some(format!("{}, {}{}", place.names[next], margin(metric, best, mean(next)?), unclear(contest)))
    });
    let mut names: Vec<String> =
        [contest.best].iter().chain(&contest.level).map(|index| place.names[*index].clone()).collect();
    names.sort();
    Some(Outcome {
        places: vec![place.name.clone()],
        names,
        all: place.designs.len(),
        best: vec![best],
        next: next.into_iter().collect(),
    })
}

/// Words on one outcome: `3g and 4g: float and spiking are level (1.20 to 3.40 J; next image, +5 %)`.
fn words(metric: &Metric, Outcome { places, names, all, best, next }: &Outcome) -> String {
    let least = best.iter().copied().fold(f64::INFINITY, f64::min);
    let most = best.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let [low, high] = [least, most].map(|value| metric.quantity().format(value));
    let value = if low == high { low } else { metric.quantity().format_range(least, most) };
    // At several places the next ones differ.
    let next = match &next[..] {
        [next] => format!("; next {next}"),
        _ => String::new(),
    };
    format!("{}: {} ({value}{next})", listed(places), leaders(names, *all))
}
