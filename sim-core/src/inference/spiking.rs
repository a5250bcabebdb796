//! The event-driven kernel: every spike adds rows of weights to the currents that it reaches, and neurons take these
//! on the spot.
//!
//! The output is computed in bands of rows, small enough that currents and membranes stay in the nearer caches, and
//! a band over all T steps in turn; neither currents nor membranes of a convolution that feeds a neuron are kept. Within
//! a step, the spikes of the input are walked once, in order, and each adds what it contributes to a run of
//! neighbouring outputs at a time. So every sum is in the order of the kernel, as if gathered. There is no dense
//! fall-back: work is proportional to spikes. Grouped and depthwise convolutions bring currents of their own.

use super::depthwise::Depthwise;
use super::grouped::Grouped;
use super::lines::{LANES, Line, fill};
use super::membrane::charge;
use super::reach::Reach;
use super::taps::Taps;
use super::vector::{Vector, Vectorised, WIDTH, vectorise};
use super::{Real, SpikeTrain};
use crate::network::{Affine, Neuron, Shape};
use std::ops::Range;

/// Weights of a layer with binary input: for every input channel and kernel element, a row of one weight per output
/// channel.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// `[input channel][place][line]`, places as of `reach`.
    weight: Vec<Line>,
    /// `[line]`
    bias: Vec<Line>,
    reach: Reach,
}

impl Rows {
    /// `weight(output, input, kernel element)` gives the weights.
    pub(super) fn new(
        affine: &Affine,
        taps: &Taps,
        in_channels: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let reach = Reach::new(taps);
        let outs = affine.bias.len();
        let mut rows = Vec::with_capacity(in_channels * taps.kernel * Line::count(outs));
        for (i, k) in (0..in_channels).flat_map(|i| reach.elements().map(move |k| (i, k))) {
            let row: Vec<f32> = (0..outs).map(|o| weight(o, i, k)).collect();
            rows.extend(Line::of(&row));
        }
        Self { weight: rows, bias: Line::of(&affine.bias).collect(), reach }
    }

    /// The currents that the spikes of all `planes` make into `band` in `step`.
    fn currents(&self, planes: &[SpikeTrain], band: &Range<usize>, step: usize, sums: &mut [Line]) {
        fill(sums, &self.bias);
        for plane in planes {
            let (bits, words) = (plane.step(step), plane.words());
            vectorise(Scatter { rows: self, bits, words, band: band.clone(), sums });
        }
    }
}

/// Adds the rows of weights of a step's spikes to the outputs that they reach.
struct Scatter<'a> {
    rows: &'a Rows,
    /// Spikes, so many `words` to each input position.
    bits: &'a [u64],
    words: usize,
    /// The output positions that `sums` are.
    band: Range<usize>,
    sums: &'a mut [Line],
}

impl Vectorised for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { rows: Rows { weight, bias, reach }, bits, words, band, sums } = self;
        let lines = bias.len();
        let kernel_row = reach.columns.elements.len() * lines;
        let stride = reach.rows.elements.len() * kernel_row;
        let band_rows = band.start / reach.output_width..band.end / reach.output_width;
        let mut targets = vec![];
        for (y, row) in bits.chunks_exact(reach.input_width * words).enumerate() {
            targets.clear();
            for run in reach.rows.of(y) {
                for i in 0..run.len {
                    if band_rows.contains(&(run.output + i)) {
                        let output = (run.output + i - band_rows.start) * reach.output_width * lines;
                        targets.push(Target { output, weight: (run.place + i) * kernel_row });
                    }
                }
            }
            if targets.is_empty() {
                continue;
            }
            for (chunk, bits) in row.chunks(64).enumerate() {
                let mut busy = nonzero(bits);
                while busy != 0 {
                    let i = busy.trailing_zeros() as usize;
                    busy &= busy - 1;
                    let at = chunk * 64 + i;
                    let (x, word) = if words == 1 { (at, 0) } else { (at / words, at % words) };
                    for run in reach.columns.of(x) {
                        let weight = &weight[word * 64 * stride + run.place * lines..];
                        let spikes = Spikes { bits: bits[i], weight, stride, targets: &targets };
                        spikes.add_run::<V>(run.len * lines, &mut sums[run.output * lines..]);
                    }
                }
            }
        }
    }
}

