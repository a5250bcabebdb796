//! Reading of files that the user names: regular files only, and no more of one than a limit allows, so that neither a device
//! without an end nor a mistaken name fills the memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Largest text that is read: scenarios, profiles, recordings of a few hours and the like have less than a tenth of it.
pub const TEXT_LIMIT: u64 = 64 << 20;

/// Largest weight file, reference or data set that is read: 28,000 colour images of 224x224, or 1,000,000,000 weights.
pub const DATA_LIMIT: u64 = 4 << 30;

/// Failure to read a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file does not exist, may not be read, or could not be read to its end.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Path as given.
        path: String,
        /// Cause of the failure.
        error: io::Error,
    },
    /// There is something else than a file under this name.
    #[error("{path} is {found}; give the name of a regular file")]
    NotAFile {
        /// Path as given.
        path: String,
        /// What is there.
        found: &'static str,
    },
    /// The file is larger than any that is of use here.
    #[error("{path} has {size} bytes; at most {limit} are read: is it the right file?")]
    TooLarge {
        /// Path as given.
        path: String,
        /// Size of the file, or as much of it as was seen, in bytes.
        size: u64,
        /// Largest size, in bytes.
        limit: u64,
    },
    /// A text has bytes that are not UTF-8.
    #[error("{path}, line {line}, column {column}: this is not UTF-8 text; save the file in UTF-8")]
    Encoding {
        /// Path as given.
        path: String,
        /// Line of the first wrong byte, from 1.
        line: usize,
        /// Column of the first wrong byte in characters, from 1.
        column: usize,
    },
}

/// Opens the regular file at `path`, which may be a symbolic link to one.
///
/// # Errors
/// [`FileError::Read`] and [`FileError::NotAFile`].
pub fn open(path: &Path) -> Result<File, FileError> {
    let unreadable = |error| FileError::Read { path: path.display().to_string(), error };
    // Before it is opened: opening a pipe waits for somebody to write to it.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_file() {
        return File::open(path).map_err(unreadable);
    }
    let found = if metadata.is_dir() { "a folder" } else { "a device or a pipe" };
    Err(FileError::NotAFile { path: path.display().to_string(), found })
}

/// Reads the regular file at `path`, of at most `limit` bytes.
///
/// # Errors
/// [`FileError`], but no [`FileError::Encoding`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let unreadable = |error| FileError::Read { path: path.display().to_string(), error };
    let too_large = |size| FileError::TooLarge { path: path.display().to_string(), size, limit };
    let file = open(path)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if size > limit {
        return Err(too_large(size));
    }
    let mut bytes = vec![];
    // Files of `/proc` say that they are empty, and a file may grow while it is read.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// Reads the regular file at `path`, a text in UTF-8 of at most `limit` bytes, usually [`TEXT_LIMIT`].
///
/// # Errors
/// [`FileError`].
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    String::from_utf8(read(path, limit)?).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        let line_begins = before.rfind('\n').map_or(0, |at| at + 1);
        let (line, column) = (before.matches('\n').count() + 1, before[line_begins..].chars().count() + 1);
        FileError::Encoding { path: path.display().to_string(), line, column }
    })
}
