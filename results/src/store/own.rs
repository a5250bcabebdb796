//! The files in a result folder that CoSpike wrote, as its two records name them: the manifest, and the record of the report.
//!
//! Nothing else in the folder is ever touched, and of these only what is as it was written.

use super::error::{FolderError, failed};
use crate::manifest::{ManifestError, StoredManifest};
use crate::sealed::{self, SealError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

/// File that makes a folder one of results; it names the tables.
pub(super) const MANIFEST: &str = "manifest.json";
/// File that names the page and the figures of a report.
pub(super) const REPORT: &str = "report.json";
/// Number of the present form of that file.
const REPORT_SCHEMA: u32 = 1;
/// Kind of document that it is, for its seal.
const REPORT_KIND: &str = "report";

/// Record of the files of a report.
#[derive(Serialize, Deserialize)]
pub(super) struct ReportRecord {
    schema: u32,
    /// Version of CoSpike that drew the report.
    version: String,
    /// BLAKE3 hash of every file by its name.
    files: BTreeMap<String, String>,
    /// What the report was drawn from, and by which program, see [`origin`]; older versions did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

impl ReportRecord {
    pub(super) fn new(files: BTreeMap<String, String>, origin: String) -> Self {
        Self { schema: REPORT_SCHEMA, version: env!("CARGO_PKG_VERSION").into(), files, origin: Some(origin) }
    }

    pub(super) fn to_json(&self) -> Result<String, SealError> {
        sealed::to_json(REPORT_KIND, self)
    }
}

/// Files that CoSpike wrote, without the records: hashes by name.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Tables of the manifest; `None` without one.
    pub(super) tables: Option<BTreeMap<String, String>>,
    /// Files of the report; `None` if there is none.
    pub(super) report: Option<BTreeMap<String, String>>,
    /// What the report was drawn from, and by which program.
    pub(super) origin: Option<String>,
}

impl Own {
    /// Reads the records in `folder`, as far as there are any.
    pub(super) fn read(folder: &Path) -> Result<Self, FolderError> {
        let path = folder.join(MANIFEST);
        let damaged = |error| FolderError::NotReplaceable { path: path.clone(), error };
        let tables = match read_text(&path)? {
            None => None,
            Some(text) => Some(StoredManifest::from_json(&text).map_err(damaged)?.tables),
        };
        if tables.iter().any(has_paths) {
            return Err(damaged(ManifestError::Foreign));
        }
        let path = folder.join(REPORT);
        let report = match read_text(&path)? {
            None => None,
            Some(text) => Some(read_report(&text).map_err(|error| FolderError::Record { path, error })?),
        };
        let (report, origin) = report.map_or((None, None), |record| (Some(record.files), record.origin));
        Ok(Self { tables, report, origin })
    }

    /// Refuses the file called `name` if it is not as CoSpike wrote it: `name` is to be written or removed.
    pub(super) fn check(&self, folder: &Path, name: &str) -> Result<(), FolderError> {
        let path = folder.join(name);
        let found = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found.map_err(failed(&path))?,
        };
        let is_record = match name {
            MANIFEST => self.tables.is_some(),
            REPORT => self.report.is_some(),
            _ => false,
        };
        match self.hash(name) {
            // Its content was checked when it was read.
            None if is_record && found.is_file() => Ok(()),
            None => Err(FolderError::Foreign { path }),
            Some(hash) if found.is_file() && hash_of(&path)? == hash => Ok(()),
            Some(_) => Err(FolderError::Changed { path }),
        }
    }

    /// Names of all files but the records.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().chain(&self.report).flat_map(|files| files.keys().map(String::as_str))
    }

    /// Whether a file of this name is among them.
    pub(super) fn has(&self, name: &str) -> bool {
        self.hash(name).is_some()
    }

    fn hash(&self, name: &str) -> Option<&str> {
        self.tables.iter().chain(&self.report).find_map(|files| files.get(name)).map(String::as_str)
    }
}

fn read_report(text: &str) -> Result<ReportRecord, SealError> {
    let record: ReportRecord = sealed::from_json(REPORT_KIND, text)?;
    match record.schema == REPORT_SCHEMA && !has_paths(&record.files) {
        true => Ok(record),
        false => Err(SealError::Changed),
    }
}

/// Whether a name leads out of the folder, which no name of ours does.
fn has_paths(files: &BTreeMap<String, String>) -> bool {
    files.keys().any(|name| {
        let mut parts = Path::new(name).components();
        !matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name.as_str())
    })
}

/// The text of a record; `None` if there is no such file. What is no text is no record.
fn read_text(path: &Path) -> Result<Option<String>, FolderError> {
    let mut bytes = vec![];
    match open_file(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(|_| Some(String::from_utf8_lossy(&bytes).into_owned())).map_err(failed(path)),
    }
}

/// Opens a file to read it. A pipe, which would have to be waited for, is an error.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    match fs::metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
    }
}

/// BLAKE3 hash of the manifest in `folder`, which has the hashes of all tables, and of the `program` that draws a report of them.
pub(super) fn origin(folder: &Path, program: &str) -> Result<String, FolderError> {
    let path = folder.join(MANIFEST);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(open_file(&path).map_err(failed(&path))?).map_err(failed(&path))?;
    Ok(hasher.update(program.as_bytes()).finalize().to_string())
}

/// BLAKE3 hash of a file, in hexadecimal digits.
pub(super) fn hash_of(path: &Path) -> Result<String, FolderError> {
    hash(&File::open(path).map_err(failed(path))?).map_err(failed(path))
}

/// BLAKE3 hash of what is left to read of a file, in hexadecimal digits.
pub(super) fn hash(file: &File) -> io::Result<String> {
    Ok(blake3::Hasher::new().update_reader(file)?.finalize().to_string())
}
