//! The same design points in two results: what differs, and how surely.

use crate::answers::{Answered, Answers};
use crate::index::PointIndex;
use crate::manifest::Manifest;
use crate::metrics::{Better, METRICS, Metric, Unit};
use crate::rows::{PointRow, ReplicationRow, Results};
use crate::summary::{PointSummary, ROUNDING, SIGNIFICANCE, Standing};
use cospike_sim_core::stats::{Interval, Moments, StatsError, mean_interval_at, normal_quantile};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Two results, design point by design point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Whether replications are compared one by one: both studies have the same seed, and the same samples.
    pub is_paired: bool,
    /// Design points that both have, in the order of the first.
    pub points: Vec<ComparedPoint>,
    /// Labels of the design points that only the first has.
    pub only_first: Vec<String>,
    /// Labels of the design points that only the second has.
    pub only_second: Vec<String>,
}

/// A design point of both results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedPoint {
    /// Label in the first.
    pub label: String,
    /// Each metric that either has, in the order of [`METRICS`].
    pub metrics: Vec<Difference>,
}

/// A metric of a design point in both results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Name of the metric.
    pub metric: &'static str,
    /// Mean in the first; `None` where it has none, or none that can be offered because a place is overloaded.
    pub first: Option<f64>,
    /// Mean in the second.
    pub second: Option<f64>,
    /// How far the mean in the first can be relied on.
    pub first_standing: Standing,
    /// How far that in the second can be.
    pub second_standing: Standing,
    /// Second less first; `None` unless both hold for longer runs.
    pub difference: Option<f64>,
    /// Lower end of its 95 % interval; `None` with one replication.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// The difference as a part of the first; `None` of shares, of which the difference says it.
    pub relative: Option<f64>,
    /// Whether the difference is shown: at a level of 5 % for all design points together (Bonferroni).
    pub is_shown: bool,
    /// The interval that is as wide as that takes, towards either side.
    #[serde(skip)]
    simultaneous: Option<Interval>,
}

impl Compared {
    /// Compares the results of two studies.
    ///
    /// # Errors
    /// [`StatsError`] for results that no study can have, such as a design point without samples.
    pub fn new(first: &Results, second: &Results) -> Result<Self, StatsError> {
        let is_paired = are_paired(&first.manifest, &second.manifest);
        let [first, second] = [Side::all(first)?, Side::all(second)?];
        let pairs = pairs(&first, &second);
        let confidence = 1.0 - SIGNIFICANCE / pairs.len().max(1) as f64;
        let point = |&(one, other): &(usize, usize)| {
            let sides = [&first[one], &second[other]];
            let differences = METRICS.iter().map(|metric| Difference::new(metric, sides, is_paired, confidence));
            let exists = |difference: &Difference| difference.first.is_some() || difference.second.is_some();
            ComparedPoint { label: sides[0].row.label.clone(), metrics: differences.filter(exists).collect() }
        };
        let label = |side: &Side<'_>| side.row.label.clone();
        let alone = |sides: &[Side<'_>], paired: BTreeSet<usize>| {
            sides.iter().enumerate().filter(|(index, _)| !paired.contains(index)).map(|(_, side)| label(side)).collect()
        };
        Ok(Self {
            is_paired,
            points: pairs.iter().map(point).collect(),
            only_first: alone(&first, pairs.iter().map(|pair| pair.0).collect()),
            only_second: alone(&second, pairs.iter().map(|pair| pair.1).collect()),
        })
    }
}

impl ComparedPoint {
    /// The difference of a metric; `None` if neither side has it.
    pub fn difference(&self, metric: &Metric) -> Option<&Difference> {
        self.metrics.iter().find(|difference| difference.metric == metric.name)
    }
}

impl Compared {
    /// The design point with this label in the first; `None` if not both have it.
    pub fn find(&self, label: &str) -> Option<&ComparedPoint> {
        self.points.iter().find(|point| point.label == label)
    }

    /// Whether a metric is visibly another one at any design point.
    pub fn differs_in(&self, metric: &Metric) -> bool {
        self.points.iter().filter_map(|point| point.difference(metric)).any(Difference::is_visible)
    }
}

