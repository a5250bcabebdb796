//! Named tensors and the weights a network takes from them, batch normalisation folded in.

use super::{Layer, Leak, Network, NetworkError, Neuron, Operation};
use std::collections::{BTreeMap, BTreeSet};

/// A dense float tensor, last dimension fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// The values, last dimension fastest.
    pub data: Vec<f32>,
}

/// Tensors by name.
pub type TensorStore = BTreeMap<String, Tensor>;

/// Weights and bias of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// `[out, in / groups, k, k]` for a convolution, `[in, out / groups, k, k]` for a transposed one, `[out, in]` for a
    /// linear layer.
    pub weight: Tensor,
    /// One value per output channel.
    pub bias: Vec<f32>,
    /// Whether there was a bias tensor. If not, `bias` is zero or results from the normalisation alone.
    pub has_bias: bool,
    /// Whether a batch normalisation was folded in.
    pub is_folded: bool,
}

/// The weights of a network, layer by layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(Vec<LayerWeights>);

/// Weights of one layer.
#[derive(Clone, Debug, PartialEq)]
enum LayerWeights {
    Nothing,
    Affine(Affine),
    /// The logit of a learned leak.
    Leak(f32),
}

/// Added to the variance before the square root: the default of PyTorch's `BatchNorm2d`.
pub const NORM_EPSILON: f64 = 1e-5;

impl Weights {
    /// Takes the weights of `network` from `store`.
    ///
    /// A layer `NAME` with weights reads `NAME.weight`, and `NAME.bias` if it is there. If `NAME.norm.weight`,
    /// `.bias`, `.running_mean` and `.running_var` are there, that batch normalisation is folded in (in double
    /// precision): `w' = w * g / sqrt(var + 1e-5)`, `b' = (b - mean) * g / sqrt(var + 1e-5) + beta`. A neuron layer `NAME`
    /// with a learned leak reads the single value `NAME.w`.
    ///
    /// # Errors
    /// An inconsistent network; missing, misshapen or unused tensors, all of them, by name and with shapes
    /// ([`NetworkError::Tensors`] if it is more than one thing).
    pub fn from_store(network: &Network, store: &TensorStore) -> Result<Self, NetworkError> {
        network.check()?;
        let mut source = Source { store, used: BTreeSet::new(), wrong: vec![] };
        let layers = network.layers.iter().enumerate();
        let weights: Vec<_> = layers.map(|(i, layer)| source.layer(network, i, &layer.name)).collect();
        let Source { used, mut wrong, .. } = source;
        let names: Vec<_> = store.keys().filter(|k| !used.contains(*k)).cloned().collect();
        if !names.is_empty() {
            wrong.push(NetworkError::UnusedTensors { names });
        }
        match wrong.len() {
            0 => Ok(Self(weights)),
            1 => Err(wrong.remove(0)),
            _ => Err(NetworkError::Tensors(wrong)),
        }
    }

    /// Name and shape of every `.weight` and `.bias` that `network` needs once batch normalisation is folded in, and of
    /// every `.w`.
    pub fn shapes(network: &Network) -> Vec<(String, Vec<usize>)> {
        let tensors = |(i, layer): (usize, &Layer)| {
            let named = |what: &str, shape| (format!("{}.{what}", layer.name), shape);
            match weight_shape(network, i) {
                Some((shape, outs)) => vec![named("weight", shape), named("bias", vec![outs])],
                None if has_learned_leak(layer) => vec![named("w", vec![])],
                None => vec![],
            }
        };
        network.layers.iter().enumerate().flat_map(tensors).collect()
    }

    /// Weights of layer `index`, if it has any.
    pub fn layer(&self, index: usize) -> Option<&Affine> {
        match self.0.get(index)? {
            LayerWeights::Affine(affine) => Some(affine),
            LayerWeights::Nothing | LayerWeights::Leak(_) => None,
        }
    }

    /// The share of its membrane that layer `index` loses in each step, if that was learned: `1 / (1 + exp(-w))` in
    /// single precision, as PyTorch's `sigmoid`.
    pub fn leak(&self, index: usize) -> Option<f32> {
        match self.0.get(index)? {
            &LayerWeights::Leak(logit) => Some(1.0 / (1.0 + (-logit).exp())),
            LayerWeights::Nothing | LayerWeights::Affine(_) => None,
        }
    }

    /// Number of layers that a batch normalisation was folded into.
    pub fn folded(&self) -> usize {
        (0..self.0.len()).filter_map(|i| self.layer(i)).filter(|affine| affine.is_folded).count()
    }

    /// Number of weights, biases and learned leaks, after folding.
    pub fn parameters(&self) -> usize {
        let held = |layer: &LayerWeights| match layer {
            LayerWeights::Nothing => 0,
            LayerWeights::Affine(affine) => affine.weight.data.len() + affine.bias.len(),
            LayerWeights::Leak(_) => 1,
        };
        self.0.iter().map(held).sum()
    }
}

fn has_learned_leak(layer: &Layer) -> bool {
    matches!(layer.operation, Operation::Neuron(Neuron { leak: Leak::Learned, .. }))
}

