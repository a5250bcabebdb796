//! The IDX format of MNIST and its successors: the bytes `00 00 08 D`, the D dimensions as big-endian u32, then the data (description:
//! <http://yann.lecun.com/exdb/mnist/>), plain or gzipped.

use super::{Dataset, DatasetError};
use cospike_sim_core::network::Shape;
use flate2::read::GzDecoder; // gzip is not what CoSpike is for
use std::io::Read;

impl Dataset {
    /// Reads grey images and their labels from two IDX files, each plain or gzipped.
    ///
    /// # Errors
    /// [`DatasetError::Gzip`], [`DatasetError::Header`], [`DatasetError::Length`] for a damaged, foreign, truncated or oversized
    /// file, [`DatasetError::Count`] for different numbers of images and labels.
    pub fn from_idx(images: &[u8], labels: &[u8]) -> Result<Self, DatasetError> {
        let (dims, pixels) = read(images, 3)?;
        let (_, labels) = read(labels, 1)?;
        if dims[0] != labels.len() {
            return Err(DatasetError::Count { images: dims[0], labels: labels.len() });
        }
        Ok(Self { shape: Shape::new(1, dims[1], dims[2]), pixels, labels: labels.into_iter().map(u16::from).collect() })
    }
}

/// Decodes an IDX file of unsigned bytes into its dimensions and its data.
fn read(file: &[u8], dimensions: u8) -> Result<(Vec<usize>, Vec<u8>), DatasetError> {
    let mut bytes = Vec::new();
    if file.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(file).read_to_end(&mut bytes).map_err(DatasetError::Gzip)?;
    } else {
        bytes.extend_from_slice(file);
    }
    let header = 4 + 4 * usize::from(dimensions);
    if bytes.len() < header || bytes[..4] != [0, 0, 8, dimensions] {
        return Err(DatasetError::Header { wanted: dimensions, found: bytes.into_iter().take(4).collect() });
    }
    let sizes: Vec<usize> =
        bytes[4..header].chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    let data = bytes.split_off(header);
    match sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s)) {
        Some(promised) if promised == data.len() => Ok((sizes, data)),
        promised => Err(DatasetError::Length { promised: promised.unwrap_or(usize::MAX), held: data.len() }),
    }
}
