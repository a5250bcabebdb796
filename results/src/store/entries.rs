//! The content-addressed store of finished pieces: bytes found by the key of what made them.
//!
//! An entry is written aside under a unique name and renamed when it is whole, so that a reader finds all of it or nothing
//! and writers of the same key do not disturb one another. A damaged entry is never returned.

use super::unique;
use crate::key::ContentKey;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of the checksum in front of an entry's content.
const CHECKSUM: usize = blake3::OUT_LEN;
/// Start of the name of an entry that is not yet whole; no key starts like that.
const PARTIAL: &str = ".partial-";
/// Ending of a damaged entry that was set aside.
const DAMAGED: &str = "damaged";

/// A folder of entries.
#[derive(Clone, Debug)]
pub struct Entries {
    folder: PathBuf,
    on_damage: fn(&Damage),
    /// Keys that were put or asked for.
    used: Arc<Mutex<BTreeSet<ContentKey>>>,
}

/// A damaged entry that was found and set aside, so that it counts as not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The entry.
    pub path: PathBuf,
    /// Present place of the damaged entry.
    pub aside: PathBuf,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, aside) = (self.path.display(), self.aside.display());
        write!(formatter, "{path} is damaged: it is renamed to {aside}, and what it held is computed anew")
    }
}

/// Reason why an entry could not be stored or found.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Message of the system.
        error: io::Error,
    },
    /// The place of the store is a file.
    #[error("{} is no folder: give a folder for the store, or a name that is free", path.display())]
    NotFolder {
        /// The file.
        path: PathBuf,
    },
    /// An entry cannot be written. The store is as it was.
    #[error("{}: what was just finished cannot be stored: {error}", path.display())]
    NotStored {
        /// The entry.
        path: PathBuf,
        /// Message of the system.
        error: io::Error,
    },
}

impl Entries {
    /// Opens the store in `folder`, which is made if it does not exist, proves that it can be written to, and removes what
    /// killed processes left half written. `on_damage` is called, from any thread, for each entry that is not what was put there.
    ///
    /// # Errors
    /// [`EntryError::NotFolder`]; [`EntryError::Io`] if the folder cannot be made or written to.
    pub fn open(folder: &Path, on_damage: fn(&Damage)) -> Result<Self, EntryError> {
        if fs::metadata(folder).is_ok_and(|found| !found.is_dir()) {
            return Err(EntryError::NotFolder { path: folder.into() });
        }
        fs::create_dir_all(folder).map_err(failed(folder))?;
        unique::remove_left(folder, |name| unique::is_unique(name, PARTIAL)).map_err(failed(folder))?;
        let probe = unique::file(folder, PARTIAL).and_then(|mut file| file.write_all(&[0]));
        probe.map_err(failed(folder))?;
        Ok(Self { folder: folder.into(), on_damage, used: Arc::default() })
    }

    /// Stores `bytes` under `key`, in place of an entry that is there already.
    ///
    /// # Errors
    /// [`EntryError::NotStored`]; then the store is as it was.
    pub fn put(&self, key: &ContentKey, bytes: &[u8]) -> Result<(), EntryError> {
        self.use_key(key);
        self.try_put(key, bytes).map_err(|error| EntryError::NotStored { path: self.path(key), error })
    }

    fn try_put(&self, key: &ContentKey, bytes: &[u8]) -> io::Result<()> {
        // Another process that shares the store may have removed the folder with its last entry.
        fs::create_dir_all(&self.folder)?;
        let mut file = unique::file(&self.folder, PARTIAL)?;
        // Without waiting for the disk: what a power cut leaves short fails its checksum and is computed anew.
        file.write_all(&checksum(key, bytes))?;
        file.write_all(bytes)?;
        unique::rename(file, &self.path(key))
    }

