//! A study that many processes work on: in any division and order, killed or stopped at any moment, it gives the bytes of a run.

#![cfg(unix)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Two networks that take a moment each, and eight design points, of which `extra` is another key of the sweep.
fn scenario(extra: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let mut text = include_str!("data/small.toml").to_string();
    for (old, new) in [
        (
            "network.width = [4, 8]",
            &*format!("network.width = [4]\nlink.packet_loss = [0.0, 0.01, 0.05, 0.1]\n{extra}"),
        ),
        ("replications = 2", "replications = 3"),
        ("count = 60", "count = 200"),
    ] {
        assert!(text.contains(old), "the scenario has `{old}`");
        text = text.replace(old, new);
    }
    std::fs::write(place.path().join("small.toml"), text).unwrap();
    place
}

fn cospike(place: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cospike"));
    command.current_dir(place).args(arguments).stdin(Stdio::null()).env_remove("COSPIKE_STORE");
    command
}

/// Runs a command that ends with this code.
fn run(place: &Path, arguments: &[&str], code: i32) -> Output {
    let output = cospike(place, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}", said(&output));
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// Every file below `folder` with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(files(&entry)),
            false => drop(found.insert(entry.clone(), std::fs::read(&entry).unwrap())),
        }
    }
    found.into_iter().map(|(path, bytes)| (path.strip_prefix(folder).unwrap_or(&path).to_path_buf(), bytes)).collect()
}

/// Checks that what is collected from `store` are the bytes of a run without a store.
fn check_collected(place: &Path, store: &str) {
    if !place.join("run").exists() {
        run(place, &["run", "small.toml", "--no-store", "--out", "run"], 0);
    }
    let out = format!("collected-{store}");
    run(place, &["collect", "small.toml", "--store", store, "--out", &out], 0);
    let (wanted, found) = (files(&place.join("run")), files(&place.join(out)));
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    assert!(found == wanted, "other bytes than those of a run");
}

