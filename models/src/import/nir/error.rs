//! What can be wrong with a file in the NIR format.

use crate::file::FileError;
use cospike_sim_core::network::NetworkError;

/// Failure to read or to execute a network in the NIR format.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NirError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// The content of a file is wrong.
    #[error("{path}: {error}")]
    File {
        /// Path as given.
        path: String,
        /// What is wrong.
        error: Box<NirError>,
    },
    /// The bytes are not an HDF5 file, or a damaged one.
    #[error("not an HDF5 file, or a truncated or damaged one: {0}")]
    Hdf5(String),
    /// A node, or one of its values, is missing, damaged or not what the format says.
    #[error("{}: {reason}", if node.is_empty() { "the graph".into() } else { format!("node `{node}`") })]
    Node {
        /// Name of the node, with those of the graphs that it is in; of the graph itself empty.
        node: String,
        /// What is wrong.
        reason: String,
    },
    /// The graph as a whole is not one that can be executed.
    #[error("{0}")]
    Graph(String),
    /// Some nodes are not supported.
    #[error("{}", unsupported(nodes))]
    Unsupported {
        /// Names of the nodes, with the reasons.
        nodes: Vec<(String, String)>,
    },
    /// The format cannot hold some layers.
    #[error("the format cannot hold {}", not_written(layers))]
    NotWritten {
        /// Names of the layers, with the reasons.
        layers: Vec<(String, String)>,
    },
    /// The length of a time step does not follow from the file.
    #[error("the file does not say how long a time step is, and it does not follow from its neurons: {0}")]
    TimeStep(String),
    /// The network that the nodes make is inconsistent.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

fn unsupported(nodes: &[(String, String)]) -> String {
    let lines: Vec<_> =
        nodes.iter().map(|(node, reason)| format!("node `{node}` cannot be executed: {reason}")).collect();
    lines.join("\n")
}

/// Layers that are named one by one.
const NAMED: usize = 4;

fn not_written(layers: &[(String, String)]) -> String {
    let named = layers.iter().take(NAMED).map(|(layer, reason)| format!("layer `{layer}`: {reason}"));
    let more = layers.len().saturating_sub(NAMED);
    named.chain((more > 0).then(|| format!("and {more} more layers"))).collect::<Vec<_>>().join("\n")
}

/// The error of the node `name`.
pub(super) fn at_node(name: &str, reason: impl Into<String>) -> NirError {
    NirError::Node { node: name.into(), reason: reason.into() }
}
