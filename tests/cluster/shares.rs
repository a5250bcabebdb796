//! Shares of a study in any division and order, killed or stopped at any moment.

use crate::bench::{Bench, files, said};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

/// Four times as many design points.
const RATES: (&str, &str) =
    ("link.packet_loss = [0.0,", "workload.rate_hz = [5.0, 10.0, 20.0, 40.0]\nlink.packet_loss = [0.0,");

#[test]
fn invariant_4_shares_in_any_order_give_the_bytes_of_a_run() {
    let bench = Bench::new(&[]);
    for (shards, store) in [(1, "one"), (3, "three"), (8, "eight")] {
        let mut units = 0;
        for shard in (0..shards).rev() {
            let shard = format!("{shard}/{shards}");
            let output = bench.run(&["work", "--store", store, "--shard", &shard], 0);
            let first = String::from_utf8(output.stdout).unwrap();
            let number = first.split("`small`: ").nth(1).and_then(|rest| rest.split(' ').next());
            units += number.unwrap().parse::<u32>().unwrap();
        }
        assert_eq!(units, 2 + 8 * 3, "every unit is in one share");
        bench.check_collected(store);
        let again = said(&bench.run(&["work", "--store", store], 0));
        assert!(again.contains("0 pieces computed now, 26 units stored before"), "{again}");
        assert_eq!(bench.notes(store, "claims"), 0);
    }
    bench.run(&["run", "--store", "three", "--out", "again"], 0);
    bench.check_same("run", "again");
}

