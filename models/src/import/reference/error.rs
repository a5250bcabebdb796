//! Errors of reading and executing a reference.

use crate::file::FileError;
use crate::npz::NpzError;
use cospike_sim_core::inference::InferenceError;
use cospike_sim_core::network::NetworkError;

/// Failure to read or execute a reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// The content of the file is not a reference.
    #[error("{path}: {error}")]
    File {
        /// Path of the file.
        path: String,
        /// What is wrong with its content.
        error: Box<ReferenceError>,
    },
    /// The file is not an archive of NumPy arrays, or is a damaged one.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// A required array is missing.
    #[error("array `{name}` is missing: a reference must have it")]
    Missing {
        /// Name of the array.
        name: String,
    },
    /// An array is damaged, or is not of the required type, shape or content.
    #[error("array `{name}`: {reason}")]
    Array {
        /// Name of the array.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of the metadata is missing or not among those that are accepted.
    #[error("`{key}` in `meta` must be {needed}, but is {found}")]
    Meta {
        /// Key of the value.
        key: &'static str,
        /// Values that are accepted.
        needed: &'static str,
        /// Value that was found, or `missing`.
        found: String,
    },
    /// A key of the metadata is nearly one that has a meaning, or is there twice.
    #[error("`{key}` in `meta` {reason}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The arrays do not make a network, or its weights do not fit it.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network cannot be executed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// The error of the array `name`.
pub(super) fn wrong(name: &str, reason: String) -> ReferenceError {
    ReferenceError::Array { name: name.into(), reason }
}
