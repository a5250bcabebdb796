//! Networks of a study, each executed by one process.

use crate::claims::{Attempt, Claims, LOOK};
use crate::event::{Event, WorkError};
use cospike_results::index::NetworkIndex;
use cospike_studies::{Finished, Piece, Pieces, Study, StudyError, Task, Unit};
use std::time::Instant;

/// What became of a network that is to be executed.
pub(crate) enum Inferred {
    /// It was stored before.
    Stored,
    /// It was executed now.
    Now(Finished),
    /// Another process has claimed it.
    ByAnother,
}

/// Executes a network, unless it is stored or another process is at it; `tick` is told of the samples.
pub(crate) fn infer_unclaimed(
    (study, pieces, claims): (&Study, &Pieces<'_>, &Claims),
    network: NetworkIndex,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<Inferred, WorkError> {
    let is_stored = || pieces.contains(Piece::Inference(network)).map_err(StudyError::from);
    if is_stored()? {
        return Ok(Inferred::Stored);
    }
    let Attempt::Mine(_held) = claims.claim(pieces.keys().networks()[network.position()])? else {
        return Ok(Inferred::ByAnother);
    };
    // It may have been stored just before it was claimed.
    if is_stored()? {
        return Ok(Inferred::Stored);
    }
    Ok(Inferred::Now(study.work_on_inference(network, pieces, tick)?))
}

/// Executes the networks of a study that are not stored, those first that no other process is at, and waits for the others. `tick` is told
/// of their samples, from many threads, and `tell` of each network and of waiting.
///
/// # Errors
/// [`WorkError`].
pub fn execute_networks(
    (study, pieces, claims): (&Study, &Pieces<'_>, &Claims),
    tick: &(dyn Fn(u64) + Sync),
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<(), WorkError> {
    let mut left: Vec<NetworkIndex> = (0..study.plan().networks.len() as u32).map(NetworkIndex).collect();
    loop {
        let before = left.len();
        let mut by_others = vec![];
        for network in left {
            let begin = Instant::now();
            match infer_unclaimed((study, pieces, claims), network, tick)? {
                Inferred::Stored => {}
                Inferred::Now(finished) => {
                    let key = pieces.keys().networks()[network.position()];
                    let unit = Unit { key, cost: 0, task: Task::Inference(network) };
                    tell(Event::Finished { unit: &unit, finished, elapsed: begin.elapsed() });
                }
                Inferred::ByAnother => by_others.push(network),
            }
        }
        left = by_others;
        let Some(first) = left.first() else { return Ok(()) };
        if left.len() == before {
            let claim = claims.claim_of(pieces.keys().networks()[first.position()])?;
            tell(Event::Waiting { units: left.len(), claim });
            std::thread::sleep(LOOK);
        }
    }
}
