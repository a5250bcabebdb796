//! Grouped convolutions, on spikes and on real values, and depthwise ones on real values.
//!
//! A channel that is read reaches its own group only, so a spike adds a short row of weights, and there is no matrix to
//! multiply with: the work is in walking the taps. Where a row is a single weight, spikes have a kernel of their own
//! (`depthwise`).

use super::dense::ones;
use super::lines::{LANES, Line};
use super::reach::Reach;
use super::taps::Taps;
use super::{Real, SpikeTrain};
use crate::network::{Affine, Conv2d, Shape};
use std::ops::Range;

/// Weights of a grouped convolution, plain or transposed.
#[derive(Clone, Debug)]
pub(super) struct Grouped {
    /// `[kernel element][input channel][output channel of the group]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    in_channels: usize,
    reach: Reach,
    /// Input and output channels of one group.
    ins: usize,
    outs: usize,
}

impl Grouped {
    /// `weight(output, input, kernel element)` gives the weight between channels of one group.
    pub(super) fn new(conv: Conv2d, affine: &Affine, taps: &Taps, weight: impl Fn(usize, usize, usize) -> f32) -> Self {
        let in_channels = conv.input.channels;
        let (ins, outs) = (in_channels / conv.groups, conv.output.channels / conv.groups);
        let rows = (0..taps.kernel).flat_map(|k| (0..in_channels).map(move |i| (k, i)));
        let entries = rows.flat_map(|(k, i)| (0..outs).map(move |o| (i / ins * outs + o, i, k)));
        let weight = entries.map(|(o, i, k)| weight(o, i, k)).collect();
        Self { weight, bias: affine.bias.clone(), in_channels, reach: Reach::new(taps), ins, outs }
    }

    /// The weights from `input` channel through `kernel` element, and the output channel that the first leads to.
    #[inline(always)]
    fn row(&self, kernel: usize, input: usize) -> (&[f32], usize) {
        let first = (kernel * self.in_channels + input) * self.outs;
        (&self.weight[first..first + self.outs], input / self.ins * self.outs)
    }

    /// The currents that the spikes of all `planes` make into `band` in `step`.
    pub(super) fn currents(&self, planes: &[SpikeTrain], band: &Range<usize>, step: usize, sums: &mut [Line]) {
        let lines = Line::count(self.bias.len());
        for sums in sums.chunks_exact_mut(lines) {
            sums.iter_mut().zip(Line::of(&self.bias)).for_each(|(sum, bias)| *sum = bias);
        }
        let width = self.reach.input_width;
        for plane in planes {
            let (words, bits) = (plane.words(), plane.step(step));
            for row in (0..self.reach.input_height()).filter(|&row| self.reach.reaches(row, band)) {
                for input in row * width..(row + 1) * width {
                    for (w, &word) in bits[input * words..][..words].iter().enumerate() {
                        ones(word).for_each(|bit| self.scatter(input, w * 64 + bit, band, sums));
                    }
                }
            }
        }
    }

    /// Adds what a spike of `channel` at `input` position makes into `band`.
    fn scatter(&self, input: usize, channel: usize, band: &Range<usize>, sums: &mut [Line]) {
        let lines = Line::count(self.bias.len());
        for (output, kernel) in self.reach.pairs(input, band) {
            let first_line = (output - band.start) * lines;
            let (row, first) = self.row(kernel, channel);
            for (o, weight) in (first..).zip(row) {
                sums[first_line + o / LANES].0[o % LANES] += weight;
            }
        }
    }

    /// The layer's output on all steps of a real-valued `input`.
    pub(super) fn run(&self, taps: &Taps, input: &Real, output: Shape) -> Real {
        let positions = taps.outputs();
        let mut result = Real { shape: output, steps: input.steps, data: self.bias.repeat(positions * input.steps) };
        for (i, sums) in result.data.chunks_exact_mut(output.channels).enumerate() {
            let values = input.step(i / positions);
            for tap in taps.of(i % positions) {
                let first = tap.position as usize * self.in_channels;
                self.add(tap.kernel as usize, &values[first..first + self.in_channels], sums);
            }
        }
        result
    }

    /// Adds what the `values` of one input position make through one kernel element.
    fn add(&self, kernel: usize, values: &[f32], sums: &mut [f32]) {
        let first = kernel * self.in_channels * self.outs;
        let rows = &self.weight[first..first + self.in_channels * self.outs];
        if self.ins == 1 && self.outs == 1 {
            // Depthwise: whole vectors of channels.
            return sums.iter_mut().zip(values).zip(rows).for_each(|((sum, value), weight)| *sum += value * weight);
        }
        let groups = sums.chunks_exact_mut(self.outs).zip(values.chunks_exact(self.ins));
        for ((sums, values), rows) in groups.zip(rows.chunks_exact(self.ins * self.outs)) {
            for (value, row) in values.iter().zip(rows.chunks_exact(self.outs)) {
                sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
            }
        }
    }
}
