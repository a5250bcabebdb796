//! A network prepared for execution: weights laid out for the kernels, and the kind of each layer's output.

use super::InferenceError;
use super::cells::{CellLayer, channels_last};
use super::dense::Dense;
use super::depthwise::Depthwise;
use super::gather::Rows;
use super::grouped::Grouped;
use super::taps::Taps;
use crate::network::{
    Activation, Affine, Conv2d, Leak, Network, NetworkError, Neuron, Operation, Pool2d, Readout, Signal, Weights,
    weight_shape,
};
use std::ops::Range;

/// A network with its weights, prepared for execution. It is read-only, so threads can share it.
#[derive(Clone, Debug)]
pub struct Executable {
    pub(super) network: Network,
    pub(super) plans: Vec<Plan>,
    /// Stretches of layers that are executed step by step, see [`Network::loops`].
    pub(super) loops: Vec<Range<usize>>,
    /// See [`Network::effective_readout`].
    pub(super) readout: Readout,
}

/// What the first layer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputKind {
    /// Kind of its values.
    pub signal: Signal,
    /// Whether it changes over time.
    pub varies: bool,
}

impl InputKind {
    /// Real values that change from step to step, such as the frames of an event camera.
    pub const FRAMES: Self = Self { signal: Signal::Real, varies: true };
}

impl From<Signal> for InputKind {
    /// A sample of real values, which is the same in every step, or spikes.
    fn from(signal: Signal) -> Self {
        Self { signal, varies: signal != Signal::Real }
    }
}

/// Everything about a layer that does not depend on the sample.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) work: Work,
    /// Kind of values that the layer emits.
    pub(super) signal: Signal,
    /// Whether its output changes over time: it is or follows a neuron or coded input. If not, it is computed once per
    /// sample.
    pub(super) varies: bool,
    /// Whether its output is kept. Changing currents that only neurons take, directly or through sums, are added up
    /// in the membranes.
    pub(super) stored: bool,
    /// Whether a machine that skips zeros keeps a map of those in its output: a layer that skips them reads it.
    pub(super) mapped: bool,
    /// Indices of the layers that read its output.
    pub(super) readers: Vec<usize>,
}

/// Computation of a layer, with weights in the layout of the kernel that its input needs.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Input,
    /// Convolution, transposed convolution or fully connected layer on spikes.
    Spiking(Taps, Rows),
    /// Depthwise convolution, plain or transposed, on spikes.
    SpikingDepthwise(Taps, Depthwise),
    /// Any other grouped convolution on spikes.
    SpikingGrouped(Taps, Grouped),
    /// Convolution, transposed convolution or fully connected layer on real values.
    Dense(Taps, Dense),
    /// Grouped convolution, also depthwise, on real values.
    DenseGrouped(Taps, Grouped),
    Neuron(Neuron),
    Cells(CellLayer),
    /// What the layer it reads emitted one step earlier.
    Previous,
    /// Factors in the order `[row][column][channel]`, and the geometry of a value that leads to itself alone.
    Scale(Taps, Vec<f32>),
    Activation(Activation),
    Add,
    Pool(Pool2d, Taps),
    Flatten,
    Concat,
}

impl Executable {
    /// Prepares `network` with `weights` for execution on real-valued samples (direct coding).
    ///
    /// # Errors
    /// [`InferenceError::Network`] if the network is inconsistent or the weights are another network's.
    pub fn new(network: &Network, weights: &Weights) -> Result<Self, InferenceError> {
        Self::with_input(Signal::Real, network, weights)
    }

