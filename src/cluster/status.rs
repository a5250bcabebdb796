//! `status`: how far a study has come.

use super::{Known, Opened};
use crate::arguments;
use crate::failure::Failure;
use crate::output::{plural, print_json, printable, say, say_wrapped, shortened, table};
use crate::scenario::failure;
use cospike_cluster::{AtWork, Stage, Status};
use cospike_studies::{Pieces, Unit};
use std::time::Duration;

/// Time between two prints of `--watch`.
const PERIOD: Duration = Duration::from_secs(5);
/// Of a study with more design points only those are listed that are not done.
const ALL_LISTED: usize = 100;
/// Most design points that are listed at all.
const MOST_LISTED: usize = 500;

/// Prints how far a study has come, with `--watch` until everything is done.
pub(crate) fn status(arguments: &arguments::Status) -> Result<(), Failure> {
    let read = arguments.study.scenario.read()?;
    let mut opened = Opened::new(&arguments.study, &read)?;
    let portions = opened.study.divide(opened.points.bundles().map_err(failure)?);
    loop {
        let Known { keys, inventory } = opened.know(&|_| ())?;
        let units = portions.iter().cloned().map(|portion| portion.with_key(&keys));
        let units = units.collect::<Result<Vec<Unit>, _>>()?;
        let pieces = Pieces::with_keys(keys, &opened.store);
        let status = Status::new(&opened.study, &units, opened.points.labels(), (&pieces, &inventory), &opened.store)?;
        match arguments.json {
            true => print_json(&status),
            false => print(&status),
        }
        let is_over = status.points.iter().all(|point| matches!(point.state, Stage::Done | Stage::Failed));
        if is_over || !arguments.watch {
            return Ok(());
        }
        std::thread::sleep(PERIOD);
        say!();
    }
}

fn print(status: &Status) {
    let is_listed = |stage| status.points.len() <= ALL_LISTED || stage != Stage::Done;
    let listed: Vec<_> = status.points.iter().filter(|point| is_listed(point.state)).collect();
    let mut points = table(&["design point", "state", "stored", "failed", "missing", ""]);
    if let Some(remarks) = points.column_mut(5) {
        remarks.set_cell_alignment(crate::output::CellAlignment::Left);
    }
    for point in listed.iter().take(MOST_LISTED) {
        let workers = point.at_work.iter().map(worker);
        let remarks: Vec<String> = point.failure.iter().cloned().chain(workers).collect();
        let counts = [point.stored, point.failed, point.missing].map(|number| number.to_string());
        let mut row = vec![printable(&point.label), word(point.state).into()];
        row.extend(counts);
        row.push(shortened(&printable(&remarks.join("; "))));
        points.add_row(row);
    }
    if !listed.is_empty() {
        say!("{points}\n");
    }
    if listed.len() > MOST_LISTED {
        say!("... and {} more: `--json` lists all", plural((listed.len() - MOST_LISTED) as u64, "design point"));
    }
    for network in status.networks.iter().filter(|network| network.state != Stage::Done) {
        let remark = network.failure.clone().or_else(|| network.at_work.as_ref().map(worker));
        let remark = remark.map(|remark| format!(": {remark}")).unwrap_or_default();
        say!("inference of {}: {}{}", printable(&network.name), word(network.state), printable(&remark));
    }
    let count = |stage| format!("{} {}", status.count(stage), word(stage));
    let counts = [Stage::Done, Stage::Running, Stage::Failed, Stage::Missing].map(count).join(", ");
    say_wrapped!(
        "{} of `{}`: {counts}; {}",
        plural(status.points.len() as u64, "design point"),
        status.study,
        left(status)
    );
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Done => "done",
        Stage::Running => "running",
        Stage::Failed => "failed",
        Stage::Missing => "missing",
    }
}

fn worker(worker: &AtWork) -> String {
    let job = worker.job.as_ref().map(|job| format!(" ({job})")).unwrap_or_default();
    let silent = worker.silent_for.map(|seconds| format!(", not seen for {}", duration(seconds as f64)));
    format!("since {} on {}{job}{}", worker.since, worker.host, silent.unwrap_or_default())
}

/// How long the rest will take, in words.
fn left(status: &Status) -> String {
    let workers = plural(status.workers as u64, "worker");
    match status.seconds_left {
        _ if status.points.iter().all(|point| matches!(point.state, Stage::Done | Stage::Failed)) => {
            "nothing is left to do".into()
        }
        Some(seconds) if status.workers > 0 => format!("{workers}, about {} left", duration(seconds)),
        Some(seconds) => format!("nobody is at work; one worker needs about {}", duration(seconds)),
        None if status.workers > 0 => format!("{workers}, time left not known yet"),
        None => "nobody is at work".into(),
    }
}

/// A time in words, to two units.
fn duration(seconds: f64) -> String {
    let seconds = seconds.clamp(0.0, 1e12).ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} days {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}
