//! The lock of a folder: one process at a time writes there.

use super::own::open_file;
use same_file::Handle; // whether two open files are one, on every system
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// File that is locked.
pub(super) const LOCK: &str = ".lock";
/// How its content begins.
const START: &str = "CoSpike ";
/// Bytes of its content that are looked at.
const LONGEST: u64 = 1000;
/// How often, a millisecond apart, a holder that has not said its name yet is asked.
const PATIENCE: u32 = 200;

/// A folder in which no other process writes, until the lock is dropped.
///
/// The lock is the system's, so it ends with the process, however that ends; a file that is left behind blocks nobody.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Open as long as the lock is held.
    file: File,
    /// The folder itself, locked too where the system can: whoever removes the file has not unlocked it.
    folder: Option<File>,
}

/// Reason why a folder was not locked.
pub(super) enum LockError {
    /// Another process has locked it.
    Held {
        /// What that process says of itself.
        holder: String,
    },
    /// A file that is not ours has the name.
    Foreign,
    /// The file cannot be made, written or locked.
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Lock {
    /// Locks `folder`, without waiting.
    pub(super) fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(LOCK);
        loop {
            if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
                return Err(LockError::Foreign);
            }
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Err(LockError::Held { holder: holder(&mut file)? }),
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Ok(()) => {}
            }
            // The last holder may have removed the file between our opening and locking it.
            if !is_at(&file, &path)? {
                continue;
            }
            let found = content(&mut file)?;
            if !found.is_empty() && !found.starts_with(START) {
                return Err(LockError::Foreign);
            }
            let mut lock = Self { path, file, folder: None };
            lock.folder = lock_itself(folder)?;
            lock.file.set_len(0)?;
            lock.file.rewind()?;
            lock.file.write_all(introduction().as_bytes())?;
            return Ok(lock);
        }
    }

    /// Whether `folder` has a lock of ours, held or left behind.
    pub(super) fn is_in(folder: &Path) -> bool {
        open_file(&folder.join(LOCK)).and_then(|mut file| content(&mut file)).is_ok_and(|text| text.starts_with(START))
    }

    /// Whether the folder is still the one that was locked: nobody has put another in its place, or removed the lock.
    pub(super) fn is_held(&self) -> bool {
        is_at(&self.file, &self.path).unwrap_or(false)
    }
}

/// Locks the folder without a file in it; `None` where the system does not lock folders.
fn lock_itself(folder: &Path) -> Result<Option<File>, LockError> {
    let Ok(folder) = File::open(folder) else { return Ok(None) };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => {
            Err(LockError::Held { holder: format!("a process whose file {LOCK} somebody has removed") })
        }
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // First, because the next process takes it last.
        self.folder = None;
        // Before it is unlocked, so that no other process has locked it by then. A file that stays blocks nobody.
        if self.is_held() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match Handle::from_path(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        there => Ok(Handle::from_file(file.try_clone()?)? == there?),
    }
}

fn content(file: &mut File) -> io::Result<String> {
    let mut bytes = vec![];
    file.rewind()?;
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the holder of a lock has written about itself, which it does as soon as it has the lock.
fn holder(file: &mut File) -> io::Result<String> {
    for _ in 0..PATIENCE {
        let text = content(file)?;
        if let Some((_, holder)) = text.strip_prefix(START).and_then(|text| text.trim_end().split_once(": ")) {
            return Ok(holder.into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok("another process".into())
}

/// What this process writes about itself.
fn introduction() -> String {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let host = gethostname::gethostname(); // the standard library knows no name of the machine
    let (version, process) = (env!("CARGO_PKG_VERSION"), std::process::id());
    format!("{START}{version}: {program}, process {process} on {}\n", host.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invariant_13_one_holder_at_a_time_and_a_file_left_behind_blocks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).ok().unwrap();
        let Err(LockError::Held { holder }) = Lock::take(folder.path()) else { panic!("locked twice") };
        assert!(holder.contains(&format!("process {}", std::process::id())), "{holder}");
        assert!(Lock::is_in(folder.path()));
        drop(lock);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join(LOCK), "CoSpike 0.1.0: cospike, process 1 on a machine that is gone\n").unwrap();
        drop(Lock::take(folder.path()).ok().unwrap());
        fs::write(folder.path().join(LOCK), "mine").unwrap();
        assert!(matches!(Lock::take(folder.path()), Err(LockError::Foreign)));
        assert_eq!(fs::read_to_string(folder.path().join(LOCK)).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn invariant_13_removing_the_file_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).ok().unwrap();
        fs::remove_file(folder.path().join(LOCK)).unwrap();
        assert!(matches!(Lock::take(folder.path()), Err(LockError::Held { .. })) && !lock.is_held());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        drop(lock);
        assert!(Lock::take(folder.path()).is_ok());
    }

    #[test]
    fn invariant_13_of_many_that_come_and_go_one_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        if let Ok(lock) = Lock::take(folder.path()) {
                            use std::sync::atomic::Ordering::SeqCst;
                            assert_eq!(inside.fetch_add(1, SeqCst), 0);
                            inside.fetch_sub(1, SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
    }
}
