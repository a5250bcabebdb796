//! Convolutions between a wide and a narrow side.
//!
//! A plain convolution reads the wide side and writes the narrow one; a transposed one goes the other way with the
//! same geometry and the same layout of weights, `[narrow channels, wide channels, k, k]`. So three kernels make both,
//! forwards and backwards:
//!
//! | | output | gradient of the input | gradient of the weights |
//! |---|---|---|---|
//! | plain | [`Geometry::gather`] | [`Geometry::scatter`] | [`Geometry::correlate`] |
//! | transposed | [`Geometry::scatter`] | [`Geometry::gather`] | [`Geometry::correlate`] |

use super::maps::{CHUNKS, Maps};
use super::product::{LANES, Left, Output, Right, Run, multiply, pack, padded, push_run};
use cospike_sim_core::network::{Conv2d, Shape, Slide};
use rayon::prelude::*;

/// Sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    wide: Shape,
    narrow: Shape,
    kernel: usize,
    stride: usize,
    padding: usize,
}

/// Number of values of the wide side that [`Geometry::correlate`] processes at a time: few enough to stay in the
/// second-level cache.
const GROUP_VALUES: usize = 12 * 1024;

/// Output positions in one row that read the same columns of the kernel, and the stretches of the input that they sum over.
struct Strip {
    output: usize,
    positions: usize,
    runs: Vec<Run>,
}

impl Geometry {
    /// Geometry of a plain convolution, which reads the wide side.
    pub(crate) fn plain(c: Conv2d) -> Self {
        Self::new(c.input, c.output, c)
    }

    /// Geometry of a transposed convolution, which reads the narrow side.
    pub(crate) fn transposed(c: Conv2d) -> Self {
        Self::new(c.output, c.input, c)
    }

    fn new(wide: Shape, narrow: Shape, c: Conv2d) -> Self {
        // A pointwise convolution does not look at neighbours: one long row gives the same result faster.
        // `check` refuses kernels that are not square.
        let Slide { size: kernel, stride, padding: (padding, _), .. } = c.rows;
        let pointwise = kernel == 1 && stride == 1 && padding == 0;
        let row = |s: Shape| if pointwise { Shape::new(s.channels, 1, s.area()) } else { s };
        Self { wide: row(wide), narrow: row(narrow), kernel, stride, padding }
    }

    /// Every narrow value is a weighted sum of the wide values under its kernel. Overwrites `narrow`.
    pub(crate) fn gather(&self, wide: &Maps, weights: &[f32], narrow: &mut Maps) {
        let (k, inputs) = (self.kernel, self.wide.channels);
        let packed = pack(k * k * inputs, self.narrow.channels, |row, n| {
            let (tap, c) = (row / inputs, row % inputs);
            weights[(n * inputs + c) * k * k + tap]
        });
        let border = Border { shape: self.wide, left: self.padding, right: self.padding };
        let side = Side { border, row: self.stride, strips: self.gather_strips(), step: 1 };
        side.run(wide, Right::Packed { data: &packed, rows: k * k * inputs }, narrow, false);
    }

    /// Every narrow value is added, weighted, to the wide values under its kernel. Overwrites `wide`, or adds to it.
    pub(crate) fn scatter(&self, narrow: &Maps, weights: &[f32], wide: &mut Maps, add: bool) {
        let (k, inputs, outputs) = (self.kernel, self.narrow.channels, self.wide.channels);
        let packed = pack(k * k * inputs, outputs, |row, c| {
            let (tap, n) = (row / inputs, row % inputs);
            let (y, x) = (tap / k, k - 1 - tap % k); // columns backwards, see `scatter_strips`
            weights[(n * outputs + c) * k * k + y * k + x]
        });
        let border = self.scatter_border();
        let side = Side { border, row: 1, strips: self.scatter_strips(), step: self.stride };
        side.run(narrow, Right::Packed { data: &packed, rows: k * k * inputs }, wide, add);
    }

