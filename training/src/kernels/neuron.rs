//! Nonlinearities of a sum of maps, with the gradients by which they are trained.

use super::maps::{CHUNKS, Maps};
use super::norm::Affine;
use super::vector::vectorised;
use cospike_sim_core::network::{Fires, Leak, Neuron, Reset};
use rayon::prelude::*;

/// Width of the window around the threshold in which a spike has a gradient (rectangular surrogate of unit area,
/// Wu et al., "Spatio-temporal backpropagation", Front. Neurosci. 2018), in units of the threshold.
pub(crate) const SURROGATE_WIDTH: f32 = 1.0;

/// One of the maps whose sum a nonlinearity reads.
#[derive(Clone, Copy)]
pub(crate) struct Term<'a> {
    pub(crate) maps: &'a Maps,
    /// Affine map of each channel, applied before the sum: a normalisation.
    pub(crate) affine: Option<&'a Affine>,
}

impl Term<'_> {
    /// Writes frame `index` to `sum`, or adds it to `sum`.
    #[inline(always)]
    fn put(&self, index: usize, sum: &mut [f32], add: bool) {
        let values = self.maps.frame(index);
        let channels = self.maps.shape.channels;
        match (self.affine, add) {
            (None, false) => sum.copy_from_slice(values),
            (None, true) => sum.iter_mut().zip(values).for_each(|(s, v)| *s += v),
            (Some(Affine { scale, shift }), _) => {
                for (sum, values) in sum.chunks_exact_mut(channels).zip(values.chunks_exact(channels)) {
                    for (((s, v), a), b) in sum.iter_mut().zip(values).zip(scale).zip(shift) {
                        let value = a.mul_add(*v, *b);
                        *s = if add { *s + value } else { value };
                    }
                }
            }
        }
    }
}

/// Writes the sum of all terms for one sample and step.
#[inline(always)]
fn put_all(terms: &[Term], samples: usize, step: usize, sample: usize, sum: &mut [f32]) {
    for (number, term) in terms.iter().enumerate() {
        // Maps that are constant over time have the frames of one step only.
        let frame = if term.maps.frames == samples { sample } else { step * samples + sample };
        term.put(frame, sum, number > 0);
    }
}

/// Writes the sum of `terms` to `output`, whose frames are those of the term that has most.
pub(crate) fn total(samples: usize, terms: &[Term], output: &mut Maps) {
    let len = output.shape.len();
    each_sample(
        samples,
        len,
        &mut output.data,
        #[inline(always)]
        |sample, output| {
            for (step, output) in output.iter_mut().enumerate() {
                put_all(terms, samples, step, sample, output);
            }
        },
    );
}

/// A nonlinearity, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    /// `max(x, 0)`.
    Relu,
    /// `x` clipped to [0, max].
    Clip(f32),
    /// `x` clipped to [0, 1] and rounded to this many equal steps (QCFS, Bu et al., ICLR 2022); the gradient is that of
    /// the clip alone.
    Quantise(usize),
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// A spiking neuron over this many time steps. The gradient does not flow through the reset.
    Spike(Neuron, usize),
}

impl Function {
    /// Number of frames of the function's output on `terms`.
    pub(crate) fn frames(self, samples: usize, terms: &[Term]) -> usize {
        match self {
            Self::Spike(_, steps) => samples * steps,
            _ => terms.iter().map(|t| t.maps.frames).max().unwrap_or(samples),
        }
    }

    /// Writes the function of the sum of `terms` to `output`.
    pub(crate) fn forward(self, samples: usize, terms: &[Term], output: &mut Maps) {
        let steps = output.frames / samples;
        let len = output.shape.len();
        each_sample(
            samples,
            len,
            &mut output.data,
            #[inline(always)]
            |sample, output| {
                if let Self::Spike(neuron, _) = self {
                    return Update::new(&neuron).fire(
                        output,
                        len,
                        #[inline(always)]
                        |step, sum| put_all(terms, samples, step, sample, sum),
                    );
                }
                for (step, output) in output.iter_mut().enumerate().take(steps) {
                    put_all(terms, samples, step, sample, output);
                    match self {
                        Self::Relu => output.iter_mut().for_each(|v| *v = v.max(0.0)),
                        Self::Clip(max) => output.iter_mut().for_each(|v| *v = v.clamp(0.0, max)),
                        Self::Quantise(levels) => {
                            let levels = levels as f32;
                            output.iter_mut().for_each(|v| *v = (v.clamp(0.0, 1.0) * levels + 0.5).floor() / levels);
                        }
                        Self::Sigmoid => output.iter_mut().for_each(|v| *v = sigmoid(*v)),
                        Self::Spike(..) => unreachable!("done above"),
                    }
                }
            },
        );
    }

    /// Turns `gradient` from that of the output into that of the sum of `terms`.
    pub(crate) fn backward(self, samples: usize, terms: &[Term], gradient: &mut Maps) {
        let len = gradient.shape.len();
        each_sample(
            samples,
            len,
            &mut gradient.data,
            #[inline(always)]
            |sample, gradient| {
                if let Self::Spike(neuron, _) = self {
                    return Update::new(&neuron).blame(
                        gradient,
                        len,
                        #[inline(always)]
                        |step, sum| put_all(terms, samples, step, sample, sum),
                    );
                }
                let mut sum = vec![0.0; len];
                for (step, gradient) in gradient.iter_mut().enumerate() {
                    put_all(terms, samples, step, sample, &mut sum);
                    if self == Self::Sigmoid {
                        let slope = |x: f32| sigmoid(x) * (1.0 - sigmoid(x));
                        gradient.iter_mut().zip(&sum).for_each(|(g, x)| *g *= slope(*x));
                        continue;
                    }
                    let top = match self {
                        Self::Relu => f32::INFINITY,
                        Self::Clip(max) => max,
                        _ => 1.0,
                    };
                    for (g, x) in gradient.iter_mut().zip(&sum) {
                        *g = if *x > 0.0 && *x < top { *g } else { 0.0 };
                    }
                }
            },
        );
    }
}

