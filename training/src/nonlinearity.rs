//! Nonlinearities with the gradients they are trained by.

use crate::model::{LossyStep, tensor, values};
use burn::tensor::{Device, Tensor};
use cospike_sim_core::network::Neuron;

/// Width of the window around the threshold in which a spike has a gradient (rectangular surrogate of unit area,
/// Wu et al., "Spatio-temporal backpropagation", Front. Neurosci. 2018), in units of the threshold.
const SURROGATE_WIDTH: f32 = 1.0;

/// Non-leaky integrate-and-fire neurons with soft reset over `steps` time steps.
///
/// `input` is `[T x batch, ...]` if `per_step`, else `[batch, ...]` and the same in every step; the output is
/// `[T x batch, ...]` of zeros and ones. The gradient does not flow through the reset. Without it the membrane before
/// a spike is the running sum of the input, so the forward pass is computed outside the graph and put in as
/// `spike + window * (sum - sum')`, where `sum'` is the sum's value: the right value and the right gradient for
/// a third of the memory traffic of a step-by-step graph.
pub(crate) fn integrate_and_fire(input: Tensor<4>, per_step: bool, neuron: &Neuron, steps: usize) -> Tensor<4> {
    let device = input.device();
    let [n, channels, height, width] = input.dims();
    let batch = if per_step { n / steps } else { n };
    let sums = running_sums(input, per_step, steps, batch);
    let shape = [steps * batch, channels, height, width];
    let (offset, window) = fire(&values(sums.clone().detach().into_data()), steps, neuron);
    constant(offset, shape, &device) + sums * constant(window, shape, &device)
}

fn constant(data: Vec<f32>, shape: [usize; 4], device: &Device) -> Tensor<4> {
    tensor(data, shape, device)
}

fn running_sums(input: Tensor<4>, per_step: bool, steps: usize, batch: usize) -> Tensor<4> {
    let part = |t: usize| match per_step {
        true => input.clone().narrow(0, t * batch, batch),
        false => input.clone(),
    };
    let mut sums = vec![part(0)];
    for t in 1..steps {
        sums.push(sums[t - 1].clone() + part(t));
    }
    Tensor::cat(sums, 0)
}

/// From running input sums, time outermost: `spike - window * sum`, and the surrogate window's height, which is
/// 1/width inside and 0 outside.
fn fire(sums: &[f32], steps: usize, neuron: &Neuron) -> (Vec<f32>, Vec<f32>) {
    let neurons = sums.len() / steps;
    let half = 0.5 * SURROGATE_WIDTH * neuron.threshold;
    let height = 1.0 / (SURROGATE_WIDTH * neuron.threshold);
    let mut charge = vec![neuron.initial; neurons];
    let mut offset = vec![0.0; sums.len()];
    let mut window = vec![0.0; sums.len()];
    for ((sums, offset), window) in sums.chunks(neurons).zip(offset.chunks_mut(neurons)).zip(window.chunks_mut(neurons))
    {
        for i in 0..neurons {
            // `charge` is the initial membrane less what the resets took so far.
            let membrane = charge[i] + sums[i];
            let spike = f32::from(u8::from(membrane >= neuron.threshold));
            charge[i] -= spike * neuron.threshold;
            window[i] = if (membrane - neuron.threshold).abs() < half { height } else { 0.0 };
            offset[i] = spike - window[i] * sums[i];
        }
    }
    (offset, window)
}

/// Clip to [0, 1], rounded to `levels` equal steps; the gradient is that of the clip alone.
pub(crate) fn quantised_clip(x: Tensor<4>, levels: usize) -> Tensor<4> {
    let clipped = x.clamp(0.0, 1.0);
    let rounded = ((clipped.clone().detach() * levels as f32 + 0.5).floor()) / levels as f32;
    let error = rounded - clipped.clone().detach();
    clipped + error
}

/// Clip to [0, 1], followed by the lossy step of the link if there is one, whose gradient is taken as 1.
pub(crate) fn clip_unit(x: Tensor<4>, lossy: Option<&LossyStep>) -> Tensor<4> {
    let clipped = x.clamp(0.0, 1.0);
    let Some(lossy) = lossy else { return clipped };
    let before = clipped.clone().detach();
    let after = tensor(lossy(&values(before.clone().into_data())), before.dims(), &before.device());
    clipped + (after - before)
}
