//! `report`: the report of stored results.

use crate::failure::Failure;
use crate::output::say;
use cospike_reports::{PAGE, render};
use cospike_results::store::folder;
use std::path::Path;

/// Draws the report of a result folder again, and prints the path of its page.
pub(crate) fn report(place: &Path) -> Result<(), Failure> {
    let results = folder::read(place)?;
    render(&results)?.write(place)?;
    say!("{}", place.join(PAGE).display());
    Ok(())
}
