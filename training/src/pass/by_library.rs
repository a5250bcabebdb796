//! Passes computed by a tensor library (candle), which differentiates by itself and has CUDA kernels.
//!
//! Its tensors are `[frames, channels, height, width]`, the frames as in [`Maps`]. A pass uploads the model's tensors and
//! its input, and downloads the gradients and those outputs that are asked for. Losses and links are computed in main memory.

use super::definition::{Gradients, Link, Pass, function};
use crate::kernels::{BatchStatistics, Function, Maps, SURROGATE_WIDTH, Update};
use crate::model::{Model, NORM_PARTS};
use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor, Var};
use cospike_sim_core::network::{Conv2d, Fires, NORM_EPSILON, Neuron, Operation, Reset, Shape};
use std::collections::BTreeMap;

/// Outputs of a forward pass, with the graph of operations behind them, which the backward pass follows.
pub(crate) struct Tape {
    first: usize,
    /// Output of each layer; for a convolution, that after its normalisation.
    outputs: Vec<Tensor>,
    shapes: Vec<Shape>,
    /// Tensors whose gradients will be asked for, by name.
    parameters: BTreeMap<String, Var>,
    statistics: BTreeMap<String, BatchStatistics>,
}

impl Tape {
    pub(super) fn output(&self, index: usize) -> Result<Maps> {
        download(&self.outputs[index - self.first], self.shapes[index - self.first])
    }

    pub(super) fn backward(self, seeds: &[(usize, Maps)]) -> Result<Gradients> {
        let device = self.outputs[0].device();
        // A scalar whose gradients with respect to the outputs are the seeds.
        let mut objective = Tensor::zeros((), DType::F32, device)?;
        for (layer, seed) in seeds {
            objective = (objective + (&self.outputs[layer - self.first] * upload(seed, device)?)?.sum_all()?)?;
        }
        let found = objective.backward()?;
        let mut gradients = Gradients { statistics: self.statistics, ..Gradients::default() };
        for (name, parameter) in &self.parameters {
            if let Some(gradient) = found.get(parameter) {
                gradients.parameters.insert(name.clone(), gradient.flatten_all()?.to_vec1()?);
            }
        }
        Ok(gradients)
    }
}

pub(super) fn forward(pass: &Pass, device: &Device, model: &Model, input: &Maps, samples: usize) -> Result<Tape> {
    let tape = Tape {
        first: pass.layers.start - 1,
        outputs: vec![upload(input, device)?],
        shapes: vec![input.shape],
        parameters: BTreeMap::new(),
        statistics: BTreeMap::new(),
    };
    let mut forward = Forward { pass, device, model, samples, tape };
    for i in pass.layers.clone() {
        let output = forward.layer(i)?;
        forward.tape.outputs.push(output);
        forward.tape.shapes.push(pass.net.layers[i].output);
    }
    Ok(forward.tape)
}

/// A forward pass in progress.
struct Forward<'a> {
    pass: &'a Pass<'a>,
    device: &'a Device,
    model: &'a Model,
    samples: usize,
    tape: Tape,
}

