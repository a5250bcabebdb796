//! The result folder of a study: `manifest.json` and one Parquet file per table.
//!
//! A folder is written under a unique name beside its own and renamed when it is whole, so nobody ever sees half of one. Equal
//! results give equal bytes.

use super::{table, unique};
use crate::manifest::{Manifest, ManifestError};
use crate::rows::{Results, Table};
use parquet::errors::ParquetError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir; // removed when dropped, so an error leaves nothing behind

/// File that makes a folder one of results.
const MANIFEST: &str = "manifest.json";
/// Name of older results within the folder to which they are moved before they are removed.
const OLD: &str = "old";

/// Reason why results could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The place is taken by something else, and only results are replaced by results.
    #[error("{} exists and holds no results: choose another place", path.display())]
    NotResults {
        /// The place.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Message of the system.
        error: io::Error,
    },
    /// The manifest is damaged, or of another version of CoSpike.
    #[error("{}: {error}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Cause of the failure.
        error: ManifestError,
    },
    /// A table is damaged, or of another version of CoSpike.
    #[error("{}: {error}", path.display())]
    Table {
        /// File of the table.
        path: PathBuf,
        /// Message of the Parquet library.
        error: ParquetError,
    },
}

/// Makes sure, before a long run, that results can be written as `folder`: it is new or holds older results, and the folder
/// around it, which is made if it does not exist, can be written to.
///
/// # Errors
/// [`FolderError::NotResults`], or [`FolderError::Io`] for a place that cannot be written to.
pub fn prepare(folder: &Path) -> Result<(), FolderError> {
    if folder.exists() && !folder.join(MANIFEST).is_file() {
        return Err(FolderError::NotResults { path: folder.into() });
    }
    let parent = parent(folder);
    fs::create_dir_all(parent).map_err(failed(parent))?;
    beside(folder, "partial").map(drop)
}

/// Writes `results` as the folder `folder`, in place of older results if there are any.
///
/// # Errors
/// [`FolderError`] if the place is taken or the files cannot be written; then the folder is as it was.
pub fn write(results: &Results, folder: &Path) -> Result<(), FolderError> {
    prepare(folder)?;
    let partial = beside(folder, "partial")?;
    write_files(results, partial.path())?;
    if folder.exists() {
        return replace(folder, partial);
    }
    fs::rename(partial.path(), folder).map_err(failed(folder))?;
    // What was renamed is no longer there to be removed.
    let _ = partial.keep();
    Ok(())
}

/// Puts `partial`, which is whole by now, in the place of `folder`.
fn replace(folder: &Path, partial: TempDir) -> Result<(), FolderError> {
    let old = beside(folder, "old")?;
    fs::rename(folder, old.path().join(OLD)).map_err(failed(folder))?;
    if let Err(error) = fs::rename(partial.path(), folder) {
        // The first error is the one to report; older results that cannot be put back are kept where they are.
        if fs::rename(old.path().join(OLD), folder).is_err() {
            let _ = old.keep();
        }
        return Err(failed(folder)(error));
    }
    let _ = partial.keep();
    let path = old.path().to_path_buf();
    old.close().map_err(failed(&path))
}

/// A new folder beside `folder`, hidden, with its name and `what` in its own.
fn beside(folder: &Path, what: &str) -> Result<TempDir, FolderError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let parent = parent(folder);
    unique::folder(parent, &format!(".{name}.{what}-")).map_err(failed(parent))
}

/// The folder around `folder`; of a bare name that is the current one.
fn parent(folder: &Path) -> &Path {
    match folder.parent() {
        Some(parent) if parent == Path::new("") => Path::new("."),
        Some(parent) => parent,
        None => folder,
    }
}

fn write_files(results: &Results, folder: &Path) -> Result<(), FolderError> {
    let path = folder.join(MANIFEST);
    let manifest = results.manifest.to_json().map_err(|error| FolderError::Manifest { path: path.clone(), error })?;
    fs::write(&path, manifest).map_err(failed(&path))?;
    write_table(&results.points, folder)?;
    write_table(&results.layers, folder)?;
    write_table(&results.compute_energy, folder)?;
    write_table(&results.replications, folder)?;
    write_table(&results.latencies, folder)?;
    write_table(&results.answers, folder)
}

/// Reads the results in `folder`.
///
/// # Errors
/// [`FolderError`] for a file that is missing, damaged or of another version of CoSpike.
pub fn read(folder: &Path) -> Result<Results, FolderError> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(failed(&path))?;
    let manifest = Manifest::from_json(&text).map_err(|error| FolderError::Manifest { path, error })?;
    Ok(Results {
        manifest,
        points: read_table(folder)?,
        layers: read_table(folder)?,
        compute_energy: read_table(folder)?,
        replications: read_table(folder)?,
        latencies: read_table(folder)?,
        answers: read_table(folder)?,
    })
}

fn write_table<T: Table>(rows: &[T], folder: &Path) -> Result<(), FolderError> {
    let path = path_of::<T>(folder);
    let file = File::create(&path).map_err(failed(&path))?;
    table::write(rows, file).map_err(|error| FolderError::Table { path, error })
}

fn read_table<T: Table>(folder: &Path) -> Result<Vec<T>, FolderError> {
    let path = path_of::<T>(folder);
    let file = File::open(&path).map_err(failed(&path))?;
    table::read(file).map_err(|error| FolderError::Table { path, error })
}

fn path_of<T: Table>(folder: &Path) -> PathBuf {
    folder.join(format!("{}.parquet", T::NAME))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_path_buf();
    |error| FolderError::Io { path, error }
}