/// The interval of values that are equal but for rounding.
const EQUAL: Interval = Interval { estimate: 0.0, low: 0.0, high: 0.0 };

/// Whether replications of the same number saw the same random streams and samples.
fn are_paired(first: &Manifest, second: &Manifest) -> bool {
    let hashes = |of: &Manifest| of.datasets.iter().map(|file| file.blake3.clone()).collect::<Vec<_>>();
    first.seed == second.seed && hashes(first) == hashes(second)
}

/// A design point of one of the results.
struct Side<'r> {
    row: &'r PointRow,
    summary: PointSummary,
    rows: Vec<&'r ReplicationRow>,
    answered: Answered,
}

impl<'r> Side<'r> {
    fn all(results: &'r Results) -> Result<Vec<Self>, StatsError> {
        let answers = Answers::new(results);
        let mut rows: BTreeMap<PointIndex, Vec<&'r ReplicationRow>> = BTreeMap::new();
        results.replications.iter().for_each(|row| rows.entry(row.point).or_default().push(row));
        let side = |row: &'r PointRow| {
            let rows = rows.remove(&row.point).unwrap_or_default();
            let summary = PointSummary::new(row, &rows)?;
            Ok(Self { row, answered: answers.answered(row, &summary), rows, summary: summary.that_holds() })
        };
        results.points.iter().map(side).collect()
    }

    /// Values of the swept keys, written alike where they are the same.
    fn parameters(&self) -> String {
        let values: Option<BTreeMap<String, Value>> = serde_json::from_str(&self.row.parameters).ok();
        values.map_or_else(|| self.row.parameters.clone(), |values| serde_json::json!(values).to_string())
    }
}

