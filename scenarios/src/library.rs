//! The files that ship with CoSpike and are embedded in the program: scenarios with their traces, profiles, price lists.

use crate::diagnostic::{Source, did_you_mean, excerpt};
use std::path::PathBuf;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Names of the embedded files in `files`, sorted.
pub(crate) fn names(files: &'static [(&'static str, &'static [u8])]) -> impl Iterator<Item = &'static str> {
    files.iter().map(|&(name, _)| name)
}

/// Text of the embedded file `name`; `None` if `files` has no file of this name.
pub(crate) fn text(files: &'static [(&'static str, &'static [u8])], name: &str) -> Option<&'static str> {
    let (_, bytes) = files.iter().find(|(n, _)| *n == name)?;
    std::str::from_utf8(bytes).ok()
}

/// Names of the scenarios that ship with CoSpike.
pub fn scenarios() -> impl Iterator<Item = &'static str> {
    names(SCENARIOS)
}

/// The shipped trace at `path`, `traces/NAME.csv` relative to the shipped scenarios; `None` if there is no such trace.
pub(crate) fn trace(path: &str) -> Option<Source> {
    let name = path.strip_prefix("traces/")?.strip_suffix(".csv")?;
    let text = text(TRACES, name)?;
    Some(Source::shipped(format!("scenarios/{path}"), text))
}

/// Whether `word` means a file, and not the name of a shipped scenario.
pub fn is_file(word: &str) -> bool {
    word.ends_with(".toml")
}

/// Finds the scenario that a user names: `word` is a path ending in `.toml`, or the name of a shipped scenario.
///
/// # Errors
/// [`FindError::Read`] for a file that cannot be read, [`FindError::Unknown`] for a name that no shipped scenario has.
pub fn find_scenario(word: &str) -> Result<Source, FindError> {
    if is_file(word) {
        let path = PathBuf::from(word);
        return Source::read(&path).map_err(|error| FindError::Read { path, error });
    }
    let unknown = || FindError::Unknown { word: word.into(), help: did_you_mean(word, scenarios()) };
    let text = text(SCENARIOS, word).ok_or_else(unknown)?;
    Ok(Source::shipped(format!("scenarios/{word}.toml"), text))
}

/// Reason why a scenario was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The file cannot be read.
    #[error("cannot read the scenario {}: {error}", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system, or of a text that is not UTF-8.
        error: std::io::Error,
    },
    /// No shipped scenario has this name.
    #[error(
        "no scenario that ships with CoSpike is called `{}`: {help}; for a file of your own, give its path, ending in .toml",
        excerpt(word)
    )]
    Unknown {
        /// Name that was asked for.
        word: String,
        /// The shipped names, and the one that was probably meant.
        help: String,
    },
}
