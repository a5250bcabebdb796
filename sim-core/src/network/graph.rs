//! Layers and the graph they form.

use super::{Family, NetworkError};
use serde::{Deserialize, Serialize};

/// Shape of one sample's feature map (no batch, no time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Number of channels, or of features of a vector.
    pub channels: usize,
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
}

impl Shape {
    /// A feature map of `channels` x `height` x `width`.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// A vector of `features` values.
    pub const fn vector(features: usize) -> Self {
        Self::new(features, 1, 1)
    }

    /// Number of values, `channels * height * width`.
    pub const fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// True for a shape without values.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of positions, `height * width`.
    pub const fn area(&self) -> usize {
        self.height * self.width
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// Geometry of a 2-d convolution with a square kernel, plain or transposed, as in PyTorch:
/// weights are `[out, in, k, k]` for a plain and `[in, out, k, k]` for a transposed convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// Shape of the input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// Kernel height and width.
    pub kernel: usize,
    /// Step of the kernel over the input (plain), or of the input over the output (transposed).
    pub stride: usize,
    /// Zero padding on every side.
    pub padding: usize,
    /// Distance between neighbouring kernel elements; 1 is a dense kernel.
    pub dilation: usize,
    /// Groups that input and output channels fall into, in order; an output channel reads its own group only, so the
    /// weights are `[out, in / groups, k, k]` (plain) or `[in, out / groups, k, k]` (transposed). With as many groups
    /// as input channels the convolution is *depthwise*.
    pub groups: usize,
}

impl Conv2d {
    /// A plain convolution; the output shape follows from the input's.
    pub fn plain(input: Shape, channels: usize, kernel: usize, stride: usize, padding: usize) -> Self {
        let output = Shape { channels, ..input };
        Self { input, output, kernel, stride, padding, dilation: 1, groups: 1 }.fitted()
    }

    /// A plain depthwise convolution: as many groups and output channels as input channels.
    pub fn depthwise(input: Shape, kernel: usize, stride: usize, padding: usize) -> Self {
        Self { groups: input.channels, ..Self::plain(input, input.channels, kernel, stride, padding) }
    }

    /// This convolution in `groups` groups.
    pub fn grouped(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Rows (or columns) of the input that one application of the kernel spans.
    pub fn span(&self) -> usize {
        self.kernel.saturating_sub(1) * self.dilation + 1
    }

    /// Sets the output size that follows from the input's; 0 where the kernel does not fit, which [`Network::check`]
    /// refuses.
    fn fitted(self) -> Self {
        let side = |n: usize| {
            let room = (n + 2 * self.padding).checked_sub(self.span());
            room.and_then(|room| room.checked_div(self.stride)).map_or(0, |steps| steps + 1)
        };
        let output = Shape::new(self.output.channels, side(self.input.height), side(self.input.width));
        Self { output, ..self }
    }

    /// A transposed convolution onto `output`, which the caller names because several sizes share one input size.
    pub fn transposed(input: Shape, output: Shape, kernel: usize, stride: usize, padding: usize) -> Self {
        Self { input, output, kernel, stride, padding, dilation: 1, groups: 1 }
    }

    /// Rows (or columns) that a transposed convolution adds on one side to reach its output height.
    pub fn output_padding(&self) -> (usize, usize) {
        let extra = |i: usize, o: usize| o + 2 * self.padding - self.span() - (i - 1) * self.stride;
        (extra(self.input.height, self.output.height), extra(self.input.width, self.output.width))
    }
}

/// Function by which a pool reduces a window to one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Mean of the whole window, padding included (PyTorch's default `count_include_pad`).
    Average,
    /// Sum of the window.
    Sum,
    /// Maximum of the window; for spikes, whether there is any.
    Max,
}

/// Geometry of a pool, each channel on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2d {
    /// Function that reduces a window to one value.
    pub reduction: Reduction,
    /// Shape of the input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// Rows and columns of the window.
    pub window: (usize, usize),
    /// Step of the window over the input.
    pub stride: usize,
    /// Zero padding on every side (for a maximum, positions that do not count).
    pub padding: usize,
}

