//! Layers and the graph they form.

use super::{Cells, Conv2d, Family, Fires, NetworkError, Pool2d, Readout, Reduction, Shape};

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
/// - a spike where `h` passes the threshold, see [`Fires`];
/// - then the [`Reset`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    /// Decay of the membrane.
    pub leak: Leak,
    /// Whether the input is divided by `tau` too (ignored without leak).
    pub decay_input: bool,
    /// Membrane potential that the neuron fires at.
    pub threshold: f32,
    /// Whether it fires at the threshold or above it.
    pub fires: Fires,
    /// Membrane potential before the first step.
    pub initial: f32,
    /// Reset of the membrane after a spike.
    pub reset: Reset,
}

impl Neuron {
    /// The integrate-and-fire neuron of the shipped networks: threshold 1, soft reset, membrane starting at half
    /// the threshold, which makes T steps round like a T-level quantiser (Bu et al., ICLR 2022, "QCFS").
    pub const INTEGRATE_AND_FIRE: Self = Self {
        leak: Leak::None,
        decay_input: false,
        threshold: 1.0,
        fires: Fires::From,
        initial: 0.5,
        reset: Reset::Soft,
    };
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
    /// Rounding to the nearest of the whole numbers of steps from `low` to `high`, `step * min(max(round(x / step), low), high)`, halves to
    /// the even one: what QuantizeLinear and DequantizeLinear of ONNX compute one after the other.
    Round {
        /// Distance of neighbouring values.
        step: f32,
        /// Smallest number of steps.
        low: i32,
        /// Largest number of steps.
        high: i32,
    },
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
    /// Spiking neurons, one per value of the input, all with the same values.
    Neuron(Neuron),
    /// Neurons with values of their own, which may also emit their membranes.
    Cells(Cells),
    /// What a layer of neurons, which may come later, emitted one step earlier; nothing in the first step.
    Previous,
    /// Product of every value with a weight of its own.
    Scale,
    /// Float activation, value by value.
    Activation(Activation),
    /// Sum of two inputs of one shape: of currents, for a neuron behind it; of two spike trains, which gives the graded
    /// spikes 0, 1, 2, ... of a spike-element-wise (SEW) block (Fang et al., NeurIPS 2021), see [`super::Signal`].
    Add,
    /// Pool of every channel.
    Pool(Pool2d),
    /// The channels of several inputs of the same rows and columns, one behind the other: spikes, if all of them are; spikes beside real
    /// values become values.
    Concat,
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
    /// Indices of the layers it reads, all smaller than its own, except for [`Operation::Previous`].
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
    /// How class scores are read out; `None` for the usual way, see [`Network::effective_readout`].
    pub readout: Option<Readout>,
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
        Self { name: name.into(), layers: vec![layer], split_points, readout: None }
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
        self.layers.iter().any(|l| matches!(l.operation, Operation::Neuron(_) | Operation::Cells(_)))
    }

    /// Levels of the quantiser whose values layer `index` emits or passes on; none if its output has more values than such a
    /// quantiser gives.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn levels_at(&self, index: usize) -> Option<u32> {
        let mut levels: Vec<Option<u32>> = vec![];
        for layer in &self.layers[..=index] {
            let mut read = layer.inputs.iter().map(|&input| levels.get(input).copied().flatten());
            let first = read.next().flatten();
            levels.push(match layer.operation {
                Operation::Activation(Activation::Quantise { levels }) => Some(levels),
                Operation::Pool(pool) if pool.reduction == Reduction::Max => first,
                Operation::Flatten => first,
                Operation::Concat => first.filter(|_| read.all(|other| other == first)),
                _ => None,
            });
        }
        levels[index]
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
            Operation::Conv2d(c) => c.output.len() * (c.input.channels / c.groups) * c.elements(),
            Operation::ConvTranspose2d(c) => c.input.len() * (c.output.channels / c.groups) * c.elements(),
            Operation::Linear => layer.output.len() * self.layers[layer.inputs[0]].output.len(),
            Operation::Scale => layer.output.len(),
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
