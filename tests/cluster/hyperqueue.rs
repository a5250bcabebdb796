//! A real HyperQueue with a server and four workers.

use crate::bench::{Bench, files, find, python, signal, wait};
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
