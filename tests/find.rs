//! `[find]`: the largest value of a key for which a condition holds.

use assert_cmd::Command;
use cospike_results::index::PointIndex;
use cospike_results::rows::{ReplicationRow, Results};
use cospike_results::store::folder;
use cospike_results::summary::Summary;
use std::collections::BTreeMap;
use std::path::Path;

/// The small scenario with one cell that all devices share, as a search or as a sweep over all candidates.
fn scenario(tail: &str) -> String {
    let text =
        include_str!("data/small.toml").replace("\"dedicated\"", "\"cell\"").replace("width = [4, 8]", "width = [4]");
    let (head, sweep) = text.split_once("[sweep]").unwrap();
    format!("{head}{tail}\n[sweep]{sweep}")
}

const FIND: &str = "[find]\nkey = 'fleet.devices'\ngoal = 'largest'\nfrom = 2\nto = 120\nstep = 2\nwhere = 'latency_p95_s <= 0.02'\nmax_replications = 8\n";

fn cospike(arguments: &[&str], here: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(arguments);
    command
}

fn run(here: &Path, text: &str, out: &str, store: &str, threads: &str) -> (String, Results) {
    std::fs::write(here.join("small.toml"), text).unwrap();
    let mut command = cospike(&["run", "small.toml", "--out", out, "--store", store], here);
    let output = command.env("RAYON_NUM_THREADS", threads).assert().success().get_output().clone();
    (String::from_utf8(output.stdout).unwrap(), folder::read(&here.join(out)).unwrap())
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())).collect()
}

/// The replications of a design point, without its number.
fn replications(results: &Results, label: &str) -> Vec<ReplicationRow> {
    let point = results.points.iter().find(|point| point.label == label).unwrap().point;
    let rows = results.replications.iter().filter(|row| row.point == point);
    rows.map(|row| ReplicationRow { point: PointIndex(0), ..row.clone() }).collect()
}

#[test]
fn invariant_4_a_search_gives_the_same_bytes_on_any_number_of_threads_and_from_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (table, _) = run(here, &scenario(FIND), "first", "one", "2");
    for (out, store) in [("second", "two"), ("third", "one")] {
        assert_eq!(run(here, &scenario(FIND), out, store, "1").0, table);
        assert_eq!(files(&here.join(out)), files(&here.join("first")), "{out}");
    }
    let listed = cospike(&["store", "ls", "--store", "one"], here).assert().success().get_output().clone();
    assert!(String::from_utf8(listed.stdout).unwrap().starts_with("one: 1 study\n"), "a search has one record");
}

/// Held against all candidates: a probe is a design point like any other, its verdicts are those of its means, and the answer is
/// the last one before the first that does not hold.
#[test]
fn the_answer_of_a_search_is_what_all_candidates_say() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (table, search) = run(here, &scenario(FIND), "search", "store", "2");
    let all = "fleet.devices = { from = 2, to = 120, step = 2 }\n";
    let text = (scenario("") + all).replace("replications = 2", "replications = 8");
    let (_, all) = run(here, &text, "all", "store", "2");
    let answers = Summary::new(&search).unwrap().searches;
    assert_eq!(
        answers.iter().map(|answer| answer.search.as_str()).collect::<Vec<_>>(),
        ["spiking stage3 w4", "float stage3 w4"]
    );
    let on_top: Vec<String> = answers.iter().map(|answer| format!("{}: {}.", answer.search, answer.text)).collect();
    assert_eq!(cospike_reports::answer(&search).unwrap(), on_top);
    assert!(table.starts_with(&format!("- {}", on_top[0])), "{table}");
    let mut decided = 0;
    for answer in &answers {
        assert!(table.contains(&answer.text) && answer.probes.len() < 12, "{}", answer.text);
        for probe in &answer.probes {
            let label = format!("{} fleet.devices={}", answer.search, probe.value);
            let (probed, swept) = (replications(&search, &label), replications(&all, &label));
            assert_eq!(probed[..], swept[..probe.replications], "{label}");
            let mean = swept.iter().map(|row| row.latency_p95_s.unwrap()).sum::<f64>() / swept.len() as f64;
            // So far from the limit, no interval of few replications decides wrongly.
            if !(0.019..0.021).contains(&mean) {
                assert_ne!(probe.verdict, if mean < 0.02 { "violated" } else { "holds" }, "{label}: {mean}");
                decided += usize::from(probe.verdict != "undecided");
            }
        }
        let held = answer.probes.iter().take_while(|probe| probe.verdict == "holds").last().map(|probe| probe.value);
        assert_eq!(answer.value, held);
    }
    assert!(decided > 5, "{decided}");
    let page = std::fs::read_to_string(here.join("search/report.html")).unwrap();
    assert!(page.contains("What was searched") && page.contains(&answers[0].search));
}

#[test]
fn invariant_11_what_a_search_cannot_do_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("small.toml"), scenario(FIND)).unwrap();
    for (arguments, expected) in [
        (&["run", "small.toml", "--no-store"][..], "[find] needs a store"),
        (&["run", "small.toml", "--verify"], "a search is neither verified nor traced"),
        (&["run", "small.toml", "--trace", "trace.json"], "a search is neither verified nor traced"),
        (&["run", "small.toml", "--set", "fleet.devices=5"], "`fleet.devices` is what [find] searches"),
        (&["status", "small.toml"], "it takes `cospike run`"),
    ] {
        let output = cospike(arguments, here).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(expected), "`{expected}` in:\n{message}");
    }
    let output = cospike(&["check", "small.toml"], here).assert().success().get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("these are the ends of 2 searches: the largest fleet.devices for which latency_p95_s <= 0.02"),
        "{text}"
    );
}
