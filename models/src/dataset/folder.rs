//! Data sets in folders, recognised by the names of their files.

use super::format::{Content, Format, USUAL_FOLDERS};
use super::stream::Stream;
use super::{Cifar, Dataset, DatasetError, FileRecords, Subset, arrays, cifar, cifar_python, idx, pictures};
use crate::file::{self, DATA_LIMIT, FileError};
use crate::npz::Array;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind};
use std::path::{Path, PathBuf};

impl Dataset {
    /// Reads the training or the test subset of the data set in `folder`. The format is recognised by the names of the files:
    /// the IDX files of MNIST and its successors, with a dash or a dot before `idx`, and with or without the name of the data set before
    /// `train` and `test`; the binary and the Python version of CIFAR-10 and CIFAR-100; `train.npz` and `test.npz`, or `train_images.npy`
    /// and so on, with the arrays `labels` and `images`, `frames`, `vectors` or `signals`; PNG and JPEG files in `train/CLASS/` and
    /// `test/CLASS/`, whose classes are numbered by name and take turns. Each of the other files may be plain or, with the
    /// ending `.gz`, gzipped; a plain one is preferred. A folder that holds none of them is looked through for the folders in which
    /// torchvision leaves data sets. Anything else that leaves a choice is refused: a file under both of its names,
    /// files of two formats.
    ///
    /// # Errors
    /// [`DatasetError::NoDataset`] if there are no such files; [`DatasetError::File`], with the path, if one is damaged or of another
    /// format; [`DatasetError::Ambiguous`], [`DatasetError::Missing`], [`DatasetError::Read`].
    pub fn from_folder(folder: &Path, subset: Subset) -> Result<Self, DatasetError> {
        let place = Place::open(folder)?;
        if let Some((format, first)) = place.format(subset)? {
            return format.read(&place, &first);
        }
        if let Some(path) = place.folder_in_place_of_a_file(subset) {
            return Err(file::open(&path).err().map_or_else(|| place.nothing(subset), DatasetError::from));
        }
        let mut within: Option<(Place, Format, String)> = None;
        for name in USUAL_FOLDERS.iter().filter(|name| folder.join(name).is_dir()) {
            let inner = Place::open(&folder.join(name))?;
            let Some((format, first)) = inner.format(subset)? else { continue };
            if let Some((other, ..)) = within {
                return Err(DatasetError::Ambiguous {
                    folder: place.name(),
                    first: other.name(),
                    second: inner.name(),
                });
            }
            within = Some((inner, format, first));
        }
        within.map_or_else(|| Err(place.nothing(subset)), |(inner, format, first)| format.read(&inner, &first))
    }
}

impl Format {
    /// Name of the first file of the format that is there.
    fn first_file(&self, place: &Place) -> Result<Option<String>, DatasetError> {
        for names in &self.files {
            if let Some(name) = place.find(names)? {
                return Ok(Some(name));
            }
        }
        match self.content {
            Content::Pictures(name) if place.folder.join(name).is_dir() => Ok(Some(format!("{name}/"))),
            _ => Ok(None),
        }
    }

    /// Reads the files of the format, of which `there` is one.
    fn read(&self, place: &Place, there: &str) -> Result<Dataset, DatasetError> {
        let paths = self.files.iter().map(|names| {
            let missing =
                || DatasetError::Missing { folder: place.name(), there: there.into(), missing: names.join(" or ") };
            place.find(names)?.map(|name| place.folder.join(name)).ok_or_else(missing)
        });
        let paths = paths.collect::<Result<Vec<PathBuf>, _>>()?;
        match self.content {
            Content::Idx => read_idx(&paths[0], &paths[1]),
            Content::CifarBinary(kind) => read_cifar(kind, "the binary version of CIFAR", &paths, cifar::read_records),
            Content::CifarPython(kind) => {
                read_cifar(kind, "the Python version of CIFAR", &paths, cifar_python::read_batch)
            }
            Content::Npz => read_npz(&paths[0]),
            Content::Npy(array) => read_npy(array, &paths[0], &paths[1]),
            Content::Pictures(name) => {
                pictures::read(&place.folder.join(name), &["train", "test"].map(|subset| place.folder.join(subset)))
            }
        }
    }
}

/// The type of the values in formats that have but one.
const BYTES: &str = "uint8";

