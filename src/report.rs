//! `report`: the report of stored results.

use crate::failure::Failure;
use crate::output::say;
use cospike_reports::{FILES, PAGE, render};
use cospike_results::store::folder::{self, Place};
use std::path::Path;

/// Draws the report of a result folder again, and prints the path of its page.
pub(crate) fn report(folder: &Path) -> Result<(), Failure> {
    // Read first: a folder without results is not made one.
    folder::read(folder).map_err(Failure::mistake)?;
    let place = Place::open(folder, &[]).map_err(Failure::mistake)?;
    place.check(FILES).map_err(Failure::mistake)?;
    // Once more, because what was begun before may have been finished now.
    let report = render(&folder::read(folder)?)?;
    place.write_report(report.files())?;
    say!("{}", folder.join(PAGE).display());
    Ok(())
}
