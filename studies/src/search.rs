//! Searches: the largest or smallest candidate for which a condition holds, by bisection.
//!
//! Each candidate is a design point, made when it is probed. All searches of a study go on side by side, so that their probes are
//! simulated in parallel. Probes see the same arrivals, samples and losses (common random numbers), and their replications are
//! pieces like any other: a search goes on from its store, and its results are those of its probes.

use crate::condition::{Judged, Verdict};
use crate::error::StudyError;
use crate::study::{Progress, Study};
use cospike_results::index::PointIndex;
use cospike_results::rows::{ProbeRow, ReplicationRow, Results};
use cospike_results::store::entries::Entries;
use std::collections::BTreeMap;

/// The searches of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Searches {
    /// Label of the design point of the rest of the study for which each searches, by its number.
    pub bases: BTreeMap<usize, String>,
    /// Candidates, ascending; at least 2.
    pub candidates: Vec<f64>,
    /// Which candidate is looked for.
    pub goal: Goal,
}

/// Which candidate is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The largest for which the condition holds.
    Largest,
    /// The smallest for which the condition holds.
    Smallest,
}

/// A candidate that is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// Number of the design point of the rest of the study.
    pub base: usize,
    /// Number of the candidate, from 0.
    pub candidate: usize,
}

/// Maximum number of probes of a search among so many candidates: both ends, three quarters, one per halving, two neighbours.
pub fn most_probes(candidates: usize) -> u32 {
    candidates.max(2).ilog2() + 1 + 5
}

impl Searches {
    /// Searches, and returns the results of all candidates that were probed, search by search, each in ascending order. `make`
    /// makes a study whose design points are some probes, in their order, and whose plan has a decision.
    ///
    /// # Errors
    /// Those of `make` and of [`Study::run`]. A store that fails ends the search, which could not find again what it has computed.
    pub fn run<E: From<StudyError>>(
        &self,
        make: &dyn Fn(&[Probe]) -> Result<Study, E>,
        store: &Entries,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Results, E> {
        let mut searches: BTreeMap<usize, Bisection> =
            self.bases.keys().map(|base| (*base, Bisection::new(self.candidates.len(), self.goal))).collect();
        let mut steps: BTreeMap<Probe, u32> = BTreeMap::new();
        for step in 0.. {
            let probes: Vec<Probe> = searches.iter().flat_map(|(base, search)| search.next_probes(*base)).collect();
            if probes.is_empty() {
                break;
            }
            let study = make(&probes)?;
            let results = stored(study.run(Some(store), progress))?;
            for (probe, (verdict, _)) in probes.into_iter().zip(study.judged(&results)) {
                steps.insert(probe, step);
                if let Some(search) = searches.get_mut(&probe.base) {
                    search.tell(probe.candidate, verdict == Verdict::Holds);
                }
            }
        }
        let probes: Vec<Probe> = steps.keys().copied().collect();
        let study = make(&probes)?;
        let mut results = stored(study.run(Some(store), progress))?;
        results.probes = self.rows(&steps, study.judged(&results));
        Ok(results)
    }

    /// The rows of the probes, which are the design points in this order.
    fn rows(&self, steps: &BTreeMap<Probe, u32>, judged: Vec<(Verdict, Vec<Judged>)>) -> Vec<ProbeRow> {
        let rows =
            (0..).map(PointIndex).zip(steps).zip(judged).flat_map(|((point, (probe, &step)), (verdict, judged))| {
                let search = self.bases.get(&probe.base).cloned().unwrap_or_default();
                judged.into_iter().map(move |Judged { limit, found, verdict: of_limit }| {
                    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
                    ProbeRow {
                        search: search.clone(),
                        point,
                        step,
                        value: self.candidates[probe.candidate],
                        verdict: verdict.name().into(),
                        metric: limit.metric,
                        side: limit.side.name().into(),
                        limit: limit.value,
                        estimate: found.and_then(|found| finite(found.estimate)),
                        low: found.and_then(|found| finite(found.low)),
                        high: found.and_then(|found| finite(found.high)),
                        limit_verdict: of_limit.name().into(),
                    }
                })
            });
        rows.collect()
    }
}

/// The results of a step, of which none may be missing in the store.
fn stored(outcome: Result<Results, StudyError>) -> Result<Results, StudyError> {
    outcome.map_err(|error| match error {
        StudyError::Store { error, .. } => StudyError::Unstored(error),
        error => error,
    })
}

impl Study {
    /// The verdict on each design point and what it rests on; nothing if the plan has no decision.
    fn judged(&self, results: &Results) -> Vec<(Verdict, Vec<Judged>)> {
        let Some(decision) = &self.plan().decision else { return vec![] };
        let mut rows: BTreeMap<PointIndex, Vec<&ReplicationRow>> = BTreeMap::new();
        results.replications.iter().for_each(|row| rows.entry(row.point).or_default().push(row));
        let of = |point: PointIndex| rows.get(&point).map_or(&[][..], Vec::as_slice);
        let points = results.points.iter();
        let first = self.plan().replications;
        points.map(|row| decision.judge(of(row.point), row.samples, row.failed_replications, first)).collect()
    }
}

/// One search. Candidates are numbered in ascending order outside, and inside towards the goal: for the smallest from the largest on.
#[derive(Clone, Debug)]
struct Bisection {
    /// Number of the last candidate.
    last: usize,
    goal: Goal,
    /// Whether the condition holds, of every candidate that was probed.
    known: BTreeMap<usize, bool>,
}

impl Bisection {
    fn new(candidates: usize, goal: Goal) -> Self {
        Self { last: candidates - 1, goal, known: BTreeMap::new() }
    }

