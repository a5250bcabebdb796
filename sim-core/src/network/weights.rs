//! Named tensors and the weights a network takes from them, batch normalisation folded in.

use super::{Network, NetworkError, Operation};
use std::collections::{BTreeMap, BTreeSet};

/// A dense float tensor, last dimension fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// The values.
    pub data: Vec<f32>,
}

/// Tensors by name.
pub type TensorStore = BTreeMap<String, Tensor>;

/// Weights and bias of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// `[out, in, k, k]` for a convolution, `[in, out, k, k]` for a transposed one, `[out, in]` for a linear layer.
    pub weight: Tensor,
    /// One value per output channel.
    pub bias: Vec<f32>,
}

/// The weights of a network: for each layer, what it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(Vec<Option<Affine>>);

/// Added to the variance before the square root: the default of PyTorch's `BatchNorm2d`.
const NORM_EPSILON: f64 = 1e-5;

impl Weights {
    /// Takes the weights of `network` from `store`.
    ///
    /// A layer `NAME` with weights reads `NAME.weight`, and `NAME.bias` if it is there. If `NAME.norm.weight`,
    /// `.bias`, `.running_mean` and `.running_var` are there, that batch normalisation is folded in (in double
    /// precision): `w' = w * g / sqrt(var + 1e-5)`, `b' = (b - mean) * g / sqrt(var + 1e-5) + beta`.
    ///
    /// # Errors
    /// A missing, misshapen or unused tensor, by name and with shapes.
    pub fn from_store(network: &Network, store: &TensorStore) -> Result<Self, NetworkError> {
        let mut used = BTreeSet::new();
        let layers = network.layers.iter().enumerate();
        let weights = layers
            .map(|(i, layer)| match weight_shape(network, i) {
                Some((shape, out_axis)) => {
                    Source { store, used: &mut used }.affine(&layer.name, shape, out_axis).map(Some)
                }
                None => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        let names: Vec<_> = store.keys().filter(|k| !used.contains(*k)).cloned().collect();
        if names.is_empty() { Ok(Self(weights)) } else { Err(NetworkError::UnusedTensors { names }) }
    }

    /// Name and shape of every `.weight` and `.bias` that `network` needs once batch normalisation is folded in.
    pub fn shapes(network: &Network) -> Vec<(String, Vec<usize>)> {
        let weighted =
            network.layers.iter().enumerate().filter_map(|(i, l)| Some((&l.name, weight_shape(network, i)?)));
        let pair = |(name, (shape, out_axis)): (&String, (Vec<usize>, usize))| {
            let bias = (format!("{name}.bias"), vec![shape[out_axis]]);
            [(format!("{name}.weight"), shape), bias]
        };
        weighted.flat_map(pair).collect()
    }

    /// Weights of layer `index`, if it has any.
    pub fn layer(&self, index: usize) -> Option<&Affine> {
        self.0.get(index)?.as_ref()
    }

    /// Number of weights and biases, after folding.
    pub fn parameters(&self) -> usize {
        self.0.iter().flatten().map(|a| a.weight.data.len() + a.bias.len()).sum()
    }
}

/// Shape of the weights of layer `index` and which of its axes is the output channel.
pub(crate) fn weight_shape(network: &Network, index: usize) -> Option<(Vec<usize>, usize)> {
    let layer = &network.layers[index];
    match layer.operation {
        Operation::Conv2d(c) => Some((vec![c.output.channels, c.input.channels / c.groups, c.kernel, c.kernel], 0)),
        Operation::ConvTranspose2d(c) => {
            Some((vec![c.input.channels, c.output.channels / c.groups, c.kernel, c.kernel], 1))
        }
        Operation::Linear => Some((vec![layer.output.len(), network.layers[layer.inputs[0]].output.len()], 0)),
        _ => None,
    }
}

struct Source<'a> {
    store: &'a TensorStore,
    used: &'a mut BTreeSet<String>,
}

impl Source<'_> {
    fn affine(&mut self, layer: &str, shape: Vec<usize>, out_axis: usize) -> Result<Affine, NetworkError> {
        let channels = shape[out_axis];
        let inner: usize = shape[out_axis + 1..].iter().product();
        let mut weight = self.take(format!("{layer}.weight"), &shape)?;
        let mut bias = match self.store.contains_key(&format!("{layer}.bias")) {
            true => self.take(format!("{layer}.bias"), &[channels])?.data,
            false => vec![0.0; channels],
        };
        if self.store.contains_key(&format!("{layer}.norm.weight")) {
            let mut norm = |part: &str| self.take(format!("{layer}.norm.{part}"), &[channels]);
            let (gain, beta) = (norm("weight")?, norm("bias")?);
            let (mean, var) = (norm("running_mean")?, norm("running_var")?);
            let scale: Vec<f64> = gain
                .data
                .iter()
                .zip(&var.data)
                .map(|(&g, &v)| f64::from(g) / (f64::from(v) + NORM_EPSILON).sqrt())
                .collect();
            for (i, w) in weight.data.iter_mut().enumerate() {
                *w = (f64::from(*w) * scale[i / inner % channels]) as f32;
            }
            for (c, b) in bias.iter_mut().enumerate() {
                *b = ((f64::from(*b) - f64::from(mean.data[c])) * scale[c] + f64::from(beta.data[c])) as f32;
            }
        }
        Ok(Affine { weight, bias })
    }

    fn take(&mut self, name: String, shape: &[usize]) -> Result<Tensor, NetworkError> {
        let Some(tensor) = self.store.get(&name) else {
            return Err(NetworkError::MissingTensor { name, shape: shape.to_vec() });
        };
        if tensor.shape != shape {
            return Err(NetworkError::TensorShape { name, found: tensor.shape.clone(), needed: shape.to_vec() });
        }
        self.used.insert(name);
        Ok(tensor.clone())
    }
}
