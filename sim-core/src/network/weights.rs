//! Named tensors and the weights a network takes from them, batch normalisation folded in.

use super::{Layer, Leak, Network, NetworkError, Neuron, Operation};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

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
    Scale(Vec<f32>),
    Cells(CellValues),
}

/// Values of a layer of cells by their names, see [`super::Cells::values`]: each a single value, or one per cell in the order
/// `[channel][row][column]`.
pub type CellValues = BTreeMap<&'static str, Vec<f32>>;

/// Added to the variance before the square root: the default of PyTorch's `BatchNorm2d`.
pub const NORM_EPSILON: f64 = 1e-5;

impl Weights {
    /// Takes the weights of `network` from `store`.
    ///
    /// A layer `NAME` with weights reads `NAME.weight`, and `NAME.bias` if it is there. If `NAME.norm.weight`,
    /// `.bias`, `.running_mean` and `.running_var` are there, that batch normalisation is folded in (in double
    /// precision): `w' = w * g / sqrt(var + 1e-5)`, `b' = (b - mean) * g / sqrt(var + 1e-5) + beta`. A neuron layer `NAME`
    /// with a learned leak reads the single value `NAME.w`; a [`Operation::Scale`] reads `NAME.scale` and a layer of
    /// [`super::Cells`] each of its values, all of shape `[channels, rows, columns]`, or `[1]` for a single value.
    ///
    /// # Errors
    /// An inconsistent network; missing, misshapen or unused tensors, and such with values that are not finite or negative
    /// variances: all of them, by name ([`NetworkError::Tensors`] if it is more than one thing);
    /// [`NetworkError::FoldedWeights`].
    pub fn from_store(network: &Network, store: &TensorStore) -> Result<Self, NetworkError> {
        Self::with_norm_epsilon(network, store, NORM_EPSILON)
    }

