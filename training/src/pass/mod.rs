//! One pass over a [`Network`] forwards, and back again for the gradients: the same graph and tensor names as in inference.
//!
//! It is computed by the kernels of this crate, or, on another [`Device`], by a tensor library that differentiates by
//! itself. Both take a model from main memory and bring the gradients back there, so nothing else need know which.

mod by_kernels;
#[cfg(feature = "tensor-library")]
mod by_library;
mod device;
#[cfg(all(test, feature = "tensor-library"))]
mod tests;

pub(crate) use device::{Device, DeviceName};

use crate::kernels::{BatchStatistics, Depthwise, Function, Maps, Pool};
use crate::loss::{Targets, mean_scores};
use crate::model::Model;
use anyhow::Result;
use cospike_sim_core::network::{Activation, Layer, Leak, Network, Operation, Reduction};
use std::borrow::Cow;
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

/// What a pass forwards leaves for the way back.
pub(crate) enum Tape {
    Kernels(by_kernels::Tape),
    #[cfg(feature = "tensor-library")]
    Library(by_library::Tape),
}

/// Gradients by tensor name, and the batch statistics that the running ones follow.
#[derive(Default)]
pub(crate) struct Gradients {
    pub(crate) parameters: BTreeMap<String, Vec<f32>>,
    pub(crate) statistics: BTreeMap<String, BatchStatistics>,
}

impl Tape {
    /// Output of layer `index`, which is no convolution or sum.
    pub(crate) fn output(&self, index: usize) -> Result<Cow<'_, Maps>> {
        Ok(match self {
            Self::Kernels(tape) => Cow::Borrowed(tape.output(index)),
            #[cfg(feature = "tensor-library")]
            Self::Library(tape) => Cow::Owned(tape.output(index)?),
        })
    }

    /// Gives the memory back.
    pub(crate) fn recycle(self, pool: &mut Pool) {
        match self {
            Self::Kernels(tape) => tape.recycle(pool),
            #[cfg(feature = "tensor-library")]
            Self::Library(_) => {}
        }
    }
}

impl<'a> Pass<'a> {
    /// A pass in which nothing is learned.
    pub(crate) fn evaluation(net: &'a Network, layers: Range<usize>, dynamics: Dynamics, device: &'a Device) -> Self {
        Self { net, layers, learning: 0..0, dynamics, link: None, device }
    }

    /// Runs the layers on `input`, the output of the layer before them.
    ///
    /// # Errors
    /// Those of the tensor library, as when a device is out of memory; the kernels of this crate have none.
    pub(crate) fn forward(&self, model: &Model, input: Maps, samples: usize, pool: &mut Pool) -> Result<Tape> {
        Ok(match self.device {
            Device::Kernels => Tape::Kernels(self.forward_by_kernels(model, input, samples, pool)),
            #[cfg(feature = "tensor-library")]
            Device::Library(device) => {
                let tape = by_library::forward(self, device, model, &input, samples)?;
                pool.give(input);
                Tape::Library(tape)
            }
        })
    }

    /// The gradients of the parameters of the layers that learn, from those of some layers' outputs.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub(crate) fn backward(
        &self,
        model: &Model,
        tape: Tape,
        seeds: Vec<(usize, Maps)>,
        pool: &mut Pool,
    ) -> Result<Gradients> {
        match tape {
            Tape::Kernels(tape) => Ok(self.backward_by_kernels(model, tape, seeds, pool)),
            #[cfg(feature = "tensor-library")]
            Tape::Library(tape) => tape.backward(&seeds),
        }
    }

    /// Mean class scores over time; the pass ends with the network.
    pub(crate) fn scores(&self, model: &Model, input: Maps, samples: usize, pool: &mut Pool) -> Result<Vec<f32>> {
        let tape = self.forward(model, input, samples, pool)?;
        let scores = mean_scores(&*tape.output(self.layers.end - 1)?, samples);
        tape.recycle(pool);
        Ok(scores)
    }

    /// Loss of a batch and the gradients; the pass ends with the network.
    pub(crate) fn learn(
        &self,
        model: &Model,
        input: Maps,
        samples: usize,
        targets: &Targets,
        pool: &mut Pool,
    ) -> Result<(f64, Gradients)> {
        let last = self.layers.end - 1;
        let tape = self.forward(model, input, samples, pool)?;
        let (loss, gradient) = targets.cross_entropy(&*tape.output(last)?);
        Ok((loss, self.backward(model, tape, vec![(last, gradient)], pool)?))
    }
}

/// What a nonlinearity of the graph computes; none for another layer.
fn function(layer: &Layer, dynamics: Dynamics) -> Option<Function> {
    match (layer.operation, dynamics) {
        (Operation::Neuron(neuron), Dynamics::Steps(steps)) => Some(Function::Spike(neuron, steps)),
        (Operation::Neuron(_), Dynamics::Rate(levels)) => Some(Function::Quantise(levels)),
        (Operation::Activation(Activation::Relu), _) => Some(Function::Relu),
        (Operation::Activation(Activation::Clip { max }), _) => Some(Function::Clip(max)),
        (Operation::Activation(Activation::Quantise { levels }), _) => Some(Function::Quantise(levels as usize)),
        _ => None,
    }
}

/// Why a network cannot be trained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untrainable {
    /// An operation without a gradient here.
    #[error("layer `{layer}` of `{network}` cannot be trained by this program: {reason}")]
    Operation { network: String, layer: String, reason: &'static str },
}

/// Whether this program can train `net`.
pub(crate) fn check(net: &Network) -> Result<(), Untrainable> {
    for layer in &net.layers[1..] {
        let reads_raw = layer.inputs.iter().any(|&i| {
            matches!(net.layers[i].operation, Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Add)
        });
        let reason = match layer.operation {
            Operation::Conv2d(c) if c.groups > 1 && Depthwise::new(c).is_none() => "groups of several channels",
            Operation::Conv2d(c) if c.dilation > 1 && Depthwise::new(c).is_none() => "dilated kernels",
            Operation::ConvTranspose2d(c) if c.groups > 1 || c.dilation > 1 => "a grouped or dilated transposed kernel",
            Operation::Pool(pool) if !pool.is_global() || pool.reduction != Reduction::Average => {
                "of pools only the global average is known"
            }
            Operation::Linear if net.layers[layer.inputs[0]].output.area() > 1 => "it flattens a feature map",
            Operation::Flatten => "it flattens a feature map",
            Operation::Neuron(neuron) if neuron.leak == Leak::Learned => "a learned leak",
            Operation::Activation(Activation::Sigmoid) => "a sigmoid",
            Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear | Operation::Pool(_)
                if reads_raw =>
            {
                "no nonlinearity stands before it"
            }
            _ => continue,
        };
        return Err(Untrainable::Operation { network: net.name.clone(), layer: layer.name.clone(), reason });
    }
    Ok(())
}
