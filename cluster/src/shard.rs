//! Which share of a study this process has: as it is told, or as the scheduler that started it says in its environment.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

/// Environment variable with the number of shares, for schedulers that do not say it.
pub const SHARDS: &str = "COSPIKE_SHARDS";

/// One of the shares into which a study is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Number of the share, from 0.
    pub index: u32,
    /// Number of shares, at least 1.
    pub of: u32,
}

impl Shard {
    /// All of a study.
    pub const WHOLE: Self = Self { index: 0, of: 1 };
}

impl Display for Shard {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.index, self.of)
    }
}

/// Reason why it is not known which share is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// The text is no share.
    #[error("`{0}` is no share: write I/N, counted from 0, so that 0/8 is the first of eight shares and 7/8 the last")]
    NotShard(String),
    /// A variable holds no number that it may hold.
    #[error("the environment variable {name} is `{value}`, but a whole number is expected{least}")]
    NotNumber {
        /// Name of the variable.
        name: String,
        /// Its value.
        value: String,
        /// Least number, in words; empty for any.
        least: String,
    },
    /// A scheduler has set some of its variables and not the others.
    #[error("{scheduler} has set {set} but not {missing}, so the share is not known: give it with `--shard I/N`")]
    HalfSet {
        /// Name of the scheduler.
        scheduler: &'static str,
        /// A variable that is set.
        set: &'static str,
        /// A variable that is not.
        missing: &'static str,
    },
    /// A scheduler says which share, but not how many there are.
    #[error(
        "{scheduler} has set {variable} to {index}, but does not say how many shares there are: give the number with \
         `--shards N` or the environment variable {SHARDS}, and number the array from 0 to N-1"
    )]
    NoCount {
        /// Name of the scheduler.
        scheduler: &'static str,
        /// Its variable.
        variable: &'static str,
        /// Index of the element of the array.
        index: u64,
    },
    /// The number of shares is given, but no scheduler says which of them is meant.
    #[error(
        "there are {of} shares, but nothing says which of them this is: give it with `--shard I/{of}`, or start this as an \
         element of a job array"
    )]
    NoIndex {
        /// Number of shares.
        of: u32,
    },
    /// The element of the array lies outside of the shares.
    #[error(
        "{variable} is {index}, but {of} shares are numbered from {first} to {last}: number the array from {first} to {last}",
        last = first + u64::from(*of) - 1
    )]
    Outside {
        /// Variable with the index.
        variable: &'static str,
        /// Index of the element of the array.
        index: u64,
        /// Index of the first share.
        first: u64,
        /// Number of shares.
        of: u32,
    },
    /// The indices of the array have gaps, or its variables contradict one another.
    #[error(
        "{scheduler} says that {variable} is {index} in an array from {first} to {last} in steps of {step}{count}, which does not \
         number shares one after the other: submit an array without gaps, or give `--shards N`, of which {variable} is then \
         the number from {least}"
    )]
    Gaps {
        /// Name of the scheduler.
        scheduler: &'static str,
        /// Variable with the index.
        variable: &'static str,
        /// Index of this element.
        index: u64,
        /// Index of the first element.
        first: u64,
        /// Index of the last element.
        last: u64,
        /// Difference of neighbouring indices.
        step: u64,
        /// Number of elements, in words, if it is said.
        count: String,
        /// Least index that an array can have.
        least: u64,
    },
    /// Two schedulers have each set their variables.
    #[error("both {first} and {second} are set, so the share is not known: give it with `--shard I/N`")]
    Both {
        /// Variable of the first scheduler.
        first: &'static str,
        /// Variable of the second.
        second: &'static str,
    },
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parsed = text.split_once('/').and_then(|(index, of)| Some((whole(index)?, whole(of)?)));
        let shard = parsed.and_then(|(index, of)| Some((u32::try_from(index).ok()?, u32::try_from(of).ok()?)));
        match shard {
            Some((index, of)) if index < of => Ok(Self { index, of }),
            _ => Err(ShardError::NotShard(text.into())),
        }
    }
}

/// A scheduler, and what it sets in the environment of an element of a job array.
struct Scheduler {
    name: &'static str,
    /// Variable with the index of the element.
    index: &'static str,
    /// A value of it that means that the job is no array.
    no_array: Option<&'static str>,
    /// Least index that an array can have. It is that of the first share where the number of shares is given.
    least: u64,
    /// How the number of elements is known.
    range: Range,
}