fn read_idx(images: &Path, labels: &Path) -> Result<Dataset, DatasetError> {
    let (shape, count, pixels) = in_file(images, idx::read_images)?;
    let classes = in_file(labels, |file| idx::read_labels(file, count))?;
    let dataset = Dataset::new(shape, pixels, classes).map_err(|error| name_file(images, error))?;
    Ok(dataset.with_source("IDX", BYTES.into(), vec![records(labels, count)]))
}

/// Appends the pixels and labels of one file of CIFAR.
type ReadCifar = fn(Cifar, File, &mut Vec<u8>, &mut Vec<u16>) -> Result<(), DatasetError>;

fn read_cifar(kind: Cifar, format: &'static str, paths: &[PathBuf], read: ReadCifar) -> Result<Dataset, DatasetError> {
    let (mut pixels, mut labels, mut files) = (vec![], vec![], vec![]);
    for path in paths {
        let before = labels.len();
        in_file(path, |file| read(kind, file, &mut pixels, &mut labels))?;
        files.push(records(path, labels.len() - before));
    }
    let dataset = Dataset::new(cifar::SHAPE, pixels, labels).map_err(|error| name_file(&paths[0], error))?;
    Ok(dataset.with_source(format, BYTES.into(), files))
}

fn read_npz(path: &Path) -> Result<Dataset, DatasetError> {
    let is_zipped = path.extension().is_some_and(|ending| ending == "gz");
    let dataset = in_file(path, |file| match is_zipped {
        false => Dataset::from_npz(BufReader::new(file)),
        true => Dataset::from_npz(Cursor::new(Stream::new(file)?.all()?)),
    })?;
    Ok(dataset.with_one_file(path))
}

fn read_npy(array: &'static str, samples: &Path, labels: &Path) -> Result<Dataset, DatasetError> {
    let read = |file| -> Result<Array, DatasetError> { Ok(Array::read(&mut Stream::new(file)?.content, DATA_LIMIT)?) };
    let (values, classes) = (in_file(samples, read)?, in_file(labels, read)?);
    let dataset = arrays::dataset(array, values, &classes).map_err(|error| match error {
        DatasetError::Array { array: arrays::LABELS, .. } | DatasetError::NoClass { .. } => name_file(labels, error),
        error => name_file(samples, error),
    })?;
    Ok(dataset.with_one_file(labels))
}

impl Dataset {
    /// This data set, whose labels stand in the file at `path`.
    fn with_one_file(self, path: &Path) -> Self {
        let (format, stored, files) = (self.source.format, self.source.stored.clone(), vec![records(path, self.len())]);
        self.with_source(format, stored, files)
    }
}

fn records(path: &Path, records: usize) -> FileRecords {
    FileRecords { path: path.display().to_string(), records }
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
struct Place {
    folder: PathBuf,
    /// Names of what is in it, sorted.
    names: Vec<String>,
}

impl Place {
    fn open(folder: &Path) -> Result<Self, DatasetError> {
        // What cannot be listed, or is no folder, is no folder without data.
        let unreadable = |error| FileError::Read { path: folder.display().to_string(), error };
        let mut names = vec![];
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(Self { folder: folder.into(), names })
    }

    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    /// The format of `subset`, of which there may be but one, and its first file.
    fn format(&self, subset: Subset) -> Result<Option<(Format, String)>, DatasetError> {
        let mut present: Option<(Format, String)> = None;
        for format in Format::all_for(subset, &self.names) {
            let Some(first) = format.first_file(self)? else { continue };
            if let Some((_, other)) = present {
                return Err(DatasetError::Ambiguous { folder: self.name(), first: other, second: first });
            }
            present = Some((format, first));
        }
        Ok(present)
    }

    /// The one of `names` under which there is a file, or `None`; with the ending `.gz` if it is only there gzipped.
    fn find(&self, names: &[String]) -> Result<Option<String>, DatasetError> {
        let mut found: Option<String> = None;
        for name in names {
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
        let names = Format::all_for(subset, &self.names).into_iter().flat_map(|format| format.files).flatten();
        let mut paths = names.flat_map(|name| [self.folder.join(&name), self.folder.join(format!("{name}.gz"))]);
        paths.find(|path| path.is_dir())
    }

    fn nothing(&self, subset: Subset) -> DatasetError {
        DatasetError::NoDataset { folder: self.name(), subset, names: Format::names(subset) }
    }
}
