//! How far a study has come: what is stored, who is at work, what failed, and how long the rest will take.

use crate::claims::{Claim, find_claims};
use crate::holder::Timestamp;
use crate::progress::{WorkerNote, find_workers};
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::key::ContentKey;
use cospike_results::store::entries::{Entries, EntryError};
use cospike_studies::{Inventory, Piece, Pieces, State, Study, StudyError, Task, Unit};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A worker that was not seen for so many seconds, by the clocks of its machine and of this one, is said to be silent.
const SILENT: u64 = 60;

/// How far a study has come.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Name of the study.
    pub study: String,
    /// Its networks, in the order of the plan.
    pub networks: Vec<NetworkStatus>,
    /// Its design points, in the order of the plan.
    pub points: Vec<PointStatus>,
    /// Workers that have claimed something and are not silent.
    pub workers: usize,
    /// Expected seconds until everything is stored, by what workers have done so far, if one has done anything; by one worker if none
    /// is at work.
    pub seconds_left: Option<f64>,
}

/// How far an inference has come.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkStatus {
    /// Number of the network.
    pub network: u32,
    /// Names of its weight files.
    pub name: String,
    /// State.
    pub state: Stage,
    /// Who executes it.
    pub at_work: Option<AtWork>,
    /// Why it cannot be executed.
    pub failure: Option<String>,
}

/// How far a design point has come.
#[derive(Clone, Debug, Serialize)]
pub struct PointStatus {
    /// Number of the design point.
    pub point: u32,
    /// Its label.
    pub label: String,
    /// State.
    pub state: Stage,
    /// Number of replications that are stored.
    pub stored: u32,
    /// Number of replications that failed.
    pub failed: u32,
    /// Number of replications that are missing; with a precision target, at most.
    pub missing: u32,
    /// Who simulates it.
    pub at_work: Vec<AtWork>,
    /// Why it, or the first of its replications that failed, cannot be computed.
    pub failure: Option<String>,
}

/// State of a part of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Everything is stored.
    Done,
    /// A worker is at it.
    Running,
    /// Everything is stored, of some of it why it cannot be computed.
    Failed,
    /// Something is missing, and nobody is at it.
    Missing,
}

/// A worker at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtWork {
    /// Name of its machine.
    pub host: String,
    /// Number of the process there.
    pub process: u32,
    /// The job that it is a part of.
    pub job: Option<String>,
    /// Since when, by the clock of its machine.
    pub since: Timestamp,
    /// Seconds for which it has not been seen, if that is too long or it is known to have ended.
    pub silent_for: Option<u64>,
}

/// Reason why the status of a study is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// The store cannot be read.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A note of the store cannot be read.
    #[error(transparent)]
    Note(#[from] EntryError),
}

impl Status {
    /// How far `study` has come in `store`, which has of its `pieces` what the `inventory` says; it is divided into `units`, and its design
    /// points have these `labels`.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn new(
        study: &Study,
        units: &[Unit],
        labels: impl Iterator<Item = String>,
        (pieces, inventory): (&Pieces<'_>, &Inventory),
        store: &Entries,
    ) -> Result<Self, StatusError> {
        let claims = find_claims(store)?;
        let at_work = at_work(units, &claims);
        let networks = (0..).map(NetworkIndex).zip(&inventory.networks);
        let networks = networks.map(|(network, state)| network_status(study, pieces, network, *state, &at_work));
        let points = (0..).map(PointIndex).zip(labels);
        let points = points.map(|(point, label)| point_status((point, label), pieces, inventory, &at_work));
        let live = claims.values().filter(|claim| units_have(units, &claims, claim) && silence(claim).is_none());
        let workers = live.map(|claim| &claim.holder.id).collect::<BTreeSet<_>>().len();
        let left = cost_left(units, inventory);
        let seconds_left = seconds_left(left, &find_workers(store, &study.key())?, workers);
        Ok(Self {
            study: study.plan().name.clone(),
            networks: networks.collect::<Result<_, _>>()?,
            points: points.collect::<Result<_, _>>()?,
            workers,
            seconds_left,
        })
    }

    /// Number of design points in a state.
    pub fn count(&self, state: Stage) -> usize {
        self.points.iter().filter(|point| point.state == state).count()
    }
}

/// Workers by what they are at: networks, and design points.
type AtWorkOn = (BTreeMap<NetworkIndex, AtWork>, BTreeMap<PointIndex, Vec<AtWork>>);

fn at_work(units: &[Unit], claims: &BTreeMap<ContentKey, Claim>) -> AtWorkOn {
    let (mut networks, mut points): AtWorkOn = Default::default();
    for unit in units {
        let Some(claim) = claims.get(&unit.key) else { continue };
        let worker = AtWork {
            host: claim.holder.host.clone(),
            process: claim.holder.process,
            job: claim.holder.job.clone(),
            since: claim.since,
            silent_for: silence(claim),
        };
        match &unit.task {
            Task::Inference(network) => _ = networks.insert(*network, worker),
            Task::Simulation { points: of, .. } => {
                of.iter().for_each(|point| points.entry(*point).or_default().push(worker.clone()));
            }
        }
    }
    (networks, points)
}

