//! Bottleneck units: an encoder that ends the head and a decoder that begins the tail.

use super::graph::{INPUT, OUTPUT};
use super::{Activation, Conv2d, Layer, Network, NetworkError, Nonlinearity, Operation, Shape, SplitPoint};

/// A bottleneck unit to be inserted at a split point.
///
/// *Spiking* (SpikeBottleNet): `encoder.conv` 3x3 with `stride` to `width` channels, neuron, **cut**,
/// `decoder.conv` transposed 3x3 back to the split's shape, neuron.
///
/// *Float* (BottleNet, Eshratifar et al., ISLPED 2019): `encoder.reduce` 3x3 to `width` channels, ReLU,
/// `encoder.conv` 3x3 with `stride`, clip to the unit range that the 8-bit quantiser takes, **cut**,
/// `decoder.conv` transposed 3x3 to the split's height and width, ReLU, `decoder.restore` 3x3 to the split's
/// channels, ReLU. The paper's layer table was not to be had: kernel sizes are this project's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bottleneck {
    /// Channels that the encoder emits.
    pub width: usize,
    /// Spatial stride of the encoder (and of the transposed decoder).
    pub stride: usize,
}

impl Network {
    /// This network with `unit` inserted at the split point `split`, and the index of the layer after which the
    /// new network is cut (`encoder.act`).
    ///
    /// # Errors
    /// [`NetworkError::UnknownSplit`]; [`NetworkError::NoRoomForBottleneck`] at the input or output;
    /// [`NetworkError::BottleneckSize`] for a width or stride of 0.
    pub fn with_bottleneck(&self, split: &str, unit: Bottleneck) -> Result<(Network, usize), NetworkError> {
        let at = self.split(split)?;
        if split == INPUT || split == OUTPUT {
            return Err(NetworkError::NoRoomForBottleneck { split: split.into() });
        }
        if unit.width == 0 || unit.stride == 0 {
            return Err(NetworkError::BottleneckSize { width: unit.width, stride: unit.stride });
        }
        let mut net = Network {
            name: self.name.clone(),
            layers: self.layers[..=at].to_vec(),
            split_points: self.split_points.iter().filter(|s| s.layer <= at).cloned().collect(),
        };
        let (cut, end) = match self.layers[at].operation {
            Operation::Neuron(neuron) => net.spiking_unit(at, unit, Nonlinearity::Spiking(neuron)),
            _ => net.float_unit(at, unit),
        };
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

    fn spiking_unit(&mut self, at: usize, unit: Bottleneck, f: Nonlinearity) -> (usize, usize) {
        let outer = self.layers[at].output;
        let conv = self.conv("encoder.conv", at, Conv2d::plain(outer, unit.width, 3, unit.stride, 1));
        let cut = self.nonlinearity("encoder.act", conv, f);
        let up = self.up("decoder.conv", cut, outer, unit.stride);
        (cut, self.nonlinearity("decoder.act", up, f))
    }

    fn float_unit(&mut self, at: usize, unit: Bottleneck) -> (usize, usize) {
        let relu = Nonlinearity::Float(Activation::Relu);
        let outer = self.layers[at].output;
        let reduce = self.conv("encoder.reduce", at, Conv2d::plain(outer, unit.width, 3, 1, 1));
        let reduced = self.nonlinearity("encoder.reduce_act", reduce, relu);
        let narrow = self.layers[reduced].output;
        let conv = self.conv("encoder.conv", reduced, Conv2d::plain(narrow, unit.width, 3, unit.stride, 1));
        let cut = self.nonlinearity("encoder.act", conv, Nonlinearity::Float(Activation::UNIT_CLIP));
        let up = self.up("decoder.conv", cut, narrow, unit.stride);
        let widened = self.nonlinearity("decoder.act", up, relu);
        let restore = self.conv("decoder.restore", widened, Conv2d::plain(narrow, outer.channels, 3, 1, 1));
        (cut, self.nonlinearity("decoder.restore_act", restore, relu))
    }

    fn up(&mut self, name: &str, from: usize, output: Shape, stride: usize) -> usize {
        let conv = Conv2d::transposed(self.layers[from].output, output, 3, stride, 1);
        self.push(name, Operation::ConvTranspose2d(conv), &[from], output)
    }
}
