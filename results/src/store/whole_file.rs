//! Single files that take their name when they are whole: a trace, a figure, a page.

use super::unique;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that is written aside and takes its name when it is whole. It is never put in place of a file of another kind.
#[derive(Debug)]
pub struct WholeFile {
    /// The name that the user gave.
    path: PathBuf,
    /// Where links from there lead.
    target: PathBuf,
    /// Kind of file that it may replace; `None` if it replaces none.
    kind: Option<Kind>,
    aside: NamedTempFile,
}

/// A kind of files, and how to tell them.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What a file of this kind is, such as `trace of CoSpike`.
    pub name: &'static str,
    /// How every file of this kind begins.
    pub start: &'static str,
    /// What else its first kilobyte holds.
    pub mark: &'static str,
}

/// Bytes of a file by which its kind is told.
const LOOKED_AT: u64 = 1024;

impl Kind {
    /// Whether a file that begins with these bytes is of this kind; one without any is of every kind.
    fn has(self, bytes: &[u8]) -> bool {
        let marked = || bytes.windows(self.mark.len().max(1)).any(|window| window == self.mark.as_bytes());
        bytes.is_empty() || bytes.starts_with(self.start.as_bytes()) && (self.mark.is_empty() || marked())
    }
}

/// Reason why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WholeFileError {
    /// A file of another kind has the name.
    #[error("{} exists and is no {kind}, so it is not overwritten: choose another name", path.display())]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// Kind of file that may be overwritten.
        kind: &'static str,
    },
    /// A file that is never replaced has the name.
    #[error("{} is there already, and is not replaced: choose another name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The name belongs to a folder, a device or a pipe.
    #[error("{} is no plain file: choose another name", path.display())]
    NotPlain {
        /// The folder, device or pipe.
        path: PathBuf,
    },
    /// The name is a link to nothing.
    #[error("{} is a link to something that does not exist: choose another name", path.display())]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Message of the system.
        error: io::Error,
    },
}

impl WholeFile {
    /// Begins a file that will be called `path`. Proves that it can be written to, and leaves what has the name as it is.
    ///
    /// # Errors
    /// [`WholeFileError`] if the name is taken by anything but a plain file of this `kind`, or the folder cannot be written to.
    pub fn create(path: &Path, kind: Kind) -> Result<Self, WholeFileError> {
        Self::begin(path, Some(kind))
    }

    /// Begins a file that will be called `path`, of a kind that others write too: it replaces nothing.
    ///
    /// # Errors
    /// [`WholeFileError`] if the name is taken, or the folder cannot be written to.
    pub fn create_new(path: &Path) -> Result<Self, WholeFileError> {
        Self::begin(path, None)
    }

    fn begin(path: &Path, kind: Option<Kind>) -> Result<Self, WholeFileError> {
        let failed = |error| WholeFileError::Io { path: path.into(), error };
        let target = follow(path)?;
        let replaced = check(path, &target, kind)?;
        let folder = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // What is left stays if it cannot be removed: it is in nobody's way.
        let _ = unique::remove_left(folder, unique::is_staging);
        let aside = unique::staging_file(folder).map_err(failed)?;
        if let Some(replaced) = replaced {
            // What few could read is not shown to all.
            aside.as_file().set_permissions(replaced.permissions()).map_err(failed)?;
        }
        Ok(Self { path: path.into(), target, kind, aside })
    }

    /// Begins a file that will be called `path`, and writes all of its text.
    ///
    /// # Errors
    /// [`WholeFileError`]; then what has the name is as it was.
    pub fn with_text(path: &Path, kind: Kind, text: &str) -> Result<Self, WholeFileError> {
        let whole = Self::create(path, kind)?;
        let written = whole.file().write_all(text.as_bytes());
        written.map_err(|error| WholeFileError::Io { path: path.into(), error })?;
        Ok(whole)
    }

    /// The file, to be written to.
    pub fn file(&self) -> &File {
        self.aside.as_file()
    }

