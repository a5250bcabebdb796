//! Weight files, data and references of the user's that are wrong: every command that reads one ends with exit code 2 and names it.

use assert_cmd::Command;
use cospike_models::dataset::Dataset;
use std::path::Path;

/// What the command prints when it is refused.
fn refused(arguments: &[&str], folder: &Path) -> String {
    let mut command = Command::cargo_bin("cospike").unwrap();
    let output = command.current_dir(folder).args(arguments).assert().code(2).get_output().clone();
    assert!(output.stdout.is_empty(), "{arguments:?} printed results");
    String::from_utf8(output.stderr).unwrap()
}

/// A folder with `data`, the first shipped images under the given labels, and `zoo`, with the shipped backbones.
fn place(label: impl Fn(u16) -> u8) -> tempfile::TempDir {
    let (folder, shipped) = (tempfile::tempdir().unwrap(), Dataset::fashion_mnist_test().unwrap());
    let (count, side) = (20_u32.to_be_bytes(), 28_u32.to_be_bytes());
    let images = [&[0, 0, 8, 3], &count[..], &side, &side, &shipped.pixels().unwrap()[..20 * 784]].concat();
    let labels: Vec<u8> = shipped.labels[..20].iter().map(|&class| label(class)).collect();
    let (data, zoo) = (folder.path().join("data"), folder.path().join("zoo"));
    std::fs::create_dir(&data).unwrap();
    std::fs::create_dir(&zoo).unwrap();
    std::fs::write(data.join("t10k-images.idx3-ubyte"), images).unwrap();
    std::fs::write(data.join("t10k-labels.idx1-ubyte"), [&[0, 0, 8, 1], &count[..], &labels].concat()).unwrap();
    for name in ["resnet14-spiking", "resnet14-float"] {
        let file = format!("{name}.safetensors");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/zoo").join(&file);
        std::fs::copy(shipped, zoo.join(&file)).unwrap();
    }
    let scenario =
        include_str!("data/small.toml").replace("\"fashion-mnist\"", "\"./data\"").replace("count = 60", "count = 20");
    std::fs::write(folder.path().join("small.toml"), scenario).unwrap();
    folder
}

#[test]
fn labels_that_are_no_classes_are_refused_wherever_samples_meet_a_network() {
    let place = place(|class| class as u8 + 1);
    let first = Dataset::fashion_mnist_test().unwrap().labels.iter().position(|&class| class == 9).unwrap();
    let labels = Path::new("data").join("t10k-labels.idx1-ubyte");
    let message =
        format!("record {first} of {} has the label 10; the network has 10 classes, numbered from 0", labels.display());
    for command in [
        &["infer", "resnet14-spiking", "--data", "data"][..],
        &["energy", "resnet14", "--samples", "2", "--data", "data"],
        &["zoo", "verify", "resnet14-spiking", "--data", "data"],
        &["check", "small.toml"],
        &["run", "small.toml"],
    ] {
        let found = refused(command, place.path()).replace("./data", "data");
        assert!(found.contains(&message), "{command:?}: {found}");
    }
    assert!(!place.path().join("out").exists(), "nothing was written");
}

/// Fewer classes than the network has are fine.
#[test]
fn data_of_fewer_classes_are_accepted() {
    let place = place(|class| (class % 3) as u8);
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(place.path()).args(["infer", "resnet14-float", "--data", "data"]).assert().success();
}

#[test]
fn a_damaged_weight_file_is_named_by_every_command_that_takes_a_zoo() {
    let place = place(|class| class as u8);
    let path = place.path().join("zoo/resnet14-spiking.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    // The first tensor of the file is of float32; so is NaN.
    bytes[8 + header..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let message = "zoo/resnet14-spiking.safetensors: tensor `";
    for command in [
        &["infer", "resnet14-spiking", "--zoo", "zoo"][..],
        &["energy", "resnet14", "--zoo", "zoo"],
        &["zoo", "--zoo", "zoo"],
        &["zoo", "verify", "--zoo", "zoo"],
        &["check", "small.toml", "--zoo", "zoo"],
    ] {
        let found = refused(command, place.path());
        assert!(found.contains(message) && found.contains("holds NaN at position 0"), "{command:?}: {found}");
    }
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let found = refused(&["infer", "resnet14-spiking", "--zoo", "zoo"], place.path());
    assert!(
        found.contains("zoo/resnet14-spiking.safetensors: not a safetensors file: its tensors do not end where"),
        "{found}"
    );
}

#[test]
fn files_that_are_not_there_or_are_no_files_are_named() {
    let place = place(|class| class as u8);
    std::fs::write(place.path().join("notes.npz"), "notes").unwrap();
    let found = refused(&["infer", "--reference", "notes.npz"], place.path());
    assert!(found.starts_with("error: notes.npz: not an .npz file, or a truncated or damaged one"), "{found}");
    assert!(refused(&["infer", "--reference", "data"], place.path()).starts_with("error: data is a folder"));
    assert!(
        refused(&["infer", "--reference", "absent.npz"], place.path()).starts_with("error: cannot read absent.npz")
    );
    let found = refused(&["infer", "resnet14-float", "--data", "zoo"], place.path());
    assert!(found.starts_with("error: zoo holds no test samples"), "{found}");
    if cfg!(unix) {
        let found = refused(&["infer", "--reference", "/dev/zero"], place.path());
        assert!(found.starts_with("error: /dev/zero is a device or a pipe"), "{found}");
    }
}
