//! Depthwise convolutions on spikes.
//!
//! A spike reaches its own channel only, so there is no row of weights to add as elsewhere (`spiking`), and walking to a
//! spike costs far more than adding its single weight. Here whole vectors of channels are added for every tap of every
//! output, with the weights of silent channels made zero, whatever the number of spikes.

use super::SpikeTrain;
use super::lines::{LANES, Line, fill};
use super::taps::Taps;
use super::vector::{Vector, Vectorised, WIDTH, vectorise};
use crate::network::Affine;
use std::ops::Range;

/// Weights of a convolution that has one input and one output channel to a group, plain or transposed.
#[derive(Clone, Debug)]
pub(super) struct Depthwise {
    /// `[kernel element][line]`
    weight: Vec<Line>,
    /// `[line]`
    bias: Vec<Line>,
}

impl Depthwise {
    /// `weight(channel, kernel element)` gives the weights.
    pub(super) fn new(affine: &Affine, taps: &Taps, weight: impl Fn(usize, usize) -> f32) -> Self {
        let channels = affine.bias.len();
        let mut rows = vec![];
        for k in 0..taps.kernel {
            let row: Vec<f32> = (0..channels).map(|channel| weight(channel, k)).collect();
            rows.extend(Line::of(&row));
        }
        Self { weight: rows, bias: Line::of(&affine.bias).collect() }
    }

    /// The currents that the spikes of all `planes` make through `taps` into `band` in `step`.
    pub(super) fn currents(
        &self,
        taps: &Taps,
        planes: &[SpikeTrain],
        band: &Range<usize>,
        step: usize,
        sums: &mut [Line],
    ) {
        fill(sums, &self.bias);
        for plane in planes {
            let (bits, words) = (plane.step(step), plane.words());
            vectorise(Add { weights: self, taps, bits, words, band: band.clone(), sums });
        }
    }
}

/// Adds the weights of a step's spikes.
struct Add<'a> {
    weights: &'a Depthwise,
    taps: &'a Taps,
    /// Spikes, so many `words` to each input position.
    bits: &'a [u64],
    words: usize,
    /// The output positions that `sums` are.
    band: Range<usize>,
    sums: &'a mut [Line],
}

impl Vectorised for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { weights: Depthwise { weight, bias }, taps, bits, words, band, sums } = self;
        let lines = bias.len();
        for (position, sums) in band.zip(sums.chunks_exact_mut(lines)) {
            for tap in taps.of(position) {
                let words = &bits[tap.position as usize * words..][..words];
                let rows = &weight[tap.kernel as usize * lines..][..lines];
                let lines = sums.chunks_mut(64 / LANES).zip(rows.chunks(64 / LANES));
                for (&word, (sums, rows)) in words.iter().zip(lines) {
                    add_word::<V>(word, rows, sums);
                }
            }
        }
    }
}

/// Adds the weights in `rows` of the channels whose bits are set in `word`.
#[inline(always)]
fn add_word<V: Vector>(mut word: u64, rows: &[Line], sums: &mut [Line]) {
    for (row, sum) in rows.iter().zip(sums) {
        let ([low, high], [sum_low, sum_high]) = (row.vectors::<V>(), sum.vectors::<V>());
        sum.set([sum_low.add(low.keep(word as u8)), sum_high.add(high.keep((word >> WIDTH) as u8))]);
        word >>= LANES;
    }
}
