//! A real Slurm with virtual nodes: jobs, a node and the controller are killed.

use crate::bench::{Bench, files, find, said, signal, wait};
use crate::own_slurm::OwnSlurm;

/// Nodes, and shares of the study.
const NODES: usize = 8;
const SHARES: &str = "16";
/// A name with a space, as hostile as a user's.
const STORE: &str = "the store";

/// A study that goes through a Slurm.
struct Submitter<'a> {
    bench: &'a Bench,
    slurm: &'a OwnSlurm,
}

impl Submitter<'_> {
    /// Submits what is missing, and gives what is said.
    fn submit(&self, options: &[&str]) -> String {
        said(&self.bench.run(&[&["submit", "--slurm", "--store", STORE, "--time", "10"], options].concat(), 0))
    }

    /// Elements in the queue: their numbers, states, and the nodes that they run on.
    fn queue(&self) -> Vec<(String, String, String)> {
        let queue = self.slurm.ask("squeue", &["--noheader", "--array", "--format=%i|%T|%N"]);
        let line = |line: &str| {
            let mut fields = line.split('|').map(String::from);
            Some((fields.next()?, fields.next()?, fields.next()?))
        };
        queue.lines().filter_map(line).collect()
    }

    /// Number of the node on which an element runs.
    fn node_of(&self, element: &str) -> Option<usize> {
        let queue = self.queue();
        let node = &queue.iter().find(|(found, ..)| found == element)?.2;
        node.strip_prefix('n')?.parse().ok()
    }

    /// Starts elements at once that Slurm would let wait for two minutes after it has put them back into the queue, and lets nodes
    /// tell the controller what became of jobs of which it knows no more, since it was killed.
    fn hurry(&self) {
        let _ = self.slurm.command("scontrol").arg("reconfigure").output();
        for (element, ..) in self.queue().iter().filter(|(_, state, _)| state == "PENDING") {
            let element = format!("JobId={element}");
            let _ = self.slurm.command("scontrol").args(["update", &element, "StartTime=now"]).output();
        }
    }
}

#[test]
fn invariant_13_a_study_goes_through_slurm_whatever_is_killed() {
    let Some(slurm) = OwnSlurm::start(NODES) else { return };
    let bench = Bench::busy().with_variable("SLURM_CONF", slurm.conf());
    let submitter = Submitter { bench: &bench, slurm: &slurm };
    let read = submitter.submit(&["--dry-run", "--max-array", "7"]);
    assert!(read.contains("#SBATCH --export=NONE") && submitter.queue().is_empty(), "{read}");
    let first = submitter.submit(&["--shards", SHARES]);
    assert!(first.contains("16 shares"), "{first}");
    let second = submitter.submit(&["--shards", SHARES]);
    assert!(second.contains("nothing to submit: all that is missing is queued or running"), "{second}");
    let at_work = find("two elements are at work", || Some(bench.at_work(STORE)).filter(|found| found.len() >= 2));
    // A job, then a node with its job, then the controller.
    signal(&at_work[0].1, "-KILL");
    let node = submitter.node_of(&at_work[1].0.replace("Slurm ", ""));
    if let Some(node) = node {
        slurm.kill_node(node);
    }
    signal(&at_work[1].1, "-KILL");
    slurm.kill_controller();
    slurm.start_controller();
    wait("the controller answers", || slurm.command("scontrol").arg("ping").output().unwrap().status.success());
    wait("everything is stored", || {
        submitter.hurry();
        submitter.submit(&["--shards", SHARES]).contains("everything is stored")
    });
    if let Some(node) = node {
        slurm.start_node(node);
    }
    bench.check_collected(STORE);
    assert_eq!(bench.notes(STORE, "claims"), 0);
}

/// What Slurm sends a minute before the time limit is sent by hand here.
#[test]
fn an_element_at_its_time_limit_stores_what_it_has_begun_and_goes_back_into_the_queue() {
    let Some(slurm) = OwnSlurm::start(1) else { return };
    let bench = Bench::busy().with_variable("SLURM_CONF", slurm.conf());
    let submitter = Submitter { bench: &bench, slurm: &slurm };
    submitter.submit(&["--shards", "1"]);
    wait("something is stored", || bench.stored(STORE) > 0);
    let (element, ..) = submitter.queue().remove(0);
    slurm.ask("scancel", &["--batch", "--signal=USR1", &element]);
    let is_queued = || submitter.queue().first().is_some_and(|(_, state, _)| state == "PENDING");
    wait("it is queued again", is_queued);
    let before = bench.stored(STORE);
    assert!((1..128).contains(&before), "{before}");
    assert!(bench.at_work(STORE).is_empty(), "it has left no claim");
    let again = submitter.submit(&["--shards", "1"]);
    assert!(again.contains("nothing to submit: all that is missing is queued or running"), "{again}");
    submitter.hurry();
    wait("everything is stored", || bench.stored(STORE) == 128);
    let logs = files(&bench.path("cospike-jobs"));
    let log = logs.iter().find(|(name, _)| name.extension().is_some_and(|ending| ending == "log")).unwrap().1;
    let log = String::from_utf8_lossy(log);
    assert!(log.contains("asked to stop") && log.contains(": done, "), "{log}");
}
