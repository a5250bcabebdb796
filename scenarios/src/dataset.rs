//! Labelled images in the IDX format, plain or gzipped, and the test set that ships with CoSpike.

use cospike_sim_core::network::Shape;
use flate2::read::GzDecoder; // gzip is not what CoSpike is for
use std::io::Read;

/// Labelled 8-bit images of one shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Shape of one image.
    pub shape: Shape,
    /// All pixels, image after image, row by row.
    pub pixels: Vec<u8>,
    /// Class of each image.
    pub labels: Vec<u8>,
}

/// What is wrong with a dataset file.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// Not gzip, although it begins like it.
    #[error("broken gzip data: {0}")]
    Gzip(#[from] std::io::Error),
    /// The header is not that of an IDX file of bytes with the wanted number of dimensions.
    #[error("not an IDX file of bytes in {wanted} dimensions: it begins with {found:02x?}")]
    Header {
        /// Dimensions that are needed.
        wanted: u8,
        /// First four bytes of the file.
        found: Vec<u8>,
    },
    /// The header promises another number of bytes than follow.
    #[error("the IDX header promises {promised} bytes of data, the file holds {held}")]
    Length {
        /// Product of the dimensions.
        promised: usize,
        /// Bytes after the header.
        held: usize,
    },
    /// Images and labels are not equally many.
    #[error("{images} images, but {labels} labels")]
    Count {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
}

impl Dataset {
    /// Reads grey images and their labels from two IDX files, each plain or gzipped.
    ///
    /// # Errors
    /// A truncated, oversized or foreign file, or different numbers of images and labels.
    pub fn from_idx(images: &[u8], labels: &[u8]) -> Result<Self, DatasetError> {
        let (dims, pixels) = read_idx(images, 3)?;
        let (_, labels) = read_idx(labels, 1)?;
        if dims[0] != labels.len() {
            return Err(DatasetError::Count { images: dims[0], labels: labels.len() });
        }
        Ok(Self { shape: Shape::new(1, dims[1], dims[2]), pixels, labels })
    }

    /// The 10,000 test images of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT licence), embedded.
    ///
    /// # Errors
    /// Only if the embedded files were damaged.
    pub fn fashion_mnist_test() -> Result<Self, DatasetError> {
        Self::from_idx(
            include_bytes!("../data/fashion-mnist/t10k-images-idx3-ubyte.gz"),
            include_bytes!("../data/fashion-mnist/t10k-labels-idx1-ubyte.gz"),
        )
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Pixels of image `index`, row by row.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.shape.len()..][..self.shape.len()]
    }
}

/// Dimensions and data of an IDX file of unsigned bytes: `00 00 08 D`, D big-endian u32 sizes, the data
/// (format description: <http://yann.lecun.com/exdb/mnist/>).
fn read_idx(file: &[u8], dimensions: u8) -> Result<(Vec<usize>, Vec<u8>), DatasetError> {
    let mut bytes = Vec::new();
    if file.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(file).read_to_end(&mut bytes)?;
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
