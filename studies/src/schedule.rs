//! Replications to simulate: as many as the plan asks for, or until a mean is precise enough.

use crate::designs::{AllHeads, Networks};
use crate::error::StudyError;
use crate::pieces::Pieces;
use crate::plan::{Metric, PlanError};
use crate::prices::PricedNetwork;
use crate::simulation::{Replication, Rows};
use crate::study::{Progress, Study, Watched};
use cospike_results::rows::ReplicationRow;
use cospike_sim_core::cosim::Observer;
use cospike_sim_core::stats::{Sequential, Verdict};
use rayon::prelude::*; // threads are spent on replications, never inside one
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Replications that a design point gets at once after the first ones. Those beyond the decision to stop are discarded,
/// so that the result depends neither on this number nor on threads.
const ROUND: u32 = 5;

/// A design point that gets replications until its mean is precise enough.
struct Pending {
    point: usize,
    rule: Sequential,
    next: u32,
    rows: Vec<Rows>,
    decided: bool,
}

impl Study {
    /// Index of the design point and number of the replication, for all that are simulated whatever comes out.
    pub(super) fn first_replications(&self) -> Vec<(usize, u32)> {
        let replications = self.plan().replications;
        (0..self.plan().points.len())
            .flat_map(|point| (0..replications).map(move |replication| (point, replication)))
            .collect()
    }

    pub(super) fn networks<'a>(&'a self, priced: &'a [PricedNetwork], heads: &'a AllHeads) -> Networks<'a> {
        Networks { prepared: &self.networks, priced, prices: &self.plan().prices, heads }
    }

    pub(super) fn replication<'a>(
        &'a self,
        number: usize,
        replication: u32,
        networks: Networks<'a>,
    ) -> Replication<'a> {
        let point = &self.plan().points[number];
        Replication { number, point, replication, networks, labels: self.labels_of_point(point) }
    }

    /// The rows of a replication: those that are stored, or those of a new run, which are then stored.
    fn simulate_or_find(
        &self,
        number: usize,
        replication: u32,
        networks: Networks<'_>,
        pieces: Option<&Pieces<'_>>,
    ) -> Result<Rows, StudyError> {
        if let Some(found) = pieces.map(|pieces| pieces.replication(number, replication)).transpose()?.flatten() {
            return Ok(found);
        }
        let rows = self.replication(number, replication, networks).run(self.plan().seed, &mut ())?;
        if let Some(pieces) = pieces {
            pieces.put_replication(number, replication, &rows)?;
        }
        Ok(rows)
    }

    pub(super) fn simulate<O: Observer + Send>(
        &self,
        priced: &[PricedNetwork],
        watched: Option<Watched<'_, O>>,
        pieces: Option<&Pieces<'_>>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Vec<Rows>, StudyError> {
        let heads = AllHeads::new(&self.plan().points, priced);
        let networks = self.networks(priced, &heads);
        let (done, total) = (AtomicU64::new(0), AtomicU64::new(0));
        let watched = watched.map(|watched| ((watched.point, watched.replication), Mutex::new(watched.observer)));
        let run = |(number, replication): (usize, u32)| {
            let rows = match &watched {
                Some((seen, observer)) if *seen == (number, replication) => {
                    // One replication alone takes the lock.
                    let mut observer = observer.lock().unwrap_or_else(PoisonError::into_inner);
                    self.replication(number, replication, networks).run(self.plan().seed, &mut **observer)?
                }
                _ => self.simulate_or_find(number, replication, networks, pieces)?,
            };
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress::Simulation { done, total: total.load(Ordering::Relaxed) });
            Ok(rows)
        };
        let all = |jobs: Vec<(usize, u32)>| {
            total.fetch_add(jobs.len() as u64, Ordering::Relaxed);
            jobs.into_par_iter().map(run).collect::<Result<Vec<_>, StudyError>>()
        };
        let (Some(precision), Some(rule)) = (self.plan().precision, self.plan().precision_rule()) else {
            return all(self.first_replications());
        };
        let rule = rule.map_err(PlanError::Precision)?;
        let points = 0..self.plan().points.len();
        let new = |point| Pending { point, rule: rule.clone(), next: 0, rows: vec![], decided: false };
        let mut pending: Vec<Pending> = points.map(new).collect();
        let mut size = self.plan().replications;
        while pending.iter().any(|pending| !pending.decided) {
            let open = pending.iter().filter(|pending| !pending.decided);
            let jobs = open.flat_map(|p| (p.next..p.next + size).map(|replication| (p.point, replication)));
            let mut rows = all(jobs.collect())?.into_iter();
            for pending in pending.iter_mut().filter(|pending| !pending.decided) {
                pending.take(rows.by_ref().take(size as usize), precision.metric);
            }
            size = ROUND;
        }
        Ok(pending.into_iter().flat_map(|pending| pending.rows).collect())
    }
}

impl Pending {
    /// Takes the next replications up to the decision.
    fn take(&mut self, rows: impl Iterator<Item = Rows>, metric: Metric) {
        for rows in rows {
            self.next += 1;
            if self.decided {
                continue;
            }
            self.decided = self.rule.push(value(&rows.replication, metric)) != Verdict::Continue;
            self.rows.push(rows);
        }
    }
}

fn value(row: &ReplicationRow, metric: Metric) -> f64 {
    match metric {
        Metric::Latency => row.latency_mean_s,
        Metric::Energy => row.energy.total,
    }
}
