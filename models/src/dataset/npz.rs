//! Data sets in archives of NumPy arrays: `labels`, and one array of samples, see [`super::arrays`]. Other arrays of the archive are not
//! looked at. A `.npy` file has one array alone.

use super::arrays::{self, LABELS, SAMPLES, wrong};
use super::{Dataset, DatasetError};
use crate::npz::{Archive, Array};
use std::io::{Read, Seek};

impl Dataset {
    /// Reads the samples and the array `labels` of an `.npz` file.
    ///
    /// # Errors
    /// [`DatasetError::Npz`] for a file that is not such an archive or is damaged, [`DatasetError::Array`] for a missing array or
    /// one of another type or shape, [`DatasetError::TwoArrays`], [`DatasetError::NoClass`], [`DatasetError::Count`],
    /// [`DatasetError::Empty`], [`DatasetError::Value`].
    pub fn from_npz(file: impl Read + Seek) -> Result<Self, DatasetError> {
        let mut archive = Archive::open(file)?;
        let there: Vec<String> = archive.array_names().collect();
        let mut found = SAMPLES.into_iter().filter(|name| there.iter().any(|array| array == name));
        let name = match (found.next(), found.next()) {
            (Some(name), None) => name,
            (Some(first), Some(second)) => return Err(DatasetError::TwoArrays { first, second }),
            (None, _) => {
                return Err(DatasetError::NoSamples { found: listed(&there) });
            }
        };
        let samples = array(&mut archive, name)?;
        arrays::dataset(name, samples, &array(&mut archive, LABELS)?)
    }
}

/// The array `name`.
fn array(archive: &mut Archive<impl Read + Seek>, name: &'static str) -> Result<Array, DatasetError> {
    archive.array(name)?.ok_or_else(|| wrong(name, "there", "missing".into()))
}

/// Names of the arrays that are there, in words.
fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{}`", name.escape_debug())).collect();
    match names.len() {
        0 => "no array".into(),
        more if more > MOST => format!("{} and {} more", shown.join(", "), more - MOST),
        _ => shown.join(", "),
    }
}
