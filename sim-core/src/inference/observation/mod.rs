//! Statistics of what the layers read in an execution, and what other tools would have counted.
//!
//! [`super::Counts`] say what was executed. Published figures come from tools that count by other rules; to compare
//! with them, an [`Observation`] is made during an execution (it costs a pass over every feature, so only on demand),
//! and [`Tool::count`] applies a tool's rule to it.

mod layer;
mod neurobench;
mod spikingjelly;
mod syops;
mod values;

pub use layer::{LayerObservation, ToolCounts};
pub use values::Values;

use super::executable::Executable;
use super::spike_train::ones;
use super::taps::Taps;
use super::{Execution, Feature, InferenceError};
use crate::network::{Operation, Weights};
use std::ops::Range;
use std::sync::Arc;

/// A tool that counts operations of a network, and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// NeuroBench 2.3.0, `SynapticOperations`.
    NeuroBench,
    /// SpikingJelly 2.0.0, `ACCounter` and `MACCounter`.
    SpikingJelly,
    /// syops 0.0.5.
    Syops,
}

impl Tool {
    /// What the tool counts of a layer, over everything that was observed, as if that had been a single call: all samples
    /// one batch, all steps one sequence. The tools look at the values of that batch to tell spikes from real values.
    ///
    /// Batch normalisation was folded in, so it counts nothing, as in these tools for a network that was folded.
    pub fn count(self, operation: Operation, layer: &LayerObservation) -> ToolCounts {
        match self {
            Self::NeuroBench => neurobench::count(operation, layer),
            Self::SpikingJelly => spikingjelly::count(operation, layer),
            Self::Syops => syops::count(operation, layer),
        }
    }
}

/// What every layer read in one or several executions.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    executable: &'a Executable,
    /// For each weighted layer, how many weights of `[kernel element][input channel]` are not zero.
    nonzero: Arc<[Vec<u64>]>,
    layers: Vec<LayerObservation>,
    steps: usize,
}

impl<'a> Observation<'a> {
    /// Nothing observed yet of `executable`, which was made with `weights` and runs for `steps` steps.
    pub fn new(executable: &'a Executable, weights: &Weights, steps: usize) -> Self {
        let all = 0..executable.network.layers.len();
        let layers = all.clone().map(|i| LayerObservation {
            channels: executable.network.layers[i].output.channels as u64,
            has_bias: weights.layer(i).is_some_and(|affine| affine.has_bias),
            ..LayerObservation::default()
        });
        let nonzero = all.clone().map(|i| nonzero(executable, weights, i)).collect();
        // A network in which nothing changes over time is run once, by any framework.
        let steps = if executable.plans.iter().any(|plan| plan.varies) { steps } else { 1 };
        Self { executable, nonzero, layers: layers.collect(), steps }
    }

    /// What each layer read, in order.
    pub fn layers(&self) -> &[LayerObservation] {
        &self.layers
    }

    /// Runs `layers` on `input` as [`Executable::run`] does, and observes them.
    ///
    /// # Errors
    /// As [`Executable::run`].
    pub fn run(&mut self, layers: Range<usize>, input: &Feature) -> Result<Execution, InferenceError> {
        let executable = self.executable;
        executable.run_observed(layers, input, self.steps, |i, inputs, _| self.observe(i, inputs))
    }

    /// Adds what was observed on other samples of the same network.
    pub fn merge(&mut self, other: Self) {
        self.layers.iter_mut().zip(other.layers).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    /// `inputs` are the layers that layer `i` reads with their outputs; a deferred output is none.
    fn observe(&mut self, i: usize, inputs: &[(usize, Option<&Feature>)]) {
        let (network, steps) = (&self.executable.network, self.steps as u64);
        let values = |&(layer, feature): &(usize, Option<&Feature>)| match feature {
            Some(feature) => Values::from_feature(feature, self.steps),
            None => Values::unknown(network.layers[layer].output.len() as u64 * steps),
        };
        let mut seen = LayerObservation {
            inputs: inputs.iter().map(values).collect(),
            outputs: network.layers[i].output.len() as u64 * steps,
            dense: network.dense_macs(i..i + 1) * steps,
            ..LayerObservation::default()
        };
        if let (Some(taps), Some(feature)) = (self.executable.plans[i].weighted_taps(), inputs[0].1) {
            let outs = (network.layers[i].output.channels / self.executable.groups(i)) as u64;
            let (repeats, nonzero, channels) =
                (steps / feature.steps() as u64, &self.nonzero[i], feature.shape().channels);
            seen.pairs = pairs(feature, taps, |_, _| outs) * repeats;
            seen.effective_pairs =
                pairs(feature, taps, |kernel, channel| nonzero[kernel * channels + channel]) * repeats;
        }
        self.layers[i].merge(seen);
    }
}

/// How many weights of layer `i` from `[kernel element][input channel]` are not zero; empty if it has none.
fn nonzero(executable: &Executable, weights: &Weights, i: usize) -> Vec<u64> {
    let (Some(taps), Some(affine)) = (executable.plans[i].weighted_taps(), weights.layer(i)) else { return vec![] };
    let layer = &executable.network.layers[i];
    let input = executable.network.layers[layer.inputs[0]].output.channels;
    let mut nonzero = vec![0; taps.kernel * input];
    let groups = executable.groups(i);
    let second = affine.weight.data.len() / affine.weight.shape[0] / taps.kernel;
    for (at, _) in affine.weight.data.iter().enumerate().filter(|&(_, &weight)| weight != 0.0) {
        let (first, second, kernel) = (at / taps.kernel / second, at / taps.kernel % second, at % taps.kernel);
        let channel = match layer.operation {
            Operation::ConvTranspose2d(_) => first,
            Operation::Conv2d(conv) => first / (conv.output.channels / groups) * (input / groups) + second,
            _ => second,
        };
        nonzero[kernel * input + channel] += 1;
    }
    nonzero
}

/// The sum of `weights(kernel element, channel)` over every tap of every value that is not zero, over all steps held.
fn pairs(feature: &Feature, taps: &Taps, weights: impl Fn(usize, usize) -> u64) -> u64 {
    let channels = feature.shape().channels;
    let mut sum = 0;
    for step in 0..feature.steps() {
        for tap in (0..taps.outputs()).flat_map(|position| taps.window(position)) {
            let (position, kernel) = (tap.position as usize, tap.kernel as usize);
            match feature {
                Feature::Real(real) => {
                    let values = real.step(step)[position * channels..].iter().take(channels).enumerate();
                    sum += values.filter(|&(_, &value)| value != 0.0).map(|(c, _)| weights(kernel, c)).sum::<u64>();
                }
                // The first plane is where a number is not zero.
                spikes => {
                    let (train, words) = (&spikes.planes()[0], spikes.planes()[0].words());
                    for (w, &word) in train.step(step)[position * words..].iter().take(words).enumerate() {
                        sum += ones(word).map(|bit| weights(kernel, w * 64 + bit)).sum::<u64>();
                    }
                }
            }
        }
    }
    sum
}
