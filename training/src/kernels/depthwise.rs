//! Depthwise convolutions, which convolve every channel separately.

use super::maps::Maps;
use super::vector::vectorised;
use cospike_sim_core::network::{Conv2d, Shape, Slide};
use rayon::prelude::*;

/// Number of channels that are summed in registers at a time.
const BLOCK: usize = 16;

/// A plain depthwise convolution, from the wide to the narrow side. Weights are `[channels, 1, k, k]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depthwise(Conv2d);

/// A position of the wide side and one of the narrow side that a kernel element (`tap`) connects, as offsets of channel 0.
#[derive(Clone, Copy)]
struct Contact {
    wide: usize,
    narrow: usize,
    tap: usize,
}

impl Depthwise {
    /// The kernels for `conv`, or none if it is not depthwise.
    pub(crate) fn new(conv: Conv2d) -> Option<Self> {
        (conv.groups > 1 && conv.groups == conv.input.channels && conv.groups == conv.output.channels)
            .then_some(Self(conv))
    }

    /// Every narrow value is a weighted sum of the wide values under its kernel. Overwrites `narrow`.
    pub(crate) fn gather(&self, wide: &Maps, weights: &[f32], narrow: &mut Maps) {
        let contacts = self.contacts(self.0.output, |contact| contact.narrow);
        self.sum(&contacts, wide, |contact| contact.wide, weights, narrow, false);
    }

    /// Every narrow value is added, weighted, to the wide values under its kernel. Overwrites `wide`, or adds to it.
    pub(crate) fn scatter(&self, narrow: &Maps, weights: &[f32], wide: &mut Maps, add: bool) {
        let contacts = self.contacts(self.0.input, |contact| contact.wide);
        self.sum(&contacts, narrow, |contact| contact.narrow, weights, wide, add);
    }

    /// Gradient of the weights: for every weight the sum over the pairs of values that it connects.
    pub(crate) fn correlate(&self, wide: &Maps, narrow: &Maps) -> Vec<f32> {
        let (channels, taps) = (self.0.groups, self.0.elements());
        let mut by_tap = vec![vec![]; taps];
        self.all_contacts().for_each(|contact| by_tap[contact.tap].push(contact));
        let chunks = wide.data.par_chunks(wide.chunk()).zip(narrow.data.par_chunks(narrow.chunk()));
        let parts: Vec<Vec<f32>> = chunks
            .map(|(wide_chunk, narrow_chunk)| {
                let mut sums = vec![0.0; channels * taps];
                let frames = wide_chunk.chunks_exact(wide.shape.len());
                for (wide, narrow) in frames.zip(narrow_chunk.chunks_exact(narrow.shape.len())) {
                    vectorised(
                        #[inline(always)]
                        || {
                            for (tap, contacts) in by_tap.iter().enumerate() {
                                products(contacts, wide, narrow, channels, |c, sum| sums[c * taps + tap] += sum);
                            }
                        },
                    );
                }
                sums
            })
            .collect();
        (0..channels * taps).map(|i| parts.iter().map(|part| part[i]).sum()).collect()
    }

    /// Contacts of each position of the side with shape `side`; `offset` gives a contact's offset on that side.
    fn contacts(&self, side: Shape, offset: impl Fn(Contact) -> usize) -> Vec<Vec<Contact>> {
        let mut contacts = vec![vec![]; side.area()];
        self.all_contacts().for_each(|contact| contacts[offset(contact) / side.channels].push(contact));
        contacts
    }

    fn all_contacts(&self) -> impl Iterator<Item = Contact> {
        let Conv2d { input, output, rows, columns, groups } = self.0;
        let reached = |at: usize, k: usize, slide: Slide, side: usize| {
            (at * slide.stride + k * slide.dilation).checked_sub(slide.padding.0).filter(|&i| i < side)
        };
        let positions = (0..output.height).flat_map(move |y| (0..output.width).map(move |x| (y, x)));
        positions.flat_map(move |(y, x)| {
            (0..rows.size * columns.size).filter_map(move |tap| {
                let row = reached(y, tap / columns.size, rows, input.height)?;
                let column = reached(x, tap % columns.size, columns, input.width)?;
                let wide = (row * input.width + column) * groups;
                Some(Contact { wide, narrow: (y * output.width + x) * groups, tap })
            })
        })
    }

    fn sum(
        &self,
        contacts: &[Vec<Contact>],
        from: &Maps,
        offset: impl Fn(Contact) -> usize + Sync,
        weights: &[f32],
        to: &mut Maps,
        add: bool,
    ) {
        let (channels, taps) = (self.0.groups, self.0.elements());
        let by_tap: Vec<f32> = (0..taps).flat_map(|tap| (0..channels).map(move |c| weights[c * taps + tap])).collect();
        let (to_chunk, to_len, from_len) = (to.chunk(), to.shape.len(), from.shape.len());
        to.data.par_chunks_mut(to_chunk).zip(from.data.par_chunks(from.chunk())).for_each(|(to, from)| {
            for (to, from) in to.chunks_exact_mut(to_len).zip(from.chunks_exact(from_len)) {
                vectorised(
                    #[inline(always)]
                    || {
                        for (contacts, to) in contacts.iter().zip(to.chunks_exact_mut(channels)) {
                            let pairs = contacts.iter().map(|&c| (offset(c), c.tap * channels));
                            sums(pairs, from, &by_tap, to, add);
                        }
                    },
                );
            }
        });
    }
}

/// Writes or adds to every channel of `to` the sum of products of `from` and `weights` at the offsets in `pairs`.
#[inline(always)]
fn sums(pairs: impl Iterator<Item = (usize, usize)> + Clone, from: &[f32], weights: &[f32], to: &mut [f32], add: bool) {
    for (block, to) in to.chunks_mut(BLOCK).enumerate() {
        let first = block * BLOCK;
        let mut sums = [0.0_f32; BLOCK];
        for (at, weight) in pairs.clone() {
            let (from, weights) = (&from[at + first..], &weights[weight + first..]);
            multiply_add(&mut sums, &from[..to.len()], &weights[..to.len()]);
        }
        for (t, s) in to.iter_mut().zip(sums) {
            *t = if add { *t + s } else { s };
        }
    }
}

/// Calls `found` with every channel and its sum of products over `contacts`.
#[inline(always)]
fn products(contacts: &[Contact], wide: &[f32], narrow: &[f32], channels: usize, mut found: impl FnMut(usize, f32)) {
    for first in (0..channels).step_by(BLOCK) {
        let width = BLOCK.min(channels - first);
        let mut sums = [0.0_f32; BLOCK];
        for contact in contacts {
            let (wide, narrow) = (&wide[contact.wide + first..], &narrow[contact.narrow + first..]);
            multiply_add(&mut sums, &wide[..width], &narrow[..width]);
        }
        sums[..width].iter().enumerate().for_each(|(c, &sum)| found(first + c, sum));
    }
}

#[inline(always)]
fn multiply_add(sums: &mut [f32; BLOCK], a: &[f32], b: &[f32]) {
    if let (Some(a), Some(b)) = (a.first_chunk::<BLOCK>(), b.first_chunk::<BLOCK>()) {
        for i in 0..BLOCK {
            sums[i] = a[i].mul_add(b[i], sums[i]);
        }
    } else {
        sums.iter_mut().zip(a).zip(b).for_each(|((s, a), b)| *s = a.mul_add(*b, *s));
    }
}