/// Shape of the weights of layer `index`, and its output channels.
pub(crate) fn weight_shape(network: &Network, index: usize) -> Option<(Vec<usize>, usize)> {
    let layer = &network.layers[index];
    let outs = layer.output.channels;
    let shape = match layer.operation {
        Operation::Conv2d(c) => vec![outs, c.input.channels / c.groups, c.kernel, c.kernel],
        Operation::ConvTranspose2d(c) => vec![c.input.channels, outs / c.groups, c.kernel, c.kernel],
        Operation::Linear => vec![outs, network.layers[layer.inputs[0]].output.len()],
        _ => return None,
    };
    Some((shape, outs))
}

struct Source<'a> {
    store: &'a TensorStore,
    used: BTreeSet<String>,
    wrong: Vec<NetworkError>,
}

impl Source<'_> {
    fn layer(&mut self, network: &Network, index: usize, name: &str) -> LayerWeights {
        let layer = &network.layers[index];
        let found = match weight_shape(network, index) {
            Some((shape, outs)) => self.affine(layer, &shape, outs).map(LayerWeights::Affine),
            None if has_learned_leak(layer) => self.leak(format!("{name}.w")).map(LayerWeights::Leak),
            None => None,
        };
        found.unwrap_or(LayerWeights::Nothing)
    }

    /// The weights, or nothing if a tensor is missing or misshapen.
    fn affine(&mut self, layer: &Layer, shape: &[usize], outs: usize) -> Option<Affine> {
        let name = &layer.name;
        let weight = self.take(format!("{name}.weight"), shape);
        let bias = self.has(format!("{name}.bias")).then(|| self.take(format!("{name}.bias"), &[outs]));
        let has_bias = bias.is_some();
        let norm = self.has(format!("{name}.norm.weight")).then(|| {
            let mut part = |part: &str| self.take(format!("{name}.norm.{part}"), &[outs]);
            let (gain, shift, mean, variance) =
                (part("weight"), part("bias"), part("running_mean"), part("running_var"));
            Some(Norm { gain: gain?, shift: shift?, mean: mean?, variance: variance? })
        });
        let is_folded = norm.is_some();
        // A tensor that is there but wrong leaves nothing to compute with.
        let bias = bias.map_or(Some(vec![0.0; outs]), |bias| Some(bias?.data))?;
        let mut affine = Affine { weight: weight?, bias, has_bias, is_folded };
        if let Some(norm) = norm {
            norm?.fold(&mut affine, |i| output_channel(layer.operation, shape, i));
        }
        Some(affine)
    }

    fn leak(&mut self, name: String) -> Option<f32> {
        // PyTorch keeps a single parameter as a scalar; some writers keep it as a vector of one.
        let is_vector = self.store.get(&name).is_some_and(|tensor| tensor.shape == [1]);
        let value = self.take(name.clone(), if is_vector { &[1] } else { &[] })?.data[0];
        if value.is_nan() {
            self.wrong.push(NetworkError::LeakValue { name, value });
            return None;
        }
        Some(value)
    }

    fn has(&self, name: String) -> bool {
        self.store.contains_key(&name)
    }

    /// The tensor, if it is there and of this shape; otherwise notes what is wrong.
    fn take(&mut self, name: String, shape: &[usize]) -> Option<Tensor> {
        let Some(tensor) = self.store.get(&name) else {
            self.wrong.push(NetworkError::MissingTensor { name, shape: shape.to_vec() });
            return None;
        };
        self.used.insert(name.clone());
        if tensor.shape != shape {
            let (found, needed) = (tensor.shape.clone(), shape.to_vec());
            self.wrong.push(NetworkError::TensorShape { name, found, needed });
            return None;
        }
        Some(tensor.clone())
    }
}

/// A batch normalisation, one value per channel each.
struct Norm {
    gain: Tensor,
    shift: Tensor,
    mean: Tensor,
    variance: Tensor,
}

impl Norm {
    /// Folds it into the weights, of which the `i`-th leads to `output_channel(i)`.
    fn fold(&self, affine: &mut Affine, output_channel: impl Fn(usize) -> usize) {
        let scale = |(&g, &v): (&f32, &f32)| f64::from(g) / (f64::from(v) + NORM_EPSILON).sqrt();
        let scale: Vec<f64> = self.gain.data.iter().zip(&self.variance.data).map(scale).collect();
        for (i, w) in affine.weight.data.iter_mut().enumerate() {
            *w = (f64::from(*w) * scale[output_channel(i)]) as f32;
        }
        for (c, b) in affine.bias.iter_mut().enumerate() {
            let centred = f64::from(*b) - f64::from(self.mean.data[c]);
            *b = (centred * scale[c] + f64::from(self.shift.data[c])) as f32;
        }
    }
}

/// The output channel that the `i`-th weight of a layer leads to, see [`Affine::weight`].
fn output_channel(operation: Operation, shape: &[usize], i: usize) -> usize {
    let kernel: usize = shape[2..].iter().product();
    let (first, second) = (i / kernel / shape[1], i / kernel % shape[1]);
    match operation {
        Operation::ConvTranspose2d(c) => first / (c.input.channels / c.groups) * shape[1] + second,
        _ => first,
    }
}