    /// The bytes stored under `key`; `None` if there are none, or damaged ones, which are set aside and reported.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the entry cannot be read or set aside.
    pub fn get(&self, key: &ContentKey) -> Result<Option<Vec<u8>>, EntryError> {
        self.use_key(key);
        let path = self.path(key);
        let is_file = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found.map_err(failed(&path))?.is_file(),
        };
        // A pipe or a device would never end; no entry is one.
        let mut bytes = match is_file.then(|| fs::read(&path)) {
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Some(bytes) => bytes.map_err(failed(&path))?,
            None => vec![],
        };
        match bytes.split_at_checked(CHECKSUM) {
            Some((found, content)) if *found == checksum(key, content) => {
                bytes.drain(..CHECKSUM);
                Ok(Some(bytes))
            }
            _ => {
                (self.on_damage)(&set_aside(path)?);
                Ok(None)
            }
        }
    }

    /// Whether the folder has no files.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the folder cannot be read.
    pub fn is_empty(&self) -> Result<bool, EntryError> {
        Ok(fs::read_dir(&self.folder).map_err(failed(&self.folder))?.next().is_none())
    }

    /// Number and bytes of the entries that were neither put nor asked for.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the folder cannot be read.
    pub fn others(&self) -> Result<(u64, u64), EntryError> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used: BTreeSet<PathBuf> = used.iter().map(|key| self.path(key)).collect();
        let listed = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
            listed => listed.map_err(failed(&self.folder))?,
        };
        let (mut number, mut bytes) = (0, 0);
        for entry in listed {
            let entry = entry.map_err(failed(&self.folder))?;
            let is_entry = entry.file_name().to_str().is_some_and(|name| name.parse::<ContentKey>().is_ok());
            if is_entry && !used.contains(&entry.path()) {
                (number, bytes) = (number + 1, bytes + entry.metadata().map_or(0, |found| found.len()));
            }
        }
        Ok((number, bytes))
    }

    /// Removes the entries that were put or asked for, damaged ones too, and the folder if nothing else is in it. What others
    /// have stored stays, and what is not of the store.
    ///
    /// # Errors
    /// [`EntryError::Io`] if an entry cannot be removed.
    pub fn remove(self) -> Result<(), EntryError> {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        for path in used.iter().map(|key| self.path(key)) {
            for path in [path.with_extension(DAMAGED), path] {
                if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_dir()) {
                    unique::remove(&path).map_err(failed(&path))?;
                }
            }
        }
        // It stays if something else is in it.
        let _ = fs::remove_dir(&self.folder);
        Ok(())
    }

    fn use_key(&self, key: &ContentKey) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(*key);
    }

    fn path(&self, key: &ContentKey) -> PathBuf {
        self.folder.join(key.to_string())
    }
}

/// Checksum of an entry; it covers the key too, so that a renamed entry counts as damaged.
fn checksum(key: &ContentKey, content: &[u8]) -> [u8; CHECKSUM] {
    blake3::keyed_hash(key.as_bytes(), content).into()
}

