//! Data sets in archives of NumPy arrays: `images`, uint8 of shape (n, height, width), (n, channels, height, width) or
//! (n, height, width, channels) with 1 or 3 channels, and `labels`, whole numbers from 0 to 65,535 of shape (n,) or (n, 1), of
//! any integer type and byte order. Other arrays of the archive are not looked at.

use super::{Dataset, DatasetError};
use crate::npz::{Archive, Array};
use cospike_sim_core::network::Shape;
use std::io::{Read, Seek};

impl Dataset {
    /// Reads the arrays `images` and `labels` of an `.npz` file.
    ///
    /// # Errors
    /// [`DatasetError::Npz`] for a file that is not such an archive or is damaged, [`DatasetError::Array`] for a missing array or
    /// one of another type or shape, [`DatasetError::NoClass`], [`DatasetError::Count`], [`DatasetError::Empty`].
    pub fn from_npz(file: impl Read + Seek) -> Result<Self, DatasetError> {
        let mut archive = Archive::open(file)?;
        let images = array(&mut archive, "images")?;
        let (shape, planes_last) = match images.shape[..] {
            [_, height, width] => (Shape::new(1, height, width), false),
            [_, channels @ (1 | 3), height, width] => (Shape::new(channels, height, width), false),
            [_, height, width, channels @ (1 | 3)] => (Shape::new(channels, height, width), true),
            _ => {
                let needed = "of shape (n, h, w), (n, c, h, w) or (n, h, w, c) with 1 or 3 channels c";
                return Err(wrong("images", needed, format!("of shape {:?}", images.shape)));
            }
        };
        let (count, kind) = (images.shape[0], images.kind());
        let pixels = images.into_bytes().ok_or_else(|| wrong("images", "of type uint8 (|u1), 0 to 255", kind))?;
        let labels = labels(&array(&mut archive, "labels")?, count)?;
        let pixels = if planes_last { planes_first(&pixels, shape) } else { pixels };
        Self::new(shape, pixels, labels)
    }
}

fn wrong(array: &'static str, needed: &'static str, found: String) -> DatasetError {
    DatasetError::Array { array, needed, found }
}

/// The array `name`.
fn array(archive: &mut Archive<impl Read + Seek>, name: &'static str) -> Result<Array, DatasetError> {
    archive.array(name)?.ok_or_else(|| wrong(name, "there", "missing".into()))
}

/// Classes of `count` images.
fn labels(array: &Array, count: usize) -> Result<Vec<u16>, DatasetError> {
    let &([labels] | [labels, 1]) = array.shape.as_slice() else {
        return Err(wrong("labels", "of shape (n,) or (n, 1)", format!("of shape {:?}", array.shape)));
    };
    if labels != count {
        return Err(DatasetError::Count { images: count, labels });
    }
    let values = array
        .whole_numbers()
        .ok_or_else(|| wrong("labels", "of an integer type, such as uint8 or int64", array.kind()))?;
    let class =
        |(record, label): (usize, i128)| u16::try_from(label).map_err(|_| DatasetError::NoClass { record, label });
    values.enumerate().map(class).collect()
}

/// Reorders images that are stored position by position so that they are stored plane by plane.
fn planes_first(pixels: &[u8], shape: Shape) -> Vec<u8> {
    let (channels, area) = (shape.channels, shape.area());
    let image =
        |image: &[u8]| -> Vec<u8> { (0..channels * area).map(|i| image[i % area * channels + i / area]).collect() };
    pixels.chunks_exact(shape.len().max(1)).flat_map(image).collect()
}
