//! Programs of schedulers, and words of a command line as a shell reads them.

use crate::array_job::ScriptError;
use std::process::{Command, Stdio};

/// Reason why a program of a scheduler gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The program is not there.
    #[error("`{program}` is not installed here, or not in a folder of PATH")]
    Missing {
        /// Its name.
        program: &'static str,
    },
    /// The program could not be started or read.
    #[error("`{program}` cannot be run: {error}")]
    Io {
        /// Its name.
        program: &'static str,
        /// Message of the system.
        error: std::io::Error,
    },
    /// The program says that it failed.
    #[error("`{program}` failed: {said}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// What it said.
        said: String,
    },
}

/// Runs a program with arguments, without any shell between, and gives what it prints.
pub(crate) fn run(program: &'static str, arguments: &[&str]) -> Result<String, CommandError> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => CommandError::Missing { program },
        _ => CommandError::Io { program, error },
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = text(&output.stderr).trim().replace('\n', "; ");
    let said = if said.is_empty() { output.status.to_string() } else { said };
    Err(CommandError::Failed { program, said })
}

/// A command as a shell has to be given it.
///
/// # Errors
/// [`ScriptError::Word`] for a word that no shell can be given.
pub fn quote_all(words: &[String]) -> Result<String, ScriptError> {
    let refused = |word: &str| ScriptError::Word { word: word.into() };
    let quoted = words.iter().map(|word| shlex::try_quote(word).map_err(|_| refused(word)));
    Ok(quoted.collect::<Result<Vec<_>, _>>()?.join(" "))
}
