//! A folder as the place of a store, which may be on a file system that many machines share.
//!
//! What is written appears under its name when it is whole, by a rename, so there are no locks to wait for or to lose.

use super::backend::{Backend, Listed};
use super::unique;
use std::fs::{self, DirEntry};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Folder of what is not whole yet.
const PARTIAL_FOLDER: &str = "partial";
/// Start of the names in it.
const PARTIAL: &str = ".partial-";

/// A folder.
#[derive(Clone, Debug)]
pub(super) struct LocalFolder(PathBuf);

impl LocalFolder {
    /// Opens `folder`, which is made if it does not exist, proves that it can be written to, and removes what killed processes
    /// left half written.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let opened = Self(folder.into());
        let partial = folder.join(PARTIAL_FOLDER);
        fs::create_dir_all(&partial)?;
        unique::remove_left(&partial, |name| unique::is_unique(name, PARTIAL))?;
        opened.aside(&[0])?;
        Ok(opened)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file aside with `bytes` in it, removed when dropped.
    fn aside(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        let folder = self.0.join(PARTIAL_FOLDER);
        let mut file = match unique::file(&folder, PARTIAL) {
            // Another process may have removed the folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&folder)?;
                unique::file(&folder, PARTIAL)?
            }
            file => file?,
        };
        // Without waiting for the disk: what a power cut leaves short fails its checksum and is computed anew.
        file.write_all(bytes)?;
        Ok(file)
    }

    /// Publishes `bytes` under `name` by `publish`, once more if the folder of that name has to be made first.
    fn publish<T>(
        &self,
        name: &str,
        bytes: &[u8],
        publish: impl Fn(NamedTempFile, &Path) -> io::Result<T>,
    ) -> io::Result<T> {
        let path = self.path(name);
        match publish(self.aside(bytes)?, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                publish(self.aside(bytes)?, &path)
            }
            published => published,
        }
    }
}

/// `None` in place of the error that something is not there.
fn if_there<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}

impl LocalFolder {
    /// Shows every file in `folder`, and in the folders in it, to `take`.
    fn walk(&self, folder: &str, take: &mut dyn FnMut(String, &DirEntry) -> io::Result<()>) -> io::Result<()> {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let Some(inside) = if_there(fs::read_dir(self.path(&folder)))? else { continue };
            for entry in inside {
                let entry = entry?;
                // A name that is no text was not given by CoSpike.
                let Ok(name) = entry.file_name().into_string() else { continue };
                let name = format!("{folder}/{name}");
                match entry.file_type()? {
                    kind if kind.is_dir() => folders.push(name),
                    kind if kind.is_file() => take(name, &entry)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl Backend for LocalFolder {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.path(name);
        match if_there(fs::metadata(&path))? {
            None => Ok(None),
            Some(found) if found.is_file() => if_there(fs::read(&path)),
            // A pipe or a device would never end; nothing that was stored is one.
            Some(_) => Ok(Some(vec![])),
        }
    }

    fn exists(&self, name: &str) -> io::Result<bool> {
        fs::exists(self.path(name))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.publish(name, bytes, unique::rename)
    }

    fn create(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        let published = self.publish(name, bytes, |file, path| {
            file.persist_noclobber(path).map_err(|error| unique::without_path(error.error))
        });
        match published {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            published => published.map(|_| true),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        if_there(fs::rename(self.path(from), self.path(to))).map(|_| ())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        unique::remove(&self.path(name))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        let mut found = vec![];
        self.walk(folder, &mut |name, entry| {
            if let Some(data) = if_there(entry.metadata())? {
                found.push(Listed { name, bytes: data.len(), changed: data.modified().ok() });
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn names(&self, folder: &str, take: &mut dyn FnMut(&str)) -> io::Result<()> {
        // The system is asked for nothing but the names, which is most of the time of a long list.
        self.walk(folder, &mut |name, _| {
            take(&name);
            Ok(())
        })
    }

    fn address(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}
