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
    /// Number and label of the design point of the rest of the study for which each searches.
    pub bases: Vec<(usize, String)>,
    /// Candidates, ascending; at least 2.
    pub candidates: Vec<f64>,
    /// Which candidate is looked for.
    pub goal: Goal,
}

/// Which candidate is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The largest for which the condition holds. It is taken to hold for all smaller ones.
    Largest,
    /// The smallest for which the condition holds. It is taken to hold for all larger ones.
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

/// Most candidates that one of so many is probed at: both ends, one per halving, and two neighbours.
pub fn most_probes(candidates: usize) -> u32 {
    candidates.max(2).ilog2() + 1 + 4
}

impl Searches {
    /// Searches, and returns the results of all candidates that were probed, search by search, each in ascending order. `make`
    /// makes a study whose design points are some probes, in their order, and whose plan has a decision.
    ///
    /// # Errors
    /// Those of `make` and of [`Study::run`].
    pub fn run<E: From<StudyError>>(
        &self,
        make: &dyn Fn(&[Probe]) -> Result<Study, E>,
        store: &Entries,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Results, E> {
        let mut searches: Vec<_> =
            self.bases.iter().map(|(base, _)| (*base, Bisection::new(self.candidates.len(), self.goal))).collect();
        let mut steps: BTreeMap<Probe, u32> = BTreeMap::new();
        for step in 0.. {
            let of = |(base, search): &(usize, Bisection)| {
                let base = *base;
                search.next().into_iter().map(move |candidate| Probe { base, candidate })
            };
            let probes: Vec<Probe> = searches.iter().flat_map(of).collect();
            if probes.is_empty() {
                break;
            }
            let study = make(&probes)?;
            let results = study.run(Some(store), progress)?;
            for (probe, (verdict, _)) in probes.into_iter().zip(study.judged(&results)) {
                steps.insert(probe, step);
                for (_, search) in searches.iter_mut().filter(|(base, _)| *base == probe.base) {
                    search.tell(probe.candidate, verdict == Verdict::Holds);
                }
            }
        }
        let probes: Vec<Probe> = steps.keys().copied().collect();
        let study = make(&probes)?;
        let mut results = study.run(Some(store), progress)?;
        results.probes = self.rows(&steps, study.judged(&results));
        Ok(results)
    }

    /// The rows of the probes, which are the design points in this order.
    fn rows(&self, steps: &BTreeMap<Probe, u32>, judged: Vec<(Verdict, Vec<Judged>)>) -> Vec<ProbeRow> {
        let label = |base: usize| self.bases.iter().find(|(number, _)| *number == base).map(|(_, label)| label.clone());
        let rows =
            (0..).map(PointIndex).zip(steps).zip(judged).flat_map(|((point, (probe, &step)), (verdict, judged))| {
                let search = label(probe.base).unwrap_or_default();
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

impl Study {
    /// The verdict on each design point and what it rests on; nothing if the plan has no decision.
    fn judged(&self, results: &Results) -> Vec<(Verdict, Vec<Judged>)> {
        let Some(decision) = &self.plan().decision else { return vec![] };
        let mut rows: BTreeMap<PointIndex, Vec<&ReplicationRow>> = BTreeMap::new();
        results.replications.iter().for_each(|row| rows.entry(row.point).or_default().push(row));
        let of = |point: PointIndex| rows.get(&point).map_or(&[][..], Vec::as_slice);
        let points = results.points.iter();
        points.map(|row| decision.judge(of(row.point), row.failed_replications, self.plan().replications)).collect()
    }
}

/// One search. Numbers of candidates are as in [`Goal::Largest`]; for the smallest they are counted from the other end.
#[derive(Clone, Debug)]
struct Bisection {
    candidates: usize,
    goal: Goal,
    /// What is known of candidates: whether the condition holds.
    known: BTreeMap<usize, bool>,
}

impl Bisection {
    fn new(candidates: usize, goal: Goal) -> Self {
        Self { candidates, goal, known: BTreeMap::new() }
    }

    /// The candidate as it is counted here, and back.
    fn mirrored(&self, candidate: usize) -> usize {
        match self.goal {
            Goal::Largest => candidate,
            Goal::Smallest => self.candidates - 1 - candidate,
        }
    }

    /// The candidates to probe next: both ends, then the middle between one for which the condition holds and one for which it
    /// does not, until they are neighbours, and at last the neighbours of these two, for which it should be as for them.
    fn next(&self) -> Vec<usize> {
        let last = self.candidates - 1;
        let (holds, fails) = (self.best(), self.worst());
        let wanted: Vec<usize> = match (holds, fails) {
            (None, None) => vec![0, last],
            (Some(holds), Some(fails)) if fails > holds + 1 => vec![usize::midpoint(holds, fails)],
            (Some(holds), Some(fails)) => [holds.checked_sub(1), Some(fails + 1)].into_iter().flatten().collect(),
            (Some(holds), None) => holds.checked_sub(1).into_iter().collect(),
            (None, Some(fails)) => vec![fails + 1],
        };
        let new = wanted.into_iter().filter(|candidate| *candidate <= last && !self.known.contains_key(candidate));
        new.map(|candidate| self.mirrored(candidate)).collect()
    }

    fn tell(&mut self, candidate: usize, holds: bool) {
        self.known.insert(self.mirrored(candidate), holds);
    }

    /// The first candidate for which the condition is known not to hold.
    fn worst(&self) -> Option<usize> {
        self.known.iter().find(|(_, holds)| !**holds).map(|(candidate, _)| *candidate)
    }

    /// The last candidate before that for which it is known to hold.
    fn best(&self) -> Option<usize> {
        let end = self.worst().unwrap_or(self.candidates);
        self.known.range(..end).next_back().map(|(candidate, _)| *candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Candidates that a search probes when the condition holds for those that `holds` says, in order.
    fn probed(candidates: usize, goal: Goal, holds: impl Fn(usize) -> bool) -> BTreeMap<usize, bool> {
        let mut search = Bisection::new(candidates, goal);
        let mut probes = BTreeMap::new();
        loop {
            let next = search.next();
            if next.is_empty() {
                break;
            }
            for candidate in next {
                assert!(probes.insert(candidate, holds(candidate)).is_none(), "{candidate} is probed once");
                search.tell(candidate, holds(candidate));
            }
        }
        probes
    }

    #[test]
    fn a_search_probes_the_answer_and_its_neighbours_and_few_others() {
        for candidates in [2, 3, 7, 100, 1000] {
            for border in 0..=candidates.min(200) {
                let largest = probed(candidates, Goal::Largest, |candidate| candidate < border);
                let smallest = probed(candidates, Goal::Smallest, |candidate| candidate >= border);
                assert!(largest.len().max(smallest.len()) <= most_probes(candidates) as usize);
                let near = border.saturating_sub(2)..(border + 2).min(candidates);
                for probes in [largest, smallest] {
                    assert!(near.clone().all(|candidate| probes.contains_key(&candidate)), "{border} of {candidates}");
                }
            }
        }
    }

    #[test]
    fn a_condition_that_is_not_monotone_ends_too() {
        for pattern in 0..1 << 7 {
            probed(7, Goal::Largest, |candidate| pattern >> candidate & 1 == 1);
            probed(7, Goal::Smallest, |candidate| pattern >> candidate & 1 == 1);
        }
    }
}
