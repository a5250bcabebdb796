//! What a key does along a single line.

use super::words::listed;
use crate::digest::Digest;
use crate::metric::{Metric, MetricOfDesigns, prominent};
use crate::quantity::Quantity;
use crate::sweep::Swept;

/// Most metrics of a sentence.
const MOST: usize = 3;

/// Sentence on what varies from the smallest value of the key to the largest; `None` if several lines could be meant.
pub(super) fn sentence(digest: &Digest<'_>, swept: &Swept) -> Option<String> {
    let mut lines = swept.lines.iter().filter(|line| line.points.len() > 1);
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let designs = || line.points.iter().map(|(_, index)| &digest.designs[*index]);
    let (first, last) = (line.points.first()?, line.points.last()?);
    let change = |metric: &Metric| {
        let [from, to] = [first, last].map(|(_, index)| metric.spread(&digest.designs[*index]));
        let (from, to) = (from?.mean, to?.mean);
        let (written, ended) = (metric.quantity().format(from), metric.quantity().format(to));
        let name = metric.label.to_lowercase();
        let values = designs().filter_map(|design| Some(metric.spread(design)?.mean));
        let turns = values.clone().any(|value| value > from.max(to) * 1.02 || value < from.min(to) * 0.98);
        let between =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        Some(match turns {
            true => format!(
                "{name} between {}",
                metric.quantity().format_range(between.0, between.1).replace(" to ", " and ")
            ),
            false => format!("{name} from {written} to {ended}"),
        })
    };
    let varied = prominent().filter(|metric| metric.best.is_some() && metric.varies(designs()));
    let changes: Vec<String> = varied.filter_map(change).take(MOST).collect();
    let [from, to] = [first, last].map(|(value, _)| Quantity::Number.format(*value));
    (!changes.is_empty()).then(|| format!("{} from {from} to {to}: {}.", swept.key, listed(&changes)))
}
