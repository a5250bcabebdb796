//! The IDX format of MNIST and its successors: the bytes `00 00 08 D`, the D dimensions as big-endian u32, then the data (description:
//! <http://yann.lecun.com/exdb/mnist/>), plain or gzipped.

use super::stream::Stream;
use super::{Dataset, DatasetError};
use crate::file::DATA_LIMIT;
use cospike_sim_core::network::Shape;
use std::io::Read;

impl Dataset {
    /// Reads grey images and their labels from two IDX files, each plain or gzipped.
    ///
    /// # Errors
    /// [`DatasetError`]: a damaged, foreign, truncated or oversized file, different numbers of images and labels, no image at all.
    pub fn from_idx(images: impl Read, labels: impl Read) -> Result<Self, DatasetError> {
        let (shape, count, pixels) = read_images(images)?;
        Self::new(shape, pixels, read_labels(labels, count)?)
    }
}

/// Shape of the images, their number and their pixels.
pub(super) fn read_images(file: impl Read) -> Result<(Shape, usize, Vec<u8>), DatasetError> {
    let mut file = Stream::new(file)?;
    let [count, height, width] = header(&mut file)?;
    Ok((Shape::new(1, height, width), count, file.rest(promised(&[count, height, width])?)?))
}

/// The labels of `count` images.
pub(super) fn read_labels(file: impl Read, count: usize) -> Result<Vec<u16>, DatasetError> {
    let mut file = Stream::new(file)?;
    let [labels] = header(&mut file)?;
    if labels != count {
        return Err(DatasetError::Count { samples: count, labels });
    }
    Ok(file.rest(promised(&[labels])?)?.into_iter().map(u16::from).collect())
}

/// Sizes of the `D` dimensions of a file of unsigned bytes.
fn header<const D: usize>(file: &mut Stream<'_>) -> Result<[usize; D], DatasetError> {
    let bytes = file.up_to(4 + 4 * D as u64)?;
    let sizes = bytes.strip_prefix(&[0, 0, 8, D as u8]).map(|sizes| sizes.as_chunks().0);
    match sizes.and_then(|sizes| <[[u8; 4]; D]>::try_from(sizes).ok()) {
        Some(sizes) => Ok(sizes.map(|size| u32::from_be_bytes(size) as usize)),
        None => Err(DatasetError::Header { wanted: D as u8, found: bytes.into_iter().take(4).collect() }),
    }
}

/// Number of bytes of data with these dimensions.
fn promised(sizes: &[usize]) -> Result<u64, DatasetError> {
    let promised = sizes.iter().try_fold(1_u64, |bytes, &size| bytes.checked_mul(size as u64));
    let too_large = || DatasetError::TooLarge { shape: format!("{sizes:?}"), limit: DATA_LIMIT };
    promised.filter(|&bytes| bytes <= DATA_LIMIT).ok_or_else(too_large)
}
