//! A device that was measured, or of which single values are given by the scenario.

use assert_cmd::Command;
use cospike_results::rows::{PointRow, ReplicationRow};
use cospike_results::store::folder;
use std::fs;
use std::path::Path;

const HEADS: &str = "kind,split,width,head_ms,head_mj\nspiking,stage3,2,12.5,3.25\nfloat,stage3,2,20,8\n";

/// Writes a scenario of two design points with these changes to `own.toml`.
fn write(folder: &Path, changes: &[(&str, &str)]) {
    let scenario = include_str!("../scenarios/quickstart.toml").split("[sweep]").next().unwrap();
    let changed = changes.iter().fold(scenario.to_string(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    fs::write(
        folder.join("own.toml"),
        changed + "[sweep]\nnetwork.bottleneck = [\"spiking\", \"float\"]\nnetwork.width = [2]\n",
    )
    .unwrap();
}

fn run(folder: &Path, changes: &[(&str, &str)]) -> (Vec<PointRow>, Vec<ReplicationRow>) {
    write(folder, changes);
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(folder).args(["run", "own.toml", "--out", "out", "--store", "store"]);
    command.args(["--set", "samples.count=20", "--set", "workload.requests=400", "--set", "workload.warmup=20"]);
    command.assert().success();
    let results = folder::read(&folder.join("out")).unwrap();
    (results.points, results.replications)
}

/// Time and energy of a head are those of the file, and nothing else is.
#[test]
fn a_device_takes_what_was_measured_of_its_head() {
    let here = tempfile::tempdir().unwrap();
    let prices = "prices = \"horowitz-45nm-fp32\"  # prices/";
    let measured = [(prices, "measured = \"heads.csv\"")];
    fs::write(here.path().join("heads.csv"), HEADS).unwrap();
    let (points, first) = run(here.path(), &measured);
    assert!(points[0].setup.device.ends_with(", measured in heads.csv") && points[0].setup.prices.is_none());
    for row in &first {
        let wanted = if row.point.0 == 0 { 0.0125 } else { 0.02 };
        let found = row.phases.unwrap().edge_compute;
        assert!((found - wanted).abs() < 1e-9, "{found} s instead of {wanted}");
    }
    fs::write(here.path().join("heads.csv"), HEADS.replace("3.25", "6.5")).unwrap();
    let (_, second) = run(here.path(), &measured);
    for (first, second) in first.iter().zip(&second) {
        let more = second.energy.unwrap().total - first.energy.unwrap().total;
        let wanted = if first.point.0 == 0 { 3.25e-3 } else { 0.0 };
        assert!((more - wanted).abs() <= 0.02 * wanted, "{more} J more instead of {wanted}");
        assert_eq!(first.latency_mean_s, second.latency_mean_s);
    }
}

/// A row that is for no split point is a slip of the pen, whether it is needed or not; one for another architecture is not.
#[test]
fn a_misspelt_split_point_is_refused_with_the_name_that_was_meant() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &[("prices = \"horowitz-45nm-fp32\"  # prices/", "measured = \"heads.csv\"")]);
    let check = |heads: &str| {
        fs::write(here.path().join("heads.csv"), heads).unwrap();
        let mut command = Command::cargo_bin("cospike").unwrap();
        command.current_dir(here.path()).args(["check", "own.toml"]).assert()
    };
    check(&format!("{HEADS}spiking,last,4,1.0,1.0\n")).success();
    for heads in [format!("{HEADS}spiking,staeg3,4,1.0,1.0\n"), HEADS.replace("stage3", "staeg3")] {
        let refused = String::from_utf8(check(&heads).code(2).get_output().stderr.clone()).unwrap();
        assert!(refused.contains("no network of this study has a split point `staeg3`"), "{refused}");
        assert!(refused.contains("did you mean `stage3`") && refused.contains("heads.csv:"), "{refused}");
    }
}

/// Half the rates: twice the time, less the overhead, which stays.
#[test]
fn a_value_of_the_scenario_stands_in_the_place_of_that_of_the_profile() {
    let here = tempfile::tempdir().unwrap();
    let rates = |per_second: &str| {
        format!(
            "[fleet.override]\nac_per_second = {per_second}\nmac_per_second = {per_second}\nneuron_updates_per_second = {per_second}\noverhead = 0\n\n[workload]"
        )
    };
    let compute = |per_second| {
        let (points, rows) = run(here.path(), &[("[workload]", &rates(per_second))]);
        assert!(points[0].setup.device.starts_with("edge-accelerator with "), "{}", points[0].setup.device);
        rows.iter().map(|row| row.phases.unwrap().edge_compute).collect::<Vec<_>>()
    };
    for (fast, slow) in compute("2e9").into_iter().zip(compute("1e9")) {
        assert!((slow / fast - 2.0).abs() < 1e-4, "{fast} and {slow}");
    }
}
