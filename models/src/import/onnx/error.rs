//! What can be wrong with a file in the ONNX format.

use crate::file::FileError;
use cospike_sim_core::network::NetworkError;

/// Oldest version of the operators that is read.
pub const OLDEST_OPSET: i64 = 13;

/// Failure to read a network in the ONNX format.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// The content of a file is wrong.
    #[error("{path}: {error}")]
    File {
        /// Path as given.
        path: String,
        /// What is wrong.
        error: Box<OnnxError>,
    },
    /// The bytes are not those of an ONNX file.
    #[error("not an ONNX file, or a truncated or damaged one: {0}")]
    Format(String),
    /// The operators are of a version that is not read.
    #[error(
        "its operators are of version {found}; {OLDEST_OPSET} is the oldest that is read. Export it with \
         `opset_version={OLDEST_OPSET}` or a later one, or convert it with `onnx.version_converter.convert_version(model, {OLDEST_OPSET})`"
    )]
    Opset {
        /// Version in the file.
        found: i64,
    },
    /// The graph as a whole is not one that can be executed.
    #[error("{0}")]
    Graph(String),
    /// A constant cannot be read.
    #[error("tensor `{name}`: {reason}")]
    Tensor {
        /// Name of the constant.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Some nodes are not supported.
    #[error("{}", unsupported(nodes))]
    Unsupported {
        /// Names of the nodes with their operators, with the reasons.
        nodes: Vec<(String, String)>,
    },
    /// The network that the nodes make is inconsistent.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

fn unsupported(nodes: &[(String, String)]) -> String {
    let lines = nodes.iter().map(|(node, reason)| format!("node {node} cannot be executed: {reason}"));
    lines.collect::<Vec<_>>().join("\n")
}
