//! Direct convolution of real-valued feature maps.

use super::Real;
use super::lines::{LANES, Line};
use super::taps::Taps;
use super::vector::{Vector, Vectorised, vectorise};
use crate::network::{Affine, Shape};

/// A weighted layer with many output positions. Each input value is read where it lies, without a copy of the patch that
/// an output position sees.
#[derive(Clone, Debug)]
pub(super) struct Convolution {
    /// `[line][kernel element][input channel]`
    weight: Vec<Line>,
    /// `[line]`
    bias: Vec<Line>,
    /// `[output position][kernel element]`: the input position read, or [`NONE`].
    sources: Vec<u32>,
    kernel: usize,
    in_channels: usize,
}

/// Padding, which is read as zeros.
const NONE: u32 = u32::MAX;

/// Output positions computed side by side: with 16 channels each they take 12 of 16 registers of eight floats, which hides
/// the latency of multiply-add, and every weight that is fetched is used this many times.
const TILE: usize = 6;

impl Convolution {
    /// `weight(output, input, kernel element)` gives the weights.
    pub(super) fn new(
        affine: &Affine,
        taps: &Taps,
        in_channels: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let (outs, kernel) = (affine.bias.len(), taps.kernel);
        let rows = (0..outs).step_by(LANES).flat_map(|o| (0..kernel * in_channels).map(move |row| (o, row)));
        let line = |(first, row): (usize, usize)| {
            let mut line = Line::ZERO;
            for (lane, o) in line.0.iter_mut().zip(first..outs) {
                *lane = weight(o, row % in_channels, row / in_channels);
            }
            line
        };
        let mut sources = vec![NONE; taps.outputs() * kernel];
        for output in 0..taps.outputs() {
            taps.window(output).iter().for_each(|tap| sources[output * kernel + tap.kernel as usize] = tap.position);
        }
        Self {
            weight: rows.map(line).collect(),
            bias: Line::pack(&affine.bias).collect(),
            sources,
            kernel,
            in_channels,
        }
    }

    /// The layer's output on all steps of `input`.
    pub(super) fn run(&self, input: &Real, output: Shape) -> Real {
        let mut result = Real::zeros(output, input.steps);
        vectorise(Pass { layer: self, input, result: &mut result });
        result
    }

    /// The sums of one line of channels at the output positions `tile`, each a slice of `sources`.
    #[inline(always)]
    fn sums<V: Vector>(&self, line: usize, tile: [&[u32]; TILE], values: &[f32], zeros: &[f32]) -> [V; TILE] {
        let channels = self.in_channels;
        // Of one length with the others, so that no index is checked in the loop.
        let zeros = &zeros[..channels];
        let mut sums = [self.bias[line].vector::<V>(); TILE];
        let rows = &self.weight[line * self.kernel * channels..][..self.kernel * channels];
        for (k, rows) in rows.chunks_exact(channels).enumerate() {
            let mut inputs = [zeros; TILE];
            for (input, sources) in inputs.iter_mut().zip(tile) {
                if sources[k] != NONE {
                    *input = &values[sources[k] as usize * channels..][..channels];
                }
            }
            for (c, row) in rows.iter().enumerate() {
                let row = row.vector::<V>();
                for i in 0..TILE {
                    let x = V::splat(inputs[i][c]);
                    sums[i] = sums[i].multiply_add(x, row);
                }
            }
        }
        sums
    }
}

/// A pass over all outputs of all steps.
struct Pass<'a> {
    layer: &'a Convolution,
    input: &'a Real,
    result: &'a mut Real,
}

impl Vectorised for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { layer, input, result } = self;
        let (shape, zeros) = (result.shape, vec![0.0; layer.in_channels]);
        let last = shape.area() - 1;
        for (step, result) in result.data.chunks_exact_mut(shape.len()).enumerate() {
            for line in 0..layer.bias.len() {
                for first in (0..shape.area()).step_by(TILE) {
                    // Beyond the last position it is computed again.
                    let at = |i: usize| (first + i).min(last) * layer.kernel;
                    let mut tile = [&layer.sources[..0]; TILE];
                    for (i, sources) in tile.iter_mut().enumerate() {
                        *sources = &layer.sources[at(i)..][..layer.kernel];
                    }
                    let sums = layer.sums::<V>(line, tile, input.step(step), &zeros);
                    for (position, sums) in (first..=last).zip(sums) {
                        let mut stored = Line::ZERO;
                        stored.set(sums);
                        let kept = &mut result[position * shape.channels..][..shape.channels][line * LANES..];
                        let held = kept.len().min(LANES);
                        stored.store(&mut kept[..held]);
                    }
                }
            }
        }
    }
}
