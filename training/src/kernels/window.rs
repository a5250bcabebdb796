//! Windows that slide over feature maps: pools, and convolutions of any shape. Gradients pass through them, but nothing in them learns.

use super::maps::Maps;
use cospike_sim_core::network::{Conv2d, Pool2d, Reduction, Shape, Slide};
use rayon::prelude::*;

/// A position of the wide side and one of the narrow side that a window's element (`tap`) connects.
#[derive(Clone, Copy)]
struct Contact {
    wide: usize,
    narrow: usize,
    tap: usize,
}

/// A window that slides over the wide side, with a position of the narrow side for each of its places.
pub(crate) struct Window {
    wide: Shape,
    narrow: Shape,
    elements: usize,
    contacts: Vec<Contact>,
}

/// Weights of a convolution, `[out, in / groups, rows, columns]`.
#[derive(Clone, Copy)]
pub(crate) struct Kernel<'a> {
    pub(crate) weights: &'a [f32],
    pub(crate) groups: usize,
}

impl Window {
    /// The window of a plain convolution.
    pub(crate) fn convolution(c: Conv2d) -> Self {
        Self::new(c.input, c.output, c.rows, c.columns)
    }

    /// The window of a pool.
    pub(crate) fn pool(pool: Pool2d) -> Self {
        Self::new(pool.input, pool.output, pool.rows, pool.columns)
    }

    fn new(wide: Shape, narrow: Shape, rows: Slide, columns: Slide) -> Self {
        let reached = |at: usize, k: usize, slide: Slide, side: usize| {
            (at * slide.stride + k * slide.dilation).checked_sub(slide.padding.0).filter(|&i| i < side)
        };
        let mut contacts = vec![];
        for at in 0..narrow.area() {
            for tap in 0..rows.size * columns.size {
                let row = reached(at / narrow.width, tap / columns.size, rows, wide.height);
                let column = reached(at % narrow.width, tap % columns.size, columns, wide.width);
                if let (Some(row), Some(column)) = (row, column) {
                    contacts.push(Contact { wide: row * wide.width + column, narrow: at, tap });
                }
            }
        }
        Self { wide, narrow, elements: rows.size * columns.size, contacts }
    }

    /// Every narrow value is a weighted sum of the wide values of its group under the kernel. Overwrites `narrow`.
    pub(crate) fn gather(&self, wide: &Maps, kernel: Kernel, narrow: &mut Maps) {
        let by_tap = self.by_tap(kernel);
        each_frame(wide, narrow, |wide, narrow| {
            narrow.fill(0.0);
            self.each_row(kernel, &by_tap, |[from, to], weights| {
                let from = &wide[from..from + weights.len()];
                narrow[to] += weights.iter().zip(from).map(|(w, v)| w * v).sum::<f32>();
            });
        });
    }

    /// Every narrow value is added, weighted, to the wide values of its group under the kernel. Overwrites `wide`, or adds to it.
    pub(crate) fn scatter(&self, narrow: &Maps, kernel: Kernel, wide: &mut Maps, add: bool) {
        let by_tap = self.by_tap(kernel);
        each_frame(narrow, wide, |narrow, wide| {
            if !add {
                wide.fill(0.0);
            }
            self.each_row(kernel, &by_tap, |[to, from], weights| {
                let to = &mut wide[to..to + weights.len()];
                to.iter_mut().zip(weights).for_each(|(v, w)| *v += w * narrow[from]);
            });
        });
    }

    /// Weights in the order `[tap][out][in / groups]`.
    fn by_tap(&self, kernel: Kernel) -> Vec<f32> {
        let inputs = self.wide.channels / kernel.groups;
        let of_tap = |tap| (0..self.narrow.channels * inputs).map(move |i| kernel.weights[i * self.elements + tap]);
        (0..self.elements).flat_map(of_tap).collect()
    }

    /// Calls `work` for every contact and output channel, with the offsets of the first value of its group on the wide side and of its own on
    /// the narrow one, and the weights between them.
    fn each_row(&self, kernel: Kernel, by_tap: &[f32], mut work: impl FnMut([usize; 2], &[f32])) {
        let (inputs, outputs) = (self.wide.channels / kernel.groups, self.narrow.channels);
        for contact in &self.contacts {
            for output in 0..outputs {
                let group = output / (outputs / kernel.groups);
                let weights = &by_tap[(contact.tap * outputs + output) * inputs..][..inputs];
                let first = contact.wide * self.wide.channels + group * inputs;
                work([first, contact.narrow * outputs + output], weights);
            }
        }
    }

    /// Reduces the wide values under the window, channel by channel. An average counts zeros of the padding, a maximum does not.
    pub(crate) fn reduce(&self, reduction: Reduction, wide: &Maps, narrow: &mut Maps) {
        each_frame(wide, narrow, |wide, narrow| match reduction {
            Reduction::Max => {
                let highest = self.highest(wide);
                narrow.iter_mut().zip(&highest).for_each(|(v, &at)| *v = wide[at]);
            }
            Reduction::Average | Reduction::Sum => {
                narrow.fill(0.0);
                self.each_value(|from, to| narrow[to] += wide[from]);
                narrow.iter_mut().for_each(|v| *v *= self.share(reduction));
            }
        });
    }

    /// The gradient of the wide values `read`, given that of the narrow ones; that of a maximum goes to the first of the highest. Overwrites
    /// `wide`, or adds to it.
    pub(crate) fn spread(&self, reduction: Reduction, gradient: &Maps, read: &Maps, wide: &mut Maps, add: bool) {
        let len = self.wide.len();
        let frames = gradient.data.chunks_exact(self.narrow.len()).zip(read.data.chunks_exact(len));
        for ((gradient, read), wide) in frames.zip(wide.data.chunks_exact_mut(len)) {
            if !add {
                wide.fill(0.0);
            }
            match reduction {
                Reduction::Max => self.highest(read).iter().zip(gradient).for_each(|(&at, g)| wide[at] += g),
                _ => self.each_value(|to, from| wide[to] += self.share(reduction) * gradient[from]),
            }
        }
    }

    fn share(&self, reduction: Reduction) -> f32 {
        if reduction == Reduction::Average { 1.0 / self.elements as f32 } else { 1.0 }
    }

    /// Calls `work` with the offsets of every pair of a wide and a narrow value of one channel.
    fn each_value(&self, mut work: impl FnMut(usize, usize)) {
        let channels = self.wide.channels;
        for contact in &self.contacts {
            (0..channels).for_each(|c| work(contact.wide * channels + c, contact.narrow * channels + c));
        }
    }

    /// For every narrow value the offset of the first of the highest values under its window.
    fn highest(&self, wide: &[f32]) -> Vec<usize> {
        let mut highest = vec![usize::MAX; self.narrow.len()];
        self.each_value(|from, to| {
            if highest[to] == usize::MAX || wide[from] > wide[highest[to]] {
                highest[to] = from;
            }
        });
        highest
    }
}

/// Calls `work` with every frame of `from` and the same of `to`.
fn each_frame(from: &Maps, to: &mut Maps, work: impl Fn(&[f32], &mut [f32]) + Sync) {
    let (chunk, lens) = (to.chunk(), (from.shape.len(), to.shape.len()));
    to.data.par_chunks_mut(chunk).zip(from.data.par_chunks(from.chunk())).for_each(|(to, from)| {
        to.chunks_exact_mut(lens.1).zip(from.chunks_exact(lens.0)).for_each(|(to, from)| work(from, to));
    });
}
