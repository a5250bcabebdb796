//! `work`: a share of a study.

use super::interrupt::{STOPPED, STOPPED_IDLE, stop_on_signals};
use super::{ENVIRONMENT, Opened};
use crate::arguments::Work;
use crate::failure::Failure;
use crate::output::{note, plural, printable, say, significant};
use crate::run::record::leave_record;
use cospike_cluster::{Claims, Event, Holder, Outcome, Progress, Shard, Submission, Worker, find_shard, pack};
use cospike_results::key::ContentKey;
use cospike_studies::{Finished, Pieces, Study, Task, Unit};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Works on a share of a study until all of it is stored.
pub(crate) fn work(arguments: &Work) -> Result<ExitCode, Failure> {
    let opened = Opened::new(&arguments.study)?;
    // What was submitted has left its record then.
    if arguments.submission.is_none() {
        leave_record(&opened.study, &opened.store);
    }
    let (study, pieces) = (&opened.study, opened.pieces()?);
    let units = study.units(pieces.keys())?;
    let (shard, numbers) = share(arguments, &opened, &pieces, &units)?;
    let share: Vec<&Unit> = numbers.iter().filter_map(|&number| units.get(number)).collect();
    let holder = Holder::this(ENVIRONMENT)?;
    let claims = Arc::new(Claims::new(opened.store.clone(), holder.clone()));
    let progress = Progress::new(opened.store.clone(), &pieces.keys().study(), holder);
    let has_computed = Arc::new(AtomicBool::new(false));
    let (of_signals, computed) = (claims.clone(), has_computed.clone());
    let stop = stop_on_signals(move || {
        of_signals.release_all();
        stopped(computed.load(Ordering::Relaxed))
    })?;
    say!("share {shard} of `{}`: {}", study.plan().name, plural(share.len() as u64, "unit"));
    let keys = share.iter().map(|unit| unit.key).collect();
    let teller = Teller { study, share: keys, number: AtomicUsize::new(0), waits_for: Mutex::default() };
    let tell = |event: Event<'_>| {
        if matches!(&event, Event::Finished { finished, .. } if finished.computed > 0) {
            has_computed.store(true, Ordering::Relaxed);
        }
        teller.tell(&event);
    };
    let worker = Worker { study, pieces: &pieces, claims: &claims, progress: &progress, stop: &stop, tell: &tell };
    let outcome = worker.work(&share);
    progress.end();
    claims.release_all();
    Ok(end(shard, &outcome.map_err(anyhow::Error::from)?))
}

/// The share that this process has, and the numbers of its units.
fn share(
    arguments: &Work,
    opened: &Opened,
    pieces: &Pieces<'_>,
    units: &[Unit],
) -> Result<(Shard, Vec<usize>), Failure> {
    if let Some(id) = &arguments.submission {
        let submission = Submission::find(&opened.store, &pieces.keys().study(), id).map_err(Failure::mistake)?;
        let of = submission.shares.len() as u32;
        let shard = arguments.shard.map_or_else(|| find_shard(Some(of), ENVIRONMENT), Ok).map_err(Failure::mistake)?;
        let share = submission.shares.get(shard.index as usize).filter(|_| shard.of == of);
        let share = share.ok_or_else(|| {
            Failure::mistake(format_args!("share {shard} was asked for, but what was submitted has {of} shares"))
        })?;
        return Ok((shard, share.iter().map(|&number| number as usize).collect()));
    }
    let shard = match arguments.shard {
        Some(shard) => shard,
        None => find_shard(arguments.shards, ENVIRONMENT).map_err(Failure::mistake)?,
    };
    let inferences = units.iter().take_while(|unit| matches!(unit.task, Task::Inference(_))).count();
    let costs: Vec<u64> = units.iter().map(|unit| unit.cost).collect();
    let mut packed = pack(&costs, inferences, shard.of as usize);
    Ok((shard, std::mem::take(&mut packed[shard.index as usize])))
}

fn stopped(has_computed: bool) -> u8 {
    if has_computed { STOPPED } else { STOPPED_IDLE }
}

/// Says how the worker has ended, and gives its exit code.
fn end(shard: Shard, outcome: &Outcome) -> ExitCode {
    let Outcome { computed, found, failed, is_stopped } = *outcome;
    let now = format!("{} computed now, {} stored before", plural(computed, "piece"), plural(found as u64, "unit"));
    if is_stopped {
        say!("share {shard}: stopped, {now}; the same command goes on from there");
        return ExitCode::from(stopped(computed > 0));
    }
    say!("share {shard}: done, {now}");
    if failed > 0 {
        note!("error: {} of this share failed: `cospike status` says why", plural(failed, "piece"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints a line for each unit.
struct Teller<'a> {
    study: &'a Study,
    /// Keys of the units of the share.
    share: BTreeSet<ContentKey>,
    /// Number of those that are done.
    number: AtomicUsize,
    /// For whom it was last said that it is waited.
    waits_for: Mutex<Option<String>>,
}

impl Teller<'_> {
    fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Finished { unit, finished, elapsed } => self.finished(unit, *finished, *elapsed),
            Event::Waiting { units, claim } => {
                let holder = claim.as_ref().map_or("another process".to_string(), |claim| claim.holder.to_string());
                let mut waits_for = self.waits_for.lock().unwrap_or_else(PoisonError::into_inner);
                if waits_for.as_ref() != Some(&holder) {
                    say!("waiting for {}, for instance that of {holder}", plural(*units as u64, "unit"));
                    *waits_for = Some(holder);
                }
            }
        }
    }

    fn finished(&self, unit: &Unit, finished: Finished, elapsed: Duration) {
        let what = match &unit.task {
            Task::Inference(network) => self.study.network_name(*network),
            Task::Simulation { points, replications, .. } => {
                let label =
                    |point: &cospike_results::index::PointIndex| &self.study.plan().points[point.position()].label;
                let points = match &points[..] {
                    [] => String::new(),
                    [point] => format!("design point {point} ({})", label(point)),
                    [first, .., last] => {
                        format!("{} from {first} to {last}", plural(points.len() as u64, "design point"))
                    }
                };
                match replications.len() {
                    1 => format!("{points}, replication {}", replications.start),
                    number => format!(
                        "{points}, replications {} to {}",
                        replications.start,
                        replications.start as usize + number - 1
                    ),
                }
            }
        };
        let failed = if finished.failed > 0 { format!(", {} failed", finished.failed) } else { String::new() };
        let (what, seconds) = (printable(&what), significant(elapsed.as_secs_f64()));
        let word = match (finished.is_incomplete, self.share.contains(&unit.key)) {
            (true, _) => "stopped".to_string(),
            (false, true) => {
                format!("done {}/{}", self.number.fetch_add(1, Ordering::Relaxed) + 1, self.share.len())
            }
            // What its simulations need is in the share of another process, which has not come to it.
            (false, false) => "done for all shares".into(),
        };
        say!("{word}: {what}{failed}, {seconds} s");
    }
}
