//! `compare`: the same design points of several result folders.

use assert_cmd::Command;
use cospike_results::rows::Results;
use cospike_results::store::folder;
use cospike_sim_core::stats::mean_interval;
use serde_json::Value;
use std::path::Path;

fn cospike(here: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(arguments);
    command
}

fn run(here: &Path, out: &str, settings: &[&str]) {
    let mut arguments = vec!["run", "small.toml", "--out", out, "--store", "store"];
    settings.iter().for_each(|setting| arguments.extend(["--set", setting]));
    cospike(here, &arguments).assert().success();
}

fn printed(command: &mut Command, code: i32) -> String {
    String::from_utf8(command.assert().code(code).get_output().stdout.clone()).unwrap()
}

/// The interval of a difference is that of Student's t over the differences of the replications; to its square comes, for correct answers of
/// one network under two losses, the largest error that the samples can have, `d (1 - d) / n` of a difference `d`.
#[test]
fn folders_are_compared_replication_by_replication_and_a_loss_is_worse() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(
        here.join("small.toml"),
        include_str!("data/small.toml").replace("replications = 2", "replications = 6"),
    )
    .unwrap();
    run(here, "a", &[]);
    run(here, "b", &["link.packet_loss=0.6"]);
    run(here, "c", &["network.width=4", "study.seed=8"]);

    let found: Value = serde_json::from_str(&printed(&mut cospike(here, &["compare", "a", "b", "--json"]), 0)).unwrap();
    let comparison = &found["comparisons"][0];
    assert_eq!(comparison["changes"].to_string(), r#"[{"first":"0.05","key":"link.packet_loss","second":"0.6"}]"#);
    assert_eq!(comparison["compared"]["is_paired"], true);
    let [first, second] = ["a", "b"].map(|name| folder::read(&here.join(name)).unwrap());
    for (place, point) in comparison["compared"]["points"].as_array().unwrap().iter().enumerate() {
        let shares = |results: &Results| -> Vec<f64> {
            let rows = &results.replications[6 * place..6 * place + 6];
            rows.iter().map(|row| row.requests.correct as f64 / row.requests.generated as f64).collect()
        };
        let differences: Vec<f64> = shares(&second).iter().zip(shares(&first)).map(|(b, a)| b - a).collect();
        let expected = mean_interval(&differences).unwrap();
        let correct = point["metrics"].as_array().unwrap().iter().find(|of| of["metric"] == "correct").unwrap();
        let number = |key: &str| correct[key].as_f64().unwrap();
        let (d, samples) = (expected.estimate.abs(), f64::from(first.points[place].samples));
        let half = expected.half_width().hypot(1.959_963_985 * (d * (1.0 - d) / samples).sqrt());
        let [low, high] = [expected.estimate - half, expected.estimate + half];
        for (key, value) in [("difference", expected.estimate), ("low", low), ("high", high)] {
            assert!((number(key) - value).abs() < 1e-9, "{key} {value} {point}");
        }
    }

    let table = printed(&mut cospike(here, &["compare", "a", "b"]), 0);
    assert!(table.contains("link.packet_loss  0.05  0.6") && table.contains("Correct of all requests, %"), "{table}");
    let same = printed(&mut cospike(here, &["compare", "a", "a", "--fail-if-worse", "correct"]), 0);
    assert!(same.contains("the scenarios of A and B are the same") && !same.contains("worse in"), "{same}");
    let three = printed(&mut cospike(here, &["compare", "a", "b", "c", "--fail-if-worse", "completed:0.1"]), 1);
    assert!(three.contains("worse in B: completed of float stage3 w4"), "{three}");
    assert!(three.contains("only in A, not in C: 2 design points (spiking stage3 w8; float stage3 w8)"), "{three}");
    assert!(three.contains("from the means of both, where seeds or samples are not shared"), "{three}");
    // A large loss is allowed if it is no larger than that.
    printed(&mut cospike(here, &["compare", "a", "b", "--fail-if-worse", "completed:90"]), 0);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for (arguments, said) in [
        (&["compare", "a", "b"][..], "there is no folder a"),
        (&["compare", "a"], "DIR"),
        (&["compare", "a", "b", "--fail-if-worse", "latency_p95:3"], "did you mean `latency_p95_s`"),
        (&["compare", "a", "b", "--fail-if-worse", "correct:much"], "a number of per cent"),
        (&["report", "a"], "there is no folder a"),
    ] {
        let output = cospike(here, arguments).assert().code(2).get_output().clone();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said) && !error.contains("os error"), "{arguments:?}: {error}");
    }
}

/// The page has what the tables have, and takes the place of no other file.
#[test]
fn a_comparison_is_a_page_too() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("small.toml"), include_str!("data/small.toml")).unwrap();
    run(here, "a", &[]);
    run(here, "b", &["link.packet_loss=0.6"]);
    for _ in 0..2 {
        cospike(here, &["compare", "a", "b", "--out", "page.html"]).assert().success();
    }
    let page = std::fs::read_to_string(here.join("page.html")).unwrap();
    let found: Value = serde_json::from_str(&printed(&mut cospike(here, &["compare", "a", "b", "--json"]), 0)).unwrap();
    let point = &found["comparisons"][0]["compared"]["points"][0];
    let correct = point["metrics"].as_array().unwrap().iter().find(|of| of["metric"] == "correct").unwrap();
    let points = format!("{:.1}", 100.0 * correct["difference"].as_f64().unwrap()).replace('-', "\u{2212}");
    for part in ["link.packet_loss", "<td>0.6</td>", "id=\"differences-B\"", point["label"].as_str().unwrap(), &points]
    {
        assert!(page.contains(part), "{part}");
    }
    std::fs::write(here.join("thesis.html"), "<p>").unwrap();
    cospike(here, &["compare", "a", "b", "--out", "thesis.html"]).assert().code(2);
    assert_eq!(std::fs::read_to_string(here.join("thesis.html")).unwrap(), "<p>");
}
