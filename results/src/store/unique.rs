//! Files and folders under unique names, in which everything is written before it is renamed.
//!
//! The names are random: a process id is 1 for whatever runs in a container. Temporary files are usually the user's alone.
//! These become results, so others may read them as far as the user's file mode mask allows.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use tempfile::{Builder, NamedTempFile, TempDir}; // removed when dropped, so an error leaves nothing behind

/// Start of the names of what is not whole yet.
const STAGING: &str = ".staging-";
/// Random characters behind it.
const RANDOM: usize = 12;

/// A new file in `folder` whose name starts with `prefix`; it is removed when dropped. It is locked until then, so that nobody
/// takes it for one that was left.
pub(super) fn file(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    loop {
        let file = shared(Builder::new().prefix(prefix).rand_bytes(RANDOM), 0o666).tempfile_in(folder);
        let file = file.map_err(without_path)?;
        match file.as_file().try_lock() {
            // Somebody has taken it for one that was left, before it was locked.
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if !file.path().exists() => {}
            // Where there are no locks, nobody removes it either.
            _ => return Ok(file),
        }
    }
}

/// Removes the files in `folder` that processes which were killed have left. `is_ours` tells them by their names.
pub(super) fn remove_left(folder: &Path, is_ours: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_left = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if entry.file_type()?.is_file() && entry.file_name().to_str().is_some_and(&is_ours) && is_left() {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file, which another process may have removed already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A new file in `folder` for what is not whole yet; it is removed when dropped.
pub(super) fn staging_file(folder: &Path) -> io::Result<NamedTempFile> {
    file(folder, STAGING)
}

/// A new folder in `parent` for what is not whole yet; it is removed with its content when dropped.
pub(super) fn staging_folder(parent: &Path) -> io::Result<TempDir> {
    shared(Builder::new().prefix(STAGING).rand_bytes(RANDOM), 0o777).tempdir_in(parent).map_err(without_path)
}

/// The system's own words, without the random name that the library adds to them.
pub(super) fn without_path(error: io::Error) -> io::Error {
    let source = error.get_ref().and_then(std::error::Error::source);
    let code = source.and_then(|source| source.downcast_ref::<io::Error>()).and_then(io::Error::raw_os_error);
    code.map_or(error, io::Error::from_raw_os_error)
}

/// Whether a file or folder of this name is one of the above, left by a process that was killed.
pub(super) fn is_staging(name: &str) -> bool {
    is_unique(name, STAGING)
}

/// Whether `name` is one that [`file`] gives with this prefix.
pub(super) fn is_unique(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|random| random.len() == RANDOM && random.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Renames `file`, which is whole by now, to `path`, in place of what is there.
pub(super) fn rename(file: NamedTempFile, path: &Path) -> io::Result<()> {
    // It stays open, and locked, until it has its name.
    let (_locked, aside) = file.into_parts();
    fs::rename(&aside, path)?;
    // What was renamed is no longer there to be removed.
    let _ = aside.keep();
    Ok(())
}

/// Waits until what was written into a file is on the disk.
pub(super) fn sync_file(path: &Path) -> io::Result<()> {
    // Some systems want a file for this that can be written to.
    File::options().write(true).open(path)?.sync_all()
}

/// Waits until the names in `folder` are on the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Only Unix opens folders, and only there have they to be waited for.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
fn shared<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>, mode: u32) -> &'b Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn shared<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>, _mode: u32) -> &'b Builder<'p, 's> {
    builder
}
