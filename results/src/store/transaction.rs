//! New files of a result folder come all together.
//!
//! They are written into a staging folder, which is then renamed to `.incoming`: from that moment on they are what the folder
//! holds, whoever reads looks there first, and whoever writes next finishes what may be left to do, which is to give each
//! its name and to remove what belonged to the old results.

use super::error::{FolderError, failed};
use super::own::{MANIFEST, Own, REPORT, hash_of, open_file};
use super::unique;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Folder of the new files that have no names in the result folder yet.
pub(super) const INCOMING: &str = ".incoming";

/// New files of a result folder, not yet visible there.
pub(super) struct Staging<'a> {
    folder: &'a Path,
    files: TempDir,
    /// Hash of every file by its name.
    pub(super) hashes: BTreeMap<String, String>,
}

impl<'a> Staging<'a> {
    /// Begins to replace files of `folder`.
    pub(super) fn begin(folder: &'a Path) -> Result<Self, FolderError> {
        let files = unique::staging_folder(folder).map_err(failed(folder))?;
        Ok(Self { folder, files, hashes: BTreeMap::new() })
    }

    /// Begins the file `name`; gives its present path, and the file.
    pub(super) fn create(&self, name: &str) -> Result<(PathBuf, File), FolderError> {
        let path = self.files.path().join(name);
        let file = File::create(&path).map_err(failed(&path))?;
        Ok((path, file))
    }

    /// Adds the file `name`, which is whole by now.
    pub(super) fn add(&mut self, name: &str) -> Result<(), FolderError> {
        self.hashes.insert(name.into(), hash_of(&self.files.path().join(name))?);
        Ok(())
    }

    /// Whether the folder has all these files already, byte for byte.
    pub(super) fn is_there(&self) -> bool {
        self.hashes.iter().all(|(name, hash)| hash_of(&self.folder.join(name)).is_ok_and(|found| found == *hash))
    }

    /// Adds a file with this text.
    pub(super) fn add_text(&mut self, name: &str, text: &str) -> Result<(), FolderError> {
        let (path, mut file) = self.create(name)?;
        file.write_all(text.as_bytes()).map_err(failed(&path))?;
        self.add(name)
    }

    /// Waits until the files are on the disk, and puts them in the place of the old ones. Refuses to overwrite anything that is not as
    /// CoSpike wrote it.
    pub(super) fn commit(self) -> Result<(), FolderError> {
        for name in self.hashes.keys() {
            let path = self.files.path().join(name);
            unique::sync_file(&path).map_err(failed(&path))?;
        }
        let own = Own::read(self.folder)?;
        self.hashes.keys().try_for_each(|name| own.check(self.folder, name))?;
        let incoming = self.folder.join(INCOMING);
        unique::sync_folder(self.files.path()).map_err(failed(self.files.path()))?;
        fs::rename(self.files.path(), &incoming).map_err(failed(&incoming))?;
        // What was renamed is no longer there to be removed.
        let _ = self.files.keep();
        let named = unique::sync_folder(self.folder).map_err(failed(self.folder)).and_then(|()| finish(self.folder));
        named.map_err(|error| FolderError::Unfinished { incoming, error: Box::new(error) })
    }
}

/// Gives the files in `.incoming`, if there are any, their names in `folder`, whose lock must be held.
pub(super) fn finish(folder: &Path) -> Result<(), FolderError> {
    let incoming = folder.join(INCOMING);
    let Some(Incoming { left, new }) = Incoming::look(folder)? else { return Ok(()) };
    let old = Own::read(folder)?;
    // What is of the old results and not of the new ones goes first, by the old records; new records come last.
    if new.tables.is_some() {
        // Page and figures show the old results.
        remove(folder, &old, old.names().filter(|name| !new.has(name)))?;
        remove_file(folder, REPORT)?;
    } else if new.report.is_some() {
        let drawn = old.report.iter().flat_map(|files| files.keys().map(String::as_str));
        remove(folder, &old, drawn.filter(|name| !new.has(name)))?;
    }
    let (records, files): (Vec<_>, Vec<_>) = left.iter().partition(|name| is_record(name));
    for name in files.into_iter().chain(records) {
        old.check(folder, name)?;
        let path = folder.join(name);
        fs::rename(incoming.join(name), &path).map_err(failed(&path))?;
    }
    unique::sync_folder(folder).map_err(failed(folder))?;
    fs::remove_dir(&incoming).map_err(failed(&incoming))
}

/// What is in `.incoming`.
struct Incoming {
    /// Names of the files that have not left it yet.
    left: Vec<String>,
    /// All files that came, as the record among them names them. The record is the last to leave.
    new: Own,
}

impl Incoming {
    /// Looks into `.incoming`; `None` if there is none. Refuses one that CoSpike did not write.
    fn look(folder: &Path) -> Result<Option<Self>, FolderError> {
        let path = folder.join(INCOMING);
        let foreign = || FolderError::Foreign { path: path.clone() };
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => match found.map_err(failed(&path))?.is_dir() {
                true => {}
                false => return Err(foreign()),
            },
        }
        let mut left = vec![];
        for entry in fs::read_dir(&path).map_err(failed(&path))? {
            let entry = entry.map_err(failed(&path))?;
            let is_file = entry.file_type().map_err(failed(&path))?.is_file();
            left.push(entry.file_name().into_string().ok().filter(|_| is_file).ok_or_else(foreign)?);
        }
        left.sort();
        let new = Own::read(&path).map_err(|error| if error.is_content() { foreign() } else { error })?;
        match left.iter().all(|name| is_record(name) || new.has(name)) {
            true => Ok(Some(Self { left, new })),
            false => Err(foreign()),
        }
    }
}

/// Opens the file `name` of the results in `folder`: among the new ones, if it has no name there yet.
pub(super) fn open(folder: &Path, name: &str) -> io::Result<File> {
    match open_file(&folder.join(INCOMING).join(name)) {
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            open_file(&folder.join(name))
        }
        file => file,
    }
}

/// Whether files of this name say which others are ours.
fn is_record(name: &str) -> bool {
    [MANIFEST, REPORT].contains(&name)
}

/// Removes the files of these names that are as CoSpike wrote them.
fn remove<'a>(folder: &Path, own: &Own, names: impl Iterator<Item = &'a str>) -> Result<(), FolderError> {
    for name in names {
        match own.check(folder, name) {
            Err(error) if error.is_content() => {}
            checked => checked.and_then(|()| remove_file(folder, name))?,
        }
    }
    Ok(())
}

fn remove_file(folder: &Path, name: &str) -> Result<(), FolderError> {
    let path = folder.join(name);
    unique::remove(&path).map_err(failed(&path))
}
