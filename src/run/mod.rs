//! `run`: a scenario from its file to its results and report.

mod networks;
mod points;
pub(crate) mod publish;
pub(crate) mod record;
mod requests;
mod search;
mod summary;
mod trace;
mod verify;
mod watched;

use crate::arguments::Run;
use crate::estimate::check_memory;
use crate::failure::Failure;
use crate::output::{note, plural, printable, warn};
use crate::progress::Bar;
use crate::scenario::failure;
use anyhow::anyhow;
use cospike_results::store::entries::Location;
use cospike_studies::{Finished, Found, Reuse};
use publish::{PrintedAs, Publication, Published, failed_points, last, open_place, present};
use record::leave_record;
use requests::RequestsFile;
use trace::TraceFile;
use watched::Execution;

/// Runs a scenario, writes its results, draws the report and prints the summary.
pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    let printed_as = PrintedAs::new(arguments.json, &arguments.columns)?;
    let read = arguments.scenario.read()?;
    let (mut compiled, mut points) = read.checked()?;
    check_memory(&compiled.plan, &compiled.census)?;
    compiled.plan.provenance.warnings.iter().for_each(|warning| warn(&printable(warning)));
    let (location, searches) = (compiled.store.clone(), compiled.searches.clone());
    if searches.is_some() {
        search::check(arguments)?;
    }
    if arguments.verify {
        compiled.plan.points = points.all().map_err(failure)?;
    }
    let study = compiled.into_study(&read.zoo)?;
    if arguments.verify {
        return verify::verify(&study, arguments.json);
    }
    // Before anything is computed: what could not be written is refused now.
    let store = arguments.store.location(location.as_ref());
    let trace = arguments.trace.file.as_deref();
    let requests = arguments.requests.file.as_deref();
    let others = store.as_ref().and_then(Location::folder).into_iter().chain(trace).chain(requests);
    let place = open_place(arguments.out.as_deref(), &study, others)?;
    let mut trace = trace.map(|path| TraceFile::begin((&study, &mut points), path, &arguments.trace)).transpose()?;
    let mut requests =
        requests.map(|path| RequestsFile::begin((&study, &mut points), path, &arguments.requests)).transpose()?;
    let store = arguments.store.open(location.as_ref())?;
    let (bar, entries) = (Bar::new(), store.as_ref().map(|(_, entries)| entries));
    // Those of a search are known one step after the other.
    let executed = entries.filter(|_| searches.is_none()).map(|entries| networks::execute(&study, entries, &bar));
    let mut publication = Publication::new(&study, &place);
    let mut parts = points.parts().map(|part| {
        let part = part.map_err(|error| failure(error).into_error())?;
        entries.inspect(|entries| leave_record(&study, &part, entries));
        Ok::<_, anyhow::Error>(part)
    });
    let outcome = match (&searches, &mut trace, &mut requests) {
        (Some(searches), ..) => {
            let found = search::search((&arguments.scenario, &read.zoo), (searches, &study), entries, &bar);
            found.and_then(|results| publication.take_all(results)).map(|()| None)
        }
        (None, Some(trace), _) => {
            let take = &mut |part| publication.take(part);
            trace.run(Execution { study: &study, parts: &mut parts, store: entries, bar: &bar, take })
        }
        (None, None, Some(requests)) => {
            let take = &mut |part| publication.take(part);
            requests.run(Execution { study: &study, parts: &mut parts, store: entries, bar: &bar, take })
        }
        (None, None, None) => {
            let show = |progress| bar.show(progress);
            study.run_in_parts::<(), _>(Some(&mut parts), None, entries, &show, &mut |part| publication.take(part))
        }
    };
    // Written before anything is drawn: a failure to draw loses no result.
    let stored = outcome.and_then(|store_failure| Ok((publication.finish()?, store_failure)));
    let watched = trace.map_or(Ok(()), TraceFile::finish).and(requests.map_or(Ok(()), RequestsFile::finish));
    let (Published { shown, failed }, store_failure) = match stored {
        Ok(stored) => stored,
        Err(error) => {
            if let Some((location, _)) = &store {
                note!("what was finished is kept in {location}: the same command goes on from there");
            }
            return Err(last([watched.err(), Some(error)]).unwrap_or_else(|| anyhow!("the study failed")).into());
        }
    };
    let [drawn, printed] = present(&shown, &place, &printed_as);
    // The last step of a search finds everything.
    let reuse = bar.reuse().filter(|_| searches.is_none());
    if let Some(((location, _), reuse)) = store.as_ref().zip(reuse) {
        note!("{} in the store {location}", reused(&without(executed.unwrap_or_default(), reuse)));
    }
    let failed = failed_points(failed.len(), &shown);
    let store_failure = store_failure.map(|error| anyhow!("the results are whole, but the store failed: {error}"));
    last([watched.err(), store_failure, drawn, printed, failed]).map_or(Ok(()), |error| Err(error.into()))
}

/// What a study found in its store, without the inferences that were `executed` for it just before.
fn without(executed: Finished, Reuse { inferences, replications }: Reuse) -> Reuse {
    let inferences = Found {
        found: inferences.found.saturating_sub(executed.computed.into()),
        failed: inferences.failed.saturating_sub(executed.failed.into()),
        ..inferences
    };
    Reuse { inferences, replications }
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
