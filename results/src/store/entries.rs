//! The content-addressed store of finished pieces: bytes found by the key of what made them, and notes about work in progress.
//!
//! | part | holds |
//! |---|---|
//! | `entries/ab/KEY` | an entry, in a folder named by the first two digits of its key; with `.damaged` behind it, one that was set aside |
//! | `notes/NAME` | a note |
//! | `partial/` | what is being written, in a store that is a folder |
//!
//! An entry or note is published when it is whole, so that a reader finds all of it or nothing and writers of the same key do
//! not disturb one another. A damaged entry is never returned.

pub use super::backend::Listed;
pub use super::location::Location;

use super::backend::Backend;
use super::local::LocalFolder;
use crate::key::ContentKey;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of the checksum in front of an entry's content.
const CHECKSUM: usize = blake3::OUT_LEN;
/// Folder, within the store, of the entries.
const ENTRIES: &str = "entries";
/// Folder, within the store, of the notes.
const NOTES: &str = "notes";
/// Ending of a damaged entry that was set aside.
const DAMAGED: &str = ".damaged";

/// A store of finished pieces and of notes, in a folder or a bucket.
#[derive(Clone, Debug)]
pub struct Entries {
    backend: Arc<dyn Backend>,
    on_damage: fn(&Damage),
}

/// A damaged entry that was found and set aside, so that it counts as not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The entry: its path or address.
    pub address: String,
    /// Present place of the damaged entry.
    pub aside: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { address, aside } = self;
        write!(formatter, "{address} is damaged: it is renamed to {aside}, and what it held is computed anew")
    }
}

/// Reason why an entry could not be stored or found.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// A part of the store cannot be read or written.
    #[error("{address}: {error}")]
    Io {
        /// Its path or address.
        address: String,
        /// Message of the system.
        error: io::Error,
    },
    /// The place of the store is a file.
    #[error("{} is no folder: give a folder for the store, or a name that is free", path.display())]
    NotFolder {
        /// The file.
        path: PathBuf,
    },
    /// The place of the store is an address that cannot be used.
    #[error("`{address}` cannot be used as a store: {reason}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An entry or note cannot be written. The store is as it was.
    #[error("{address}: what was just finished cannot be stored: {error}")]
    NotStored {
        /// The entry.
        address: String,
        /// Message of the system.
        error: io::Error,
    },
}

impl Entries {
    /// Whether there is a store at `location`, as far as that can be seen without opening it: in a folder, something has been stored.
    pub fn is_there(location: &Location) -> bool {
        location.folder().is_none_or(|folder| folder.join(ENTRIES).is_dir())
    }

    /// Opens the store at `location`: a folder, which is made if it does not exist, is proven to be writable and cleaned of what
    /// killed processes left half written; or a place in an object store. `on_damage` is called, from any thread, for each
    /// entry that is not what was put there.
    ///
    /// # Errors
    /// [`EntryError::NotFolder`]; [`EntryError::Address`]; [`EntryError::Io`] if the place cannot be made or written to.
    pub fn open(location: &Location, on_damage: fn(&Damage)) -> Result<Self, EntryError> {
        let backend: Arc<dyn Backend> = match location {
            Location::Folder(path) => match std::fs::metadata(path) {
                Ok(found) if !found.is_dir() => return Err(EntryError::NotFolder { path: path.clone() }),
                _ => {
                    let opened = LocalFolder::open(path);
                    let failed = |error| EntryError::Io { address: path.display().to_string(), error };
                    Arc::new(opened.map_err(failed)?)
                }
            },
            #[cfg(feature = "object-store")]
            Location::Url(url) => Arc::new(super::bucket::Bucket::open(url)?),
            #[cfg(not(feature = "object-store"))]
            Location::Url(_) => {
                let reason = "this program was built without object stores; build it with `--features object-store`";
                return Err(EntryError::Address { address: location.to_string(), reason: reason.into() });
            }
        };
        Ok(Self { backend, on_damage })
    }

    /// A store whose place is `backend`.
    #[cfg(all(test, feature = "object-store"))]
    pub(super) fn over(backend: Arc<dyn Backend>) -> Self {
        Self { backend, on_damage: |_| () }
    }

    /// Stores `bytes` under `key`, in place of an entry that is there already.
    ///
    /// # Errors
    /// [`EntryError::NotStored`]; then the store is as it was.
    pub fn put(&self, key: &ContentKey, bytes: &[u8]) -> Result<(), EntryError> {
        let name = entry_name(key);
        let entry = [&checksum(key, bytes)[..], bytes].concat();
        self.backend.write(&name, &entry).map_err(self.not_stored(&name))
    }

    /// The bytes stored under `key`; `None` if there are none, or damaged ones, which are set aside and reported.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the entry cannot be read or set aside.
    pub fn get(&self, key: &ContentKey) -> Result<Option<Vec<u8>>, EntryError> {
        let name = entry_name(key);
        let Some(mut bytes) = self.backend.read(&name).map_err(self.failed(&name))? else { return Ok(None) };
        match bytes.split_at_checked(CHECKSUM) {
            Some((found, content)) if *found == checksum(key, content) => {
                bytes.drain(..CHECKSUM);
                Ok(Some(bytes))
            }
            _ => {
                let aside = format!("{name}{DAMAGED}");
                self.backend.rename(&name, &aside).map_err(self.failed(&name))?;
                let address = |name: &str| self.backend.address(name);
                (self.on_damage)(&Damage { address: address(&name), aside: address(&aside) });
                Ok(None)
            }
        }
    }