/// Which of up to 64 `words` are not zero. Without a branch, because the CPU would guess every other one wrong.
#[inline(always)]
fn nonzero(words: &[u64]) -> u64 {
    let mut bits = 0;
    for (i, &word) in words.iter().enumerate() {
        bits |= u64::from(word != 0) << i;
    }
    bits
}

/// A row of the output, and the kernel row that leads there, as where they begin.
struct Target {
    output: usize,
    weight: usize,
}

/// Spikes of one position and what they add to neighbouring columns.
struct Spikes<'a> {
    bits: u64,
    /// The lines of the first bit's channel, the next channel's `stride` behind.
    weight: &'a [Line],
    stride: usize,
    targets: &'a [Target],
}

impl Spikes<'_> {
    /// Adds `len` lines per target.
    #[inline(always)]
    fn add_run<V: Vector>(&self, len: usize, sums: &mut [Line]) {
        match len {
            // Three columns of 16, 32 and 64 channels.
            3 => self.add::<V, 3>(0, sums),
            6 => self.add::<V, 6>(0, sums),
            12 => self.add::<V, 12>(0, sums),
            _ => {
                let mut done = 0;
                while done + 4 <= len {
                    self.add::<V, 4>(done, sums);
                    done += 4;
                }
                if done + 2 <= len {
                    self.add::<V, 2>(done, sums);
                    done += 2;
                }
                if done < len {
                    self.add::<V, 1>(done, sums);
                }
            }
        }
    }

    /// Adds `LEN` lines per target, from line `first` on.
    #[inline(always)]
    fn add<V: Vector, const LEN: usize>(&self, first: usize, sums: &mut [Line]) {
        let mut bits = self.bits;
        while bits != 0 {
            let one = &self.weight[bits.trailing_zeros() as usize * self.stride + first..];
            bits &= bits - 1;
            if bits == 0 {
                for target in self.targets {
                    add_lines::<V, 1, LEN>(&mut sums[target.output + first..], [&one[target.weight..]]);
                }
                return;
            }
            // Two at a time halve the traffic of the sums.
            let two = &self.weight[bits.trailing_zeros() as usize * self.stride + first..];
            bits &= bits - 1;
            for target in self.targets {
                let rows = [&one[target.weight..], &two[target.weight..]];
                add_lines::<V, 2, LEN>(&mut sums[target.output + first..], rows);
            }
        }
    }
}

/// Adds the first `LEN` lines of each row, one row after the other, to those of `sums`.
#[inline(always)]
fn add_lines<V: Vector, const N: usize, const LEN: usize>(sums: &mut [Line], rows: [&[Line]; N]) {
    let sums = &mut sums[..LEN];
    let mut whole = rows;
    for row in &mut whole {
        *row = &row[..LEN];
    }
    for i in 0..LEN {
        let [mut low, mut high] = sums[i].vectors::<V>();
        for row in whole {
            let [a, b] = row[i].vectors();
            (low, high) = (low.add(a), high.add(b));
        }
        sums[i].set([low, high]);
    }
}

