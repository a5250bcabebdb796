//! Data sets in folders, recognised by the names of their files.

use super::stream::Stream;
use super::{Cifar, Dataset, DatasetError, FileRecords, Subset, cifar, idx, pictures};
use crate::file::{self, DATA_LIMIT, FileError};
use cospike_sim_core::network::Shape;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind};
use std::path::{Path, PathBuf};

/// File format of a subset, with the names of its files.
enum Format {
    /// Names that the images may have, and those that the labels may have.
    Idx([&'static [&'static str]; 2]),
    Cifar(Cifar, &'static [&'static str]),
    Npz(&'static str),
    /// Image files in a folder for each class, within this one.
    Pictures(&'static str),
}

impl Format {
    /// Formats in which `subset` may be stored.
    fn all_for(subset: Subset) -> [Self; 5] {
        match subset {
            Subset::Training => [
                Self::Idx([
                    &["train-images-idx3-ubyte", "train-images.idx3-ubyte"],
                    &["train-labels-idx1-ubyte", "train-labels.idx1-ubyte"],
                ]),
                Self::Cifar(
                    Cifar::Cifar10,
                    &[
                        "data_batch_1.bin",
                        "data_batch_2.bin",
                        "data_batch_3.bin",
                        "data_batch_4.bin",
                        "data_batch_5.bin",
                    ],
                ),
                Self::Cifar(Cifar::Cifar100, &["train.bin"]),
                Self::Npz("train.npz"),
                Self::Pictures("train"),
            ],
            Subset::Test => [
                Self::Idx([
                    &["t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"],
                    &["t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"],
                ]),
                Self::Cifar(Cifar::Cifar10, &["test_batch.bin"]),
                Self::Cifar(Cifar::Cifar100, &["test.bin"]),
                Self::Npz("test.npz"),
                Self::Pictures("test"),
            ],
        }
    }
}

impl Dataset {
    /// Reads the training or the test subset of the data set in `folder`. The format is recognised by the names of the files:
    /// the IDX files of MNIST and its successors, with a dash or a dot before `idx`; the binary version of CIFAR-10 and
    /// CIFAR-100; `train.npz` and `test.npz` with the arrays `images` and `labels`; PNG and JPEG files in `train/CLASS/` and
    /// `test/CLASS/`, whose classes are numbered by name and take turns. Each of the other files may be plain or, with the
    /// ending `.gz`, gzipped; a plain one is preferred. Anything else that leaves a choice is refused: a file under both of its names,
    /// files of two formats.
    ///
    /// # Errors
    /// [`DatasetError::NoDataset`] if there are no such files; [`DatasetError::File`], with the path, if one is damaged or of another
    /// format; [`DatasetError::Ambiguous`], [`DatasetError::Missing`], [`DatasetError::Read`].
    pub fn from_folder(folder: &Path, subset: Subset) -> Result<Self, DatasetError> {
        let place = Place::open(folder)?;
        let mut present: Option<(Format, String)> = None;
        for format in Format::all_for(subset) {
            let Some(first) = format.first_file(&place)? else { continue };
            if let Some((_, other)) = present {
                return Err(DatasetError::Ambiguous { folder: place.name(), first: other, second: first });
            }
            present = Some((format, first));
        }
        match present {
            Some((format, first)) => format.read(&place, &first),
            None => match place.folder_in_place_of_a_file(subset) {
                Some(path) => Err(file::open(&path).err().map_or_else(|| place.nothing(subset), DatasetError::from)),
                None => Err(place.nothing(subset)),
            },
        }
    }
}

impl Format {
    /// For each file of the format, the names that it may have.
    fn files(&self) -> Vec<Vec<&'static str>> {
        match self {
            Self::Idx(files) => files.iter().map(|names| names.to_vec()).collect(),
            Self::Cifar(_, names) => names.iter().map(|&name| vec![name]).collect(),
            Self::Npz(name) => vec![vec![name]],
            Self::Pictures(_) => vec![],
        }
    }

    /// Name of the first file of the format that is there.
    fn first_file(&self, place: &Place<'_>) -> Result<Option<String>, DatasetError> {
        for names in self.files() {
            if let Some(name) = place.find(&names)? {
                return Ok(Some(name));
            }
        }
        match self {
            Self::Pictures(name) if place.folder.join(name).is_dir() => Ok(Some(format!("{name}/"))),
            _ => Ok(None),
        }
    }

    /// Reads the files of the format, of which `there` is one.
    fn read(&self, place: &Place<'_>, there: &str) -> Result<Dataset, DatasetError> {
        let paths = self.files().into_iter().map(|names| {
            let missing =
                || DatasetError::Missing { folder: place.name(), there: there.into(), missing: names.join(" or ") };
            place.find(&names)?.map(|name| place.folder.join(name)).ok_or_else(missing)
        });
        let paths = paths.collect::<Result<Vec<PathBuf>, _>>()?;
        match self {
            Self::Idx(_) => read_idx(&paths[0], &paths[1]),
            Self::Cifar(kind, _) => read_cifar(*kind, &paths),
            Self::Npz(_) => read_npz(&paths[0]),
            Self::Pictures(name) => pictures::read(&place.folder.join(name)),
        }
    }
}

