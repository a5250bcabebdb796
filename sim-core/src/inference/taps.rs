//! Which input positions reach which output position: the geometry of every weighted layer and pool in one form.

use crate::network::{Conv2d, Pool2d, Shape, Slide};

/// One input position that reaches an output position, and through which kernel element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tap {
    /// Row-major input position.
    pub(super) position: u32,
    /// Row-major kernel element.
    pub(super) kernel: u32,
}

/// The geometry along one axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Number of kernel elements.
    pub(super) kernel: usize,
    /// (output, input, kernel element), in order.
    pub(super) taps: Vec<(usize, usize, usize)>,
    /// For every input the number of kernel elements that lead to an output, those beyond the borders included: as many more
    /// outputs on each side as read padding.
    padded: Vec<u64>,
}

impl Axis {
    /// `source(output, kernel element)` is the input that is read, if any, and `padded(input)` the number of kernel elements of
    /// [`Axis::padded`].
    fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        source: impl Fn(usize, usize) -> Option<usize>,
        padded: impl Fn(usize) -> u64,
    ) -> Self {
        let pairs = (0..outputs).flat_map(|output| (0..kernel).map(move |k| (output, k)));
        let taps = pairs.filter_map(|(output, k)| Some((output, source(output, k)?, k))).collect();
        Self { inputs, outputs, kernel, taps, padded: (0..inputs).map(padded).collect() }
    }

    /// An axis with one output that reads every input.
    fn all(inputs: usize) -> Self {
        let taps = (0..inputs).map(|i| (0, i, i)).collect();
        Self { inputs, outputs: 1, kernel: inputs, taps, padded: vec![1; inputs] }
    }

    /// (input, kernel element) pairs that `output` reads.
    fn sources(&self, output: usize) -> impl Iterator<Item = (usize, usize)> {
        let first = self.taps.partition_point(|tap| tap.0 < output);
        self.taps[first..].iter().take_while(move |tap| tap.0 == output).map(|&(_, input, k)| (input, k))
    }
}

/// For every output position its taps, in the order of the kernel. Padding has no taps.
///
/// Plain convolution, transposed convolution (as a gather) and fully connected layer differ in nothing else, so one
/// spiking and one dense kernel serve all three; pools have the same geometry.
#[derive(Clone, Debug)]
pub(super) struct Taps {
    starts: Vec<usize>,
    taps: Vec<Tap>,
    /// Number of kernel elements.
    pub(super) kernel: usize,
    /// The geometry along rows and along columns, which make up that of positions.
    pub(super) axes: [Axis; 2],
    /// Output positions that each input position reaches.
    pub(super) fan_out: Vec<u64>,
    /// Input positions near the borders, each with the number of kernel elements that lead outside the output.
    pub(super) outside: Vec<(u32, u64)>,
}

impl Taps {
    /// Output row `y` reads input row `y * stride + k * dilation - padding`.
    pub(super) fn plain(c: Conv2d) -> Self {
        Self::sliding(c.input, c.output, c.rows, c.columns)
    }

    /// Input row `i` writes output row `i * stride + k * dilation - padding`.
    pub(super) fn transposed(c: Conv2d) -> Self {
        let axis = |slide: Slide, inputs, outputs| {
            let source = |out: usize, k: usize| {
                let scaled = (out + slide.padding.0).checked_sub(k * slide.dilation);
                Some(scaled.filter(|scaled| scaled % slide.stride == 0)? / slide.stride).filter(|&i| i < inputs)
            };
            Axis::new(inputs, outputs, slide.size, source, |_| slide.size as u64)
        };
        Self::new([axis(c.rows, c.input.height, c.output.height), axis(c.columns, c.input.width, c.output.width)])
    }

    /// As [`Taps::plain`], with the window for a kernel.
    pub(super) fn pool(p: Pool2d) -> Self {
        Self::sliding(p.input, p.output, p.rows, p.columns)
    }

    /// Taps of one output position that reads every input position.
    pub(super) fn all(input: Shape) -> Self {
        Self::new([Axis::all(input.height), Axis::all(input.width)])
    }

    fn sliding(input: Shape, output: Shape, rows: Slide, columns: Slide) -> Self {
        let axis = |slide: Slide, inputs, outputs| {
            let source = |out, k| slid(out, k, slide, inputs);
            Axis::new(inputs, outputs, slide.size, source, |input| reached(input, outputs, slide))
        };
        Self::new([axis(rows, input.height, output.height), axis(columns, input.width, output.width)])
    }

    fn new(axes: [Axis; 2]) -> Self {
        let [rows, columns] = &axes;
        let (mut starts, mut taps) = (vec![0], vec![]);
        let mut fan_out = vec![0; rows.inputs * columns.inputs];
        for (y, x) in (0..rows.outputs).flat_map(|y| (0..columns.outputs).map(move |x| (y, x))) {
            for (row, ky) in rows.sources(y) {
                for (column, kx) in columns.sources(x) {
                    let (position, kernel) = (row * columns.inputs + column, ky * columns.kernel + kx);
                    fan_out[position] += 1;
                    // `Network::check` keeps positions below 2^32.
                    taps.push(Tap { position: position as u32, kernel: kernel as u32 });
                }
            }
            starts.push(taps.len());
        }
        let padded = rows.padded.iter().flat_map(|row| columns.padded.iter().map(move |column| row * column));
        let outside = (0..).zip(padded.zip(&fan_out)).map(|(position, (all, inside))| (position, all - inside));
        let outside = outside.filter(|&(_, pairs)| pairs > 0).collect();
        Self { starts, taps, kernel: rows.kernel * columns.kernel, axes, fan_out, outside }
    }

    /// The taps of output `position`.
    #[inline(always)]
    pub(super) fn window(&self, position: usize) -> &[Tap] {
        &self.taps[self.starts[position]..self.starts[position + 1]]
    }

    /// Number of (input position, output position) pairs.
    pub(super) fn pairs(&self) -> u64 {
        self.taps.len() as u64
    }

    /// Number of output positions.
    pub(super) fn outputs(&self) -> usize {
        self.starts.len() - 1
    }
}

/// The row or column that output `out` of a window reads through its element `k`, unless that is padding.
fn slid(out: usize, k: usize, slide: Slide, inputs: usize) -> Option<usize> {
    (out * slide.stride + k * slide.dilation).checked_sub(slide.padding.0).filter(|&i| i < inputs)
}

/// The number of elements of a sliding window that lead from the row or column `input` to one of `outputs`, or to one of the
/// `padding / stride` (rounded up) that would follow on each side.
fn reached(input: usize, outputs: usize, slide: Slide) -> u64 {
    let Slide { size, stride, padding, dilation } = slide;
    let (before, after) = (padding.0.div_ceil(stride), padding.1.div_ceil(stride));
    // Counted from the first of these, so that nothing is negative but what lies before it.
    let leads = |k: &usize| {
        let place = (input + padding.0 + before * stride).checked_sub(k * dilation);
        place.is_some_and(|place| place % stride == 0 && place / stride < outputs + before + after)
    };
    (0..size).filter(leads).count() as u64
}