impl Forward<'_> {
    fn layer(&mut self, i: usize) -> Result<Tensor> {
        let layer = &self.pass.net.layers[i];
        let inputs: Vec<Tensor> =
            layer.inputs.iter().map(|&input| self.tape.outputs[input - self.tape.first].clone()).collect();
        let input = &inputs[0];
        if let Some(function) = function(layer, self.pass.dynamics) {
            let output = apply(function, input, self.samples)?;
            return match self.pass.link.as_ref().filter(|link| link.cut == i) {
                Some(link) => carry(link, &output, layer.output),
                None => Ok(output),
            };
        }
        match layer.operation {
            Operation::Add => inputs[1..].iter().try_fold(input.clone(), |sum, input| add(&sum, input)),
            Operation::Conv2d(c) => {
                let kernel = self.parameter(i, "weight")?;
                self.normalise(i, &input.conv2d(&kernel, c.rows.padding.0, c.rows.stride, c.rows.dilation, c.groups)?)
            }
            Operation::ConvTranspose2d(c) => {
                let kernel = self.parameter(i, "weight")?;
                let extra = output_padding(c)?;
                self.normalise(
                    i,
                    &input.conv_transpose2d(&kernel, c.rows.padding.0, extra, c.rows.stride, c.rows.dilation)?,
                )
            }
            Operation::Linear => {
                let (matrix, bias) = (self.parameter(i, "weight")?, self.parameter(i, "bias")?);
                let output = input.flatten_from(1)?.matmul(&matrix.t()?)?.broadcast_add(&bias)?;
                Ok(output.reshape((input.dim(0)?, layer.output.channels, 1, 1))?)
            }
            Operation::Pool(_) => Ok(input.mean_keepdim((2, 3))?),
            Operation::Input
            | Operation::Neuron(_)
            | Operation::Cells(_)
            | Operation::Previous
            | Operation::Scale
            | Operation::Activation(_)
            | Operation::Flatten
            | Operation::Concat => unreachable!("`check` refused it, or it was done above"),
        }
    }

    /// A tensor of layer `i`, registered for a gradient if the layer learns.
    fn parameter(&mut self, i: usize, part: &str) -> Result<Tensor> {
        let name = format!("{}.{part}", self.pass.net.layers[i].name);
        let tensor = &self.model.tensors[&name];
        let uploaded = Tensor::from_slice(&tensor.data, tensor.shape.as_slice(), self.device)?;
        if !self.pass.learning.contains(&i) {
            return Ok(uploaded);
        }
        let variable = Var::from_tensor(&uploaded)?;
        let tensor = variable.as_tensor().clone();
        self.tape.parameters.insert(name, variable);
        Ok(tensor)
    }

    /// Batch normalisation of layer `i`, by the statistics of the batch if the layer learns, else by the running ones.
    fn normalise(&mut self, i: usize, values: &Tensor) -> Result<Tensor> {
        let name = &self.pass.net.layers[i].name;
        let (frames, channels, height, width) = values.dims4()?;
        let by_channel = |tensor: Tensor| tensor.reshape((1, channels, 1, 1));
        let (mean, variance) = if self.pass.learning.contains(&i) {
            let mean = values.mean_keepdim((0, 2, 3))?;
            let variance = values.broadcast_sub(&mean)?.sqr()?.mean_keepdim((0, 2, 3))?;
            let double = |t: &Tensor| t.flatten_all()?.to_dtype(DType::F64)?.to_vec1();
            let count = frames * height * width;
            let batch = BatchStatistics { mean: double(&mean)?, variance: double(&variance)?, count };
            self.tape.statistics.insert(name.clone(), batch);
            (mean, variance)
        } else {
            let [_, _, mean, variance] =
                self.model.norm(name).expect("only the kernels pass through layers without one");
            let upload = |data: &[f32]| by_channel(Tensor::from_slice(data, channels, self.device)?);
            (upload(mean)?, upload(variance)?)
        };
        let [gain, shift, _, _] = NORM_PARTS;
        let (gain, shift) = (by_channel(self.parameter(i, gain)?)?, by_channel(self.parameter(i, shift)?)?);
        let scaled = values.broadcast_sub(&mean)?.broadcast_div(&(variance + NORM_EPSILON)?.sqrt()?)?;
        Ok(scaled.broadcast_mul(&gain)?.broadcast_add(&shift)?)
    }
}

/// Sum of two maps; one that is constant over time has the frames of one step only.
fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let frames = (a.dim(0)?, b.dim(0)?);
    Ok(match frames.0.cmp(&frames.1) {
        std::cmp::Ordering::Less => (a.repeat((frames.1 / frames.0, 1, 1, 1))? + b)?,
        std::cmp::Ordering::Equal => (a + b)?,
        std::cmp::Ordering::Greater => (a + b.repeat((frames.0 / frames.1, 1, 1, 1))?)?,
    })
}

