//! `run`: a scenario from its file to its results and report.

mod summary;
mod trace;
mod verify;

use crate::arguments::Run;
use crate::estimate::check_memory;
use crate::failure::{Failure, printable_lines};
use crate::output::{note, plural, print_json, printable};
use crate::progress::Bar;
use anyhow::{Context, anyhow};
use cospike_reports::{FILES, PAGE, render};
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_results::store::folder::Place;
use cospike_results::summary::Summary;
use cospike_studies::{StoreError, Study, StudyError};
use std::path::{Path, PathBuf};
use trace::TraceFile;

/// Runs a scenario, writes its results, draws the report and prints the summary.
pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    let zoo = arguments.scenario.zoo()?;
    let compiled = arguments.scenario.compile(&zoo)?;
    check_memory(&compiled.plan)?;
    compiled.plan.provenance.warnings.iter().for_each(|warning| note!("warning: {}", printable(warning)));
    let study = compiled.into_study(&zoo)?;
    if arguments.verify {
        return verify::verify(&study, arguments.json);
    }
    // Before anything is computed: what could not be written is refused now.
    let place = open_place(arguments, &study)?;
    let trace = arguments.trace.file.as_deref();
    let mut trace = trace.map(|path| TraceFile::begin(&study, path, &arguments.trace)).transpose()?;
    let pieces = arguments.store.clone().unwrap_or_else(|| place.pieces());
    let store = Entries::open(&pieces, |damage| note!("warning: {damage}")).map_err(Failure::mistake)?;
    let bar = Bar::new();
    let outcome = match &mut trace {
        Some(trace) => trace.run(&study, &store, &bar),
        None => study.run(Some(&store), &|progress| bar.show(progress)),
    };
    // Written before anything is drawn: a failure to draw loses no result.
    let stored = finished(outcome).and_then(|(results, store_failure)| {
        place.write(&results)?;
        Ok((results, store_failure))
    });
    let traced = trace.map_or(Ok(()), TraceFile::finish);
    let (results, store_failure) = match stored {
        Ok(stored) => stored,
        Err(error) => return Err(keep(store, &pieces, [traced.err(), Some(error)])),
    };
    let failed = results.points.iter().filter(|point| point.failure.is_some()).count();
    // A design point without answers is finished all the same.
    let is_finished = results.points.iter().all(|point| point.failed_replications == 0);
    let removed = match arguments.store {
        // The result folder holds everything now.
        None if is_finished => store.clone().remove().map_err(anyhow::Error::from),
        _ => Ok(()),
    };
    let drawn = draw(&results, &place);
    let printed = print(&results, arguments.json);
    let page = if drawn.is_ok() { format!(" and {PAGE}") } else { String::new() };
    note!("\nresults{page} in {}", place.folder().display());
    if arguments.store.is_none() {
        say_others(&store, &pieces);
    }
    let store_failure = store_failure.map(|error| anyhow!("the results are whole, but the store failed: {error}"));
    let errors = [traced.err(), removed.err(), store_failure, drawn.err(), printed.err()];
    if failed == 0 {
        return last(errors).map_or(Ok(()), |error| Err(error.into()));
    }
    let failure = anyhow!("{failed} of {} failed", plural(results.points.len() as u64, "design point"));
    let errors = [last(errors), Some(failure)];
    match is_finished {
        true => Err(last(errors).unwrap_or_else(|| anyhow!("the study failed")).into()),
        false => Err(keep(store, &pieces, errors)),
    }
}

/// The results of a finished study, and why its store failed, if it did.
fn finished(outcome: Result<Results, StudyError>) -> anyhow::Result<(Results, Option<StoreError>)> {
    match outcome {
        Ok(results) => Ok((results, None)),
        Err(StudyError::Store { results, error }) => Ok((*results, Some(error))),
        Err(error) => Err(error.into()),
    }
}

/// Takes the place of the results, and refuses everything that would be lost or in the way in the end.
fn open_place(arguments: &Run, study: &Study) -> Result<Place, Failure> {
    let folder = arguments.out.clone().unwrap_or_else(|| PathBuf::from("out").join(&study.plan().name));
    let others: Vec<&Path> = arguments.store.iter().chain(&arguments.trace.file).map(PathBuf::as_path).collect();
    let place = Place::open(&folder, &others).map_err(Failure::mistake)?;
    let names = Place::names();
    let names = || names.iter().map(String::as_str).chain(FILES);
    place.check(names()).map_err(Failure::mistake)?;
    others.iter().try_for_each(|other| place.check_other(other, names())).map_err(Failure::mistake)?;
    Ok(place)
}

/// Prints the summary.
fn print(results: &Results, as_json: bool) -> anyhow::Result<()> {
    let summary = Summary::new(results)?;
    match as_json {
        true => print_json(&serde_json::to_value(&summary)?),
        false => summary::print_summary(&summary, results),
    }
    Ok(())
}

/// Draws the report into the place of its results.
fn draw(results: &Results, place: &Place) -> anyhow::Result<()> {
    let again = || {
        let folder = place.folder().display();
        format!("the results are whole in {folder}, but without their report, which `cospike report {folder}` draws")
    };
    let report = render(results).with_context(again)?;
    place.write_report(report.files()).with_context(again)
}

/// Says that a place still keeps pieces of other studies, which nobody sees because they are hidden.
fn say_others(store: &Entries, pieces: &Path) {
    // Of a folder that cannot be read there is something to say when it is written to.
    let (number, bytes) = store.others().unwrap_or_default();
    if number > 0 {
        let (piece, size) = (plural(number, "finished piece"), bytes.div_ceil(1000));
        note!(
            "{} still holds {piece} of other studies or versions, {size} kB: a study that they belong to goes on from them; \
             remove the folder if there is none",
            pieces.display()
        );
    }
}

/// Says where the finished pieces of a study are that has no results, or not all. Returns the last of the `errors`, the others being printed.
fn keep(store: Entries, pieces: &Path, errors: [Option<anyhow::Error>; 2]) -> Failure {
    let kept = match store.is_empty() {
        Ok(true) => store.remove(),
        kept => kept.map(|_| {
            note!("what was finished is kept in {}: the same command goes on from there", pieces.display());
        }),
    };
    let [first, second] = errors;
    last([kept.err().map(anyhow::Error::from), first, second]).unwrap_or_else(|| anyhow!("the study failed")).into()
}

/// The last of several errors; the others are printed.
fn last<const N: usize>(errors: [Option<anyhow::Error>; N]) -> Option<anyhow::Error> {
    let mut errors: Vec<_> = errors.into_iter().flatten().collect();
    let last = errors.pop();
    errors.iter().for_each(|error| note!("error: {}", printable_lines(&format!("{error:#}"))));
    last
}
