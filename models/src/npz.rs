//! Archives of NumPy arrays (`.npz`): zip files with one array in NumPy's own format (`.npy`) in each member.

use npyz::NpyFile; // neither format is what CoSpike is for
use npyz::npz::{array_name_from_file_name, file_name_from_array_name};
use std::io::{self, Cursor, Read, Seek};
use zip::ZipArchive;
use zip::result::ZipError;

/// An array of an archive: its header, and its values yet to be decoded.
pub(crate) type Array = NpyFile<Cursor<Vec<u8>>>;

/// An open archive of NumPy arrays.
pub(crate) struct Archive<R>(ZipArchive<R>);

impl<R: Read + Seek> Archive<R> {
    /// Opens the archive that `reader` holds.
    pub(crate) fn open(reader: R) -> io::Result<Self> {
        Ok(Self(ZipArchive::new(reader)?))
    }

    /// Names of the arrays, in the order of the archive. Members whose names are not text cannot be asked for, so they are
    /// left out.
    pub(crate) fn array_names(&self) -> impl Iterator<Item = String> {
        let members = self.0.file_names().filter_map(Result::ok);
        members.filter_map(|member| array_name_from_file_name(&member).map(str::to_owned))
    }

    /// The array `name`; `None` if the archive has none of this name. Its member is read to the end before anything is
    /// decoded, because only there is its checksum verified.
    pub(crate) fn array(&mut self, name: &str) -> io::Result<Option<Array>> {
        let mut member = match self.0.by_name(&file_name_from_array_name(name)) {
            Err(ZipError::FileNotFound) => return Ok(None),
            member => member?,
        };
        let mut bytes = vec![];
        member.read_to_end(&mut bytes)?;
        NpyFile::new(Cursor::new(bytes)).map(Some)
    }
}
