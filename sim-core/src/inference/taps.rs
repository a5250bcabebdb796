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

/// For every output position its taps, in the order of the kernel. Padding has no taps.
///
/// Plain convolution, transposed convolution (as a gather) and fully connected layer differ in nothing else, so one
/// spiking and one dense kernel serve all three; pools have the same geometry.
#[derive(Clone, Debug)]
pub(super) struct Taps {
    starts: Vec<usize>,
    taps: Vec<Tap>,
    /// Kernel elements.
    pub(super) kernel: usize,
    /// Output positions in a row.
    pub(super) width: usize,
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

    /// One output position that reads every input position.
    pub(super) fn all(input: Shape) -> Self {
        let taps = (0..input.area() as u32).map(|i| Tap { position: i, kernel: i }).collect();
        Self::new(vec![0, input.area()], taps, input.area(), input.area(), 1)
    }

    /// `source(output, kernel element, inputs)` is the input row or column, if any; the same for both axes.
    fn sliding(
        input: Shape,
        output: Shape,
        (rows, columns): (usize, usize),
        source: impl Fn(usize, usize, usize) -> Option<usize>,
    ) -> Self {
        let (mut starts, mut taps) = (vec![0], vec![]);
        for position in 0..output.area() {
            let (y, x) = (position / output.width, position % output.width);
            for kernel in 0..rows * columns {
                let row = source(y, kernel / columns, input.height);
                let column = source(x, kernel % columns, input.width);
                if let (Some(row), Some(column)) = (row, column) {
                    // `Network::check` keeps positions below 2^32.
                    taps.push(Tap { position: (row * input.width + column) as u32, kernel: kernel as u32 });
                }
            }
            starts.push(taps.len());
        }
        Self::new(starts, taps, rows * columns, input.area(), output.width)
    }

    fn new(starts: Vec<usize>, taps: Vec<Tap>, kernel: usize, inputs: usize, width: usize) -> Self {
        let mut fan_out = vec![0; inputs];
        taps.iter().for_each(|tap| fan_out[tap.position as usize] += 1);
        Self { starts, taps, kernel, width, fan_out }
    }

    /// The taps of output `position`.
    #[inline(always)]
    pub(super) fn of(&self, position: usize) -> &[Tap] {
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
