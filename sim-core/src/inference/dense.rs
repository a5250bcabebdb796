//! Layers with real-valued input: im2col and matrix product, activation.

use super::taps::Taps;
use super::{Feature, Real, SpikeTrain};
use crate::network::{Activation, Affine, Shape};
// Its matrix product packs and blocks for the caches and picks the CPU's vector width at run time.
use nalgebra::{DMatrixView, DMatrixViewMut};

/// A weighted layer with real-valued input. One sample and one step at a time, so that no result depends on what
/// else is computed along with it.
///
/// On CPUs with fused multiply-add the product rounds once per term instead of twice: real-valued outputs can differ
/// in their last bits between CPU models, never between runs or numbers of threads on one.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    /// `[kernel element][input channel][output channel]`: as a column-major matrix, output channels x patch.
    weight: Vec<f32>,
    bias: Vec<f32>,
    in_channels: usize,
}

impl Dense {
    /// `weight(output, input, kernel element)` gives the weights.
    pub(super) fn new(
        affine: &Affine,
        taps: &Taps,
        in_channels: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let outs = affine.bias.len();
        let rows = (0..taps.kernel).flat_map(|k| (0..in_channels).map(move |i| (k, i)));
        let weight = rows.flat_map(|(k, i)| (0..outs).map(move |o| (o, i, k))).map(|(o, i, k)| weight(o, i, k));
        Self { weight: weight.collect(), bias: affine.bias.clone(), in_channels }
    }

    /// The layer's output on all steps of `input`; `patches` is scratch space.
    pub(super) fn run(&self, taps: &Taps, input: &Real, output: Shape, patches: &mut Vec<f32>) -> Real {
        let (patch, positions) = (taps.kernel * self.in_channels, taps.outputs());
        let mut result = Real { shape: output, steps: input.steps, data: self.bias.repeat(positions * input.steps) };
        let weight = DMatrixView::from_slice(&self.weight, self.bias.len(), patch);
        for (step, sums) in result.data.chunks_exact_mut(output.len()).enumerate() {
            self.gather(taps, input.step(step), patches);
            let patches = DMatrixView::from_slice(patches, patch, positions);
            DMatrixViewMut::from_slice(sums, self.bias.len(), positions).gemm(1.0, &weight, &patches, 1.0);
        }
        result
    }

    /// The input patch of every output position, one after the other, zero where there is no tap.
    fn gather(&self, taps: &Taps, values: &[f32], patches: &mut Vec<f32>) {
        let channels = self.in_channels;
        patches.clear();
        patches.resize(taps.outputs() * taps.kernel * channels, 0.0);
        for (position, patch) in patches.chunks_exact_mut(taps.kernel * channels).enumerate() {
            for tap in taps.of(position) {
                let (to, from) = (tap.kernel as usize * channels, tap.position as usize * channels);
                patch[to..to + channels].copy_from_slice(&values[from..from + channels]);
            }
        }
    }
}

/// Applies `f` to every value; with one level of quantisation the values are spikes.
pub(super) fn activate(input: &Real, f: Activation) -> Feature {
    let apply = |x: f32| match f {
        Activation::Relu => x.max(0.0),
        Activation::Clip { max } => x.max(0.0).min(max),
        Activation::Quantise { levels } => (x.clamp(0.0, 1.0) * levels as f32 + 0.5).floor() / levels as f32,
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
    };
    let data = match f {
        Activation::Quantise { levels: 1 } => return Feature::Spikes(threshold(input)),
        _ => input.data.iter().map(|&x| apply(x)).collect(),
    };
    Feature::Real(Real { shape: input.shape, steps: input.steps, data })
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

/// Positions of the set bits, lowest first.
#[inline(always)]
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        (word != 0).then(|| {
            word &= word - 1;
            bit
        })
    })
}
