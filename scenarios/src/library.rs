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
    Some(Source::shipped(format!("scenarios/{path}"), trace_text(path)?))
}

fn trace_text(path: &str) -> Option<&'static str> {
    text(TRACES, path.strip_prefix("traces/")?.strip_suffix(".csv")?)
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
    find_shipped(word)
}

fn find_shipped(name: &str) -> Result<Source, FindError> {
    let unknown = || FindError::Unknown { word: name.into(), help: did_you_mean(name, scenarios()) };
    let text = text(SCENARIOS, name).ok_or_else(unknown)?;
    Ok(Source::shipped(format!("scenarios/{name}.toml"), text))
}

/// A file that ships with CoSpike, to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedFile {
    /// Path relative to the file that needs it, such as `traces/round-trip.csv`.
    pub path: String,
    /// Content of the file.
    pub text: &'static str,
}

/// The text of the shipped scenario `name` for a study called `study` in the file `file`, and the traces that it reads.
///
/// # Errors
/// [`FindError::Unknown`] for a name that no shipped scenario has.
pub fn scenario_for_copy(name: &str, study: &str, file: &str) -> Result<(String, Vec<ShippedFile>), FindError> {
    let source = find_shipped(name)?;
    let text = source.text.replace(&format!("cospike run {name}\n"), &format!("cospike run {file}\n"));
    let text = text.replacen(&format!("\nname = \"{name}\"\n"), &format!("\nname = \"{study}\"\n"), 1);
    let traces = names(TRACES).map(|trace| format!("traces/{trace}.csv")).filter(|path| text.contains(path.as_str()));
    let traces = traces.filter_map(|path| Some(ShippedFile { text: trace_text(&path)?, path })).collect();
    Ok((text, traces))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every shipped scenario says its own name where the copy says another.
    #[test]
    fn a_copy_has_its_own_name_and_command_and_the_traces_it_reads() {
        for name in scenarios() {
            let (text, traces) = scenario_for_copy(name, "mine", "here/mine.toml").unwrap();
            assert!(text.contains("cospike run here/mine.toml\n") && text.contains("\nname = \"mine\"\n"), "{name}");
            assert!(!text.contains(&format!("cospike run {name}\n")), "{name}");
            assert_eq!(traces.len(), text.matches("traces/").count(), "{name}");
        }
    }
}
