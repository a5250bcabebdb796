//! Passes on the device that they name.

use super::by_kernels;
#[cfg(feature = "tensor-library")]
use super::by_library;
use super::definition::{Gradients, Pass};
use super::device::Device;
use crate::kernels::{Maps, Pool};
use crate::loss::{Targets, mean_scores};
use crate::model::Model;
use anyhow::Result;
use cospike_sim_core::network::Network;
use std::borrow::Cow;

/// Outputs of a forward pass, which the backward pass reads.
pub(crate) enum Tape {
    Kernels(by_kernels::Tape),
    #[cfg(feature = "tensor-library")]
    Library(by_library::Tape),
}

impl Tape {
    /// Output of layer `index` of `net`, the network of the pass.
    pub(crate) fn output(&self, net: &Network, index: usize) -> Result<Cow<'_, Maps>> {
        Ok(match self {
            Self::Kernels(tape) => tape.output(net, index),
            #[cfg(feature = "tensor-library")]
            Self::Library(tape) => Cow::Owned(tape.output(index)?),
        })
    }

    /// Returns the memory to the pool.
    pub(crate) fn recycle(self, pool: &mut Pool) {
        match self {
            Self::Kernels(tape) => tape.recycle(pool),
            #[cfg(feature = "tensor-library")]
            Self::Library(_) => {}
        }
    }
}

impl Pass<'_> {
    /// Computes the layers on `input`, the output of the layer before them.
    ///
    /// # Errors
    /// Those of the tensor library, such as a device out of memory; the kernels of this crate cannot fail.
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

    /// Gradients of the parameters of the layers that learn, given the gradients `seeds` of some layers' outputs, by layer.
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

    /// Mean class scores over time, `[samples, classes]`. The pass must end with the network's last layer.
    pub(crate) fn scores(&self, model: &Model, input: Maps, samples: usize, pool: &mut Pool) -> Result<Vec<f32>> {
        let tape = self.forward(model, input, samples, pool)?;
        let scores = mean_scores(&*tape.output(self.net, self.layers.end - 1)?, samples);
        tape.recycle(pool);
        Ok(scores)
    }

    /// Mean loss of a batch and the gradients. The pass must end with the network's last layer.
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
        let (loss, gradient) = targets.cross_entropy(&*tape.output(self.net, last)?);
        Ok((loss, self.backward(model, tape, vec![(last, gradient)], pool)?))
    }
}