    /// Whether there is an entry for `key`, which may be damaged.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the store cannot be read.
    pub fn contains(&self, key: &ContentKey) -> Result<bool, EntryError> {
        let name = entry_name(key);
        self.backend.exists(&name).map_err(self.failed(&name))
    }

    /// Keys of all entries, each of which may be damaged.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the store cannot be read.
    pub fn keys(&self) -> Result<BTreeSet<ContentKey>, EntryError> {
        let mut keys = BTreeSet::new();
        self.backend.names(ENTRIES, &mut |name| keys.extend(entry_key(name))).map_err(self.failed(ENTRIES))?;
        Ok(keys)
    }

    /// All entries, those that were set aside too; [`entry_key`] tells them apart. Whatever else lies among them, somebody else has put
    /// there.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the store cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, EntryError> {
        let mut listed = self.backend.list(ENTRIES).map_err(self.failed(ENTRIES))?;
        listed.retain(|found| entry_key(found.name.strip_suffix(DAMAGED).unwrap_or(&found.name)).is_some());
        Ok(listed)
    }

    /// Removes something that [`Entries::list`] or [`Entries::list_notes`] has found.
    ///
    /// # Errors
    /// [`EntryError::Io`] if it cannot be removed.
    pub fn remove(&self, listed: &Listed) -> Result<(), EntryError> {
        self.backend.remove(&listed.name).map_err(self.failed(&listed.name))
    }

    /// The note `name`; `None` if there is none.
    ///
    /// # Errors
    /// [`EntryError::Io`] if it cannot be read.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, EntryError> {
        let name = note_name(name);
        self.backend.read(&name).map_err(self.failed(&name))
    }

    /// Writes the note `name`: letters, digits, `-`, `_` and `.`, with `/` between its parts. It replaces one that is there.
    ///
    /// # Errors
    /// [`EntryError::NotStored`] if it cannot be written.
    pub fn write_note(&self, name: &str, bytes: &[u8]) -> Result<(), EntryError> {
        let name = note_name(name);
        self.backend.write(&name, bytes).map_err(self.not_stored(&name))
    }

    /// Writes the note `name` if there is none; of several that try at once, one succeeds.
    ///
    /// # Errors
    /// [`EntryError::NotStored`] if it cannot be written.
    pub fn create_note(&self, name: &str, bytes: &[u8]) -> Result<bool, EntryError> {
        let name = note_name(name);
        self.backend.create(&name, bytes).map_err(self.not_stored(&name))
    }

    /// Removes the note `name`, if there is one.
    ///
    /// # Errors
    /// [`EntryError::Io`] if it cannot be removed.
    pub fn remove_note(&self, name: &str) -> Result<(), EntryError> {
        let name = note_name(name);
        self.backend.remove(&name).map_err(self.failed(&name))
    }

    /// Names of the notes whose names start with `folder` and `/`, sorted.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the store cannot be read.
    pub fn notes(&self, folder: &str) -> Result<BTreeSet<String>, EntryError> {
        let name = |found: &Listed| Some(found.name.strip_prefix(NOTES)?.strip_prefix('/')?.to_owned());
        Ok(self.list_notes(folder)?.iter().filter_map(name).collect())
    }

    /// The notes whose names start with `folder` and `/`, to be looked at by their age or to be removed.
    ///
    /// # Errors
    /// [`EntryError::Io`] if the store cannot be read.
    pub fn list_notes(&self, folder: &str) -> Result<Vec<Listed>, EntryError> {
        let folder = note_name(folder);
        self.backend.list(&folder).map_err(self.failed(&folder))
    }

    fn failed<'a>(&'a self, name: &'a str) -> impl FnOnce(io::Error) -> EntryError + use<'a> {
        |error| EntryError::Io { address: self.backend.address(name), error }
    }

    fn not_stored<'a>(&'a self, name: &'a str) -> impl FnOnce(io::Error) -> EntryError + use<'a> {
        |error| EntryError::NotStored { address: self.backend.address(name), error }
    }
}

fn entry_name(key: &ContentKey) -> String {
    let key = key.to_string();
    format!("{ENTRIES}/{}/{key}", &key[..2])
}

/// The key of the entry called `name`; `None` if that is not the name of an entry.
pub fn entry_key(name: &str) -> Option<ContentKey> {
    let key = name.rsplit('/').next()?.parse().ok()?;
    (entry_name(&key) == name).then_some(key)
}

fn note_name(name: &str) -> String {
    format!("{NOTES}/{name}")
}

/// Checksum of an entry; it covers the key too, so that a renamed entry counts as damaged.
fn checksum(key: &ContentKey, content: &[u8]) -> [u8; CHECKSUM] {
    blake3::keyed_hash(key.as_bytes(), content).into()
}

#[cfg(test)]
mod tests;