    /// The number inside of a candidate outside, and the other way round.
    fn mirrored(&self, candidate: usize) -> usize {
        match self.goal {
            Goal::Largest => candidate,
            Goal::Smallest => self.last - candidate,
        }
    }

    fn tell(&mut self, candidate: usize, holds: bool) {
        self.known.insert(self.mirrored(candidate), holds);
    }

    /// The probes of the next step, ascending; none at the end of the search.
    fn next_probes(&self, base: usize) -> Vec<Probe> {
        let new = self.wanted().into_iter().filter(|candidate| !self.known.contains_key(candidate));
        let mut probes: Vec<Probe> = new.map(|candidate| Probe { base, candidate: self.mirrored(candidate) }).collect();
        probes.sort();
        probes
    }

    /// The candidates that the search has to know now, of which some may be known: both ends; if the condition holds at neither, the
    /// quarters between them; then the middle between one for which it holds and one for which it does not, until they are
    /// neighbours; at last the neighbours of these two, for which it should be as for them.
    fn wanted(&self) -> Vec<usize> {
        let last = self.last;
        let holds = |candidate: usize| self.known.get(&candidate).copied();
        let (Some(holds_at_first), Some(holds_at_last)) = (holds(0), holds(last)) else { return vec![0, last] };
        if holds_at_last {
            return vec![last - 1];
        }
        let quarters = [last / 4, last / 2, last - last / 4];
        let starts = if holds_at_first { vec![0, last] } else { [&[0], &quarters[..], &[last]].concat() };
        if starts.iter().any(|candidate| holds(*candidate).is_none()) {
            return starts;
        }
        let Some(start) = starts.iter().rposition(|candidate| holds(*candidate) == Some(true)) else { return vec![] };
        let (mut kept, mut broken) = (starts[start], starts[start + 1]);
        while broken - kept > 1 {
            let middle = usize::midpoint(kept, broken);
            match holds(middle) {
                Some(true) => kept = middle,
                Some(false) => broken = middle,
                None => return vec![middle],
            }
        }
        [kept.checked_sub(1), Some(broken + 1).filter(|next| *next <= last)].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a search probes when the condition holds for the candidates that `holds` says, and the last one, in the direction of the
    /// goal, of those that it probed and for which it holds.
    fn probed(candidates: usize, goal: Goal, holds: impl Fn(usize) -> bool) -> (BTreeMap<usize, bool>, Option<usize>) {
        let mut search = Bisection::new(candidates, goal);
        let mut probes = BTreeMap::new();
        loop {
            let next = search.next_probes(0);
            if next.is_empty() {
                break;
            }
            assert!(next.is_sorted());
            for Probe { candidate, .. } in next {
                assert!(probes.insert(candidate, holds(candidate)).is_none(), "{candidate} is probed once");
                search.tell(candidate, holds(candidate));
            }
        }
        assert!(probes.len() <= most_probes(candidates) as usize, "{} of {candidates}", probes.len());
        let kept = probes.iter().filter(|(_, holds)| **holds).map(|(candidate, _)| *candidate);
        let answer = if goal == Goal::Largest { kept.max() } else { kept.min() };
        (probes, answer)
    }

    #[test]
    fn a_search_finds_the_only_border_and_probes_its_neighbours() {
        for candidates in [2, 3, 4, 7, 100, 1000] {
            for border in 0..=candidates.min(200) {
                let largest = probed(candidates, Goal::Largest, |candidate| candidate < border);
                let smallest = probed(candidates, Goal::Smallest, |candidate| candidate >= border);
                assert_eq!(largest.1, border.checked_sub(1), "{border} of {candidates}");
                assert_eq!(smallest.1, Some(border).filter(|border| *border < candidates), "{border} of {candidates}");
                let near = border.saturating_sub(2)..(border + 2).min(candidates);
                let is_found = border > 0 && border < candidates;
                for (probes, _) in [largest, smallest] {
                    assert!(
                        !is_found || near.clone().all(|near| probes.contains_key(&near)),
                        "{border} of {candidates}"
                    );
                }
            }
        }
    }

    /// Where it holds in the middle only, at least for a quarter of the candidates, the border on the side of the goal is found.
    #[test]
    fn a_search_finds_what_lies_in_the_middle() {
        for first in 1..70 {
            let last = first + 28;
            let holds = |candidate: usize| (first..=last).contains(&candidate);
            assert_eq!(probed(100, Goal::Largest, holds).1, Some(last));
            assert_eq!(probed(100, Goal::Smallest, holds).1, Some(first));
        }
    }

    /// Whatever holds where, there are no more probes than `most_probes`, and an end that holds is the answer.
    #[test]
    fn a_condition_with_many_borders_takes_no_more_probes() {
        for candidates in [2, 3, 4, 5, 9, 12] {
            for pattern in 0..1_u32 << candidates {
                let holds = |candidate: usize| pattern >> candidate & 1 == 1;
                let largest = probed(candidates, Goal::Largest, holds).1;
                let smallest = probed(candidates, Goal::Smallest, holds).1;
                assert!(largest.is_none_or(holds) && smallest.is_none_or(holds));
                assert!(!holds(candidates - 1) || largest == Some(candidates - 1));
                assert!(!holds(0) || smallest == Some(0));
            }
        }
    }
}
