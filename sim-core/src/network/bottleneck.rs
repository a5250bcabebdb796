//! Bottleneck units: an encoder that ends the head and a decoder that begins the tail.

use super::graph::{INPUT, OUTPUT};
use super::{
    Activation, Conv2d, Family, Layer, Network, NetworkError, Neuron, Nonlinearity, Operation, Shape, SplitPoint,
};
use serde::{Deserialize, Serialize};

/// A bottleneck unit to be inserted at a split point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bottleneck {
    /// Kind of the unit, which determines its layers.
    pub kind: BottleneckKind,
    /// Channels that the encoder emits.
    pub width: usize,
    /// Spatial stride of the encoder (and of the transposed decoder).
    pub stride: usize,
}

/// The layers of a bottleneck unit. Whatever the kind, the cut is behind `encoder.act`.
///
/// The last layer of a decoder does what the split's layer does: a unit behind a layer of a float network that may emit values below
/// zero (the end of a MobileNetV2 block, or a pool of such) restores it without the final ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BottleneckKind {
    /// Of a spiking network (SpikeBottleNet): `encoder.conv` 3x3 with the stride to `width` channels, neuron, **cut**,
    /// `decoder.conv` transposed 3x3 back to the split's shape, neuron. The neurons are those that feed the split
    /// point, or [`Neuron::INTEGRATE_AND_FIRE`] where these have synapses or values of their own ([`super::Cells`]). Where the split's layer emits graded spikes (a SEW block), the decoder's neuron still emits zeros and ones: the
    /// tail takes a binary feature there and has to be trained with the unit.
    Spiking,
    /// Of a float network (BottleNet, Eshratifar et al., ISLPED 2019): `encoder.reduce` 3x3 to `width` channels, ReLU,
    /// `encoder.conv` 3x3 with the stride, clip to the unit range that the 8-bit quantiser takes, **cut**,
    /// `decoder.conv` transposed 3x3 to the split's height and width, ReLU, `decoder.restore` 3x3 to the split's
    /// channels, ReLU. The paper's layer table was not available, so the kernel sizes are this project's choice.
    Float,
    /// Of a float network, with the layers of the spiking unit but 1-bit activations: `encoder.conv`, a quantiser to 0 and
    /// 1, **cut**, `decoder.conv`, ReLU. The payload of one step of the spiking unit, without spikes.
    Binary,
    /// Of a float network, joint source-channel coding (BottleNet++, Shao and Zhang, ICC Workshops 2020, and its code): the layers of the
    /// spiking unit with a sigmoid at the **cut** and a ReLU behind the decoder. The values go as 8-bit numbers or as analogue
    /// symbols, and the unit is trained with what the channel does to them. Two things differ from that code: the
    /// kernels are those of the other units, and the encoder is not told the noise level.
    Jscc,
    /// Of a quantised network, with the layers of the spiking unit and the quantiser of the network in the place of its
    /// neurons.
    Quantised,
}

/// Rows and columns of every kernel of a unit.
const KERNEL: usize = 3;

impl BottleneckKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Spiking, Self::Float, Self::Binary, Self::Jscc, Self::Quantised];

    /// The kind that is inserted into networks of `family`, unless another is chosen: that of SpikeBottleNet, of BottleNet, or
    /// the quantised twin of the first.
    pub fn default_for(family: Family) -> Self {
        match family {
            Family::Spiking => Self::Spiking,
            Family::Float => Self::Float,
            Family::Quantised => Self::Quantised,
        }
    }

    /// The family of the networks into which units of this kind can be inserted.
    pub fn family(self) -> Family {
        match self {
            Self::Spiking => Family::Spiking,
            Self::Float | Self::Binary | Self::Jscc => Family::Float,
            Self::Quantised => Family::Quantised,
        }
    }

    /// Name of the kind in scenarios, file names and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Float => "float",
            Self::Binary => "binary",
            Self::Jscc => "jscc",
            Self::Quantised => "quantised",
        }
    }
}

impl Network {
    /// This network with `unit` inserted at the split point `split`, and the index of the layer after which the
    /// new network is cut (`encoder.act`).
    ///
    /// # Errors
    /// [`NetworkError::UnknownSplit`]; [`NetworkError::NoRoomForBottleneck`] at the input or output;
    /// [`NetworkError::BottleneckSize`] for a width or stride of 0, [`NetworkError::BottleneckStride`] for a stride larger than
    /// the kernel and the side of what crosses there; [`NetworkError::BottleneckFamily`] for a unit of
    /// another family than the network's.
    pub fn with_bottleneck(&self, split: &str, unit: Bottleneck) -> Result<(Network, usize), NetworkError> {
        let at = self.split(split)?;
        if split == INPUT || split == OUTPUT {
            return Err(NetworkError::NoRoomForBottleneck { split: split.into() });
        }
        if unit.width == 0 || unit.stride == 0 {
            return Err(NetworkError::BottleneckSize { width: unit.width, stride: unit.stride });
        }
        let crossing = self.layers[at].output;
        // A stride within the kernel passes over no position, even of a vector.
        let most = crossing.height.max(crossing.width).max(KERNEL);
        if unit.stride > most {
            return Err(NetworkError::BottleneckStride { split: split.into(), stride: unit.stride, most });
        }
        let mut net = Network {
            name: self.name.clone(),
            layers: self.layers[..=at].to_vec(),
            split_points: self.split_points.iter().filter(|s| s.layer <= at).cloned().collect(),
            readout: self.readout,
        };
        let family = self.family();
        if unit.kind.family() != family {
            return Err(NetworkError::BottleneckFamily { kind: unit.kind, network: self.name.clone(), family });
        }
        let (cut, end) = match unit.kind {
            BottleneckKind::Spiking => net.spiking_unit(unit)?,
            BottleneckKind::Float => net.float_unit(unit),
            BottleneckKind::Binary => net.single_unit(unit, Activation::Quantise { levels: 1 }),
            BottleneckKind::Jscc => net.single_unit(unit, Activation::Sigmoid),
            BottleneckKind::Quantised => {
                let levels = self.levels().expect("a network of this family has a quantiser");
                let f = Nonlinearity::Float(Activation::Quantise { levels });
                net.one_convolution_unit(unit, f, Some(f))
            }
        };
        let is_taken = |added: &&Layer| self.layers.iter().any(|layer| layer.name == added.name);
        if let Some(twice) = net.layers[at + 1..].iter().find(is_taken) {
            let reason = "a layer of the bottleneck unit would have the same name".into();
            return Err(NetworkError::Inconsistent { layer: twice.name.clone(), reason });
        }
        let shift = end - at;
        let moved = |i: usize| if i >= at { i + shift } else { i };
        net.layers.extend(
            self.layers[at + 1..]
                .iter()
                .map(|l| Layer { inputs: l.inputs.iter().map(|&i| moved(i)).collect(), ..l.clone() }),
        );
        let later = self.split_points.iter().filter(|s| s.layer > at);
        net.split_points.extend(later.map(|s| SplitPoint { name: s.name.clone(), layer: moved(s.layer) }));
        Ok((net, cut))
    }

