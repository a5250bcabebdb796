//! `run`: a scenario from its file to its results and report.

mod summary;
mod trace;
mod verify;

use crate::arguments::Run;
use crate::estimate::check_memory;
use crate::failure::Failure;
use crate::output::{note, print_json};
use crate::progress::Bar;
use crate::scenario::compile_scenario;
use anyhow::anyhow;
use cospike_reports::{PAGE, render};
use cospike_results::rows::Results;
use cospike_results::store::entries::Entries;
use cospike_results::store::folder;
use cospike_results::summary::Summary;
use cospike_studies::{StoreError, StudyError};
use std::path::{Path, PathBuf};

/// Runs a scenario, writes its results, draws the report and prints the summary.
pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    let zoo = arguments.zoo.open()?;
    let compiled = compile_scenario(&arguments.scenario, &zoo)?;
    check_memory(&compiled.plan)?;
    let study = compiled.into_study(&zoo)?;
    if arguments.verify {
        return verify::verify(&study, arguments.json);
    }
    let place = match &arguments.out {
        Some(place) => place.clone(),
        None => PathBuf::from("out").join(&study.plan().name),
    };
    folder::prepare(&place).map_err(Failure::mistake)?;
    let pieces = arguments.store.clone().unwrap_or_else(|| folder_of_pieces(&place));
    let store = Entries::open(&pieces).map_err(Failure::mistake)?;
    let bar = Bar::new();
    let results = match &arguments.trace.file {
        Some(file) => trace::run_traced(&study, file, &arguments.trace, &store, &bar),
        None => finished(study.run(Some(&store), &|progress| bar.show(progress))),
    };
    let (results, store_failure) = match results {
        Err(failure) if !store.is_empty()? => {
            note!("what was finished is kept in {}: the same command goes on from there", pieces.display());
            return Err(failure);
        }
        Err(failure) => {
            store.remove()?;
            return Err(failure);
        }
        Ok(results) => results,
    };
    // Written before anything is drawn: a failure to draw loses no result.
    folder::write(&results, &place)?;
    let whole = store_failure.is_none() && results.points.iter().all(|point| point.failure.is_none());
    if arguments.store.is_none() && whole {
        // The result folder holds everything now.
        store.remove()?;
    }
    render(&results)?.write(&place)?;
    let summary = Summary::new(&results)?;
    if arguments.json {
        print_json(&serde_json::to_value(&summary)?);
    } else {
        summary::print_summary(&summary, &results);
    }
    note!("\nresults and {PAGE} in {}", place.display());
    if !whole {
        note!("what was finished is kept in {}: the same command goes on from there", pieces.display());
    }
    match store_failure {
        Some(error) => Err(anyhow!("the results are whole, but the store failed: {error}").into()),
        None => check_points(&summary),
    }
}

/// The results of a finished study, and why its store failed, if it did.
fn finished(outcome: Result<Results, StudyError>) -> Result<(Results, Option<StoreError>), Failure> {
    match outcome {
        Ok(results) => Ok((results, None)),
        Err(StudyError::Store { results, error }) => Ok((*results, Some(error))),
        Err(error) => Err(error.into()),
    }
}

/// Fails if a design point failed; the table and the JSON name it with its reason.
fn check_points(summary: &Summary) -> Result<(), Failure> {
    match summary.points.iter().filter(|point| point.failure.is_some()).count() {
        0 => Ok(()),
        failed => Err(anyhow!("{failed} of {} design points failed", summary.points.len()).into()),
    }
}

/// Where finished pieces are kept until the results `place` are whole: `.NAME.pieces` beside it.
fn folder_of_pieces(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.pieces"))
}
