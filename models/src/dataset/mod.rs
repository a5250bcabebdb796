//! Labelled samples: the test set that ships with CoSpike, and data sets in a folder.

mod arrays;
mod cifar;
mod cifar_python;
mod error;
mod folder;
mod format;
mod idx;
mod npz;
mod pickle;
mod picture;
mod pictures;
mod shipped;
mod stream;
mod subset;
mod suitability;
mod values;

pub use cifar::Cifar;
pub use error::DatasetError;
pub use pickle::PickleError;
pub use subset::Subset;
pub use suitability::Unsuitable;
pub use values::{Feed, SampleKind, Values};

use cospike_sim_core::network::Shape;

/// A data set of labelled samples that all have the same shape.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// What the samples are.
    pub kind: SampleKind,
    /// Shape of a sample; of frames, of one of them.
    pub shape: Shape,
    /// Values of all samples.
    pub values: Values,
    /// Class of each sample, counted from 0.
    pub labels: Vec<u16>,
    /// Largest of [`Values::Counts`]; 0 for other values.
    largest_count: u8,
    source: Source,
    task: Option<&'static str>,
}

/// Where samples were read.
#[derive(Clone, Debug, Default)]
struct Source {
    /// Format of the files, in words; empty if there are none.
    format: &'static str,
    /// Type of the values in the files.
    stored: String,
    /// Files in which the labels stand, in order.
    files: Vec<FileRecords>,
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
        (self.kind, self.shape, &self.labels, &self.values) == (other.kind, other.shape, &other.labels, &other.values)
    }
}

impl Dataset {
    /// Images of the given shape with these 8-bit pixels, in the order of [`Dataset::values`], and a label for each.
    ///
    /// # Errors
    /// Those of [`Dataset::with_values`].
    pub fn new(shape: Shape, pixels: Vec<u8>, labels: Vec<u16>) -> Result<Self, DatasetError> {
        Self::with_values(SampleKind::Images, shape, Values::Pixels(pixels), labels)
    }

    /// Samples of the given kind and shape with these values, and a label for each.
    ///
    /// # Errors
    /// [`DatasetError::Empty`] without samples or values, [`DatasetError::Count`] for another number of samples than labels,
    /// [`DatasetError::Value`] for a real value that is not finite.
    pub fn with_values(kind: SampleKind, shape: Shape, values: Values, labels: Vec<u16>) -> Result<Self, DatasetError> {
        let largest_count = match &values {
            Values::Counts(counts) => counts.iter().copied().max().unwrap_or(0),
            Values::Pixels(_) | Values::Real(_) => 0,
        };
        let dataset = Self { kind, shape, values, labels, largest_count, source: Source::default(), task: None };
        let (found, len, labels) = (dataset.values.len(), dataset.sample_len(), dataset.len());
        if len == 0 || labels == 0 {
            return Err(DatasetError::Empty { samples: labels, shape: dataset.shape_in_words() });
        }
        if found != len * labels {
            return Err(DatasetError::Count { samples: found / len, labels });
        }
        if let Values::Real(values) = &dataset.values
            && let Some(at) = values.iter().position(|value| !value.is_finite())
        {
            return Err(DatasetError::Value { record: at / len, value: values[at].to_string(), needed: FINITE });
        }
        Ok(dataset)
    }

    /// This data set, which was read from `files` of a `format`, in which values are `stored` in some type.
    fn with_source(self, format: &'static str, stored: String, files: Vec<FileRecords>) -> Self {
        Self { source: Source { format, stored, files }, ..self }
    }

    /// Shape of a sample in words: `10 frames of 2x34x34`.
    pub fn shape_in_words(&self) -> String {
        let Shape { channels, height, width } = self.shape;
        match self.kind {
            SampleKind::Images => format!("{channels}x{height}x{width}"),
            SampleKind::Frames { steps } => format!("{steps} frames of {channels}x{height}x{width}"),
            SampleKind::Vectors => format!("{channels}"),
            SampleKind::Signals => format!("{channels}x{width}"),
        }
    }

    /// Record `index` in words: its number in its file, from 0, and the file's path.
    pub fn describe_record(&self, index: usize) -> String {
        let mut number = index;
        for FileRecords { path, records } in &self.source.files {
            if number < *records {
                return format!("record {number} of {path}");
            }
            number -= records;
        }
        format!("record {index} of the data set")
    }

    /// Paths of the files in which the labels stand, or of the images whose folders say them, in the order of the samples.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.source.files.iter().map(|file| file.path.as_str())
    }

    /// Format of the files in words, and the type of the values in them; empty if there are none.
    pub fn format(&self) -> (&'static str, &str) {
        (self.source.format, &self.source.stored)
    }

    /// Name of the task that the samples pose, such as `fashion-mnist`, as weight files record it; `None` if it is not known, as
    /// for any folder.
    pub fn task(&self) -> Option<&'static str> {
        self.task
    }

    /// BLAKE3 of kind, shape, number of samples, labels and values, hexadecimal. It does not depend on the files that were read.
    ///
    /// Of 8-bit images, the shape (channels, height, width) and the number of images are hashed as little-endian `u64`. Of all others,
    /// the word for their kind, that for their values (`counts` or `real`) and, of frames, their number come before. A label is hashed
    /// as one byte if every label of the dataset is below 256, and as little-endian `u16` otherwise.
    pub fn blake3(&self) -> String {
        let Shape { channels, height, width } = self.shape;
        let mut hasher = blake3::Hasher::new();
        if self.pixels().is_none() || self.kind != SampleKind::Images {
            let values = match self.values {
                Values::Pixels(_) => "pixels",
                Values::Counts(_) => "counts",
                Values::Real(_) => "real",
            };
            let steps = self.kind.steps().unwrap_or(0);
            hasher.update(format!("{} {values} {steps} ", self.kind.name()).as_bytes());
        }
        for number in [channels, height, width, self.len()] {
            hasher.update(&(number as u64).to_le_bytes());
        }
        let bytes = self.labels.iter().map(|&label| u8::try_from(label)).collect::<Result<Vec<u8>, _>>();
        let labels = bytes.unwrap_or_else(|_| self.labels.iter().flat_map(|label| label.to_le_bytes()).collect());
        self.values.hash_into(hasher.update(&labels));
        hasher.finalize().to_hex().to_string()
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
}

/// What is needed of real values.
const FINITE: &str = "values must be finite float32 numbers";
