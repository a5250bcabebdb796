//! Which replications are run: as many as are asked for, or until a mean is known well enough.

use super::designs::{AllHeads, Networks};
use super::simulation::{Replication, Rows};
use super::{InferenceRun, Progress, Study, StudyError, Watched};
use crate::scenario::{Measure, Precision};
use cospike_results::rows::ReplicationRow;
use cospike_sim_core::cosim::Observer;
use cospike_sim_core::stats::{PrecisionTarget, Sequential, Verdict};
use rayon::prelude::*; // threads are spent on replications, never inside one
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Replications that a design point gets at once after the first ones; those beyond the decision to stop are thrown
/// away, so that the result does not depend on this number or on threads.
const ROUND: u32 = 5;

/// A design point that gets replications until it is known well enough.
struct Pending {
    point: usize,
    rule: Sequential,
    next: u32,
    rows: Vec<Rows>,
    decided: bool,
}

impl Study {
    /// Number of the design point and of the replication, of all that are run whatever comes out.
    pub(super) fn first_replications(&self) -> Vec<(usize, u32)> {
        let replications = self.manifest.replications;
        (0..self.points.len())
            .flat_map(|point| (0..replications).map(move |replication| (point, replication)))
            .collect()
    }

    pub(super) fn networks<'a>(&'a self, runs: &'a [InferenceRun], heads: &'a AllHeads) -> Networks<'a> {
        Networks { inferences: &self.inferences, runs, prices: &self.prices, heads }
    }

    pub(super) fn replication<'a>(
        &'a self,
        number: usize,
        replication: u32,
        networks: Networks<'a>,
    ) -> Replication<'a> {
        let point = &self.points[number];
        Replication { number, point, replication, networks, labels: self.labels(point) }
    }

    pub(super) fn simulate<O: Observer + Send>(
        &self,
        runs: &[InferenceRun],
        watched: Option<Watched<'_, O>>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Vec<Rows>, StudyError> {
        let heads = AllHeads::new(&self.points, runs);
        let networks = self.networks(runs, &heads);
        let (done, total) = (AtomicU64::new(0), AtomicU64::new(0));
        let watched = watched.map(|watched| ((watched.point, watched.replication), Mutex::new(watched.observer)));
        let run = |(number, replication): (usize, u32)| {
            let rows = match &watched {
                Some((seen, observer)) if *seen == (number, replication) => {
                    // One replication alone takes the lock.
                    let mut observer = observer.lock().unwrap_or_else(PoisonError::into_inner);
                    self.replication(number, replication, networks).run(self.manifest.seed, &mut **observer)?
                }
                _ => self.replication(number, replication, networks).run(self.manifest.seed, &mut ())?,
            };
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress::Simulation { done, total: total.load(Ordering::Relaxed) });
            Ok(rows)
        };
        let all = |jobs: Vec<(usize, u32)>| {
            total.fetch_add(jobs.len() as u64, Ordering::Relaxed);
            jobs.into_par_iter().map(run).collect::<Result<Vec<_>, StudyError>>()
        };
        let Some(precision) = &self.precision else { return all(self.first_replications()) };
        let replications = self.manifest.replications;
        let target = target(precision, replications);
        let pending = (0..self.points.len()).map(|point| {
            // Checked with the scenario.
            let rule = Sequential::new(target).map_err(StudyError::Precision)?;
            Ok(Pending { point, rule, next: 0, rows: vec![], decided: false })
        });
        let mut pending = pending.collect::<Result<Vec<_>, StudyError>>()?;
        let mut size = replications;
        while pending.iter().any(|pending| !pending.decided) {
            let open = pending.iter().filter(|pending| !pending.decided);
            let jobs = open.flat_map(|p| (p.next..p.next + size).map(|replication| (p.point, replication)));
            let mut rows = all(jobs.collect())?.into_iter();
            for pending in pending.iter_mut().filter(|pending| !pending.decided) {
                pending.take(rows.by_ref().take(size as usize), precision.of);
            }
            size = ROUND;
        }
        Ok(pending.into_iter().flat_map(|pending| pending.rows).collect())
    }
}

impl Pending {
    /// Takes the next replications up to the decision.
    fn take(&mut self, rows: impl Iterator<Item = Rows>, of: Measure) {
        for rows in rows {
            self.next += 1;
            if self.decided {
                continue;
            }
            self.decided = self.rule.push(value(&rows.replication, of)) != Verdict::Continue;
            self.rows.push(rows);
        }
    }
}

/// The rule that `precision` asks for, with `first` replications before the first decision.
pub(super) fn target(precision: &Precision, first: u32) -> PrecisionTarget {
    PrecisionTarget {
        relative_error: *precision.relative.get_ref(),
        minimum: first.into(),
        maximum: (*precision.max_replications.get_ref()).into(),
    }
}

fn value(row: &ReplicationRow, of: Measure) -> f64 {
    match of {
        Measure::Latency => row.latency_mean_s,
        Measure::Energy => row.energy_total_j,
    }
}