/// As the inference computes it.
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}

/// Calls `work` with every sample and its frames of `data`, one per step.
fn each_sample(samples: usize, len: usize, data: &mut [f32], work: impl Fn(usize, &mut [&mut [f32]]) + Sync) {
    let mut frames: Vec<Vec<&mut [f32]>> = (0..samples).map(|_| vec![]).collect();
    for step in data.chunks_exact_mut(samples * len) {
        for (sample, frame) in step.chunks_exact_mut(len).enumerate() {
            frames[sample].push(frame);
        }
    }
    let chunk = samples.div_ceil(CHUNKS).max(1);
    frames.par_chunks_mut(chunk).enumerate().for_each(|(number, frames)| {
        for (i, frames) in frames.iter_mut().enumerate() {
            vectorised(
                #[inline(always)]
                || work(number * chunk + i, frames),
            );
        }
    });
}

/// One step of a neuron with membrane `v` and input `x`: `h = keep * v + gain * x + rest`, a spike if `h >= level`, then the reset.
#[derive(Clone, Copy)]
pub(crate) struct Update {
    pub(crate) keep: f32,
    pub(crate) gain: f32,
    pub(crate) rest: f32,
    /// The threshold, or the next number above it if the neuron fires above its threshold only.
    level: f32,
    neuron: Neuron,
}

impl Update {
    /// The update of `neuron`, whose leak must be fixed.
    pub(crate) fn new(neuron: &Neuron) -> Self {
        let neuron = *neuron;
        let rest = match neuron.reset {
            Reset::Hard(value) => value,
            Reset::Soft => 0.0,
        };
        let share = match neuron.leak {
            // `pass::check` refused the learned leak.
            Leak::None | Leak::Learned => None,
            Leak::Tau(tau) => Some(1.0 / tau),
            Leak::Share(share) => Some(share),
        };
        let level = match neuron.fires {
            Fires::From => neuron.threshold,
            Fires::Above => neuron.threshold.next_up(),
        };
        match share {
            None => Self { keep: 1.0, gain: 1.0, rest: 0.0, level, neuron },
            Some(share) => {
                let gain = if neuron.decay_input { share } else { 1.0 };
                Self { keep: 1.0 - share, gain, rest: rest * share, level, neuron }
            }
        }
    }

    /// Membrane before the reset.
    #[inline(always)]
    fn charge(&self, membrane: f32, input: f32) -> f32 {
        self.keep * membrane + self.gain * input + self.rest
    }

    /// Membrane after the reset, given the membrane that fired.
    #[inline(always)]
    fn after_spike(&self, membrane: f32) -> f32 {
        match self.neuron.reset {
            Reset::Hard(value) => value,
            Reset::Soft => membrane - self.neuron.threshold,
        }
    }

    /// Writes the spikes of one sample's neurons to `output`, a frame per step; `input` writes the input of a step.
    #[inline(always)]
    fn fire(&self, output: &mut [&mut [f32]], len: usize, input: impl Fn(usize, &mut [f32])) {
        let mut membranes = vec![self.neuron.initial; len];
        for (step, output) in output.iter_mut().enumerate() {
            input(step, output);
            for (v, x) in membranes.iter_mut().zip(output.iter_mut()) {
                let h = self.charge(*v, *x);
                let fires = h >= self.level;
                *v = if fires { self.after_spike(h) } else { h };
                *x = if fires { 1.0 } else { 0.0 };
            }
        }
    }

    /// Turns `gradient` from that of one sample's spikes into that of its input.
    #[inline(always)]
    fn blame(&self, gradient: &mut [&mut [f32]], len: usize, input: impl Fn(usize, &mut [f32])) {
        let half = 0.5 * SURROGATE_WIDTH * self.neuron.threshold;
        let height = 1.0 / (SURROGATE_WIDTH * self.neuron.threshold);
        let hard = matches!(self.neuron.reset, Reset::Hard(_));
        let mut membranes = vec![self.neuron.initial; len];
        let mut kept = vec![0.0; if hard { gradient.len() * len } else { 0 }];
        let mut sum = vec![0.0; len];
        for (step, gradient) in gradient.iter_mut().enumerate() {
            input(step, &mut sum);
            if hard {
                // A hard reset overwrites the membrane, so that no gradient passes to earlier steps.
                for ((kept, v), x) in kept[step * len..][..len].iter_mut().zip(&membranes).zip(&sum) {
                    *kept = if self.charge(*v, *x) >= self.level { 0.0 } else { 1.0 };
                }
            }
            for ((v, x), g) in membranes.iter_mut().zip(&sum).zip(gradient.iter_mut()) {
                let h = self.charge(*v, *x);
                let fires = h >= self.level;
                *v = if fires { self.after_spike(h) } else { h };
                *g *= if (h - self.neuron.threshold).abs() < half { height } else { 0.0 };
            }
        }
        let mut later = vec![0.0; len];
        for (step, gradient) in gradient.iter_mut().enumerate().rev() {
            for (i, (g, later)) in gradient.iter_mut().zip(&mut later).enumerate() {
                let keep = if hard { self.keep * kept[step * len + i] } else { self.keep };
                *later = keep * *later + *g;
                *g = self.gain * *later;
            }
        }
    }
}
