//! Why a command ends early.

use crate::output::{is_coloured, printable, say_error, shortened};
use anyhow::anyhow;
use cospike_scenarios::diagnostic::Diagnostic;
use serde_json::{Value, json};
use std::fmt::Display;
use std::io;
use std::process::ExitCode;

/// Exit code for a mistake in what the user gave; clap uses the same for its own errors.
pub(crate) const USAGE: u8 = 2;

/// Failure of a command, which decides its exit code.
pub(crate) enum Failure {
    /// A mistake in what the user gave; exit code 2.
    Input(String),
    /// A mistake in a file of the user's, with its place there; exit code 2.
    InFile(Box<Diagnostic>),
    /// Any other failure; exit code 1.
    Other(anyhow::Error),
}

impl Failure {
    /// A mistake in what the user gave: what was found, and what is accepted.
    pub(crate) fn mistake(message: impl Display) -> Self {
        Self::Input(printable_lines(&message.to_string()))
    }

    /// A mistake in a file, with its place there.
    pub(crate) fn in_file(mistake: Diagnostic) -> Self {
        Self::InFile(mistake.into())
    }

    /// Says on standard error why a command failed, and gives its exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let shown = |mistake: &Diagnostic| (USAGE, mistake.render(is_coloured(&io::stderr())), in_file(mistake));
        let (code, text, said) = match self {
            Self::Input(message) => (USAGE, format!("error: {message}"), json!({ "message": message })),
            Self::InFile(mistake) => shown(mistake),
            Self::Other(error) => match error.downcast_ref::<Diagnostic>() {
                Some(mistake) => shown(mistake),
                None => {
                    let message = printable_lines(&format!("{error:#}"));
                    (1, format!("error: {message}"), json!({ "message": message }))
                }
            },
        };
        say_error(&text, said);
        ExitCode::from(code)
    }

    /// The failure as an error, which knows of mistakes in files only that they were such.
    pub(crate) fn into_error(self) -> anyhow::Error {
        match self {
            Self::Input(message) => anyhow!("{message}"),
            Self::InFile(mistake) => anyhow::Error::new(*mistake),
            Self::Other(error) => error,
        }
    }
}

/// A mistake in a file, for programs.
fn in_file(mistake: &Diagnostic) -> Value {
    json!({
        "message": mistake.message(),
        "help": mistake.help(),
        "file": mistake.file(),
        "line": mistake.line(),
        "column": mistake.column(),
        "shown": mistake.render(false),
    })
}

/// `text` without what would control the terminal, such as the names in a file that was made to do so.
pub(crate) fn printable_lines(text: &str) -> String {
    text.lines().map(|line| shortened(&printable(line))).collect::<Vec<_>>().join("\n")
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}