    /// Gives the file, which is whole by now, its name.
    ///
    /// # Errors
    /// [`WholeFileError`]; then what has the name is as it was.
    pub fn finish(self) -> Result<(), WholeFileError> {
        let failed = |error| WholeFileError::Io { path: self.path.clone(), error };
        self.aside.as_file().sync_all().map_err(failed)?;
        check(&self.path, &self.target, self.kind)?;
        unique::rename(self.aside, &self.target).map_err(failed)
    }
}

/// Where the links from `path` lead; `path` itself if nothing is there.
fn follow(path: &Path) -> Result<PathBuf, WholeFileError> {
    match fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(WholeFileError::Io { path: path.into(), error }),
        Err(_) if fs::symlink_metadata(path).is_ok() => Err(WholeFileError::DanglingLink { path: path.into() }),
        Err(_) => Ok(path.into()),
    }
}

/// Refuses whatever is not a file of this kind, and everything if there is none. Returns what would be replaced.
fn check(path: &Path, target: &Path, kind: Option<Kind>) -> Result<Option<fs::Metadata>, WholeFileError> {
    let failed = |error| WholeFileError::Io { path: path.into(), error };
    let found = match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found.map_err(failed)?,
    };
    if !found.is_file() {
        return Err(WholeFileError::NotPlain { path: path.into() });
    }
    let Some(kind) = kind else { return Err(WholeFileError::Exists { path: path.into() }) };
    let mut start = vec![];
    let file = File::open(target).map_err(failed)?;
    file.take(LOOKED_AT).read_to_end(&mut start).map_err(failed)?;
    match kind.has(&start) {
        true => Ok(Some(found)),
        false => Err(WholeFileError::OtherKind { path: path.into(), kind: kind.name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, kind: Kind, text: &str) -> Result<(), WholeFileError> {
        WholeFile::with_text(path, kind, text)?.finish()
    }

    const LIST: Kind = Kind { name: "list", start: "list:", mark: "\n" };

    #[test]
    fn invariant_13_a_file_is_replaced_whole_and_only_by_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        write(&path, LIST, "list: 1\n").unwrap();
        write(&path, LIST, "list: 2\n").unwrap();
        drop(WholeFile::create(&path, LIST).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "list: 2\n", "an unfinished file changes nothing");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
        fs::write(folder.path().join(".staging-0123456789ab"), "left by a process that was killed").unwrap();
        let being_written = WholeFile::create(&path, LIST).unwrap();
        write(&path, LIST, "list: 2\n").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        being_written.finish().unwrap();
        write(&path, LIST, "list: 2\n").unwrap();
        let late = WholeFile::create(&path, LIST).unwrap();
        fs::write(&path, "letter").unwrap();
        assert!(matches!(late.finish(), Err(WholeFileError::OtherKind { .. })));
        assert!(matches!(write(&path, LIST, "list: 3\n"), Err(WholeFileError::OtherKind { kind: "list", .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "letter");
        fs::write(&path, "list: without its mark").unwrap();
        assert!(matches!(write(&path, LIST, "list: 3\n"), Err(WholeFileError::OtherKind { .. })));
        fs::write(&path, "").unwrap();
        assert!(matches!(WholeFile::create_new(&path), Err(WholeFileError::Exists { .. })));
        write(&path, LIST, "list: 4\n").unwrap();
        let late = WholeFile::create_new(&folder.path().join("new.txt")).unwrap();
        fs::write(folder.path().join("new.txt"), "came meanwhile").unwrap();
        assert!(matches!(late.finish(), Err(WholeFileError::Exists { .. })));
        assert!(matches!(write(folder.path(), LIST, "list:\n"), Err(WholeFileError::NotPlain { .. })));
        assert!(matches!(write(&folder.path().join("no/list"), LIST, "list:\n"), Err(WholeFileError::Io { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_one_to_nothing_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(write(&link, LIST, "list:\n"), Err(WholeFileError::DanglingLink { .. })));
        fs::write(&target, "list: old\n").unwrap();
        write(&link, LIST, "list: new\n").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "list: new\n");
        assert!(matches!(write(Path::new("/dev/null"), LIST, "list:\n"), Err(WholeFileError::NotPlain { .. })));
    }
}
