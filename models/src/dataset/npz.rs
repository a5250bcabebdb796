//! Data sets in archives of NumPy arrays: `images`, uint8 of shape (n, height, width), (n, channels, height, width) or
//! (n, height, width, channels) with 1 or 3 channels, and `labels`, whole numbers from 0 to 65,535 of shape (n,) or (n, 1).

use super::{Dataset, DatasetError};
use crate::npz::{self, Array};
use cospike_sim_core::network::Shape;
use npyz::{DType, Order};
use std::io::Cursor;

type Archive<'a> = npz::Archive<Cursor<&'a [u8]>>;

impl Dataset {
    /// Reads the arrays `images` and `labels` of an `.npz` file.
    ///
    /// # Errors
    /// [`DatasetError::Npz`] for a file that is not such an archive or is damaged, [`DatasetError::Array`] for a missing array or
    /// one of another type or shape, [`DatasetError::Label`] and [`DatasetError::Count`].
    pub fn from_npz(file: &[u8]) -> Result<Self, DatasetError> {
        let mut archive = Archive::open(Cursor::new(file)).map_err(DatasetError::Npz)?;
        let (dims, pixels) = images(&mut archive)?;
        let labels = labels(&mut archive)?;
        let (shape, planes_last) = match dims[..] {
            [_, height, width] => (Shape::new(1, height, width), false),
            [_, channels @ (1 | 3), height, width] => (Shape::new(channels, height, width), false),
            [_, height, width, channels @ (1 | 3)] => (Shape::new(channels, height, width), true),
            _ => {
                let needed = "(n, h, w), (n, c, h, w) or (n, h, w, c) with 1 or 3 channels c";
                return Err(wrong("images", needed, format!("{dims:?}")));
            }
        };
        if dims[0] != labels.len() {
            return Err(DatasetError::Count { images: dims[0], labels: labels.len() });
        }
        let pixels = if planes_last { planes_first(&pixels, shape) } else { pixels };
        Ok(Self { shape, pixels, labels })
    }
}

fn wrong(array: &'static str, needed: &'static str, found: String) -> DatasetError {
    DatasetError::Array { array, needed, found }
}

/// The array `name`, which must be stored in C order.
fn array(archive: &mut Archive<'_>, name: &'static str) -> Result<Array, DatasetError> {
    let found = archive.array(name).map_err(DatasetError::Npz)?;
    let array = found.ok_or_else(|| wrong(name, "an array of this name", "missing".into()))?;
    if array.order() != Order::C && array.shape().len() > 1 {
        return Err(wrong(name, "in C order (numpy.ascontiguousarray)", "in Fortran order".into()));
    }
    Ok(array)
}

/// Dimensions and pixels of the array `images`.
fn images(archive: &mut Archive<'_>) -> Result<(Vec<usize>, Vec<u8>), DatasetError> {
    let array = array(archive, "images")?;
    let dims = array.shape().iter().map(|&n| n as usize).collect();
    let kind = describe(&array.dtype());
    let data = array.data::<u8>().map_err(|_| wrong("images", "of type uint8 (|u1), 0 to 255", kind))?;
    let pixels = data.collect::<Result<_, _>>().map_err(DatasetError::Npz)?;
    Ok((dims, pixels))
}

/// Classes in the array `labels`.
fn labels(archive: &mut Archive<'_>) -> Result<Vec<u16>, DatasetError> {
    let array = array(archive, "labels")?;
    let kind = describe(&array.dtype());
    if !matches!(array.shape(), [_] | [_, 1]) {
        return Err(wrong("labels", "of shape (n,) or (n, 1)", format!("{:?}", array.shape())));
    }
    // NumPy's default integers, and the smallest types that hold the labels.
    let values: Vec<i64> = match kind.as_str() {
        "<i8" => array.into_vec().map_err(DatasetError::Npz)?,
        "<i4" => array.into_vec::<i32>().map_err(DatasetError::Npz)?.into_iter().map(i64::from).collect(),
        "<u2" => array.into_vec::<u16>().map_err(DatasetError::Npz)?.into_iter().map(i64::from).collect(),
        "|u1" => array.into_vec::<u8>().map_err(DatasetError::Npz)?.into_iter().map(i64::from).collect(),
        _ => return Err(wrong("labels", "of type int64 (<i8), int32 (<i4), uint16 (<u2) or uint8 (|u1)", kind)),
    };
    let class = |(record, &label): (usize, &i64)| {
        u16::try_from(label).map_err(|_| DatasetError::Label { record, label, classes: Dataset::MAX_CLASSES })
    };
    values.iter().enumerate().map(class).collect()
}

/// NumPy's name of a type, such as `<i8`.
fn describe(kind: &DType) -> String {
    kind.descr().trim_matches('\'').to_string()
}

/// Reorders images that are stored position by position so that they are stored plane by plane.
fn planes_first(pixels: &[u8], shape: Shape) -> Vec<u8> {
    let (channels, area) = (shape.channels, shape.area());
    let image =
        |image: &[u8]| -> Vec<u8> { (0..channels * area).map(|i| image[i % area * channels + i / area]).collect() };
    pixels.chunks_exact(shape.len().max(1)).flat_map(image).collect()
}
