//! A real HyperQueue with a server and four workers.

use crate::bench::{Bench, files, find, python, said, signal, wait};
use std::path::Path;
use std::process::{Child, Stdio};

const STORE: &str = "store";
const TASKS: &str = "8";

/// Starts a HyperQueue that works on the study, and ends then.
fn start(bench: &Bench, attempt: &str) -> Option<Child> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/four_workers.py");
    let mut python = python("hyperqueue")?;
    python.arg(script).args([attempt, TASKS]).arg(env!("CARGO_BIN_EXE_cospike"));
    python.args(["work", crate::bench::SCENARIO, "--store", STORE]).current_dir(bench.path("."));
    Some(python.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// First a task is killed, then the server with all its workers.
#[test]
fn invariant_13_a_study_goes_through_hyperqueue_whatever_is_killed() {
    let bench = Bench::busy();
    let Some(mut first) = start(&bench, "first") else { return };
    let at_work = find("two tasks are at work", || Some(bench.at_work(STORE)).filter(|found| found.len() >= 2));
    assert!(at_work.iter().all(|(job, _)| job.starts_with("HyperQueue ")), "{at_work:?}");
    signal(&at_work[0].1, "-KILL");
    assert_eq!(first.wait().unwrap().code(), Some(1), "the task that was killed has failed");
    let stored = bench.stored(STORE);
    assert!(stored > 0, "the others have stored their shares");
    // What is missing is made more, so that there is something to kill.
    for path in files(&bench.path(STORE).join("entries")).keys().step_by(2) {
        std::fs::remove_file(bench.path(STORE).join("entries").join(path)).unwrap();
    }
    let mut second = start(&bench, "second").unwrap();
    wait("something is at work again", || !bench.at_work(STORE).is_empty());
    second.kill().unwrap();
    second.wait().unwrap();
    let mut third = start(&bench, "third").unwrap();
    assert_eq!(third.wait().unwrap().code(), Some(0));
    bench.check_collected(STORE);
    assert_eq!(bench.stored(STORE), 128);
}

/// Stands for the command `hq`, which is in no registry: its answers have the form of HyperQueue 0.27. Takes the name of the job
/// that is submitted, and says of its tasks what the file `tasks` says.
const HQ: &str = r#"#!/bin/sh
echo "$@" >> calls
case "$*" in
*" submit "*) while [ "$1" != --name ]; do shift; done; echo "$2" > name; echo '{"id": 7}' ;;
*" job list") echo "[{\"id\": 7, \"name\": \"$(cat name)\", \"task_count\": 2, \"is_open\": false, \"task_stats\": {}}]" ;;
*" task list 7") echo "{\"7\": [$(cat tasks)]}" ;;
*) exit 1 ;;
esac
"#;

#[test]
fn what_hyperqueue_has_queued_is_not_submitted_again() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new(&[]);
    let program = bench.path("hq");
    std::fs::write(&program, HQ).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bench.path(".").display(), std::env::var("PATH").unwrap());
    let bench = bench.with_variable("PATH", path.into());
    let submit = |tasks: [&str; 2]| {
        let of = |(id, state)| format!(r#"{{"id": {id}, "state": "{state}"}}"#);
        let tasks: Vec<String> = tasks.into_iter().enumerate().map(of).collect();
        std::fs::write(bench.path("tasks"), tasks.join(", ")).unwrap();
        said(&bench.run(&["submit", "--hq", "--shards", "2", "--store", STORE], 0))
    };
    let submissions = || {
        let calls = std::fs::read_to_string(bench.path("calls")).unwrap();
        calls.lines().filter(|call| call.contains(" submit ")).count()
    };
    let first = submit(["waiting", "waiting"]);
    assert!(first.contains("submitted as HyperQueue job 7") && first.contains("--array 0-1"), "{first}");
    let queued = submit(["running", "waiting"]);
    assert!(queued.contains("is still queued or running, with 2 of 2 shares"), "{queued}");
    assert!(queued.contains("nothing to submit: all that is missing is queued or running"), "{queued}");
    assert_eq!(submissions(), 1);
    // One has failed: its units are submitted again, and no others.
    let again = submit(["failed", "waiting"]);
    assert!(again.contains("with 1 of 2 shares") && again.contains("submitted as HyperQueue job 7"), "{again}");
    assert_eq!((submissions(), bench.notes(STORE, "jobs")), (2, 2));
    std::fs::write(&program, "#!/bin/sh\necho 'No online server was found' >&2\nexit 1\n").unwrap();
    let unknown = said(&bench.run(&["submit", "--hq", "--store", STORE], 1));
    assert!(unknown.contains("`hq` failed: No online server was found"), "{unknown}");
}
