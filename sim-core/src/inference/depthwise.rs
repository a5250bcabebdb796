//! Depthwise convolutions on spikes.
//!
//! A spike reaches its own channel only, so there is no row of weights to add as elsewhere (`spiking`), and walking to a
//! spike costs far more than adding its single weight. Here whole vectors of channels are added for every tap of every
//! output, with the weights of silent channels made zero, whatever the number of spikes.

use super::SpikeTrain;
use super::lines::{Line, bits_of_line, fill};
use super::taps::Taps;
use super::tile::Tile;
use super::vector::{Vector, Vectorised, vectorise};
use crate::network::Affine;

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
            rows.extend(Line::pack(&row));
        }
        Self { weight: rows, bias: Line::pack(&affine.bias).collect() }
    }

    /// The currents that the spikes of all `planes` make through `taps` into `tile`, `[step][column][line]`.
    pub(super) fn currents(&self, taps: &Taps, planes: &[SpikeTrain], tile: &Tile, sums: &mut [Line]) {
        fill(sums, &self.bias[tile.lines.clone()]);
        for plane in planes {
            for (step, sums) in sums.chunks_exact_mut(tile.len()).enumerate() {
                let (bits, words) = (plane.step(step), plane.words());
                vectorise(Add { weights: self, taps, bits, words, tile, sums });
            }
        }
    }
}

/// Adds the weights of a step's spikes.
struct Add<'a> {
    weights: &'a Depthwise,
    taps: &'a Taps,
    /// Spikes as bits, `words` words to each input position.
    bits: &'a [u64],
    words: usize,
    tile: &'a Tile,
    sums: &'a mut [Line],
}

impl Vectorised for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { weights: Depthwise { weight, bias }, taps, bits, words, tile, sums } = self;
        for (position, sums) in tile.positions(taps.axes[1].outputs).zip(sums.chunks_exact_mut(tile.lines.len())) {
            for tap in taps.window(position) {
                let words = &bits[tap.position as usize * words..][..words];
                let rows = &weight[tap.kernel as usize * bias.len()..][tile.lines.clone()];
                for ((line, row), sum) in tile.lines.clone().zip(rows).zip(sums.iter_mut()) {
                    let firing = row.vector::<V>().keep(bits_of_line(words, line));
                    sum.set(sum.vector::<V>().add(firing));
                }
            }
        }
    }
}