    /// Gradient of the weights: for every weight the sum over the pairs of values that it connects.
    pub(crate) fn correlate(&self, wide: &Maps, narrow: &Maps) -> Vec<f32> {
        let per_chunk = wide.frames_per_chunk();
        let chunks = wide.data.par_chunks(wide.chunk()).zip(narrow.data.par_chunks(narrow.chunk()));
        let parts: Vec<Vec<f32>> = chunks.map(|(w, n)| self.correlate_chunk(w, n, per_chunk)).collect();
        let (k, inputs, outputs) = (self.kernel, self.wide.channels, self.narrow.channels);
        let mut gradient = vec![0.0; k * k * inputs * outputs];
        for (n, gradient) in gradient.chunks_exact_mut(k * k * inputs).enumerate() {
            for (c, gradient) in gradient.chunks_exact_mut(k * k).enumerate() {
                for (tap, gradient) in gradient.iter_mut().enumerate() {
                    let at = (tap * inputs + c) * outputs + n;
                    *gradient = parts.iter().map(|part| part[at]).sum();
                }
            }
        }
        gradient
    }

    fn correlate_chunk(&self, wide: &[f32], narrow: &[f32], frames: usize) -> Vec<f32> {
        let (k, inputs, outputs) = (self.kernel, self.wide.channels, self.narrow.channels);
        let border = Border { shape: self.wide, left: self.padding, right: self.padding };
        let group = (GROUP_VALUES / border.len()).clamp(1, frames);
        let mut sums = vec![0.0; k * k * inputs * outputs];
        let (mut bordered, mut columns) = (vec![], vec![]);
        let groups = wide.chunks(group * self.wide.len()).zip(narrow.chunks(group * self.narrow.len()));
        for (number, (wide, narrow)) in groups.enumerate() {
            let frames = wide.len() / self.wide.len();
            let data = border.surround(wide, &mut bordered);
            let right = pad_columns(narrow, outputs, &mut columns);
            let left = Left { data, row: 1, inner: self.stride * inputs };
            for y in 0..k {
                let runs = self.correlate_runs(y, frames, border);
                let part = &mut sums[y * k * inputs * outputs..][..k * inputs * outputs];
                let mut output = Output { data: part, row: outputs, columns: outputs, add: number > 0 };
                multiply(left, right, &runs, k * inputs, &mut output);
            }
        }
        sums
    }

    /// Pairs of a wide and a narrow row that kernel row `y` connects.
    fn correlate_runs(&self, y: usize, frames: usize, border: Border) -> Vec<Run> {
        let mut runs = vec![];
        for frame in 0..frames {
            for row in 0..self.narrow.height {
                if let Some(wide_row) = self.wide_row(row, y) {
                    let left = frame * border.len() + wide_row * border.row();
                    let right = (frame * self.narrow.height + row) * self.narrow.width;
                    let len = self.narrow.width;
                    push_run(&mut runs, Run { left, right, len }, self.stride * self.wide.channels);
                }
            }
        }
        runs
    }

    /// The wide row that kernel row `y` reads for narrow row `row`; none if that lies in the padding.
    fn wide_row(&self, row: usize, y: usize) -> Option<usize> {
        (row * self.stride + y).checked_sub(self.padding).filter(|&r| r < self.wide.height)
    }

    fn gather_strips(&self) -> Vec<Strip> {
        let Self { wide, narrow, kernel, padding, .. } = *self;
        let pitch = (wide.width + 2 * padding) * wide.channels;
        let strip = |row: usize| {
            let mut runs = vec![];
            for y in 0..kernel {
                if let Some(wide_row) = self.wide_row(row, y) {
                    let (right, len) = (y * kernel * wide.channels, kernel * wide.channels);
                    push_run(&mut runs, Run { left: wide_row * pitch, right, len }, 1);
                }
            }
            Strip { output: row * narrow.width * narrow.channels, positions: narrow.width, runs }
        };
        (0..narrow.height).map(strip).collect()
    }

    fn scatter_border(&self) -> Border {
        let left = (self.kernel - 1).saturating_sub(self.padding) / self.stride;
        let right = ((self.wide.width - 1 + self.padding) / self.stride).saturating_sub(self.narrow.width - 1);
        Border { shape: self.narrow, left, right }
    }

