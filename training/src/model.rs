//! A [`Network`] with trainable parameters: the same graph and tensor names as in inference, on burn.

use crate::nonlinearity::{clip_unit, integrate_and_fire, quantised_clip};
use burn::module::{Module, Param, RunningState};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Device, Tensor, TensorData};
use cospike_sim_core::network::{self, Activation, Conv2d, Network, Operation, Reduction, TensorStore};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;

/// Parameters of one layer; all `None` for a layer without any.
#[derive(Module, Debug)]
pub(crate) struct LayerParameters {
    /// `[out, in, k, k]`, or `[in, out, k, k]` for a transposed convolution.
    kernel: Option<Param<Tensor<4>>>,
    /// `[out, in]` of a linear layer.
    matrix: Option<Param<Tensor<2>>>,
    /// One value per output of a linear layer; convolutions are normalised instead.
    bias: Option<Param<Tensor<1>>>,
    norm: Option<BatchNorm>,
}

/// Parameters of all layers of a network, by layer index.
#[derive(Module, Debug)]
pub(crate) struct Model {
    layers: Vec<LayerParameters>,
}

/// How the spiking neurons of a network are evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dynamics {
    /// T time steps with a surrogate gradient.
    Steps(usize),
    /// One pass in which a neuron is a clipped activation of this many levels (QCFS, Bu et al., ICLR 2022).
    Rate(usize),
}

/// A batch of feature maps `[n, channels, height, width]`; with `per_step`, n = T x batch, time outermost.
#[derive(Clone, Debug)]
pub(crate) struct Features {
    pub(crate) tensor: Tensor<4>,
    pub(crate) per_step: bool,
}

/// What a batch of features at the cut of a float bottleneck becomes on its way to the cloud.
pub(crate) type LossyStep<'a> = dyn Fn(&[f32]) -> Vec<f32> + 'a;

impl Model {
    /// Fresh parameters for the layers in `trained`: He-normal kernels (fan in), unit normalisation.
    pub(crate) fn new(net: &Network, trained: Range<usize>, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let layers = (0..net.layers.len())
            .map(|i| match trained.contains(&i) {
                true => LayerParameters::fresh(net, i, rng, device),
                false => LayerParameters::none(),
            })
            .collect();
        Self { layers }
    }

    /// Replaces the parameters of every layer that `store` has tensors for.
    pub(crate) fn import(&mut self, net: &Network, store: &TensorStore, device: &Device) {
        for (layer, parameters) in net.layers.iter().zip(&mut self.layers) {
            parameters.import(&layer.name, store, device);
        }
    }

    /// All parameters and running statistics, named as [`network::Weights::from_store`] reads them.
    pub(crate) fn export(&self, net: &Network) -> TensorStore {
        let mut store = TensorStore::new();
        for (layer, parameters) in net.layers.iter().zip(&self.layers) {
            parameters.export(&layer.name, &mut store);
        }
        store
    }

    /// Runs `layers` on `input`, the output of the layer before them, and returns the output of every layer
    /// whose index is in `wanted`, in order.
    pub(crate) fn forward(
        &self,
        net: &Network,
        layers: Range<usize>,
        input: Features,
        dynamics: Dynamics,
        lossy: Option<&LossyStep>,
        wanted: &[usize],
    ) -> Vec<Features> {
        let offset = layers.start - 1;
        let mut outputs = vec![input];
        for i in layers {
            let layer = &net.layers[i];
            let inputs: Vec<&Features> = layer.inputs.iter().map(|&j| &outputs[j - offset]).collect();
            outputs.push(self.layers[i].forward(layer, &inputs, dynamics, lossy));
        }
        wanted.iter().map(|&i| outputs[i - offset].clone()).collect()
    }
}

/// Class scores `[batch, classes]`: the mean over time of the network's last layer.
pub(crate) fn scores(features: Features, dynamics: Dynamics) -> Tensor<2> {
    let [n, classes, _, _] = features.tensor.dims();
    match dynamics {
        Dynamics::Steps(steps) if features.per_step => {
            features.tensor.reshape([steps, n / steps, classes]).mean_dim(0).reshape([n / steps, classes])
        }
        _ => features.tensor.reshape([n, classes]),
    }
}

impl LayerParameters {
    fn none() -> Self {
        Self { kernel: None, matrix: None, bias: None, norm: None }
    }

    fn fresh(net: &Network, index: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let layer = &net.layers[index];
        match layer.operation {
            Operation::Conv2d(c) => Self::conv([c.output.channels, c.input.channels], 1, c, rng, device),
            Operation::ConvTranspose2d(c) => {
                Self::conv([c.input.channels, c.output.channels], c.stride * c.stride, c, rng, device)
            }
            Operation::Linear => {
                let (outputs, inputs) = (layer.output.len(), net.layers[layer.inputs[0]].output.len());
                let matrix = normal(outputs * inputs, (1.0 / inputs as f32).sqrt(), rng);
                Self {
                    matrix: Some(Param::from_tensor(tensor(matrix, [outputs, inputs], device))),
                    bias: Some(Param::from_tensor(Tensor::zeros([outputs], device))),
                    ..Self::none()
                }
            }
            _ => Self::none(),
        }
    }

    /// `share` is how many output positions share one input position's kernel taps.
    fn conv(channels: [usize; 2], share: usize, c: Conv2d, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let fan_in = c.input.channels * c.kernel * c.kernel / share;
        let kernel = normal(channels[0] * channels[1] * c.kernel * c.kernel, (2.0 / fan_in as f32).sqrt(), rng);
        let shape = [channels[0], channels[1], c.kernel, c.kernel];
        Self {
            kernel: Some(Param::from_tensor(tensor(kernel, shape, device))),
            norm: Some(BatchNormConfig::new(c.output.channels).init(device)),
            ..Self::none()
        }
    }

