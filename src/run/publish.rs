//! Results and their report in a folder, and their summary on the terminal: of a study that was run, and of what was collected.

use super::search::print_answers;
use super::summary::{print_answer, print_summary};
use crate::columns::known_metric;
use crate::failure::{Failure, printable_lines};
use crate::output::{note, plural, print_json};
use anyhow::{Context, anyhow};
use cospike_reports::{PAGE, answer, files, pivots, render};
use cospike_results::index::PointIndex;
use cospike_results::metrics::Metric;
use cospike_results::rows::Results;
use cospike_results::store::folder::{self, Place, Writing};
use cospike_results::summary::{MOST_POINTS, Summary};
use cospike_studies::Study;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Hash of the sources of this program, which tells it from every other that may draw another report of the same results.
pub(crate) const SOURCES: &str = env!("COSPIKE_SOURCES");

/// Takes the place of the results, `out` or one under the study's name, and refuses everything that would be lost or in the way
/// in the end. The place may hold none of the `others`.
pub(crate) fn open_place<'a>(
    out: Option<&Path>,
    study: &Study,
    others: impl IntoIterator<Item = &'a Path>,
) -> Result<Place, Failure> {
    let folder = out.map_or_else(|| PathBuf::from("out").join(&study.plan().name), Path::to_path_buf);
    let others: Vec<&Path> = others.into_iter().collect();
    let place = Place::open(&folder, &others).map_err(Failure::mistake)?;
    let names = [Place::names(), files(&study.plan().provenance.axes)].concat();
    let names = || names.iter().map(String::as_str);
    place.check(names()).map_err(Failure::mistake)?;
    others.iter().try_for_each(|other| place.check_other(other, names())).map_err(Failure::mistake)?;
    Ok(place)
}

/// Results on their way into their place: all are written, and those of the first design points are kept to be shown.
pub(crate) struct Publication<'a> {
    place: &'a Place,
    /// Nothing, before the first part has come.
    writing: Option<Writing<'a>>,
    shown: Results,
    failed: Vec<PointIndex>,
}

/// Results that are written.
pub(crate) struct Published {
    /// Those of the first design points, at most [`MOST_POINTS`].
    pub(crate) shown: Results,
    /// Design points that failed, of all.
    pub(crate) failed: Vec<PointIndex>,
}

impl<'a> Publication<'a> {
    pub(crate) fn new(study: &Study, place: &'a Place) -> Self {
        let shown = Results::new(study.manifest(), study.census().points());
        Self { place, writing: None, shown, failed: vec![] }
    }

    /// Takes the results of the design points that follow.
    pub(crate) fn take(&mut self, mut part: Results) -> anyhow::Result<()> {
        let writing = match &mut self.writing {
            Some(writing) => writing,
            none => none.insert(self.place.begin(&self.shown.manifest)?),
        };
        writing.add(&part)?;
        self.failed.extend(part.points.iter().filter(|row| row.failure.is_some()).map(|row| row.point));
        part.truncate(MOST_POINTS);
        self.shown.append(part);
        Ok(())
    }

    /// Takes all results of another study, of which this one was only the beginning.
    pub(crate) fn take_all(&mut self, results: Results) -> anyhow::Result<()> {
        self.shown = Results::new(results.manifest.clone(), results.all_points);
        self.take(results)
    }

    /// Puts the results, which are whole by now, in place of older ones.
    pub(crate) fn finish(self) -> anyhow::Result<Published> {
        let Self { place, writing, mut shown, failed } = self;
        let comparisons = writing.map_or_else(|| place.begin(&shown.manifest), Ok)?.finish(&shown)?;
        if shown.points.len() < shown.all_points {
            // Of all that was written, and not of what is kept to be shown.
            shown.comparisons = Some(comparisons);
            if shown.manifest.goal.is_some() {
                shown.selection = folder::read_first(place.folder(), 0)?.selection;
            }
        }
        Ok(Published { shown, failed })
    }
}

/// How a summary is printed.
pub(crate) enum PrintedAs {
    /// As JSON.
    Json,
    /// As tables; with these metrics of the design points, if there are any.
    Tables(Vec<Metric>),
}

impl PrintedAs {
    /// As was asked for, `columns` being names of metrics.
    pub(crate) fn new(as_json: bool, columns: &[String]) -> Result<Self, Failure> {
        match as_json {
            true => Ok(Self::Json),
            false => Ok(Self::Tables(columns.iter().map(|name| known_metric(name)).collect::<Result<_, _>>()?)),
        }
    }
}

/// Draws the report of results that are written, and prints their summary. Gives what went wrong: with the report, and with the summary.
pub(crate) fn present(results: &Results, place: &Place, printed_as: &PrintedAs) -> [Option<anyhow::Error>; 2] {
    let drawn = draw(results, place);
    let printed = print(results, place.folder(), printed_as);
    let page = if drawn.is_ok() { format!(" and {PAGE}") } else { String::new() };
    note!("\nresults{page} in {}", place.folder().display());
    [drawn.err(), printed.err()]
}

/// The error that `failed` of the design points of some results did, if any did.
pub(crate) fn failed_points(failed: usize, results: &Results) -> Option<anyhow::Error> {
    (failed > 0).then(|| anyhow!("{failed} of {} failed", plural(results.all_points as u64, "design point")))
}

/// Prints the summary.
fn print(results: &Results, folder: &Path, printed_as: &PrintedAs) -> anyhow::Result<()> {
    let (summary, answer) = (Summary::new(results)?, answer(results)?);
    match printed_as {
        PrintedAs::Json => {
            let mut value = serde_json::to_value(&summary)?;
            value["question"] = json!(results.manifest.question);
            value["answer"] = json!(answer);
            value["folder"] = json!(folder);
            print_json(&value);
        }
        PrintedAs::Tables(metrics) => {
            print_answer(results.manifest.question.as_deref(), &answer);
            print_summary(&summary, results, &pivots(results)?, metrics);
            if let Some(search) = &results.manifest.search {
                print_answers(&summary.searches, search);
            }
        }
    }
    Ok(())
}

/// Draws the report into the place of its results, unless the same is there: drawn of the same results, from the same sources of this
/// program.
fn draw(results: &Results, place: &Place) -> anyhow::Result<()> {
    if place.has_report(SOURCES)? {
        return Ok(());
    }
    let again = || {
        let folder = place.folder().display();
        format!("the results are whole in {folder}, but without their report, which `cospike report {folder}` draws")
    };
    let report = render(results).with_context(again)?;
    place.write_report(report.files(), SOURCES).with_context(again)
}

/// The last of several errors; the others are printed.
pub(crate) fn last<const N: usize>(errors: [Option<anyhow::Error>; N]) -> Option<anyhow::Error> {
    let mut errors: Vec<_> = errors.into_iter().flatten().collect();
    let last = errors.pop();
    errors.iter().for_each(|error| note!("error: {}", printable_lines(&format!("{error:#}"))));
    last
}
