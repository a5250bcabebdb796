//! The event-driven kernel: currents gathered from set bits, and neurons updated on the spot.
//!
//! For a block of output channels at one output position, everything happens in registers: the rows of weights
//! that the spikes of the receptive field select are added up, and the membranes take that current, over all T steps
//! in turn. Neither currents nor membranes of a convolution that feeds a neuron ever reach memory. There is no dense
//! fall-back: work is proportional to spikes.

use super::dense::ones;
use super::grouped::Grouped;
use super::taps::Taps;
use super::{Real, SpikeTrain};
use crate::network::{Affine, Leak, Neuron, Reset, Shape};

/// Weights of a layer with binary input: for every block of output channels, kernel element and input channel, a row
/// of one weight per output channel.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// `[block][kernel element][input channel][lane]`, zero beyond the last output channel.
    weight: Vec<f32>,
    /// `[block][lane]`, likewise.
    bias: Vec<f32>,
    /// Rows per block.
    per_block: usize,
    in_channels: usize,
}

impl Rows {
    /// `weight(output, input, kernel element)` gives the weights.
    pub(super) fn new(
        affine: &Affine,
        taps: &Taps,
        in_channels: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let outs = affine.bias.len();
        let (lanes, per_block) = (lanes(outs), taps.kernel * in_channels);
        let padded = outs.next_multiple_of(lanes);
        let mut rows = vec![0.0; padded * per_block];
        for (o, i) in (0..outs).flat_map(|o| (0..in_channels).map(move |i| (o, i))) {
            for k in 0..taps.kernel {
                rows[(o / lanes * per_block + k * in_channels + i) * lanes + o % lanes] = weight(o, i, k);
            }
        }
        let mut bias = affine.bias.clone();
        bias.resize(padded, 0.0);
        Self { weight: rows, bias, per_block, in_channels }
    }
}

/// Output channels that one pass holds in registers: the smallest supported block for `channels`.
fn lanes(channels: usize) -> usize {
    match channels {
        0..=8 => 8,
        9..=16 => 16,
        17..=32 => 32,
        _ => 64,
    }
}

/// One addend of the current into a layer's outputs.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// Weighted spikes, all planes of them.
    Weighted { rows: &'a Rows, taps: &'a Taps, planes: &'a [SpikeTrain] },
    /// The same through a grouped convolution.
    Grouped { weights: &'a Grouped, taps: &'a Taps, planes: &'a [SpikeTrain] },
    /// The spikes themselves, as ones, of every step or of the only one.
    Spikes(&'a SpikeTrain),
    /// Real values, of every step or of the only one.
    Real(&'a Real),
}

impl Source<'_> {
    /// The current into the channels of `block` at `position` in `step`; lanes beyond the last channel are unused.
    #[inline(always)]
    fn current<const LANES: usize>(&self, block: usize, position: usize, step: usize) -> [f32; LANES] {
        match self {
            Self::Weighted { rows, taps, planes } => {
                let all: &[[f32; LANES]] = rows.weight.as_chunks().0;
                let block_rows = &all[block * rows.per_block..(block + 1) * rows.per_block];
                let mut sum = rows.bias.as_chunks().0[block];
                for spikes in *planes {
                    let (words, bits) = (spikes.words(), spikes.step(step));
                    for tap in taps.of(position) {
                        let first_row = tap.kernel as usize * rows.in_channels;
                        let at = tap.position as usize * words;
                        for (w, &word) in bits[at..at + words].iter().enumerate() {
                            for channel in ones(word) {
                                let row = &block_rows[first_row + w * 64 + channel];
                                for lane in 0..LANES {
                                    sum[lane] += row[lane];
                                }
                            }
                        }
                    }
                }
                sum
            }
            Self::Grouped { weights, taps, planes } => weights.current(taps, planes, (block, position, step)),
            // Blocks narrower than a word are the only one of their layer.
            Self::Spikes(train) => {
                let word = train.step(step.min(train.steps() - 1))[position * train.words() + block];
                std::array::from_fn(|lane| (word >> lane & 1) as f32)
            }
            Self::Real(real) => {
                let values = real.step(step.min(real.steps - 1));
                let first = position * real.shape.channels + block * LANES;
                let held = (real.shape.channels - block * LANES).min(LANES);
                let mut current = [0.0; LANES];
                current[..held].copy_from_slice(&values[first..first + held]);
                current
            }
        }
    }
}

/// The sum of all sources, in their order.
#[inline(always)]
fn total<const LANES: usize>(sources: &[Source], block: usize, position: usize, step: usize) -> [f32; LANES] {
    let Some((first, others)) = sources.split_first() else { return [0.0; LANES] };
    let mut sum = first.current(block, position, step);
    for source in others {
        let more = source.current::<LANES>(block, position, step);
        for lane in 0..LANES {
            sum[lane] += more[lane];
        }
    }
    sum
}

/// Charges the membranes `v` with `x` and returns who fires, as bits; see [`Neuron`] for the equations.
#[inline(always)]
fn charge<const LANES: usize>(neuron: &Neuron, v: &mut [f32; LANES], x: &[f32; LANES]) -> u64 {
    let rest = match neuron.reset {
        Reset::Hard(value) => value,
        Reset::Soft => 0.0,
    };
    for (v, &x) in v.iter_mut().zip(x) {
        *v = match neuron.leak {
            Leak::Tau(tau) if neuron.decay_input => *v + (x - (*v - rest)) / tau,
            Leak::Tau(tau) => *v - (*v - rest) / tau + x,
            Leak::Share(share) if neuron.decay_input => *v + (x - (*v - rest)) * share,
            Leak::Share(share) => *v - (*v - rest) * share + x,
            // `Executable` knows what was learned, and has put the share in its place.
            Leak::None | Leak::Learned => *v + x,
        };
    }
    // The same operations for every lane, so that the compiler keeps whole vectors.
    let mut bits = [0_u32; LANES];
    for ((lane, v), bit) in v.iter_mut().enumerate().zip(&mut bits) {
        let fires = *v >= neuron.threshold;
        *bit = if fires { 1 << (lane % 32) } else { 0 };
        let after = match neuron.reset {
            Reset::Hard(value) => value,
            Reset::Soft => *v - neuron.threshold,
        };
        *v = if fires { after } else { *v };
    }
    let half = |lanes: &[u32]| u64::from(lanes.iter().fold(0, |fired, bit| fired | bit));
    bits.chunks(32).rev().fold(0, |fired, lanes| fired << 32 | half(lanes))
}

/// What a pass does with the currents.
trait Pass {
    /// Visits `block` of `position`.
    fn visit<const LANES: usize>(&mut self, sources: &[Source], block: usize, position: usize);

    /// Shape of the output.
    fn shape(&self) -> Shape;
}

/// Feeds neurons.
struct Fire<'a> {
    neuron: &'a Neuron,
    spikes: SpikeTrain,
}

impl Pass for Fire<'_> {
    #[inline(always)]
    fn visit<const LANES: usize>(&mut self, sources: &[Source], block: usize, position: usize) {
        let held = (self.spikes.shape().channels - block * LANES).min(LANES);
        let real_lanes = u64::MAX >> (64 - held);
        let mut v = [self.neuron.initial; LANES];
        for step in 0..self.spikes.steps() {
            let x = total::<LANES>(sources, block, position, step);
            let fired = charge(self.neuron, &mut v, &x) & real_lanes;
            self.spikes.set_word(step, position, block, fired);
        }
    }

    fn shape(&self) -> Shape {
        self.spikes.shape()
    }
}

