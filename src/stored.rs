//! Reading of result folders that the user names.

use crate::failure::Failure;
use cospike_results::rows::Results;
use cospike_results::store::folder;
use std::path::Path;

/// Reads the results of the first `points` design points in a folder that the user names.
pub(crate) fn read_results(folder: &Path, points: usize) -> Result<Results, Failure> {
    check_there(folder)?;
    folder::read_first(folder, points).map_err(Failure::mistake)
}

/// Reads what came of all design points in a folder that the user names.
pub(crate) fn read_outcomes(folder: &Path) -> Result<Results, Failure> {
    check_there(folder)?;
    folder::read_outcomes(folder).map_err(Failure::mistake)
}

fn check_there(folder: &Path) -> Result<(), Failure> {
    if !folder.exists() {
        let message = format!("there is no folder {}", folder.display());
        return Err(Failure::mistake(format_args!(
            "{message}\nhelp: `cospike run` writes results to out/NAME, or where `--out` says"
        )));
    }
    Ok(())
}
