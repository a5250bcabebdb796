//! The layer graph: operations, shapes, split points, bottleneck units, weights.
//!
//! A [`Network`] is a list of layers in execution order, each naming the layers it reads. A *split point* is a
//! layer through which everything flows, so that the layers up to it (the *head*) and those after it (the
//! *tail*) share nothing but its output. A *bottleneck unit* is inserted at a split point and moves the cut
//! into its own middle, see [`Network::with_bottleneck`].

mod bottleneck;
mod catalogue;
mod cells;
mod check;
mod family;
mod graph;
mod loops;
mod mobilenet;
mod readout;
mod resnet;
mod safetensors;
mod signal;
mod size;
mod sliding;
mod stage;
mod vgg;
mod weights;

pub use bottleneck::{Bottleneck, BottleneckKind};
pub use catalogue::NetworkName;
pub use cells::{CellOutput, CellReset, Cells, Fires, Membrane};
pub use family::Family;
pub use graph::{Activation, INPUT, Layer, Leak, Network, Neuron, Nonlinearity, OUTPUT, Operation, Reset, SplitPoint};
pub use mobilenet::{MobileNetV1, MobileNetV2};
pub use readout::Readout;
pub use resnet::{ResNet, ResidualBlock, ResidualSum, Stem};
pub use safetensors::{read_safetensors, read_safetensors_but, safetensors_metadata};
pub use signal::Signal;
pub use size::ParameterRule;
pub use sliding::{Conv2d, Pool2d, Reduction, Shape, Slide};
pub use stage::{Stage, Width};
pub use vgg::Vgg;
pub(crate) use weights::weight_shape;
pub use weights::{Affine, CellValues, NORM_EPSILON, Tensor, TensorStore, Weights};

/// Defect of a network, a split point or a set of weights.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum NetworkError {
    /// The split point is not one of this network's.
    #[error("no split point `{name}`; this network has {}", known.join(", "))]
    UnknownSplit {
        /// The name asked for.
        name: String,
        /// The names that exist, in order.
        known: Vec<String>,
    },
    /// A bottleneck unit can only stand between two stages, not at the network's input or output.
    #[error("a bottleneck unit cannot stand at `{split}`: nothing is left on one side of the cut")]
    NoRoomForBottleneck {
        /// The split point asked for.
        split: String,
    },
    /// A tensor that the network needs is not in the store.
    #[error("tensor `{name}` of shape {shape:?} is missing")]
    MissingTensor {
        /// Name of the tensor.
        name: String,
        /// The shape that the network needs.
        shape: Vec<usize>,
    },
    /// A tensor has another shape than the network needs.
    #[error("tensor `{name}` has shape {found:?}, the network needs {needed:?}")]
    TensorShape {
        /// Name of the tensor.
        name: String,
        /// Shape in the store.
        found: Vec<usize>,
        /// Shape that the network needs.
        needed: Vec<usize>,
    },
    /// The store holds tensors that no layer uses.
    #[error("no layer of the network uses the tensors {}: are they another network's?", few(names))]
    UnusedTensors {
        /// Names of the tensors.
        names: Vec<String>,
    },
    /// Several defects of a set of tensors.
    #[error("{}", list(.0))]
    Tensors(Vec<NetworkError>),
    /// A value of a tensor is impossible.
    #[error("tensor `{name}` holds {value} at position {index}: {needed}")]
    TensorValue {
        /// Name of the tensor.
        name: String,
        /// Position of the value, from 0, last dimension fastest.
        index: usize,
        /// The value.
        value: f32,
        /// Values that are accepted.
        needed: &'static str,
    },
    /// The weights of a layer are too large once its batch normalisation is folded in.
    #[error("layer `{layer}`: with its normalisation folded in, its weights exceed the range of float32")]
    FoldedWeights {
        /// Name of the layer.
        layer: String,
    },
    /// The operation of a layer does not fit its inputs or its output.
    #[error("layer `{layer}`: {reason}")]
    Inconsistent {
        /// Name of the layer.
        layer: String,
        /// Description of the inconsistency.
        reason: String,
    },
    /// A bottleneck unit without channels or without a stride.
    #[error("a bottleneck unit needs at least one channel and a stride of at least 1, not {width} and {stride}")]
    BottleneckSize {
        /// The width asked for.
        width: usize,
        /// The stride asked for.
        stride: usize,
    },
    /// A bottleneck unit of another family.
    #[error(
        "`{network}` is a {} network and takes no {} bottleneck unit: that is one of {} networks",
        family.name(), kind.name(), kind.family().name()
    )]
    BottleneckFamily {
        /// The unit asked for.
        kind: BottleneckKind,
        /// Name of the network.
        network: String,
        /// Family of the network.
        family: Family,
    },
    /// A readout that the network has nothing for.
    #[error("`{network}` cannot be read out by `{}`: {reason}", readout.name())]
    Readout {
        /// Name of the network.
        network: String,
        /// The readout asked for.
        readout: Readout,
        /// What is not there.
        reason: String,
    },
    /// A spiking unit with no neuron to take over.
    #[error("a spiking bottleneck unit takes the neuron before it, but there is none up to layer `{layer}`")]
    NoNeuronBefore {
        /// Last layer of the head.
        layer: String,
    },
    /// The name of a network does not begin with an architecture of the catalogue.
    #[error("there is no architecture `{name}`")]
    UnknownArchitecture {
        /// Beginning of the name given.
        name: String,
        /// The architectures that exist.
        known: Vec<&'static str>,
    },
    /// The part of a name after its architecture is invalid.
    #[error("`{text}` is not the name of a network: {reason}")]
    NetworkName {
        /// The text given.
        text: String,
        /// Description of the mistake.
        reason: String,
    },
    /// A bottleneck unit whose stride passes over the whole feature map.
    #[error(
        "a bottleneck unit at `{split}` can have a stride of 1 to {most}, the side of what crosses there, not {stride}"
    )]
    BottleneckStride {
        /// Name of the split point.
        split: String,
        /// The stride asked for.
        stride: usize,
        /// Largest stride.
        most: usize,
    },
    /// The bytes are not a safetensors file.
    #[error("not a safetensors file: {reason}")]
    Safetensors {
        /// Message of the format's reader.
        reason: String,
    },
    /// A tensor that is neither float32 nor float16.
    #[error("tensor `{name}` has type {found}; only F32 and F16 are read: convert it when saving")]
    TensorType {
        /// Name of the tensor.
        name: String,
        /// Type in the file.
        found: String,
    },
}

/// Defects that are listed one by one; of a file of another network everything is wrong.
const LISTED: usize = 5;

/// The first of some names, and how many more there are.
fn few(names: &[String]) -> String {
    let shown = names[..names.len().min(LISTED)].join(", ");
    if names.len() > LISTED { format!("{shown} and {} more", names.len() - LISTED) } else { shown }
}

fn list(defects: &[NetworkError]) -> String {
    let mut lines: Vec<String> = defects.iter().take(LISTED).map(ToString::to_string).collect();
    if defects.len() > LISTED {
        lines.push(format!("and {} more", defects.len() - LISTED));
    }
    lines.join("\n")
}
