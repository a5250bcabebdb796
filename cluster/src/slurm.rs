//! Slurm: the script of an array job, and what of earlier ones is still queued.

use crate::array_job::{ArrayJob, Resources, SIZES, ScriptError, is_size};
use crate::shell::{CommandError, quote_all, run};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Greatest array of Slurm where the administrator has not set another (`MaxArraySize`).
pub const DEFAULT_MAX_ARRAY: u32 = 1001;

/// What is asked for as lines of a script.
fn directives(resources: &Resources) -> Result<Vec<String>, ScriptError> {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.,+@".contains(c));
    let is_time = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '-');
    let names = "names of letters, digits, -, _ and ., separated by commas";
    let times = "minutes, HOURS:MINUTES:SECONDS or DAYS-HOURS:MINUTES";
    let name = |text: &str| !text.is_empty() && !text.starts_with('-') && is_name(text);
    let time = |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && is_time(text);
    let lines = [
        directive("--partition", resources.partition.as_ref(), name, names)?,
        directive("--account", resources.account.as_ref(), name, names)?,
        directive("--time", resources.time.as_ref(), time, times)?,
        directive("--mem", resources.memory.as_ref(), is_size, SIZES)?,
        resources.cpus.map(|cpus| format!("#SBATCH --cpus-per-task={cpus}")),
    ];
    Ok(lines.into_iter().flatten().collect())
}

/// The line of a script for an option that is given.
fn directive(
    option: &'static str,
    value: Option<&String>,
    is_valid: impl Fn(&str) -> bool,
    expected: &'static str,
) -> Result<Option<String>, ScriptError> {
    match value {
        Some(value) if is_valid(value) => Ok(Some(format!("#SBATCH {option}={value}"))),
        Some(value) => Err(ScriptError::Value { option, value: value.clone(), expected }),
        None => Ok(None),
    }
}

/// What follows the command in every script. `worker` is the process of the command.
const REST: &str = r#"worker=$!

# A minute before the time limit Slurm sends USR1. The worker then ends with the pieces that it has begun, and this element goes back
# into the queue, unless it has finished none (code 4): then it would not get further the next time either.
at_time_limit() {
  trap '' USR1
  kill -USR1 "$worker" 2>/dev/null
  for _ in {1..40}; do
    kill -0 "$worker" 2>/dev/null || break
    sleep 1
  done
  # Asked a second time it ends at once.
  kill -USR1 "$worker" 2>/dev/null
  wait "$worker"
  code=$?
  if [ "$code" -eq 3 ] && scontrol requeue "$SLURM_JOB_ID"; then
    # Slurm ends this script now.
    sleep 60
  fi
  exit "$code"
}
trap at_time_limit USR1
trap 'kill -TERM "$worker" 2>/dev/null; wait "$worker"; exit $?' TERM

wait "$worker"
exit $?
"#;

/// The script of an array job.
///
/// # Errors
/// [`ScriptError`].
pub fn script(job: &ArrayJob, resources: &Resources) -> Result<String, ScriptError> {
    // In the name of a log file Slurm replaces what follows a per cent sign.
    let logs = job.plain_logs()?.replace('%', "%%");
    let mut lines = vec![
        "#!/bin/bash".to_string(),
        format!("#SBATCH --job-name={}", job.name),
        format!("#SBATCH --array=0-{}", job.elements.saturating_sub(1)),
    ];
    lines.extend(directives(resources)?);
    lines.extend(
        [
            // The environment of who submits is not that of the node: everything that is needed stands below.
            "#SBATCH --export=NONE",
            "#SBATCH --requeue",
            "#SBATCH --open-mode=append",
            "#SBATCH --signal=B:USR1@60",
        ]
        .map(String::from),
    );
    lines.push(format!("#SBATCH --output=\"{logs}/%A_%a.log\""));
    let text = [
        "",
        "# Each element of this array works on one share of a study and stores every piece when it is finished. Whatever ends it,",
        "# nothing of that is lost: submit the study again, and only what is missing is submitted.",
        "",
        "# As many threads as this element has processors, not as many as the node has.",
        r#"export RAYON_NUM_THREADS="${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}""#,
        "",
    ];
    lines.extend(text.map(String::from));
    lines.push(format!("{} &", quote_all(&job.command)?));
    Ok(lines.join("\n") + "\n" + REST)
}

