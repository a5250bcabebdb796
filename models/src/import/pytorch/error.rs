//! What can be wrong with weights of PyTorch.

use crate::zoo::WeightFileError;
use cospike_sim_core::network::NetworkError;

/// Failure to make a weight file of PyTorch's tensors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PytorchError {
    /// The file is a pickle, which is a program.
    #[error("this is a pickle of PyTorch, which is a program and is not run; write it as safetensors")]
    Pickle,
    /// The file is not a safetensors file of float32 or float16 tensors.
    #[error(transparent)]
    Format(NetworkError),
    /// There are no names of this architecture in the framework.
    #[error("{framework} has no network like {network} whose names are known; give a map of your own")]
    NoNames {
        /// Name of the framework.
        framework: &'static str,
        /// Name of the architecture.
        network: String,
    },
    /// The map of names is not one.
    #[error(
        "the map of names is no JSON object of texts, such as {{\"conv1\": \"stem.conv\", \"bn1\": \"stem.conv.norm\"}}{0}"
    )]
    Map(String),
    /// A name in the map is no layer with weights, or is there twice.
    #[error(
        "the map of names leads to `{0}`, which is no layer with weights or no normalisation of one, or leads there twice"
    )]
    Target(String),
    /// Tensors are missing, extra, or of another shape.
    #[error("{}", listed(.0))]
    Tensors(Vec<Found>),
    /// A tensor holds what is no weight.
    #[error("tensor `{name}` holds {value} at position {position}: {needed}")]
    Value {
        /// Name of the tensor in the file.
        name: String,
        /// The value.
        value: f32,
        /// Position of the value, from 0, last dimension fastest.
        position: usize,
        /// Values that are accepted.
        needed: &'static str,
    },
    /// The weight file that was made is none.
    #[error(transparent)]
    Refused(Box<WeightFileError>),
    /// The weight file that was made cannot be used.
    #[error("{0}")]
    Other(String),
}

/// A tensor that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is not there.
    Missing {
        /// Name that was looked for.
        name: String,
        /// Name of the layer's tensor.
        layer: String,
        /// Shape that it must have.
        shape: Vec<usize>,
        /// Name of a tensor of this shape that is left over and may be the one.
        similar: Option<String>,
    },
    /// No layer takes it.
    Extra {
        /// Name of the tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// It has another shape.
    Shape {
        /// Name of the tensor.
        name: String,
        /// Name of the layer's tensor.
        layer: String,
        /// Its shape.
        found: Vec<usize>,
        /// Shape that it must have.
        needed: Vec<usize>,
    },
}

/// Most tensors that are listed one by one: of another network everything is wrong.
const LISTED: usize = 12;

fn listed(found: &[Found]) -> String {
    let line = |found: &Found| match found {
        Found::Missing { name, layer, shape, similar } => {
            let similar = similar.as_ref().map(|similar| format!("; is it `{similar}`, which has this shape?"));
            format!("tensor `{name}` of shape {shape:?}, for `{layer}`, is missing{}", similar.unwrap_or_default())
        }
        Found::Extra { name, shape } => format!("tensor `{name}` of shape {shape:?} belongs to no layer"),
        Found::Shape { name, layer, found, needed } => {
            format!("tensor `{name}` has shape {found:?}, but `{layer}` needs {needed:?}")
        }
    };
    let mut lines: Vec<String> = found.iter().take(LISTED).map(line).collect();
    if found.len() > LISTED {
        lines.push(format!("and {} more", found.len() - LISTED));
    }
    lines.join("\n")
}