    /// As [`Weights::from_store`], with another constant, positive, in the place of [`NORM_EPSILON`].
    ///
    /// # Errors
    /// Those of [`Weights::from_store`].
    pub fn with_norm_epsilon(network: &Network, store: &TensorStore, epsilon: f64) -> Result<Self, NetworkError> {
        network.check()?;
        let found = Source::find_all(network, 0..network.layers.len(), store)?;
        let layers = network.layers.iter().zip(found);
        layers
            .map(|(layer, found)| found.map_or(Ok(LayerWeights::Nothing), |found| found.make(layer, epsilon)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Checks that `store` holds the tensors of `layers`, and no others, as [`Weights::from_store`] needs them.
    ///
    /// # Errors
    /// Those of [`Weights::from_store`] but [`NetworkError::FoldedWeights`].
    ///
    /// # Panics
    /// If the network has no such layers.
    pub fn check(network: &Network, layers: Range<usize>, store: &TensorStore) -> Result<(), NetworkError> {
        network.check()?;
        Source::find_all(network, layers, store).map(drop)
    }

    /// Name and shape of every `.weight` and `.bias` that `network` needs once batch normalisation is folded in, and of
    /// every `.w`.
    pub fn shapes(network: &Network) -> Vec<(String, Vec<usize>)> {
        let tensors = |(i, layer): (usize, &Layer)| {
            let named = |what: &str, shape| (format!("{}.{what}", layer.name), shape);
            match weight_shape(network, i) {
                Some((shape, outs)) => vec![named("weight", shape), named("bias", vec![outs])],
                None if has_learned_leak(layer) => vec![named("w", vec![])],
                None => {
                    let shape = vec![layer.output.channels, layer.output.height, layer.output.width];
                    own_values(layer).into_iter().map(|value| named(value, shape.clone())).collect()
                }
            }
        };
        network.layers.iter().enumerate().flat_map(tensors).collect()
    }

    /// Weights of layer `index`, if it has any.
    pub fn layer(&self, index: usize) -> Option<&Affine> {
        match self.0.get(index)? {
            LayerWeights::Affine(affine) => Some(affine),
            _ => None,
        }
    }

    /// The share of its membrane that layer `index` loses in each step, if that was learned: `1 / (1 + exp(-w))` in
    /// single precision, as PyTorch's `sigmoid`.
    pub fn leak(&self, index: usize) -> Option<f32> {
        match self.0.get(index)? {
            &LayerWeights::Leak(logit) => Some(1.0 / (1.0 + (-logit).exp())),
            _ => None,
        }
    }

    /// The factors of layer `index`, if it is a [`Operation::Scale`]: a single one, or one per value.
    pub fn scale(&self, index: usize) -> Option<&[f32]> {
        match self.0.get(index)? {
            LayerWeights::Scale(factors) => Some(factors),
            _ => None,
        }
    }

    /// The values of layer `index`, if it is one of cells.
    pub fn cells(&self, index: usize) -> Option<&CellValues> {
        match self.0.get(index)? {
            LayerWeights::Cells(values) => Some(values),
            _ => None,
        }
    }

    /// These weights rounded to whole numbers of `bits(layer)` bits with a scale for each output channel, symmetric about 0: the
    /// largest weight of the channel in size is `2^(bits - 1) - 1` steps. Layers without such a number keep theirs, and biases
    /// stay as they are, as sums in wide accumulators do. `network` is that of the weights.
    ///
    /// # Panics
    /// If a layer has fewer than 2 bits, or the weights are another network's.
    pub fn rounded(&self, network: &Network, bits: impl Fn(usize) -> Option<u32>) -> Self {
        let round = |(index, layer): (usize, &LayerWeights)| match (layer, bits(index)) {
            (LayerWeights::Affine(affine), Some(bits)) => {
                assert!(bits >= 2, "a weight has a sign and a size");
                LayerWeights::Affine(affine.rounded(network.layers[index].operation, bits))
            }
            _ => layer.clone(),
        };
        Self(self.0.iter().enumerate().map(round).collect())
    }

    /// Number of layers that a batch normalisation was folded into.
    pub fn folded(&self) -> usize {
        (0..self.0.len()).filter_map(|i| self.layer(i)).filter(|affine| affine.is_folded).count()
    }

    /// Number of weights, biases, learned leaks, factors and values of cells, after folding.
    pub fn parameters(&self) -> usize {
        let held = |layer: &LayerWeights| match layer {
            LayerWeights::Nothing => 0,
            LayerWeights::Affine(affine) => affine.weight.data.len() + affine.bias.len(),
            LayerWeights::Leak(_) => 1,
            LayerWeights::Scale(factors) => factors.len(),
            LayerWeights::Cells(values) => values.values().map(Vec::len).sum(),
        };
        self.0.iter().map(held).sum()
    }
}

impl Affine {
    fn rounded(&self, operation: Operation, bits: u32) -> Self {
        let mut largest = vec![0.0_f32; self.bias.len()];
        let channel = |i| output_channel(operation, &self.weight.shape, i);
        for (i, weight) in self.weight.data.iter().enumerate() {
            largest[channel(i)] = largest[channel(i)].max(weight.abs());
        }
        let most = 2.0_f64.powi(bits as i32 - 1) - 1.0;
        let round = |(i, &weight): (usize, &f32)| match f64::from(largest[channel(i)]) / most {
            step if step > 0.0 => ((f64::from(weight) / step).round() * step) as f32,
            _ => weight,
        };
        let data = self.weight.data.iter().enumerate().map(round).collect();
        Self { weight: Tensor { shape: self.weight.shape.clone(), data }, ..self.clone() }
    }
}

/// Names of the tensors with one value for each value of the layer's output.
fn own_values(layer: &Layer) -> Vec<&'static str> {
    match layer.operation {
        Operation::Scale => vec!["scale"],
        Operation::Cells(cells) => cells.values(),
        _ => vec![],
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
        Operation::Conv2d(c) => vec![outs, c.input.channels / c.groups, c.rows.size, c.columns.size],
        Operation::ConvTranspose2d(c) => vec![c.input.channels, outs / c.groups, c.rows.size, c.columns.size],
        Operation::Linear => vec![outs, network.layers[layer.inputs[0]].output.len()],
        _ => return None,
    };
    Some((shape, outs))
}

/// Tensors of one layer as they were found.
enum Found<'a> {
    Affine(AffineTensors<'a>),
    /// The logit of a learned leak.
    Leak(f32),
    Scale(&'a [f32]),
    Cells(BTreeMap<&'static str, &'a [f32]>),
}

/// Tensors of a layer with weights.
struct AffineTensors<'a> {
    weight: &'a Tensor,
    bias: Option<&'a Tensor>,
    norm: Option<Norm<'a>>,
}

/// A batch normalisation, one value per channel each.
struct Norm<'a> {
    gain: &'a Tensor,
    shift: &'a Tensor,
    mean: &'a Tensor,
    variance: &'a Tensor,
}

struct Source<'a> {
    store: &'a TensorStore,
    used: BTreeSet<String>,
    wrong: Vec<NetworkError>,
}

