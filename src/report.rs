//! `report`: the report of stored results.

use crate::arguments::Report;
use crate::ending::check_ending;
use crate::failure::Failure;
use crate::output::say;
use crate::run::publish::SOURCES;
use crate::stored::read_results;
use cospike_reports::{PAGE, PAGE_FILE, files, render};
use cospike_results::store::folder::{self, FolderError, Place};
use cospike_results::store::whole_file::WholeFile;
use cospike_results::summary::MOST_POINTS;
use std::path::Path;

/// Draws the report of a result folder again, there or in a file elsewhere, and prints the path of its page.
pub(crate) fn report(Report { folder, page }: &Report) -> Result<(), Failure> {
    // Read first: a folder without results is not made one.
    let results = read_results(folder, MOST_POINTS)?;
    let Some(page) = page else { return draw_in(folder) };
    check_ending(page, "a page in HTML", "html")?;
    let file = WholeFile::with_text(page, PAGE_FILE, &render(&results)?.html).map_err(Failure::mistake)?;
    file.finish()?;
    say!("{}", page.display());
    Ok(())
}

/// Draws the report into the folder of its results.
fn draw_in(folder: &Path) -> Result<(), Failure> {
    let place = Place::open(folder, &[]).map_err(|error| match error {
        FolderError::ReadOnly { .. } => {
            Failure::mistake(format_args!("{error}\nhelp: `--page FILE` writes the page to another place"))
        }
        error => Failure::mistake(error),
    })?;
    // Once more, because what was begun before may have been finished now.
    let results = folder::read_first(folder, MOST_POINTS)?;
    let names = files(&results.manifest.axes);
    place.check(names.iter().map(String::as_str)).map_err(Failure::mistake)?;
    let report = render(&results)?;
    place.write_report(report.files(), SOURCES)?;
    say!("{}", folder.join(PAGE).display());
    Ok(())
}
