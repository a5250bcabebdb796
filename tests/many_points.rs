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

/// A hundred thousand design points, every thousandth of which names a profile that does not exist.
fn a_few_wrong_points() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/many-points.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let (fixed, sweep) = text.split_once("[sweep]").unwrap();
    let slow = sweep.lines().find(|line| line.contains("propagation_ms")).unwrap();
    let clouds: Vec<&str> = (0..1000).map(|number| if number == 990 { "nowhere" } else { "server" }).collect();
    let rates: Vec<f64> = (1..=1000).map(f64::from).collect();
    format!("{fixed}[sweep]\n{slow}\n[sweep.zip]\nlink.uplink_mbps = {rates:?}\ncloud.profile = {clouds:?}\n")
}

/// A share compiles its own design points and a few others: it works although others are wrong. Who has a wrong one says so before
/// anything is computed, and so does who looks at all.
#[test]
fn a_share_of_a_large_study_makes_no_design_points_but_its_own() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("wrong.toml"), a_few_wrong_points()).unwrap();
    let cospike = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cospike").unwrap();
        let output = command.current_dir(here.path()).args(arguments).output().unwrap();
        let [said, told] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), said, told)
    };
    let wrong = |(code, _, told): (Option<i32>, String, String)| {
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("wrong.toml:") && told.contains("nowhere"), "{told}");
    };
    wrong(cospike(&["check", "wrong.toml"]));
    let work = |shard: u32| {
        let shard = format!("{shard}/1000");
        let worked = cospike(&["work", "wrong.toml", "--store", "store", "--shard", &shard]);
        match worked.0 {
            Some(0) => {
                assert!(worked.1.contains(": 4 units") || worked.1.contains(": 5 units"), "{}", worked.1);
                true
            }
            _ => {
                wrong(worked);
                false
            }
        }
    };
    // Every fortieth unit has a wrong one.
    let good = (0..3).filter(|shard| work(*shard)).count();
    assert!(good >= 2, "{good} of 3 shares");
}

/// The most bytes that `check` of so many design points has had in memory.
#[cfg(target_os = "linux")]
fn memory(points: usize) -> u64 {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/many-points.toml");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cospike"));
    command.arg("check").arg(scenario).args(["--json", "--point", &format!("0..{points}")]);
    let mut process = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", process.id());
    let mut most = 0;
    while process.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kilobytes =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok());
        most = kilobytes.unwrap_or(0).max(most);
        std::thread::yield_now();
    }
    assert!(process.wait().unwrap().success() && most > 0);
    1024 * most
}

/// Each design point that is added takes a hash, a place and the like, and nothing of what is simulated.
#[cfg(target_os = "linux")]
#[test]
fn memory_grows_by_some_tens_of_bytes_for_each_design_point() {
    let (few, many) = (17_000, 34_000);
    let of_each = memory(many).saturating_sub(memory(few)) / (many - few) as u64;
    assert!(of_each < 250, "{of_each} bytes for each design point");
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
