//! The content-addressed store of finished pieces: bytes found by the key of what made them.
//!
//! An entry is written aside under a unique name and renamed when it is whole, so that a reader finds all of it or nothing
//! and writers of the same key do not disturb one another. A damaged entry is never returned.

use super::unique;
use crate::key::ContentKey;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
    /// The content of an entry is not what was put there. The entry is set aside, so that the next search finds nothing.
    #[error("{} is damaged and was renamed to {}: run again to compute it anew", path.display(), aside.display())]
    Damaged {
        /// The entry.
        path: PathBuf,
        /// Present place of the damaged entry.
        aside: PathBuf,
    },
}

impl Entries {
    /// Opens the store in `folder`, which is made if it does not exist.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, EntryError> {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        Ok(Self { folder: folder.into() })
    }

    /// Stores `bytes` under `key`, in place of an entry that is there already.
    ///
    /// # Errors
    /// [`EntryError::Io`]; then the store is as it was.
    pub fn put(&self, key: &ContentKey, bytes: &[u8]) -> Result<(), EntryError> {
        let path = self.path(key);
        // Another process that shares the store may have removed the folder with its last entry.
        fs::create_dir_all(&self.folder).map_err(failed(&self.folder))?;
        let mut file = unique::file(&self.folder, PARTIAL).map_err(failed(&self.folder))?;
        // Without waiting for the disk: what a power cut leaves short fails its checksum and is computed anew.
        let written = file.write_all(&checksum(key, bytes)).and_then(|()| file.write_all(bytes));
        written.map_err(failed(file.path()))?;
        file.persist(&path).map_err(|error| EntryError::Io { path, error: error.error })?;
        Ok(())
    }

    /// The bytes stored under `key`; `None` if there are none.
    ///
    /// # Errors
    /// [`EntryError::Damaged`] if the entry is not what was put there, [`EntryError::Io`] if it cannot be read.
    pub fn get(&self, key: &ContentKey) -> Result<Option<Vec<u8>>, EntryError> {
        let path = self.path(key);
        let mut bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(failed(&path))?,
        };
        match bytes.split_at_checked(CHECKSUM) {
            Some((found, content)) if *found == checksum(key, content) => {
                bytes.drain(..CHECKSUM);
                Ok(Some(bytes))
            }
            _ => Err(set_aside(path)),
        }
    }

    /// Whether the folder has no files.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the folder cannot be read.
    pub fn is_empty(&self) -> Result<bool, EntryError> {
        Ok(fs::read_dir(&self.folder).map_err(failed(&self.folder))?.next().is_none())
    }

    /// Removes all entries, partial and damaged ones too, and the folder if nothing else is in it. What is not of the store
    /// stays.
    ///
    /// # Errors
    /// [`EntryError::Io`] if an entry cannot be removed.
    pub fn remove(self) -> Result<(), EntryError> {
        for file in fs::read_dir(&self.folder).map_err(failed(&self.folder))? {
            let path = file.map_err(failed(&self.folder))?.path();
            let is_key = path.file_stem().and_then(|stem| stem.to_str()?.parse::<ContentKey>().ok()).is_some();
            let is_partial = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PARTIAL));
            if is_key || is_partial {
                match fs::remove_file(&path) {
                    // Another process may remove the same entries.
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
                    _ => {}
                }
            }
        }
        // It stays if something else is in it.
        let _ = fs::remove_dir(&self.folder);
        Ok(())
    }

    fn path(&self, key: &ContentKey) -> PathBuf {
        self.folder.join(key.to_string())
    }
}

/// Checksum of an entry; it covers the key too, so that a renamed entry counts as damaged.
fn checksum(key: &ContentKey, content: &[u8]) -> [u8; CHECKSUM] {
    blake3::keyed_hash(key.as_bytes(), content).into()
}

fn set_aside(path: PathBuf) -> EntryError {
    let aside = path.with_extension(DAMAGED);
    match fs::rename(&path, &aside) {
        // Another reader may have set it aside already.
        Err(error) if error.kind() != io::ErrorKind::NotFound => EntryError::Io { path, error },
        _ => EntryError::Damaged { path, aside },
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
            let entries = Entries::open(folder.path()).unwrap();
            entries.put(&key(1), &other).unwrap();
            entries.put(&key(1), &content).unwrap();
            assert_eq!(entries.get(&key(1)).unwrap().as_ref(), Some(&content));
            assert_eq!(entries.get(&key(2)).unwrap(), None);
            let path = entries.path(&key(1));
            let mut bytes = fs::read(&path).unwrap();
            bytes[place.index(CHECKSUM + content.len())] ^= 1 << bit;
            fs::write(&path, bytes).unwrap();
            let error = entries.get(&key(1)).unwrap_err();
            assert!(matches!(&error, EntryError::Damaged { path: damaged, aside } if *damaged == path && aside.exists()));
            assert_eq!(entries.get(&key(1)).unwrap(), None, "it is set aside");
            entries.put(&key(1), &content).unwrap();
            assert_eq!(entries.get(&key(1)).unwrap(), Some(content));
        }
    }

    #[test]
    fn a_renamed_or_shortened_entry_is_damaged_and_a_partial_one_is_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let entries = Entries::open(&folder.path().join("new/folder")).unwrap();
        entries.put(&key(1), b"content").unwrap();
        fs::rename(entries.path(&key(1)), entries.path(&key(2))).unwrap();
        assert!(matches!(entries.get(&key(2)), Err(EntryError::Damaged { .. })));
        for length in [0, CHECKSUM - 1, CHECKSUM + 6] {
            entries.put(&key(1), b"content").unwrap();
            let bytes = fs::read(entries.path(&key(1))).unwrap();
            fs::write(entries.path(&key(1)), &bytes[..length]).unwrap();
            assert!(matches!(entries.get(&key(1)), Err(EntryError::Damaged { .. })), "{length} bytes");
        }
        let mut partial = unique::file(&entries.folder, PARTIAL).unwrap();
        partial.write_all(&checksum(&key(3), b"content")).unwrap();
        assert_eq!(entries.get(&key(3)).unwrap(), None);
    }

    #[test]
    fn removing_a_store_leaves_what_is_not_of_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("store");
        let entries = Entries::open(&folder).unwrap();
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
        let entries = Entries::open(folder.path()).unwrap();
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