fn read_idx(images: &Path, labels: &Path) -> Result<Dataset, DatasetError> {
    let (shape, count, pixels) = in_file(images, idx::read_images)?;
    let classes = in_file(labels, |file| idx::read_labels(file, count))?;
    let dataset = Dataset::new(shape, pixels, classes).map_err(|error| name_file(images, error))?;
    Ok(dataset.with_files(vec![FileRecords { path: labels.display().to_string(), records: count }]))
}

fn read_cifar(kind: Cifar, paths: &[PathBuf]) -> Result<Dataset, DatasetError> {
    let (mut pixels, mut labels, mut files) = (vec![], vec![], vec![]);
    for path in paths {
        let before = labels.len();
        in_file(path, |file| cifar::read_records(kind, file, &mut pixels, &mut labels))?;
        files.push(FileRecords { path: path.display().to_string(), records: labels.len() - before });
    }
    Ok(Dataset::new(Shape::new(3, 32, 32), pixels, labels)
        .map_err(|error| name_file(&paths[0], error))?
        .with_files(files))
}

fn read_npz(path: &Path) -> Result<Dataset, DatasetError> {
    let is_zipped = path.extension().is_some_and(|ending| ending == "gz");
    let dataset = in_file(path, |file| match is_zipped {
        false => Dataset::from_npz(BufReader::new(file)),
        true => {
            let content = Stream::new(file)?.up_to(DATA_LIMIT + 1)?;
            if content.len() as u64 > DATA_LIMIT {
                return Err(DatasetError::TooLarge { shape: "of the archive".into(), limit: DATA_LIMIT });
            }
            Dataset::from_npz(Cursor::new(content))
        }
    })?;
    let records = dataset.len();
    Ok(dataset.with_files(vec![FileRecords { path: path.display().to_string(), records }]))
}

/// Reads the file at `path`; its errors name it.
fn in_file<T>(path: &Path, read: impl FnOnce(File) -> Result<T, DatasetError>) -> Result<T, DatasetError> {
    read(file::open(path)?).map_err(|error| name_file(path, error))
}

/// The error of a file, with its path.
fn name_file(path: &Path, error: DatasetError) -> DatasetError {
    DatasetError::File { path: path.display().to_string(), error: Box::new(error) }
}

/// A folder in which files are looked for.
struct Place<'a> {
    folder: &'a Path,
}

impl<'a> Place<'a> {
    fn open(folder: &'a Path) -> Result<Self, DatasetError> {
        // What cannot be listed, or is no folder, is no folder without data.
        let unreadable = |error| FileError::Read { path: folder.display().to_string(), error };
        std::fs::read_dir(folder).map_err(unreadable)?;
        Ok(Self { folder })
    }

    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    /// The one of `names` under which there is a file, or `None`; with the ending `.gz` if it is only there gzipped.
    fn find(&self, names: &[&str]) -> Result<Option<String>, DatasetError> {
        let mut found: Option<String> = None;
        for &name in names {
            let zipped = format!("{name}.gz");
            let name = if self.has(name)? { name.to_owned() } else { zipped };
            if !self.has(&name)? {
                continue;
            }
            if let Some(first) = found {
                return Err(DatasetError::Ambiguous { folder: self.name(), first, second: name });
            }
            found = Some(name);
        }
        Ok(found)
    }

    /// Whether there is something of this name that is not a folder; a link counts even if it leads nowhere.
    fn has(&self, name: &str) -> Result<bool, DatasetError> {
        let path = self.folder.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(_) => Ok(!path.is_dir()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FileError::Read { path: path.display().to_string(), error }.into()),
        }
    }

    /// A folder that has the name of a file of `subset`.
    fn folder_in_place_of_a_file(&self, subset: Subset) -> Option<PathBuf> {
        let names = Format::all_for(subset).into_iter().flat_map(|format| format.files()).flatten();
        let paths = names.flat_map(|name| [self.folder.join(name), self.folder.join(format!("{name}.gz"))]);
        paths.into_iter().find(|path| path.is_dir())
    }

    fn nothing(&self, subset: Subset) -> DatasetError {
        DatasetError::NoDataset { folder: self.name(), subset }
    }
}
