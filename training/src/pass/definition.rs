//! What a pass computes: which layers, how their neurons are evaluated, and what is learned.

use super::device::Device;
use crate::kernels::{BatchStatistics, Function, Maps, Pool};
use cospike_sim_core::network::{Activation, Layer, Network, Operation};
use std::collections::BTreeMap;
use std::ops::Range;

/// How the spiking neurons of a network are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dynamics {
    /// In this many time steps, with a surrogate gradient.
    Steps(usize),
    /// In one pass, with each neuron replaced by a clipped activation of this many levels (QCFS, Bu et al., ICLR 2022).
    Rate(usize),
}

impl Dynamics {
    /// What a pass over `samples` reads of `maps`, which may change over time, time outermost: a quantiser stands for the rate of a neuron
    /// over time, so where there are no steps it is their mean.
    pub(crate) fn read(self, maps: Maps, samples: usize, pool: &mut Pool) -> Maps {
        match self {
            Self::Rate(_) if maps.frames > samples => maps.mean_over_time(samples, pool),
            Self::Rate(_) | Self::Steps(_) => maps,
        }
    }

    /// Name in checkpoints and recipes, such as `4-steps`.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Steps(steps) => format!("{steps}-steps"),
            Self::Rate(levels) => format!("{levels}-levels"),
        }
    }
}

/// The link to the cloud, which may change the features at the cut. Its gradient is taken as 1.
pub(crate) struct Link<'a> {
    /// Index of the layer after which the network is cut.
    pub(crate) cut: usize,
    /// Changes the features as the link does.
    pub(crate) carry: &'a (dyn Fn(&mut Maps) + Sync),
}

/// Layers to compute, and how.
pub(crate) struct Pass<'a> {
    pub(crate) net: &'a Network,
    pub(crate) layers: Range<usize>,
    /// Layers that learn: normalised by the statistics of the batch, with gradients for their parameters. The other layers
    /// are normalised by their running statistics.
    pub(crate) learning: Range<usize>,
    pub(crate) dynamics: Dynamics,
    pub(crate) link: Option<Link<'a>>,
    pub(crate) device: &'a Device,
}

/// Outcome of a backward pass.
#[derive(Default)]
pub(crate) struct Gradients {
    /// Gradients by tensor name.
    pub(crate) parameters: BTreeMap<String, Vec<f32>>,
    /// Statistics of the batch by layer name, towards which the running statistics move.
    pub(crate) statistics: BTreeMap<String, BatchStatistics>,
}

impl<'a> Pass<'a> {
    /// A pass in which no layer learns.
    pub(crate) fn evaluation(net: &'a Network, layers: Range<usize>, dynamics: Dynamics, device: &'a Device) -> Self {
        Self { net, layers, learning: 0..0, dynamics, link: None, device }
    }
}

/// The function of a nonlinearity of the graph; none for any other layer.
pub(super) fn function(layer: &Layer, dynamics: Dynamics) -> Option<Function> {
    match (layer.operation, dynamics) {
        (Operation::Neuron(neuron), Dynamics::Steps(steps)) => Some(Function::Spike(neuron, steps)),
        (Operation::Neuron(_), Dynamics::Rate(levels)) => Some(Function::Quantise(levels)),
        (Operation::Activation(Activation::Relu), _) => Some(Function::Relu),
        (Operation::Activation(Activation::Clip { max }), _) => Some(Function::Clip(max)),
        (Operation::Activation(Activation::Quantise { levels }), _) => Some(Function::Quantise(levels as usize)),
        (Operation::Activation(Activation::Sigmoid), _) => Some(Function::Sigmoid),
        _ => None,
    }
}
