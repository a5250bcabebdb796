//! Where a store is: a folder, or an address in an object store.

use percent_encoding::percent_decode_str; // addresses of files have their names encoded
use std::fmt::{Debug, Display, Formatter};
use std::path::{Path, PathBuf};

/// Place of a store. Its text has no password that an address may have.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder.
    Folder(PathBuf),
    /// An address in an object store, such as `s3://bucket/folder`.
    Url(String),
}

impl Location {
    /// The place that a user means by `text`: an address if it has `://` in it, else a folder. `file:///a%20b` is the folder `/a b`.
    pub fn new(text: &Path) -> Self {
        let Some(url) = text.to_str().filter(|text| text.contains("://")) else { return Self::Folder(text.into()) };
        let local = ["file://localhost/", "file:///"].iter().find_map(|start| url.strip_prefix(start));
        match local.map(|path| percent_decode_str(path).decode_utf8()) {
            Some(Ok(path)) => Self::Folder(Path::new("/").join(&*path)),
            _ => Self::Url(url.into()),
        }
    }

    /// The folder, if it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Url(_) => None,
        }
    }
}

impl Debug for Location {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(self, formatter)
    }
}

impl Display for Location {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => Display::fmt(&folder.display(), formatter),
            Self::Url(url) => Display::fmt(&without_secrets(url), formatter),
        }
    }
}

/// `url` without a password in it, or what else could be a key: what stands behind `?` or `#`.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let parts = url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
    match parts {
        None => url.into(),
        Some((scheme, (user, host))) => {
            format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_file_is_a_folder_and_no_text_of_an_address_has_a_secret() {
        let folder = |text: &str| Location::new(Path::new(text)).folder().map(Path::to_owned);
        for (text, path) in [("file:///a%20b/c", "/a b/c"), ("file://localhost/a", "/a"), ("a%20b", "a%20b")] {
            assert_eq!(folder(text).as_deref(), Some(Path::new(path)), "{text}");
        }
        for (address, shown) in [
            ("s3://bucket/a", "s3://bucket/a"),
            ("s3://key:sesame@bucket/a", "s3://key@bucket/a"),
            ("s3://key:ses@me@bucket/a", "s3://key@bucket/a"),
            ("az://user@host/a?sig=sesame", "az://user@host/a"),
            ("gs://bucket/a#sesame", "gs://bucket/a"),
            ("file://elsewhere/a", "file://elsewhere/a"),
        ] {
            let location = Location::new(Path::new(address));
            assert_eq!((location.to_string(), format!("{location:?}")), (shown.into(), shown.into()));
        }
    }
}
