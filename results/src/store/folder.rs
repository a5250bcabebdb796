//! The result store on disk: a folder with `manifest.json` and one Parquet file per table.
//!
//! A store is written under another name beside its own and renamed when it is whole, so nobody ever sees half of
//! one. Equal results give equal bytes.

use super::table;
use crate::manifest::Manifest;
use crate::rows::{Results, Table};
use parquet::errors::ParquetError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "manifest.json";

/// Why results could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Only results are replaced by results.
    #[error("{} exists and holds no results: choose another place", path.display())]
    NotResults {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The manifest is none.
    #[error("{}: {error}", path.display())]
    Manifest {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// A table is damaged, or of another version of CoSpike.
    #[error("{}: {error}", path.display())]
    Table {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: ParquetError,
    },
}

/// Whether results may be written as `folder`: it is new, or holds older results. To be asked before a long run.
///
/// # Errors
/// [`StoreError::NotResults`].
pub fn check_place(folder: &Path) -> Result<(), StoreError> {
    match folder.exists() && !folder.join(MANIFEST).is_file() {
        true => Err(StoreError::NotResults { path: folder.into() }),
        false => Ok(()),
    }
}

/// Writes `results` as the folder `folder`, in place of older results if there are any.
///
/// # Errors
/// [`StoreError::NotResults`], or whatever stops the files from being written; then the folder is as it was.
pub fn write(results: &Results, folder: &Path) -> Result<(), StoreError> {
    check_place(folder)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let beside = |what| folder.with_file_name(format!(".{name}.{}.{what}", std::process::id()));
    let (partial, old) = (beside("partial"), beside("old"));
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(at(parent))?;
    fs::create_dir(&partial).map_err(at(&partial))?;
    let written = write_files(results, &partial).and_then(|()| {
        if folder.exists() {
            fs::rename(folder, &old).map_err(at(folder))?;
        }
        fs::rename(&partial, folder).map_err(at(folder))?;
        if old.exists() { fs::remove_dir_all(&old).map_err(at(&old)) } else { Ok(()) }
    });
    if written.is_err() {
        // The first error is the one to report; what cannot be removed stays hidden under its partial name.
        let _ = fs::remove_dir_all(&partial);
    }
    written
}

fn write_files(results: &Results, folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(MANIFEST);
    let manifest = serde_json::to_string_pretty(&results.manifest);
    let manifest = manifest.map_err(|error| StoreError::Manifest { path: path.clone(), error })?;
    fs::write(&path, manifest + "\n").map_err(at(&path))?;
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
/// A file that is missing, damaged or of another version of CoSpike.
pub fn read(folder: &Path) -> Result<Results, StoreError> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| StoreError::Manifest { path, error })?;
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

fn write_table<T: Table>(rows: &[T], folder: &Path) -> Result<(), StoreError> {
    let path = path_of::<T>(folder);
    let file = File::create(&path).map_err(at(&path))?;
    table::write(rows, file).map_err(|error| StoreError::Table { path, error })
}

fn read_table<T: Table>(folder: &Path) -> Result<Vec<T>, StoreError> {
    let path = path_of::<T>(folder);
    let file = File::open(&path).map_err(at(&path))?;
    table::read(file).map_err(|error| StoreError::Table { path, error })
}

fn path_of<T: Table>(folder: &Path) -> PathBuf {
    folder.join(format!("{}.parquet", T::NAME))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    |error| StoreError::Io { path, error }
}
