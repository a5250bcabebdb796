//! The Python version of CIFAR-10 and CIFAR-100, as torchvision leaves it: pickled dictionaries with `data`, a NumPy array of a row of
//! 3,072 bytes for each image, plane after plane, and the list `labels` (CIFAR-10) or `fine_labels` (CIFAR-100).

use super::cifar::SHAPE;
use super::stream::Stream;
use super::{Cifar, Dataset, DatasetError, pickle};
use std::io::Read;

impl Dataset {
    /// Reads one or more files of CIFAR's Python version, in order, each plain or gzipped.
    ///
    /// # Errors
    /// [`DatasetError::Pickle`] for a file that is no pickle of plain data, [`DatasetError::Entry`] for a dictionary without the entries
    /// of CIFAR, [`DatasetError::Count`], [`DatasetError::Label`].
    pub fn from_cifar_python<R: Read>(kind: Cifar, files: impl IntoIterator<Item = R>) -> Result<Self, DatasetError> {
        let (mut pixels, mut labels) = (vec![], vec![]);
        files.into_iter().try_for_each(|file| read_batch(kind, file, &mut pixels, &mut labels))?;
        Self::new(SHAPE, pixels, labels)
    }
}

/// Appends the images of one file.
pub(super) fn read_batch(
    kind: Cifar,
    file: impl Read,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<(), DatasetError> {
    let content = pickle::read(&Stream::new(file)?.all()?).map_err(DatasetError::Pickle)?;
    let key = match kind {
        Cifar::Cifar10 => "labels",
        Cifar::Cifar100 => "fine_labels",
    };
    let wrong = |key, needed| DatasetError::Entry { key, needed };
    let rows = content.get("data").and_then(pickle::Value::byte_array);
    let (shape, bytes) = rows.ok_or_else(|| wrong("data", "a NumPy array of type uint8"))?;
    let images = bytes.len() / SHAPE.len();
    if shape != [images as i64, SHAPE.len() as i64] || bytes.len() != images * SHAPE.len() {
        return Err(wrong("data", "a row of 3,072 bytes for each image"));
    }
    let classes = content.get(key).and_then(pickle::Value::numbers);
    let classes = classes.ok_or_else(|| wrong(key, "a list of whole numbers"))?;
    if classes.len() != images {
        return Err(DatasetError::Count { samples: images, labels: classes.len() });
    }
    for (record, label) in classes.into_iter().enumerate() {
        let class = u16::try_from(label).ok().filter(|&class| class < kind.classes());
        let outside = || DatasetError::Label { record, label: label.into(), classes: kind.classes().into() };
        labels.push(class.ok_or_else(outside)?);
    }
    pixels.extend_from_slice(&bytes);
    Ok(())
}
