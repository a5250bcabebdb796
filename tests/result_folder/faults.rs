//! Faults at every file operation, kills at any moment, and several processes at once.

use crate::shim::{Fault, KINDS, SIGNALS, cospike, count, faulty, said};
use crate::{copy, files, scenario};
use cospike_results::rows::Results;
use cospike_results::store::folder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

type Files = BTreeMap<PathBuf, Vec<u8>>;

const NOTES: [(&str, &str); 2] = [("notes.txt", "mine"), ("sources/main.c", "mine too")];

/// Old results with a user's notes beside them, and a study that is to replace them.
struct Bench {
    here: tempfile::TempDir,
    old: Files,
    old_results: Results,
    /// What an undisturbed run makes of `old`.
    new: Files,
    new_results: Results,
}

impl Bench {
    fn new() -> Self {
        let here = tempfile::tempdir().unwrap();
        let place = here.path().join("r");
        let run = |seed| {
            let scenario = scenario(here.path(), seed);
            let output = cospike(&["run", &scenario, "--out", "r"], here.path()).output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
            copy(&NOTES.map(|(path, text)| (path.into(), text.into())).into(), &place);
            (files(&place), folder::read(&place).unwrap())
        };
        let (old, old_results) = run(1);
        let (new, new_results) = run(2);
        assert_ne!(old_results, new_results);
        Self { here, old, old_results, new, new_results }
    }

    /// A place of the name `name` that holds the old results, or only the notes' place.
    fn place(&self, name: &str, with_old: bool) -> PathBuf {
        let place = self.here.path().join(name).join("r");
        if with_old {
            copy(&self.old, &place);
        }
        place
    }

    /// Runs the new study with a fault into a place; then again without.
    fn disturb(&self, place: &Path, with_old: bool, at: u64, kind: &str) -> Option<()> {
        let arguments = ["run", "seed-2.toml", "--out", place.to_str().unwrap()];
        let fault = Fault { below: place, at, kind };
        let what = format!("{kind} at operation {at}, {} old results", if with_old { "with" } else { "without" });
        let output = faulty(&arguments, self.here.path(), fault)?.output().unwrap();
        let said = said(&output);
        let read = folder::read(place);
        let is_new = read.as_ref().is_ok_and(|results| *results == self.new_results);
        match output.status.code() {
            Some(0) => assert!(is_new, "{what}: {read:?}\n{said}"),
            code => {
                let is_old = read.as_ref().is_ok_and(|results| *results == self.old_results);
                assert!(is_new || if with_old { is_old } else { read.is_err() }, "{what}: {read:?}\n{said}");
                // Who is killed says nothing; who fails says where.
                assert!(code.is_none() || said.contains(place.to_str().unwrap()), "{what}: {said}");
                assert!(code != Some(2) || !is_new, "{what}: refused, but new results are there\n{said}");
            }
        }
        self.check_page(place, is_new, &what);
        for (path, text) in NOTES.iter().filter(|_| with_old) {
            assert_eq!(std::fs::read_to_string(place.join(path)).unwrap(), *text, "{what}");
        }
        let output = cospike(&arguments, self.here.path()).output().unwrap();
        assert!(output.status.success(), "{what}; then: {}", crate::shim::said(&output));
        let mut wanted = self.new.clone();
        wanted.retain(|path, _| with_old || !NOTES.iter().any(|(note, _)| path == Path::new(note)));
        let found = files(place);
        assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{what}");
        assert!(found == wanted, "{what}: other bytes than those of an undisturbed run");
        std::fs::remove_dir_all(place.parent().unwrap()).unwrap();
        Some(())
    }

    /// A page or figure is that of the old report or of the new one, whole, and no old one stays with new results for good.
    fn check_page(&self, place: &Path, is_new: bool, what: &str) {
        let drawn = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "html" || ending == "svg");
        for path in self.old.keys().filter(|path| drawn(path)) {
            let Ok(found) = std::fs::read(place.join(path)) else { continue };
            let (old, new) = (found == self.old[path], found == self.new[path]);
            assert!(old || (is_new && new), "{what}: {} is neither", path.display());
        }
    }

    /// Calls `disturb` for each case, on all processors.
    fn disturb_all(&self, cases: &[(bool, u64, &str)]) {
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some((number, &(with_old, at, kind))) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|number| Some((number, cases.get(number)?)))
            {
                let place = self.place(&format!("{number}-{kind}"), with_old);
                self.disturb(&place, with_old, at, kind);
            }
        };
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    }

    /// Operations of an undisturbed run; `None` where they cannot be counted.
    fn operations(&self, with_old: bool) -> Option<u64> {
        let place = self.place("counted", with_old);
        let operations = count(&["run", "seed-2.toml", "--out", place.to_str().unwrap()], self.here.path(), &place);
        let _ = std::fs::remove_dir_all(place.parent().unwrap());
        operations
    }
}

