//! What fails or has no value costs nothing else, and is said.

use assert_cmd::Command;
use cospike_results::rows::{PointRow, ReplicationRow, Results};
use cospike_results::store::folder;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// The small scenario, one spiking network, with some text replaced.
fn scenario(replace: &[(&str, &str)]) -> TempDir {
    let one = (
        "network.family = [\"spiking\", \"float\"]\nnetwork.width = [4, 8]",
        "network.family = [\"spiking\"]\nnetwork.width = [4]",
    );
    let (folder, mut text) = (tempfile::tempdir().unwrap(), include_str!("data/small.toml").to_string());
    for (old, new) in [&one].into_iter().chain(replace) {
        assert!(text.contains(old), "the scenario has `{old}`");
        text = text.replace(old, new);
    }
    std::fs::write(folder.path().join("small.toml"), text).unwrap();
    folder
}

/// Standard output and error of a run with this exit code.
fn run(place: &Path, arguments: &[&str], code: i32) -> (String, String) {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(place).env("COSPIKE_STORE", place.join(".store")).args(["run", "small.toml"]).args(arguments);
    let output = command.assert().code(code).get_output().clone();
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).into()
}

fn results(place: &TempDir) -> Results {
    folder::read(&place.path().join("out/small")).unwrap()
}

fn page(place: &TempDir) -> String {
    std::fs::read_to_string(place.path().join("out/small/report.html")).unwrap().replace('\u{a0}', " ")
}

/// Requests at a server that serves the last one first starve once it is asked for more than it can serve.
const STARVING: [(&str, &str); 3] = [
    ("replications = 2", "replications = 2\nstarvation_s = 0.2"),
    ("requests = 120", "requests = 3000"),
    ("network.width = [4]", "network.width = [4]\nworkload.rate_hz = [20.0, 2000.0, 25.0]"),
];

#[test]
fn a_point_that_starves_fails_alone() {
    let place = scenario(&STARVING);
    let (table, errors) = run(place.path(), &[], 1);
    assert!(errors.contains("error: 1 of 3 design points failed"), "{errors}");
    assert!(errors.contains("in the store "), "{errors}");
    let reason = "failed: spiking stage3 w4 workload.rate_hz=2000.0, 2 of 2 replications: replication 0: at 0.";
    assert!(table.contains(reason), "{table}");
    let found = results(&place);
    let [first, failed, last] = &found.points[..] else { panic!("three points") };
    assert!(failed.failure.as_ref().is_some_and(|reason| reason.contains("are older than 0.2")), "{failed:?}");
    assert_eq!((&first.failure, &last.failure, found.replications.len()), (&None, &None, 4));
    assert!(page(&place).contains("1 of 3 design points could not be simulated"));

    let (json, _) = run(place.path(), &["--json"], 1);
    let json: Value = serde_json::from_str(&json).unwrap();
    let point = &json["points"][1];
    assert!(point["failure"].as_str() == failed.failure.as_deref() && point["latency_mean_s"]["mean"].is_null());
    assert_eq!((&point["failed_replications"], &point["energy_j"]["over"]), (&2.into(), &0.into()));
    assert_eq!(results(&place), found);
    // Without the point that fails there is the same, exit code 0, and nothing is left beside the results.
    let text = std::fs::read_to_string(place.path().join("small.toml")).unwrap();
    std::fs::write(place.path().join("small.toml"), text.replace(" 2000.0,", "")).unwrap();
    run(place.path(), &[], 0);
    let rows = |results: Results| {
        results.replications.into_iter().map(|row| (row.requests, row.trajectory)).collect::<Vec<_>>()
    };
    assert_eq!(rows(results(&place)), rows(found));
    run(place.path(), &["--verify"], 0);
}

