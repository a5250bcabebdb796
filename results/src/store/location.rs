//! Where a store is: a folder, or an address in an object store.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

/// Place of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A folder.
    Folder(PathBuf),
    /// An address in an object store, such as `s3://bucket/folder`.
    Url(String),
}

impl Location {
    /// The place that a user means by `text`: an address if it has `://` in it, else a folder.
    pub fn new(text: &Path) -> Self {
        match text.to_str() {
            Some(url) if url.contains("://") => Self::Url(url.into()),
            _ => Self::Folder(text.into()),
        }
    }

    /// The folder, if it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Url(_) => None,
        }
    }
}

impl Display for Location {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(formatter),
            Self::Url(url) => url.fmt(formatter),
        }
    }
}
