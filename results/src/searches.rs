//! What searches came to, read from the table `probes`.

use crate::manifest::SearchUsed;
use crate::rows::{ProbeRow, Results};
use cospike_sim_core::kernel::Number;
use serde::Serialize;
use std::fmt;

/// One search with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What the search is for, see [`ProbeRow::search`].
    pub search: String,
    /// The value that was looked for; `None` if the condition holds for no candidate.
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
    /// Step of the search, from 0.
    pub step: u32,
    /// Number of replications.
    pub replications: usize,
    /// `holds`, `fails` or `undecided`.
    pub verdict: String,
    /// The limits of the condition with what was found.
    pub limits: Vec<ProbedLimit>,
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

/// The answers of a study's searches, in the order of the table; none without `[find]`.
pub fn answers(results: &Results) -> Vec<Answer> {
    let Some(search) = &results.manifest.search else { return vec![] };
    let mut answers: Vec<Answer> = vec![];
    for row in &results.probes {
        if answers.last().is_none_or(|answer| answer.search != row.search) {
            answers.push(Answer { search: row.search.clone(), value: None, text: String::new(), probes: vec![] });
        }
        let Some(Answer { probes, .. }) = answers.last_mut() else { continue };
        if probes.last().is_none_or(|probe| probe.value != row.value) {
            let replications = results.replications.iter().filter(|of| of.point == row.point).count();
            let (value, step, verdict) = (row.value, row.step, row.verdict.clone());
            probes.push(Probed { value, step, replications, verdict, limits: vec![] });
        }
        if let Some(probe) = probes.last_mut() {
            probe.limits.push(ProbedLimit::new(row));
        }
    }
    answers.iter_mut().for_each(|answer| answer.conclude(search));
    answers
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
    /// Concludes from the probes.
    fn conclude(&mut self, search: &SearchUsed) {
        let is_largest = search.goal == "largest";
        let mut path: Vec<&Probed> = self.probes.iter().collect();
        if !is_largest {
            path.reverse();
        }
        let holds = |probe: &&&Probed| probe.verdict == "holds";
        let kept = path.iter().take_while(|probe| holds(probe)).count();
        let value = kept.checked_sub(1).map(|last| path[last].value);
        let SearchUsed { key, goal, condition, .. } = search;
        let number = |value: f64| Number(value).to_string();
        let other = path.get(kept).map(|probe| match probe.verdict.as_str() {
            "undecided" => {
                format!("for {} it is undecided after {} replications", number(probe.value), probe.replications)
            }
            _ => format!("for {} it does not hold", number(probe.value)),
        });
        let mut text = match (value, other) {
            (Some(value), Some(other)) => {
                format!("the {goal} {key} for which `{condition}` holds is {}; {other}", number(value))
            }
            (Some(value), None) => {
                format!(
                    "`{condition}` holds for every {key} that was probed, to the end of the range, {}",
                    number(value)
                )
            }
            (None, Some(other)) => format!("`{condition}` holds for no {key}: {other}"),
            (None, None) => "nothing was probed".into(),
        };
        let beyond: Vec<String> = path.iter().skip(kept).filter(holds).map(|probe| number(probe.value)).collect();
        if !beyond.is_empty() {
            text +=
                &format!("; but it holds for {} again, so that there is more than one border", beyond.join(" and "));
        }
        (self.value, self.text) = (value, text);
    }
}
