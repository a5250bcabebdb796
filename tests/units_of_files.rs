//! Bottleneck units in the networks of files, made by whoever can write the documented form: they are loaded, executed, priced and simulated, and
//! those that are not there are said to be missing.

use assert_cmd::Command;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

fn cospike(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.args(arguments).current_dir(folder).env("COSPIKE_STORE", folder.join("store"));
    command
}

fn json_of(arguments: &[&str], folder: &Path) -> Value {
    serde_json::from_slice(&cospike(arguments, folder).assert().success().get_output().stdout).unwrap()
}

fn said(arguments: &[&str], folder: &Path, code: i32) -> String {
    let output = cospike(arguments, folder).assert().code(code).get_output().clone();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Writes a safetensors file as `safetensors.torch.save_file(tensors, path, metadata)` does: the length of the header, the header as JSON, the
/// values in little-endian float32.
fn save_file(tensors: &[(&str, Vec<usize>, Vec<f32>)], path: &Path, metadata: &Map<String, Value>) {
    let (mut header, mut bytes) = (Map::new(), vec![]);
    header.insert("__metadata__".into(), metadata.clone().into());
    for (name, shape, values) in tensors {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        let start = bytes.len();
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        header.insert((*name).into(), json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()] }));
    }
    let header = serde_json::to_vec(&header).unwrap();
    std::fs::write(path, [&(header.len() as u64).to_le_bytes()[..], &header, &bytes].concat()).unwrap();
}

/// A kernel of one in the middle of each pair of equal channels, so that what comes in goes out, times `gain`.
fn identity(channels: usize, gain: f32) -> Vec<f32> {
    let at = |i: usize| (i / 9 / channels, i / 9 % channels, i % 9);
    (0..channels * channels * 9).map(at).map(|(a, b, tap)| if a == b && tap == 4 { gain } else { 0.0 }).collect()
}

/// A folder with a network of another framework for frames of events, the data, and a scenario with these lines in `[network]`.
fn place(network: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("events")).unwrap();
    for (from, to) in [("test.npz", "events/test.npz"), ("net.nir", "net.nir")] {
        std::fs::copy(data("tests/data/events").join(from), place.path().join(to)).unwrap();
    }
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let text = before
        .replace("backbone = \"resnet14\"\nsplit = \"stage3\"", &format!("file = \"net.nir\"\n{network}"))
        .replace("\"fashion-mnist\"\ncount = 60", "\"./events\"\ncount = 24");
    std::fs::write(place.path().join("own.toml"), text).unwrap();
    place
}

const CHECK: [&str; 9] = ["check", "net.nir", "--unit-at", "if", "--width", "4", "--stride", "1", "--json"];

/// Writes a unit into `folder` that passes every spike on, in the form that `check` says. Its neurons fire above 1.6 and reset to 0, so a spike
/// of weight 2 is one again.
fn passes_everything_on(folder: &Path, name: &str) -> Map<String, Value> {
    let form = json_of(&CHECK, folder);
    let shape = |tensor: &str| -> Vec<usize> { serde_json::from_value(form["tensors"][tensor].clone()).unwrap() };
    let kernel = identity(4, 2.0);
    let tensors = [
        ("encoder.conv.weight", shape("encoder.conv.weight"), kernel.clone()),
        ("encoder.conv.bias", shape("encoder.conv.bias"), vec![0.0; 4]),
        ("decoder.conv.weight", shape("decoder.conv.weight"), kernel),
        ("decoder.conv.bias", shape("decoder.conv.bias"), vec![0.0; 4]),
    ];
    assert_eq!(form["tensors"].as_object().unwrap().len(), tensors.len(), "{form}");
    let mut metadata = form["metadata"].as_object().unwrap().clone();
    metadata["time_steps"] = "7".into();
    save_file(&tensors, &folder.join(name), &metadata);
    metadata
}

