//! A real Slurm with eight nodes: a study goes through it whatever is killed, and gives the bytes of a run.

#![cfg(unix)]

mod cluster;

use cluster::{Cluster, kill, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;

/// Nodes of the cluster, and shares of the study.
const NODES: usize = 8;
const SHARES: &str = "16";

/// 64 design points that keep a processor busy for some seconds.
fn write_scenario(place: &Path) {
    let mut scenario = include_str!("../data/small.toml").to_string();
    for (old, new) in [
        ("network.width = [4, 8]", "network.width = [4, 8]\nworkload.rate_hz = { from = 5.0, to = 20.0, step = 1.0 }"),
        ("requests = 120", "requests = 12000"),
    ] {
        assert!(scenario.contains(old), "the scenario has `{old}`");
        scenario = scenario.replace(old, new);
    }
    std::fs::write(place.join("my study.toml"), scenario).unwrap();
}

/// A folder in which a study goes through a cluster.
struct Bench<'a> {
    place: &'a Path,
    cluster: &'a Cluster,
}

impl Bench<'_> {
    fn cospike(&self, arguments: &[&str]) -> Output {
        let mut command = self.cluster.command(env!("CARGO_BIN_EXE_cospike"));
        let (verb, options) = arguments.split_first().unwrap();
        command.current_dir(self.place).args([verb, "my study.toml"]).args(options).output().unwrap()
    }

    /// Submits what is missing, and gives what is said.
    fn submit(&self, options: &[&str]) -> String {
        let output = self.cospike(&[&["submit", "--slurm", "--store", "the store", "--time", "10"], options].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        text(&output)
    }

    fn status(&self) -> Value {
        let output = self.cospike(&["status", "--store", "the store", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
    }

    /// Elements of jobs that work on design points, with the numbers of their processes.
    fn at_work(&self) -> BTreeSet<(String, String)> {
        let status = self.status();
        let workers =
            status["points"].as_array().unwrap().iter().flat_map(|point| point["at_work"].as_array().unwrap());
        let live = workers.filter(|worker| worker["silent_for"].is_null());
        live.map(|worker| (worker["job"].as_str().unwrap().replace("Slurm ", ""), worker["process"].to_string()))
            .collect()
    }

    /// Elements in the queue: their numbers, states, and the nodes that they run on.
    fn queue(&self) -> Vec<(String, String, String)> {
        let queue = self.cluster.slurm("squeue", &["--noheader", "--array", "--format=%i|%T|%N"]);
        let line = |line: &str| {
            let mut fields = line.split('|').map(String::from);
            Some((fields.next()?, fields.next()?, fields.next()?))
        };
        queue.lines().filter_map(line).collect()
    }

    /// Starts elements at once that Slurm would let wait for two minutes after it has put them back into the queue, and lets nodes
    /// tell the controller what became of jobs of which it knows no more, since it was killed.
    fn hurry(&self) {
        let _ = self.cluster.command("scontrol").arg("reconfigure").output();
        for (element, state, _) in self.queue() {
            if state == "PENDING" {
                let element = format!("JobId={element}");
                let _ = self.cluster.command("scontrol").args(["update", &element, "StartTime=now"]).output();
            }
        }
    }

    /// Submits again and again what is missing, until nothing is.
    fn finish(&self) {
        self.cluster.wait("everything is stored", || {
            self.hurry();
            self.submit(&["--shards", SHARES]).contains("everything is stored")
        });
    }
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

#[test]
fn invariant_13_a_study_goes_through_slurm_whatever_is_killed() {
    let Some(cluster) = Cluster::start(NODES) else { return };
    let place = tempfile::tempdir().unwrap();
    write_scenario(place.path());
    let bench = Bench { place: place.path(), cluster: &cluster };
    let read = bench.submit(&["--dry-run", "--max-array", "7"]);
    assert!(read.contains("#SBATCH --export=NONE") && bench.queue().is_empty(), "{read}");
    let first = bench.submit(&["--shards", SHARES]);
    assert!(first.contains("16 shares"), "{first}");
    let second = bench.submit(&["--shards", SHARES]);
    assert!(second.contains("nothing to submit: all that is missing is queued or running"), "{second}");
    cluster.wait("two elements are at work", || bench.at_work().len() >= 2);
    let at_work: Vec<_> = bench.at_work().into_iter().collect();
    let node_of = |element: &str| {
        let queue = bench.queue();
        let node = queue.iter().find(|(found, ..)| found == element).map(|(_, _, node)| node.clone());
        node.and_then(|node| node.strip_prefix('n')?.parse::<usize>().ok())
    };
    // A job, then a node with its job, then the controller.
    kill(&at_work[0].1, "-KILL");
    let node = node_of(&at_work[1].0);
    if let Some(node) = node {
        cluster.kill_node(node);
    }
    kill(&at_work[1].1, "-KILL");
    cluster.kill_controller();
    cluster.start_controller();
    cluster
        .wait("the controller answers", || cluster.command("scontrol").arg("ping").output().unwrap().status.success());
    bench.finish();
    if let Some(node) = node {
        cluster.start_node(node);
    }
    let run = bench.cospike(&["run", "--no-store", "--out", "run"]);
    assert!(run.status.success(), "{}", text(&run));
    let collected = bench.cospike(&["collect", "--store", "the store", "--out", "collected"]);
    assert!(collected.status.success(), "{}", text(&collected));
    let (wanted, found) = (files(&place.path().join("run")), files(&place.path().join("collected")));
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    assert!(found == wanted, "other bytes than those of a run");
    let jobs = files(&place.path().join("the store/notes"));
    let claims = jobs.keys().filter(|name| name.starts_with("claims")).count();
    assert_eq!(claims, 0, "{jobs:?}");
}

/// What Slurm sends a minute before the time limit is sent by hand here.
#[test]
fn an_element_at_its_time_limit_stores_what_it_has_begun_and_goes_back_into_the_queue() {
    let Some(cluster) = Cluster::start(1) else { return };
    let place = tempfile::tempdir().unwrap();
    write_scenario(place.path());
    let bench = Bench { place: place.path(), cluster: &cluster };
    bench.submit(&["--shards", "1"]);
    let stored = || {
        let status = bench.status();
        status["points"].as_array().unwrap().iter().map(|point| point["stored"].as_u64().unwrap()).sum::<u64>()
    };
    cluster.wait("something is stored", || stored() > 0);
    let (element, ..) = bench.queue().remove(0);
    cluster.slurm("scancel", &["--batch", "--signal=USR1", &element]);
    cluster.wait("it is queued again", || bench.queue().first().is_some_and(|(_, state, _)| state == "PENDING"));
    let before = stored();
    assert!((1..128).contains(&before), "{before}");
    assert!(bench.at_work().is_empty(), "it has left no claim");
    let again = bench.submit(&["--shards", "1"]);
    assert!(again.contains("nothing to submit: all that is missing is queued or running"), "{again}");
    bench.hurry();
    cluster.wait("everything is stored", || stored() == 128);
    let logs = files(&place.path().join("cospike-jobs"));
    let log = logs.iter().find(|(name, _)| name.extension().is_some_and(|ending| ending == "log")).unwrap().1;
    let log = String::from_utf8_lossy(log);
    assert!(log.contains("asked to stop") && log.contains(": done, "), "{log}");
}
