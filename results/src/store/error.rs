//! Reasons why results could not be written or read.

use crate::manifest::ManifestError;
use crate::sealed::SealError;
use cospike_sim_core::stats::StatsError;
use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};

/// Reason why results could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The place belongs to something else.
    #[error("{} holds {found}, and no results of CoSpike: choose another place, or an empty folder", path.display())]
    Taken {
        /// Folder that was given for the results.
        path: PathBuf,
        /// Names of what was found there.
        found: String,
    },
    /// The place is no folder.
    #[error("{} is no folder, and results need one: choose another place", path.display())]
    NotFolder {
        /// Folder that was given for the results.
        path: PathBuf,
    },
    /// The place is a link to nothing.
    #[error("{} is a link to something that does not exist: make that folder, or choose another place", path.display())]
    DanglingLink {
        /// Folder that was given for the results.
        path: PathBuf,
    },
    /// Another process writes there.
    #[error("{} is in use by {holder}: wait until that has ended, or choose another place", path.display())]
    Held {
        /// Folder that was given for the results.
        path: PathBuf,
        /// What the other process says of itself: program, process and machine.
        holder: String,
    },
    /// Something that CoSpike did not write has a name that is needed.
    #[error("{} was not written by CoSpike, which needs this name: move it away, or choose another place", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
    },
    /// The folder was replaced, or its lock removed, while results were being computed for it.
    #[error(
        "{} is no longer the folder that this process has locked: somebody has moved or replaced it, so nothing is written",
        path.display()
    )]
    LockLost {
        /// Folder that was given for the results.
        path: PathBuf,
    },
    /// The place cannot be written to.
    #[error("{} cannot be written to: {error}", path.display())]
    ReadOnly {
        /// Folder that was given for the results.
        path: PathBuf,
        /// Message of the system.
        error: io::Error,
    },
    /// A name in the place was given for something else.
    #[error("{} is a name that the results need: choose another one", path.display())]
    NameNeeded {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file that CoSpike wrote is another one by now.
    #[error(
        "{} is not as CoSpike wrote it, and would be overwritten: move it away, or choose another place",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The place holds results that this version cannot tell from other files.
    #[error("{} cannot be replaced, because {error}: move it away, or choose another place", path.display())]
    NotReplaceable {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        error: ManifestError,
    },
    /// The record of a report is not as it was written.
    #[error("{} is not as CoSpike wrote it ({error}): move it away, or choose another place", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        error: SealError,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Message of the system.
        error: io::Error,
    },
    /// Files are written and safe, but not all of them have their names yet.
    #[error(
        "everything new is whole, a part of it still in {}, but cannot get its names ({error}): CoSpike reads it from there, \
         and the next command that writes to this folder goes on with it",
        incoming.display()
    )]
    Unfinished {
        /// Folder of the files without names.
        incoming: PathBuf,
        /// Cause of the failure.
        error: Box<FolderError>,
    },
    /// There are no results.
    #[error("{} holds no results: there is no {}", path.display(), super::own::MANIFEST)]
    NoResults {
        /// Folder that was given for the results.
        path: PathBuf,
    },
    /// The manifest is damaged, or of another version of CoSpike.
    #[error("{}: {error}{}", path.display(), advice(error))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Cause of the failure.
        error: ManifestError,
    },
    /// The manifest does not know a table.
    #[error("{} names no file {table}: run the study again", path.display())]
    NoTable {
        /// The manifest.
        path: PathBuf,
        /// File of the table.
        table: String,
    },
    /// A table is missing.
    #[error("{} is missing: put it back, or run the study again", path.display())]
    Missing {
        /// File of the table.
        path: PathBuf,
    },
    /// A table is not the one that was written with the manifest.
    #[error(
        "{} is not the table that was written with these results: it is damaged, was saved anew by another program, or belongs \
         to another study; put back the right file, or remove this one and run the study again",
        path.display()
    )]
    Damaged {
        /// File of the table.
        path: PathBuf,
    },
    /// A table cannot be written, or is of another version of CoSpike.
    #[error("{}: {error}", path.display())]
    Table {
        /// File of the table.
        path: PathBuf,
        /// Message of the Parquet library.
        error: ParquetError,
    },
    /// No study has such results.
    #[error("the design points cannot be compared: {0}")]
    Statistics(#[from] StatsError),
}

impl FolderError {
    /// Whether everything new is safe in the folder in spite of the error.
    pub fn is_stored(&self) -> bool {
        matches!(self, Self::Unfinished { .. })
    }
}

impl FolderError {
    /// Whether what is there is the matter, not that it cannot be read.
    pub(super) fn is_content(&self) -> bool {
        matches!(self, Self::Foreign { .. } | Self::Changed { .. } | Self::NotReplaceable { .. } | Self::Record { .. })
    }
}

/// What to do about a manifest that cannot be read.
fn advice(error: &ManifestError) -> &'static str {
    match error {
        ManifestError::Foreign => "",
        ManifestError::Seal(_) => "; put back the right file, or run the study again in another place",
        ManifestError::NoSchema { .. } | ManifestError::Schema { .. } => {
            "; read these results with the version that wrote them, or run the study again in another place"
        }
    }
}

/// The error of a system call on `path`.
pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_path_buf();
    |error| FolderError::Io { path, error }
}
