//! HyperQueue: the command that submits an array job.

use crate::array_job::{ArrayJob, Resources, ScriptError};
use crate::shell::{CommandError, run};

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

/// Runs that command, and gives what it says.
///
/// # Errors
/// [`CommandError`] if `hq` is not there or refuses it.
pub fn submit(words: &[String]) -> Result<String, CommandError> {
    let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    run("hq", &arguments)
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
