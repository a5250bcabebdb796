//! The event-driven kernel: every spike adds rows of weights to the currents that it reaches, and neurons take these
//! on the spot.
//!
//! The output is computed in bands of rows, small enough that currents and membranes stay in the first-level cache, and
//! a band over all T steps in turn; neither currents nor membranes of a convolution that feeds a neuron are kept. Within
//! a step, the spikes of the input are walked once, in order, and each adds what it contributes to a run of
//! neighbouring outputs at a time. So every sum is in the order of the kernel, as if gathered. There is no dense
//! fall-back: work is proportional to spikes.

use super::dense::ones;
use super::grouped::Grouped;
use super::lines::{LANES, Line};
use super::membrane::charge;
use super::reach::Reach;
use super::taps::Taps;
use super::vector::{Vector, Vectorised, vectorise};
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
        for (i, &k) in (0..in_channels).flat_map(|i| reach.elements.iter().map(move |k| (i, k))) {
            let row: Vec<f32> = (0..outs).map(|o| weight(o, i, k as usize)).collect();
            rows.extend(Line::of(&row));
        }
        Self { weight: rows, bias: Line::of(&affine.bias).collect(), reach }
    }

    /// The currents that the spikes of all `planes` make into `band` in `step`.
    #[inline(always)]
    fn currents<V: Vector>(&self, planes: &[SpikeTrain], band: &Range<usize>, step: usize, sums: &mut [Line]) {
        let lines = self.bias.len();
        sums.chunks_exact_mut(lines).for_each(|sums| sums.copy_from_slice(&self.bias));
        let inputs = self.reach.inputs(band);
        for plane in planes {
            let words = plane.words();
            let bits = &plane.step(step)[inputs.start * words..inputs.end * words];
            for (input, bits) in inputs.clone().zip(bits.chunks_exact(words)) {
                for (w, &word) in bits.iter().enumerate() {
                    self.scatter::<V>(input, w * 64, word, band, sums);
                }
            }
        }
    }

    /// Adds the rows of the spikes in `word`, whose first bit is `channel` of `input` position.
    #[inline(always)]
    fn scatter<V: Vector>(&self, input: usize, channel: usize, word: u64, band: &Range<usize>, sums: &mut [Line]) {
        let rows = self.reach.elements.len() * self.bias.len();
        let row = |bit| &self.weight[(channel + bit) * rows..][..rows];
        let mut spikes = ones(word);
        while let Some(first) = spikes.next() {
            match spikes.next() {
                // Two at a time halve the traffic of the sums.
                Some(second) => self.add::<V, 2>(input, [row(first), row(second)], band, sums),
                None => self.add::<V, 1>(input, [row(first)], band, sums),
            }
        }
    }

    /// Adds `rows`, one after the other, to all outputs in `band` that `input` position reaches.
    #[inline(always)]
    fn add<V: Vector, const N: usize>(
        &self,
        input: usize,
        rows: [&[Line]; N],
        band: &Range<usize>,
        sums: &mut [Line],
    ) {
        let lines = self.bias.len();
        for span in self.reach.of(input) {
            // Spans lie in one row of the output, and bands are whole rows.
            if !band.contains(&(span.output as usize)) {
                continue;
            }
            let len = span.len as usize * lines;
            let sums = &mut sums[(span.output as usize - band.start) * lines..][..len];
            let rows = rows.map(|row| &row[span.place as usize * lines..][..len]);
            for (i, sum) in sums.iter_mut().enumerate() {
                let start = sum.vectors::<V>();
                sum.set(rows.iter().fold(start, |[low, high], row| {
                    let [a, b] = row[i].vectors();
                    [low.add(a), high.add(b)]
                }));
            }
        }
    }
}

/// One addend of the current into a layer's outputs.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// Weighted spikes, all planes of them.
    Weighted { rows: &'a Rows, planes: &'a [SpikeTrain] },
    /// The same through a grouped convolution.
    Grouped { weights: &'a Grouped, planes: &'a [SpikeTrain] },
    /// The spikes themselves, as ones, of every step or of the only one.
    Spikes(&'a SpikeTrain),
    /// Real values, of every step or of the only one.
    Real(&'a Real),
}

impl Source<'_> {
    /// Sets `sums` to the currents into `band` in `step`.
    #[inline(always)]
    fn set<V: Vector>(&self, band: &Range<usize>, step: usize, sums: &mut [Line]) {
        match self {
            Self::Weighted { rows, planes } => rows.currents::<V>(planes, band, step, sums),
            Self::Grouped { weights, planes } => weights.currents(planes, band, step, sums),
            Self::Spikes(_) => {
                sums.fill(Line::ZERO);
                self.add::<V>(band, step, sums, &mut []);
            }
            Self::Real(real) => {
                let channels = real.shape.channels;
                let values = &real.step(step.min(real.steps - 1))[band.start * channels..band.end * channels];
                let rows = values.chunks_exact(channels).zip(sums.chunks_exact_mut(Line::count(channels)));
                rows.for_each(|(values, sums)| sums.iter_mut().zip(Line::of(values)).for_each(|(sum, x)| *sum = x));
            }
        }
    }

    /// Adds the currents into `band` in `step` to `sums`; `scratch` is as large.
    #[inline(always)]
    fn add<V: Vector>(&self, band: &Range<usize>, step: usize, sums: &mut [Line], scratch: &mut [Line]) {
        if let Self::Spikes(train) = self {
            let (words, lines) = (train.words(), Line::count(train.shape().channels));
            let bits = &train.step(step.min(train.steps() - 1))[band.start * words..band.end * words];
            for (bits, sums) in bits.chunks_exact(words).zip(sums.chunks_exact_mut(lines)) {
                for (w, &word) in bits.iter().enumerate() {
                    ones(word).for_each(|bit| sums[w * 4 + bit / LANES].0[bit % LANES] += 1.0);
                }
            }
            return;
        }
        self.set::<V>(band, step, scratch);
        sums.iter_mut().zip(scratch).for_each(|(sum, more)| sum.add::<V>(more));
    }
}

