//! Why a command ends early.

use crate::output::{printable, shortened};
use anyhow::anyhow;
use std::fmt::Display;

/// Failure of a command, which decides its exit code.
pub(crate) enum Failure {
    /// A mistake in what the user gave, as it is printed; exit code 2.
    Input(String),
    /// Any other failure; exit code 1.
    Other(anyhow::Error),
}

impl Failure {
    /// A mistake in what the user gave: what was found, and what is accepted.
    pub(crate) fn mistake(message: impl Display) -> Self {
        Self::Input(format!("error: {}", printable_lines(&message.to_string())))
    }

    /// The failure as an error, which no longer knows whose mistake it was.
    pub(crate) fn into_error(self) -> anyhow::Error {
        match self {
            Self::Input(message) => anyhow!("{}", message.trim_start_matches("error: ")),
            Self::Other(error) => error,
        }
    }
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
