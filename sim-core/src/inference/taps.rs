//! Which input positions reach which output position: the geometry of every weighted layer and pool in one form.

use crate::network::{Conv2d, Pool2d, Shape};

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
}

impl Axis {
    /// An axis with one output that reads every input.
    fn all(inputs: usize) -> Self {
        Self { inputs, outputs: 1, kernel: inputs, taps: (0..inputs).map(|i| (0, i, i)).collect() }
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
}

impl Taps {
    /// Output row `y` reads input row `y * stride + k * dilation - padding`.
    pub(super) fn plain(c: Conv2d) -> Self {
        let source = |out, k, inputs| slide(out, c.stride, k * c.dilation, c.padding, inputs);
        Self::sliding(c.input, c.output, (c.kernel, c.kernel), source)
    }

    /// Input row `i` writes output row `i * stride + k * dilation - padding`.
    pub(super) fn transposed(c: Conv2d) -> Self {
        Self::sliding(c.input, c.output, (c.kernel, c.kernel), |out, k, inputs| {
            let scaled = (out + c.padding).checked_sub(k * c.dilation).filter(|s| s % c.stride == 0)?;
            Some(scaled / c.stride).filter(|&i| i < inputs)
        })
    }

    /// As [`Taps::plain`], with the window for a kernel.
    pub(super) fn pool(p: Pool2d) -> Self {
        let source = |out, k, inputs| slide(out, p.stride, k, p.padding, inputs);
        Self::sliding(p.input, p.output, p.window, source)
    }

    /// Taps of one output position that reads every input position.
    pub(super) fn all(input: Shape) -> Self {
        Self::new([Axis::all(input.height), Axis::all(input.width)])
    }

    /// `source(output, kernel element, inputs)` is the input row or column, if any; the same for both axes.
    fn sliding(
        input: Shape,
        output: Shape,
        (rows, columns): (usize, usize),
        source: impl Fn(usize, usize, usize) -> Option<usize>,
    ) -> Self {
        let axis = |inputs: usize, outputs: usize, kernel: usize| {
            let pairs = (0..outputs).flat_map(|output| (0..kernel).map(move |k| (output, k)));
            let tap = |(output, k)| Some((output, source(output, k, inputs)?, k));
            Axis { inputs, outputs, kernel, taps: pairs.filter_map(tap).collect() }
        };
        Self::new([axis(input.height, output.height, rows), axis(input.width, output.width, columns)])
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
        Self { starts, taps, kernel: rows.kernel * columns.kernel, axes, fan_out }
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

/// The row or column that output `out` of a sliding window reads at `offset`, unless that is padding.
fn slide(out: usize, stride: usize, offset: usize, padding: usize, inputs: usize) -> Option<usize> {
    (out * stride + offset).checked_sub(padding).filter(|&i| i < inputs)
}