    fn spiking_unit(&mut self, unit: Bottleneck) -> Result<(usize, usize), NetworkError> {
        let neuron = self.layers.iter().rev().find_map(|l| match l.operation {
            Operation::Neuron(neuron) => Some(Nonlinearity::Spiking(neuron)),
            Operation::Cells(_) => Some(Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE)),
            _ => None,
        });
        let Some(f) = neuron else {
            let at = self.layers[self.layers.len() - 1].name.clone();
            return Err(NetworkError::NoNeuronBefore { layer: at });
        };
        Ok(self.one_convolution_unit(unit, f, Some(f)))
    }

    /// A unit of a float network with `cut` as its activation at the cut.
    fn single_unit(&mut self, unit: Bottleneck, cut: Activation) -> (usize, usize) {
        let last = self.closing_activation();
        self.one_convolution_unit(unit, Nonlinearity::Float(cut), last)
    }

    /// Encoder and decoder of one convolution each at the end of this network, with `cut` and `last` as nonlinearities.
    fn one_convolution_unit(
        &mut self,
        unit: Bottleneck,
        cut: Nonlinearity,
        last: Option<Nonlinearity>,
    ) -> (usize, usize) {
        let at = self.layers.len() - 1;
        let outer = self.layers[at].output;
        let narrow = Conv2d::plain(outer, unit.width, KERNEL, unit.stride, 1);
        let cut = self.conv_act("encoder.conv", "encoder.act", at, narrow, cut);
        let up = self.up("decoder.conv", cut, outer, unit.stride);
        (cut, self.closed("decoder.act", up, last))
    }

    fn float_unit(&mut self, unit: Bottleneck) -> (usize, usize) {
        let last = self.closing_activation();
        let relu = Nonlinearity::Float(Activation::Relu);
        let at = self.layers.len() - 1;
        let outer = self.layers[at].output;
        let reduce = Conv2d::plain(outer, unit.width, KERNEL, 1, 1);
        let reduced = self.conv_act("encoder.reduce", "encoder.reduce_act", at, reduce, relu);
        let conv = Conv2d::plain(reduce.output, unit.width, KERNEL, unit.stride, 1);
        let clip = Nonlinearity::Float(Activation::UNIT_CLIP);
        let cut = self.conv_act("encoder.conv", "encoder.act", reduced, conv, clip);
        let up = self.up("decoder.conv", cut, reduce.output, unit.stride);
        let widened = self.nonlinearity("decoder.act", up, relu);
        let restore = Conv2d::plain(reduce.output, outer.channels, KERNEL, 1, 1);
        let restored = self.conv("decoder.restore", widened, restore);
        (cut, self.closed("decoder.restore_act", restored, last))
    }

    /// Nonlinearity at the end of a decoder in this float network: a ReLU, or none if the network's last layer may emit values below
    /// zero.
    fn closing_activation(&self) -> Option<Nonlinearity> {
        (!self.may_be_negative(self.layers.len() - 1)).then_some(Nonlinearity::Float(Activation::Relu))
    }

    /// Whether layer `index` may emit values below zero.
    fn may_be_negative(&self, index: usize) -> bool {
        let layer = &self.layers[index];
        match layer.operation {
            Operation::Conv2d(_)
            | Operation::ConvTranspose2d(_)
            | Operation::Linear
            | Operation::Add
            | Operation::Cells(_)
            | Operation::Previous
            | Operation::Scale => true,
            Operation::Pool(_)
            | Operation::Flatten
            | Operation::Concat
            | Operation::Activation(Activation::Round { .. }) => {
                layer.inputs.iter().any(|&input| self.may_be_negative(input))
            }
            Operation::Input | Operation::Neuron(_) | Operation::Activation(_) => false,
        }
    }

    fn closed(&mut self, name: &str, from: usize, last: Option<Nonlinearity>) -> usize {
        last.map_or(from, |f| self.nonlinearity(name, from, f))
    }

    fn up(&mut self, name: &str, from: usize, output: Shape, stride: usize) -> usize {
        let conv = Conv2d::transposed(self.layers[from].output, output, KERNEL, stride, 1);
        self.push(name, Operation::ConvTranspose2d(conv), &[from], output)
    }
}