    /// Prepares `network` with `weights` for execution on samples of the kind `input`, such as [`Signal::BINARY`] if
    /// they are coded in spikes; the first layer is then event-driven too. [`InputKind::FRAMES`] are real values that change.
    ///
    /// # Errors
    /// As [`Executable::new`].
    pub fn with_input(
        input: impl Into<InputKind>,
        network: &Network,
        weights: &Weights,
    ) -> Result<Self, InferenceError> {
        network.check()?;
        let input = input.into();
        let signals = network.signals(input.signal);
        let mut plans: Vec<Plan> = vec![];
        for (i, layer) in network.layers.iter().enumerate() {
            let varies = match layer.operation {
                Operation::Neuron(_) | Operation::Cells(_) | Operation::Previous => true,
                Operation::Input => input.varies,
                _ => layer.inputs.iter().any(|&input| plans[input].varies),
            };
            let work = work(network, &signals, weights, i)?;
            plans.push(Plan { work, signal: signals[i], varies, stored: true, mapped: false, readers: vec![] });
        }
        for (i, layer) in network.layers.iter().enumerate() {
            layer.inputs.iter().for_each(|&input| plans[input].readers.push(i));
        }
        // Backwards, because whether a sum is stored decides whether its inputs are.
        for i in (0..plans.len()).rev() {
            let plan = &plans[i];
            let currents = plan.varies && plan.signal == Signal::Real && !plan.readers.is_empty();
            let into_membrane = |&r: &usize| match plans[r].work {
                Work::Neuron(_) | Work::Cells(_) => true,
                Work::Add | Work::Concat => !plans[r].stored,
                _ => false,
            };
            let skips_zeros = |&r: &usize| match plans[r].work {
                Work::Dense(..) | Work::DenseGrouped(..) | Work::Pool(..) | Work::Scale(..) => true,
                Work::Add => plans[r].stored,
                Work::Activation(_) | Work::Flatten | Work::Concat => plans[r].mapped,
                _ => false,
            };
            let mapped = plan.signal == Signal::Real && plan.readers.iter().any(skips_zeros);
            plans[i].stored = !(currents && plan.readers.iter().all(into_membrane));
            plans[i].mapped = mapped;
        }
        Ok(Self { network: network.clone(), plans, loops: network.loops(), readout: network.effective_readout() })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Kind of samples that the network was prepared for.
    pub fn input(&self) -> InputKind {
        InputKind { signal: self.plans[0].signal, varies: self.plans[0].varies }
    }

    /// Kind of values that `layer` emits.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn signal(&self, layer: usize) -> Signal {
        self.plans[layer].signal
    }

    /// Number of steps that the output of `layer` holds when the network is executed for `steps`: 1 if it does not
    /// change over time.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn steps_after(&self, layer: usize, steps: usize) -> usize {
        if self.plans[layer].varies { steps } else { 1 }
    }

    /// Whether layer `index` emits spikes, graded or not.
    pub(super) fn is_spikes(&self, index: usize) -> bool {
        self.plans[index].signal != Signal::Real
    }
}

impl Plan {
    /// The geometry of a weighted layer.
    pub(super) fn weighted_taps(&self) -> Option<&Taps> {
        match &self.work {
            Work::Spiking(taps, _) | Work::Dense(taps, _) => Some(taps),
            Work::SpikingDepthwise(taps, _) | Work::SpikingGrouped(taps, _) => Some(taps),
            Work::DenseGrouped(taps, _) => Some(taps),
            _ => None,
        }
    }
}

/// The computation of layer `index` of a consistent network.
fn work(network: &Network, signals: &[Signal], weights: &Weights, index: usize) -> Result<Work, NetworkError> {
    let layer = &network.layers[index];
    let on_spikes = layer.inputs.iter().any(|&input| signals[input] != Signal::Real);
    Ok(match layer.operation {
        Operation::Input => Work::Input,
        Operation::Neuron(neuron) => Work::Neuron(with_leak(network, weights, index, neuron)?),
        Operation::Cells(cells) => Work::Cells(CellLayer::new(&layer.name, cells, layer.output, weights.cells(index))?),
        Operation::Previous => Work::Previous,
        Operation::Scale => {
            let factors = weights.scale(index).and_then(|factors| channels_last(factors, layer.output));
            let shape = vec![layer.output.channels, layer.output.height, layer.output.width];
            let missing = NetworkError::MissingTensor { name: format!("{}.scale", layer.name), shape };
            let alone = Conv2d::depthwise(layer.output, 1, 1, 0);
            Work::Scale(Taps::plain(alone), factors.ok_or(missing)?)
        }
        Operation::Add => Work::Add,
        Operation::Pool(pool) => Work::Pool(pool, Taps::pool(pool)),
        Operation::Flatten => Work::Flatten,
        Operation::Concat => Work::Concat,
        Operation::Activation(_) if on_spikes => {
            let reason = "an activation function of spikes: leave it out, or put it before the neuron".into();
            return Err(NetworkError::Inconsistent { layer: layer.name.clone(), reason });
        }
        Operation::Activation(f) => Work::Activation(f),
        Operation::Conv2d(conv) => convolution(network, weights, index, conv, Taps::plain(conv), on_spikes)?,
        Operation::ConvTranspose2d(conv) => {
            convolution(network, weights, index, conv, Taps::transposed(conv), on_spikes)?
        }
        Operation::Linear => {
            // The layer's tensor is that of a convolution whose kernel is the whole input, which is read in the order
            // `[channel][row][column]`, as PyTorch's `flatten` does.
            let input = network.layers[layer.inputs[0]].output;
            weighted(affine(network, weights, index)?, Taps::all(input), input.channels, on_spikes, |o, i| {
                o * input.channels + i
            })
        }
    })
}

