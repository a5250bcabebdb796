//! The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009; format description:
//! <https://www.cs.toronto.edu/~kriz/cifar.html>): records of one label (CIFAR-10) or a coarse and a fine one
//! (CIFAR-100) and a 32x32 image, plane after plane, red, green, blue.

use super::{Dataset, DatasetError};
use cospike_sim_core::network::Shape;

/// Which of the two CIFAR data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cifar {
    /// CIFAR-10, of 10 classes.
    Cifar10,
    /// CIFAR-100, of 100 classes; its 20 coarse classes are skipped.
    Cifar100,
}

/// Shape of every image.
const SHAPE: Shape = Shape::new(3, 32, 32);

impl Cifar {
    /// Bytes before the pixels of a record; the last of them is the label.
    fn label_bytes(self) -> usize {
        match self {
            Self::Cifar10 => 1,
            Self::Cifar100 => 2,
        }
    }

    /// Number of classes.
    fn classes(self) -> u16 {
        match self {
            Self::Cifar10 => 10,
            Self::Cifar100 => 100,
        }
    }
}

impl Dataset {
    /// Reads the records of one or more files of CIFAR's binary version, in order.
    ///
    /// # Errors
    /// [`DatasetError::Records`] for a file that is not a whole number of records, [`DatasetError::Label`] for a label that
    /// the data set does not have. A file of the other CIFAR nearly always has one in its first records.
    pub fn from_cifar(kind: Cifar, files: &[Vec<u8>]) -> Result<Self, DatasetError> {
        let labels = kind.label_bytes();
        let record = labels + SHAPE.len();
        let mut dataset = Self { shape: SHAPE, pixels: vec![], labels: vec![] };
        for file in files {
            if file.is_empty() || !file.len().is_multiple_of(record) {
                return Err(DatasetError::Records { held: file.len(), record });
            }
            for bytes in file.chunks_exact(record) {
                let label = u16::from(bytes[labels - 1]);
                if label >= kind.classes() {
                    let (record, classes) = (dataset.labels.len(), kind.classes());
                    return Err(DatasetError::Label { record, label: label.into(), classes: classes.into() });
                }
                dataset.labels.push(label);
                dataset.pixels.extend_from_slice(&bytes[labels..]);
            }
        }
        Ok(dataset)
    }
}