/// A unit that changes no spike: every answer is that of the network without it, 19 of 24, and its payload is a bit map for each step.
#[test]
fn a_unit_in_the_documented_form_is_executed_priced_and_simulated() {
    let place = place("split = \"if\"\nwidth = 4");
    let missing = said(&["check", "own.toml"], place.path(), 2);
    assert!(missing.contains("the zoo has no spiking bottleneck unit of width 4 at `if`"), "{missing}");

    let metadata = passes_everything_on(place.path(), "unit.safetensors");
    assert_eq!(metadata["neuron"], "if:threshold=1.6,fire=gt,reset=hard:0,initial=0");
    let run = json_of(&["run", "own.toml", "--json"], place.path());
    let point = &run["points"][0];
    assert!((point["offline_accuracy"]["estimate"].as_f64().unwrap() - 19.0 / 24.0).abs() < 1e-9, "{point}");
    assert_eq!(point["payload_bits"], 7.0 * 4.0 * 9.0 * 12.0, "{point}");
    // T frames make T float32 tensors of 4 x 9 x 12, and as many binary ones.
    assert_eq!((&point["ratio_to_float32"], &point["ratio_to_binary"]), (&32.0.into(), &1.0.into()), "{point}");

    let plain = json_of(&["infer", "net.nir", "--data", "events", "--json"], place.path());
    // What the format leaves open is told wherever a network of it is used.
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(place.path().join("out/small/manifest.json")).unwrap()).unwrap();
    let read_as = |at: &Value| at["read_as"].as_str().unwrap_or_default().to_owned();
    let of_network = manifest["networks"].as_array().unwrap().iter().find(|file| file["name"] != "unit").unwrap();
    assert!(read_as(of_network).starts_with("dt=") && read_as(of_network).contains(" reset=hard "), "{manifest}");
    assert_eq!(read_as(&plain), read_as(of_network));
    assert_eq!(plain["readout"], "mean");
    for unit in ["unit.safetensors", "unit"] {
        let with = json_of(&["infer", "net.nir", "--unit", unit, "--data", "events", "--json"], place.path());
        assert_eq!((&with["correct"], &with["correct"]), (&plain["correct"], &19.into()), "{with}");
    }
    let priced = json_of(&["energy", "net.nir", "--unit", "unit", "--data", "events", "--json"], place.path());
    assert!(priced.to_string().contains("encoder.conv"), "{priced}");
    let held = said(&["check", "unit.safetensors"], place.path(), 0);
    assert!(held.contains("spiking bottleneck unit of width 4 at `if` of the network in net.nir"), "{held}");
}

/// A unit belongs to the content of one file, read in one way.
#[test]
fn a_unit_answers_for_no_other_network() {
    let place = place("split = \"if\"\nwidth = 4");
    passes_everything_on(place.path(), "unit.safetensors");
    json_of(&["check", "own.toml", "--json"], place.path());
    let text = std::fs::read_to_string(place.path().join("own.toml")).unwrap();
    let other = text.replace("width = 4\n", "width = 4\n[network.nir]\nfire = \"ge\"\n");
    assert!(other.contains("[network.nir]"));
    std::fs::write(place.path().join("other.toml"), other).unwrap();
    let refused = said(&["check", "other.toml"], place.path(), 2);
    assert!(refused.contains("was trained for another network than"), "{refused}");
    let infer = ["infer", "net.nir", "--fire", "ge", "--unit", "unit.safetensors", "--data", "events"];
    let refused = said(&infer, place.path(), 2);
    assert!(refused.contains("is no unit of net.nir") && refused.contains("`--fire`"), "{refused}");
    let refused = said(&["infer", "unit.safetensors", "--data", "events"], place.path(), 2);
    assert!(refused.contains("give that file as the network, and this one with `--unit`"), "{refused}");
    let listed = said(&["zoo", "--zoo", "."], place.path(), 0);
    assert!(listed.contains("units of networks in other files, as `--unit` takes them: unit\n"), "{listed}");
    let refused = said(&["infer", "unit", "--zoo", ".", "--data", "events"], place.path(), 2);
    assert!(refused.contains("give that file as the network, and this one with `--unit`"), "{refused}");
    let refused = said(&["infer", "net.nir", "--unit", "unti", "--data", "events"], place.path(), 2);
    assert!(refused.contains("did you mean `unit`"), "{refused}");

    // A damaged unit is named with its file and tensor, as any weight file.
    let form = json_of(&CHECK, place.path());
    let metadata = form["metadata"].as_object().unwrap().clone();
    let broken = |change: &dyn Fn(&mut Map<String, Value>), tensors: &[(&str, Vec<usize>, Vec<f32>)]| {
        let mut metadata = metadata.clone();
        metadata["time_steps"] = "7".into();
        change(&mut metadata);
        save_file(tensors, &place.path().join("unit.safetensors"), &metadata);
        said(&["infer", "net.nir", "--unit", "unit.safetensors", "--data", "events"], place.path(), 2)
    };
    let kernel = || identity(4, 2.0);
    let good = [
        ("encoder.conv.weight", vec![4, 4, 3, 3], kernel()),
        ("encoder.conv.bias", vec![4], vec![0.0; 4]),
        ("decoder.conv.weight", vec![4, 4, 3, 3], kernel()),
        ("decoder.conv.bias", vec![4], vec![0.0; 4]),
    ];
    for (found, expected) in [
        (broken(&|_| {}, &good[..3]), "`decoder.conv.bias` is missing"),
        (broken(&|_| {}, &[good[0].clone(), good[1].clone(), good[3].clone()]), "`decoder.conv.weight`"),
        (broken(&|metadata| drop(metadata.remove("neuron")), &good), "metadata `neuron` must be"),
        (
            broken(&|metadata| metadata["neuron"] = "if:threshold=1,fire=gt,reset=soft,initial=0".into(), &good),
            "other neurons",
        ),
        (broken(&|metadata| metadata["backbone_blake3"] = "ab".into(), &good), "the hash that `cospike check` prints"),
        (broken(&|metadata| metadata["split"] = "iff".into(), &good), "`iff`"),
    ] {
        assert!(found.contains(expected) && found.contains("error: "), "{expected}: {found}");
    }
}