/// How a scheduler says which indices its array has.
enum Range {
    /// Not at all: they are expected to begin at 0.
    Unknown,
    /// They begin at 0, and this variable has their number.
    Count(&'static str),
    /// These variables have the first and the last index, the step between two, and their number.
    /// Without one for the first, it is the least that there can be.
    Bounds { first: Option<&'static str>, last: &'static str, step: &'static str, count: Option<&'static str> },
}

/// The schedulers that are known, each as its documentation has it.
const SCHEDULERS: [Scheduler; 8] = [
    Scheduler {
        name: "Slurm",
        index: "SLURM_ARRAY_TASK_ID",
        no_array: None,
        least: 0,
        range: Range::Bounds {
            first: Some("SLURM_ARRAY_TASK_MIN"),
            last: "SLURM_ARRAY_TASK_MAX",
            step: "SLURM_ARRAY_TASK_STEP",
            count: Some("SLURM_ARRAY_TASK_COUNT"),
        },
    },
    Scheduler { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", no_array: None, least: 0, range: Range::Unknown },
    Scheduler {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        no_array: None,
        least: 0,
        range: Range::Count("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    // PBS Professional and OpenPBS; an array begins where the user says.
    Scheduler { name: "PBS", index: "PBS_ARRAY_INDEX", no_array: None, least: 0, range: Range::Unknown },
    Scheduler { name: "Torque", index: "PBS_ARRAYID", no_array: None, least: 0, range: Range::Unknown },
    Scheduler {
        name: "Grid Engine",
        index: "SGE_TASK_ID",
        no_array: Some("undefined"),
        least: 1,
        range: Range::Bounds {
            first: Some("SGE_TASK_FIRST"),
            last: "SGE_TASK_LAST",
            step: "SGE_TASK_STEPSIZE",
            count: None,
        },
    },
    Scheduler {
        name: "LSF",
        index: "LSB_JOBINDEX",
        // Set in every job; indices are positive, and which is the first is not said.
        no_array: Some("0"),
        least: 1,
        range: Range::Bounds { first: None, last: "LSB_JOBINDEX_END", step: "LSB_JOBINDEX_STEP", count: None },
    },
    Scheduler { name: "HyperQueue", index: "HQ_TASK_ID", no_array: None, least: 0, range: Range::Unknown },
];

/// The environment, by the names of its variables.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The share of an element of a job array: as the scheduler says in the `environment`, all of a study outside of any array. With
/// a number of `shards`, given here or as the variable [`SHARDS`], the index of the element is the number of its share, counted from the
/// least index that the scheduler permits, whichever other elements there are: so a single element can be submitted again.
///
/// # Errors
/// [`ShardError`]: variables that contradict one another, or say less than a share.
pub fn find_shard(shards: Option<u32>, environment: Environment<'_>) -> Result<Shard, ShardError> {
    let shards = match shards {
        Some(shards) => Some(shards),
        None => number(SHARDS, 1, environment)?.map(|of| narrow(SHARDS, of)).transpose()?,
    };
    let is_array = |scheduler: &&Scheduler| {
        environment(scheduler.index).is_some_and(|value| scheduler.no_array != Some(value.as_str()))
    };
    let mut found = SCHEDULERS.iter().filter(is_array);
    match (found.next(), found.next(), shards) {
        (Some(first), Some(second), _) => Err(ShardError::Both { first: first.index, second: second.index }),
        (None, _, Some(1)) | (None, _, None) => Ok(Shard::WHOLE),
        (None, _, Some(of)) => Err(ShardError::NoIndex { of }),
        (Some(scheduler), None, shards) => scheduler.shard(shards, environment),
    }
}

/// The job that this process is a part of, in words, such as `Slurm 123_4`; `None` outside of any.
pub fn find_job(environment: Environment<'_>) -> Option<String> {
    const JOBS: [(&str, &str, Option<&str>); 8] = [
        ("Slurm", "SLURM_ARRAY_JOB_ID", Some("SLURM_ARRAY_TASK_ID")),
        ("Slurm", "SLURM_JOB_ID", None),
        ("Kubernetes", "COSPIKE_JOB", Some("JOB_COMPLETION_INDEX")),
        ("AWS Batch", "AWS_BATCH_JOB_ID", None),
        ("PBS", "PBS_JOBID", None),
        ("Grid Engine", "JOB_ID", Some("SGE_TASK_ID")),
        ("LSF", "LSB_JOBID", Some("LSB_JOBINDEX")),
        ("HyperQueue", "HQ_JOB_ID", Some("HQ_TASK_ID")),
    ];
    JOBS.iter().find_map(|(scheduler, job, element)| {
        let job = environment(job)?;
        match element {
            None => Some(format!("{scheduler} {job}")),
            Some(element) => environment(element).map(|element| format!("{scheduler} {job}_{element}")),
        }
    })
}

impl Scheduler {
    fn shard(&self, shards: Option<u32>, environment: Environment<'_>) -> Result<Shard, ShardError> {
        let Some(index) = number(self.index, 0, environment)? else { return Ok(Shard::WHOLE) };
        let outside = |of| ShardError::Outside { variable: self.index, index, first: self.least, of };
        let missing = |missing| ShardError::HalfSet { scheduler: self.name, set: self.index, missing };
        let needed = |name, least| number(name, least, environment)?.ok_or_else(|| missing(name));
        let (index, of) = match (&self.range, shards) {
            (_, Some(of)) => match index.checked_sub(self.least) {
                Some(index) => (index, of),
                None => return Err(outside(of)),
            },
            (Range::Unknown, None) => {
                return Err(ShardError::NoCount { scheduler: self.name, variable: self.index, index });
            }
            (Range::Count(count), None) => (index, narrow(count, needed(count, 1)?)?),
            (Range::Bounds { first, last, step, count }, None) => {
                let first = match first {
                    Some(name) => needed(name, 0)?,
                    None => self.least,
                };
                let (last, step) = (needed(last, 0)?, needed(step, 1)?);
                let count = count.map(|count| needed(count, 1)).transpose()?;
                self.position(index, (first, last, step), count)?
            }
        };
        match u32::try_from(index) {
            Ok(index) if index < of => Ok(Shard { index, of }),
            _ => Err(outside(of)),
        }
    }

    /// Position of an index in its array, and the number of elements.
    fn position(
        &self,
        index: u64,
        (first, last, step): (u64, u64, u64),
        count: Option<u64>,
    ) -> Result<(u64, u32), ShardError> {
        let elements = last.checked_sub(first).map(|span| span / step + 1);
        let is_element = (first..=last).contains(&index) && (index - first).is_multiple_of(step);
        let of = elements.filter(|&of| is_element && count.is_none_or(|count| count == of));
        let gaps = || ShardError::Gaps {
            scheduler: self.name,
            variable: self.index,
            index,
            first,
            last,
            step,
            count: count.map(|count| format!(" with {count} elements")).unwrap_or_default(),
            least: self.least,
        };
        let of = of.and_then(|of| u32::try_from(of).ok()).ok_or_else(gaps)?;
        Ok(((index - first) / step, of))
    }
}

/// The number in a variable, if it is set.
fn number(name: &str, least: u64, environment: Environment<'_>) -> Result<Option<u64>, ShardError> {
    let Some(value) = environment(name) else { return Ok(None) };
    match whole(&value).filter(|&number| number >= least) {
        Some(number) => Ok(Some(number)),
        None => Err(not_number(name, value, least)),
    }
}

fn narrow(name: &str, number: u64) -> Result<u32, ShardError> {
    u32::try_from(number).map_err(|_| not_number(name, number.to_string(), 1))
}

fn not_number(name: &str, value: String, least: u64) -> ShardError {
    let least = if least > 0 { format!(" from {least} on") } else { String::new() };
    ShardError::NotNumber { name: name.into(), value, least }
}

/// The whole number that a text is, without sign or spaces.
fn whole(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variables as they are set; then the share, or the beginning of the message.
    const CASES: &str = include_str!("shard_cases.txt");

    #[test]
    fn shares_are_found_in_the_environment() {
        for line in CASES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (variables, expected) = line.split_once(" => ").unwrap();
            let variables: Vec<(&str, &str)> = variables.split(' ').filter_map(|pair| pair.split_once('=')).collect();
            let environment = |name: &str| {
                variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_string())
            };
            let found = match find_shard(None, &environment) {
                Ok(shard) => shard.to_string(),
                Err(error) => error.to_string(),
            };
            assert!(found.starts_with(expected), "{line}\n{found}");
        }
    }

    #[test]
    fn shares_are_written_and_read() {
        for text in ["0/1", "7/8", "0/4294967295"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for text in ["", "/", "1", "8/8", "1/0", "-1/2", "+1/2", "1/ 2", "0/4294967296", "1/2/3"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError::NotShard(text.into())));
        }
    }
}
