//! The place of results: a folder that may be there already, and in which this process alone writes.
//!
//! The folder itself is neither renamed nor removed, so it may be a mount point or the target of a link. Whatever CoSpike needs
//! beside the results is hidden in it, and gone when the results are whole.

use super::error::{FolderError, failed};
use super::lock::{LOCK, Lock, LockError};
use super::own::{MANIFEST, Own, REPORT};
use super::transaction::{self, INCOMING};
use super::unique;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What systems and desktops put into an empty folder, and what tells other programs to pass it over.
const LITTER: [&str; 9] = [
    "lost+found",
    ".DS_Store",
    ".localized",
    ".directory",
    "Thumbs.db",
    "desktop.ini",
    ".gitignore",
    ".gitkeep",
    ".nomedia",
];
/// As many characters as the longest name that is ever needed in the folders within a place: that of a damaged piece.
const LONGEST_NAME: usize = 72;

/// A folder for results, locked until this is dropped.
#[derive(Debug)]
pub struct Place {
    pub(super) folder: PathBuf,
    // Dropped in this order: a folder is empty when nothing is locked in it any more.
    lock: Lock,
    _made: Made,
}

impl Place {
    /// Takes `folder` for results: makes it if it is not there, locks it, and proves that it can be written to. Finishes what
    /// another process could not. A folder that was made and stays empty is removed when this is dropped.
    ///
    /// `beside` are files and folders that the user gave together with it, and which may be in it.
    ///
    /// # Errors
    /// [`FolderError`] for a place that belongs to something else, is in use, or cannot be written to; then nothing was made.
    pub fn open(folder: &Path, beside: &[&Path]) -> Result<Self, FolderError> {
        let made = Made::folder(folder)?;
        // A folder of somebody else's is not even locked. Who holds the lock of ours may be changing it right now.
        if !Lock::is_in(folder) {
            recognise(folder, beside)?;
        }
        let lock = Lock::take(folder).map_err(|error| match error {
            LockError::Held { holder } => FolderError::Held { path: folder.into(), holder },
            LockError::Foreign => FolderError::Foreign { path: folder.join(LOCK) },
            LockError::Io(error) if is_read_only(&error) => FolderError::ReadOnly { path: folder.into(), error },
            LockError::Io(error) => failed(&folder.join(LOCK))(error),
        })?;
        let place = Self { folder: folder.into(), lock, _made: made };
        transaction::finish(folder)?;
        recognise(folder, beside)?;
        place.remove_leftovers()?;
        place.probe()?;
        let own = Own::read(folder)?;
        own.names().chain([MANIFEST, REPORT]).try_for_each(|name| own.check(folder, name))?;
        Ok(place)
    }

    /// Makes sure, before anything is written, that the folder is still this process's.
    pub(super) fn check_lock(&self) -> Result<(), FolderError> {
        match self.lock.is_held() {
            true => Ok(()),
            false => Err(FolderError::LockLost { path: self.folder.clone() }),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Refuses files that CoSpike did not write under these `names`, which are going to be written.
    ///
    /// # Errors
    /// [`FolderError::Foreign`], or [`FolderError::Changed`] for files that it did write.
    pub fn check<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), FolderError> {
        let own = Own::read(&self.folder)?;
        names.into_iter().try_for_each(|name| own.check(&self.folder, name))
    }

    /// Refuses `path`, which the user gave for something else, if it is this place, or in it one of `names` or a name that
    /// CoSpike needs itself.
    ///
    /// # Errors
    /// [`FolderError::NameNeeded`].
    pub fn check_other<'a>(&self, path: &Path, names: impl IntoIterator<Item = &'a str>) -> Result<(), FolderError> {
        let (Ok(folder), Some(path_there)) = (fs::canonicalize(&self.folder), real(path)) else { return Ok(()) };
        let Ok(inside) = path_there.strip_prefix(folder) else { return Ok(()) };
        let first = inside.iter().next().unwrap_or_default();
        let mut needed = names.into_iter().chain([MANIFEST, REPORT, LOCK, INCOMING]);
        match first.is_empty() || needed.any(|name| first == name) {
            true => Err(FolderError::NameNeeded { path: path.into() }),
            false => Ok(()),
        }
    }