    fn forward(
        &self,
        layer: &network::Layer,
        inputs: &[&Features],
        dynamics: Dynamics,
        lossy: Option<&LossyStep>,
    ) -> Features {
        let x = inputs[0].tensor.clone();
        let per_step = inputs.iter().any(|f| f.per_step);
        let tensor = match layer.operation {
            Operation::Input => x,
            Operation::Conv2d(c) => {
                let options = ConvOptions::new([c.stride; 2], [c.padding; 2], [1, 1], 1);
                self.normalise(conv2d(x, self.kernel(), None, options))
            }
            Operation::ConvTranspose2d(c) => {
                let (rows, columns) = c.output_padding();
                let (stride, padding) = ([c.stride; 2], [c.padding; 2]);
                let options = ConvTransposeOptions::new(stride, padding, [rows, columns], [1, 1], 1);
                self.normalise(conv_transpose2d(x, self.kernel(), None, options))
            }
            Operation::Linear => self.linear(x),
            Operation::Neuron(neuron) => {
                return match dynamics {
                    Dynamics::Steps(steps) => {
                        Features { tensor: integrate_and_fire(x, per_step, &neuron, steps), per_step: true }
                    }
                    Dynamics::Rate(levels) => Features { tensor: quantised_clip(x, levels), per_step },
                };
            }
            Operation::Activation(Activation::Relu) => burn::tensor::activation::relu(x),
            Operation::Activation(f) if f == Activation::UNIT_CLIP => clip_unit(x, lossy),
            Operation::Add => x + inputs[1].tensor.clone(),
            Operation::Pool(pool) if pool.is_global() && pool.reduction == Reduction::Average => {
                x.mean_dim(2).mean_dim(3)
            }
            other => unreachable!("the plan has no network with {other:?}"),
        };
        Features { tensor, per_step }
    }

    fn kernel(&self) -> Tensor<4> {
        self.kernel.as_ref().expect("a convolution that is run has a kernel").val()
    }

    fn normalise(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.as_ref().expect("every convolution is normalised").forward(x)
    }

    fn linear(&self, x: Tensor<4>) -> Tensor<4> {
        let [n, features, _, _] = x.dims();
        let matrix = self.matrix.as_ref().expect("a linear layer that is run has a matrix").val();
        let bias = self.bias.as_ref().expect("a linear layer has a bias").val();
        let y = x.reshape([n, features]).matmul(matrix.transpose()) + bias.unsqueeze();
        let outputs = y.dims()[1];
        y.reshape([n, outputs, 1, 1])
    }

    fn import(&mut self, name: &str, store: &TensorStore, device: &Device) {
        let vector = |part: &str| store.get(&format!("{name}.{part}")).map(|t| t.data.clone());
        let Some(weight) = store.get(&format!("{name}.weight")) else { return };
        match weight.shape[..] {
            [a, b, c, d] => {
                let kernel = tensor(weight.data.clone(), [a, b, c, d], device);
                self.kernel = Some(Param::from_tensor(kernel));
            }
            [a, b] => self.matrix = Some(Param::from_tensor(tensor(weight.data.clone(), [a, b], device))),
            _ => {}
        }
        if let Some(bias) = vector("bias") {
            self.bias = Some(Param::from_tensor(line(bias, device)));
        }
        let parts = ["weight", "bias", "running_mean", "running_var"].map(|part| vector(&format!("norm.{part}")));
        if let [Some(gain), Some(beta), Some(mean), Some(var)] = parts {
            let mut norm = BatchNormConfig::new(gain.len()).init(device);
            norm.gamma = Param::from_tensor(line(gain, device));
            norm.beta = Param::from_tensor(line(beta, device));
            norm.running_mean = RunningState::new(line(mean, device));
            norm.running_var = RunningState::new(line(var, device));
            self.norm = Some(norm);
        }
    }

    fn export(&self, name: &str, store: &mut TensorStore) {
        let mut put = |part: &str, shape: Vec<usize>, data: TensorData| {
            store.insert(format!("{name}.{part}"), network::Tensor { shape, data: values(data) });
        };
        if let Some(kernel) = &self.kernel {
            put("weight", kernel.val().dims().to_vec(), kernel.val().into_data());
        }
        if let Some(matrix) = &self.matrix {
            put("weight", matrix.val().dims().to_vec(), matrix.val().into_data());
        }
        let mut put_line = |part: &str, t: Tensor<1>| put(part, t.dims().to_vec(), t.into_data());
        if let Some(bias) = &self.bias {
            put_line("bias", bias.val());
        }
        if let Some(norm) = &self.norm {
            put_line("norm.weight", norm.gamma.val());
            put_line("norm.bias", norm.beta.val());
            put_line("norm.running_mean", norm.running_mean.value_sync());
            put_line("norm.running_var", norm.running_var.value_sync());
        }
    }
}

/// The float values of `data`.
pub(crate) fn values(data: TensorData) -> Vec<f32> {
    data.try_to_vec::<f32>().expect("this program computes in f32 throughout")
}

/// A tensor of the given shape from its values, last dimension fastest.
pub(crate) fn tensor<const D: usize>(data: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(data, shape), device)
}

fn line(data: Vec<f32>, device: &Device) -> Tensor<1> {
    let n = data.len();
    tensor(data, [n], device)
}

/// `n` draws from a normal distribution of mean 0.
fn normal(n: usize, deviation: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut draw = || -> f32 { StandardNormal.sample(rng) };
    (0..n).map(|_| draw() * deviation).collect()
}
