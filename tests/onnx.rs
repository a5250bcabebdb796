//! Networks in files, as a user checks, executes, prices and simulates them: the same of every format.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn file(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/tests/data/onnx").join(name);
    path.display().to_string()
}

fn cospike(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.args(arguments);
    command
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_slice(&cospike(arguments).assert().success().get_output().stdout).unwrap()
}

fn refusal(arguments: &[&str]) -> String {
    String::from_utf8(cospike(arguments).assert().code(2).get_output().stderr.clone()).unwrap()
}

#[test]
fn what_onnxruntime_recorded_is_reproduced_layer_by_layer() {
    let compared = json(&["infer", &file("residual.onnx"), "--compare", &file("residual.npz"), "--json"]);
    assert_eq!((&compared["agrees"], &compared["time_steps"]), (&true.into(), &1.into()));
    assert!(compared["largest_difference"].as_f64().unwrap() < 1e-4);
    let out = &compared["out"];
    assert!(out["compared"].as_u64() == Some(15) && out["largest_difference"].as_f64().unwrap() < 1e-5, "{out}");
    // Those of another network are no recording of this one.
    let message = refusal(&["infer", &file("residual.onnx"), "--compare", &file("mobile.npz")]);
    assert!(message.contains("array `input`: 144 values of a sample in a step instead of 3x17x14"), "{message}");
}

#[test]
fn a_file_that_is_wrong_is_refused_wherever_a_network_is_named() {
    let wrong = file("wrong/operator.onnx");
    let folder = tempfile::tempdir().unwrap();
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let scenario = folder.path().join("own.toml").display().to_string();
    let named = format!("file = \"{wrong}\"\nsplit = \"conv\"");
    std::fs::write(&scenario, before.replace("backbone = \"resnet14\"\nsplit = \"stage3\"", &named)).unwrap();
    for arguments in [&["check", &wrong][..], &["infer", &wrong], &["energy", &wrong], &["check", &scenario]] {
        let message = refusal(arguments);
        assert!(message.contains("node `elu` (Elu) cannot be executed"), "{arguments:?}: {message}");
    }
    let checked = cospike(&["check", &wrong]).assert().code(2).get_output().stdout.clone();
    let checked = String::from_utf8(checked).unwrap();
    assert!(
        checked.contains("not supported") && checked.contains("it reads `relu`, which is not supported"),
        "{checked}"
    );
}

/// Accuracy, operations and energy of one file agree, whether it is executed, priced or simulated, and with a normalisation too.
#[test]
fn a_file_is_one_network_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(file("images.onnx"), folder.path().join("net.onnx")).unwrap();
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let named = "file = \"net.onnx\"\nsplit = \"relu\"";
    let text = before.replace("backbone = \"resnet14\"\nsplit = \"stage3\"", named);
    assert!(text.contains(named));
    let normalised = "[network.normalisation]\nmean = [0.286]\nstd = [0.353]\n";
    let net = folder.path().join("net.onnx").display().to_string();
    let mut answers = vec![];
    for (options, section) in [(&[][..], ""), (&["--normalise", "mean=0.286,std=0.353"][..], normalised)] {
        let run = |arguments: &[&str]| json(&[arguments, options, &["--json"]].concat());
        let infer = run(&["infer", &net, "--samples", "60"]);
        let energy = run(&["energy", &net, "--samples", "60", "--prices", "horowitz-45nm-fp32"]);
        let list = &energy["price_lists"][0];
        assert_eq!(list["networks"][0]["correct"], infer["correct"]);
        assert!(list["conventions"][0]["account"]["joules"].as_f64().unwrap() > 0.0, "{list}");
        let sweep = "[sweep]\nnetwork.split = [\"input\", \"conv\", \"relu\", \"output\"]\n";
        let scenario = folder.path().join(format!("own{}.toml", options.len())).display().to_string();
        std::fs::write(&scenario, format!("{text}{section}{sweep}")).unwrap();
        let studied = json(&["run", &scenario, "--no-store", "--json"]);
        let points = studied["points"].as_array().unwrap();
        assert_eq!(points.len(), 4);
        for point in points {
            assert_eq!(point["offline_accuracy"]["estimate"], infer["accuracy"], "{point}");
        }
        answers.push(infer["layers"].clone());
    }
    assert_ne!(answers[0], answers[1]);
    let message = refusal(&["infer", "resnet14-spiking", "--normalise", "mean=0.286,std=0.353"]);
    assert!(message.contains("`--normalise` needs the file of a network"), "{message}");
    let message = refusal(&["infer", &net, "--normalise", "mean=0.1/0.2,std=1"]);
    assert!(
        message.contains("the normalisation has 2 means, but the network's input has the shape 1x28x28"),
        "{message}"
    );
}