    /// Strips of every `stride`-th position of a wide row, which see the same columns of the kernel. Going through these
    /// columns backwards goes through the narrow side forwards, so that runs join.
    fn scatter_strips(&self) -> Vec<Strip> {
        let Self { wide, narrow, kernel, stride, padding } = *self;
        let border = self.scatter_border();
        let mut strips = vec![];
        for row in 0..wide.height {
            for phase in 0..stride.min(wide.width) {
                let mut runs = vec![];
                for y in 0..kernel {
                    let Some(narrow_row) = exact_quotient(row + padding, y, stride) else { continue };
                    if narrow_row < 0 || narrow_row as usize >= narrow.height {
                        continue;
                    }
                    for x in (0..kernel).rev() {
                        let Some(column) = exact_quotient(phase + padding, x, stride) else { continue };
                        let column = (column + border.left as isize) as usize;
                        let left = narrow_row as usize * border.row() + column * narrow.channels;
                        let right = (y * kernel + kernel - 1 - x) * narrow.channels;
                        push_run(&mut runs, Run { left, right, len: narrow.channels }, 1);
                    }
                }
                let output = (row * wide.width + phase) * wide.channels;
                strips.push(Strip { output, positions: (wide.width - phase).div_ceil(stride), runs });
            }
        }
        strips
    }
}

/// `(a - b) / stride` if that is a whole number.
fn exact_quotient(a: usize, b: usize, stride: usize) -> Option<isize> {
    let (difference, stride) = (a as isize - b as isize, stride as isize);
    (difference % stride == 0).then_some(difference / stride)
}

/// Columns of zeros to the left and to the right of a frame.
#[derive(Clone, Copy)]
struct Border {
    shape: Shape,
    left: usize,
    right: usize,
}

impl Border {
    /// Values of a row with its border.
    fn row(&self) -> usize {
        (self.left + self.shape.width + self.right) * self.shape.channels
    }

    /// Values of a frame with its border.
    fn len(&self) -> usize {
        self.shape.height * self.row()
    }

    /// `frames` with their borders, in the buffer `room` unless the border is empty.
    fn surround<'a>(&self, frames: &'a [f32], room: &'a mut Vec<f32>) -> &'a [f32] {
        if self.left + self.right == 0 {
            return frames;
        }
        let (line, at) = (self.shape.width * self.shape.channels, self.left * self.shape.channels);
        // The columns of the border are zero from before and are not written.
        room.resize(frames.len() / line * self.row(), 0.0);
        for (row, bordered) in frames.chunks_exact(line).zip(room.chunks_exact_mut(self.row())) {
            bordered[at..at + line].copy_from_slice(row);
        }
        room
    }
}

/// `values`, rows of `columns`, with each row padded to whole vectors, in the buffer `room` unless none needs padding.
fn pad_columns<'a>(values: &'a [f32], columns: usize, room: &'a mut Vec<f32>) -> Right<'a> {
    if columns.is_multiple_of(LANES) {
        return Right::Plain { data: values, columns };
    }
    let wide = padded(columns);
    room.resize(values.len() / columns * wide, 0.0);
    for (from, to) in values.chunks_exact(columns).zip(room.chunks_exact_mut(wide)) {
        to[..columns].copy_from_slice(from);
    }
    Right::Plain { data: room, columns: wide }
}

/// How one side of a convolution is read to compute the other.
struct Side {
    border: Border,
    /// Positions from one output position's input to the next one's.
    row: usize,
    strips: Vec<Strip>,
    /// Positions from one output of a strip to the next.
    step: usize,
}

impl Side {
    fn run(&self, input: &Maps, right: Right, output: &mut Maps, add: bool) {
        let (chunk, columns) = (output.chunk(), output.shape.channels);
        debug_assert_eq!(input.frames, output.frames);
        let frames = (input.shape.len(), output.shape.len());
        let chunks = input.data.par_chunks(input.frames.div_ceil(CHUNKS).max(1) * frames.0);
        chunks.zip(output.data.par_chunks_mut(chunk)).for_each(|(input, output)| {
            let mut room = vec![];
            for (input, output) in input.chunks_exact(frames.0).zip(output.chunks_exact_mut(frames.1)) {
                let data = self.border.surround(input, &mut room);
                let left = Left { data, row: self.row * self.border.shape.channels, inner: 1 };
                for strip in &self.strips {
                    let data = &mut output[strip.output..];
                    let mut output = Output { data, row: self.step * columns, columns, add };
                    multiply(left, right, &strip.runs, strip.positions, &mut output);
                }
            }
        });
    }
}
