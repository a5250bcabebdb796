//! Grouped convolutions, on spikes and on real values, and depthwise ones on real values.
//!
//! A channel that is read reaches its own group only, so a spike adds a short row of weights, and there is no matrix to
//! multiply with: the work is in walking the taps. Where a row is a single weight, spikes have a kernel of their own
//! (`depthwise`).

use super::lines::{LANES, Line, fill};
use super::spike_train::ones;
use super::taps::Taps;
use super::tile::Tile;
use super::{Real, SpikeTrain};
use crate::network::{Affine, Shape};

/// Weights of a grouped convolution, plain or transposed.
#[derive(Clone, Debug)]
pub(super) struct Grouped {
    /// `[kernel element][input channel][output channel of the group]`.
    weight: Vec<f32>,
    bias: Vec<f32>,
    in_channels: usize,
    /// Input and output channels of one group.
    ins: usize,
    outs: usize,
}

impl Grouped {
    /// Groups of `ins` input and `outs` output channels; `weight(output, input, kernel element)` gives the weight between
    /// channels of one group.
    pub(super) fn new(
        (ins, outs): (usize, usize),
        affine: &Affine,
        taps: &Taps,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let in_channels = affine.bias.len() / outs * ins;
        let rows = (0..taps.kernel).flat_map(|k| (0..in_channels).map(move |i| (k, i)));
        let entries = rows.flat_map(|(k, i)| (0..outs).map(move |o| (i / ins * outs + o, i, k)));
        let weight = entries.map(|(o, i, k)| weight(o, i, k)).collect();
        Self { weight, bias: affine.bias.clone(), in_channels, ins, outs }
    }

    /// The weights from `input` channel through `kernel` element, and the output channel that the first leads to.
    #[inline(always)]
    fn row(&self, kernel: usize, input: usize) -> (&[f32], usize) {
        let first = (kernel * self.in_channels + input) * self.outs;
        (&self.weight[first..first + self.outs], input / self.ins * self.outs)
    }

    /// The currents that the spikes of all `planes` make through `taps` into `tile`, `[step][column][line]`.
    pub(super) fn currents(&self, taps: &Taps, planes: &[SpikeTrain], tile: &Tile, sums: &mut [Line]) {
        let bias: Vec<Line> = Line::pack(&self.bias).collect();
        fill(sums, &bias[tile.lines.clone()]);
        for plane in planes {
            let words = plane.words();
            for (step, sums) in sums.chunks_exact_mut(tile.len()).enumerate() {
                let sums = sums.chunks_exact_mut(tile.lines.len());
                for (position, sums) in tile.positions(taps.axes[1].outputs).zip(sums) {
                    for tap in taps.window(position) {
                        let words = &plane.step(step)[tap.position as usize * words..][..words];
                        self.add_spikes(words, tap.kernel as usize, tile.lines.start, sums);
                    }
                }
            }
        }
    }

    /// Adds what the spikes of one position make through one kernel element into the lines of an output position from
    /// `first_line` on.
    fn add_spikes(&self, words: &[u64], kernel: usize, first_line: usize, sums: &mut [Line]) {
        for (w, &word) in words.iter().enumerate() {
            for bit in ones(word) {
                let (row, first) = self.row(kernel, w * 64 + bit);
                for (o, weight) in (first..).zip(row) {
                    // Outputs beside the tile are for others.
                    if let Some(sum) = (o / LANES).checked_sub(first_line).and_then(|line| sums.get_mut(line)) {
                        sum.0[o % LANES] += weight;
                    }
                }
            }
        }
    }

    /// The layer's output on all steps of a real-valued `input`.
    pub(super) fn run(&self, taps: &Taps, input: &Real, output: Shape) -> Real {
        let positions = taps.outputs();
        let mut result = Real { shape: output, steps: input.steps, data: self.bias.repeat(positions * input.steps) };
        for (i, sums) in result.data.chunks_exact_mut(output.channels).enumerate() {
            let values = input.step(i / positions);
            for tap in taps.window(i % positions) {
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
