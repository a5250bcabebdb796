//! The folder of results as a user has it: whatever happens, it holds the old results or the new ones, whole, and everything
//! that is not CoSpike's is left alone.

mod faults;
mod places;
mod shim;

use cospike_models::dataset::Dataset;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Samples of a study.
const SAMPLES: usize = 3;

/// A folder with the two weight files and the few images of the studies here, so that a run takes a moment.
fn inputs() -> &'static Path {
    static INPUTS: OnceLock<tempfile::TempDir> = OnceLock::new();
    let make = || {
        let inputs = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (zoo, images) = (inputs.path().join("zoo"), inputs.path().join("images"));
        [&zoo, &images].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
        for name in ["resnet14-spiking.safetensors", "resnet14-spiking-stage3-w4.safetensors"] {
            let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/zoo").join(name);
            std::fs::copy(shipped, zoo.join(name)).unwrap();
        }
        let (all, size, side) =
            (Dataset::fashion_mnist_test().unwrap(), (SAMPLES as u32).to_be_bytes(), 28_u32.to_be_bytes());
        let pixels = [&[0, 0, 8, 3], &size[..], &side, &side, &all.pixels().unwrap()[..SAMPLES * 28 * 28]].concat();
        let classes: Vec<u8> = all.labels[..SAMPLES].iter().map(|&label| label as u8).collect();
        std::fs::write(images.join("t10k-images-idx3-ubyte"), pixels).unwrap();
        std::fs::write(images.join("t10k-labels-idx1-ubyte"), [&[0, 0, 8, 1], &size[..], &classes].concat()).unwrap();
        inputs
    };
    INPUTS.get_or_init(make).path()
}

/// A study of a moment, by its seed, in `here`.
fn scenario(here: &Path, seed: u32) -> String {
    let mut text = include_str!("../data/small.toml").to_string();
    for (old, new) in [
        ("seed = 7", format!("seed = {seed}").as_str()),
        ("replications = 2", "replications = 1"),
        ("count = 60", &format!("count = {SAMPLES}")),
        ("dataset = \"fashion-mnist\"", &format!("dataset = \"{}\"", inputs().join("images").display())),
        ("requests = 120", "requests = 12"),
        ("warmup = 10", "warmup = 0"),
        (
            "network.family = [\"spiking\", \"float\"]\nnetwork.width = [4, 8]",
            "network.family = [\"spiking\"]\nnetwork.width = [4]",
        ),
    ] {
        assert!(text.contains(old), "the scenario has `{old}`");
        text = text.replace(old, new);
    }
    let name = format!("seed-{seed}.toml");
    std::fs::write(here.join(&name), text).unwrap();
    name
}

/// Every file below `folder` with its content; hidden ones too.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = PathBuf::from(entry.file_name().unwrap());
        match entry.is_dir() {
            true if entry.read_dir().unwrap().next().is_none() => drop(found.insert(name, b"an empty folder".to_vec())),
            true => found.extend(files(&entry).into_iter().map(|(path, bytes)| (name.join(path), bytes))),
            false => drop(found.insert(name, std::fs::read(&entry).unwrap())),
        }
    }
    found
}

fn copy(files: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (path, bytes) in files {
        std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        std::fs::write(folder.join(path), bytes).unwrap();
    }
}