#[test]
fn invariant_13_whatever_operation_fails_the_old_or_the_new_results_are_there_whole() {
    let bench = Bench::new();
    let Some(operations) = bench.operations(true) else { return };
    assert!(operations > 100, "{operations}");
    let cases: Vec<_> = (1..=operations).map(|at| (true, at, KINDS[at as usize % KINDS.len()])).collect();
    bench.disturb_all(&cases);
}

#[test]
fn invariant_13_a_hundred_kills_at_any_moment_leave_old_or_new_results() {
    let bench = Bench::new();
    let Some(operations) =
        [true, false].map(|with_old| bench.operations(with_old)).into_iter().collect::<Option<Vec<_>>>()
    else {
        return;
    };
    // A linear congruential generator, after Knuth: the same moments in every run of this test.
    let mut state = 13_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let case = |number: usize| {
        let with_old = !number.is_multiple_of(4);
        (with_old, 1 + draw(operations[usize::from(!with_old)]), SIGNALS[number % SIGNALS.len()])
    };
    bench.disturb_all(&(0..100).map(case).collect::<Vec<_>>());
}

#[test]
fn invariant_13_two_processes_do_not_share_a_place() {
    let bench = Bench::new();
    let here = bench.here.path();
    let place = bench.place("shared", true);
    let out = place.to_str().unwrap();
    let go_on = here.join("go-on");
    let fault = Fault { below: &place, at: 20, kind: "" };
    let Some(mut first) = faulty(&["run", "seed-2.toml", "--out", out], here, fault) else { return };
    let mut first = first.env("FAULTS_PAUSE", &go_on).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Its lock names it, so it holds it.
    while !std::fs::read_to_string(place.join(".lock")).is_ok_and(|text| text.contains("process")) {
        assert_eq!(first.try_wait().unwrap(), None, "it waits in the middle");
        std::thread::yield_now();
    }
    for arguments in [&["run", "seed-1.toml", "--out", out][..], &["report", out]] {
        let output = cospike(arguments, here).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        let holder = format!("{out} is in use by cospike, process {} on ", first.id());
        assert!(said(&output).contains(&holder), "{holder} in {}", said(&output));
    }
    assert_eq!(folder::read(&place).unwrap(), bench.old_results, "reading needs no lock");
    std::fs::write(go_on, "").unwrap();
    assert!(first.wait().unwrap().success());
    assert!(files(&place) == bench.new);

    // Without any order: whoever comes second is refused, or comes later.
    for round in 0..5 {
        let place = bench.place(&format!("raced-{round}"), false);
        let run = |scenario| {
            let mut command = cospike(&["run", scenario, "--out", place.to_str().unwrap()], here);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let codes = [run("seed-1.toml"), run("seed-2.toml")].map(|mut child| child.wait().unwrap().code());
        assert!(codes.contains(&Some(0)) && codes.iter().all(|code| [Some(0), Some(2)].contains(code)), "{codes:?}");
        let results = folder::read(&place).unwrap();
        let is_new = results == bench.new_results;
        assert!(is_new || results == bench.old_results);
        let whole = if is_new { &bench.new } else { &bench.old };
        assert!(files(&place).iter().all(|(path, bytes)| whole[path] == *bytes), "tables and page of one study");
    }
}

/// The last steps of a run fail one by one.
#[test]
fn invariant_13_what_was_computed_before_a_failure_is_kept_and_said() {
    let bench = Bench::new();
    let here = bench.here.path();
    let fails = |arguments: &[&str], fault: Fault<'_>| {
        let output = faulty(arguments, here, fault)?.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        Some(said(&output))
    };
    // The disk is full when the results are to be put in their place.
    let place = bench.place("full", true);
    let out = place.to_str().unwrap();
    let incoming = place.join(".incoming");
    let fault = |at| Fault { below: &incoming, at, kind: "ENOSPC" };
    let Some(message) = fails(&["run", "seed-2.toml", "--out", out], fault(1)) else { return };
    assert!(message.contains("No space left on device"), "{message}");
    assert!(
        message.contains(&format!("what was finished is kept in {}/.store: the same command goes on", here.display())),
        "{message}"
    );
    assert_eq!(folder::read(&place).unwrap(), bench.old_results);
    // The results are there, but not their report: one rename, eleven files that get their names, and the folder is removed.
    let message = fails(&["run", "seed-2.toml", "--out", out], fault(14)).unwrap();
    assert!(message.contains(&format!("`cospike report {out}`")), "{message}");
    assert_eq!(folder::read(&place).unwrap(), bench.new_results);
    assert!(!place.join("report.html").exists(), "the page of the old results is gone");
    assert!(cospike(&["report", out], here).output().unwrap().status.success());
    assert!(files(&place) == bench.new);
    // A trace that cannot be written.
    let traces = here.join("traces");
    std::fs::create_dir(&traces).unwrap();
    std::fs::write(traces.join("t.json"), "").unwrap();
    let arguments = ["run", "seed-1.toml", "--out", out, "--trace", "traces/t.json"];
    for at in 2..5 {
        let message =
            fails(&arguments, Fault { below: &std::fs::canonicalize(&traces).unwrap(), at, kind: "broken" }).unwrap();
        assert!(message.contains("traces/t.json") && message.contains("Input/output error"), "{message}");
        assert!(files(&place) == bench.old, "results and report are there all the same");
        assert_eq!(std::fs::read_to_string(traces.join("t.json")).unwrap(), "", "no half of a trace");
    }
    // A piece that cannot be stored: the results have it all the same.
    let pieces = here.join("pieces");
    std::fs::create_dir(&pieces).unwrap();
    let arguments = ["run", "seed-2.toml", "--out", out, "--store", pieces.to_str().unwrap()];
    let message = fails(&arguments, Fault { below: &pieces, at: 8, kind: "full" }).unwrap();
    assert!(message.contains("what was just finished cannot be stored: No space left"), "{message}");
    assert!(message.contains("the results are whole, but the store failed"), "{message}");
    assert!(files(&place) == bench.new);
}

