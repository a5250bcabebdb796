//! A graph of NIR as it is written: nodes by name, and edges between them.

use std::collections::BTreeMap;

/// Numbers of a node, last dimension fastest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) data: Vec<f64>,
}

/// A graph: nodes by name, and edges from the node that emits to the one that reads. What several nodes emit into one is summed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Graph {
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) edges: Vec<(String, String)>,
}

/// What a file says of itself in the group `metadata` of its graph, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Said {
    /// Single numbers.
    pub(super) numbers: BTreeMap<String, f64>,
    /// Single texts.
    pub(super) texts: BTreeMap<String, String>,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Input {
        shape: Vec<usize>,
    },
    Output {
        /// Sizes that the file says of what the network emits, if it does.
        shape: Option<Vec<usize>>,
    },
    /// Affine, or linear without a bias.
    Linear {
        weight: Array,
        bias: Option<Array>,
    },
    Convolution(Convolution),
    Pool(Pool),
    Flatten {
        start: i64,
        end: i64,
    },
    Scale(Array),
    Threshold(Array),
    Neurons(Neurons),
    Graph(Graph),
    /// A node that is not executed, by its type.
    Unknown(String),
}

/// A convolution over one or two axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Convolution {
    /// `[out, in / groups, rows, columns]`, or `[out, in / groups, columns]`.
    pub(super) weight: Array,
    pub(super) bias: Array,
    pub(super) stride: Vec<usize>,
    pub(super) padding: Padding,
    pub(super) dilation: Vec<usize>,
    pub(super) groups: usize,
    /// Sizes of the axes that the file says of the input, if it does.
    pub(super) input: Option<Vec<usize>>,
}

/// Zeros around the input.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Padding {
    /// On both sides of each axis.
    Zeros(Vec<usize>),
    /// As many as make the output as large as the input; of an odd number the larger half follows, as in PyTorch.
    Same,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pool {
    /// Whether the mean is taken instead of the sum.
    pub(super) is_mean: bool,
    pub(super) window: Vec<usize>,
    pub(super) stride: Vec<usize>,
    pub(super) padding: Vec<usize>,
}

/// Neurons in continuous time: `tau_syn i' = -i + w_in s`, then `tau v' = (v_leak - v) + r i`, or `v' = r i` without `tau`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Neurons {
    pub(super) r: Array,
    pub(super) leak: Option<LeakValues>,
    pub(super) synapse: Option<SynapseValues>,
    pub(super) spikes: Option<SpikeValues>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct LeakValues {
    pub(super) tau: Array,
    pub(super) v_leak: Array,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct SynapseValues {
    pub(super) tau: Array,
    pub(super) w_in: Array,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpikeValues {
    pub(super) v_threshold: Array,
    /// Zero in files of versions that had none.
    pub(super) v_reset: Array,
}

impl Array {
    pub(super) fn single(value: f64) -> Self {
        Self { shape: vec![1], data: vec![value] }
    }
}

impl Node {
    /// Name of the type, as NIR has it.
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Input { .. } => "Input",
            Self::Output { .. } => "Output",
            Self::Linear { bias: Some(_), .. } => "Affine",
            Self::Linear { bias: None, .. } => "Linear",
            Self::Convolution(conv) if conv.weight.shape.len() == 3 => "Conv1d",
            Self::Convolution(_) => "Conv2d",
            Self::Pool(Pool { is_mean: true, .. }) => "AvgPool2d",
            Self::Pool(_) => "SumPool2d",
            Self::Flatten { .. } => "Flatten",
            Self::Scale(_) => "Scale",
            Self::Threshold(_) => "Threshold",
            Self::Neurons(Neurons { synapse, leak, spikes, .. }) => match (synapse, leak, spikes) {
                (Some(_), _, Some(_)) => "CubaLIF",
                (Some(_), _, None) => "CubaLI",
                (None, Some(_), Some(_)) => "LIF",
                (None, Some(_), None) => "LI",
                (None, None, Some(_)) => "IF",
                (None, None, None) => "I",
            },
            Self::Graph(_) => "NIRGraph",
            Self::Unknown(kind) => kind,
        }
    }
}
