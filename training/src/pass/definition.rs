//! What a pass computes: which layers, how their neurons are evaluated, and what is learned.

use super::device::Device;
use crate::kernels::{BatchStatistics, Function, Maps};
use cospike_sim_core::network::{Activation, Layer, Network, Operation};
use std::collections::BTreeMap;
use std::ops::Range;

/// How the spiking neurons of a network are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dynamics {
    /// In T time steps, with a surrogate gradient.
    Steps(usize),
    /// In one pass in which a neuron is a clipped activation of this many levels (QCFS, Bu et al., ICLR 2022).
    Rate(usize),
}

impl Dynamics {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Steps(steps) => format!("{steps}-steps"),
            Self::Rate(levels) => format!("{levels}-levels"),
        }
    }
}

/// What becomes of the features at the cut on their way to the cloud. Its gradient is taken as 1.
pub(crate) struct Link<'a> {
    /// The layer after which the network is cut.
    pub(crate) cut: usize,
    pub(crate) carry: &'a (dyn Fn(&mut Maps) + Sync),
}

/// Layers to run, and how.
pub(crate) struct Pass<'a> {
    pub(crate) net: &'a Network,
    pub(crate) layers: Range<usize>,
    /// Layers that learn: normalised by the batch, with gradients for their parameters. The others are normalised by
    /// their running statistics.
    pub(crate) learning: Range<usize>,
    pub(crate) dynamics: Dynamics,
    pub(crate) link: Option<Link<'a>>,
    pub(crate) device: &'a Device,
}

/// Gradients by tensor name, and the batch statistics that the running ones follow.
#[derive(Default)]
pub(crate) struct Gradients {
    pub(crate) parameters: BTreeMap<String, Vec<f32>>,
    pub(crate) statistics: BTreeMap<String, BatchStatistics>,
}

impl<'a> Pass<'a> {
    /// A pass in which nothing is learned.
    pub(crate) fn evaluation(net: &'a Network, layers: Range<usize>, dynamics: Dynamics, device: &'a Device) -> Self {
        Self { net, layers, learning: 0..0, dynamics, link: None, device }
    }
}

/// What a nonlinearity of the graph computes; none for another layer.
pub(super) fn function(layer: &Layer, dynamics: Dynamics) -> Option<Function> {
    match (layer.operation, dynamics) {
        (Operation::Neuron(neuron), Dynamics::Steps(steps)) => Some(Function::Spike(neuron, steps)),
        (Operation::Neuron(_), Dynamics::Rate(levels)) => Some(Function::Quantise(levels)),
        (Operation::Activation(Activation::Relu), _) => Some(Function::Relu),
        (Operation::Activation(Activation::Clip { max }), _) => Some(Function::Clip(max)),
        (Operation::Activation(Activation::Quantise { levels }), _) => Some(Function::Quantise(levels as usize)),
        _ => None,
    }
}