/// Keeps the currents.
struct Keep {
    sums: Real,
}

impl Pass for Keep {
    #[inline(always)]
    fn visit<const LANES: usize>(&mut self, sources: &[Source], block: usize, position: usize) {
        let (len, channels) = (self.sums.shape.len(), self.sums.shape.channels);
        let held = (channels - block * LANES).min(LANES);
        for step in 0..self.sums.steps {
            let x = total::<LANES>(sources, block, position, step);
            let first = step * len + position * channels + block * LANES;
            self.sums.data[first..first + held].copy_from_slice(&x[..held]);
        }
    }

    fn shape(&self) -> Shape {
        self.sums.shape
    }
}

/// The spikes of `neuron`s of `shape` over `steps` steps, fed with the sum of `sources`.
pub(super) fn fire(sources: &[Source], neuron: &Neuron, shape: Shape, steps: usize) -> SpikeTrain {
    let mut pass = Fire { neuron, spikes: SpikeTrain::silent(shape, steps) };
    run(&mut pass, sources);
    pass.spikes
}

/// The sum of `sources` for every step.
pub(super) fn sum(sources: &[Source], shape: Shape, steps: usize) -> Real {
    let mut pass = Keep { sums: Real::zeros(shape, steps) };
    run(&mut pass, sources);
    pass.sums
}

fn run(pass: &mut impl Pass, sources: &[Source]) {
    match lanes(pass.shape().channels) {
        8 => run_wide::<8>(pass, sources),
        16 => run_wide::<16>(pass, sources),
        32 => run_wide::<32>(pass, sources),
        _ => run_wide::<64>(pass, sources),
    }
}

fn run_wide<const LANES: usize>(pass: &mut impl Pass, sources: &[Source]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("bmi1") {
        // SAFETY: the CPU has just said that it knows these instructions.
        return unsafe { run_avx2::<LANES>(pass, sources) };
    }
    run_portable::<LANES>(pass, sources);
}

/// The same code for wider registers; without fused multiply-add, so the results are the same to the bit.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn run_avx2<const LANES: usize>(pass: &mut impl Pass, sources: &[Source]) {
    run_portable::<LANES>(pass, sources);
}

#[inline(always)]
fn run_portable<const LANES: usize>(pass: &mut impl Pass, sources: &[Source]) {
    let shape = pass.shape();
    for block in 0..shape.channels.div_ceil(LANES) {
        for position in 0..shape.area() {
            pass.visit::<LANES>(sources, block, position);
        }
    }
}
