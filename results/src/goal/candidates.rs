//! The design points of a study that may be chosen, taken one after the other: of each only what the goal asks about is kept, so that it
//! may be a study of which not all results are in memory.

use super::asked::GoalUsed;
use super::candidate::Candidate;
use super::outcome::{LeftOut, Selection};
use crate::answers::Answers;
use crate::rows::{PointRow, ReplicationRow};
use crate::summary::PointSummary;
use std::rc::Rc;

/// Design points that may be chosen, and those that may not.
pub(crate) struct Candidates<'a> {
    goal: &'a GoalUsed,
    /// Names of the metrics that the goal asks about.
    metrics: Rc<[String]>,
    answers: &'a Answers,
    candidates: Vec<Candidate>,
    left_out: Vec<LeftOut>,
}

impl<'a> Candidates<'a> {
    /// None yet; `answers` are those of all networks.
    pub(crate) fn new(goal: &'a GoalUsed, answers: &'a Answers) -> Self {
        Self { goal, metrics: goal.metrics().into(), answers, candidates: vec![], left_out: vec![] }
    }

    /// Adds the design point of `row` with its summary and its replications.
    pub(crate) fn add(&mut self, (row, summary): (&PointRow, &PointSummary), rows: &[&ReplicationRow]) {
        match Candidate::new(self.goal, &self.metrics, (row, summary), rows, self.answers) {
            Ok(candidate) => self.candidates.push(candidate),
            Err(reason) => self.left_out.push(LeftOut { point: row.point, reason }),
        }
    }

    /// The choice among all of them.
    pub(crate) fn select(self) -> Selection {
        let Self { goal, mut candidates, left_out, .. } = self;
        candidates.sort_by(|one, other| one.cost().total_cmp(&other.cost()));
        Selection { left_out, ..Selection::among(goal, &candidates) }
    }
}