/// Whether a claim is to one of the units.
fn units_have(units: &[Unit], claims: &BTreeMap<ContentKey, Claim>, claim: &Claim) -> bool {
    units.iter().any(|unit| claims.get(&unit.key).is_some_and(|found| std::ptr::eq(found, claim)))
}

/// For how many seconds the holder of a claim was not seen, if that is too long, or it is dead.
fn silence(claim: &Claim) -> Option<u64> {
    let seconds = claim.seen.elapsed().as_secs();
    (seconds >= SILENT || claim.holder.is_dead()).then_some(seconds)
}

fn network_status(
    study: &Study,
    pieces: &Pieces<'_>,
    network: NetworkIndex,
    state: State,
    at_work: &AtWorkOn,
) -> Result<NetworkStatus, StatusError> {
    let worker = at_work.0.get(&network).filter(|_| state == State::Missing);
    Ok(NetworkStatus {
        network: network.0,
        name: study.network_name(network),
        state: match state {
            State::Stored => Stage::Done,
            State::Failed => Stage::Failed,
            State::Missing if worker.is_some_and(|worker| worker.silent_for.is_none()) => Stage::Running,
            State::Missing => Stage::Missing,
        },
        at_work: worker.cloned(),
        failure: match state {
            State::Failed => pieces.reason(Piece::Inference(network)).map_err(StudyError::from)?,
            _ => None,
        },
    })
}

fn point_status(
    (point, label): (PointIndex, String),
    pieces: &Pieces<'_>,
    inventory: &Inventory,
    at_work: &AtWorkOn,
) -> Result<PointStatus, StatusError> {
    let of = &inventory.points[point.position()];
    let failed = (0..).zip(&of.replications).find(|(_, state)| **state == State::Failed);
    let reason = match (of.failed_network, failed) {
        (Some(network), _) => pieces.reason(Piece::Inference(network)),
        (None, Some((number, _))) => {
            let reason = pieces.reason(Piece::Replication(point, number));
            reason.map(|reason| reason.map(|reason| format!("replication {number}: {reason}")))
        }
        (None, None) => Ok(None),
    };
    let failure = reason.map_err(StudyError::from)?;
    let workers = at_work.1.get(&point).filter(|_| !of.is_complete).cloned().unwrap_or_default();
    Ok(PointStatus {
        point: point.0,
        label,
        state: match of.is_complete {
            true if of.failed_network.is_some() || failed.is_some() => Stage::Failed,
            true => Stage::Done,
            false if workers.iter().any(|worker| worker.silent_for.is_none()) => Stage::Running,
            false => Stage::Missing,
        },
        stored: of.count(State::Stored),
        failed: of.count(State::Failed),
        missing: if of.is_complete { 0 } else { of.count(State::Missing) },
        at_work: workers,
        failure,
    })
}

/// Expected cost of what is missing: of a unit of which some pieces are stored, the share of the others.
fn cost_left(units: &[Unit], inventory: &Inventory) -> f64 {
    let left = |unit: &Unit| {
        if inventory.has(&unit.task) {
            return 0.0;
        }
        let Task::Simulation { points, replications, .. } = &unit.task else { return unit.cost as f64 };
        let range = replications.start as usize..replications.end as usize;
        let states = points.iter().flat_map(|point| &inventory.points[point.position()].replications[range.clone()]);
        let (missing, all) = states.fold((0.0, 0.0), |(missing, all), state| {
            (missing + f64::from(u8::from(*state == State::Missing)), all + 1.0)
        });
        unit.cost as f64 * missing / all
    };
    units.iter().map(left).sum()
}

/// Seconds in which `live` workers, or one if there is none, do what is left as fast as workers have gone so far.
fn seconds_left(left: f64, notes: &[WorkerNote], live: usize) -> Option<f64> {
    let (cost, seconds) =
        notes.iter().fold((0.0, 0.0), |(cost, seconds), note| (cost + note.cost as f64, seconds + note.seconds));
    (cost > 0.0).then(|| left * seconds / cost / live.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder::Holder;

    #[test]
    fn the_time_left_follows_from_what_workers_have_done() {
        let note = |cost, seconds| WorkerNote {
            holder: Holder::this(&|_| None).unwrap(),
            cost,
            seconds,
            seen: Timestamp::now(),
            has_ended: true,
        };
        assert_eq!(seconds_left(100.0, &[], 3), None);
        assert_eq!(seconds_left(100.0, &[note(10, 1.0), note(10, 3.0)], 0), Some(20.0));
        assert_eq!(seconds_left(100.0, &[note(10, 1.0), note(10, 3.0)], 4), Some(5.0));
    }
}
