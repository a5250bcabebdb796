//! Which networks this program can train.

use crate::kernels::Depthwise;
use cospike_sim_core::network::{Activation, Conv2d, Leak, Network, Operation, Readout, Reduction};
use std::ops::Range;

/// Reason why a network cannot be trained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untrainable {
    /// An operation whose gradient this program does not have.
    #[error("layer `{layer}` of `{network}` cannot be trained by this program: {reason}; choose another network")]
    Operation { network: String, layer: String, reason: &'static str },
    /// An operation behind a unit through which this program cannot take a gradient.
    #[error(
        "no gradient passes through layer `{layer}` of `{network}`: {reason}; leave `classify` out, so that units learn to restore the \
         features alone"
    )]
    Passage { network: String, layer: String, reason: &'static str },
    /// A readout that this program does not learn for.
    #[error(
        "`{network}` is read out by `{}`, but this program learns for means over the time steps; leave `classify` out, so that units learn \
         to restore the features alone", readout.name()
    )]
    Readout { network: String, readout: Readout },
}

/// Checks that the class scores are means over the time steps, or their sums.
fn check_readout(net: &Network) -> Result<(), Untrainable> {
    match net.effective_readout() {
        Readout::Mean | Readout::SpikeCount => Ok(()),
        readout => Err(Untrainable::Readout { network: net.name.clone(), readout }),
    }
}

/// Whether the kernel slides along both axes alike, with the same padding on all sides.
fn is_square(conv: Conv2d) -> bool {
    conv.rows == conv.columns && conv.rows.padding.0 == conv.rows.padding.1
}

/// Whether the kernels that training spends its time in take this convolution, if it is not depthwise.
pub(super) fn has_fast_kernel(conv: Conv2d) -> bool {
    is_square(conv) && conv.groups == 1 && conv.rows.dilation == 1
}

/// Checks that gradients pass through all `layers` of `net`, which do not learn themselves.
pub(crate) fn check_passage(net: &Network, layers: Range<usize>) -> Result<(), Untrainable> {
    check_readout(net)?;
    for layer in &net.layers[layers] {
        let reason = match layer.operation {
            Operation::Neuron(neuron) if neuron.leak == Leak::Learned => "its leak is learned",
            Operation::Cells(_) => "its neurons have synapses, or values of their own",
            Operation::Previous => "it reads an earlier step",
            Operation::Concat => "it puts the channels of several layers together",
            Operation::Activation(Activation::Round { .. }) => "it rounds its values",
            _ => continue,
        };
        return Err(Untrainable::Passage { network: net.name.clone(), layer: layer.name.clone(), reason });
    }
    Ok(())
}

/// Checks that this program can train every layer of `net`.
pub(crate) fn check(net: &Network) -> Result<(), Untrainable> {
    check_readout(net)?;
    for layer in &net.layers[1..] {
        let reads_raw = layer.inputs.iter().any(|&i| {
            matches!(net.layers[i].operation, Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Add)
        });
        let reason = match layer.operation {
            Operation::Conv2d(c) if c.groups > 1 && Depthwise::new(c).is_none() => {
                "it convolves in groups of several channels"
            }
            Operation::Conv2d(c) | Operation::ConvTranspose2d(c) if !is_square(c) => "its kernel is not square",
            Operation::Conv2d(c) if c.rows.dilation > 1 && Depthwise::new(c).is_none() => "its kernel is dilated",
            Operation::ConvTranspose2d(c) if c.groups > 1 || c.rows.dilation > 1 => {
                "its transposed kernel is grouped or dilated"
            }
            Operation::Pool(pool) if !pool.is_global() || pool.reduction != Reduction::Average => {
                "of all pools only the global average has a gradient here"
            }
            Operation::Linear if net.layers[layer.inputs[0]].output.area() > 1 => "it flattens a feature map",
            Operation::Flatten => "it flattens a feature map",
            Operation::Concat => "it puts the channels of several layers together",
            Operation::Activation(Activation::Round { .. }) => "it rounds its values",
            Operation::Neuron(neuron) if neuron.leak == Leak::Learned => "its leak is learned",
            Operation::Cells(_) => "its neurons have values of their own",
            Operation::Previous => "it reads an earlier step",
            Operation::Scale => "it scales every value by itself",
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
