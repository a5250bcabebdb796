//! Layers and the graph they form.

use super::NetworkError;
use serde::{Deserialize, Serialize};

/// Shape of one sample's feature map (no batch, no time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Channels, or features of a vector.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
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

    /// Number of values.
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
}

impl Conv2d {
    /// A plain convolution; the output shape follows from the input's.
    pub fn plain(input: Shape, channels: usize, kernel: usize, stride: usize, padding: usize) -> Self {
        let side = |n: usize| (n + 2 * padding - kernel) / stride + 1;
        let output = Shape::new(channels, side(input.height), side(input.width));
        Self { input, output, kernel, stride, padding }
    }

    /// A transposed convolution onto `output`, which the caller names because several sizes share one input size.
    pub fn transposed(input: Shape, output: Shape, kernel: usize, stride: usize, padding: usize) -> Self {
        Self { input, output, kernel, stride, padding }
    }

    /// Rows (or columns) that a transposed convolution adds on one side to reach its output height.
    pub fn output_padding(&self) -> (usize, usize) {
        let extra = |i: usize, o: usize| o + 2 * self.padding - self.kernel - (i - 1) * self.stride;
        (extra(self.input.height, self.output.height), extra(self.input.width, self.output.width))
    }
}

/// What happens to the membrane after a spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reset {
    /// `v = v_reset`.
    Hard(f32),
    /// `v = v - threshold`.
    Soft,
}

/// A discrete-time (leaky) integrate-and-fire neuron. One step with input `x`:
///
/// - `h = v + x` without leak; with `tau`, the form of SpikingJelly 2.0:
///   `h = v + (x - (v - v_rest)) / tau` if `decay_input`, else `h = v - (v - v_rest) / tau + x`,
///   where `v_rest` is the hard reset's value, or 0;
/// - a spike if `h >= threshold`;
/// - then the [`Reset`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    /// Membrane time constant in steps; `None` is the non-leaky IF neuron.
    pub tau: Option<f32>,
    /// Whether the input is divided by `tau` too (ignored without leak).
    pub decay_input: bool,
    /// Firing threshold.
    pub threshold: f32,
    /// Membrane before the first step.
    pub initial: f32,
    /// What a spike does to the membrane.
    pub reset: Reset,
}

impl Neuron {
    /// The integrate-and-fire neuron of the shipped networks: threshold 1, soft reset, membrane starting at half
    /// the threshold, which makes T steps round like a T-level quantiser (Bu et al., ICLR 2022, "QCFS").
    pub const INTEGRATE_AND_FIRE: Self =
        Self { tau: None, decay_input: false, threshold: 1.0, initial: 0.5, reset: Reset::Soft };
}

/// Element-wise function of a float network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 1)`: the range that an 8-bit quantiser takes.
    UnitClip,
}

/// What stands after each convolution of a backbone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nonlinearity {
    /// A spiking neuron: the network runs for T steps.
    Spiking(Neuron),
    /// A float activation: the network runs once.
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

/// What a layer computes. Batch normalisation is no layer: it is folded into the weights on load, see
/// [`super::Weights`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// The sample itself, real-valued and constant over time.
    Input,
    /// Convolution with bias.
    Conv2d(Conv2d),
    /// Transposed convolution with bias.
    ConvTranspose2d(Conv2d),
    /// Fully connected layer with bias, weights `[out, in]`.
    Linear,
    /// Spiking neuron.
    Neuron(Neuron),
    /// Float activation.
    Activation(Activation),
    /// Sum of two inputs of one shape.
    Add,
    /// Mean over all positions.
    GlobalAveragePool,
}

/// One layer of a [`Network`].
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Unique name, the prefix of its tensors' names.
    pub name: String,
    /// What it computes.
    pub operation: Operation,
    /// Indices of the layers it reads, all smaller than its own.
    pub inputs: Vec<usize>,
    /// Shape of its output.
    pub output: Shape,
}

/// A layer after which the network can be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitPoint {
    /// The name users write.
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
    /// Where it can be cut, in order; the first is `input`, the last `output`.
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

    /// Whether it has spiking neurons, so runs for T steps.
    pub fn is_spiking(&self) -> bool {
        self.layers.iter().any(|l| matches!(l.operation, Operation::Neuron(_)))
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
            Operation::Conv2d(c) => c.output.len() * c.input.channels * c.kernel * c.kernel,
            Operation::ConvTranspose2d(c) => c.input.len() * c.output.channels * c.kernel * c.kernel,
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

    /// Appends a nonlinearity after layer `from`.
    pub fn nonlinearity(&mut self, name: impl Into<String>, from: usize, f: Nonlinearity) -> usize {
        let shape = self.layers[from].output;
        self.push(name, f.operation(), &[from], shape)
    }

    /// Marks the layer appended last as a split point.
    pub fn mark_split(&mut self, name: impl Into<String>) {
        let layer = self.layers.len() - 1;
        self.split_points.push(SplitPoint { name: name.into(), layer });
    }
}
