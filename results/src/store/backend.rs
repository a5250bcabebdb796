//! Where a store keeps what it is given: bytes by name, in a folder or a bucket.

use std::fmt::Debug;
use std::io;
use std::time::SystemTime;

/// A place of named bytes. Names are relative, `/` between their parts. All operations may be called from many threads, and
/// from many processes and machines at once.
pub(super) trait Backend: Debug + Send + Sync {
    /// The bytes under `name`; `None` if there are none.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Whether there is something under `name`.
    fn exists(&self, name: &str) -> io::Result<bool>;

    /// Puts `bytes` under `name`, in place of what is there: a reader finds the old bytes or the new ones, whole.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Puts `bytes` under `name` if nothing is there; of several that try at once, one succeeds.
    fn create(&self, name: &str, bytes: &[u8]) -> io::Result<bool>;

    /// Gives what is under `from` the name `to`, if it is there.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes what is under `name`, if it is there.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Everything whose name starts with `folder` and `/`, in no order.
    fn list(&self, folder: &str) -> io::Result<Vec<Listed>>;

    /// Gives the names of all of it to `take`.
    fn names(&self, folder: &str, take: &mut dyn FnMut(&str)) -> io::Result<()> {
        self.list(folder)?.iter().for_each(|listed| take(&listed.name));
        Ok(())
    }

    /// What a message calls the thing under `name`: its path or address.
    fn address(&self, name: &str) -> String;
}

/// Something that is in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Time of its last change, if the place knows it.
    pub changed: Option<SystemTime>,
}
