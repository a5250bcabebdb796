//! Who leads: at every value of a key, and among all design points.

use super::contest::{Contest, Open};
use super::words::{leaders, listed_or_counted};
use crate::digest::{Design, Digest};
use crate::metric::{Metric, MetricOfDesigns, prominent};
use crate::quantity::{Quantity, relation, signed_points};
use crate::sweep::Swept;

/// Most contenders: with more, a test of each pair says little.
const MOST_CONTENDERS: usize = 200;

/// Most stretches of one sentence: where the lead changes more often, the figure says it better.
const MOST_STRETCHES: usize = 6;

/// Who leads in correct answers at which values of the key: neighbouring values with the same outcome are one stretch.
struct Stretch {
    from: f64,
    to: f64,
    /// Names of the leader, or of those that are level.
    names: Vec<String>,
    /// The last contest of the stretch.
    contest: Contest,
}

/// Sentence on which line gives the most correct answers at which values of the key; `None` if these do not vary, or there are no
/// two lines.
pub(super) fn along(digest: &Digest<'_>, swept: &Swept) -> Option<String> {
    let metric = prominent().next()?;
    let [names, _] = swept.names(digest, None);
    let lines: Vec<_> = swept.lines.iter().zip(&names).filter(|(line, _)| line.points.len() > 1).collect();
    let reacts =
        lines.iter().any(|(line, _)| metric.varies(line.points.iter().map(|(_, index)| &digest.designs[*index])));
    if lines.len() < 2 || lines.len() > MOST_CONTENDERS || !reacts {
        return None;
    }
    let at = |value: f64| {
        let own = |(line, name): &(&crate::sweep::Line, &String)| {
            let (_, index) = line.points.iter().find(|(own, _)| *own == value)?;
            Some(((*name).clone(), &digest.designs[*index]))
        };
        lines.iter().filter_map(own).unzip::<String, &Design<'_>, Vec<_>, Vec<_>>()
    };
    let contests = swept.values.iter().filter_map(|value| {
        let (names, designs) = at(*value);
        Some((*value, names, Open::new(metric, &designs)?, designs))
    });
    let (mut values, mut all_names, mut open, mut designs) = (vec![], vec![], vec![], vec![]);
    for (value, names, contest, own) in contests {
        values.push(value);
        all_names.push(names);
        open.push(contest);
        designs.push(own);
    }
    let decided = Open::decide(&open, &designs);
    let mut stretches: Vec<Stretch> = Vec::new();
    for ((value, names), contest) in values.iter().zip(&all_names).zip(decided) {
        let mut level: Vec<String> =
            [contest.best].iter().chain(&contest.level).map(|place| names[*place].clone()).collect();
        level.sort();
        match stretches.last_mut().filter(|stretch| stretch.names == level) {
            Some(stretch) => (stretch.to, stretch.contest) = (*value, contest),
            None => stretches.push(Stretch { from: *value, to: *value, names: level, contest }),
        }
    }
    let position = |value: f64| values.iter().position(|other| *other == value);
    let written = |stretch: &Stretch| {
        let place = position(stretch.to)?;
        let share = |contender: usize| Some(metric.quantity().format(metric.spread(designs[place][contender])?.mean));
        let (first, last) = (values.first()?, values.last()?);
        let number = |value| Quantity::Number.format(value);
        let (from, to) = (number(stretch.from), number(stretch.to));
        let range = match (stretch.from == *first, stretch.to == *last) {
            _ if stretch.from == stretch.to => format!("at {to}"),
            (true, true) => format!("from {from} to {to}"),
            (true, false) => format!("up to {to}"),
            (false, true) => format!("from {from} on"),
            (false, false) => format!("from {from} to {to}"),
        };
        let best = share(stretch.contest.best)?;
        let next = stretch.contest.next.and_then(|next| Some(format!("{}, {}", all_names[place][next], share(next)?)));
        let next = next.map_or_else(String::new, |next| format!("; next {next}{}", unclear(&stretch.contest)));
        let at = if stretch.from == stretch.to { String::new() } else { format!(" at {to}") };
        Some(format!("{range}, {} ({best}{at}{next})", leaders(&stretch.names, all_names[place].len())))
    };
    let is_open = |stretch: &Stretch| stretch.contest.next.is_none();
    if stretches.len() > MOST_STRETCHES || (stretches.len() == 1 && stretches.iter().all(is_open)) {
        return None;
    }
    let parts: Vec<String> = stretches.iter().filter_map(written).collect();
    Some(format!("Correct answers of all requests, by {}: {}.", swept.key, parts.join("; ")))
}

/// Sentences on the best design points in the metrics that vary, at most `most` of them; without correct answers if
/// `beside_correct`.
pub(super) fn overall(digest: &Digest<'_>, most: usize, beside_correct: bool) -> Vec<String> {
    let designs: Vec<&Design<'_>> = digest.designs.iter().collect();
    if designs.len() > MOST_CONTENDERS {
        return Vec::new();
    }
    let metrics = prominent().skip(usize::from(beside_correct));
    let varied = metrics.filter(|metric| metric.best.is_some() && metric.varies(designs.iter().copied()));
    let names = digest.short_names();
    let open: Vec<(&Metric, Open<'_>)> =
        varied.filter_map(|metric| Some((metric, Open::new(metric, &designs)?))).take(most).collect();
    let (metrics, open): (Vec<&Metric>, Vec<Open<'_>>) = open.into_iter().unzip();
    let decided = Open::decide(&open, &vec![designs.clone(); open.len()]);
    metrics.iter().zip(decided).filter_map(|(metric, contest)| best(metric, &contest, &designs, &names)).collect()
}

/// Sentence on the best design point in a metric, with those that are level and the next one.
fn best(metric: &Metric, contest: &Contest, designs: &[&Design<'_>], names: &[String]) -> Option<String> {
    let title = metric.best?;
    let mean = |place: usize| Some(metric.spread(designs[place])?.mean);
    let named = |place: usize| Some(format!("{} ({})", names[place], metric.quantity().format(mean(place)?)));
    let first = mean(contest.best)?;
    let next = contest.next.and_then(|next| Some(format!("{} ({})", names[next], margin(metric, first, mean(next)?))));
    let next = next.map_or_else(String::new, |next| format!("; next {next}{}", unclear(contest)));
    let undecided = match designs.iter().all(|design| design.replications.len() < 2) {
        true => "which one replication cannot tell apart".to_owned(),
        false => format!("between which no difference of {} or more is shown", metric.least_difference()),
    };
    let level: Vec<String> = [contest.best].iter().chain(&contest.level).filter_map(|place| named(*place)).collect();
    Some(match &level[..] {
        [only] => format!("{title}: {only}{next}."),
        level => format!("{title}: {}, {undecided}{next}.", listed_or_counted(level)),
    })
}

/// A mean with what it is more than that of the best one: `332 µJ, +3 %`.
pub(super) fn margin(metric: &Metric, best: f64, mean: f64) -> String {
    let written = metric.quantity().format(mean);
    match metric.quantity() {
        Quantity::Share => format!("{written}, {}", signed_points(mean - best)),
        _ if best > 0.0 && mean > 0.0 => format!("{written}, {}", relation(mean / best, 0)),
        _ => written,
    }
}

/// Words on those that are too uncertain to be placed.
pub(super) fn unclear(contest: &Contest) -> String {
    match contest.unclear {
        0 => String::new(),
        1 => "; one more is too uncertain to place".to_owned(),
        more => format!("; {more} more are too uncertain to place"),
    }
}
