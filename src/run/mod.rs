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
use cospike_results::store::entries::Location;
use cospike_results::store::folder::Place;
use cospike_results::summary::Summary;
use cospike_studies::{Found, Reuse, StoreError, Study, StudyError};
use std::path::{Path, PathBuf};
use trace::TraceFile;

/// Runs a scenario, writes its results, draws the report and prints the summary.
pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    let zoo = arguments.scenario.zoo()?;
    let compiled = arguments.scenario.compile(&zoo)?;
    check_memory(&compiled.plan)?;
    compiled.plan.provenance.warnings.iter().for_each(|warning| note!("warning: {}", printable(warning)));
    let location = compiled.store.clone();
    let study = compiled.into_study(&zoo)?;
    if arguments.verify {
        return verify::verify(&study, arguments.json);
    }
    // Before anything is computed: what could not be written is refused now.
    let store = arguments.store.location(location.as_ref());
    let place = open_place(arguments, &study, store.as_ref().and_then(Location::folder))?;
    let trace = arguments.trace.file.as_deref();
    let mut trace = trace.map(|path| TraceFile::begin(&study, path, &arguments.trace)).transpose()?;
    let store = arguments.store.open(location.as_ref())?;
    let (bar, entries) = (Bar::new(), store.as_ref().map(|(_, entries)| entries));
    let outcome = match &mut trace {
        Some(trace) => trace.run(&study, entries, &bar),
        None => study.run(entries, &|progress| bar.show(progress)),
    };
    // Written before anything is drawn: a failure to draw loses no result.
    let stored = finished(outcome).and_then(|(results, store_failure)| {
        place.write(&results)?;
        Ok((results, store_failure))
    });
    let traced = trace.map_or(Ok(()), TraceFile::finish);
    let (results, store_failure) = match stored {
        Ok(stored) => stored,
        Err(error) => {
            if let Some((location, _)) = &store {
                note!("what was finished is kept in {location}: the same command goes on from there");
            }
            return Err(last([traced.err(), Some(error)]).unwrap_or_else(|| anyhow!("the study failed")).into());
        }
    };
    let drawn = draw(&results, &place);
    let printed = print(&results, arguments.json);
    let page = if drawn.is_ok() { format!(" and {PAGE}") } else { String::new() };
    note!("\nresults{page} in {}", place.folder().display());
    if let Some(((location, _), reuse)) = store.as_ref().zip(bar.reuse()) {
        note!("{} in the store {location}", reused(&reuse));
    }
    let failed = results.points.iter().filter(|point| point.failure.is_some()).count();
    let failed =
        (failed > 0).then(|| anyhow!("{failed} of {} failed", plural(results.points.len() as u64, "design point")));
    let store_failure = store_failure.map(|error| anyhow!("the results are whole, but the store failed: {error}"));
    last([traced.err(), store_failure, drawn.err(), printed.err(), failed]).map_or(Ok(()), |error| Err(error.into()))
}

/// What a study found in its store, in words.
fn reused(reuse: &Reuse) -> String {
    let part = |Found { found, failed, asked }: Found, what: &str| {
        let failures =
            if failed > 0 { format!(" ({failed} of them failed then, and would again)") } else { String::new() };
        format!("{found} of {}{failures}", plural(asked, what))
    };
    format!("found {} and {}", part(reuse.inferences, "inference"), part(reuse.replications, "replication"))
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
fn open_place(arguments: &Run, study: &Study, store: Option<&Path>) -> Result<Place, Failure> {
    let folder = arguments.out.clone().unwrap_or_else(|| PathBuf::from("out").join(&study.plan().name));
    let others: Vec<&Path> = store.into_iter().chain(arguments.trace.file.as_deref()).collect();
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

/// The last of several errors; the others are printed.
fn last<const N: usize>(errors: [Option<anyhow::Error>; N]) -> Option<anyhow::Error> {
    let mut errors: Vec<_> = errors.into_iter().flatten().collect();
    let last = errors.pop();
    errors.iter().for_each(|error| note!("error: {}", printable_lines(&format!("{error:#}"))));
    last
}
