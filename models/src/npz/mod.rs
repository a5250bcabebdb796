//! Archives of NumPy arrays (`.npz`): zip files with one array in NumPy's own format (`.npy`) in each member.
//!
//! An archive is read as what it promises: no member beyond what its array's shape needs, and all arrays together no further
//! than [`DATA_LIMIT`], whatever a few compressed bytes would expand to.

mod npy;
mod write;

pub(crate) use npy::Array;
pub use npy::NpyError;
pub(crate) use write::write;

use crate::file::DATA_LIMIT;
use std::io::{self, Read, Seek};
use zip::ZipArchive; // not what CoSpike is for
use zip::result::ZipError;

/// An open archive of NumPy arrays.
pub(crate) struct Archive<R> {
    zip: ZipArchive<R>,
    /// Bytes of arrays that may still be read.
    room: u64,
}

/// Failure to read an archive or one of its arrays.
#[derive(Debug, thiserror::Error)]
pub enum NpzError {
    /// The file is not a zip archive, or its directory is damaged.
    #[error("not an .npz file, or a truncated or damaged one: {0}")]
    Archive(String),
    /// Two members have the same name, so that it is not clear which is meant.
    #[error("two arrays of the archive have the same name: save it again, each array once")]
    SameName,
    /// A member is damaged, or is stored in a way that is not read.
    #[error("array `{name}` is damaged or cannot be decoded: {reason}")]
    Member {
        /// Name of the array.
        name: String,
        /// What the decoder found.
        reason: String,
    },
    /// A member is not an array in NumPy's format, or not a whole one.
    #[error("array `{name}`: {error}")]
    Array {
        /// Name of the array.
        name: String,
        /// What is wrong with it.
        error: NpyError,
    },
}

impl<R: Read + Seek> Archive<R> {
    /// Opens the archive that `reader` holds.
    pub(crate) fn open(reader: R) -> Result<Self, NpzError> {
        let zip = ZipArchive::new(reader).map_err(|error| NpzError::Archive(reason(&error)))?;
        if zip.has_duplicate_names() {
            return Err(NpzError::SameName);
        }
        Ok(Self { zip, room: DATA_LIMIT })
    }

    /// Names of the arrays, in the order of the archive. Members whose names are not text, or do not end in `.npy`, cannot be
    /// asked for, so they are left out.
    pub(crate) fn array_names(&self) -> impl Iterator<Item = String> {
        let members = self.zip.file_names().filter_map(Result::ok);
        members.filter_map(|member| member.strip_suffix(".npy").map(str::to_owned))
    }

    /// The array `name`; `None` if the archive has none of this name. Its member is read to the end, because only there is its
    /// checksum verified.
    pub(crate) fn array(&mut self, name: &str) -> Result<Option<Array>, NpzError> {
        let mut member = match self.zip.by_name(&format!("{name}.npy")) {
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(NpzError::Member { name: name.into(), reason: reason(&error) }),
            Ok(member) => member,
        };
        let array = Array::read(&mut member, self.room).map_err(|error| match error {
            NpyError::Read(error) => NpzError::Member { name: name.into(), reason: io_reason(&error) },
            error => NpzError::Array { name: name.into(), error },
        })?;
        self.room -= array.size();
        Ok(Some(array))
    }
}

/// Reason in words. What the decoder says of the parts of a zip archive helps nobody who has not written the decoder.
fn reason(error: &ZipError) -> String {
    match error {
        ZipError::InvalidArchive(_) => "its directory is not there, or does not fit its content".into(),
        ZipError::Io(error) => io_reason(error),
        ZipError::UnsupportedArchive(reason) => (*reason).to_string(),
        other => other.to_string(),
    }
}

fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".into(),
        _ => error.to_string(),
    }
}