/// Submits a script and gives the number of the job.
///
/// # Errors
/// [`CommandError`] if `sbatch` is not there or refuses it.
pub fn submit(script: &Path) -> Result<String, CommandError> {
    let script = script.to_string_lossy();
    let said = run("sbatch", &["--parsable", &script])?;
    // With several clusters the name of the cluster follows.
    Ok(said.trim().split(';').next().unwrap_or_default().to_string())
}

/// Most elements that an array may have here.
///
/// # Errors
/// [`CommandError`] if Slurm cannot be asked.
pub fn max_array() -> Result<u32, CommandError> {
    let said = run("scontrol", &["show", "config"])?;
    Ok(parse_max_array(&said).unwrap_or(DEFAULT_MAX_ARRAY))
}

fn parse_max_array(config: &str) -> Option<u32> {
    let line = config.lines().find_map(|line| line.trim_start().strip_prefix("MaxArraySize"))?;
    line.trim_start().strip_prefix('=')?.trim().parse().ok()
}

/// Elements of array jobs that are queued or running, by the names of their jobs.
///
/// # Errors
/// [`CommandError`] if Slurm cannot be asked.
pub fn live_elements(names: &[String]) -> Result<BTreeMap<String, BTreeSet<u32>>, CommandError> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    // One line for each element, also of those that are still queued.
    let said = run("squeue", &["--noheader", "--array", "--format=%j|%K|%T", &format!("--name={}", names.join(","))])?;
    Ok(parse_live(&said))
}

fn parse_live(queue: &str) -> BTreeMap<String, BTreeSet<u32>> {
    let mut live: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for line in queue.lines() {
        let mut fields = line.trim().split('|');
        let (Some(name), Some(element), Some(state)) = (fields.next(), fields.next(), fields.next()) else { continue };
        // What is completing will do nothing more.
        if let (Ok(element), true) = (element.parse(), state != "COMPLETING") {
            live.entry(name.into()).or_default().insert(element);
        }
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> ArrayJob {
        let command =
            ["/opt/co spike/cospike", "work", "/home/o'hara/study.toml", "--set", "link.profile=\"$(reboot)\""];
        ArrayJob {
            name: "cospike-small-0123456789abcdef".into(),
            elements: 16,
            logs: "/scratch/50% done/logs".into(),
            command: command.map(String::from).into(),
        }
    }

    #[test]
    fn a_script_is_as_it_was_read_by_people() {
        let resources = Resources {
            partition: Some("short,long".into()),
            account: Some("snn".into()),
            time: Some("1-00:30".into()),
            memory: Some("4G".into()),
            cpus: Some(2),
        };
        let text = script(&job(), &resources).unwrap();
        let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/slurm_script.expected");
        if std::env::var_os("COSPIKE_BLESS").is_some() {
            std::fs::write(&wanted, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(wanted).unwrap());
    }

    #[test]
    fn nothing_that_is_given_can_become_another_line_or_command() {
        let hostile = ["a\n#SBATCH --uid=0", "$(reboot)", "a b", "", "-p", "a\"b", "a;b"];
        for text in hostile {
            for option in 0..4 {
                let value = |number| (option == number).then(|| text.to_string());
                let resources =
                    Resources { partition: value(0), account: value(1), time: value(2), memory: value(3), cpus: None };
                let error = script(&job(), &resources).unwrap_err();
                assert!(matches!(&error, ScriptError::Value { value, .. } if value == text), "{error}");
            }
        }
        for path in ["/a\nb", "/a\"b", "/a\\b"] {
            let job = ArrayJob { logs: path.into(), ..job() };
            assert_eq!(script(&job, &Resources::default()), Err(ScriptError::Path { path: path.into() }));
        }
        let job = ArrayJob { command: vec!["a\0b".into()], ..job() };
        assert_eq!(script(&job, &Resources::default()), Err(ScriptError::Word { word: "a\0b".into() }));
    }

    #[test]
    fn what_slurm_says_is_read() {
        assert_eq!(parse_max_array("MaxArrayTasks = 3\nMaxArraySize            = 10001\n"), Some(10_001));
        assert_eq!(parse_max_array("AccountingStorageType = none\n"), None);
        let live = parse_live("a|0|RUNNING\na|3|PENDING\nb|1|COMPLETING\nother|N/A|RUNNING\nb|2|REQUEUED\n");
        assert_eq!(live, BTreeMap::from([("a".into(), [0, 3].into()), ("b".into(), [2].into())]));
    }
}
