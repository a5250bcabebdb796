//! A place in an object store as the place of a store: Amazon S3 and what speaks its protocol, Google Cloud Storage, Azure.
//!
//! What is put there appears when it is whole, so nothing has to be written aside. A server that is silent for a while is waited
//! for; one that stays silent costs that wait once, not once for each piece of a study.

mod connection;
mod words;

use self::connection::{Address, Connection, Provider, environment};
use self::words::{is_silence, words};
use super::backend::{Backend, Listed};
use super::entries::EntryError;
use super::location::Location;
use futures_util::TryStreamExt; // the library lists as a stream
use object_store::path::Path;
use object_store::{Attribute, AttributeValue, Attributes, Error, GetOptions, ObjectStore, ObjectStoreExt};
use object_store::{ObjectMeta, PutMode, PutOptions, PutPayload, Result};
use std::borrow::Cow;
use std::fmt::{Debug, Formatter};
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// How long a silent server is waited for: longer than one takes that is started again.
const PATIENCE: Duration = Duration::from_secs(180);
/// The same for the first request, since a mistake in a setting is likelier then, and for a server that was waited for in vain.
const LITTLE_PATIENCE: Duration = Duration::from_secs(10);
/// Time between two tries where the library does not try again by itself.
const PAUSE: Duration = Duration::from_secs(1);
/// What tells an object that was made here from one that another process has made at the same time.
const MARK: Attribute = Attribute::Metadata(Cow::Borrowed("writer"));

/// A place in an object store.
pub(super) struct Bucket {
    address: String,
    provider: Provider,
    folder: Path,
    patient: Connection,
    impatient: Connection,
    /// When the server was waited for in vain; `None` if it has answered since.
    silent_since: Mutex<Option<Instant>>,
    runtime: Runtime,
}

/// Without what the library knows of credentials.
impl Debug for Bucket {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Bucket").field(&self.address).finish()
    }
}

impl Bucket {
    /// Opens the place at `url`, with the credentials and settings that the environment has for it, and proves that it can be
    /// written to, listed and removed from.
    pub(super) fn open(url: &str) -> std::result::Result<Self, EntryError> {
        Self::with_settings(url, &environment(), [PATIENCE, LITTLE_PATIENCE])
    }

    /// The same with `settings` as the environment, and the longer and the shorter time for which a silent server is waited for.
    fn with_settings(
        url: &str,
        settings: &[(String, String)],
        [patience, little]: [Duration; 2],
    ) -> std::result::Result<Self, EntryError> {
        let address = Location::Url(url.into()).to_string();
        let refused = |reason| EntryError::Address { address: address.clone(), reason };
        let failed = |error: io::Error| refused(error.to_string());
        let parsed = Address::parse(url).map_err(refused)?;
        let [patient, impatient] = [patience, little].map(|patience| parsed.connect(settings, patience));
        let bucket = Self {
            address: address.trim_end_matches('/').to_owned(),
            provider: parsed.provider,
            folder: parsed.folder,
            patient: patient.map_err(refused)?,
            impatient: impatient.map_err(refused)?,
            silent_since: Mutex::new(None),
            // The thread that asks does the work: this one waits for the network.
            runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(failed)?,
        };
        bucket.prove().map_err(failed)?;
        Ok(bucket)
    }

