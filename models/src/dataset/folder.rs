//! Data sets in folders, recognised by the names of their files.

use super::{Cifar, Dataset, DatasetError};
use std::path::Path;

/// Subset of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// Samples to train on.
    Training,
    /// Samples to measure accuracy on; no choice of training may depend on them.
    Test,
}

/// File format of a subset, with the names of its files.
enum Format {
    Idx([&'static str; 2]),
    Cifar(Cifar, &'static [&'static str]),
    Npz(&'static str),
}

impl Subset {
    /// Formats in which the subset may be stored, in the order in which they are looked for.
    fn formats(self) -> [Format; 4] {
        match self {
            Self::Training => [
                Format::Idx(["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]),
                Format::Cifar(
                    Cifar::Cifar10,
                    &[
                        "data_batch_1.bin",
                        "data_batch_2.bin",
                        "data_batch_3.bin",
                        "data_batch_4.bin",
                        "data_batch_5.bin",
                    ],
                ),
                Format::Cifar(Cifar::Cifar100, &["train.bin"]),
                Format::Npz("train.npz"),
            ],
            Self::Test => [
                Format::Idx(["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]),
                Format::Cifar(Cifar::Cifar10, &["test_batch.bin"]),
                Format::Cifar(Cifar::Cifar100, &["test.bin"]),
                Format::Npz("test.npz"),
            ],
        }
    }
}

impl Dataset {
    /// Reads the training or the test subset of the data set in `folder`. The format is recognised by the names of the files:
    /// the four IDX files of MNIST and its successors, each plain or with `.gz`; the binary version of CIFAR-10 and CIFAR-100;
    /// `train.npz` and `test.npz` with the arrays `images` and `labels`.
    ///
    /// # Errors
    /// [`DatasetError::NoDataset`] if there are no such files; [`DatasetError::File`], with the path, if one is damaged or of another format.
    pub fn from_folder(folder: &Path, subset: Subset) -> Result<Self, DatasetError> {
        let begins = |name: &str| folder.join(name).exists() || folder.join(format!("{name}.gz")).exists();
        for format in subset.formats() {
            let first = match &format {
                Format::Idx([first, _]) | Format::Npz(first) => *first,
                Format::Cifar(_, files) => files[0],
            };
            if begins(first) {
                return format.read(folder).map_err(|error| DatasetError::File {
                    path: folder.join(first).display().to_string(),
                    error: Box::new(error),
                });
            }
        }
        Err(DatasetError::NoDataset { folder: folder.display().to_string() })
    }
}

impl Format {
    fn read(&self, folder: &Path) -> Result<Dataset, DatasetError> {
        let read = |name: &str| {
            let (plain, zipped) = (folder.join(name), folder.join(format!("{name}.gz")));
            let path = if plain.exists() { plain } else { zipped };
            std::fs::read(&path).map_err(|error| DatasetError::Read { path: path.display().to_string(), error })
        };
        match self {
            Self::Idx([images, labels]) => Dataset::from_idx(&read(images)?, &read(labels)?),
            Self::Cifar(kind, names) => {
                let files = names.iter().map(|name| read(name)).collect::<Result<Vec<_>, _>>()?;
                Dataset::from_cifar(*kind, &files)
            }
            Self::Npz(name) => Dataset::from_npz(&read(name)?),
        }
    }
}
