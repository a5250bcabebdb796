//! How far a key can be raised before a place is overloaded.

use super::words::listed;
use crate::digest::{Design, Digest};
use crate::quantity::Quantity;
use crate::sweep::{Line, Swept};
use cospike_results::summary::Caution;

/// What one line says of its capacity.
struct Reach {
    /// Largest value up to which nothing is overloaded, with the largest p95 latency until there; `None` if even the smallest value is
    /// too much.
    holds: Option<(f64, Option<f64>)>,
    /// First value at which a place is overloaded, the place and its load.
    breaks: Option<(f64, &'static str, f64)>,
}

/// Sentence on how far the key goes with each line; `None` if nothing is overloaded.
pub(super) fn sentence(digest: &Digest<'_>, swept: &Swept) -> Option<String> {
    let [names, _] = swept.names(digest, None);
    let reaches: Vec<(String, Reach)> = swept
        .lines
        .iter()
        .zip(names)
        .filter(|(line, _)| line.points.len() > 1)
        .map(|(line, name)| (name, reach(digest, line)))
        .collect();
    let broken = reaches.iter().filter_map(|(name, reach)| Some(words(name, reach, reach.breaks?)));
    let mut parts: Vec<String> = broken.collect();
    if parts.is_empty() {
        return None;
    }
    let whole: Vec<&(String, Reach)> = reaches.iter().filter(|(_, reach)| reach.breaks.is_none()).collect();
    let most = whole.iter().filter_map(|(_, reach)| Some(reach.holds?.0)).fold(f64::NEG_INFINITY, f64::max);
    if !whole.is_empty() {
        let names: Vec<String> = whole.iter().map(|(name, _)| name.clone()).collect();
        let verb = if names.len() == 1 { "holds" } else { "hold" };
        let p95 = whole
            .iter()
            .filter_map(|(_, reach)| reach.holds?.1)
            .fold(None, |most: Option<f64>, p95| Some(most.map_or(p95, |most| most.max(p95))));
        parts.push(format!(
            "{} {verb} up to {}, the largest value tried{}",
            listed(&names),
            Quantity::Number.format(most),
            at_most(p95)
        ));
    }
    Some(format!("{}: {}.", swept.key, parts.join("; ")))
}

fn words(name: &str, reach: &Reach, (value, place, load): (f64, &str, f64)) -> String {
    let over = format!(
        "at {} the {place} is overloaded (asked for {load:.2} times what it can do)",
        Quantity::Number.format(value)
    );
    match reach.holds {
        Some((holds, p95)) => format!("{name} holds up to {}{}, {over}", Quantity::Number.format(holds), at_most(p95)),
        None => format!("{name} holds at no value tried, {over}"),
    }
}

fn at_most(p95: Option<f64>) -> String {
    p95.map_or_else(String::new, |p95| format!(" (p95 latency at most {})", Quantity::Seconds.format(p95)))
}

fn reach(digest: &Digest<'_>, line: &Line) -> Reach {
    let design = |index: usize| &digest.designs[index];
    let breaks = line.points.iter().find_map(|(value, index)| {
        let (place, load) = overload(design(*index))?;
        Some((*value, place, load))
    });
    let before = line.points.iter().take_while(|(value, _)| breaks.is_none_or(|(first, ..)| *value < first));
    let holds = before.fold(None, |found: Option<(f64, Option<f64>)>, (value, index)| {
        let p95 = design(*index).summary.latency_p95_s.mean;
        let most = found.and_then(|(_, most)| most);
        Some((*value, most.into_iter().chain(p95).reduce(f64::max)))
    });
    Reach { holds, breaks }
}

/// The overloaded place of a design point, with its load.
fn overload(design: &Design<'_>) -> Option<(&'static str, f64)> {
    design.summary.cautions.iter().find_map(|caution| match caution {
        Caution::Overloaded { place, load } => Some((*place, *load)),
        _ => None,
    })
}
