//! One unit of a study at a time: what it gives is stored, and nothing else remembers it.

use crate::designs::{AllHeads, Networks};
use crate::error::{Failure, StudyError};
use crate::inventory::{Inventory, State};
use crate::keys::Piece;
use crate::pieces::Pieces;
use crate::prices::PricedNetworks;
use crate::schedule::{Job, Simulated};
use crate::simulation::Rows;
use crate::study::Study;
use crate::summary::InferenceSummary;
use cospike_results::index::{NetworkIndex, PointIndex};
use rayon::prelude::*; // threads are spent on replications
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Networks that were executed and priced, for the simulation of design points that need them.
pub struct Prepared {
    priced: PricedNetworks,
    heads: AllHeads,
}

/// What becomes of the networks that a simulation needs.
pub enum Preparation {
    /// All of them are stored.
    Ready(Prepared),
    /// This one is not stored, and has to be executed first.
    Missing(NetworkIndex),
    /// One of them cannot be executed, so there is nothing to simulate.
    Failed,
}

/// What has come of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// Pieces that were computed now.
    pub computed: u32,
    /// Pieces of the unit that failed, now or earlier.
    pub failed: u32,
    /// Whether some pieces are left, because the process was asked to stop.
    pub is_incomplete: bool,
}

impl Study {
    /// Executes a network on its samples, on the threads of the current rayon pool, and stores what it did, or why it could not.
    /// `tick` is told of the samples, from many threads.
    ///
    /// # Errors
    /// [`StudyError::Unstored`] if the store cannot be read or written.
    pub fn work_on_inference(
        &self,
        network: NetworkIndex,
        pieces: &Pieces<'_>,
        tick: &(dyn Fn(u64) + Sync),
    ) -> Result<Finished, StudyError> {
        let outcome = self.infer_or_find(network, Some(pieces), tick);
        if let Ok(inference) = &outcome {
            pieces.put_summary(network, &InferenceSummary::new(inference));
        }
        check(pieces)?;
        Ok(Finished { computed: 1, failed: outcome.is_err().into(), is_incomplete: false })
    }

    /// Gets the `networks` from the store for simulations of `points`.
    ///
    /// # Errors
    /// [`StudyError::Unstored`] if the store cannot be read.
    pub fn prepare(
        &self,
        networks: &[NetworkIndex],
        points: &[PointIndex],
        pieces: &Pieces<'_>,
    ) -> Result<Preparation, StudyError> {
        let mut priced = PricedNetworks::new();
        for &network in networks {
            match pieces.inference(network) {
                Some(Ok(found)) => _ = priced.insert(network, self.price(&self.networks[network.position()], found)),
                Some(Err(_)) => return Ok(Preparation::Failed),
                None => {
                    check(pieces)?;
                    return Ok(Preparation::Missing(network));
                }
            }
        }
        let heads = AllHeads::new(points.iter().map(|point| &self.plan().points[point.position()]));
        Ok(Preparation::Ready(Prepared { priced, heads }))
    }

    pub(crate) fn networks_of<'a>(&'a self, prepared: &'a Prepared) -> Networks<'a> {
        self.networks(&prepared.priced, &prepared.heads)
    }

    /// Simulates replications of some `points` that are not stored, on the threads of the current rayon pool, and stores each. None
    /// is begun after `stop` was set. What the `inventory` says is stored is not looked for; what it misses is, because another
    /// process may have stored it since.
    ///
    /// # Errors
    /// [`StudyError::Unstored`] if the store cannot be read or written.
    ///
    /// # Panics
    /// If a point needs other networks than those that were `prepared`.
    pub fn work_on_simulation(
        &self,
        (points, replications): (&[PointIndex], &Range<u32>),
        prepared: &Prepared,
        (pieces, inventory): (&Pieces<'_>, &Inventory),
        stop: &AtomicBool,
    ) -> Result<Finished, StudyError> {
        let networks = self.networks_of(prepared);
        let simulate = |&(point, number): &Job| {
            if stop.load(Ordering::Relaxed) {
                return Err(Failure::NotComputed);
            }
            self.simulate_and_store((point, number), networks, Some(pieces), &mut |_| ())
        };
        let finished = match self.plan().is_sequential() {
            false => {
                let number = |&point: &PointIndex| replications.clone().map(move |number| (point.position(), number));
                let jobs: Vec<Job> = points.iter().flat_map(number).collect();
                let outcome = |job: &Job| match inventory.replication(*job) {
                    State::Stored => Ok(Finished::default()),
                    State::Failed => Ok(Finished { failed: 1, ..Finished::default() }),
                    State::Missing => outcome(job, pieces, simulate),
                };
                let outcomes: Vec<_> = jobs.par_iter().map(outcome).collect();
                outcomes.into_iter().try_fold(Finished::default(), |sum, one| one.map(|one| sum.and(one)))?
            }
            // Its replications depend on what the earlier ones gave.
            true => {
                let computed = AtomicU32::new(0);
                let one = |job: &Job| match pieces.replication(PointIndex(job.0 as u32), job.1) {
                    Some(found) => found,
                    None => simulate(job).inspect(|_| _ = computed.fetch_add(1, Ordering::Relaxed)),
                };
                let all = |jobs: &[Job]| jobs.par_iter().map(one).collect();
                let simulated = self.replicate(points.iter().map(|point| point.position()), &all)?;
                let one = |of: &Simulated| Finished { computed: 0, failed: of.failed, is_incomplete: of.is_incomplete };
                let sum = simulated.iter().fold(Finished::default(), |sum, (_, of)| sum.and(one(of)));
                Finished { computed: computed.into_inner(), ..sum }
            }
        };
        check(pieces)?;
        Ok(finished)
    }
}

/// What comes of one replication that was missing a while ago. Whether it has failed since is not looked for: a second question to a
/// store that may be far away costs more than the rare failure that is repeated for nothing.
fn outcome(
    job: &Job,
    pieces: &Pieces<'_>,
    simulate: impl Fn(&Job) -> Result<Rows, Failure>,
) -> Result<Finished, StudyError> {
    if pieces.is_stored(Piece::Replication(PointIndex(job.0 as u32), job.1))? {
        return Ok(Finished::default());
    }
    Ok(match simulate(job) {
        Ok(_) => Finished { computed: 1, ..Finished::default() },
        Err(Failure::NotComputed) => Finished { is_incomplete: true, ..Finished::default() },
        Err(_) => Finished { computed: 1, failed: 1, is_incomplete: false },
    })
}

impl Finished {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            computed: self.computed + other.computed,
            failed: self.failed + other.failed,
            is_incomplete: self.is_incomplete || other.is_incomplete,
        }
    }
}

/// A store that fails leaves nothing to go on with: what is computed would be lost.
fn check(pieces: &Pieces<'_>) -> Result<(), StudyError> {
    match pieces.take_failure() {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