    /// Removes what a killed process was writing.
    fn remove_leftovers(&self) -> Result<(), FolderError> {
        unique::remove_left(&self.folder, unique::is_staging).map_err(failed(&self.folder))?;
        let is_staging = |path: &Path| path.file_name().and_then(|name| name.to_str()).is_some_and(unique::is_staging);
        let mut folders = entries(&self.folder)?.into_iter().filter(|(path, kind)| kind.is_dir() && is_staging(path));
        folders.try_for_each(|(path, _)| remove_staging(&path))
    }

    /// Proves that files and folders can be made here, with names as long as are needed.
    fn probe(&self) -> Result<(), FolderError> {
        let probed = || {
            let staging = unique::staging_folder(&self.folder)?;
            fs::write(staging.path().join("0".repeat(LONGEST_NAME)), [0])?;
            staging.close()
        };
        probed().map_err(|error| failed(&self.folder)(unique::without_path(error)))
    }
}

/// Whether nothing can be made in the folder of which this is the error.
fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Refuses a folder that belongs to something else. It is ours if it holds results, or else it must be empty.
fn recognise(folder: &Path, beside: &[&Path]) -> Result<(), FolderError> {
    let own = Own::read(folder)?;
    if own.tables.is_some() || Own::read(&folder.join(INCOMING)).is_ok_and(|new| new.tables.is_some()) {
        return Ok(());
    }
    let beside: Vec<PathBuf> = beside.iter().filter_map(|path| real(path)).collect();
    let mut others = vec![];
    for (here, _) in entries(folder)? {
        let is_beside = || real(&here).is_some_and(|here| beside.iter().any(|other| other.starts_with(&here)));
        match here.file_name().unwrap_or_default().to_string_lossy().as_ref() {
            LOCK => {}
            name if LITTER.contains(&name) || unique::is_staging(name) || is_beside() => {}
            name => others.push(name.to_string()),
        }
    }
    others.sort();
    match &others[..] {
        [] => Ok(()),
        [only] => Err(FolderError::Taken { path: folder.into(), found: format!("`{only}`") }),
        [first, rest @ ..] => {
            let found = format!("`{first}` and {} more", rest.len());
            Err(FolderError::Taken { path: folder.into(), found })
        }
    }
}

/// Removes a folder with the files in it; one with anything else in it is not ours, and stays.
fn remove_staging(folder: &Path) -> Result<(), FolderError> {
    let files = entries(folder)?;
    if files.iter().any(|(_, kind)| !kind.is_file()) {
        return Ok(());
    }
    files.iter().try_for_each(|(path, _)| fs::remove_file(path).map_err(failed(path)))?;
    fs::remove_dir(folder).map_err(failed(folder))
}

/// Path and kind of everything in `folder`.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, fs::FileType)>, FolderError> {
    let listed = fs::read_dir(folder).map_err(failed(folder))?;
    let entries = listed.map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))));
    entries.collect::<Result<_, _>>().map_err(failed(folder))
}

/// Where a path leads that may not be there yet.
fn real(path: &Path) -> Option<PathBuf> {
    if let Ok(real) = fs::canonicalize(path) {
        return Some(real);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(fs::canonicalize(parent).ok()?.join(path.file_name()?))
}

/// Folders that were made, outermost first; those that are empty when this is dropped are removed.
#[derive(Debug, Default)]
struct Made(Vec<PathBuf>);

impl Made {
    /// Makes `folder` and those around it, as far as they are not there.
    fn folder(folder: &Path) -> Result<Self, FolderError> {
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => return Ok(Self::default()),
            Ok(_) => return Err(FolderError::NotFolder { path: folder.into() }),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(folder)(error)),
            Err(_) if fs::symlink_metadata(folder).is_ok() => {
                return Err(FolderError::DanglingLink { path: folder.into() });
            }
            Err(_) => {}
        }
        // Without `.` at its end, which is no name to make.
        let folder: PathBuf = folder.components().collect();
        let missing = folder.ancestors().filter(|path| !path.as_os_str().is_empty());
        let mut missing: Vec<&Path> = missing.take_while(|path| fs::symlink_metadata(path).is_err()).collect();
        missing.reverse();
        let mut made = Self::default();
        for path in missing {
            match fs::create_dir(path) {
                Ok(()) => made.0.push(path.into()),
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(error) => return Err(failed(path)(error)),
            }
        }
        // An empty path is no folder.
        fs::metadata(&folder).map_err(failed(&folder))?;
        Ok(made)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // One that is not empty stays.
        let _ = self.0.iter().rev().try_for_each(fs::remove_dir);
    }
}