/// One addend of the current into a layer's outputs.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// Weighted spikes, all planes of them.
    Weighted { rows: &'a Rows, planes: &'a [SpikeTrain] },
    /// The same through a grouped convolution.
    Grouped { weights: &'a Grouped, planes: &'a [SpikeTrain] },
    /// The same through a depthwise one.
    Depthwise { taps: &'a Taps, weights: &'a Depthwise, planes: &'a [SpikeTrain] },
    /// The spikes themselves, as ones, of every step or of the only one.
    Spikes(&'a SpikeTrain),
    /// Real values, of every step or of the only one.
    Real(&'a Real),
}

impl Source<'_> {
    /// Whether it is the same in every step.
    fn is_constant(&self) -> bool {
        match self {
            Self::Weighted { .. } | Self::Grouped { .. } | Self::Depthwise { .. } => false,
            Self::Spikes(train) => train.steps() == 1,
            Self::Real(real) => real.steps == 1,
        }
    }

    /// Sets `sums` to the currents into `band` in `step`.
    fn set(&self, band: &Range<usize>, step: usize, sums: &mut [Line]) {
        match self {
            Self::Weighted { rows, planes } => rows.currents(planes, band, step, sums),
            Self::Grouped { weights, planes } => weights.currents(planes, band, step, sums),
            Self::Depthwise { taps, weights, planes } => weights.currents(taps, planes, band, step, sums),
            Self::Spikes(_) => {
                sums.fill(Line::ZERO);
                self.add(band, step, sums, &mut []);
            }
            Self::Real(real) => {
                let channels = real.shape.channels;
                let values = &real.step(step.min(real.steps - 1))[band.start * channels..band.end * channels];
                vectorise(SetReal { values, channels, sums });
            }
        }
    }

    /// Adds the currents into `band` in `step` to `sums`; `scratch` is as large.
    fn add(&self, band: &Range<usize>, step: usize, sums: &mut [Line], scratch: &mut [Line]) {
        if let Self::Spikes(train) = self {
            let (words, lines) = (train.words(), Line::count(train.shape().channels));
            let bits = &train.step(step.min(train.steps() - 1))[band.start * words..band.end * words];
            return vectorise(AddOnes { bits, words, lines, sums });
        }
        self.set(band, step, scratch);
        for (sum, more) in sums.iter_mut().zip(scratch) {
            *sum += *more;
        }
    }
}

/// Sets currents to real values.
struct SetReal<'a> {
    values: &'a [f32],
    channels: usize,
    sums: &'a mut [Line],
}

impl Vectorised for SetReal<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let sums = self.sums.chunks_exact_mut(Line::count(self.channels));
        for (values, sums) in self.values.chunks_exact(self.channels).zip(sums) {
            for (sum, values) in sums.iter_mut().zip(values.chunks(LANES)) {
                sum.copy(values);
            }
        }
    }
}

/// Adds spikes as ones.
struct AddOnes<'a> {
    bits: &'a [u64],
    /// Words and lines to each position.
    words: usize,
    lines: usize,
    sums: &'a mut [Line],
}

impl Vectorised for AddOnes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let one = V::splat(1.0);
        for (bits, sums) in self.bits.chunks_exact(self.words).zip(self.sums.chunks_exact_mut(self.lines)) {
            for (&word, sums) in bits.iter().zip(sums.chunks_mut(64 / LANES)) {
                let mut word = word;
                for sum in sums {
                    let [low, high] = sum.vectors::<V>();
                    sum.set([low.add(one.keep(word as u8)), high.add(one.keep((word >> WIDTH) as u8))]);
                    word >>= LANES;
                }
            }
        }
    }
}

/// What a pass does with the currents.
trait Pass {
    /// Takes the currents into the positions of `band` in `step`.
    fn take(&mut self, band: &Range<usize>, step: usize, currents: &[Line]);
}

/// Feeds neurons.
struct Fire<'a> {
    neuron: &'a Neuron,
    /// Of one band.
    membranes: Vec<Line>,
    /// Who fires, as bits of each line of the band.
    fired: Vec<u16>,
    spikes: SpikeTrain,
}

impl Pass for Fire<'_> {
    fn take(&mut self, band: &Range<usize>, step: usize, currents: &[Line]) {
        if step == 0 {
            self.membranes.resize(currents.len(), Line::ZERO);
            fill(&mut self.membranes, &[Line([self.neuron.initial; LANES])]);
            self.fired.resize(currents.len(), 0);
        }
        charge(self.neuron, &mut self.membranes, currents, &mut self.fired);
        let channels = self.spikes.shape().channels;
        let (lines, words) = (Line::count(channels), self.spikes.words());
        let held_by_last = u64::MAX >> (64 * words - channels);
        let bits = &mut self.spikes.step_mut(step)[band.start * words..band.end * words];
        vectorise(Pack { words: bits, fired: &self.fired, lines });
        if !channels.is_multiple_of(LANES) {
            // Neurons that do not exist may fire too.
            bits.iter_mut().skip(words - 1).step_by(words).for_each(|last| *last &= held_by_last);
        }
    }
}

