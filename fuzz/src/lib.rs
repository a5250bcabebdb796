//! Hostile input for everything of CoSpike that reads files: one function per kind of file, which takes the file's bytes.
//!
//! `cargo fuzz` calls them with inputs that it makes up (`fuzz_targets/`), `tests/corpus.rs` with those that are kept
//! (`corpus/`), so that what failed once is tried by every `cargo test`. Each function says whether the input was accepted, and fails by a
//! panic: from the reader, or from an assertion of what must hold of every answer. docs/reliability.md has the commands, and how many inputs were tried.

mod results;
mod scenarios;

pub use results::result_folder;
pub use scenarios::{arrival_trace, delivery_trace, prices, profile, rate_trace, scenario};

use cospike_models::dataset::{Cifar, Dataset, Subset};
use cospike_models::import::Imported;
use cospike_models::import::nir::{NirFile, NirOptions};
use cospike_models::import::onnx::OnnxFile;
use cospike_models::import::reference::Reference;
use cospike_models::zoo::{WeightFile, Zoo};
use cospike_sim_core::inference::Executable;
use std::borrow::Cow;
use std::fmt::Display;
use std::fs;
use std::io::Cursor;
use tempfile::TempDir;

/// A kind of file: the name of its target and of its corpus, and its function.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All targets.
pub const TARGETS: [Target; 15] = [
    ("scenario", scenario),
    ("profile", profile),
    ("prices", prices),
    ("rate_trace", rate_trace),
    ("arrival_trace", arrival_trace),
    ("delivery_trace", delivery_trace),
    ("weight_file", weight_file),
    ("npz", npz),
    ("idx", idx),
    ("cifar", cifar),
    ("picture", picture),
    ("reference", reference),
    ("nir", nir),
    ("onnx", onnx),
    ("result_folder", result_folder),
];

/// Longest message that a person would read.
const LONGEST_MESSAGE: usize = 20_000;

/// What must hold of the message of every refusal: it says something, and briefly.
fn check_message(error: &impl Display) {
    let message = error.to_string();
    assert!(!message.is_empty(), "a refusal without words");
    assert!(message.len() <= LONGEST_MESSAGE, "a refusal of {} bytes", message.len());
}

/// Whether an input was accepted. The message of a refusal is checked.
fn is_accepted<T>(read: Result<T, impl Display>) -> bool {
    read.map_err(|error| check_message(&error)).is_ok()
}

/// The backbones whose units a fuzzed weight file may be.
const BACKBONES: [(&str, &[u8]); 3] = [
    ("resnet14-spiking", include_bytes!("../../models/zoo/resnet14-spiking.safetensors")),
    ("resnet14-float", include_bytes!("../../models/zoo/resnet14-float.safetensors")),
    ("resnet14-quantised", include_bytes!("../../models/zoo/resnet14-quantised.safetensors")),
];

/// A weight file (`.safetensors`): a unit that is accepted makes a network with its backbone, or is refused there.
pub fn weight_file(bytes: &[u8]) -> bool {
    match WeightFile::from_bytes("fuzzed", bytes) {
        Ok(file) => {
            let own = (String::from("fuzzed"), Cow::from(bytes.to_vec()));
            let backbone = BACKBONES.iter().find(|(name, _)| name.ends_with(file.metadata.family.name()));
            let backbone = backbone.map(|&(name, bytes)| (name.to_string(), Cow::from(bytes)));
            let zoo = Zoo::from_files([own].into_iter().chain(backbone));
            is_accepted(zoo.and_then(|zoo| zoo.network(&zoo.choice("fuzzed")?)))
        }
        refused => is_accepted(refused),
    }
}

/// Labelled images in a NumPy archive (`.npz`).
pub fn npz(bytes: &[u8]) -> bool {
    check_dataset(Dataset::from_npz(Cursor::new(bytes)))
}

/// Labelled images in IDX files: a little-endian u16 says how many of the following bytes are the labels' file.
pub fn idx(bytes: &[u8]) -> bool {
    let Some((length, files)) = bytes.split_first_chunk::<2>() else { return false };
    let (labels, images) = files.split_at(usize::from(u16::from_le_bytes(*length)).min(files.len()));
    check_dataset(Dataset::from_idx(images, labels))
}

/// Labelled images in a file of CIFAR: the lowest bit of the first byte chooses between CIFAR-10 and CIFAR-100, the next one between the
/// binary and the Python version.
pub fn cifar(bytes: &[u8]) -> bool {
    let Some((kind, file)) = bytes.split_first() else { return false };
    let (is_python, kind) = (kind & 2 != 0, if kind % 2 == 0 { Cifar::Cifar10 } else { Cifar::Cifar100 });
    check_dataset(if is_python { Dataset::from_cifar_python(kind, [file]) } else { Dataset::from_cifar(kind, [file]) })
}

thread_local! {
    /// A data set of this thread of one image file, which each input takes the place of.
    static PICTURES: TempDir = {
        let folder = tempfile::tempdir().expect("there is a place for temporary files");
        fs::create_dir_all(folder.path().join("test/class")).expect("folders can be made");
        folder
    };
}

/// An image file (`.png`, `.jpg`), whose content says which of the two it is.
pub fn picture(bytes: &[u8]) -> bool {
    PICTURES.with(|folder| {
        fs::write(folder.path().join("test/class/image.png"), bytes).expect("files can be written");
        check_dataset(Dataset::from_folder(folder.path(), Subset::Test))
    })
}

fn check_dataset(read: Result<Dataset, impl Display>) -> bool {
    if let Ok(dataset) = &read {
        assert!(!dataset.is_empty(), "a data set without a sample");
        (0..dataset.len())
            .for_each(|index| assert!(!dataset.sample_values(index).is_empty(), "a sample without a value"));
    }
    is_accepted(read)
}

/// A recorded reference of another framework (`.npz`).
pub fn reference(bytes: &[u8]) -> bool {
    is_accepted(Reference::from_reader(Cursor::new(bytes)))
}

/// A network of another framework (`.nir`): one that is accepted can be prepared for execution, and says of every node how it runs.
pub fn nir(bytes: &[u8]) -> bool {
    let read = |dt| NirFile::from_bytes("fuzzed", bytes.to_vec(), &NirOptions { dt, ..NirOptions::default() });
    let accepted = [None, Some(1e-4)].map(|dt| match read(dt) {
        Ok(file) => check_network(file.network),
        refused => is_accepted(refused),
    });
    accepted.contains(&true)
}

/// A float network of another framework (`.onnx`): one that is accepted can be prepared for execution.
pub fn onnx(bytes: &[u8]) -> bool {
    match OnnxFile::from_bytes("fuzzed", bytes) {
        Ok(file) => check_network(file.network),
        refused => is_accepted(refused),
    }
}

fn check_network(network: Result<Imported, impl Display>) -> bool {
    match network {
        Ok(made) => is_accepted(Executable::new(&made.network, &made.weights)),
        refused => is_accepted(refused),
    }
}
