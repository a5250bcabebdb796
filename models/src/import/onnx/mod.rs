//! Float networks in the ONNX format (`.onnx`), as PyTorch and others export them, channels first.
//!
//! | module | does |
//! |---|---|
//! | `proto` | the messages of the format |
//! | `tensor` | constants |
//! | `graph` | one input, one output, the nodes between them |
//! | `node` | attributes of a node |
//! | `convert` | nodes to layers and tensors, with a verdict on each |
//! | `operators`, `affine`, `quantised`, `windows`, `shape` | what each operator becomes |
//!
//! A batch normalisation, and a constant that is added to what a layer with weights emits or multiplied with it, is folded into these
//! weights. A softmax at the end is not executed: scores are what comes in there, and no answer depends on it.

mod affine;
mod convert;
mod error;
mod graph;
mod node;
mod operators;
mod proto;
mod quantised;
mod shape;
mod tensor;
mod windows;

pub use error::{OLDEST_OPSET, OnnxError};

use super::imported::{Ending, Imported, NodeReport};
use crate::file::{self, DATA_LIMIT};
use graph::Checked;
use std::path::Path;

/// A file in the ONNX format, examined.
#[derive(Debug)]
pub struct OnnxFile {
    /// Path as given.
    pub path: String,
    /// Name and version of the program that wrote it; may be empty.
    pub producer: String,
    /// Version of the operators.
    pub opset: i64,
    /// BLAKE3 of the file's bytes, hexadecimal.
    pub blake3: String,
    /// Its nodes in the order of execution, each with how it is executed.
    pub nodes: Vec<NodeReport>,
    /// What is not executed as it is in the file, in sentences.
    pub notes: Vec<String>,
    /// The network that it makes, or why it makes none.
    pub network: Result<Imported, OnnxError>,
}

impl OnnxFile {
    /// Reads and examines the file at `path`.
    ///
    /// # Errors
    /// [`OnnxError::Read`], or [`OnnxError::File`] for one that is not in the format. A network that cannot be executed is no error,
    /// see [`OnnxFile::network`].
    pub fn read(path: &Path) -> Result<Self, OnnxError> {
        let bytes = file::read(path, DATA_LIMIT)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let shown = path.display().to_string();
        let in_file = |error| OnnxError::File { path: shown.clone(), error: Box::new(error) };
        Ok(Self { path: shown.clone(), ..Self::from_bytes(&name, &bytes).map_err(in_file)? })
    }

    /// Examines the `bytes` of a file; the network gets the name `name`.
    ///
    /// # Errors
    /// Bytes that are not in the format, operators of a version that is not read, and graphs without one input and one output.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, OnnxError> {
        let checked = Checked::read(bytes)?;
        let (nodes, network) = convert::convert(name, &checked);
        let mut notes = checked.notes.clone();
        if network.as_ref().is_ok_and(|made| made.ending != Ending::None) {
            notes.push(
                "the softmax at its end is not executed: scores are what comes in there, and answers are the same"
                    .into(),
            );
        }
        let (producer, opset) = (checked.producer, checked.opset);
        Ok(Self {
            path: name.into(),
            producer,
            opset,
            blake3: blake3::hash(bytes).to_hex().to_string(),
            nodes,
            notes,
            network,
        })
    }
}
