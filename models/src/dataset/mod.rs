//! Labelled images: the test set that ships with CoSpike, and data sets in a folder.

mod cifar;
mod folder;
mod idx;
mod npz;
mod shipped;

pub use cifar::Cifar;
pub use folder::Subset;

use cospike_sim_core::network::Shape;
use std::borrow::Cow;

/// A data set of labelled 8-bit images that all have the same shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Shape of an image.
    pub shape: Shape,
    /// Pixels of all images, image by image, plane (channel) by plane, row by row.
    pub pixels: Vec<u8>,
    /// Class of each image, counted from 0.
    pub labels: Vec<u16>,
}

/// Failure to read a data set.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file begins like gzip data, but cannot be decompressed.
    #[error("damaged gzip data: {0}")]
    Gzip(#[source] std::io::Error),
    /// The header is not that of an IDX file of bytes with the required number of dimensions.
    #[error("not an IDX file of bytes in {wanted} dimensions: it begins with {found:02x?}")]
    Header {
        /// Number of dimensions that is required: 3 for images, 1 for labels.
        wanted: u8,
        /// First four bytes of the file, or all if there are fewer.
        found: Vec<u8>,
    },
    /// The header promises another number of bytes than the file holds.
    #[error("the IDX header promises {promised} bytes of data, the file holds {held}")]
    Length {
        /// Number of bytes promised: the product of the dimensions.
        promised: usize,
        /// Number of bytes after the header.
        held: usize,
    },
    /// The numbers of images and labels differ.
    #[error("{images} images, but {labels} labels: every image needs one label")]
    Count {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A file of records ends within a record.
    #[error(
        "{held} bytes are not a whole number of records of {record} bytes: the file is truncated, or is one of the other CIFAR"
    )]
    Records {
        /// Length of the file, in bytes.
        held: usize,
        /// Length of a record, in bytes.
        record: usize,
    },
    /// A label is not a class of the data set.
    #[error("record {record} has the label {label}, but there are {classes} classes, counted from 0")]
    Label {
        /// Index of the record, from 0.
        record: usize,
        /// Label that was found.
        label: i64,
        /// Number of classes.
        classes: u32,
    },
    /// The file is not an archive of NumPy arrays, or is a damaged one.
    #[error("not an .npz file, or a damaged one: {0}")]
    Npz(#[source] std::io::Error),
    /// An array is missing, or is not of an accepted type or shape.
    #[error("array `{array}` must be {needed}, but is {found}")]
    Array {
        /// Name of the array.
        array: &'static str,
        /// Accepted types or shapes.
        needed: &'static str,
        /// Type or shape that was found.
        found: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// Path of the file.
        path: String,
        /// Cause of the failure.
        error: std::io::Error,
    },
    /// The content of a file is not what its name says.
    #[error("{path}: {error}")]
    File {
        /// Path of the file; of several files, of the first.
        path: String,
        /// What is wrong with its content.
        error: Box<DatasetError>,
    },
    /// The folder holds no file of a known name.
    #[error(
        "{folder} has no dataset: it must hold IDX files (train-images-idx3-ubyte and its three companions, plain or .gz), \
         CIFAR in its binary version (data_batch_1.bin to 5 and test_batch.bin; train.bin and test.bin), or train.npz and \
         test.npz"
    )]
    NoDataset {
        /// Path of the folder.
        folder: String,
    },
}

impl Dataset {
    /// Greatest number of classes that a data set can have, since labels are `u16`.
    pub const MAX_CLASSES: u32 = 1 << u16::BITS;

    /// BLAKE3 of shape, number of images, labels and pixels, hexadecimal. It does not depend on the files that were read.
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

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Pixels of image `index`, plane by plane, row by row.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.shape.len()..][..self.shape.len()]
    }

    /// Pixels of image `index` in the order that networks take: row by row, and at each position channel by channel.
    pub fn sample(&self, index: usize) -> Cow<'_, [u8]> {
        let (image, channels, area) = (self.image(index), self.shape.channels, self.shape.area());
        match channels {
            1 => Cow::Borrowed(image),
            _ => (0..area).flat_map(|position| (0..channels).map(move |c| image[c * area + position])).collect(),
        }
    }
}