/// Eight runs of one study at once, on one store: each network is executed by one of them, and all write the same bytes.
#[test]
fn invariant_13_runs_at_once_execute_each_network_once_and_give_the_same_bytes() {
    let bench = Bench::new(&[]);
    let run = |number: usize| {
        let mut command = bench.command(&["run", "--store", "one", "--out", &format!("run-{number}")]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let worker = Worker::start(&bench, &["work", "--store", "one"]);
    let runs: Vec<Child> = (0..8).map(run).collect();
    let executed = runs.into_iter().map(|run| {
        let output = run.wait_with_output().unwrap();
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        let (_, found) = said.split_once("found ").expect("it says what it has found");
        2 - found.split(' ').next().unwrap().parse::<u32>().unwrap()
    });
    let executed: u32 = executed.sum();
    let mut worker = worker;
    let by_worker = worker.read(100).iter().filter(|line| line.contains("resnet14")).count() as u32;
    assert_eq!(worker.end().0, Some(0));
    assert_eq!(executed + by_worker, 2);
    bench.run(&["run", "--no-store", "--out", "run"], 0);
    (0..8).for_each(|number| bench.check_same("run", &format!("run-{number}")));
    assert_eq!(bench.notes("one", "claims"), 0);
}

#[test]
fn what_is_not_stored_yet_is_named_and_costs_nothing_else() {
    let bench = Bench::new(&[]);
    bench.run(&["work", "--store", "part", "--shard", "2/4"], 0);
    let output = bench.run(&["collect", "--store", "part", "--out", "part-of-it"], 1);
    let said = said(&output);
    assert!(said.contains("of 8 design points and 0 of 2 inferences are not computed yet"), "{said}");
    assert!(said.contains("replication 0: not computed yet"), "{said}");
    assert!(bench.path("part-of-it/report.html").exists());
    let status = bench.status("part");
    assert!(status["seconds_left"].as_f64().is_some_and(|seconds| seconds > 0.0), "{status}");
    let points = status["points"].as_array().unwrap();
    let sum = |field: &str| points.iter().map(|point| point[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("stored") + sum("missing"), sum("failed")), (24, 0));
    assert!(sum("stored") > 0 && points.iter().all(|point| point["state"] == "missing" || point["state"] == "done"));
}

/// A worker, whose lines are read one by one.
struct Worker {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Worker {
    fn start(bench: &Bench, arguments: &[&str]) -> Self {
        let mut process = bench.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next lines, up to the end.
    fn read(&mut self, lines: usize) -> Vec<String> {
        self.lines.by_ref().take(lines).map(Result::unwrap).collect()
    }

    fn signal(&self, signal: &str) {
        crate::bench::signal(&self.process.id().to_string(), signal);
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
    let bench = Bench::new(&[RATES, ("requests = 120", "requests = 2400")]);
    let (mut kills, mut is_done) = (0_usize, false);
    while !is_done {
        let arguments = ["work", "--store", "killed"];
        let mut workers: Vec<Worker> = (0..1 + kills % 2).map(|_| Worker::start(&bench, &arguments)).collect();
        let lines = workers[0].read(1 + kills % 3);
        is_done = lines.iter().any(|line| line.contains(": done"));
        workers.iter().for_each(|worker| worker.signal("-KILL"));
        workers.into_iter().for_each(|worker| drop(worker.end()));
        kills += 1;
        assert!(kills < 200, "it never comes to an end");
    }
    // How many it takes depends on how fast the machine is.
    assert!(kills > 1, "{kills}");
    bench.check_collected("killed");
    let names = files(&bench.path("killed/entries"));
    assert_eq!(names.len(), 2 * 2 + 32 * 3, "every piece once, and the summary of each inference; none is damaged");
}

#[test]
fn invariant_13_processes_at_once_share_the_work_and_do_nothing_twice() {
    let bench = Bench::new(&[]);
    let arguments = ["work", "--store", "shared"];
    let workers: Vec<Worker> = (0..8).map(|_| Worker::start(&bench, &arguments)).collect();
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
    bench.check_collected("shared");
}

#[test]
fn a_worker_that_is_asked_to_stop_says_so_and_leaves_no_claim() {
    let bench = Bench::new(&[RATES]);
    for (number, signal) in ["-TERM", "-INT", "-USR1"].into_iter().enumerate() {
        let mut worker = Worker::start(&bench, &["work", "--store", "stopped"]);
        assert_eq!(worker.read(2).len(), 2);
        worker.signal(signal);
        let (code, said) = worker.end();
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("asked to stop"), "{said}");
        assert_eq!(bench.notes("stopped", "claims"), 0);
        assert_eq!(bench.notes("stopped", "workers"), 1 + number);
    }
    bench.run(&["work", "--store", "stopped"], 0);
    bench.check_collected("stopped");
}

/// The middle point of three starves.
#[test]
fn a_point_that_fails_does_so_once_and_is_named_by_status_and_collect() {
    let bench = Bench::new(&[
        ("replications = 3", "replications = 3\nstarvation_s = 0.2"),
        ("requests = 120", "requests = 3000"),
        ("[0.0, 0.01, 0.05, 0.1]", "[0.05]\nworkload.rate_hz = [20.0, 2000.0]"),
    ]);
    let ran = bench.run(&["run", "--no-store", "--out", "run"], 1);
    for times in 0..2 {
        let said = said(&bench.run(&["work", "--store", "failing"], 1));
        assert!(said.contains("error: 6 pieces of this share failed: `cospike status` says why"), "{said}");
        assert!(times == 0 || said.contains("0 pieces computed now"), "{said}");
    }
    let status = bench.status("failing");
    let point = &status["points"][1];
    assert_eq!((&point["state"], &point["failed"], &point["missing"]), (&"failed".into(), &3.into(), &0.into()));
    assert!(point["failure"].as_str().unwrap().contains("are older than 0.2"), "{point}");
    let collected = bench.run(&["collect", "--store", "failing", "--out", "collected"], 1);
    assert_eq!(collected.stdout, ran.stdout);
    bench.check_same("run", "collected");
    let again = said(&bench.run(&["run", "--store", "failing", "--out", "run"], 1));
    assert!(again.contains("found 2 of 2 inferences and 12 of 12 replications (6 of them failed then"), "{again}");
}

#[test]
fn mistakes_are_named_before_anything_is_computed() {
    let bench = Bench::new(&[]);
    for (arguments, message) in [
        (&["work", "--shard", "8/8"][..], "write I/N, counted from 0"),
        (&["work", "--shards", "8"], "nothing says which of them this is"),
        (&["work", "--shards", "0"], "give a whole number from 1 on"),
        (&["work", "--submission", "0123456789abcdef"], "nothing was submitted as 0123456789abcdef"),
        (&["work", "--submission", "../../x"], "nothing was submitted as ../../x"),
        (&["work", "--no-store"], "meet in its store"),
        (&["submit"], "--slurm|--hq|--kubernetes"),
        (&["submit", "--slurm", "--hq"], "cannot be used with"),
        (&["submit", "--kubernetes", "--image", "cospike"], "pods share no folder"),
        (&["submit", "--hq", "--partition", "short"], "cannot be used with"),
        (&["submit", "--slurm", "--image", "cospike"], "cannot be used with"),
    ] {
        let store = if arguments.contains(&"--no-store") { &[][..] } else { &["--store", "none"] };
        let said = said(&bench.run(&[arguments, store].concat(), 2));
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
    let half = bench.command(&["work", "--store", "none"]).env("SLURM_ARRAY_TASK_ID", "1").output().unwrap();
    assert!(half.status.code() == Some(2) && said(&half).contains("SLURM_ARRAY_TASK_MIN"), "{}", said(&half));
}