impl Pool2d {
    /// A pool with a square window; the output shape follows from the input's, rounded down.
    pub fn new(reduction: Reduction, input: Shape, window: usize, stride: usize, padding: usize) -> Self {
        let conv = Conv2d::plain(input, input.channels, window, stride, padding);
        Self { reduction, input, output: conv.output, window: (window, window), stride, padding }
    }

    /// One window that is the whole feature map.
    pub fn global(reduction: Reduction, input: Shape) -> Self {
        let (output, window) = (Shape::vector(input.channels), (input.height, input.width));
        Self { reduction, input, output, window, stride: 1, padding: 0 }
    }

    /// Whether the window covers the whole input.
    pub fn is_global(&self) -> bool {
        self.window == (self.input.height, self.input.width) && self.padding == 0
    }
}

/// Reset of the membrane after a spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reset {
    /// Hard reset to this potential: `v = v_reset`.
    Hard(f32),
    /// Soft reset: `v = v - threshold`.
    Soft,
}

/// Decay of a membrane from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leak {
    /// No decay: the integrate-and-fire (IF) neuron.
    None,
    /// Decay with this time constant in steps: leaky integrate-and-fire (LIF).
    Tau(f32),
    /// Decay by this share of the potential in each step, `1 / tau`; a learned leak takes this form once its weights
    /// are loaded.
    Share(f32),
    /// Decay with a learned time constant, one per layer: parametric LIF (Fang et al., ICCV 2021), where `1 / tau =
    /// sigmoid(w)` and `w` is the layer's tensor `NAME.w`.
    Learned,
}

/// A discrete-time (leaky) integrate-and-fire neuron. One step with input `x`:
///
/// - `h = v + x` without leak; with time constant `tau`, the form of SpikingJelly 2.0:
///   `h = v + (x - (v - v_rest)) / tau` if `decay_input`, else `h = v - (v - v_rest) / tau + x`,
///   where `v_rest` is the hard reset's value, or 0 (multiplied by `1 / tau` where that is a share or learned);
/// - a spike if `h >= threshold`;
/// - then the [`Reset`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    /// Decay of the membrane.
    pub leak: Leak,
    /// Whether the input is divided by `tau` too (ignored without leak).
    pub decay_input: bool,
    /// Membrane potential from which on the neuron fires.
    pub threshold: f32,
    /// Membrane potential before the first step.
    pub initial: f32,
    /// Reset of the membrane after a spike.
    pub reset: Reset,
}

impl Neuron {
    /// The integrate-and-fire neuron of the shipped networks: threshold 1, soft reset, membrane starting at half
    /// the threshold, which makes T steps round like a T-level quantiser (Bu et al., ICLR 2022, "QCFS").
    pub const INTEGRATE_AND_FIRE: Self =
        Self { leak: Leak::None, decay_input: false, threshold: 1.0, initial: 0.5, reset: Reset::Soft };
}

/// Element-wise function of a float network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), max)`.
    Clip {
        /// Upper bound of the output.
        max: f32,
    },
    /// `floor(min(max(x, 0), 1) * levels + 0.5) / levels`, which has `levels + 1` values. With one level the output is binary: 1
    /// from `x = 0.5` on, and is executed and sent as spikes of a single step.
    Quantise {
        /// Steps between 0 and 1.
        levels: u32,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
}

impl Activation {
    /// Clip to the range that an 8-bit quantiser takes.
    pub const UNIT_CLIP: Self = Self::Clip { max: 1.0 };
}

/// Nonlinearity after each convolution of a backbone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nonlinearity {
    /// A spiking neuron: the network is executed for T steps.
    Spiking(Neuron),
    /// A float activation: the network is executed once.
    Float(Activation),
}

