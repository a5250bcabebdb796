//! Layers with real-valued input: convolution or matrix product, activation.

use super::convolution::Convolution;
use super::taps::Taps;
use super::{Feature, Real, SpikeTrain};
use crate::network::{Activation, Affine, Shape};
use nalgebra::{DMatrix, DVector}; // the matrix product of fully connected layers

/// A weighted layer with real-valued input. One sample and one step at a time, so that no result depends on what
/// else is computed along with it.
///
/// On CPUs with fused multiply-add a convolution rounds once per term instead of twice: real-valued outputs can differ
/// in their last bits between CPU models, never between runs or numbers of threads on one.
#[derive(Clone, Debug)]
pub(super) enum Dense {
    Convolution(Convolution),
    /// One output position: a convolution would use every weight that it fetches only once too.
    Product(Product),
}

impl Dense {
    /// `weight(output, input, kernel element)` gives the weights.
    pub(super) fn new(
        affine: &Affine,
        taps: &Taps,
        in_channels: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        match taps.outputs() {
            1 => Self::Product(Product::new(affine, taps, in_channels, weight)),
            _ => Self::Convolution(Convolution::new(affine, taps, in_channels, weight)),
        }
    }

    /// The layer's output on all steps of `input`.
    pub(super) fn run(&self, input: &Real, output: Shape) -> Real {
        match self {
            Self::Convolution(convolution) => convolution.run(input, output),
            Self::Product(product) => product.run(input, output),
        }
    }
}

/// A weighted layer with one output position.
#[derive(Clone, Debug)]
pub(super) struct Product {
    /// Output channels x (tap, input channel).
    weight: DMatrix<f32>,
    bias: DVector<f32>,
    /// The input positions read.
    positions: Vec<usize>,
}

impl Product {
    fn new(affine: &Affine, taps: &Taps, in_channels: usize, weight: impl Fn(usize, usize, usize) -> f32) -> Self {
        let taps = taps.window(0);
        let weight = DMatrix::from_fn(affine.bias.len(), taps.len() * in_channels, |o, row| {
            weight(o, row % in_channels, taps[row / in_channels].kernel as usize)
        });
        let positions = taps.iter().map(|tap| tap.position as usize).collect();
        Self { weight, bias: DVector::from_column_slice(&affine.bias), positions }
    }

    fn run(&self, input: &Real, output: Shape) -> Real {
        let channels = input.shape.channels;
        let mut data = Vec::with_capacity(output.len() * input.steps);
        for values in (0..input.steps).map(|step| input.step(step)) {
            let patch = self.positions.iter().flat_map(|&position| &values[position * channels..][..channels]);
            let patch = DVector::from_iterator(self.weight.ncols(), patch.copied());
            let mut sums = self.bias.clone();
            sums.gemv(1.0, &self.weight, &patch, 1.0);
            data.extend_from_slice(sums.as_slice());
        }
        Real { shape: output, steps: input.steps, data }
    }
}

/// Applies `f` to every value; with one level of quantisation the values are spikes.
pub(super) fn activate(input: &Real, f: Activation) -> Feature {
    let data = match f {
        Activation::Quantise { levels: 1 } => return Feature::Spikes(threshold(input)),
        // Known before the loop, so that it is one of vectors.
        Activation::Relu => input.data.iter().map(|&x| Activation::Relu.apply(x)).collect(),
        _ => input.data.iter().map(|&x| f.apply(x)).collect(),
    };
    Feature::Real(Real { shape: input.shape, steps: input.steps, data })
}

impl Activation {
    /// The function of one value.
    #[inline]
    pub(super) fn apply(self, x: f32) -> f32 {
        match self {
            Self::Relu => x.max(0.0),
            Self::Clip { max } => x.max(0.0).min(max),
            Self::Quantise { levels } => (x.clamp(0.0, 1.0) * levels as f32 + 0.5).floor() / levels as f32,
            Self::Round { step, low, high } => (x / step).round_ties_even().clamp(low as f32, high as f32) * step,
            // By `libm`, because that of the system has other last digits on other systems.
            Self::Sigmoid => 1.0 / (1.0 + libm::expf(-x)),
        }
    }
}

/// A spike for every value of a half or more.
fn threshold(input: &Real) -> SpikeTrain {
    let (len, channels) = (input.shape.len(), input.shape.channels);
    let mut train = SpikeTrain::silent(input.shape, input.steps);
    for (i, _) in input.data.iter().enumerate().filter(|&(_, &x)| x >= 0.5) {
        train.fire(i / len, i % len / channels, i % channels);
    }
    train
}
