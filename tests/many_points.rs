//! Studies with more design points than a terminal shows.

use assert_cmd::Command;
use cospike_results::store::folder;
use std::path::Path;

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
}
