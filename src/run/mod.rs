//! `run`: a scenario from its file to its results and report.

mod summary;
mod trace;
mod verify;

use crate::arguments::Run;
use crate::failure::Failure;
use crate::output::print_json;
use crate::progress::Bar;
use crate::scenario::compile_scenario;
use cospike_reports::{PAGE, render};
use cospike_results::store::folder;
use cospike_results::summary::Summary;
use std::path::PathBuf;

/// Runs a scenario, writes its results, draws the report and prints the summary.
pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    let zoo = arguments.zoo.open()?;
    let study = compile_scenario(&arguments.scenario, &zoo)?.into_study(&zoo)?;
    if arguments.verify {
        return verify::verify(&study, arguments.json);
    }
    let place = match &arguments.out {
        Some(place) => place.clone(),
        None => PathBuf::from("out").join(&study.plan().name),
    };
    folder::prepare(&place).map_err(Failure::mistake)?;
    let bar = Bar::new();
    let results = match &arguments.trace.file {
        Some(file) => trace::run_traced(&study, file, &arguments.trace, &bar)?,
        None => study.run(None, &|progress| bar.show(progress))?,
    };
    // Written before anything is drawn: a failure to draw loses no result.
    folder::write(&results, &place)?;
    render(&results)?.write(&place)?;
    let summary = Summary::new(&results)?;
    if arguments.json {
        print_json(&serde_json::to_value(&summary)?);
    } else {
        summary::print_summary(&summary, &results);
    }
    eprintln!("\nresults and {PAGE} in {}", place.display());
    Ok(())
}
