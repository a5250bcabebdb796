//! `--set` and `--point`: a scenario with other values in it, and some of its design points.

use assert_cmd::Command;
use cospike_results::rows::{ReplicationRow, Results};
use cospike_results::store::folder;
use std::path::Path;

fn cospike(arguments: &[&str], here: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).env("COSPIKE_STORE", here.join("store")).args(arguments);
    command
}

fn here() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("small.toml"), include_str!("data/small.toml")).unwrap();
    here
}

fn run(here: &Path, out: &str, options: &[&str]) -> Results {
    cospike(&[&["run", "small.toml", "--out", out], options].concat(), here).assert().success();
    folder::read(&here.join(out)).unwrap()
}

/// The replications of the design point that is labelled so, without its number.
fn of_point(results: &Results, label: &str) -> Vec<ReplicationRow> {
    let point = results.points.iter().find(|point| point.label == label).unwrap().point;
    let rows = results.replications.iter().filter(|row| row.point == point);
    rows.map(|row| ReplicationRow { point: cospike_results::index::PointIndex(0), ..row.clone() }).collect()
}

#[test]
fn a_selected_design_point_has_the_results_that_it_has_in_the_whole_study() {
    let here = here();
    let whole = run(here.path(), "whole", &[]);
    let some = run(here.path(), "some", &["--point", "3", "--point", "1..2"]);
    let labels: Vec<&str> = some.points.iter().map(|point| point.label.as_str()).collect();
    assert_eq!(labels, ["spiking stage3 w8", "float stage3 w8"], "in the order of the study");
    for label in labels {
        assert_eq!(of_point(&some, label), of_point(&whole, label));
    }
    assert_eq!(some.manifest.selected, ["1", "3"]);
    let layers = |label: &str| {
        let of = |results: &Results| {
            let point = results.points.iter().find(|point| point.label == label).unwrap().point;
            results.layers.iter().filter(|row| row.point == point).count()
        };
        (of(&some), of(&whole))
    };
    assert!(some.points.iter().map(|point| layers(&point.label)).all(|(some, whole)| some == whole && some > 0));
}

/// A value that is set counts like one that is written, and what was set is on the page, so that the results can be made again.
#[test]
fn a_value_that_is_set_is_as_one_that_is_written() {
    let here = here();
    let text = include_str!("data/small.toml").replace("devices = 3", "devices = 5").replace("[4, 8]", "[4]");
    std::fs::write(here.path().join("written.toml"), text.replace("uplink_mbps = 10.0", "")).unwrap();
    cospike(&["run", "written.toml", "--out", "written", "--set", "link.uplink_mbps=10.0"], here.path())
        .assert()
        .success();
    let written = folder::read(&here.path().join("written")).unwrap();
    let options = ["--set", "fleet.devices=5", "--set", "network.width = 4"];
    let set = run(here.path(), "set", &options);
    assert_eq!(set.replications, written.replications);
    assert_eq!(set.points, written.points, "a swept key that is set still names its design points");
    assert_eq!(set.manifest.settings, ["fleet.devices=5", "network.width = 4"]);
    let page = std::fs::read_to_string(here.path().join("set/report.html")).unwrap();
    assert!(page.contains("cospike run scenario.toml --set fleet.devices=5 --set 'network.width = 4'"));
}

#[test]
fn invariant_11_wrong_options_are_shown_with_what_would_be_right() {
    let here = here();
    for (option, expected) in [
        (
            "--set=fleet.device=10",
            "--set:1:7\n  |\n1 | fleet.device=10\n  |       ^^^^^^\n  |\n  = help: did you mean `devices`?",
        ),
        ("--set=fleet.devices=0", "`devices` is 0, but must be a whole number from 1 to 10,000,000\n --> --set:1:15"),
        ("--set=fleet.devices=1 2", "`devices` is \"1 2\", but must be a whole number"),
        ("--set=fleet.devices=", "no value is given for `devices`"),
        ("--set=fleet=10", "set one of its keys: devices, profile"),
        ("--set=fleet.devices", "write KEY=VALUE"),
        ("--set=study.name.first=a", "`name` is no section"),
        ("--set=sweep.network.width=4", "set the key that is swept"),
        ("--set=link.weights=[1, 2", "unclosed array"),
        (
            "--set=network.split=stag3",
            "--set:1:15\n  |\n1 | network.split=stag3\n  |               ^^^^^\n  |\n  = help: did you mean `stage3`?",
        ),
        ("--set=workload.warmup=500", "a warm-up of 500 of 120 requests leaves none"),
        ("--point=4", "there is no design point 4: the study has 4, counted from 0"),
        ("--point=2..9", "there is no design point 4"),
        ("--point=2..2", "nothing lies between"),
        ("--point=-1", "give a whole number from 0"),
    ] {
        for verb in ["check", "run"] {
            let output = cospike(&[verb, "small.toml", option], here.path()).assert().code(2).get_output().clone();
            let message = String::from_utf8(output.stderr).unwrap();
            assert!(message.contains(expected), "`{expected}` in:\n{message}");
        }
    }
    let twice = ["check", "small.toml", "--set", "fleet.devices=5", "--set", "fleet.devices=6"];
    let output = cospike(&twice, here.path()).assert().code(2).get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("`fleet.devices` is set twice\n --> --set:1:1"));
    assert!(!here.path().join("out").exists(), "nothing was run");
}