fn set_aside(path: PathBuf) -> Result<Damage, EntryError> {
    let aside = path.with_extension(DAMAGED);
    match fs::rename(&path, &aside) {
        // Another reader may have set it aside already.
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(EntryError::Io { path, error }),
        _ => Ok(Damage { path, aside }),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> EntryError {
    let path = path.to_path_buf();
    |error| EntryError::Io { path, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::{ProptestConfig, any, proptest};
    use proptest::sample::Index;

    /// A store in which no damage is expected, or in which it does not matter.
    fn open(folder: &Path) -> Entries {
        Entries::open(folder, |_| ()).unwrap()
    }

    fn key(number: u64) -> ContentKey {
        ContentKey::from_json("test", &number).unwrap()
    }

    proptest! {
        // Every case writes to the disk and waits for it.
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn invariant_13_what_is_put_is_got_and_a_flipped_bit_is_found(
            content in vec(any::<u8>(), 0..200),
            other in vec(any::<u8>(), 0..200),
            place: Index,
            bit in 0..8_u8,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let entries = open(folder.path());
            entries.put(&key(1), &other).unwrap();
            entries.put(&key(1), &content).unwrap();
            assert_eq!(entries.get(&key(1)).unwrap().as_ref(), Some(&content));
            assert_eq!(entries.get(&key(2)).unwrap(), None);
            let path = entries.path(&key(1));
            let mut bytes = fs::read(&path).unwrap();
            bytes[place.index(CHECKSUM + content.len())] ^= 1 << bit;
            fs::write(&path, bytes).unwrap();
            assert_eq!(entries.get(&key(1)).unwrap(), None);
            assert!(!path.exists() && path.with_extension(DAMAGED).exists(), "it is set aside");
            entries.put(&key(1), &content).unwrap();
            assert_eq!(entries.get(&key(1)).unwrap(), Some(content));
        }
    }

    #[test]
    fn a_renamed_or_shortened_entry_is_damaged_and_a_partial_one_is_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let entries = open(&folder.path().join("new/folder"));
        entries.put(&key(1), b"content").unwrap();
        fs::rename(entries.path(&key(1)), entries.path(&key(2))).unwrap();
        assert_eq!(entries.get(&key(2)).unwrap(), None);
        assert!(entries.path(&key(2)).with_extension(DAMAGED).exists());
        for length in [0, CHECKSUM - 1, CHECKSUM + 6] {
            entries.put(&key(1), b"content").unwrap();
            let bytes = fs::read(entries.path(&key(1))).unwrap();
            fs::write(entries.path(&key(1)), &bytes[..length]).unwrap();
            assert_eq!(entries.get(&key(1)).unwrap(), None, "{length} bytes");
        }
        let mut partial = unique::file(&entries.folder, PARTIAL).unwrap();
        partial.write_all(&checksum(&key(3), b"content")).unwrap();
        assert_eq!(entries.get(&key(3)).unwrap(), None);
        // Closed, so not locked.
        let left = unique::file(&entries.folder, PARTIAL).unwrap().into_temp_path().keep().unwrap();
        open(&entries.folder);
        assert!(!left.exists(), "left by a process that was killed");
        assert!(partial.path().exists(), "being written");
    }

    #[test]
    fn invariant_13_removing_touches_only_what_was_used_and_opening_only_what_was_left_half_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("store");
        Entries::open(&folder, |_| ()).unwrap().put(&key(1), b"of another study").unwrap();
        let others = [".partial-thesis.tex".to_string(), format!("{}.txt", key(2)), "notes".into()];
        others.iter().for_each(|name| fs::write(folder.join(name), "mine").unwrap());
        fs::write(folder.join(".partial-0123456789ab"), "left").unwrap();
        let entries = Entries::open(&folder, |_| ()).unwrap();
        entries.put(&key(2), b"content").unwrap();
        assert_eq!(entries.get(&key(3)).unwrap(), None);
        entries.remove().unwrap();
        let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        let mut expected: Vec<_> =
            others.into_iter().chain([key(1).to_string()]).map(std::ffi::OsString::from).collect();
        expected.sort();
        assert_eq!(left, expected);
        fs::write(place.path().join("file"), "").unwrap();
        let taken = Entries::open(&place.path().join("file"), |_| ());
        assert!(matches!(taken, Err(EntryError::NotFolder { .. })));
    }

    #[test]
    fn what_is_no_file_is_a_damaged_entry() {
        let folder = tempfile::tempdir().unwrap();
        let entries = Entries::open(folder.path(), |_| ()).unwrap();
        fs::create_dir(entries.path(&key(1))).unwrap();
        assert_eq!(entries.get(&key(1)).unwrap(), None);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/dev/zero", entries.path(&key(2))).unwrap();
            assert_eq!(entries.get(&key(2)).unwrap(), None);
        }
        entries.put(&key(1), b"content").unwrap();
        assert_eq!(entries.get(&key(1)).unwrap().as_deref(), Some(&b"content"[..]));
    }

    #[test]
    fn removing_a_store_leaves_what_is_not_of_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("store");
        let entries = open(&folder);
        entries.put(&key(1), b"content").unwrap();
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        entries.clone().remove().unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "the notes are left");
        fs::remove_file(folder.join("notes.txt")).unwrap();
        entries.clone().remove().unwrap();
        assert!(!folder.exists());
        entries.put(&key(2), b"content").unwrap();
        assert_eq!(entries.get(&key(2)).unwrap().as_deref(), Some(&b"content"[..]));
    }

    #[test]
    fn writers_of_one_key_do_not_disturb_one_another() {
        let folder = tempfile::tempdir().unwrap();
        let entries = open(folder.path());
        let content = vec![7; 100_000];
        entries.put(&key(1), &content).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..20).for_each(|_| entries.put(&key(1), &content).unwrap()));
                scope
                    .spawn(|| (0..20).for_each(|_| assert_eq!(entries.get(&key(1)).unwrap().as_ref(), Some(&content))));
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
    }
}
