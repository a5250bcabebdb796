//! The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009; format description:
//! <https://www.cs.toronto.edu/~kriz/cifar.html>): records of one label (CIFAR-10) or a coarse and a fine one
//! (CIFAR-100) and a 32x32 image, plane after plane, red, green, blue. Plain or gzipped.

use super::stream::Stream;
use super::{Dataset, DatasetError};
use crate::file::DATA_LIMIT;
use cospike_sim_core::network::Shape;
use std::io::Read;

/// Which of the two CIFAR data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cifar {
    /// CIFAR-10, of 10 classes.
    Cifar10,
    /// CIFAR-100, of 100 classes; its 20 coarse classes are skipped.
    Cifar100,
}

/// Shape of every image.
pub(super) const SHAPE: Shape = Shape::new(3, 32, 32);

impl Cifar {
    /// Bytes before the pixels of a record; the last of them is the label.
    fn label_bytes(self) -> usize {
        match self {
            Self::Cifar10 => 1,
            Self::Cifar100 => 2,
        }
    }

    /// Number of classes.
    pub(super) fn classes(self) -> u16 {
        match self {
            Self::Cifar10 => 10,
            Self::Cifar100 => 100,
        }
    }
}

impl Dataset {
    /// Reads the records of one or more files of CIFAR's binary version, in order, each plain or gzipped.
    ///
    /// # Errors
    /// [`DatasetError::Records`] for a file that is not a whole number of records, [`DatasetError::Label`] for a label that
    /// the data set does not have. A file of the other CIFAR nearly always has one in its first records.
    pub fn from_cifar<R: Read>(kind: Cifar, files: impl IntoIterator<Item = R>) -> Result<Self, DatasetError> {
        let (mut pixels, mut labels) = (vec![], vec![]);
        files.into_iter().try_for_each(|file| read_records(kind, file, &mut pixels, &mut labels))?;
        Self::new(SHAPE, pixels, labels)
    }
}

/// Appends the records of one file; a wrong one is named by its number in the file.
pub(super) fn read_records(
    kind: Cifar,
    file: impl Read,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<(), DatasetError> {
    let (mut file, before) = (Stream::new(file)?, kind.label_bytes());
    let record = before + SHAPE.len();
    for number in 0.. {
        let bytes = file.up_to(record as u64)?;
        if bytes.len() < record {
            return match bytes.is_empty() && number > 0 {
                true => Ok(()),
                false => Err(DatasetError::Records { held: number * record + bytes.len(), record }),
            };
        }
        let label = u16::from(bytes[before - 1]);
        if label >= kind.classes() {
            return Err(DatasetError::Label { record: number, label: label.into(), classes: kind.classes().into() });
        }
        if (pixels.len() + SHAPE.len()) as u64 > DATA_LIMIT {
            return Err(DatasetError::TooLarge {
                shape: format!("{} images of {SHAPE}", labels.len()),
                limit: DATA_LIMIT,
            });
        }
        labels.push(label);
        pixels.extend_from_slice(&bytes[before..]);
    }
    Ok(())
}
