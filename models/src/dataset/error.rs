//! Errors of reading a data set.

use super::Subset;
use super::pickle::PickleError;
use crate::file::FileError;
use crate::npz::{NpyError, NpzError};
use std::io;

/// Failure to read a data set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The file begins like gzip data, but cannot be decompressed, or something that is not gzip data follows it.
    #[error("damaged gzip data, or something else behind it: {0}")]
    Gzip(#[source] io::Error),
    /// The content of the file cannot be read to its end.
    #[error("cannot be read to its end: {0}")]
    Content(#[source] io::Error),
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
        promised: u64,
        /// Number of bytes after the header, or `more`.
        held: String,
    },
    /// There are more pixels than are read of one data set.
    #[error("its shape {shape} promises more than the {limit} bytes that are read of one data set")]
    TooLarge {
        /// Shape of all images together.
        shape: String,
        /// Largest size in bytes.
        limit: u64,
    },
    /// The numbers of samples and labels differ.
    #[error("{samples} samples, but {labels} labels: every sample needs one label")]
    Count {
        /// Number of samples.
        samples: usize,
        /// Number of labels.
        labels: usize,
    },
    /// There is no sample, or the samples have no values.
    #[error("it holds {samples} samples of shape {shape}: at least one sample of one value is needed")]
    Empty {
        /// Number of samples.
        samples: usize,
        /// Shape of a sample, in words.
        shape: String,
    },
    /// A sample holds a value that no network can read.
    #[error("record {record} holds {value}: {needed}")]
    Value {
        /// Index of the record, from 0.
        record: usize,
        /// Value that was found.
        value: String,
        /// Values that are accepted.
        needed: &'static str,
    },
    /// An archive has two arrays of samples.
    #[error("it holds both `{first}` and `{second}`: leave one of them")]
    TwoArrays {
        /// Name of one array.
        first: &'static str,
        /// Name of the other.
        second: &'static str,
    },
    /// An archive has no array of samples.
    #[error("it holds {found}, but samples must be in an array called `images`, `frames`, `vectors` or `signals`")]
    NoSamples {
        /// Names of the arrays that are there.
        found: String,
    },
    /// The file is not a pickle of plain data, or is a damaged one.
    #[error("cannot be read as a pickle of Python: {0}")]
    Pickle(#[source] PickleError),
    /// A pickled dictionary lacks an entry, or has another one under its name.
    #[error("its dictionary must have under `{key}` {needed}")]
    Entry {
        /// Key of the entry.
        key: &'static str,
        /// What the entry must be.
        needed: &'static str,
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
    #[error("record {record} has the label {label}; there are {classes} classes, numbered from 0")]
    Label {
        /// Index of the record, from 0.
        record: usize,
        /// Label that was found.
        label: i128,
        /// Number of classes.
        classes: u32,
    },
    /// A label is not a number that a class can have.
    #[error("record {record} has the label {label}, but a label is a whole number from 0 to {}", u16::MAX)]
    NoClass {
        /// Index of the record, from 0.
        record: usize,
        /// Label that was found.
        label: i128,
    },
    /// The file is not an archive of NumPy arrays, or is a damaged one.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// The file is not an array of NumPy, or is a damaged one.
    #[error(transparent)]
    Npy(#[from] NpyError),
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
    /// An image file is damaged or in no format that is read.
    #[error("cannot be decoded as PNG or JPEG: {0}")]
    Picture(String),
    /// An image has another depth than 8 bits, or is transparent.
    #[error("has pixels of the form {found}: grey and RGB images of 8 bits a channel are read, without transparency")]
    PictureForm {
        /// Form of its pixels.
        found: String,
    },
    /// An image has another size than the first one.
    #[error(
        "{path} has {height}x{width} pixels, but {first} has {first_height}x{first_width}: all images need one size"
    )]
    PictureSize {
        /// Path of the image.
        path: String,
        /// Its rows.
        height: usize,
        /// Its columns.
        width: usize,
        /// Path of the first image.
        first: String,
        /// Rows of the first image.
        first_height: usize,
        /// Columns of the first image.
        first_width: usize,
    },
    /// A folder of a data set of image files holds none.
    #[error("{folder} holds no PNG or JPEG image")]
    NoPicture {
        /// Path of the folder.
        folder: String,
    },
    /// Something else stands among the folders or images of a data set of image files.
    #[error("{path} stands among {needed}: move it elsewhere")]
    Stray {
        /// Path of what stands there.
        path: String,
        /// What should stand there.
        needed: &'static str,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// The content of a file is not what its name says.
    #[error("{path}: {error}")]
    File {
        /// Path of the file.
        path: String,
        /// What is wrong with its content.
        error: Box<DatasetError>,
    },
    /// Two files or data sets could be meant.
    #[error("{folder} holds both {first} and {second}: leave one of them")]
    Ambiguous {
        /// Path of the folder.
        folder: String,
        /// Name of one file.
        first: String,
        /// Name of the other.
        second: String,
    },
    /// One file of a data set is not there, but others are.
    #[error("{folder} holds {there}, but no {missing}, plain or with .gz")]
    Missing {
        /// Path of the folder.
        folder: String,
        /// Name of a file that is there.
        there: String,
        /// Names that the missing file may have.
        missing: String,
    },
    /// The folder holds no file of a known name.
    #[error("{folder} holds no {} samples: they must be {names}", subset.name())]
    NoDataset {
        /// Path of the folder.
        folder: String,
        /// Subset that was looked for.
        subset: Subset,
        /// Names of the files that it may have, in words.
        names: String,
    },
}
