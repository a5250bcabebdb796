//! The manifest for Kubernetes against the schemas that its API server checks it by.

use crate::bench::{Bench, python, said};
use std::process::Stdio;

/// Validates each document of a manifest, strictly.
const VALIDATE: &str = "
import json, sys, kubernetes_validate
documents = json.load(sys.stdin)['items']
for document in documents:
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
scenario = documents[0]['data']['scenario.toml']
assert scenario == open('my study.toml').read(), 'another scenario'
spec = documents[1]['spec']
[container] = spec['template']['spec']['containers']
assert (spec['completions'], container['env'][0]['value']) == (5, '5'), spec
assert container['args'][1:4] == ['/cospike/scenario.toml', '--set', 'fleet.devices=2'], container
";

#[test]
fn a_manifest_is_what_kubernetes_takes() {
    let Some(mut python) = python("kubernetes_validate") else { return };
    let bench = Bench::new(&[("# A study of seconds", "# \"Größe\" \\ ' 😀 {}: a study of seconds")]);
    let options = [
        "submit",
        "--kubernetes",
        "--image",
        "cospike:0.1",
        "--shards",
        "5",
        "--mem",
        "2G",
        "--set",
        "fleet.devices=2",
    ];
    let mut submit = bench.command(&options);
    let output = submit.env("COSPIKE_STORE", "s3://bucket/folder").output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    std::fs::write(bench.path("manifest.json"), &output.stdout).unwrap();
    let manifest = std::fs::File::open(bench.path("manifest.json")).unwrap();
    let validated =
        python.args(["-c", VALIDATE]).current_dir(bench.path(".")).stdin(Stdio::from(manifest)).output().unwrap();
    assert!(validated.status.success(), "{}\n{}", said(&validated), said(&output));
}

#[test]
fn a_scenario_that_reads_a_file_is_not_for_pods() {
    let bench = Bench::new(&[("profile = \"wifi\"", "profile = \"mine.toml\"")]);
    let profile = std::process::Command::new(env!("CARGO_BIN_EXE_cospike")).args(["profile", "wifi"]).output().unwrap();
    std::fs::write(bench.path("mine.toml"), profile.stdout).unwrap();
    let options = ["submit", "--kubernetes", "--image", "cospike", "--store", "s3://bucket/folder"];
    let refused = said(&bench.run(&options, 2));
    assert!(refused.contains("the scenario reads mine.toml, which pods do not have"), "{refused}");
}
