//! What searches came to, read from the table `probes`.

use super::caution::Caution;
use crate::index::PointIndex;
use crate::manifest::SearchUsed;
use crate::rows::{ProbeRow, Results};
use cospike_sim_core::kernel::Number;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// One search with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What the search is for, see [`ProbeRow::search`].
    pub search: String,
    /// The value that was looked for: of those that were probed, the last one towards the goal for which the condition holds; `None`
    /// if it holds for none of them.
    pub value: Option<f64>,
    /// The answer in words.
    pub text: String,
    /// What was probed, by ascending value.
    pub probes: Vec<Probed>,
}

/// A candidate that was probed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probed {
    /// Value of the searched key.
    pub value: f64,
    /// Number of the design point.
    pub point: PointIndex,
    /// Step of the search, from 0.
    pub step: u32,
    /// Number of replications that did not fail.
    pub replications: usize,
    /// `holds`, `violated`, `undecided` or `failed`.
    pub verdict: String,
    /// The limits of the condition with what was found.
    pub limits: Vec<ProbedLimit>,
    /// What speaks against taking the means for those of a longer run.
    pub cautions: Vec<Caution>,
}

/// A limit of the condition beside what was found at a candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbedLimit {
    /// Metric that is limited.
    pub metric: String,
    /// `at most` or `at least`.
    pub side: String,
    /// Limit, in the unit of the metric.
    pub limit: f64,
    /// Mean over the replications.
    pub estimate: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
}

/// The answers of a study's searches, in the order of the table; none without `[find]`. Each of the `points` has its number of replications
/// and what speaks against its means.
pub(super) fn answers<'a>(
    results: &Results,
    points: impl Iterator<Item = (PointIndex, (usize, &'a [Caution]))>,
) -> Vec<Answer> {
    let Some(search) = &results.manifest.search else { return vec![] };
    let points: BTreeMap<_, _> = points.collect();
    let by_search = results.probes.chunk_by(|one, next| one.search == next.search);
    let answer = |rows: &[ProbeRow]| {
        let probes = rows.chunk_by(|one, next| one.value == next.value);
        let probes = probes.map(|rows| Probed::new(rows, points.get(&rows[0].point).copied().unwrap_or_default()));
        Answer::new(rows[0].search.clone(), probes.collect(), search)
    };
    by_search.map(answer).collect()
}

impl Probed {
    /// A candidate from its rows, at least one, its number of replications and what speaks against its means.
    fn new(rows: &[ProbeRow], (replications, cautions): (usize, &[Caution])) -> Self {
        let ProbeRow { value, point, step, ref verdict, .. } = rows[0];
        let (verdict, cautions) = (verdict.clone(), cautions.to_vec());
        let limits = rows.iter().map(ProbedLimit::new).collect();
        Self { value, point, step, replications, verdict, limits, cautions }
    }

    fn holds(&self) -> bool {
        self.verdict == "holds"
    }

    /// What is known for this value, if not that the condition holds.
    fn doubt(&self) -> String {
        let lacking = self.limits.iter().find(|limit| limit.estimate.is_none());
        match (self.verdict.as_str(), lacking) {
            ("undecided", _) => format!("it is undecided after {} replications", self.replications),
            ("failed", _) => "a replication failed".into(),
            (_, Some(limit)) => format!("`{}` has no value", limit.metric),
            _ => "it does not hold".into(),
        }
    }
}

impl ProbedLimit {
    fn new(row: &ProbeRow) -> Self {
        let ProbeRow { metric, side, limit, estimate, low, high, .. } = row;
        let (metric, side) = (metric.clone(), side.clone());
        Self { metric, side, limit: *limit, estimate: *estimate, low: *low, high: *high }
    }
}

impl fmt::Display for ProbedLimit {
    /// The mean with its interval, then the limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, side, limit, estimate, low, high } = self;
        match estimate {
            None => write!(f, "{metric} has no value")?,
            Some(mean) => write!(f, "{metric} {}", rounded(*mean))?,
        }
        if let (Some(low), Some(high)) = (low, high) {
            write!(f, " [{}, {}]", rounded(*low), rounded(*high))?;
        }
        write!(f, ", {side} {}", Number(*limit))
    }
}

/// A number with four significant digits.
fn rounded(value: f64) -> Number {
    Number(format!("{value:.3e}").parse().unwrap_or(value))
}

impl Answer {
    /// Concludes from what was probed, by ascending value.
    fn new(name: String, probes: Vec<Probed>, search: &SearchUsed) -> Self {
        let towards_goal: Vec<&Probed> = match search.goal.as_str() {
            "smallest" => probes.iter().rev().collect(),
            _ => probes.iter().collect(),
        };
        let found = towards_goal.iter().rposition(|probe| probe.holds());
        let text = match found {
            Some(at) => found_text(&towards_goal, at, search),
            None => format!(
                "`{}` is not known to hold for any {} that was probed: {}; between these values it may",
                search.condition,
                search.key,
                doubts(&towards_goal)
            ),
        };
        Self { search: name, value: found.map(|at| towards_goal[at].value), text, probes }
    }
}

/// The answer `probes[at]`, what is known of the next value and of those before, and what is to be said of its means.
fn found_text(probes: &[&Probed], at: usize, SearchUsed { key, goal, condition, .. }: &SearchUsed) -> String {
    let answer = probes[at];
    let mut text = format!("the {goal} {key} for which `{condition}` holds is {}", Number(answer.value));
    match probes.get(at + 1) {
        Some(next) => text += &format!("; {}", doubts(&[next])),
        None => text += ", the end of the range",
    }
    let before: Vec<&Probed> = probes[..at].iter().copied().filter(|probe| !probe.holds()).collect();
    if !before.is_empty() {
        text += &format!(
            "; but not for all values before it: {}. So nothing is known of those that were not probed",
            doubts(&before)
        );
    }
    for caution in &answer.cautions {
        text += &format!("; means for {} are those of this run only ({caution})", Number(answer.value));
    }
    text
}

/// What is known for each of these values, for which the condition is not known to hold.
fn doubts(probes: &[&Probed]) -> String {
    let group = |probes: &[&Probed]| {
        let values: Vec<String> = probes.iter().map(|probe| Number(probe.value).to_string()).collect();
        format!("for {} {}", values.join(", "), probes[0].doubt())
    };
    let groups = probes.chunk_by(|one, next| one.doubt() == next.doubt());
    groups.map(group).collect::<Vec<_>>().join(", ")
}