    /// Puts something where nothing is, lists and removes it.
    fn prove(&self) -> io::Result<()> {
        let (path, mark) = (self.path(&format!("partial/{}", mark()?)), mark()?);
        self.ask_by(&self.impatient, async |store| {
            create(store, &path, &[0], &mark).await?;
            let _: Vec<_> = store.list(Some(&path)).try_collect().await?;
            remove(store, &path).await
        })
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.folder.clone(), |path, part| path.join(part))
    }

    /// What `operation` gives. A silent server is waited for; one that stays silent costs that time once, not once for each piece
    /// of a study: it is asked again only after as long.
    fn ask<T>(&self, operation: impl AsyncFn(&dyn ObjectStore) -> Result<T>) -> io::Result<T> {
        let silent_since = *self.silent_since.lock().unwrap_or_else(PoisonError::into_inner);
        match silent_since {
            None => self.ask_by(&self.patient, operation),
            Some(since) if since.elapsed() > self.patient.patience => self.ask_by(&self.impatient, operation),
            Some(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the server was waited for in vain")),
        }
    }

    fn ask_by<T>(
        &self,
        Connection { store, patience }: &Connection,
        operation: impl AsyncFn(&dyn ObjectStore) -> Result<T>,
    ) -> io::Result<T> {
        let begun = Instant::now();
        let answer = self.runtime.block_on(async {
            loop {
                match operation(&**store).await {
                    // The library does not repeat all that was cut short. Here a second time does no harm.
                    Err(error) if is_silence(&error) && begun.elapsed() < *patience => {
                        tokio::time::sleep(PAUSE.min(*patience)).await;
                    }
                    answer => break answer,
                }
            }
        });
        let is_silent = answer.as_ref().is_err_and(is_silence);
        *self.silent_since.lock().unwrap_or_else(PoisonError::into_inner) = is_silent.then(Instant::now);
        answer.map_err(|error| words(&error, self.provider, begun.elapsed()))
    }
}

/// A random word.
fn mark() -> io::Result<String> {
    Ok(format!("{:016x}", getrandom::u64()?))
}

/// Puts `bytes` at `path` if nothing is there. `mark` is in no other object: if the answer was lost and the request sent again,
/// it tells that what is there by now is this.
async fn create(store: &dyn ObjectStore, path: &Path, bytes: &[u8], mark: &str) -> Result<bool> {
    let attributes = Attributes::from_iter([(MARK, AttributeValue::from(mark.to_owned()))]);
    let options = PutOptions { mode: PutMode::Create, attributes, ..PutOptions::default() };
    match store.put_opts(path, PutPayload::from(bytes.to_vec()), options).await {
        Ok(_) => Ok(true),
        Err(Error::AlreadyExists { .. }) => {
            let head = GetOptions { head: true, ..GetOptions::default() };
            let found = if_there(store.get_opts(path, head).await)?;
            Ok(found.is_some_and(|found| found.attributes.get(&MARK).is_some_and(|found| **found == *mark)))
        }
        Err(error) => Err(error),
    }
}

async fn remove(store: &dyn ObjectStore, path: &Path) -> Result<()> {
    if_there(store.delete(path).await).map(|_| ())
}

/// `None` in place of the error that something is not there.
fn if_there<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Err(Error::NotFound { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

impl Backend for Bucket {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.path(name);
        self.ask(async |store| match if_there(store.get(&path).await)? {
            Some(found) => found.bytes().await.map(|bytes| Some(bytes.into())),
            None => Ok(None),
        })
    }

    fn exists(&self, name: &str) -> io::Result<bool> {
        let path = self.path(name);
        self.ask(async |store| Ok(if_there(store.head(&path).await)?.is_some()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (path, payload) = (self.path(name), PutPayload::from(bytes.to_vec()));
        self.ask(async |store| store.put(&path, payload.clone()).await.map(|_| ()))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        let (path, mark) = (self.path(name), mark()?);
        self.ask(async |store| create(store, &path, bytes, &mark).await)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.path(from), self.path(to));
        self.ask(async |store| match if_there(store.copy(&from, &to).await)? {
            Some(()) => remove(store, &from).await,
            None => Ok(()),
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.path(name);
        self.ask(async |store| remove(store, &path).await)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        let path = self.path(folder);
        let found: Vec<_> = self.ask(async |store| store.list(Some(&path)).try_collect().await)?;
        let listed = |object: ObjectMeta| {
            let name =
                object.location.prefix_match(&self.folder)?.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>();
            Some(Listed { name: name.join("/"), bytes: object.size, changed: Some(object.last_modified.into()) })
        };
        Ok(found.into_iter().filter_map(listed).collect())
    }

    fn address(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }
}

#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;
