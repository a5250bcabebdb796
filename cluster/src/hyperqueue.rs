//! HyperQueue: the command that submits an array job, and what is queued.

use crate::array_job::{ArrayJob, Resources, ScriptError};
use crate::shell::{CommandError, run};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The command, in words, that submits an array job.
///
/// # Errors
/// [`ScriptError::Path`] for a folder of logs that HyperQueue would not take as it is.
pub fn submission(job: &ArrayJob, resources: &Resources) -> Result<Vec<String>, ScriptError> {
    let logs = job.plain_logs()?;
    // In paths HyperQueue replaces what stands in such brackets.
    if logs.contains("%{") {
        return Err(ScriptError::Path { path: job.logs.clone() });
    }
    let cpus = resources.cpus.unwrap_or(1);
    let mut words: Vec<String> = ["hq", "submit", "--name", &job.name].map(String::from).into();
    words.extend(["--array".into(), format!("0-{}", job.elements.saturating_sub(1))]);
    words.extend(["--cpus".into(), cpus.to_string(), "--env".into(), format!("RAYON_NUM_THREADS={cpus}")]);
    words.extend(["--stdout".into(), format!("{logs}/%{{TASK_ID}}.out")]);
    words.extend(["--stderr".into(), format!("{logs}/%{{TASK_ID}}.err"), "--".into()]);
    words.extend(job.command.iter().cloned());
    Ok(words)
}

/// The program.
const HQ: &str = "hq";
/// Option with which it answers in JSON.
const JSON: &str = "--output-mode=json";

/// A job, as `hq submit` and `hq job list` answer.
#[derive(Deserialize)]
struct Job {
    id: u32,
    #[serde(default)]
    name: String,
}

/// A task of a job, as `hq task list` answers.
#[derive(Deserialize)]
struct QueuedTask {
    id: u32,
    state: String,
}

/// Runs that command, and gives the number of the job.
///
/// # Errors
/// [`CommandError`] if `hq` is not there or refuses it.
pub fn submit(words: &[String]) -> Result<String, CommandError> {
    let arguments = words.iter().skip(1).map(String::as_str);
    let job: Job = parse(&run(HQ, &[JSON].into_iter().chain(arguments).collect::<Vec<_>>())?)?;
    Ok(job.id.to_string())
}

/// The tasks, by their numbers, that wait or run, of jobs with these names.
///
/// # Errors
/// [`CommandError`] if HyperQueue cannot be asked.
pub fn live_elements(names: &[String]) -> Result<BTreeMap<String, BTreeSet<u32>>, CommandError> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    // Without other options it lists the jobs that wait or run.
    let jobs: Vec<Job> = parse(&run(HQ, &[JSON, "job", "list"])?)?;
    let jobs: BTreeMap<String, String> = jobs.into_iter().map(|job| (job.id.to_string(), job.name)).collect();
    let asked: Vec<&str> = jobs.iter().filter(|(_, name)| names.contains(name)).map(|(id, _)| id.as_str()).collect();
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let tasks: BTreeMap<String, Vec<QueuedTask>> = parse(&run(HQ, &[JSON, "task", "list", &asked.join(",")])?)?;
    let is_live = |task: &QueuedTask| ["waiting", "running"].contains(&task.state.as_str());
    let live = |tasks: Vec<QueuedTask>| tasks.into_iter().filter(is_live).map(|task| task.id).collect();
    Ok(tasks.into_iter().filter_map(|(id, tasks)| Some((jobs.get(&id)?.clone(), live(tasks)))).collect())
}

fn parse<'a, T: Deserialize<'a>>(said: &'a str) -> Result<T, CommandError> {
    serde_json::from_str(said)
        .map_err(|error| CommandError::Failed { program: HQ, said: format!("its answer is not as expected: {error}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::quote_all;

    #[test]
    fn the_command_runs_every_share_once() {
        let job = ArrayJob {
            name: "cospike-small-0123456789abcdef".into(),
            elements: 4,
            logs: "/my logs".into(),
            command: ["/bin/cospike", "work", "it's.toml"].map(String::from).into(),
        };
        let words = submission(&job, &Resources { cpus: Some(2), ..Resources::default() }).unwrap();
        let wanted = "hq submit --name cospike-small-0123456789abcdef --array 0-3 --cpus 2 --env 'RAYON_NUM_THREADS=2' \
                      --stdout '/my logs/%{TASK_ID}.out' --stderr '/my logs/%{TASK_ID}.err' -- /bin/cospike work \"it's.toml\"";
        assert_eq!(quote_all(&words).unwrap(), wanted);
        let braces = ArrayJob { logs: "/%{JOB_ID}".into(), ..job };
        assert!(matches!(submission(&braces, &Resources::default()), Err(ScriptError::Path { .. })));
    }
}
