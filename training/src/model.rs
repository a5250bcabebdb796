//! The parameters of a network in training: tensors by the names that inference reads.

use crate::kernels::BatchStatistics;
use cospike_sim_core::network::{Layer, Network, NetworkError, Operation, Tensor, TensorStore, Weights};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::collections::BTreeMap;
use std::ops::Range;

/// Trainable tensors and running statistics, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Model {
    pub(crate) tensors: TensorStore,
}

/// The tensors of a batch normalisation: gain, shift, mean, variance.
pub(crate) const NORM_PARTS: [&str; 4] = ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"];

/// Weight of a batch's statistics in the update of the running ones (PyTorch's default).
const MOMENTUM: f64 = 0.1;

impl Model {
    /// Random initial parameters for the layers in `range`: He-normal kernels (fan in; He et al., ICCV 2015) and identity
    /// normalisations.
    pub(crate) fn new(net: &Network, range: Range<usize>, rng: &mut ChaCha8Rng) -> Self {
        let mut model = Self::default();
        for layer in &net.layers[range] {
            let name = &layer.name;
            match layer.operation {
                Operation::Conv2d(c) => {
                    let (outputs, inputs) = (c.output.channels, c.input.channels / c.groups);
                    model.convolution(name, [outputs, inputs, c.rows.size, c.columns.size], 1, outputs, rng);
                }
                Operation::ConvTranspose2d(c) => {
                    let (outputs, inputs) = (c.output.channels, c.input.channels);
                    let share = c.rows.stride * c.columns.stride;
                    model.convolution(name, [inputs, outputs, c.rows.size, c.columns.size], share, outputs, rng);
                }
                Operation::Linear => {
                    let (outputs, inputs) = (layer.output.len(), net.layers[layer.inputs[0]].output.len());
                    let matrix = normal(outputs * inputs, (1.0 / inputs as f32).sqrt(), rng);
                    model.put(name, "weight", vec![outputs, inputs], matrix);
                    model.put(name, "bias", vec![outputs], vec![0.0; outputs]);
                }
                _ => {}
            }
        }
        model
    }

    /// The `tensors` of a network that another trainer has made, with every normalisation folded into the weights before it.
    ///
    /// # Errors
    /// Tensors that are not those of `net`.
    pub(crate) fn folded(net: &Network, tensors: &TensorStore) -> Result<Self, NetworkError> {
        let weights = Weights::from_store(net, tensors)?;
        let mut model = Self { tensors: tensors.clone() };
        for (index, layer) in net.layers.iter().enumerate() {
            let Some(affine) = weights.layer(index) else { continue };
            for part in NORM_PARTS {
                model.tensors.remove(&format!("{}.{part}", layer.name));
            }
            model.tensors.insert(format!("{}.weight", layer.name), affine.weight.clone());
            model.put(&layer.name, "bias", vec![affine.bias.len()], affine.bias.clone());
        }
        Ok(model)
    }

    /// Adds a kernel and its normalisation of `outputs` channels. Of the kernel's elements every output position reads one
    /// in `share`: a transposed convolution with a stride reads only some.
    fn convolution(&mut self, name: &str, shape: [usize; 4], share: usize, outputs: usize, rng: &mut ChaCha8Rng) {
        let len = shape.iter().product::<usize>();
        let fan_in = len / outputs / share;
        self.put(name, "weight", shape.to_vec(), normal(len, (2.0 / fan_in as f32).sqrt(), rng));
        for (part, value) in NORM_PARTS.into_iter().zip([1.0, 0.0, 0.0, 1.0]) {
            self.put(name, part, vec![outputs], vec![value; outputs]);
        }
    }

    /// BLAKE3 of names, shapes and values of all tensors, hexadecimal.
    pub(crate) fn blake3(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, tensor) in &self.tensors {
            hasher.update(format!("{name} {:?} ", tensor.shape).as_bytes());
            tensor.data.iter().for_each(|value| {
                hasher.update(&value.to_le_bytes());
            });
        }
        hasher.finalize().to_hex().to_string()
    }

    fn put(&mut self, layer: &str, part: &str, shape: Vec<usize>, data: Vec<f32>) {
        self.tensors.insert(format!("{layer}.{part}"), Tensor { shape, data });
    }

    /// Weights of the layer with this name.
    pub(crate) fn kernel(&self, layer: &str) -> &[f32] {
        &self.tensors[&format!("{layer}.weight")].data
    }

    /// Gain, shift, running mean and running variance of the convolution with this name; none of one without a normalisation, which
    /// another trainer has made.
    pub(crate) fn norm(&self, layer: &str) -> Option<[&[f32]; 4]> {
        let [gain, ..] = NORM_PARTS;
        self.tensors
            .contains_key(&format!("{layer}.{gain}"))
            .then(|| NORM_PARTS.map(|part| self.tensors[&format!("{layer}.{part}")].data.as_slice()))
    }

    /// Bias of the layer with this name, if it has one.
    pub(crate) fn bias(&self, layer: &str) -> Option<&[f32]> {
        self.tensors.get(&format!("{layer}.bias")).map(|bias| bias.data.as_slice())
    }

    /// Factors of a layer that scales every value by itself, in the order of [`Maps`](crate::kernels::Maps).
    pub(crate) fn factors(&self, layer: &Layer) -> Vec<f32> {
        let factors = &self.tensors[&format!("{}.scale", layer.name)].data;
        let (channels, area) = (layer.output.channels, layer.output.area());
        let at = |i: usize| i % channels * area + i / channels;
        (0..layer.output.len()).map(|i| factors[if factors.len() == 1 { 0 } else { at(i) }]).collect()
    }

    /// Moves every tensor, running statistics included, the share `share` of the way towards that of `other`.
    pub(crate) fn approach(&mut self, other: &Self, share: f32) {
        for (mine, theirs) in self.tensors.values_mut().zip(other.tensors.values()) {
            mine.data.iter_mut().zip(&theirs.data).for_each(|(a, b)| *a += share * (b - *a));
        }
    }

    /// Moves the running statistics towards those of a batch, by layer name.
    pub(crate) fn follow(&mut self, statistics: &BTreeMap<String, BatchStatistics>) {
        let [_, _, mean, variance] = NORM_PARTS;
        for (layer, batch) in statistics {
            let unbiased = batch.count as f64 / (batch.count as f64 - 1.0).max(1.0);
            for (part, values, factor) in [(mean, &batch.mean, 1.0), (variance, &batch.variance, unbiased)] {
                let running =
                    self.tensors.get_mut(&format!("{layer}.{part}")).expect("a layer that learns has tensors");
                for (r, v) in running.data.iter_mut().zip(values) {
                    *r = (f64::from(*r) * (1.0 - MOMENTUM) + v * factor * MOMENTUM) as f32;
                }
            }
        }
    }
}

/// `n` draws from a normal distribution with mean 0.
fn normal(n: usize, deviation: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut draw = || -> f32 { StandardNormal.sample(rng) };
    (0..n).map(|_| draw() * deviation).collect()
}
