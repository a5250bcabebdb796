//! For which values of a key no place is overloaded.

use super::words::listed;
use crate::digest::{Design, Digest};
use crate::metric::MetricOfDesigns;
use crate::quantity::Quantity;
use crate::sweep::{Line, Swept};
use cospike_results::metrics::LATENCY_P95;
use cospike_results::summary::Caution;

/// Most lines that are named.
const MOST_LINES: usize = 6;

/// Overloaded place with its load.
type Overload = (&'static str, f64);

/// Points of a line: value of the key, design point, and its overload if it has one.
type Points<'d, 'a> = Vec<(f64, &'d Design<'a>, Option<Overload>)>;

/// Sentence on the values of the key at which each line holds; `None` if nothing is overloaded.
pub(super) fn sentence(digest: &Digest<'_>, swept: &Swept) -> Option<String> {
    let [names, _] = swept.names(digest, None);
    let lines = swept.lines.iter().zip(names).filter(|(line, _)| line.points.len() > 1);
    let lines: Vec<(String, Points<'_, '_>)> = lines.map(|(line, name)| (name, points(digest, line))).collect();
    let (whole, broken): (Vec<_>, Vec<_>) =
        lines.iter().partition(|(_, points)| points.iter().all(|(.., overload)| overload.is_none()));
    if broken.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = broken.iter().take(MOST_LINES).map(|(name, points)| words(name, points)).collect();
    if broken.len() > MOST_LINES {
        parts.push(format!("{} more lines are overloaded at some value", broken.len() - MOST_LINES));
    }
    if !whole.is_empty() {
        let names: Vec<String> = whole.iter().map(|(name, _)| name.clone()).collect();
        let verb = if names.len() == 1 { "holds" } else { "hold" };
        let names = if names.len() > MOST_LINES { format!("{} lines", names.len()) } else { listed(&names) };
        let all: Vec<_> = whole.iter().flat_map(|(_, points)| points).collect();
        parts.push(format!("{names} {verb} at every value tried{}", at_most(all.iter().map(|(_, design, _)| *design))));
    }
    Some(format!("{}: {}.", swept.key, parts.join("; ")))
}

fn points<'d, 'a>(digest: &'d Digest<'a>, line: &Line) -> Points<'d, 'a> {
    let point = |(value, index): &(f64, usize)| {
        let design = &digest.designs[*index];
        (*value, design, overload(design))
    };
    line.points.iter().map(point).collect()
}

/// The overloaded place of a design point, with its load.
fn overload(design: &Design<'_>) -> Option<Overload> {
    design.summary.cautions.iter().find_map(|caution| match caution {
        Caution::Overloaded { place, load } => Some((*place, *load)),
        _ => None,
    })
}

/// Words on a line that is overloaded somewhere: more of a key may be too much, as of devices, or too little may be, as of a rate.
fn words(name: &str, points: &Points<'_, '_>) -> String {
    let number = |value: f64| Quantity::Number.format(value);
    let over = |(value, _, overload): &(f64, &Design<'_>, Option<Overload>)| {
        let (place, load) = (*overload)?;
        Some(format!("at {} the {place} is overloaded (asked for {load:.2} times what it can do)", number(*value)))
    };
    let is_over: Vec<bool> = points.iter().map(|(.., overload)| overload.is_some()).collect();
    let changes = is_over.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let first_change = is_over.windows(2).position(|pair| pair[0] != pair[1]).map(|place| place + 1);
    let holding = || at_most(points.iter().filter(|(.., overload)| overload.is_none()).map(|(_, design, _)| *design));
    match (first_change, changes, is_over[0]) {
        (Some(change), 1, false) => {
            let over = over(&points[change]).unwrap_or_default();
            format!("{name} holds up to {}{}, {over}", number(points[change - 1].0), holding())
        }
        (Some(change), 1, true) => {
            let over = over(&points[change - 1]).unwrap_or_default();
            format!("{name} holds from {} on{}, {over}", number(points[change].0), holding())
        }
        (None, ..) => format!("{name} holds at no value tried, {}", over(&points[0]).unwrap_or_default()),
        _ => {
            let over: Vec<String> =
                points.iter().filter(|(.., overload)| overload.is_some()).map(|(value, ..)| number(*value)).collect();
            format!("{name} is overloaded at {} of {} values: {}", over.len(), points.len(), listed(&over))
        }
    }
}

/// The largest 95th percentile of latency of some design points, in brackets; of those whose latencies are steady, if not all are.
fn at_most<'d, 'a: 'd>(designs: impl Iterator<Item = &'d Design<'a>>) -> String {
    let (steady, others): (Vec<_>, Vec<_>) = designs.partition(|design| design.summary.is_steady());
    let most = steady.iter().filter_map(|design| Some(LATENCY_P95.spread(design)?.mean)).reduce(f64::max);
    let limit = if others.is_empty() { "" } else { " where it is steady" };
    most.map_or_else(String::new, |p95| format!(" (p95 latency at most {}{limit})", Quantity::Seconds.format(p95)))
}