/// A study of forty replications is killed a hundred times, in the middle of looking for a piece, writing one or giving it its name.
#[test]
fn invariant_13_a_hundred_kills_lose_nothing_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let name = scenario(here, 1);
    let text = std::fs::read_to_string(here.join(&name)).unwrap();
    std::fs::write(here.join(&name), text.replace("replications = 1", "replications = 40")).unwrap();
    let output = cospike(&["run", &name, "--out", "undisturbed", "--no-store"], here).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let store = here.join("pieces");
    std::fs::create_dir(&store).unwrap();
    let arguments = ["run", &name, "--out", "r", "--store", store.to_str().unwrap()];
    // Each in a folder of its own, which may still be empty.
    let is_piece = |path: &Path| path.starts_with("entries") && path.components().count() == 3;
    let pieces = || files(&store).into_iter().filter(|(path, _)| is_piece(path)).collect::<Files>();
    let mut kept = Files::new();
    for kill in 0..100 {
        // A piece takes about ten operations; what is killed before the first one has made nothing.
        let fault = Fault { below: &store, at: 12 + 7 * (kill % 13), kind: "KILL" };
        let Some(mut command) = faulty(&arguments, here, fault) else { return };
        let output = command.output().unwrap();
        assert!(output.status.code().is_none_or(|code| code == 0), "{}", said(&output));
        let now = pieces();
        assert!(kept.iter().all(|(path, bytes)| now.get(path) == Some(bytes)), "kill {kill} has lost a piece");
        kept = now;
    }
    assert!(kept.len() > 2, "what was finished before a kill is kept");
    let output = cospike(&arguments, here).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(pieces().len(), 2 + 40, "an inference, its summary, and each replication once");
    assert!(files(&here.join("r")) == files(&here.join("undisturbed")), "other bytes than those of an undisturbed run");
    assert_eq!(std::fs::read_dir(store.join("partial")).unwrap().count(), 0, "what was half written is removed");
}
