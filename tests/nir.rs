//! Networks of other frameworks, as a user checks and executes them.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn file(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/tests/data/nir").join(name);
    path.display().to_string()
}

fn cospike(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.args(arguments);
    command
}

fn stderr(command: &mut Command, code: i32) -> String {
    String::from_utf8(command.assert().code(code).get_output().stderr.clone()).unwrap()
}

fn json(command: &mut Command) -> Value {
    serde_json::from_slice(&command.assert().success().get_output().stdout).unwrap()
}

#[test]
fn a_network_is_checked_node_by_node() {
    let checked = json(&mut cospike(&["check", &file("snntorch_recurrent.nir"), "--json"]));
    assert_eq!(
        (&checked["runnable"], &checked["dt"], &checked["dt_inferred"]),
        (&true.into(), &1e-4.into(), &true.into())
    );
    let runs: Vec<_> = checked["nodes"].as_array().unwrap().iter().map(|node| (&node["node"], &node["runs"])).collect();
    assert_eq!(runs.len(), 6);
    assert_eq!(runs[1], (&"0".into(), &"as real values".into()));
    assert_eq!(runs[2], (&"1.w_rec".into(), &"as spikes".into()));
    let printed = cospike(&["check", &file("snntorch_recurrent.nir")]).assert().success().get_output().clone();
    let printed = String::from_utf8(printed.stdout).unwrap();
    for part in [
        "CubaLIF",
        "time step: 1e-4, found from its neurons",
        "fire above the threshold",
        "split points: input, 0, 1.lif",
    ] {
        assert!(printed.contains(part), "`{part}` in {printed}");
    }
}

#[test]
fn what_was_recorded_is_reproduced_or_the_exit_code_says_so() {
    let compare = |options: &[&str]| {
        let (net, recorded) = (file("spikingjelly_if.nir"), file("spikingjelly_if.npz"));
        let mut command = cospike(&["infer", &net, "--compare", &recorded]);
        command.args(options);
        command
    };
    let compared = json(&mut compare(&["--fire", "ge", "--json"]));
    assert_eq!((&compared["agrees"], &compared["flips"]), (&true.into(), &0.into()));
    assert_eq!(compared["nodes"].as_array().unwrap().len(), 3);
    let message = stderr(&mut compare(&[]), 1);
    assert!(message.contains("flips; see `--dt`, `--fire`"), "{message}");
    // Arrays after no node of the file.
    let [net, recorded] = [file("graph_images.nir"), file("spikingjelly_if.npz")];
    let message = stderr(&mut cospike(&["infer", &net, "--compare", &recorded]), 2);
    assert!(message.contains("error: "), "{message}");
}