impl Nonlinearity {
    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Spiking(neuron) => Operation::Neuron(neuron),
            Self::Float(activation) => Operation::Activation(activation),
        }
    }
}

/// Operation of a layer. Batch normalisation is not a layer: it is folded into the weights on load, see
/// [`super::Weights`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// The input: the sample's real values, constant over time, or the spikes that code it.
    Input,
    /// Convolution, with bias if the weights have one.
    Conv2d(Conv2d),
    /// Transposed convolution, with bias if the weights have one.
    ConvTranspose2d(Conv2d),
    /// Fully connected layer with weights `[out, in]`, with bias if the weights have one.
    Linear,
    /// Spiking neurons, one per value of the input.
    Neuron(Neuron),
    /// Float activation, value by value.
    Activation(Activation),
    /// Sum of two inputs of one shape: of currents, for a neuron behind it; of two spike trains, which gives the graded
    /// spikes 0, 1, 2, ... of a spike-element-wise (SEW) block (Fang et al., NeurIPS 2021), see [`super::Signal`].
    Add,
    /// Pool of every channel.
    Pool(Pool2d),
    /// Flattens a feature map to a vector in the order `[channel][row][column]`, as PyTorch's `flatten` does. A linear
    /// layer flattens its input by itself.
    Flatten,
}

/// One layer of a [`Network`].
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Unique name, the prefix of its tensors' names.
    pub name: String,
    /// Operation that the layer computes.
    pub operation: Operation,
    /// Indices of the layers it reads, all smaller than its own.
    pub inputs: Vec<usize>,
    /// Shape of its output.
    pub output: Shape,
}

/// A layer after which the network can be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitPoint {
    /// Name of the split point, as users write it.
    pub name: String,
    /// Index of the last layer of the head.
    pub layer: usize,
}

/// A layer graph in execution order.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Name of the architecture.
    pub name: String,
    /// The layers; the first is the input, the last gives the class scores.
    pub layers: Vec<Layer>,
    /// Split points in order; the first is `input`, the last `output`.
    pub split_points: Vec<SplitPoint>,
}

/// Name of the split point that leaves everything to the cloud.
pub const INPUT: &str = "input";
/// Name of the split point that leaves everything to the edge.
pub const OUTPUT: &str = "output";

impl Network {
    /// A network with only an input.
    pub fn new(name: impl Into<String>, input: Shape) -> Self {
        let layer = Layer { name: INPUT.into(), operation: Operation::Input, inputs: vec![], output: input };
        let split_points = vec![SplitPoint { name: INPUT.into(), layer: 0 }];
        Self { name: name.into(), layers: vec![layer], split_points }
    }

    /// Shape of one sample.
    pub fn input(&self) -> Shape {
        self.layers[0].output
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.layers[self.layers.len() - 1].output.channels
    }

    /// Family of the network: spiking if it has a spiking neuron, quantised if it has none and a quantiser of several levels
    /// (one of a single level is that of a binary bottleneck unit, see [`super::BottleneckKind::Binary`]).
    pub fn family(&self) -> Family {
        match (self.is_spiking(), self.levels()) {
            (true, _) => Family::Spiking,
            (false, Some(_)) => Family::Quantised,
            (false, None) => Family::Float,
        }
    }

    /// Levels of the network's last quantiser of several levels; none if it has no such quantiser.
    pub fn levels(&self) -> Option<u32> {
        self.layers.iter().rev().find_map(|layer| match layer.operation {
            Operation::Activation(Activation::Quantise { levels }) if levels > 1 => Some(levels),
            _ => None,
        })
    }

    /// Whether the network has spiking neurons and is therefore executed for T steps.
    pub fn is_spiking(&self) -> bool {
        self.layers.iter().any(|l| matches!(l.operation, Operation::Neuron(_)))
    }

