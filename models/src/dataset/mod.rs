//! Labelled images: the test set that ships with CoSpike, and those in a folder of the user's.

mod cifar;
mod folder;
mod idx;
mod npz;

pub use cifar::Cifar;
pub use folder::Subset;

use cospike_sim_core::network::Shape;
use std::borrow::Cow;

/// Labelled 8-bit images of one shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Shape of one image.
    pub shape: Shape,
    /// All pixels, image after image, plane (channel) after plane, row by row.
    pub pixels: Vec<u8>,
    /// Class of each image, from 0.
    pub labels: Vec<u16>,
}

/// What is wrong with a dataset file.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// Not gzip, although it begins like it.
    #[error("broken gzip data: {0}")]
    Gzip(#[source] std::io::Error),
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
    /// A file of records that ends within one.
    #[error(
        "{held} bytes are no whole number of records of {record} bytes: the file is truncated, or of the other CIFAR"
    )]
    Records {
        /// Length of the file.
        held: usize,
        /// Length of a record.
        record: usize,
    },
    /// A label that the dataset does not have.
    #[error("record {record} has the label {label}; there are {classes} classes, from 0")]
    Label {
        /// Number of the record, from 0.
        record: usize,
        /// Its label.
        label: i64,
        /// Classes that exist.
        classes: u32,
    },
    /// Not an archive of NumPy arrays, or a truncated one.
    #[error("not an .npz file of whole arrays: {0}")]
    Npz(#[source] std::io::Error),
    /// An array that is not what it must be.
    #[error("array `{array}` must be {needed}, but is {found}")]
    Array {
        /// Its name.
        array: &'static str,
        /// What it must be.
        needed: &'static str,
        /// What it is.
        found: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Its path.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A file that is not what its name says.
    #[error("{path}: {error}")]
    File {
        /// Its path, of several the first.
        path: String,
        /// What is wrong.
        error: Box<DatasetError>,
    },
    /// A folder without a dataset.
    #[error(
        "{folder} has no dataset: it must hold IDX files (train-images-idx3-ubyte and its three companions, plain or .gz), \
         CIFAR in its binary version (data_batch_1.bin to 5 and test_batch.bin; train.bin and test.bin), or train.npz and \
         test.npz"
    )]
    NoDataset {
        /// The folder.
        folder: String,
    },
}

impl Dataset {
    /// Most classes a dataset can have: labels are `u16`.
    pub const MAX_CLASSES: u32 = 1 << u16::BITS;

    /// The 10,000 test images of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT licence), embedded.
    ///
    /// # Errors
    /// Only if the embedded files were damaged.
    pub fn fashion_mnist_test() -> Result<Self, DatasetError> {
        Self::from_idx(
            include_bytes!("../../data/fashion-mnist/t10k-images-idx3-ubyte.gz"),
            include_bytes!("../../data/fashion-mnist/t10k-labels-idx1-ubyte.gz"),
        )
    }

    /// BLAKE3 of shape, number of images, labels and pixels, hexadecimal: the same whatever files they were read from.
    ///
    /// The shape (channels, height, width) and the number of images are hashed as little-endian `u64`. A label is hashed as one
    /// byte if every label of the dataset is below 256, and as little-endian `u16` otherwise.
    pub fn blake3(&self) -> String {
        let Shape { channels, height, width } = self.shape;
        let mut hasher = blake3::Hasher::new();
        for number in [channels, height, width, self.len()] {
            hasher.update(&(number as u64).to_le_bytes());
        }
        let bytes = self.labels.iter().map(|&label| u8::try_from(label)).collect::<Result<Vec<u8>, _>>();
        let labels = bytes.unwrap_or_else(|_| self.labels.iter().flat_map(|label| label.to_le_bytes()).collect());
        hasher.update(&labels).update(&self.pixels).finalize().to_hex().to_string()
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Pixels of image `index`, plane after plane, row by row.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.shape.len()..][..self.shape.len()]
    }

    /// Pixels of image `index` as networks take them: row by row, in each position channel after channel.
    pub fn sample(&self, index: usize) -> Cow<'_, [u8]> {
        let (image, channels, area) = (self.image(index), self.shape.channels, self.shape.area());
        match channels {
            1 => Cow::Borrowed(image),
            _ => (0..area).flat_map(|position| (0..channels).map(move |c| image[c * area + position])).collect(),
        }
    }
}
