//! Weights of PyTorch, as a user makes a network of them.

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

const RECIPE: [&str; 12] = [
    "--as",
    "resnet18-0.0625@32",
    "--map",
    "spikingjelly",
    "--normalise",
    "mean=0.49/0.48/0.45,std=0.25/0.24/0.26",
    "--neuron",
    "lif:tau=2,reset=hard:0",
    "--time-steps",
    "4",
    "--out",
    "net.safetensors",
];

#[test]
fn weights_become_a_network_that_every_command_takes() {
    let place = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/tests/data/pytorch");
    std::fs::create_dir(place.path().join("data")).unwrap();
    std::fs::copy(data.join("resnet18.npz"), place.path().join("data/test.npz")).unwrap();
    let weights = data.join("spikingjelly_resnet18.safetensors").display().to_string();
    let here = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cospike").unwrap();
        command.args(arguments).current_dir(place.path());
        command
    };
    let stdout = |arguments: &[&str]| String::from_utf8(here(arguments).assert().success().get_output().stdout.clone());
    let json = |arguments: &[&str]| -> Value { serde_json::from_str(&stdout(arguments).unwrap()).unwrap() };
    let refusal = |arguments: &[&str]| String::from_utf8(here(arguments).assert().code(2).get_output().stderr.clone());
    let import = [&["import", &weights], &RECIPE[..]].concat();
    let said = stdout(&import).unwrap();
    for part in ["layer4.0.downsample.1", "stage4.0.down.norm", "102 tensors", "threshold=1,fire=ge", "scale=1"] {
        assert!(said.contains(part), "`{part}` in {said}");
    }
    let again = refusal(&import).unwrap();
    assert!(again.contains("net.safetensors is there already, and is not replaced"), "{again}");
    let checked = json(&["check", "net.safetensors", "--json"]);
    let node = |index: usize| (&checked["nodes"][index]["node"], &checked["nodes"][index]["runs"]);
    assert_eq!(node(1), (&"normalisation".into(), &"as real values".into()));
    assert_eq!(node(4), (&"stage1.0.conv1".into(), &"as spikes".into()));
    let infer = json(&["infer", "net.safetensors", "--data", "data", "--json"]);
    let energy = json(&["energy", "net.safetensors", "--data", "data", "--samples", "12", "--json"]);
    assert_eq!((&infer["samples"], &energy["samples"]), (&12.into(), &12.into()));
    assert_eq!(energy["price_lists"][0]["networks"][0]["correct"], infer["correct"]);
    let (before, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let network = "file = \"net.safetensors\"\nfamily = \"spiking\"\nsplit = \"stage2\"";
    let text = before.replace("backbone = \"resnet14\"\nsplit = \"stage3\"", network);
    let text = text.replace("dataset = \"fashion-mnist\"\ncount = 60", "dataset = \"./data\"\ncount = 12");
    std::fs::write(place.path().join("own.toml"), text).unwrap();
    let run = json(&["run", "own.toml", "--no-store", "--json"]);
    assert_eq!(run["points"][0]["offline_accuracy"]["estimate"], infer["accuracy"]);
    // Samples of another shape are refused with both.
    let other = refusal(&["infer", "net.safetensors"]).unwrap();
    assert!(other.contains("the samples have the shape 1x28x28, the network takes 3x32x32"), "{other}");
    let without = |option: &str| {
        let at = import.iter().position(|word| *word == option).unwrap();
        refusal(&[&import[..at], &import[at + 2..]].concat()).unwrap()
    };
    assert!(without("--time-steps").contains("help: give `--time-steps`"));
    assert!(without("--normalise").contains("--normalise <none|mean=M,std=S>"));
    let pickle = place.path().join("net.pt");
    std::fs::write(&pickle, b"PK\x03\x04").unwrap();
    let message = refusal(&[&["import", "net.pt"], &RECIPE[..]].concat()).unwrap();
    assert!(message.contains("net.pt: this is a pickle") && message.contains("torch.load(\"net.pt\""), "{message}");
}
