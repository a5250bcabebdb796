//! Windows that slide over one or two axes: of convolutions and of pools.

use super::node::Attributes;
use cospike_sim_core::network::Slide;

/// How a window slides along each axis, and the sizes of these axes.
pub(super) struct Windows {
    slides: Vec<Slide>,
    axes: Vec<usize>,
}

impl Windows {
    /// A window of the sizes `kernel` over `axes`, as the attributes of its node say.
    pub(super) fn read(attributes: &mut Attributes<'_>, kernel: &[usize], axes: &[usize]) -> Result<Self, String> {
        let count = axes.len();
        if kernel.len() != count || count > 2 || kernel.contains(&0) {
            return Err(format!(
                "its window of sizes {kernel:?} does not slide over values of {count} axes; 1 or 2 are executed"
            ));
        }
        let strides = attributes.sizes("strides", count, 1)?;
        let dilations = attributes.sizes("dilations", count, 1)?;
        let pads = attributes.sizes("pads", 2 * count, 0)?;
        let auto = attributes.text("auto_pad", "NOTSET")?;
        if strides.contains(&0) || dilations.contains(&0) {
            return Err("its strides and dilations must be 1 or more".into());
        }
        let slide = |axis: usize| {
            let (size, stride, dilation) = (kernel[axis], strides[axis], dilations[axis]);
            let bare = Slide { size, stride, padding: (0, 0), dilation };
            let places = axes[axis].div_ceil(stride);
            let all = ((places - 1) * stride + bare.span()).saturating_sub(axes[axis]);
            let padding = match auto {
                "NOTSET" => (pads[axis], pads[count + axis]),
                "VALID" => (0, 0),
                "SAME_UPPER" => (all / 2, all - all / 2),
                "SAME_LOWER" => (all - all / 2, all / 2),
                other => return Err(format!("its padding `{}` is not known", other.escape_debug())),
            };
            Ok(Slide { padding, ..bare })
        };
        let slides = (0..count).map(slide).collect::<Result<_, _>>()?;
        Ok(Self { slides, axes: axes.to_vec() })
    }

    /// The same windows, and one more on each axis where a part of one is left, but none that begins behind the values. Whether there
    /// is one more.
    pub(super) fn rounded_up(self) -> (Self, bool) {
        let mut is_more = false;
        let slides = self.slides.iter().zip(&self.axes).map(|(&slide, &length)| {
            let padded = length + slide.padding.0 + slide.padding.1;
            let rest = padded.saturating_sub(slide.span()) % slide.stride;
            let begin = slide.places(length) * slide.stride;
            if rest == 0 || padded < slide.span() || begin >= length + slide.padding.0 {
                return slide;
            }
            is_more = true;
            Slide { padding: (slide.padding.0, slide.padding.1 + slide.stride - rest), ..slide }
        });
        let slides = slides.collect();
        (Self { slides, axes: self.axes }, is_more)
    }

    pub(super) fn are_padded(&self) -> bool {
        self.slides.iter().any(|slide| slide.padding != (0, 0))
    }

    /// Refuses a pool of which a window can lie in the padding alone.
    pub(super) fn check_pool(&self) -> Result<(), String> {
        match self.slides.iter().find(|slide| slide.padding.0.max(slide.padding.1) * 2 > slide.size) {
            Some(slide) => Err(format!(
                "its padding of {} and {} is more than half of its window of {}",
                slide.padding.0, slide.padding.1, slide.size
            )),
            None => Ok(()),
        }
    }

    /// How the window slides along rows and columns; over a single axis there is one row.
    pub(super) fn slides(&self) -> (Slide, Slide) {
        match *self.slides.as_slice() {
            [columns] => (Slide::whole(1), columns),
            [rows, columns, ..] => (rows, columns),
            [] => (Slide::whole(1), Slide::whole(1)),
        }
    }

    /// Sizes of what is emitted of `channels` channels.
    pub(super) fn sizes(&self, channels: usize) -> Result<Vec<usize>, String> {
        let places: Vec<usize> =
            self.slides.iter().zip(&self.axes).map(|(slide, &length)| slide.places(length)).collect();
        match places.contains(&0) {
            true => Err(format!("its window does not fit axes of {:?}", self.axes)),
            false => Ok([vec![channels], places].concat()),
        }
    }
}

/// `sizes` with ones behind them, so that there are `count`.
pub(super) fn padded(mut sizes: Vec<usize>, count: usize) -> Vec<usize> {
    sizes.resize(count, 1);
    sizes
}
