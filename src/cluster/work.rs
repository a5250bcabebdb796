//! `work`: a share of a study.

use super::interrupt::{STOPPED, STOPPED_IDLE, stop_on_signals};
use super::{ENVIRONMENT, Opened};
use crate::arguments::Work;
use crate::failure::Failure;
use crate::output::{note, plural, printable, say, significant};
use crate::run::record::leave_record;
use crate::scenario::failure;
use cospike_cluster::{Claims, Event, Holder, Outcome, Progress, Shard, Submission, Worker, find_shard, pack};
use cospike_results::index::PointIndex;
use cospike_results::key::ContentKey;
use cospike_studies::{Finished, Pieces, Portion, Study, Task, Unit};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Design points that are in memory together: those of a share of usual size.
const AT_ONCE: usize = 32_768;

/// Works on a share of a study until all of it is stored.
pub(crate) fn work(arguments: &Work) -> Result<ExitCode, Failure> {
    let read = arguments.study.scenario.read()?;
    let (compiled, bundles, points) = read.sampled()?;
    let opened = Opened::of_compiled(&arguments.study, &read, compiled, points)?;
    let portions = opened.study.divide(bundles);
    let (shard, numbers) = share(arguments, &opened, &portions)?;
    let share: Vec<&Portion> = numbers.iter().filter_map(|&number| portions.get(number)).collect();
    let Opened { study, mut points, store, .. } = opened;
    let parts = parts(&share);
    // Before anything is computed: a mistake in a design point ends the whole share. The only part is checked when it is compiled.
    if parts.len() > 1 {
        for part in &parts {
            points.compile(part.points.iter().copied()).map_err(failure)?;
        }
    }
    let holder = Holder::this(ENVIRONMENT)?;
    let claims = Arc::new(Claims::new(store.clone(), holder.clone()));
    let progress = Progress::new(store.clone(), &study.key(), holder);
    let has_computed = Arc::new(AtomicBool::new(false));
    let (of_signals, computed) = (claims.clone(), has_computed.clone());
    let stop = stop_on_signals(move || {
        of_signals.release_all();
        stopped(computed.load(Ordering::Relaxed))
    })?;
    let number = AtomicUsize::new(0);
    let mut outcome = Outcome::default();
    for (place, part) in parts.iter().enumerate() {
        let compiled = points.compile(part.points.iter().copied()).map_err(failure)?;
        // What was submitted has left its record then.
        if arguments.submission.is_none() {
            leave_record(&study, &compiled, &store);
        }
        let study = study.part(0, compiled)?;
        let pieces = Pieces::new(study.plan(), &store)?;
        let units = part.portions.iter().map(|portion| part.numbered_anew(portion).with_key(pieces.keys()));
        let units = units.collect::<Result<Vec<Unit>, _>>()?;
        if place == 0 {
            say!("share {shard} of `{}`: {}", study.plan().name, plural(share.len() as u64, "unit"));
        }
        let teller = Teller {
            study: &study,
            points: &part.points,
            keys: units.iter().map(|unit| unit.key).collect(),
            of: share.len(),
            number: &number,
            waits_for: Mutex::default(),
        };
        let tell = |event: Event<'_>| {
            if matches!(&event, Event::Finished { finished, .. } if finished.computed > 0) {
                has_computed.store(true, Ordering::Relaxed);
            }
            teller.tell(&event);
        };
        let (pieces, study) = (&pieces, &study);
        let worker = Worker { study, pieces, claims: &claims, progress: &progress, stop: &stop, tell: &tell };
        match worker.work(&units.iter().collect::<Vec<_>>()) {
            Ok(of_part) => outcome = outcome.and(of_part),
            Err(error) => {
                progress.end();
                claims.release_all();
                return Err(anyhow::Error::from(error).into());
            }
        }
        if outcome.is_stopped {
            break;
        }
    }
    progress.end();
    claims.release_all();
    Ok(end(shard, &outcome))
}

/// Portions of a share whose design points are in memory together.
#[derive(Default)]
struct Part<'a> {
    portions: Vec<&'a Portion>,
    /// Their design points, ascending.
    points: Vec<PointIndex>,
}

/// Divides a share into parts, one after the other; there is one, even if it has nothing to do.
fn parts<'a>(share: &[&'a Portion]) -> Vec<Part<'a>> {
    let mut parts = vec![Part::default()];
    for &portion in share {
        let of_portion = portion.task.points();
        match parts.last_mut() {
            Some(part) if part.portions.is_empty() || part.points.len() + of_portion.len() <= AT_ONCE => {
                part.portions.push(portion);
                part.points.extend(of_portion);
            }
            _ => parts.push(Part { portions: vec![portion], points: of_portion.to_vec() }),
        }
    }
    for part in &mut parts {
        part.points.sort();
        part.points.dedup();
    }
    parts
}

impl Part<'_> {
    /// A portion whose design points are counted from 0 in this part.
    fn numbered_anew(&self, portion: &Portion) -> Portion {
        let place = |point: &PointIndex| PointIndex(self.points.partition_point(|other| other < point) as u32);
        let mut portion = portion.clone();
        if let Task::Simulation { points, .. } = &mut portion.task {
            *points = points.iter().map(place).collect();
        }
        portion
    }
}

/// The share that this process has, and the numbers of its units.
fn share(arguments: &Work, opened: &Opened<'_>, units: &[Portion]) -> Result<(Shard, Vec<usize>), Failure> {
    if let Some(id) = &arguments.submission {
        let submission = Submission::find(&opened.store, &opened.study.key(), id).map_err(Failure::mistake)?;
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
    /// A part of the study.
    study: &'a Study,
    /// Numbers of its design points in the whole.
    points: &'a [PointIndex],
    /// Keys of the units of the part.
    keys: BTreeSet<ContentKey>,
    /// Number of units of the share.
    of: usize,
    /// Number of those that are done.
    number: &'a AtomicUsize,
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
                let label = |point: &PointIndex| &self.study.plan().points[point.position()].label;
                let number = |point: &PointIndex| self.points[point.position()];
                let points = match &points[..] {
                    [] => String::new(),
                    [point] => format!("design point {} ({})", number(point), label(point)),
                    [first, .., last] => {
                        let (first, last) = (number(first), number(last));
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
        let word = match (finished.is_incomplete, self.keys.contains(&unit.key)) {
            (true, _) => "stopped".to_string(),
            (false, true) => {
                format!("done {}/{}", self.number.fetch_add(1, Ordering::Relaxed) + 1, self.of)
            }
            // What its simulations need is in the share of another process, which has not come to it.
            (false, false) => "done for all shares".into(),
        };
        say!("{word}: {what}{failed}, {seconds} s");
    }
}
