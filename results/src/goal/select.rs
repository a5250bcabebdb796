//! The choice among the design points, and what it depends on.

use super::asked::GoalUsed;
use super::candidate::Candidate;
use super::candidates::Candidates;
use super::outcome::{Binding, Chosen, Rival, Selection};
use crate::answers::Answers;
use crate::condition::Condition;
use crate::index::PointIndex;
use crate::rows::{ReplicationRow, Results};
use crate::summary::PointSummary;
use std::collections::BTreeMap;

impl Selection {
    /// Selects from the design points of `results`, whose summaries are `points`; `None` if the study has no goal.
    pub(crate) fn new(results: &Results, points: &[PointSummary]) -> Option<Self> {
        let goal = results.manifest.goal.as_ref()?;
        let mut rows: BTreeMap<PointIndex, Vec<&ReplicationRow>> = BTreeMap::new();
        results.replications.iter().for_each(|row| rows.entry(row.point).or_default().push(row));
        let answers = Answers::new(results);
        let mut candidates = Candidates::new(goal, &answers);
        for point in results.points.iter().zip(points) {
            candidates.add(point, rows.get(&point.0.point).map_or(&[][..], Vec::as_slice));
        }
        Some(candidates.select())
    }

    /// Selects from candidates, the best mean first.
    pub(super) fn among(goal: &GoalUsed, candidates: &[Candidate]) -> Self {
        let all = goal.parts();
        let Some(choice) = best(goal, candidates, &all) else {
            return Self::nothing(goal, candidates);
        };
        let rivals = || candidates.iter().filter(|rival| rival.point != choice.point);
        let is_sure = |rival: &&Candidate| rival.is_sure(goal, &all);
        let share = (1.0 - goal.confidence) / (candidates.len().max(2) - 1) as f64;
        let is_worse = |rival: &&Candidate| {
            choice.is_better_enough(rival) && rival.beats(choice, 0.0).is_some_and(|probability| probability <= share)
        };
        let undecided = |rival: &&Candidate| {
            let keeps = rival.keeps(&all);
            rival.is_better_enough(choice) && keeps.is_none_or(|keeps| keeps > 1.0 - goal.confidence)
        };
        let level: Vec<Rival> =
            rivals().filter(is_sure).filter(|rival| !is_worse(rival)).map(|of| of.rival(&all)).collect();
        let runner_up = rivals().filter(is_sure).find(is_worse).map(|of| of.rival(&all));
        let undecided = rivals().filter(|rival| !is_sure(rival)).filter(undecided).map(|of| of.rival(&all)).collect();
        let binding = all.iter().enumerate().filter_map(|(place, part)| {
            let others: Vec<&Condition> =
                all.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, part)| *part).collect();
            let other = best(goal, candidates, &others).filter(|other| other.is_better_enough(choice))?;
            Some(Binding { limit: part.to_string(), choice: other.rival(&others) })
        });
        Self {
            goal: goal.clone(),
            choice: Some(Chosen {
                point: choice.point,
                label: choice.rival(&all).label,
                mean: choice.mean,
                keeps_limits: choice.keeps(&all),
                probability: probability(choice, rivals(), &all),
            }),
            level,
            runner_up,
            undecided,
            binding: binding.collect(),
            slacks: choice.slacks(&all),
            nearest: None,
            left_out: vec![],
        }
    }

    /// What is said where no design point keeps the limits.
    fn nothing(goal: &GoalUsed, candidates: &[Candidate]) -> Self {
        let all = goal.parts();
        let miss = |of: &Candidate| all.iter().map(|part| of.miss(part)).fold(0.0, f64::max);
        let nearest = candidates.iter().min_by(|one, other| miss(one).total_cmp(&miss(other)));
        Self {
            goal: goal.clone(),
            choice: None,
            level: vec![],
            runner_up: None,
            undecided: vec![],
            binding: vec![],
            slacks: nearest.map(|nearest| nearest.slacks(&all)).unwrap_or_default(),
            nearest: nearest.map(|nearest| nearest.rival(&all)),
            left_out: vec![],
        }
    }
}

/// The best of the candidates, the best mean first, that keep all `parts` of the limits with the confidence, or else on their means.
fn best<'c>(goal: &GoalUsed, candidates: &'c [Candidate], parts: &[&Condition]) -> Option<&'c Candidate> {
    let sure = candidates.iter().find(|candidate| candidate.is_sure(goal, parts));
    sure.or_else(|| candidates.iter().find(|candidate| parts.iter().all(|part| candidate.miss(part) <= 0.0)))
}

/// Least probability that `choice` keeps the limits and no rival that does is better by enough to matter.
fn probability<'c>(
    choice: &Candidate,
    rivals: impl Iterator<Item = &'c Candidate>,
    parts: &[&Condition],
) -> Option<f64> {
    let mut right = choice.keeps(parts)?;
    for rival in rivals {
        let wrong = rival.beats(choice, choice.indifference())?.min(rival.keeps(parts)?);
        right -= wrong;
    }
    Some(right.max(0.0))
}