/// What a pass does with the currents.
trait Pass {
    /// Takes the currents into the positions of `band` in `step`.
    fn take<V: Vector>(&mut self, band: &Range<usize>, step: usize, currents: &[Line]);
}

/// Feeds neurons.
struct Fire<'a> {
    neuron: &'a Neuron,
    /// Of one band.
    membranes: Vec<Line>,
    spikes: SpikeTrain,
}

impl Pass for Fire<'_> {
    #[inline(always)]
    fn take<V: Vector>(&mut self, band: &Range<usize>, step: usize, currents: &[Line]) {
        if step == 0 {
            self.membranes.clear();
            self.membranes.resize(currents.len(), Line([self.neuron.initial; LANES]));
        }
        let channels = self.spikes.shape().channels;
        let lines = Line::count(channels);
        let held_by_last = u64::MAX >> (64 - (channels - (lines - 1) * LANES));
        let words = self.spikes.words();
        let bits = &mut self.spikes.step_mut(step)[band.start * words..band.end * words];
        charge::<V>(self.neuron, &mut self.membranes, currents, |i, fired| {
            let (position, line) = (i / lines, i % lines);
            let real = if line + 1 == lines { fired & held_by_last } else { fired };
            bits[position * words + line / 4] |= real << (line % 4 * LANES);
        });
    }
}

/// Keeps the currents.
struct Keep {
    sums: Real,
}

impl Pass for Keep {
    #[inline(always)]
    fn take<V: Vector>(&mut self, band: &Range<usize>, step: usize, currents: &[Line]) {
        let (len, channels) = (self.sums.shape.len(), self.sums.shape.channels);
        let kept = &mut self.sums.data[step * len + band.start * channels..step * len + band.end * channels];
        for (kept, lines) in kept.chunks_exact_mut(channels).zip(currents.chunks_exact(Line::count(channels))) {
            kept.chunks_mut(LANES).zip(lines).for_each(|(kept, line)| kept.copy_from_slice(&line.0[..kept.len()]));
        }
    }
}

/// The spikes of `neuron`s of `shape` over `steps` steps, fed with the sum of `sources`.
pub(super) fn fire(sources: &[Source], neuron: &Neuron, shape: Shape, steps: usize) -> SpikeTrain {
    let mut pass = Fire { neuron, membranes: vec![], spikes: SpikeTrain::silent(shape, steps) };
    run(&mut pass, sources, shape, steps);
    pass.spikes
}

/// The sum of `sources` for every step.
pub(super) fn sum(sources: &[Source], shape: Shape, steps: usize) -> Real {
    let mut pass = Keep { sums: Real::zeros(shape, steps) };
    run(&mut pass, sources, shape, steps);
    pass.sums
}

fn run(pass: &mut impl Pass, sources: &[Source], shape: Shape, steps: usize) {
    vectorise(Bands { pass, sources, shape, steps });
}

/// Lines of a band: with its membranes and the weights of 16 channels it fits the 32 KB of a first-level cache.
const BAND_LINES: usize = 256;

/// A pass over all bands.
struct Bands<'a, P> {
    pass: &'a mut P,
    sources: &'a [Source<'a>],
    shape: Shape,
    steps: usize,
}

impl<P: Pass> Vectorised for Bands<'_, P> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Shape { height, width, channels } = self.shape;
        let lines = Line::count(channels);
        let rows = (BAND_LINES / (width * lines)).clamp(1, height);
        let (mut sums, mut scratch) = (vec![Line::ZERO; rows * width * lines], vec![Line::ZERO; rows * width * lines]);
        for first in (0..height).step_by(rows) {
            let band = first * width..(first + rows).min(height) * width;
            let len = band.len() * lines;
            let (sums, scratch) = (&mut sums[..len], &mut scratch[..len]);
            for step in 0..self.steps {
                match self.sources.split_first() {
                    Some((first, others)) => {
                        first.set::<V>(&band, step, sums);
                        others.iter().for_each(|source| source.add::<V>(&band, step, sums, scratch));
                    }
                    None => sums.fill(Line::ZERO),
                }
                self.pass.take::<V>(&band, step, sums);
            }
        }
    }
}
