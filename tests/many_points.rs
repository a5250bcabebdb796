//! Studies with more design points than a terminal shows.

use assert_cmd::Command;
use cospike_results::store::folder;
use std::path::Path;
use std::sync::Arc;

#[test]
fn the_terminal_lists_the_first_thousand_design_points_and_says_what_has_the_others() {
    let here = tempfile::tempdir().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/many-points.toml");
    let mut command = Command::cargo_bin("cospike").unwrap();
    let arguments = ["--point", "500..1502", "--store", "store", "--out", "out"];
    let run = command.current_dir(here.path()).arg("run").arg(scenario).args(arguments).assert().success();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let lines = |start: &str| text.lines().filter(|line| line.trim_start().starts_with(start)).count();
    assert_eq!((lines("spiking stage3 w4 "), lines("no energy: spiking stage3 w4 ")), (1000, 1000), "{text}");
    assert!(
        text.contains("... and 2 design points more, which points.parquet, replications.parquet and `--json` have")
    );
    let results = folder::read(&here.path().join("out")).unwrap();
    assert_eq!(results.points.len(), 1002, "all are in the files");
    assert_eq!(results.points[1001].label, "spiking stage3 w4 link.propagation_ms=2.0 link.uplink_mbps=502.0");
    let rows = &results.layers;
    let layers = |point: usize| rows.iter().filter(move |row| row.point.0 as usize == point).map(|row| &row.means);
    assert!(layers(0).eq(layers(1001)) && layers(0).count() > 10);
    assert!(layers(0).zip(layers(1001)).all(|(one, other)| Arc::ptr_eq(one, other)), "in memory once");
}

/// Terminal, JSON and page are of the first ten thousand design points, and say so; the tables have all.
#[test]
fn of_more_design_points_than_are_shown_the_first_are_and_it_is_said() {
    let here = tempfile::tempdir().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/many-points.toml");
    let mut command = Command::cargo_bin("cospike").unwrap();
    // Nothing is computed.
    let arguments = ["--point", "0..10003", "--store", "store", "--out", "out", "--json"];
    let collect = command.current_dir(here.path()).arg("collect").arg(scenario).args(arguments).assert().code(1);
    let output = collect.get_output();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["all_points"], json["points"].as_array().unwrap().len()), (&10_003.into(), 10_000));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("10003 of 10003 design points and 1 of 1 inference are not computed yet"), "{said}");
    let page = std::fs::read_to_string(here.path().join("out/report.html")).unwrap();
    assert!(page.contains("This page is of the first 10,000 of 10,003 design points"));
    let mut again = Command::cargo_bin("cospike").unwrap();
    again.current_dir(here.path()).args(["report", "out", "--page", "again.html"]).assert().success();
    assert!(std::fs::read_to_string(here.path().join("again.html")).unwrap() == page, "drawn again it is the same");
    assert_eq!(folder::read(&here.path().join("out")).unwrap().points.len(), 10_003, "all are in the files");
}
