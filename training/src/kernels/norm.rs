//! Batch normalisation (Ioffe and Szegedy, ICML 2015), as an affine map per channel that the reader of the values applies.

use super::maps::Maps;
use super::vector::vectorised;
use rayon::prelude::*;

/// The affine map `scale * x + shift` of every channel.
#[derive(Clone, Debug)]
pub(crate) struct Affine {
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

/// Mean and variance of every channel over a batch.
#[derive(Clone, Debug)]
pub(crate) struct BatchStatistics {
    pub(crate) mean: Vec<f64>,
    pub(crate) variance: Vec<f64>,
    /// Number of values per channel.
    pub(crate) count: usize,
}

/// Two sums over all positions of a batch, by channel; see [`ChannelSums::new`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChannelSums {
    pub(crate) first: Vec<f64>,
    pub(crate) second: Vec<f64>,
}

impl BatchStatistics {
    /// Statistics of `maps`.
    pub(crate) fn new(maps: &Maps) -> Self {
        let count = maps.frames * maps.shape.area();
        let sums = ChannelSums::new(maps, maps);
        let mean: Vec<f64> = sums.first.iter().map(|s| s / count as f64).collect();
        let spread = |(square, mean): (&f64, &f64)| (square / count as f64 - mean * mean).max(0.0);
        let variance = sums.second.iter().zip(&mean).map(spread).collect();
        Self { mean, variance, count }
    }
}

impl ChannelSums {
    /// Sums of `a` (`first`) and of `a * b` (`second`): in single precision over stretches of [`FRAME_POSITIONS`] positions,
    /// in double precision over the stretches.
    pub(crate) fn new(a: &Maps, b: &Maps) -> Self {
        let channels = a.shape.channels;
        let chunks = a.data.par_chunks(a.chunk()).zip(b.data.par_chunks(a.chunk()));
        let parts: Vec<Self> = chunks
            .map(|(a, b)| {
                let mut sums = Self { first: vec![0.0; channels], second: vec![0.0; channels] };
                vectorised(
                    #[inline(always)]
                    || sums.add_frames(a, b, b.len().min(channels * FRAME_POSITIONS)),
                );
                sums
            })
            .collect();
        let total = |sums: fn(&Self) -> &[f64]| (0..channels).map(|c| parts.iter().map(|p| sums(p)[c]).sum()).collect();
        Self { first: total(|p| &p.first), second: total(|p| &p.second) }
    }

    #[inline(always)]
    fn add_frames(&mut self, a: &[f32], b: &[f32], stretch: usize) {
        let channels = self.first.len();
        // Several short rows are summed side by side: a row of one channel would leave vector registers almost empty.
        let row = channels * LANES_OF_ROWS / gcd(channels, LANES_OF_ROWS);
        let (mut first, mut second) = (vec![0.0_f32; row], vec![0.0_f32; row]);
        for (a, b) in a.chunks(stretch.next_multiple_of(row)).zip(b.chunks(stretch.next_multiple_of(row))) {
            first.fill(0.0);
            second.fill(0.0);
            for (a, b) in a.chunks(row).zip(b.chunks(row)) {
                for (((first, second), a), b) in first.iter_mut().zip(&mut second).zip(a).zip(b) {
                    *first += a;
                    *second = a.mul_add(*b, *second);
                }
            }
            for (i, (first, second)) in first.iter().zip(&second).enumerate() {
                self.first[i % channels] += f64::from(*first);
                self.second[i % channels] += f64::from(*second);
            }
        }
    }
}

/// Number of positions that are summed in single precision before the sum is added in double precision.
const FRAME_POSITIONS: usize = 128;
/// Number of which the length of a row of sums is a multiple: two vectors of eight values.
const LANES_OF_ROWS: usize = 16;

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Gradient of the input of a normalisation, given the gradient `g` of its output and its input `z`:
/// `by_gradient * g + by_value * z + constant` for every channel.
#[derive(Clone, Debug)]
pub(crate) struct NormGradient {
    by_gradient: Vec<f32>,
    by_value: Vec<f32>,
    constant: Vec<f32>,
}

impl NormGradient {
    /// Gradient of a normalisation by fixed statistics.
    pub(crate) fn frozen(scale: &[f32]) -> Self {
        let zero = vec![0.0; scale.len()];
        Self { by_gradient: scale.to_vec(), by_value: zero.clone(), constant: zero }
    }

    /// Gradient of a normalisation by the statistics of the batch, with the gradients of gain and shift. `sums` are those
    /// of the output's gradient and of that gradient times the input.
    ///
    /// With `x = (z - mean) / deviation`: `dz = scale (g - mean(g) - x mean(g x))` (Ioffe and Szegedy 2015, section 3).
    pub(crate) fn learned(
        scale: &[f32],
        batch: &BatchStatistics,
        epsilon: f64,
        sums: &ChannelSums,
    ) -> (Self, Vec<f32>, Vec<f32>) {
        let mut found = Self { by_gradient: scale.to_vec(), by_value: vec![], constant: vec![] };
        let (mut gain, mut shift) = (vec![], vec![]);
        for (c, &scale) in scale.iter().enumerate() {
            let inverse = 1.0 / (batch.variance[c] + epsilon).sqrt();
            let with_x = (sums.second[c] - batch.mean[c] * sums.first[c]) * inverse;
            let (mean_g, mean_gx) = (sums.first[c] / batch.count as f64, with_x / batch.count as f64);
            let by_value = -f64::from(scale) * mean_gx * inverse;
            found.by_value.push(by_value as f32);
            found.constant.push((-f64::from(scale) * mean_g - by_value * batch.mean[c]) as f32);
            gain.push(with_x as f32);
            shift.push(sums.first[c] as f32);
        }
        (found, gain, shift)
    }

    /// Replaces `values`, the input of the normalisation, by their gradient, given `gradient`, that of the output.
    pub(crate) fn apply(&self, values: &mut Maps, gradient: &Maps) {
        let (chunk, channels) = (values.chunk(), values.shape.channels);
        values.data.par_chunks_mut(chunk).zip(gradient.data.par_chunks(chunk)).for_each(|(values, gradient)| {
            vectorised(
                #[inline(always)]
                || {
                    for (values, gradient) in values.chunks_exact_mut(channels).zip(gradient.chunks_exact(channels)) {
                        let factors = self.by_gradient.iter().zip(&self.by_value).zip(&self.constant);
                        for ((z, g), ((p, q), r)) in values.iter_mut().zip(gradient).zip(factors) {
                            *z = p.mul_add(*g, q.mul_add(*z, *r));
                        }
                    }
                },
            );
        });
    }
}
