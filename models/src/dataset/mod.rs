//! Labelled images: the test set that ships with CoSpike, and data sets in a folder.

mod cifar;
mod error;
mod folder;
mod idx;
mod npz;
mod pictures;
mod shipped;
mod stream;
mod subset;
mod suitability;

pub use cifar::Cifar;
pub use error::DatasetError;
pub use subset::Subset;
pub use suitability::Unsuitable;

use cospike_sim_core::network::Shape;
use std::borrow::Cow;

/// A data set of labelled 8-bit images that all have the same shape.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Shape of an image.
    pub shape: Shape,
    /// Pixels of all images, image by image, plane (channel) by plane, row by row.
    pub pixels: Vec<u8>,
    /// Class of each image, counted from 0.
    pub labels: Vec<u16>,
    /// Files in which the labels stand, in order; empty if there are none.
    files: Vec<FileRecords>,
    task: Option<&'static str>,
}

/// A file of a data set, and the number of records that it gave.
#[derive(Clone, Debug)]
struct FileRecords {
    path: String,
    records: usize,
}

/// Two data sets are equal if their samples are, whatever files these were read from.
impl PartialEq for Dataset {
    fn eq(&self, other: &Self) -> bool {
        (self.shape, &self.labels, &self.pixels) == (other.shape, &other.labels, &other.pixels)
    }
}

impl Eq for Dataset {}

impl Dataset {
    /// Images of the given shape with these pixels, see [`Dataset::pixels`], and a label for each.
    ///
    /// # Errors
    /// [`DatasetError::Empty`] without images or pixels, [`DatasetError::Count`] for another number of images than labels.
    pub fn new(shape: Shape, pixels: Vec<u8>, labels: Vec<u16>) -> Result<Self, DatasetError> {
        let Shape { height, width, .. } = shape;
        if shape.is_empty() || labels.is_empty() {
            return Err(DatasetError::Empty { images: labels.len(), height, width });
        }
        let images = pixels.len() / shape.len();
        if images != labels.len() || !pixels.len().is_multiple_of(shape.len()) {
            return Err(DatasetError::Count { images, labels: labels.len() });
        }
        Ok(Self { shape, pixels, labels, files: vec![], task: None })
    }

    /// This data set, whose labels stand in `files`.
    fn with_files(self, files: Vec<FileRecords>) -> Self {
        Self { files, ..self }
    }

    /// Record `index` in words: its number in its file, from 0, and the file's path.
    pub fn describe_record(&self, index: usize) -> String {
        let mut number = index;
        for FileRecords { path, records } in &self.files {
            if number < *records {
                return format!("record {number} of {path}");
            }
            number -= records;
        }
        format!("record {index} of the data set")
    }

    /// Paths of the files in which the labels stand, or of the images whose folders say them, in the order of the samples.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    /// Name of the task that the samples pose, such as `fashion-mnist`, as weight files record it; `None` if it is not known, as
    /// for any folder.
    pub fn task(&self) -> Option<&'static str> {
        self.task
    }

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

    /// Number of samples of each class, from class 0 to the highest that there is.
    pub fn class_sizes(&self) -> Vec<usize> {
        let highest = self.labels.iter().max().map_or(0, |&label| usize::from(label) + 1);
        let mut sizes = vec![0; highest];
        self.labels.iter().for_each(|&label| sizes[usize::from(label)] += 1);
        sizes
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