/// Positions of the same design points: those with the same label and swept values; then, of what is left, those with the same swept values,
/// and those with the same label. A single design point on each side is the same one.
fn pairs(first: &[Side<'_>], second: &[Side<'_>]) -> Vec<(usize, usize)> {
    if first.len() == 1 && second.len() == 1 {
        return vec![(0, 0)];
    }
    let values = |side: &Side<'_>| [side.parameters(), String::new()];
    let label = |side: &Side<'_>| [String::new(), side.row.label.clone()];
    let both = |side: &Side<'_>| [side.parameters(), side.row.label.clone()];
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    for key in [&both as &dyn Fn(&Side<'_>) -> [String; 2], &values, &label] {
        let mut free: BTreeMap<[String; 2], VecDeque<usize>> = BTreeMap::new();
        for (other, side) in second.iter().enumerate().filter(|(other, _)| !taken.contains(other)) {
            free.entry(key(side)).or_default().push_back(other);
        }
        for (one, side) in first.iter().enumerate() {
            if !pairs.contains_key(&one)
                && let Some(other) = free.get_mut(&key(side)).and_then(VecDeque::pop_front)
            {
                pairs.insert(one, other);
                taken.insert(other);
            }
        }
    }
    pairs.into_iter().collect()
}

impl Difference {
    fn new(metric: &Metric, sides: [&Side<'_>; 2], is_paired: bool, confidence: f64) -> Self {
        let [first, second] = sides.map(|side| metric.mean(&side.summary).mean);
        let [first_standing, second_standing] = sides.map(|side| side.summary.standing(metric));
        let hold = [first_standing, second_standing] == [Standing::Holds; 2];
        let means = first.zip(second).filter(|_| hold);
        let interval = |confidence| means.and_then(|_| interval(metric, sides, is_paired, confidence));
        let (single, simultaneous) = (interval(1.0 - SIGNIFICANCE), interval(confidence));
        let difference = means.map(|(first, second)| second - first);
        let difference = difference.map(|of| if single == Some(EQUAL) { 0.0 } else { of });
        let relative = means.filter(|(first, _)| metric.unit != Unit::Share && *first != 0.0);
        Self {
            metric: metric.name,
            first,
            second,
            first_standing,
            second_standing,
            difference,
            low: single.map(|interval| interval.low),
            high: single.map(|interval| interval.high),
            relative: relative.zip(difference).map(|((first, _), difference)| difference / first.abs()),
            is_shown: simultaneous.is_some_and(|interval| !interval.contains(0.0)),
            simultaneous,
        }
    }

    /// Whether the means differ by enough to be seen: by a thousandth of the first, or of shares by a twentieth of a point; or one of them is
    /// missing, or does not hold.
    pub fn is_visible(&self) -> bool {
        match (self.difference, self.relative) {
            // The means of two runs that are not steady are the same where the runs are.
            (None, _) => self.first_standing != self.second_standing || self.first != self.second,
            (_, Some(relative)) => relative.abs() >= 1e-3,
            // Of shares, and of what was 0 before.
            (Some(difference), None) => difference.abs() >= 5e-4,
        }
    }

    /// The mean in the first that holds for longer runs, too; without one the second cannot be found to be worse.
    pub fn holding_first(&self) -> Option<f64> {
        self.first.filter(|_| self.first_standing == Standing::Holds)
    }

    /// Whether the second is worse than the first by more than `tolerance`, and that is shown: a part of the first, or of shares a difference.
    /// A mean that there is no longer, because a place is overloaded now, latencies are not steady any more, or all replications failed, is
    /// worse.
    pub fn is_worse(&self, metric: &Metric, tolerance: f64) -> bool {
        let Some(first) = self.holding_first() else { return false };
        if self.second.filter(|_| self.second_standing == Standing::Holds).is_none() {
            return true;
        }
        let tolerance = if metric.unit == Unit::Share { tolerance } else { tolerance * first.abs() };
        self.simultaneous.is_some_and(|interval| match metric.better {
            Better::Lower => interval.low > tolerance,
            Better::Higher => interval.high < -tolerance,
        })
    }
}

/// Interval of second less first: of the differences of the replications, or, if they saw different streams, of the two means, whose
/// intervals are joined in quadrature (Zou and Donner, Statistics in Medicine 27(10), 2008). For shares of correct answers, the error of
/// the finite number of samples is added.
fn interval(metric: &Metric, sides: [&Side<'_>; 2], is_paired: bool, confidence: f64) -> Option<Interval> {
    let values = sides.map(|side| side.rows.iter().filter_map(|row| metric.value(row)).collect::<Vec<f64>>());
    let found = match is_paired {
        true => mean_interval_of(&paired(metric, sides), confidence)?,
        false => {
            let [first, second] =
                [mean_interval_of(&values[0], confidence)?, mean_interval_of(&values[1], confidence)?];
            let estimate = second.estimate - first.estimate;
            let below = (second.estimate - second.low).hypot(first.high - first.estimate);
            let above = (second.high - second.estimate).hypot(first.estimate - first.low);
            Interval { estimate, low: estimate - below, high: estimate + above }
        }
    };
    if !metric.is_of_answers() {
        return Some(found);
    }
    let [first, second] = values.map(|values| values.iter().copied().collect::<Moments>().mean());
    let error = sides[0].answered.error_of_difference(first?, &sides[1].answered, second?).sqrt();
    let half = found.half_width().hypot(error * normal_quantile(confidence));
    Some(Interval { low: found.estimate - half, high: found.estimate + half, ..found })
}

/// Differences of the replications that both have.
fn paired(metric: &Metric, sides: [&Side<'_>; 2]) -> Vec<f64> {
    let [first, second] = sides;
    let others: BTreeMap<u32, &ReplicationRow> = second.rows.iter().map(|row| (row.replication, *row)).collect();
    let other = |of: &ReplicationRow| others.get(&of.replication).copied();
    let difference = |row: &&ReplicationRow| {
        let (second, first) = (metric.value(other(row)?)?, metric.value(row)?);
        // Sums in another order are the same sums.
        let is_rounding = (second - first).abs() <= ROUNDING * first.abs().max(second.abs());
        Some(if is_rounding { 0.0 } else { second - first })
    };
    first.rows.iter().filter_map(difference).collect()
}

/// Interval of a mean; of equal values it has no width, because nothing random moved them.
fn mean_interval_of(values: &[f64], confidence: f64) -> Option<Interval> {
    let (first, rest) = values.split_first()?;
    let is_constant = !rest.is_empty() && rest.iter().all(|value| value == first);
    if is_constant {
        return Some(Interval { estimate: *first, low: *first, high: *first });
    }
    mean_interval_at(values, confidence).ok()
}
