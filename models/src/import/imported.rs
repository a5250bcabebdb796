//! What all formats of networks have in common.

use cospike_sim_core::network::{Network, NetworkError, OUTPUT, SplitPoint, TensorStore, Weights};
use std::collections::BTreeMap;

/// A network that was made of a file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Layers, named as the nodes that they were made of.
    pub network: Network,
    /// Its tensors.
    pub tensors: TensorStore,
    /// Its weights.
    pub weights: Weights,
    /// Index of the layer that emits what the file calls so.
    pub values: BTreeMap<String, usize>,
    /// Function of the scores with which the file ends, and which is not executed.
    pub ending: Ending,
}

/// Function of the scores with which a network ends. No answer depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// None: the network emits the scores.
    #[default]
    None,
    /// `exp(x) / sum exp(x)`.
    Softmax,
    /// The logarithm of that.
    LogSoftmax,
}

/// A node of a file, and whether and how it is executed.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeReport {
    /// Name.
    pub name: String,
    /// Name of its type in the format.
    pub kind: String,
    /// Sizes of what it emits; none if that cannot be told.
    pub emits: Option<Vec<usize>>,
    /// How it is executed.
    pub runs: Runs,
    /// What its execution does not take over as it is in the file.
    pub approximations: Vec<String>,
}

/// How a node is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runs {
    /// On spikes, or it emits them.
    AsSpikes,
    /// On real values.
    AsRealValues,
    /// When the file is read, so that nothing of it is left to be executed on a sample; in words, what becomes of it.
    InAdvance(String),
    /// Not at all, for this reason.
    NotSupported(String),
}

impl Imported {
    /// The network with its weights.
    pub(super) fn new(
        network: Network,
        tensors: TensorStore,
        values: BTreeMap<String, usize>,
        ending: Ending,
    ) -> Result<Self, NetworkError> {
        let weights = Weights::from_store(&network, &tensors)?;
        Ok(Self { network, tensors, weights, values, ending })
    }
}

impl Ending {
    /// The function of `scores`, in double precision.
    pub(super) fn apply(self, scores: &mut [f32]) {
        if self == Self::None {
            return;
        }
        let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = scores.iter().map(|&score| f64::from(score - largest).exp()).sum();
        for score in scores {
            let logarithm = f64::from(*score - largest) - sum.ln();
            *score = if self == Self::Softmax { logarithm.exp() } else { logarithm } as f32;
        }
    }
}

/// Marks every layer as a split point through which alone values flow, and the last one as [`OUTPUT`].
pub(super) fn mark_splits(network: &mut Network) {
    let (last, loops) = (network.layers.len() - 1, network.loops());
    // The first layer that is read by one behind each.
    let mut reached = vec![usize::MAX; network.layers.len() + 1];
    for i in (0..network.layers.len()).rev() {
        let earliest = network.layers[i].inputs.iter().copied().min().unwrap_or(usize::MAX);
        reached[i] = reached[i + 1].min(earliest);
    }
    let is_split =
        |&i: &usize| reached[i + 1] == i && !loops.iter().any(|stretch| stretch.start < i + 1 && i + 1 < stretch.end);
    let splits: Vec<usize> = (1..last).filter(is_split).collect();
    for i in splits {
        let name = network.layers[i].name.clone();
        network.split_points.push(SplitPoint { name, layer: i });
    }
    network.mark_split(OUTPUT);
}