#[test]
fn what_cannot_be_executed_is_refused_before_anything_runs() {
    let message = stderr(&mut cospike(&["check", &file("graph_residual.nir")]), 2);
    assert!(
        message.contains("does not say how long a time step is") && message.contains("help: give the time step"),
        "{message}"
    );
    cospike(&["check", &file("graph_residual.nir"), "--dt", "1e-3"]).assert().success();
    let message = stderr(&mut cospike(&["check", &file("spikingjelly_if.npz").replace(".npz", ".nir2.nir")]), 2);
    assert!(message.contains("cannot read"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.nir");
    std::fs::write(&path, "not HDF5").unwrap();
    let message = stderr(&mut cospike(&["check", &path.display().to_string()]), 2);
    assert!(message.contains("text.nir: not an HDF5 file"), "{message}");
    let message = stderr(&mut cospike(&["check", "quickstart", "--fire", "ge"]), 2);
    assert!(message.contains("`--fire` needs the file of a network in the NIR format (.nir)"), "{message}");
}

/// A scenario names the file; every layer through which alone values flow is a split point, at which the study has the accuracy that
/// `infer` has.
#[test]
fn a_network_of_another_framework_is_simulated_like_one_of_the_zoo() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(file("graph_images.nir"), folder.path().join("net.nir")).unwrap();
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let network = "file = \"net.nir\"\ntime_steps = 3\nsplit = \"if.1\"";
    let text = before.replace("backbone = \"resnet14\"\nsplit = \"stage3\"", network);
    assert!(text.contains(network));
    let sweep = "[sweep]\nnetwork.split = [\"input\", \"conv\", \"if.1\", \"pool\", \"fc\", \"output\"]\n";
    std::fs::write(folder.path().join("own.toml"), text.clone() + sweep).unwrap();
    let run = |arguments: &[&str]| {
        json(cospike(arguments).current_dir(folder.path()).env("COSPIKE_STORE", folder.path().join("store")))
    };
    let printed = run(&["run", "own.toml", "--json"]);
    let points = printed["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    let infer = run(&["infer", "net.nir", "--time-steps", "3", "--samples", "60", "--scores", "scores.npz", "--json"]);
    for point in points {
        assert_eq!(point["offline_accuracy"]["estimate"], infer["accuracy"], "{point}");
    }
    assert!(folder.path().join("scores.npz").is_file());
    // What is the same in every step cannot be sent by steps.
    let constant = text.replace("split = \"if.1\"", "split = \"conv\"\nstream = true");
    std::fs::write(folder.path().join("constant.toml"), constant).unwrap();
    let message = stderr(cospike(&["check", "constant.toml"]).current_dir(folder.path()), 2);
    assert!(message.contains("what crosses at `conv` is the same in every time step"), "{message}");
    // Another rule for what equals a threshold makes another network of the same file.
    let ge = text + "[network.nir]\nfire = \"ge\"\ninitial = \"zero\"\n";
    std::fs::write(folder.path().join("ge.toml"), ge).unwrap();
    let plan = |name: &str| run(&["check", name, "--plan"])["networks"][0]["weights"][0]["blake3"].clone();
    assert_ne!(plan("own.toml"), plan("ge.toml"));
    let text = std::fs::read_to_string(folder.path().join("ge.toml")).unwrap();
    std::fs::write(folder.path().join("dt.toml"), text + "dt = 0.5\n").unwrap();
    assert_ne!(plan("dt.toml"), plan("ge.toml"));
    let message = stderr(cospike(&["infer", "net.nir"]).current_dir(folder.path()), 2);
    assert!(message.contains("says no number of time steps") && message.contains("`--time-steps`"), "{message}");
}

/// Spikes are counted and real values averaged, unless something else is said; a study of the same file has the accuracy of `infer`.
#[test]
fn how_scores_are_read_out_is_declared_and_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(file("graph_images.nir"), folder.path().join("net.nir")).unwrap();
    let run = |arguments: &[&str]| {
        json(cospike(arguments).current_dir(folder.path()).env("COSPIKE_STORE", folder.path().join("store")))
    };
    assert_eq!(run(&["check", "net.nir", "--json"])["readout"], "spike-count");
    let printed =
        cospike(&["check", &file("graph_images.nir"), "--readout", "membrane"]).assert().success().get_output().clone();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let expected =
        "score of a class: membrane of the last layer in the last step, before it is reset (`--readout membrane`)";
    assert!(printed.contains(expected), "{printed}");
    let infer = |readout: &str| {
        let name = format!("{readout}.npz");
        let arguments = [
            "infer",
            "net.nir",
            "--time-steps",
            "3",
            "--samples",
            "60",
            "--readout",
            readout,
            "--scores",
            &name,
            "--json",
        ];
        let found = run(&arguments);
        assert_eq!(found["readout"], readout);
        (found["accuracy"].clone(), std::fs::read(folder.path().join(name)).unwrap(), found["layers"].clone())
    };
    let found = ["spike-count", "mean", "last", "max", "membrane", "max-membrane"].map(infer);
    for (i, (_, scores, layers)) in found.iter().enumerate() {
        assert!(found[..i].iter().all(|(_, others, _)| others != scores), "scores of readout {i} are those of another");
        assert_eq!(layers, &found[0].2, "a readout takes no operation");
    }
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let network = "file = \"net.nir\"\ntime_steps = 3\nsplit = \"if.1\"";
    let sweep =
        "[sweep]\nnetwork.readout = [\"spike-count\", \"mean\", \"last\", \"max\", \"membrane\", \"max-membrane\"]\n";
    let text = before.replace("backbone = \"resnet14\"\nsplit = \"stage3\"", network) + sweep;
    std::fs::write(folder.path().join("own.toml"), text.replace("packet_loss = 0.05\n", "")).unwrap();
    let study = run(&["run", "own.toml", "--json"]);
    let points = study["points"].as_array().unwrap();
    assert_eq!(points.len(), found.len());
    for (point, (accuracy, ..)) in points.iter().zip(&found) {
        assert_eq!(&point["offline_accuracy"]["estimate"], accuracy, "{point}");
    }
    assert!(found.iter().any(|(accuracy, ..)| *accuracy != found[0].0), "it never matters");
}

/// A trained network and recorded scores are the work of hours, and their names are as good as any.
#[test]
fn invariant_13_what_is_written_replaces_nothing() {
    let place = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| {
        let mut command = cospike(arguments);
        command.current_dir(place.path());
        command
    };
    here(&["export", "resnet14-spiking", "net.nir"]).assert().success();
    let ours = json(&mut here(&["infer", "resnet14-spiking", "--samples", "20", "--scores", "scores.npz", "--json"]));
    // The file says itself what the format leaves open.
    let checked = json(&mut here(&["check", "net.nir", "--json"]));
    let said = ["dt", "dt_inferred", "fire", "time_steps", "readout"].map(|key| checked[key].to_string());
    assert_eq!(said, ["0.0001", "false", "\"ge\"", "4", "\"mean\""]);
    let exported = json(&mut here(&["infer", "net.nir", "--samples", "20", "--json"]));
    assert_eq!(exported["correct"], ours["correct"], "{exported}");
    for (name, arguments) in [
        ("net.nir", &["export", "resnet14-spiking", "net.nir"][..]),
        ("scores.npz", &["infer", "resnet14-spiking", "--samples", "2", "--scores", "scores.npz"]),
    ] {
        std::fs::write(place.path().join(name), "mine").unwrap();
        let said = stderr(&mut here(arguments), 2);
        assert!(said.contains(&format!("{name} is there already, and is not replaced")), "{said}");
        assert_eq!(std::fs::read(place.path().join(name)).unwrap(), b"mine");
    }
}