/// What is missing in a scenario with a file becomes a plan for the trainer, of which a test of the trainer reads the text in
/// `tests/data/training_plan_of_a_file.toml`.
#[test]
fn units_that_are_missing_can_be_trained() {
    let place = place("split = \"if\"\nwidth = 4");
    let training = place.path().join("events/train.npz");
    std::fs::copy(data("tests/data/events/test.npz"), training).unwrap();
    let path = place.path().join("own.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let swept = "[sweep]\nnetwork.width = [2, 3]\nnetwork.variant = [\"plain\", \"s1\"]\n";
    let text = text.replace("width = 4\n", "[network.nir]\nfire = \"ge\"\ndt = 1.0\n");
    std::fs::write(&path, format!("{text}\n{swept}")).unwrap();
    let refused = said(&["check", "own.toml"], place.path(), 2);
    assert!(refused.contains("or train the 4 missing networks"), "{refused}");
    // A mistake in the scenario is shown there, and called an error once.
    let normalised = "[network.normalisation]\nmean = [0.5, 0.5, 0.5]\nstd = [1.0, 1.0, 1.0]\n[network.nir]";
    std::fs::write(place.path().join("three.toml"), format!("{text}\n{swept}").replace("[network.nir]", normalised))
        .unwrap();
    let refused = said(&["check", "three.toml", "--training-plan", "plan.toml"], place.path(), 2);
    assert!(refused.matches("error").count() == 1 && refused.contains("three.toml:"), "{refused}");
    let written = said(&["check", "own.toml", "--training-plan", "plan.toml"], place.path(), 0);
    assert!(written.contains("train --plan plan.toml --data ./events"), "{written}");
    let plan = std::fs::read_to_string(place.path().join("plan.toml")).unwrap();
    let expected = data("tests/data/training_plan_of_a_file.toml");
    if std::env::var_os("COSPIKE_BLESS").is_some() {
        std::fs::write(&expected, &plan).unwrap();
    }
    assert_eq!(plan, std::fs::read_to_string(expected).unwrap());
}

/// The form of a unit of an architecture is that of a unit that ships.
#[test]
fn the_form_of_a_unit_is_that_of_those_that_ship() {
    let folder = tempfile::tempdir().unwrap();
    let form = json_of(&["networks", "resnet14", "--unit-at", "stage3", "--width", "4", "--json"], folder.path());
    let names: Vec<_> = form["tensors"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        ["decoder.conv.bias", "decoder.conv.weight", "encoder.conv.bias", "encoder.conv.weight"],
        "of the shipped one, which is normalised, the biases are a normalisation"
    );
    assert_eq!(form["tensors"]["encoder.conv.weight"], json!([4, 64, 3, 3]));
    assert_eq!(form["metadata"]["network"], "resnet14");
    let refused = said(&["networks", "resnet14", "--unit-at", "staeg3", "--width", "4"], folder.path(), 2);
    assert!(refused.contains("did you mean `stage3`"), "{refused}");
    let refused = said(&["networks", "resnet14", "--unit-at", "output", "--width", "4"], folder.path(), 2);
    assert!(refused.contains("output"), "{refused}");
}
