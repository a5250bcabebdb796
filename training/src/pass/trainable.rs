//! Which networks this program can train.

use crate::kernels::Depthwise;
use cospike_sim_core::network::{Activation, Leak, Network, Operation, Reduction};

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
