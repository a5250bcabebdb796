//! The result folder of a study: `manifest.json`, one Parquet file per table, and the files of the report.
//!
//! At every moment it holds the old results or the new ones, whole, whatever happens to the process that replaces them. Equal
//! results give equal bytes.

pub use super::error::FolderError;
pub use super::place::Place;

use super::error::failed;
use super::own::{self, MANIFEST, REPORT, ReportRecord};
use super::table;
use super::transaction::{self, Staging};
use crate::manifest::StoredManifest;
use crate::rows::{
    AnswerRow, ComputeEnergyRow, LatencyRow, LayerRow, PointRow, ProbeRow, ReplicationRow, Results, Table,
};
use parquet::errors::ParquetError;
use std::fs;
use std::io::{self, Read, Seek};
use std::path::Path;

/// How often results that are replaced meanwhile are read again.
const TRIES: usize = 20;

impl Place {
    /// Names of the files that results need.
    pub fn names() -> Vec<String> {
        let tables = [
            file_name::<PointRow>(),
            file_name::<LayerRow>(),
            file_name::<ComputeEnergyRow>(),
            file_name::<ReplicationRow>(),
            file_name::<LatencyRow>(),
            file_name::<AnswerRow>(),
            file_name::<ProbeRow>(),
        ];
        tables.into_iter().chain([MANIFEST.into(), REPORT.into()]).collect()
    }

    /// Writes `results` in place of older results, whose report goes with them.
    ///
    /// # Errors
    /// [`FolderError`]; then the older results are as they were, or [`FolderError::is_stored`] says that the new ones are there.
    pub fn write(&self, results: &Results) -> Result<(), FolderError> {
        self.check_lock()?;
        let mut staging = Staging::begin(self.folder())?;
        write_table(&results.points, &mut staging)?;
        write_table(&results.layers, &mut staging)?;
        write_table(&results.compute_energy, &mut staging)?;
        write_table(&results.replications, &mut staging)?;
        write_table(&results.latencies, &mut staging)?;
        write_table(&results.answers, &mut staging)?;
        write_table(&results.probes, &mut staging)?;
        let manifest = StoredManifest { manifest: results.manifest.clone(), tables: staging.hashes.clone() };
        let path = self.folder().join(MANIFEST);
        let text = manifest.to_json().map_err(|error| FolderError::Manifest { path, error })?;
        staging.add_text(MANIFEST, &text)?;
        self.check_lock()?;
        staging.commit()
    }

    /// Writes the `files` of a report, text by name, in place of those of an older report.
    ///
    /// # Errors
    /// [`FolderError`]; then the older report is as it was, or [`FolderError::is_stored`] says that the new one is there.
    pub fn write_report<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), FolderError> {
        self.check_lock()?;
        let mut staging = Staging::begin(self.folder())?;
        files.into_iter().try_for_each(|(name, text)| staging.add_text(name, text))?;
        let path = self.folder().join(REPORT);
        let record = ReportRecord::new(staging.hashes.clone());
        let text = record.to_json().map_err(|error| FolderError::Record { path, error })?;
        staging.add_text(REPORT, &text)?;
        self.check_lock()?;
        staging.commit()
    }
}

/// Writes `results` into the folder `folder`, which is new or empty or holds older results.
///
/// # Errors
/// Those of [`Place::open`] and [`Place::write`].
pub fn write(results: &Results, folder: &Path) -> Result<(), FolderError> {
    let place = Place::open(folder, &[])?;
    place.check(Place::names().iter().map(String::as_str))?;
    place.write(results)
}

/// Reads the results in `folder`.
///
/// # Errors
/// [`FolderError`] for a file that is missing, is not the one that was written, or is of another version of CoSpike.
pub fn read(folder: &Path) -> Result<Results, FolderError> {
    let mut outcome = read_once(folder);
    for _ in 0..TRIES {
        match outcome {
            // Another process replaces the results: the manifest is that of one study and a table that of another.
            (before, Err(_)) if manifest(folder).ok() != before => outcome = read_once(folder),
            (_, outcome) => return outcome,
        }
    }
    outcome.1
}

/// Text of the manifest, if there is one, and results.
fn read_once(folder: &Path) -> (Option<String>, Result<Results, FolderError>) {
    match manifest(folder) {
        Err(error) => (None, Err(error)),
        Ok(text) => {
            let results = read_tables(folder, &text);
            (Some(text), results)
        }
    }
}

fn manifest(folder: &Path) -> Result<String, FolderError> {
    let mut bytes = vec![];
    match transaction::open(folder, MANIFEST).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::metadata(folder).is_ok_and(|f| f.is_dir()) => {
            Err(FolderError::NoResults { path: folder.into() })
        }
        Err(error) if fs::metadata(folder).is_err() => Err(failed(folder)(error)),
        read => {
            read.map_err(failed(&folder.join(MANIFEST)))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

fn read_tables(folder: &Path, manifest: &str) -> Result<Results, FolderError> {
    let stored = StoredManifest::from_json(manifest);
    let stored = stored.map_err(|error| FolderError::Manifest { path: folder.join(MANIFEST), error })?;
    Ok(Results {
        points: read_table(folder, &stored)?,
        layers: read_table(folder, &stored)?,
        compute_energy: read_table(folder, &stored)?,
        replications: read_table(folder, &stored)?,
        latencies: read_table(folder, &stored)?,
        answers: read_table(folder, &stored)?,
        probes: read_table(folder, &stored)?,
        manifest: stored.manifest,
    })
}

fn write_table<T: Table>(rows: &[T], staging: &mut Staging<'_>) -> Result<(), FolderError> {
    staging.add(&file_name::<T>(), |path, file| {
        table::write(rows, file).map_err(|error| match error {
            // The system's own words.
            ParquetError::External(error) => match error.downcast() {
                Ok(error) => failed(path)(*error),
                Err(error) => FolderError::Table { path: path.into(), error: ParquetError::External(error) },
            },
            error => FolderError::Table { path: path.into(), error },
        })
    })
}

fn read_table<T: Table>(folder: &Path, manifest: &StoredManifest) -> Result<Vec<T>, FolderError> {
    let name = file_name::<T>();
    let path = folder.join(&name);
    let Some(wanted) = manifest.tables.get(&name) else {
        return Err(FolderError::NoTable { path: folder.join(MANIFEST), table: name });
    };
    let mut file = match transaction::open(folder, &name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(FolderError::Missing { path }),
        file => file.map_err(failed(&path))?,
    };
    if own::hash(&file).map_err(failed(&path))? != *wanted {
        return Err(FolderError::Damaged { path });
    }
    file.rewind().map_err(failed(&path))?;
    table::read(file).map_err(|error| FolderError::Table { path, error })
}

fn file_name<T: Table>() -> String {
    format!("{}.parquet", T::NAME)
}
