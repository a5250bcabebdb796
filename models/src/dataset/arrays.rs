//! Samples and labels in NumPy arrays, whose names say what they are: `images` of shape (n, height, width), (n, channels, height,
//! width) or, with 1 or 3 channels, (n, height, width, channels); `frames` (n, steps, channels, height, width); `vectors`
//! (n, features); `signals` (n, channels, length); `labels` (n,) or (n, 1).

use super::{Dataset, DatasetError, SampleKind, Values};
use crate::npz::Array;
use cospike_sim_core::network::Shape;

/// Names of arrays that hold samples.
pub(super) const SAMPLES: [&str; 4] = ["images", "frames", "vectors", "signals"];
/// Name of the array that holds the labels.
pub(super) const LABELS: &str = "labels";

/// Largest whole number up to which float32 has all of them.
const EXACT: i128 = 1 << f32::MANTISSA_DIGITS;

/// The data set of the array `name`, one of [`SAMPLES`], and its labels.
pub(super) fn dataset(name: &'static str, samples: Array, labels: &Array) -> Result<Dataset, DatasetError> {
    let (kind, shape, planes_last) = layout(name, &samples.shape)?;
    let (count, stored) = (samples.shape[0], samples.kind());
    let len = shape.len() * kind.steps().unwrap_or(1);
    let values = match kind {
        SampleKind::Frames { .. } => counts(&samples, len)?,
        _ => pixels_or_reals(name, samples)?,
    };
    let labels = classes(labels, count)?;
    let values = if planes_last { planes_first(&values, shape) } else { values };
    Ok(Dataset::with_values(kind, shape, values, labels)?.with_source("NumPy arrays", stored, vec![]))
}

pub(super) fn wrong(array: &'static str, needed: &'static str, found: String) -> DatasetError {
    DatasetError::Array { array, needed, found }
}

/// Kind and shape of the samples in an array of `sizes`, and whether the channels of a position lie together.
fn layout(name: &'static str, sizes: &[usize]) -> Result<(SampleKind, Shape, bool), DatasetError> {
    use SampleKind::{Frames, Images, Signals, Vectors};
    let (kind, shape, planes_last) = match (name, sizes) {
        ("images", &[_, height, width]) => (Images, Shape::new(1, height, width), false),
        ("images", &[_, channels @ (1 | 3), height, width]) => (Images, Shape::new(channels, height, width), false),
        ("images", &[_, height, width, channels @ (1 | 3)]) => (Images, Shape::new(channels, height, width), true),
        ("images", &[_, channels, height, width]) => (Images, Shape::new(channels, height, width), false),
        ("frames", &[_, steps, channels, height, width]) => {
            (Frames { steps }, Shape::new(channels, height, width), false)
        }
        ("vectors", &[_, features]) => (Vectors, Shape::vector(features), false),
        ("signals", &[_, channels, length]) => (Signals, Shape::new(channels, 1, length), false),
        _ => {
            let needed = match name {
                "images" => "of shape (n, h, w), (n, c, h, w) or, with 1 or 3 channels c, (n, h, w, c)",
                "frames" => "of shape (n, steps, channels, height, width)",
                "vectors" => "of shape (n, features)",
                _ => "of shape (n, channels, length)",
            };
            return Err(wrong(name, needed, format!("of shape {sizes:?}")));
        }
    };
    // Sizes of an array without values need not be those of anything that fits into memory.
    let len = sizes[1..].iter().try_fold(1_usize, |len, &size| len.checked_mul(size));
    match len.filter(|&len| u32::try_from(len).is_ok()) {
        Some(_) => Ok((kind, shape, planes_last)),
        None => Err(wrong(name, "of samples of at most 4,294,967,295 values", format!("of shape {sizes:?}"))),
    }
}

fn pixels_or_reals(name: &'static str, array: Array) -> Result<Values, DatasetError> {
    if let Some(values) = array.floats() {
        return Ok(Values::Real(values));
    }
    let kind = array.kind();
    let needed = "of type uint8 (|u1), which is divided by 255, or of type float32 or float64, which is taken as it is";
    array.into_bytes().map(Values::Pixels).ok_or_else(|| wrong(name, needed, kind))
}

/// Values of frames, of which `len` are a sample's: numbers of events, or real values if some are no whole numbers from 0 to 255.
fn counts(array: &Array, len: usize) -> Result<Values, DatasetError> {
    if let Some(truths) = array.truths() {
        return Ok(Values::Counts(truths));
    }
    let values = match (array.whole_numbers(), array.floats()) {
        (Some(numbers), _) => {
            let exact = |(at, number): (usize, i128)| match number.abs() <= EXACT {
                true => Ok(number as f32),
                false => Err(DatasetError::Value {
                    record: at / len.max(1),
                    value: number.to_string(),
                    needed: "float32 has all whole numbers only up to 16,777,216",
                }),
            };
            numbers.enumerate().map(exact).collect::<Result<Vec<f32>, _>>()?
        }
        (None, Some(values)) => values,
        (None, None) => {
            return Err(wrong("frames", "of whole numbers, truth values, float32 or float64", array.kind()));
        }
    };
    let is_count = |value: &f32| (0.0..=255.0).contains(value) && value.fract() == 0.0;
    Ok(match values.iter().all(is_count) {
        true => Values::Counts(values.into_iter().map(|value| value as u8).collect()),
        false => Values::Real(values),
    })
}

/// Classes of `count` samples.
fn classes(array: &Array, count: usize) -> Result<Vec<u16>, DatasetError> {
    let &([labels] | [labels, 1]) = array.shape.as_slice() else {
        return Err(wrong(LABELS, "of shape (n,) or (n, 1)", format!("of shape {:?}", array.shape)));
    };
    if labels != count {
        return Err(DatasetError::Count { samples: count, labels });
    }
    let values = array
        .whole_numbers()
        .ok_or_else(|| wrong(LABELS, "of an integer type, such as uint8 or int64", array.kind()))?;
    let class =
        |(record, label): (usize, i128)| u16::try_from(label).map_err(|_| DatasetError::NoClass { record, label });
    values.enumerate().map(class).collect()
}

/// Reorders images that are stored position by position so that they are stored plane by plane.
fn planes_first(values: &Values, shape: Shape) -> Values {
    fn reordered<T: Copy>(values: &[T], shape: Shape) -> Vec<T> {
        let (channels, area) = (shape.channels, shape.area());
        let image =
            |image: &[T]| -> Vec<T> { (0..channels * area).map(|i| image[i % area * channels + i / area]).collect() };
        values.chunks_exact(shape.len().max(1)).flat_map(image).collect()
    }
    match values {
        Values::Pixels(pixels) => Values::Pixels(reordered(pixels, shape)),
        Values::Counts(counts) => Values::Counts(reordered(counts, shape)),
        Values::Real(values) => Values::Real(reordered(values, shape)),
    }
}
