//! A network prepared for execution: weights laid out for the kernels, and what each layer's output is like.

use super::InferenceError;
use super::dense::Dense;
use super::spiking::Rows;
use super::taps::Taps;
use crate::network::{
    Activation, Affine, Leak, Network, NetworkError, Neuron, Operation, Reduction, Weights, weight_shape,
};

/// A network with its weights, ready to run. It is read-only: threads share one.
#[derive(Clone, Debug)]
pub struct Executable {
    pub(super) network: Network,
    pub(super) plans: Vec<Plan>,
}

/// What is known of a layer before any sample.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) work: Work,
    /// Whether its output changes over time: it is or follows a neuron. If not, it is computed once per sample.
    pub(super) varies: bool,
    /// Whether its output is kept. Changing currents that only neurons take, directly or through sums, are added up
    /// in the membranes.
    pub(super) stored: bool,
    /// Layers that read it.
    pub(super) readers: Vec<usize>,
}

/// What a layer does, with weights in the layout of the kernel that its input calls for.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Input,
    /// Convolution, transposed convolution or fully connected layer on spikes.
    Spiking(Taps, Rows),
    /// The same on real values.
    Dense(Taps, Dense),
    Neuron(Neuron),
    Activation(Activation),
    Add,
    GlobalAveragePool,
}

impl Executable {
    /// Prepares `network` with `weights` for execution.
    ///
    /// # Errors
    /// [`InferenceError::Network`] if the network is inconsistent or the weights are another network's.
    pub fn new(network: &Network, weights: &Weights) -> Result<Self, InferenceError> {
        network.check()?;
        let mut plans: Vec<Plan> = vec![];
        for (i, layer) in network.layers.iter().enumerate() {
            let varies = is_neuron(network, i) || layer.inputs.iter().any(|&input| plans[input].varies);
            layer.inputs.iter().for_each(|&input| plans[input].readers.push(i));
            plans.push(Plan { work: work(network, weights, i)?, varies, stored: true, readers: vec![] });
        }
        // Backwards, because whether a sum is stored decides whether its inputs are.
        for i in (0..plans.len()).rev() {
            let plan = &plans[i];
            let currents = plan.varies && !is_neuron(network, i) && !plan.readers.is_empty();
            let into_membrane = |&r: &usize| match plans[r].work {
                Work::Neuron(_) => true,
                Work::Add => !plans[r].stored,
                _ => false,
            };
            plans[i].stored = !(currents && plan.readers.iter().all(into_membrane));
        }
        Ok(Self { network: network.clone(), plans })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// How many steps the output of `layer` holds when the network runs for `steps`: 1 if it does not change over time.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn steps_after(&self, layer: usize, steps: usize) -> usize {
        if self.plans[layer].varies { steps } else { 1 }
    }

    /// Whether layer `index` emits spikes.
    pub(super) fn is_binary(&self, index: usize) -> bool {
        is_neuron(&self.network, index)
    }
}

fn is_neuron(network: &Network, index: usize) -> bool {
    matches!(network.layers[index].operation, Operation::Neuron(_))
}

/// What layer `index` of a consistent network does.
fn work(network: &Network, weights: &Weights, index: usize) -> Result<Work, NetworkError> {
    let layer = &network.layers[index];
    let on_spikes = layer.inputs.iter().any(|&input| is_neuron(network, input));
    Ok(match layer.operation {
        Operation::Input => Work::Input,
        operation if !is_executed(operation) => {
            let reason = format!("{operation:?} cannot be executed yet");
            return Err(NetworkError::Inconsistent { layer: layer.name.clone(), reason });
        }
        Operation::Neuron(neuron) => Work::Neuron(neuron),
        Operation::Add => Work::Add,
        Operation::Pool(_) | Operation::Flatten => Work::GlobalAveragePool,
        Operation::Activation(_) if on_spikes => {
            let reason = "an activation function on spikes would change nothing: leave it out".into();
            return Err(NetworkError::Inconsistent { layer: layer.name.clone(), reason });
        }
        Operation::Activation(f) => Work::Activation(f),
        Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear => {
            let affine = affine(network, weights, index)?;
            let input = network.layers[layer.inputs[0]].output;
            let taps = match layer.operation {
                Operation::Conv2d(conv) => Taps::plain(conv),
                Operation::ConvTranspose2d(conv) => Taps::transposed(conv),
                _ => Taps::all(input),
            };
            let at = weight_index(&layer.operation, affine.bias.len(), input.channels, taps.kernel);
            let weight = |out, input, kernel| affine.weight.data[at(out, input, kernel)];
            if on_spikes {
                let rows = Rows::new(affine, &taps, input.channels, weight);
                Work::Spiking(taps, rows)
            } else {
                let dense = Dense::new(affine, &taps, input.channels, weight);
                Work::Dense(taps, dense)
            }
        }
    })
}

/// Whether there is a kernel for it.
fn is_executed(operation: Operation) -> bool {
    match operation {
        Operation::Conv2d(c) | Operation::ConvTranspose2d(c) => c.dilation == 1 && c.groups == 1,
        Operation::Neuron(neuron) => neuron.leak != Leak::Learned,
        Operation::Activation(f) => matches!(f, Activation::Relu | Activation::Clip { .. }),
        Operation::Pool(pool) => pool.reduction == Reduction::Average && pool.is_global(),
        Operation::Flatten => false,
        Operation::Input | Operation::Linear | Operation::Add => true,
    }
}

/// The weights of layer `index`, of the shape that the network needs.
fn affine<'a>(network: &Network, weights: &'a Weights, index: usize) -> Result<&'a Affine, NetworkError> {
    let name = format!("{}.weight", network.layers[index].name);
    match (weights.layer(index), weight_shape(network, index)) {
        (Some(affine), Some((needed, out_axis)))
            if affine.weight.shape != needed || affine.bias.len() != needed[out_axis] =>
        {
            Err(NetworkError::TensorShape { name, found: affine.weight.shape.clone(), needed })
        }
        (Some(affine), _) => Ok(affine),
        (None, shape) => Err(NetworkError::MissingTensor { name, shape: shape.unwrap_or_default().0 }),
    }
}

/// Where the weight from an input to an output channel through a kernel element lies in a layer's tensor, see
/// [`Affine::weight`]. A fully connected layer reads its input in the order `[channel][row][column]`, as PyTorch's
/// `flatten` does: its tensor is that of a convolution whose kernel is the whole input.
fn weight_index(
    operation: &Operation,
    outs: usize,
    ins: usize,
    kernel: usize,
) -> impl Fn(usize, usize, usize) -> usize {
    let transposed = matches!(operation, Operation::ConvTranspose2d(_));
    move |o, i, k| (if transposed { i * outs + o } else { o * ins + i }) * kernel + k
}