    /// Levels of the quantiser whose values layer `index` emits or passes on; none if its output has more values than such a
    /// quantiser gives.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn levels_at(&self, index: usize) -> Option<u32> {
        let layer = &self.layers[index];
        match layer.operation {
            Operation::Activation(Activation::Quantise { levels }) => Some(levels),
            Operation::Pool(pool) if pool.reduction == Reduction::Max => self.levels_at(layer.inputs[0]),
            Operation::Flatten => self.levels_at(layer.inputs[0]),
            _ => None,
        }
    }

    /// Index of the last layer of the head at the split point `name`.
    ///
    /// # Errors
    /// [`NetworkError::UnknownSplit`] with the names that exist.
    pub fn split(&self, name: &str) -> Result<usize, NetworkError> {
        self.split_points.iter().find(|s| s.name == name).map(|s| s.layer).ok_or_else(|| NetworkError::UnknownSplit {
            name: name.into(),
            known: self.split_points.iter().map(|s| s.name.clone()).collect(),
        })
    }

    /// Dense multiply-accumulates of one pass over `layers` (one time step), from shapes alone; borders counted
    /// as if the padding were computed, which is the convention of published model tables.
    pub fn dense_macs(&self, layers: std::ops::Range<usize>) -> u64 {
        self.layers[layers].iter().map(|l| self.layer_macs(l)).sum()
    }

    fn layer_macs(&self, layer: &Layer) -> u64 {
        let macs = match layer.operation {
            Operation::Conv2d(c) => c.output.len() * (c.input.channels / c.groups) * c.kernel * c.kernel,
            Operation::ConvTranspose2d(c) => c.input.len() * (c.output.channels / c.groups) * c.kernel * c.kernel,
            Operation::Linear => layer.output.len() * self.layers[layer.inputs[0]].output.len(),
            _ => 0,
        };
        macs as u64
    }

    /// Appends a layer that reads `inputs` and returns its index.
    pub fn push(&mut self, name: impl Into<String>, operation: Operation, inputs: &[usize], output: Shape) -> usize {
        self.layers.push(Layer { name: name.into(), operation, inputs: inputs.to_vec(), output });
        self.layers.len() - 1
    }

    /// Appends a plain convolution after layer `from`.
    pub fn conv(&mut self, name: impl Into<String>, from: usize, conv: Conv2d) -> usize {
        self.push(name, Operation::Conv2d(conv), &[from], conv.output)
    }

    /// Appends a pool after layer `from`.
    pub fn pool(&mut self, name: impl Into<String>, from: usize, pool: Pool2d) -> usize {
        self.push(name, Operation::Pool(pool), &[from], pool.output)
    }

    /// Appends a nonlinearity after layer `from`.
    pub fn nonlinearity(&mut self, name: impl Into<String>, from: usize, f: Nonlinearity) -> usize {
        let shape = self.layers[from].output;
        self.push(name, f.operation(), &[from], shape)
    }

    /// Appends a convolution and a nonlinearity after layer `from`.
    pub(super) fn conv_act(
        &mut self,
        conv_name: impl Into<String>,
        act_name: impl Into<String>,
        from: usize,
        conv: Conv2d,
        f: Nonlinearity,
    ) -> usize {
        let conv = self.conv(conv_name, from, conv);
        self.nonlinearity(act_name, conv, f)
    }

    /// Ends the network: global average pool `pool` of layer `from`, linear classifier `fc`, split point [`OUTPUT`].
    pub(super) fn pooled_classifier(&mut self, from: usize, classes: usize) {
        let pool = self.pool("pool", from, Pool2d::global(Reduction::Average, self.layers[from].output));
        self.push("fc", Operation::Linear, &[pool], Shape::vector(classes));
        self.mark_split(OUTPUT);
    }

    /// Marks the layer appended last as a split point.
    pub fn mark_split(&mut self, name: impl Into<String>) {
        let layer = self.layers.len() - 1;
        self.split_points.push(SplitPoint { name: name.into(), layer });
    }
}
