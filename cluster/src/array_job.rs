//! An array job for any scheduler: what runs, and what it needs.

use std::path::PathBuf;

/// What each element of an array needs, in the words of Slurm; the scheduler's own default where there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Partitions, separated by commas.
    pub partition: Option<String>,
    /// Account that pays.
    pub account: Option<String>,
    /// Time limit.
    pub time: Option<String>,
    /// Memory: megabytes, or a number with K, M, G or T.
    pub memory: Option<String>,
    /// Number of processors.
    pub cpus: Option<u32>,
}

/// An array job, each of whose elements runs the same command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayJob {
    /// Name, by which the queue is asked for it.
    pub name: String,
    /// Number of elements, from 0 on.
    pub elements: u32,
    /// Absolute path of the folder for the logs.
    pub logs: PathBuf,
    /// Program and arguments, paths absolute.
    pub command: Vec<String>,
}

/// Reason why there is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// A value is not of the form that Slurm takes.
    #[error("`{option} {value}` is nothing that Slurm takes: {expected}")]
    Value {
        /// Option of the command line.
        option: &'static str,
        /// Its value.
        value: String,
        /// What is expected.
        expected: &'static str,
    },
    /// A path cannot be written into a script.
    #[error("{} cannot stand in a job script: choose a path without quotes, backslashes and line breaks", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// A scenario is too long for the place where it has to be kept.
    #[error("the scenario has {bytes} bytes, but a ConfigMap holds {most} at most")]
    Scenario {
        /// Bytes of the scenario.
        bytes: usize,
        /// Bytes that there is room for.
        most: usize,
    },
    /// A word of the command cannot be written into a script.
    #[error("{word:?} cannot stand in a job script, because it holds a zero byte")]
    Word {
        /// The word.
        word: String,
    },
}

/// What is expected of an amount of memory.
pub(crate) const SIZES: &str = "megabytes, or a number with K, M, G or T, such as 4G";

/// Whether a text is an amount of memory.
pub(crate) fn is_size(text: &str) -> bool {
    let digits = text.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl ArrayJob {
    /// Path of the folder for logs, if nothing in it means something to a scheduler.
    pub(crate) fn plain_logs(&self) -> Result<&str, ScriptError> {
        let is_plain = |path: &&str| !path.chars().any(|c| c.is_control() || c == '"' || c == '\\');
        self.logs.to_str().filter(is_plain).ok_or_else(|| ScriptError::Path { path: self.logs.clone() })
    }
}