fn apply(function: Function, x: &Tensor, samples: usize) -> Result<Tensor> {
    let (value, top) = match function {
        Function::Spike(neuron, steps) => return spike(&neuron, x, samples, steps),
        Function::Sigmoid => return Ok((x.neg()?.exp()? + 1.0)?.recip()?),
        Function::Relu => (x.maximum(0.0)?, f32::INFINITY),
        Function::Clip(max) => (x.clamp(0.0, f64::from(max))?, max),
        Function::Quantise(levels) => {
            let levels = levels as f64;
            ((((x.clamp(0.0, 1.0)? * levels)? + 0.5)?.floor()? / levels)?, 1.0)
        }
    };
    let inside = mask(&x.gt(0.0)?)?.mul(&mask(&x.lt(top)?)?)?;
    replace(x, &value, &inside)
}

/// A spiking neuron over `steps` time steps, as in `kernels/neuron.rs`.
fn spike(neuron: &Neuron, x: &Tensor, samples: usize, steps: usize) -> Result<Tensor> {
    let Update { keep, gain, rest, .. } = Update::new(neuron);
    let [keep, gain, rest, threshold] = [keep, gain, rest, neuron.threshold].map(f64::from);
    let width = f64::from(SURROGATE_WIDTH) * threshold;
    let constant = x.dim(0)? == samples;
    let mut membrane = (x.narrow(0, 0, samples)?.zeros_like()? + f64::from(neuron.initial))?;
    let mut spikes = vec![];
    for step in 0..steps {
        let input = if constant { x.clone() } else { x.narrow(0, step * samples, samples)? };
        let h = ((membrane * keep)? + input.affine(gain, rest)?)?;
        let above = (h.detach() - threshold)?;
        let fires = match neuron.fires {
            Fires::From => mask(&above.ge(0.0)?)?,
            Fires::Above => mask(&above.gt(0.0)?)?,
        };
        let window = mask(&above.abs()?.lt(0.5 * width)?)?;
        spikes.push(replace(&h, &fires, &(window / width)?)?);
        membrane = match neuron.reset {
            Reset::Soft => (h - (fires * threshold)?)?,
            Reset::Hard(value) => ((h * fires.affine(-1.0, 1.0)?)? + (fires * f64::from(value))?)?,
        };
    }
    Ok(Tensor::cat(&spikes, 0)?)
}

/// 1 where `condition` holds, 0 elsewhere.
fn mask(condition: &Tensor) -> candle_core::Result<Tensor> {
    condition.to_dtype(DType::F32)
}

/// `value`, with `slope` as its gradient with respect to `x`.
fn replace(x: &Tensor, value: &Tensor, slope: &Tensor) -> Result<Tensor> {
    let zero = (x - x.detach())?;
    Ok((value.detach() + (zero * slope.detach())?)?)
}

/// The features at the cut, as they arrive in the cloud.
fn carry(link: &Link, features: &Tensor, shape: Shape) -> Result<Tensor> {
    let mut maps = download(features, shape)?;
    (link.carry)(&mut maps);
    replace(features, &upload(&maps, features.device())?, &features.ones_like()?)
}

fn output_padding(c: Conv2d) -> Result<usize> {
    let (rows, columns) = c.output_padding();
    ensure!(rows == columns, "the tensor library has no transposed convolution from {} to {}", c.input, c.output);
    Ok(rows)
}

fn upload(maps: &Maps, device: &Device) -> Result<Tensor> {
    let Shape { channels, height, width } = maps.shape;
    let tensor = Tensor::from_slice(&maps.data, (maps.frames, height, width, channels), device)?;
    Ok(tensor.permute((0, 3, 1, 2))?.contiguous()?)
}

fn download(tensor: &Tensor, shape: Shape) -> Result<Maps> {
    let data = tensor.permute((0, 2, 3, 1))?.flatten_all()?.to_vec1()?;
    Ok(Maps { shape, frames: tensor.dim(0)?, data })
}