fn status(place: &Path, store: &str) -> Value {
    let output = run(place, &["status", "small.toml", "--store", store, "--json"], 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Names of the notes in a store whose names start like this.
fn notes(place: &Path, store: &str, folder: &str) -> usize {
    let folder = place.join(store).join("notes").join(folder);
    if folder.exists() { files(&folder).len() } else { 0 }
}

#[test]
fn invariant_4_shares_in_any_order_give_the_bytes_of_a_run() {
    let place = scenario("");
    let place = place.path();
    for (shards, store) in [(1, "one"), (3, "three"), (8, "eight")] {
        let mut units = 0;
        for shard in (0..shards).rev() {
            let shard = format!("{shard}/{shards}");
            let output = run(place, &["work", "small.toml", "--store", store, "--shard", &shard], 0);
            let first = String::from_utf8(output.stdout).unwrap();
            let number = first.split("`small`: ").nth(1).and_then(|rest| rest.split(' ').next());
            units += number.unwrap().parse::<u32>().unwrap();
        }
        assert_eq!(units, 2 + 8 * 3, "every unit is in one share");
        check_collected(place, store);
        let again = said(&run(place, &["work", "small.toml", "--store", store], 0));
        assert!(again.contains("0 pieces computed now, 26 units stored before"), "{again}");
        assert_eq!(notes(place, store, "claims"), 0);
    }
    run(place, &["run", "small.toml", "--store", "three", "--out", "again"], 0);
    assert!(files(&place.join("again")) == files(&place.join("run")));
}

#[test]
fn what_is_not_stored_yet_is_named_and_costs_nothing_else() {
    let place = scenario("");
    let place = place.path();
    run(place, &["work", "small.toml", "--store", "part", "--shard", "2/4"], 0);
    let output = run(place, &["collect", "small.toml", "--store", "part", "--out", "part-of-it"], 1);
    let said = said(&output);
    assert!(said.contains("of 8 design points and 0 of 2 inferences are not computed yet"), "{said}");
    assert!(said.contains("replication 0: not computed yet"), "{said}");
    assert!(place.join("part-of-it/report.html").exists());
    let status = status(place, "part");
    assert!(status["seconds_left"].as_f64().is_some_and(|seconds| seconds > 0.0), "{status}");
    let points = status["points"].as_array().unwrap();
    let sum = |field: &str| points.iter().map(|point| point[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("stored") + sum("missing"), sum("failed")), (24, 0));
    assert!(sum("stored") > 0 && points.iter().all(|point| point["state"] == "missing" || point["state"] == "done"));
}

/// A worker, whose lines are read one by one.
struct Worker {
    process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Worker {
    fn start(place: &Path, arguments: &[&str]) -> Self {
        let mut process = cospike(place, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next lines, up to the end.
    fn read(&mut self, lines: usize) -> Vec<String> {
        self.lines.by_ref().take(lines).map(Result::unwrap).collect()
    }

    fn signal(&self, signal: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// Exit code, and what it has said on standard error.
    fn end(mut self) -> (Option<i32>, String) {
        self.lines.by_ref().for_each(drop);
        let code = self.process.wait().unwrap().code();
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (code, said)
    }
}

/// A worker is killed after each unit, or after a few of them, or while two of them are at work; what is left of its claims is taken
/// over.
#[test]
fn invariant_13_kills_lose_nothing_and_double_nothing() {
    let place = scenario("workload.rate_hz = [5.0, 10.0, 20.0, 40.0]");
    let place = place.path();
    let text = std::fs::read_to_string(place.join("small.toml")).unwrap();
    std::fs::write(place.join("small.toml"), text.replace("requests = 120", "requests = 2400")).unwrap();
    let (mut kills, mut is_done) = (0_usize, false);
    while !is_done {
        let arguments = ["work", "small.toml", "--store", "killed"];
        let mut workers: Vec<Worker> = (0..1 + kills % 2).map(|_| Worker::start(place, &arguments)).collect();
        let lines = workers[0].read(1 + kills % 3);
        is_done = lines.iter().any(|line| line.contains(": done"));
        workers.iter().for_each(|worker| worker.signal("-KILL"));
        workers.into_iter().for_each(|worker| drop(worker.end()));
        kills += 1;
        assert!(kills < 200, "it never comes to an end");
    }
    assert!(kills > 10, "{kills}");
    check_collected(place, "killed");
    let names = files(&place.join("killed/entries"));
    assert_eq!(names.len(), 2 + 32 * 3, "every piece once, none damaged");
}

#[test]
fn invariant_13_processes_at_once_share_the_work_and_do_nothing_twice() {
    let place = scenario("");
    let place = place.path();
    let arguments = ["work", "small.toml", "--store", "shared"];
    let workers: Vec<Worker> = (0..8).map(|_| Worker::start(place, &arguments)).collect();
    let mut done = vec![];
    for mut worker in workers {
        done.extend(worker.read(usize::MAX).into_iter().filter(|line| line.starts_with("done ")));
        let (code, said) = worker.end();
        assert_eq!(code, Some(0), "{said}");
    }
    let what = |line: &String| line.split_once(": ").and_then(|(_, what)| Some(what.rsplit_once(", ")?.0.to_string()));
    let mut units: Vec<String> = done.iter().filter_map(what).collect();
    units.sort();
    let all = units.len();
    units.dedup();
    assert_eq!((all, units.len()), (26, 26), "{done:#?}");
    check_collected(place, "shared");
}

#[test]
fn a_worker_that_is_asked_to_stop_says_so_and_leaves_no_claim() {
    let place = scenario("workload.rate_hz = [5.0, 10.0, 20.0, 40.0]");
    let place = place.path();
    for (number, signal) in ["-TERM", "-INT", "-USR1"].into_iter().enumerate() {
        let mut worker = Worker::start(place, &["work", "small.toml", "--store", "stopped"]);
        assert_eq!(worker.read(2).len(), 2);
        worker.signal(signal);
        let (code, said) = worker.end();
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("asked to stop"), "{said}");
        assert_eq!(notes(place, "stopped", "claims"), 0);
        assert_eq!(notes(place, "stopped", "workers"), 1 + number);
    }
    run(place, &["work", "small.toml", "--store", "stopped"], 0);
    check_collected(place, "stopped");
}

/// The middle point of three starves.
#[test]
fn a_point_that_fails_does_so_once_and_is_named_by_status_and_collect() {
    let place = scenario("workload.rate_hz = [20.0, 2000.0]");
    let place = place.path();
    let text = std::fs::read_to_string(place.join("small.toml")).unwrap();
    let text = text.replace("replications = 3", "replications = 3\nstarvation_s = 0.2");
    let text = text.replace("requests = 120", "requests = 3000").replace("[0.0, 0.01, 0.05, 0.1]", "[0.05]");
    std::fs::write(place.join("small.toml"), text).unwrap();
    let ran = run(place, &["run", "small.toml", "--no-store", "--out", "run"], 1);
    for times in 0..2 {
        let said = said(&run(place, &["work", "small.toml", "--store", "failing"], 1));
        assert!(said.contains("error: 6 pieces of this share failed: `cospike status` says why"), "{said}");
        assert!(times == 0 || said.contains("0 pieces computed now"), "{said}");
    }
    let status = status(place, "failing");
    let point = &status["points"][1];
    assert_eq!((&point["state"], &point["failed"], &point["missing"]), (&"failed".into(), &3.into(), &0.into()));
    assert!(point["failure"].as_str().unwrap().contains("are older than 0.2"), "{point}");
    let collected = run(place, &["collect", "small.toml", "--store", "failing", "--out", "collected"], 1);
    assert_eq!(collected.stdout, ran.stdout);
    assert!(files(&place.join("collected")) == files(&place.join("run")));
    let again = said(&run(place, &["run", "small.toml", "--store", "failing", "--out", "run"], 1));
    assert!(again.contains("found 2 of 2 inferences and 12 of 12 replications (6 of them failed then"), "{again}");
}

#[test]
fn mistakes_are_named_before_anything_is_computed() {
    let place = scenario("");
    let place = place.path();
    for (arguments, message) in [
        (&["work", "small.toml", "--shard", "8/8"][..], "write I/N, counted from 0"),
        (&["work", "small.toml", "--shards", "8"], "nothing says which of them this is"),
        (&["work", "small.toml", "--shards", "0"], "0 is not in 1.."),
        (&["work", "small.toml", "--submission", "0123456789abcdef"], "nothing was submitted as 0123456789abcdef"),
        (&["work", "small.toml", "--submission", "../../x"], "nothing was submitted as ../../x"),
        (&["work", "small.toml", "--no-store"], "meet in its store"),
        (&["submit", "small.toml"], "--slurm|--hq|--kubernetes"),
        (&["submit", "small.toml", "--slurm", "--hq"], "cannot be used with"),
        (&["submit", "small.toml", "--kubernetes", "--image", "cospike"], "pods share no folder"),
    ] {
        let store = if arguments.contains(&"--no-store") { &[][..] } else { &["--store", "none"] };
        let said = said(&run(place, &[arguments, store].concat(), 2));
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
    let half =
        cospike(place, &["work", "small.toml", "--store", "none"]).env("SLURM_ARRAY_TASK_ID", "1").output().unwrap();
    assert!(half.status.code() == Some(2) && said(&half).contains("SLURM_ARRAY_TASK_MIN"), "{}", said(&half));
}
