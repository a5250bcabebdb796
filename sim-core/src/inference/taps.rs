//! Which input positions reach which output position: the geometry of every weighted layer in one form.

use crate::network::{Conv2d, Shape};

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
/// spiking and one dense kernel serve all three.
#[derive(Clone, Debug)]
pub(super) struct Taps {
    starts: Vec<usize>,
    taps: Vec<Tap>,
    /// Kernel elements.
    pub(super) kernel: usize,
    /// Output positions that each input position reaches.
    pub(super) fan_out: Vec<u64>,
}

impl Taps {
    /// Output row `y` reads input row `y * stride + k - padding`.
    pub(super) fn plain(c: Conv2d) -> Self {
        Self::sliding(c, |out, k, inputs| (out * c.stride + k).checked_sub(c.padding).filter(|&i| i < inputs))
    }

    /// Input row `i` writes output row `i * stride + k - padding`.
    pub(super) fn transposed(c: Conv2d) -> Self {
        Self::sliding(c, |out, k, inputs| {
            let scaled = (out + c.padding).checked_sub(k).filter(|s| s % c.stride == 0)?;
            Some(scaled / c.stride).filter(|&i| i < inputs)
        })
    }

    /// One output position that reads every input position.
    pub(super) fn all(input: Shape) -> Self {
        let taps = (0..input.area() as u32).map(|i| Tap { position: i, kernel: i }).collect();
        Self::new(vec![0, input.area()], taps, input.area(), input.area())
    }

    /// `source(output, kernel element, inputs)` is the input row or column, if any; the same for both axes.
    fn sliding(c: Conv2d, source: impl Fn(usize, usize, usize) -> Option<usize>) -> Self {
        let (mut starts, mut taps) = (vec![0], vec![]);
        for position in 0..c.output.area() {
            let (y, x) = (position / c.output.width, position % c.output.width);
            for kernel in 0..c.kernel * c.kernel {
                let row = source(y, kernel / c.kernel, c.input.height);
                let column = source(x, kernel % c.kernel, c.input.width);
                if let (Some(row), Some(column)) = (row, column) {
                    // `Network::check` keeps positions below 2^32.
                    taps.push(Tap { position: (row * c.input.width + column) as u32, kernel: kernel as u32 });
                }
            }
            starts.push(taps.len());
        }
        Self::new(starts, taps, c.kernel * c.kernel, c.input.area())
    }

    fn new(starts: Vec<usize>, taps: Vec<Tap>, kernel: usize, inputs: usize) -> Self {
        let mut fan_out = vec![0; inputs];
        taps.iter().for_each(|tap| fan_out[tap.position as usize] += 1);
        Self { starts, taps, kernel, fan_out }
    }

    /// The taps of output `position`.
    #[inline(always)]
    pub(super) fn of(&self, position: usize) -> &[Tap] {
        &self.taps[self.starts[position]..self.starts[position + 1]]
    }

    /// Number of output positions.
    pub(super) fn outputs(&self) -> usize {
        self.starts.len() - 1
    }
}
