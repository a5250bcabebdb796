//! Tables of a metric against the one number that a study varied: a row per line of design points, a column per value.

use crate::digest::{Design, Digest};
use crate::metric::{MetricOfDesigns, Reading, prominent};
use crate::sweep::Swept;
use cospike_results::metrics::Metric;

/// Most tables.
const MOST: usize = 3;
/// Most values of the key, and most lines, with which a table can be read.
const MOST_VALUES: usize = 12;
const MOST_LINES: usize = 40;

/// A metric against the values of a key.
pub struct Pivot {
    /// Dotted path of the key.
    pub key: String,
    /// The metric.
    pub metric: &'static Metric,
    /// Values of the key, ascending.
    pub values: Vec<f64>,
    /// Name of each line of design points, with a cell per value.
    pub lines: Vec<(String, Vec<Cell>)>,
}

/// What is known of a metric for a value of the key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// There is no design point.
    None,
    /// Its mean.
    Mean(f64),
    /// Its mean, which a longer run would change.
    Unsteady(f64),
    /// A place is overloaded, so no mean can be offered.
    Overloaded,
    /// No replication has a value.
    NoValue,
}

/// Tables of the metrics that vary, those that matter to most readers first; none unless a single key with numbers varies on at least two
/// lines of design points, or with at least three values.
pub(crate) fn all(digest: &Digest<'_>) -> Vec<Pivot> {
    let swept: Vec<Swept> = Swept::all(digest).into_iter().filter(|swept| !swept.is_scattered).collect();
    let [swept] = &swept[..] else { return vec![] };
    let lines = swept.lines.iter().filter(|line| line.points.len() > 1).count();
    let is_wide = swept.values.len() > MOST_VALUES || swept.lines.len() + swept.without.len() > MOST_LINES;
    if is_wide || (lines < 2 && swept.values.len() < 3) {
        return vec![];
    }
    let varies = |metric: &&Metric| metric.varies(digest.designs.iter());
    prominent().filter(varies).take(MOST).map(|metric| pivot(digest, swept, metric)).collect()
}

fn pivot(digest: &Digest<'_>, swept: &Swept, metric: &'static Metric) -> Pivot {
    let [names, without] = swept.names(digest, None);
    let cell = |line: &crate::sweep::Line, value: f64| {
        let point = line.points.iter().find(|(own, _)| *own == value);
        point.map_or(Cell::None, |(_, index)| Cell::new(metric, &digest.designs[*index]))
    };
    let lines = names.into_iter().zip(&swept.lines);
    let lines = lines.map(|(name, line)| (name, swept.values.iter().map(|value| cell(line, *value)).collect()));
    // What does not have the key is the same for all its values.
    let alone = without.into_iter().zip(&swept.without);
    let alone = alone.map(|(name, index)| (name, vec![Cell::new(metric, &digest.designs[*index]); swept.values.len()]));
    Pivot { key: swept.key.clone(), metric, values: swept.values.clone(), lines: lines.chain(alone).collect() }
}

impl Cell {
    fn new(metric: &Metric, design: &Design<'_>) -> Self {
        match metric.reading(design) {
            Reading::Holds(spread) => Self::Mean(spread.mean),
            Reading::Unsteady(mean) => Self::Unsteady(mean),
            Reading::Overloaded => Self::Overloaded,
            Reading::Missing => Self::NoValue,
        }
    }
}