/// Sets the words of each position to the bits of its lines.
struct Pack<'a> {
    words: &'a mut [u64],
    fired: &'a [u16],
    lines: usize,
}

impl Vectorised for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { words, fired, lines } = self;
        match lines {
            1 => pack::<1>(words, fired),
            2 => pack::<2>(words, fired),
            4 => pack::<4>(words, fired),
            _ => {
                let positions = words.chunks_exact_mut(lines.div_ceil(64 / LANES));
                for (words, fired) in positions.zip(fired.chunks_exact(lines)) {
                    for (word, fired) in words.iter_mut().zip(fired.chunks(64 / LANES)) {
                        *word = 0;
                        for (i, &line) in fired.iter().enumerate() {
                            *word |= u64::from(line) << (i * LANES);
                        }
                    }
                }
            }
        }
    }
}

/// Sets each word to the bits of so many lines.
#[inline(always)]
fn pack<const LINES: usize>(words: &mut [u64], fired: &[u16]) {
    for (word, lines) in words.iter_mut().zip(fired.as_chunks::<LINES>().0) {
        let mut bits = 0;
        for (i, &line) in lines.iter().enumerate() {
            bits |= u64::from(line) << (i * LANES);
        }
        *word = bits;
    }
}

/// Keeps the currents.
struct Keep {
    sums: Real,
}

impl Pass for Keep {
    fn take(&mut self, band: &Range<usize>, step: usize, currents: &[Line]) {
        let (len, channels) = (self.sums.shape.len(), self.sums.shape.channels);
        let kept = &mut self.sums.data[step * len + band.start * channels..step * len + band.end * channels];
        for (kept, lines) in kept.chunks_exact_mut(channels).zip(currents.chunks_exact(Line::count(channels))) {
            for (kept, line) in kept.chunks_mut(LANES).zip(lines) {
                line.store(kept);
            }
        }
    }
}

/// The spikes of `neuron`s of `shape` over `steps` steps, fed with the sum of `sources`.
pub(super) fn fire(sources: &[Source], neuron: &Neuron, shape: Shape, steps: usize) -> SpikeTrain {
    let mut pass = Fire { neuron, membranes: vec![], fired: vec![], spikes: SpikeTrain::silent(shape, steps) };
    run(&mut pass, sources, shape, steps);
    pass.spikes
}

/// The sum of `sources` for every step.
pub(super) fn sum(sources: &[Source], shape: Shape, steps: usize) -> Real {
    let mut pass = Keep { sums: Real::zeros(shape, steps) };
    run(&mut pass, sources, shape, steps);
    pass.sums
}

/// Lines of a band. Currents and membranes of one then take 128 KB, which the second-level cache holds; the rows that are
/// being added to are in the first. Half as many were slower by 1.5 %, because the input rows at the edges of bands are
/// walked twice.
const BAND_LINES: usize = 1024;

/// Passes over all bands and steps.
fn run(pass: &mut impl Pass, sources: &[Source], shape: Shape, steps: usize) {
    let Shape { height, width, channels } = shape;
    let lines = Line::count(channels);
    let rows = (BAND_LINES / (width * lines)).clamp(1, height);
    let (mut sums, mut scratch) = (vec![Line::ZERO; rows * width * lines], vec![Line::ZERO; rows * width * lines]);
    let constant = sources.iter().all(Source::is_constant);
    for first in (0..height).step_by(rows) {
        let band = first * width..(first + rows).min(height) * width;
        let len = band.len() * lines;
        let (sums, scratch) = (&mut sums[..len], &mut scratch[..len]);
        for step in 0..steps {
            // Currents that do not change are still there.
            if step == 0 || !constant {
                match sources.split_first() {
                    Some((first, others)) => {
                        first.set(&band, step, sums);
                        others.iter().for_each(|source| source.add(&band, step, sums, scratch));
                    }
                    None => sums.fill(Line::ZERO),
                }
            }
            pass.take(&band, step, sums);
        }
    }
}