/// The neuron with its leak, taken from the weights if it was learned.
fn with_leak(network: &Network, weights: &Weights, index: usize, neuron: Neuron) -> Result<Neuron, NetworkError> {
    if neuron.leak != Leak::Learned {
        return Ok(neuron);
    }
    let name = format!("{}.w", network.layers[index].name);
    let share = weights.leak(index).ok_or(NetworkError::MissingTensor { name, shape: vec![] })?;
    Ok(Neuron { leak: Leak::Share(share), ..neuron })
}

/// A convolution, plain or transposed, in the layout that its groups and its input call for.
fn convolution(
    network: &Network,
    weights: &Weights,
    index: usize,
    conv: Conv2d,
    taps: Taps,
    on_spikes: bool,
) -> Result<Work, NetworkError> {
    let affine = affine(network, weights, index)?;
    let transposed = matches!(network.layers[index].operation, Operation::ConvTranspose2d(_));
    let (ins, outs) = (conv.input.channels / conv.groups, conv.output.channels / conv.groups);
    // Where the kernel between two channels of a group lies in the layer's tensor, see `Affine::weight`.
    let kernel = move |o: usize, i: usize| if transposed { i * outs + o % outs } else { o * ins + i % ins };
    if conv.groups == 1 {
        return Ok(weighted(affine, taps, ins, on_spikes, kernel));
    }
    if on_spikes && ins == 1 && outs == 1 {
        let weights = Depthwise::new(affine, &taps, |channel, k| affine.weight.data[channel * taps.kernel + k]);
        return Ok(Work::SpikingDepthwise(taps, weights));
    }
    let grouped =
        Grouped::new((ins, outs), affine, &taps, |o, i, k| affine.weight.data[kernel(o, i) * taps.kernel + k]);
    Ok(if on_spikes { Work::SpikingGrouped(taps, grouped) } else { Work::DenseGrouped(taps, grouped) })
}

/// A layer whose outputs read all `ins` input channels; `kernel(output, input)` says which of its tensor's kernels is theirs.
fn weighted(affine: &Affine, taps: Taps, ins: usize, on_spikes: bool, kernel: impl Fn(usize, usize) -> usize) -> Work {
    let weight = |o, i, k| affine.weight.data[kernel(o, i) * taps.kernel + k];
    if on_spikes {
        let rows = Rows::new(affine, &taps, ins, weight);
        Work::Spiking(taps, rows)
    } else {
        let dense = Dense::new(affine, &taps, ins, weight);
        Work::Dense(taps, dense)
    }
}

/// The weights of layer `index`, of the shape that the network needs.
fn affine<'a>(network: &Network, weights: &'a Weights, index: usize) -> Result<&'a Affine, NetworkError> {
    let name = format!("{}.weight", network.layers[index].name);
    match (weights.layer(index), weight_shape(network, index)) {
        (Some(affine), Some((needed, outs))) if affine.weight.shape != needed || affine.bias.len() != outs => {
            Err(NetworkError::TensorShape { name, found: affine.weight.shape.clone(), needed })
        }
        (Some(affine), _) => Ok(affine),
        (None, shape) => Err(NetworkError::MissingTensor { name, shape: shape.unwrap_or_default().0 }),
    }
}