/// A point that answers, and one that ends before the first request, loses all packets, or ends inside the warm-up: that has empty
/// cells and says why.
#[test]
fn a_point_without_answers_fails_with_its_reason() {
    let cases = [
        ("workload.horizon_s = [100.0, 1e-9]", "no request was made before the horizon, 1e-9 s"),
        ("workload.horizon_s = [100.0, 0.3]", "are to requests of the warm-up, the first 60"),
        ("link.packet_loss = [0.0, 1.0]", "none of 240 requests was answered: 240 dropped: all packets lost"),
    ];
    for (swept, reason) in cases {
        let swept = format!("network.width = [4]\n{swept}");
        let lossless = ("packet_loss = 0.05", "packet_loss = 0.0");
        let place = scenario(&[("network.width = [4]", &swept), lossless, ("warmup = 10", "warmup = 60")]);
        let (table, errors) = run(place.path(), &[], 1);
        assert!(table.contains("-: no replication has the value") && !table.contains("NaN"), "{table}");
        assert!(table.contains("\nfailed: spiking stage3 w4 ") && table.contains(reason), "{table}");
        assert!(errors.contains("1 of 2 design points failed") && !errors.contains("is kept in"), "{errors}");
        check_empty_cells(&place, reason);
    }
}

/// The first design point has answers, the second has none, for this `reason`.
fn check_empty_cells(place: &TempDir, reason: &str) {
    let found = results(place);
    let latencies = |point: u32| {
        found.replications.iter().filter(move |row| row.point.0 == point).map(|row: &ReplicationRow| row.latency_mean_s)
    };
    assert!(latencies(0).all(|latency| latency.is_some()) && latencies(1).all(|latency| latency.is_none()));
    let [first, second]: [&PointRow; 2] = [&found.points[0], &found.points[1]];
    assert!(first.failure.is_none() && second.failure.as_ref().is_some_and(|found| found.contains(reason)));
    assert_eq!(second.failed_replications, 0);
    let page = page(place);
    assert!(!page.contains("What accuracy costs"), "the only point with answers is no figure");
    assert!(page.contains("1 of 2 design points could not be simulated") && page.contains(reason));
}

/// With most packets lost and few requests some replications have no answer at all.
#[test]
fn a_mean_says_over_how_many_replications_it_is() {
    let place = scenario(&[
        ("replications = 2", "replications = 10"),
        ("packet_loss = 0.05", "packet_loss = 0.95"),
        ("requests = 120", "requests = 2"),
        ("warmup = 10", "warmup = 0"),
    ]);
    let (table, _) = run(place.path(), &[], 0);
    let answered = results(&place).replications.iter().filter(|row| row.latency_mean_s.is_some()).count();
    assert!((1..10).contains(&answered), "{answered}");
    assert!(table.contains(&format!("over {answered} of 10")) && !table.contains("NaN"), "{table}");
    assert!(page(&place).contains(&format!("over {answered} of 10 replications")));
    let (json, _) = run(place.path(), &["--json"], 0);
    let latency = &serde_json::from_str::<Value>(&json).unwrap()["points"][0]["latency_mean_s"];
    assert_eq!((&latency["over"], &latency["of"]), (&answered.into(), &10.into()));
}

/// Nothing is random in a recorded stream of requests for one sample over a lossless link.
#[test]
fn what_is_not_random_has_no_interval() {
    let arrivals = ("rate_hz = 20.0\nrequests = 120\nwarmup = 10", "trace = \"arrivals.csv\"\nrequests = 3");
    let (lossless, one) = (("packet_loss = 0.05", "packet_loss = 0.0"), ("count = 60", "count = 1"));
    let place = scenario(&[arrivals, lossless, one, ("replications = 2", "replications = 5")]);
    std::fs::write(place.path().join("arrivals.csv"), "seconds,device\n0.5,0\n1.0,1\n2.0,2\n").unwrap();
    let (table, _) = run(place.path(), &[], 0);
    assert!(!table.contains("±0.0") && table.contains("nothing random happened in them"), "{table}");
    assert!(page(&place).contains("nothing random happened in them"));
}

/// 14 is no multiple of the number of replications that are added at once.
#[test]
fn every_replication_of_a_precision_target_is_reported() {
    let target = "seed = 7\n\n[study.precision]\nrelative = 1e-9\nof = \"latency\"\nmax_replications = 14";
    let place = scenario(&[("seed = 7\nreplications = 2", &format!("replications = 10\n{target}"))]);
    let (table, _) = run(place.path(), &[], 0);
    assert!(table.contains("over 14 replications"), "{table}");
    assert_eq!(results(&place).replications.len(), 14);
    assert!(page(&place).contains("14 replications of each"));
}
