//! Which files make a data set: formats, recognised by the names of their files.

use super::arrays::{LABELS, SAMPLES};
use super::{Cifar, Subset};

/// Format of a subset, with the names of its files.
pub(super) struct Format {
    pub(super) content: Content,
    /// For each file, the names that it may have, without `.gz`; none of image files in folders.
    pub(super) files: Vec<Vec<String>>,
}

/// What the files of a format hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Images, then labels.
    Idx,
    CifarBinary(Cifar),
    CifarPython(Cifar),
    /// An archive of arrays.
    Npz,
    /// An array of samples of this name, then one of labels.
    Npy(&'static str),
    /// Image files in a folder for each class, within this one.
    Pictures(&'static str),
}

/// Endings of the names of IDX files, of images and of labels. What comes before says which.
const IDX: [[&str; 2]; 2] =
    [["-images-idx3-ubyte", "-images.idx3-ubyte"], ["-labels-idx1-ubyte", "-labels.idx1-ubyte"]];

/// Folders in which data sets are left by those who publish or download them, within the folder that is named.
pub(super) const USUAL_FOLDERS: [&str; 9] = [
    "raw",
    "MNIST/raw",
    "FashionMNIST/raw",
    "KMNIST/raw",
    "EMNIST/raw",
    "cifar-10-batches-py",
    "cifar-10-batches-bin",
    "cifar-100-python",
    "cifar-100-binary",
];

impl Format {
    /// Formats in which `subset` may be stored in a folder where there are files of these `names`.
    pub(super) fn all_for(subset: Subset, names: &[String]) -> Vec<Self> {
        let one = |content, file: &str| Self { content, files: vec![vec![file.into()]] };
        let several =
            |content, files: &[&str]| Self { content, files: files.iter().map(|&f| vec![f.into()]).collect() };
        let (word, [ten, hundred], python) = match subset {
            Subset::Training => {
                ("train", [&TRAINING_BATCHES[..], &["train.bin"]], [&TRAINING_BATCHES_PYTHON[..], &["train"]])
            }
            Subset::Test => ("test", [&["test_batch.bin"][..], &["test.bin"]], [&["test_batch"][..], &["test"]]),
        };
        let mut all: Vec<Self> = idx_sets(subset, names).iter().map(|set| Self::idx(set)).collect();
        all.extend([
            several(Content::CifarBinary(Cifar::Cifar10), ten),
            several(Content::CifarBinary(Cifar::Cifar100), hundred),
            several(Content::CifarPython(Cifar::Cifar10), python[0]),
            several(Content::CifarPython(Cifar::Cifar100), python[1]),
            one(Content::Npz, &format!("{word}.npz")),
        ]);
        all.extend(Self::arrays(word, names));
        all.push(Self { content: Content::Pictures(word), files: vec![] });
        all
    }

    /// Names of the files of `subset` in all formats, for messages.
    pub(super) fn names(subset: Subset) -> String {
        let (word, idx, ten, python) = match subset {
            Subset::Training => {
                ("train", "train", "data_batch_1.bin to data_batch_5.bin", "data_batch_1 to data_batch_5")
            }
            Subset::Test => ("test", "t10k", "test_batch.bin", "test_batch"),
        };
        format!(
            "IDX files ({idx}-images-idx3-ubyte and {idx}-labels-idx1-ubyte, or with a dot before idx, or with a name such as \
             emnist-letters before {word}), CIFAR in its binary version ({ten}, or {word}.bin) or its Python version ({python}, or \
             {word}), {word}.npz, or {word}_images.npy (or frames, vectors, signals) and {word}_labels.npy, each plain or with .gz, or \
             PNG and JPEG files in {word}/CLASS/"
        )
    }

    /// The IDX files whose names begin with `set`.
    fn idx(set: &str) -> Self {
        let names = |endings: [&str; 2]| endings.iter().map(|ending| format!("{set}{ending}")).collect();
        Self { content: Content::Idx, files: IDX.map(names).into() }
    }

    /// Single arrays: one format for each array of samples that is there, or any if only labels are.
    fn arrays(word: &str, names: &[String]) -> Vec<Self> {
        let file = |array: &str| format!("{word}_{array}.npy");
        let is_there = |array: &&str| names.iter().any(|name| plain(name) == file(array));
        let mut there: Vec<&'static str> = SAMPLES.into_iter().filter(|array| is_there(array)).collect();
        if there.is_empty() {
            there.push(SAMPLES[0]);
        }
        let format = |array| Self { content: Content::Npy(array), files: vec![vec![file(array)], vec![file(LABELS)]] };
        there.into_iter().map(format).collect()
    }
}

const TRAINING_BATCHES: [&str; 5] =
    ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];
const TRAINING_BATCHES_PYTHON: [&str; 5] =
    ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"];

/// The name of a file without the mark of compression.
fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

/// What the names of the IDX files of `subset` begin with, each once: `t10k`, `emnist-letters-test`.
fn idx_sets(subset: Subset, names: &[String]) -> Vec<String> {
    let is_of = |set: &&str| {
        let word = set.rsplit('-').next();
        match subset {
            Subset::Training => word == Some("train"),
            Subset::Test => matches!(word, Some("t10k" | "test")),
        }
    };
    let set = |name: &String| {
        let set = IDX.iter().flatten().find_map(|ending| plain(name).strip_suffix(ending))?;
        Some(set).filter(is_of).map(str::to_owned)
    };
    let mut sets: Vec<String> = names.iter().filter_map(set).collect();
    sets.sort();
    sets.dedup();
    sets
}