impl<'a> Source<'a> {
    /// The tensors of each of `layers`; none may be wrong or left over.
    fn find_all(
        network: &Network,
        layers: Range<usize>,
        store: &'a TensorStore,
    ) -> Result<Vec<Option<Found<'a>>>, NetworkError> {
        let mut source = Self { store, used: BTreeSet::new(), wrong: vec![] };
        let found = layers.map(|index| source.layer(network, index)).collect();
        let Self { used, mut wrong, .. } = source;
        let names: Vec<_> = store.keys().filter(|name| !used.contains(*name)).cloned().collect();
        if !names.is_empty() {
            wrong.push(NetworkError::UnusedTensors { names });
        }
        match wrong.len() {
            0 => Ok(found),
            1 => Err(wrong.remove(0)),
            _ => Err(NetworkError::Tensors(wrong)),
        }
    }

    fn layer(&mut self, network: &Network, index: usize) -> Option<Found<'a>> {
        let layer = &network.layers[index];
        match weight_shape(network, index) {
            Some((shape, outs)) => self.affine(&layer.name, &shape, outs).map(Found::Affine),
            None if has_learned_leak(layer) => self.leak(format!("{}.w", layer.name)).map(Found::Leak),
            None => match layer.operation {
                Operation::Scale => self.per_value(layer, "scale").map(Found::Scale),
                // All of them are looked up, so that all that are wrong are named.
                Operation::Cells(cells) => {
                    let values = cells.values().into_iter().map(|name| (name, self.per_value(layer, name)));
                    let values: Vec<_> = values.collect();
                    let found = values.into_iter().map(|(name, values)| Some((name, values?)));
                    found.collect::<Option<_>>().map(Found::Cells)
                }
                _ => None,
            },
        }
    }

    /// The tensors, or nothing if one is missing or wrong.
    fn affine(&mut self, name: &str, shape: &[usize], outs: usize) -> Option<AffineTensors<'a>> {
        let weight = self.take(format!("{name}.weight"), shape);
        let bias = self.has(format!("{name}.bias")).then(|| self.take(format!("{name}.bias"), &[outs]));
        let norm = self.has(format!("{name}.norm.weight")).then(|| {
            let mut part = |part: &str| self.take(format!("{name}.norm.{part}"), &[outs]);
            let (gain, shift, mean, variance) =
                (part("weight"), part("bias"), part("running_mean"), part("running_var"));
            let norm = Norm { gain: gain?, shift: shift?, mean: mean?, variance: variance? };
            self.check_values(
                &format!("{name}.norm.running_var"),
                norm.variance,
                "a variance cannot be negative",
                |v| v >= 0.0,
            )?;
            Some(norm)
        });
        // A tensor that is there but wrong leaves nothing to compute with.
        let bias = bias.map_or(Some(None), |bias| bias.map(Some))?;
        let norm = norm.map_or(Some(None), |norm| norm.map(Some))?;
        Some(AffineTensors { weight: weight?, bias, norm })
    }

    fn leak(&mut self, name: String) -> Option<f32> {
        // PyTorch keeps a single parameter as a scalar; some writers keep it as a vector of one.
        let is_vector = self.store.get(&name).is_some_and(|tensor| tensor.shape == [1]);
        Some(self.take(name, if is_vector { &[1] } else { &[] })?.data[0])
    }

    /// A tensor with one value for each value of the layer's output, or a single one for all.
    fn per_value(&mut self, layer: &Layer, value: &str) -> Option<&'a [f32]> {
        let name = format!("{}.{value}", layer.name);
        let is_single = self.store.get(&name).is_some_and(|tensor| tensor.shape == [1]);
        let shape = [layer.output.channels, layer.output.height, layer.output.width];
        let tensor = if is_single { self.take(name, &[1]) } else { self.take(name, &shape) };
        Some(&tensor?.data)
    }

    fn has(&self, name: String) -> bool {
        self.store.contains_key(&name)
    }

    /// The tensor, if it is there, of this shape and finite; otherwise notes what is wrong.
    fn take(&mut self, name: String, shape: &[usize]) -> Option<&'a Tensor> {
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
        self.check_values(&name, tensor, "weights must be finite numbers", f32::is_finite).map(|()| tensor)
    }

    /// Notes the first value that is not `right`.
    fn check_values(
        &mut self,
        name: &str,
        tensor: &Tensor,
        needed: &'static str,
        right: fn(f32) -> bool,
    ) -> Option<()> {
        let index = tensor.data.iter().position(|&value| !right(value));
        let Some(index) = index else { return Some(()) };
        self.wrong.push(NetworkError::TensorValue { name: name.into(), index, value: tensor.data[index], needed });
        None
    }
}

impl Found<'_> {
    /// The weights of `layer`, with its normalisation folded in.
    fn make(self, layer: &Layer, epsilon: f64) -> Result<LayerWeights, NetworkError> {
        let AffineTensors { weight, bias, norm } = match self {
            Self::Leak(logit) => return Ok(LayerWeights::Leak(logit)),
            Self::Scale(factors) => return Ok(LayerWeights::Scale(factors.to_vec())),
            Self::Cells(values) => {
                let values = values.into_iter().map(|(name, values)| (name, values.to_vec()));
                return Ok(LayerWeights::Cells(values.collect()));
            }
            Self::Affine(tensors) => tensors,
        };
        let mut affine = Affine {
            weight: weight.clone(),
            bias: bias.map_or_else(|| vec![0.0; layer.output.channels], |bias| bias.data.clone()),
            has_bias: bias.is_some(),
            is_folded: norm.is_some(),
        };
        if let Some(norm) = norm {
            norm.fold(&mut affine, epsilon, |i| output_channel(layer.operation, &weight.shape, i));
            if !affine.weight.data.iter().chain(&affine.bias).all(|value| value.is_finite()) {
                return Err(NetworkError::FoldedWeights { layer: layer.name.clone() });
            }
        }
        Ok(LayerWeights::Affine(affine))
    }
}

impl Norm<'_> {
    /// Folds it into the weights, of which the `i`-th leads to `output_channel(i)`.
    fn fold(&self, affine: &mut Affine, epsilon: f64, output_channel: impl Fn(usize) -> usize) {
        let scale = |(&g, &v): (&f32, &f32)| f64::from(g) / (f64::from(v) + epsilon).sqrt();
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
