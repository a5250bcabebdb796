//! Shapes of feature maps, and windows that slide over them.

use serde::{Deserialize, Serialize};

/// Shape of one sample's feature map (no batch, no time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Number of channels, or of features of a vector.
    pub channels: usize,
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
}

impl Shape {
    /// A feature map of `channels` x `height` x `width`.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// A vector of `features` values.
    pub const fn vector(features: usize) -> Self {
        Self::new(features, 1, 1)
    }

    /// Number of values, `channels * height * width`.
    pub const fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// True for a shape without values.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of positions, `height * width`.
    pub const fn area(&self) -> usize {
        self.height * self.width
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// How a window slides along one axis, rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// Number of elements of the window.
    pub size: usize,
    /// Step of the window.
    pub stride: usize,
    /// Zeros that are added before the first and after the last value of the axis.
    pub padding: (usize, usize),
    /// Distance between neighbouring elements; 1 is a dense window.
    pub dilation: usize,
}

impl Slide {
    /// A dense window with the same padding on both sides.
    pub const fn new(size: usize, stride: usize, padding: usize) -> Self {
        Self { size, stride, padding: (padding, padding), dilation: 1 }
    }

    /// A window that covers an axis of `length` values.
    pub const fn whole(length: usize) -> Self {
        Self::new(length, 1, 0)
    }

    /// Number of values of the axis that the window spans.
    pub fn span(&self) -> usize {
        self.size.saturating_sub(1).saturating_mul(self.dilation).saturating_add(1)
    }

    /// Number of places that the window takes on an axis of `length` values; 0 where it does not fit, which
    /// [`Network::check`](super::Network::check) refuses.
    pub fn places(&self, length: usize) -> usize {
        let padded = length.saturating_add(self.padding.0).saturating_add(self.padding.1);
        let room = padded.checked_sub(self.span()).and_then(|room| room.checked_div(self.stride));
        room.map_or(0, |steps| steps + 1)
    }
}

/// Geometry of a 2-d convolution, plain or transposed, as in PyTorch: weights are `[out, in, rows, columns]` for a plain and
/// `[in, out, rows, columns]` for a transposed convolution. One along a single axis (a 1-d convolution) has one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// Shape of the input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// How the kernel slides along rows: over the input (plain), or over the output (transposed).
    pub rows: Slide,
    /// How it slides along columns.
    pub columns: Slide,
    /// Groups that input and output channels fall into, in order; an output channel reads its own group only, so the
    /// weights are `[out, in / groups, rows, columns]` (plain) or `[in, out / groups, rows, columns]` (transposed). With as
    /// many groups as input channels the convolution is *depthwise*.
    pub groups: usize,
}

impl Conv2d {
    /// A plain convolution with a square kernel; the output shape follows from the input's.
    pub fn plain(input: Shape, channels: usize, kernel: usize, stride: usize, padding: usize) -> Self {
        let slide = Slide::new(kernel, stride, padding);
        Self::sliding(input, channels, slide, slide)
    }

    /// A plain convolution whose kernel slides along `rows` and `columns`; the output shape follows from the input's.
    pub fn sliding(input: Shape, channels: usize, rows: Slide, columns: Slide) -> Self {
        let output = Shape::new(channels, rows.places(input.height), columns.places(input.width));
        Self { input, output, rows, columns, groups: 1 }
    }

    /// A plain depthwise convolution: as many groups and output channels as input channels.
    pub fn depthwise(input: Shape, kernel: usize, stride: usize, padding: usize) -> Self {
        Self { groups: input.channels, ..Self::plain(input, input.channels, kernel, stride, padding) }
    }

    /// This convolution in `groups` groups.
    pub fn grouped(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Number of kernel elements between two channels.
    pub fn elements(&self) -> usize {
        self.rows.size * self.columns.size
    }

    /// A transposed convolution onto `output`, which the caller names because several sizes share one input size.
    pub fn transposed(input: Shape, output: Shape, kernel: usize, stride: usize, padding: usize) -> Self {
        let slide = Slide::new(kernel, stride, padding);
        Self { input, output, rows: slide, columns: slide, groups: 1 }
    }

    /// Rows and columns that a transposed convolution adds on one side to reach its output's.
    pub fn output_padding(&self) -> (usize, usize) {
        let extra = |i: usize, o: usize, slide: Slide| {
            o + slide.padding.0 + slide.padding.1 - slide.span() - (i - 1) * slide.stride
        };
        (
            extra(self.input.height, self.output.height, self.rows),
            extra(self.input.width, self.output.width, self.columns),
        )
    }
}

/// Function by which a pool reduces a window to one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Mean of the whole window, padding included (PyTorch's default `count_include_pad`).
    Average,
    /// Sum of the window.
    Sum,
    /// Maximum of the window; for spikes, whether there is any.
    Max,
}

/// Geometry of a pool, each channel on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2d {
    /// Function that reduces a window to one value.
    pub reduction: Reduction,
    /// Shape of the input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// How the window slides along rows (for a maximum, padding does not count).
    pub rows: Slide,
    /// How it slides along columns.
    pub columns: Slide,
}

impl Pool2d {
    /// A pool with a square window; the output shape follows from the input's, rounded down.
    pub fn new(reduction: Reduction, input: Shape, window: usize, stride: usize, padding: usize) -> Self {
        let slide = Slide::new(window, stride, padding);
        Self::sliding(reduction, input, slide, slide)
    }

    /// A pool whose window slides along `rows` and `columns`; the output shape follows from the input's, rounded down.
    pub fn sliding(reduction: Reduction, input: Shape, rows: Slide, columns: Slide) -> Self {
        let output = Shape::new(input.channels, rows.places(input.height), columns.places(input.width));
        Self { reduction, input, output, rows, columns }
    }

    /// One window that is the whole feature map.
    pub fn global(reduction: Reduction, input: Shape) -> Self {
        Self::sliding(reduction, input, Slide::whole(input.height), Slide::whole(input.width))
    }

    /// Number of values in the window.
    pub fn elements(&self) -> usize {
        self.rows.size * self.columns.size
    }

    /// Whether the window covers the whole input.
    pub fn is_global(&self) -> bool {
        let covers = |slide: Slide, length| slide.size == length && slide.padding == (0, 0) && slide.dilation == 1;
        covers(self.rows, self.input.height) && covers(self.columns, self.input.width)
    }
}
