//! Frames of an event camera, from the files of `benches/peers/events.py` to a simulated study: a network in the NIR format reads another
//! frame at each time step.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/events")
}

fn cospike(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.args(arguments).current_dir(folder).env("COSPIKE_STORE", folder.join("store"));
    command
}

fn json(arguments: &[&str], folder: &Path) -> Value {
    serde_json::from_slice(&cospike(arguments, folder).assert().success().get_output().stdout).unwrap()
}

fn refused(arguments: &[&str], folder: &Path) -> String {
    String::from_utf8(cospike(arguments, folder).assert().code(2).get_output().stderr.clone()).unwrap()
}

/// A folder with the data set, the network, and a scenario with these lines in `[network]`.
fn place(network: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("events")).unwrap();
    for (from, to) in [("test.npz", "events/test.npz"), ("net.nir", "net.nir")] {
        std::fs::copy(events().join(from), place.path().join(to)).unwrap();
    }
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let text = before
        .replace("backbone = \"resnet14\"\nsplit = \"stage3\"", &format!("file = \"net.nir\"\n{network}"))
        .replace("\"fashion-mnist\"\ncount = 60", "\"./events\"\ncount = 24");
    std::fs::write(place.path().join("own.toml"), text).unwrap();
    place
}

#[test]
fn frames_are_recognised_and_answered_as_the_script_answers_them() {
    let place = place("split = \"input\"");
    let checked = json(&["data", "check", "events", "--json"], place.path());
    let test = &checked["test"];
    assert_eq!((&test["kind"], &test["time_steps"], &test["samples"]), (&"frames".into(), &7.into(), &24.into()));
    assert_eq!((&test["channels"], &test["height"], &test["width"]), (&2.into(), &9.into(), &12.into()));
    assert_eq!((&test["type"], &test["reads"]), (&"int16 (<i2)".into(), &"as they are".into()));
    // Of 24 samples the script's own loops answer 19; T is that of the data.
    let found = json(&["infer", "net.nir", "--data", "events", "--scores", "scores.npz", "--json"], place.path());
    assert_eq!((&found["correct"], &found["time_steps"]), (&19.into(), &7.into()), "{found}");
    let [ours, theirs] = [place.path().join("scores.npz"), events().join("reference.npz")].map(|path| scores(&path));
    assert_eq!(ours.len(), 24 * 4);
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-6), "{ours:?}\n{theirs:?}");
}

/// The array `scores` of an archive, of float32.
fn scores(path: &Path) -> Vec<f32> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    npyz::NpyFile::new(archive.by_name("scores.npy").unwrap()).unwrap().into_vec().unwrap()
}

/// Cut anywhere, and sent step by step, the network answers as the uncut one. Uncut at the input, a request's payload are the frames: 7 of
/// 216 numbers up to 3, of two bits each, so a sixteenth of what they have as float32, and twice what they have as single bits.
#[test]
fn frames_are_simulated_end_to_end() {
    for lines in ["split = \"input\"", "split = \"conv\"", "split = \"if\"\nstream = true", "split = \"output\""] {
        let place = place(lines);
        let printed = json(&["run", "own.toml", "--json"], place.path());
        let point = &printed["points"][0];
        let expected = 19.0 / 24.0;
        let found = point["offline_accuracy"]["estimate"].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-9, "{lines}: {point}");
        if lines.contains("input") {
            assert_eq!(point["payload_bits"], 7.0 * 54.0 * 8.0, "{point}");
            assert_eq!((&point["ratio_to_float32"], &point["ratio_to_binary"]), (&16.0.into(), &0.5.into()), "{point}");
        }
    }
}

#[test]
fn another_number_of_time_steps_or_another_shape_is_refused_with_both() {
    let both = "each sample has 7 frames, one for each time step, but the network is executed for 5";
    let place = place("split = \"if\"\ntime_steps = 5");
    let found = refused(&["check", "own.toml"], place.path());
    assert!(found.contains(both) && found.contains("give `time_steps = 7`, or leave it out"), "{found}");
    let found = refused(&["infer", "net.nir", "--data", "events", "--time-steps", "5"], place.path());
    assert!(found.contains(both), "{found}");
    let found = refused(&["infer", "resnet14-spiking", "--data", "events"], place.path());
    assert!(found.contains("the samples have the shape 2x9x12, the network takes 1x28x28"), "{found}");
    let found = refused(&["infer", "net.nir", "--data", "events", "--coding", "rate"], place.path());
    assert!(found.contains("frames are fed in as they are"), "{found}");
}
