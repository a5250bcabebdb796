//! The answer to the question of a study, in a few sentences.
//!
//! Every sentence is made from tests of what varied. A design point leads only if a test tells it from every rival; else it is level with
//! those from which none does.

mod capacity;
mod contest;
mod goal;
mod lead;
mod places;
mod trend;
mod words;

use crate::digest::{Design, Digest};
use crate::metric::{Metric, MetricOfDesigns, prominent};
use crate::quantity::Quantity;
use crate::sweep::Swept;
use cospike_results::metrics::{CLOUD_ENERGY, ENERGY, POWER};
use cospike_results::summary::{Standing, compute_share};
use std::collections::BTreeSet;
use words::listed_or_counted;

/// Most sentences of an answer.
const MOST: usize = 4;
/// Share below which nothing is said of it.
const LEAST_SHARE: f64 = 0.000_5;
/// Most sentences on the best design points; with those on who leads at which value, if these compare all points.
const BEST: usize = 3;

/// The answer, the most important sentence first: what comes of the goal, if there is one, then what varied.
pub(crate) fn sentences(digest: &Digest<'_>) -> Vec<String> {
    let mut sentences = goal::sentences(digest);
    sentences.extend(of_what_varied(digest));
    sentences
}

/// What is to be said without a goal. Of searches it is what they found: which values they probed says nothing more.
fn of_what_varied(digest: &Digest<'_>) -> Vec<String> {
    if !digest.searches.is_empty() {
        return digest.searches.iter().map(|of| format!("{}: {}.", of.search, of.text)).collect();
    }
    let mut sentences = of_points(digest);
    if let Some(shown) = digest.shown().filter(|_| !sentences.is_empty()) {
        sentences.insert(0, format!("What follows is of the {shown}."));
    }
    sentences
}

/// The answer of a study without searches.
fn of_points(digest: &Digest<'_>) -> Vec<String> {
    if let [only] = &digest.designs[..] {
        return alone(only).into_iter().collect();
    }
    let swept: Vec<Swept> = Swept::all(digest).into_iter().filter(|swept| !swept.is_scattered).collect();
    let mut sentences: Vec<String> = swept.iter().filter_map(|swept| capacity::sentence(digest, swept)).collect();
    let has_capacity = !sentences.is_empty();
    let leads: Vec<(&Swept, String)> =
        swept.iter().filter_map(|swept| Some((swept, lead::along(digest, swept)?))).collect();
    let compared = leads.iter().flat_map(|(swept, _)| swept.lines.iter().flat_map(|line| &line.points));
    let compared: BTreeSet<usize> = compared.map(|(_, index)| *index).collect();
    let are_all_compared = compared.len() == digest.designs.len();
    sentences.extend(leads.into_iter().map(|(_, sentence)| sentence));
    let is_one_line = swept.iter().any(|swept| swept.lines.len() == 1 && swept.without.is_empty());
    if !has_capacity && !is_one_line {
        let room = if are_all_compared { BEST.saturating_sub(sentences.len()) } else { BEST };
        let at_places = places::sentences(digest, room);
        sentences.extend(at_places.unwrap_or_else(|| lead::overall(digest, room, are_all_compared)));
    }
    sentences.extend(swept.iter().filter_map(|swept| trend::sentence(digest, swept)));
    sentences.truncate(MOST);
    sentences.extend(not_steady(digest));
    sentences.extend(share_of_compute(digest));
    sentences
}

/// Which design points are compared in nothing that a longer run would change; those with an overloaded place are named with the values
/// of the key at which they are.
fn not_steady(digest: &Digest<'_>) -> Option<String> {
    let is_unsteady = |design: &Design<'_>| !design.summary.is_steady() && !design.is_overloaded();
    let names = digest.designs.iter().zip(digest.short_names()).filter(|(design, _)| is_unsteady(design));
    let names: Vec<String> = names.map(|(_, name)| name).collect();
    let named = listed_or_counted(&names);
    let what = changing(digest.designs.iter().filter(|design| is_unsteady(design)));
    (!names.is_empty())
        .then(|| format!("Not steady, so left out of what is said of {what}: {named}; a longer run would change it."))
}

/// What a longer run would change at any of some design points that are not steady: energies do not always depend on how long requests wait.
fn changing<'d, 'a: 'd>(mut designs: impl Iterator<Item = &'d Design<'a>>) -> &'static str {
    let changes = |design: &Design<'_>, metric| design.summary.standing(metric) != Standing::Holds;
    match designs.any(|design| changes(design, &ENERGY) || changes(design, &CLOUD_ENERGY)) {
        true => "latency and energy",
        false => "latency",
    }
}

/// What compute is of the energy, where it is enough to matter.
fn share_of_compute(digest: &Digest<'_>) -> Option<String> {
    let [least, most] = compute_share(&digest.results.replications).filter(|_| digest.compute_matters())?;
    let share = match least < LEAST_SHARE {
        true => format!("at most {}", Quantity::Share.format(most)),
        false => Quantity::Share.format_range(least, most),
    };
    Some(format!("Compute is {share} of the energy of a device."))
}

/// What came out for the only design point.
fn alone(design: &Design<'_>) -> Option<String> {
    let value = |metric: &Metric| {
        let mean = metric.reading(design).shown()?.mean;
        let is_telling = metric.best.is_some() || metric.name == POWER.name;
        let least = if metric.quantity() == Quantity::Share { LEAST_SHARE } else { f64::MIN_POSITIVE };
        (is_telling && mean >= least)
            .then(|| format!("{} {}", metric.label.to_lowercase(), metric.quantity().format(mean)))
    };
    let values = load(design).into_iter().chain(prominent().filter_map(value));
    let values: Vec<String> = values.collect();
    let unsteady = match design.summary.is_steady() || design.is_overloaded() {
        true => String::new(),
        false => {
            format!("; it is not steady, so a longer run would change {}", changing(std::iter::once(design)))
        }
    };
    (!values.is_empty()).then(|| format!("{}: {}{unsteady}.", design.row.label, values.join(", ")))
}

/// Words on the place that is asked for most.
fn load(design: &Design<'_>) -> Option<String> {
    let (place, load) = design.summary.load.greatest()?;
    Some(match design.is_overloaded() {
        true => format!("the {place} is overloaded (asked for {load:.2} times what it can do)"),
        false => {
            format!("no place is overloaded (the greatest load is {}, of the {place})", Quantity::Share.format(load))
        }
    })
}
