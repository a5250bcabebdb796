//! Arrays of a reference's archive, decoded and checked.

use super::error::{ReferenceError, wrong};
use crate::file::TEXT_LIMIT;
use crate::npz::{self, Array};
use std::collections::BTreeMap;
use std::io::{Read, Seek};

/// The open archive of a reference.
pub(super) struct Archive<R>(npz::Archive<R>);

impl<R: Read + Seek> Archive<R> {
    pub(super) fn open(reader: R) -> Result<Self, ReferenceError> {
        Ok(Self(npz::Archive::open(reader)?))
    }

    /// Names of the arrays that begin with `prefix`, without it, sorted.
    pub(super) fn names(&self, prefix: &str) -> Vec<String> {
        let mut names: Vec<_> =
            self.0.array_names().filter_map(|name| name.strip_prefix(prefix).map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// Shape and values of an array of float32 or float64, all of them finite.
    pub(super) fn floats(&mut self, name: &str) -> Result<(Vec<usize>, Vec<f32>), ReferenceError> {
        let array = self.array(name)?;
        let data = array.floats().ok_or_else(|| of_kind(name, &array, "float32 or float64"))?;
        match data.iter().position(|value| !value.is_finite()) {
            None => Ok((array.shape, data)),
            Some(at) => {
                Err(wrong(name, format!("it holds {} at position {at}: values must be finite numbers", data[at])))
            }
        }
    }

    /// Values of an array of floats, which must have the shape `needed`; `None` if there is no such array.
    pub(super) fn optional_floats(&mut self, name: &str, needed: &[usize]) -> Result<Option<Vec<f32>>, ReferenceError> {
        match self.floats(name) {
            Err(ReferenceError::Missing { .. }) => Ok(None),
            Ok((shape, _)) if shape != needed => {
                Err(wrong(name, format!("it has shape {shape:?} instead of {needed:?}")))
            }
            other => other.map(|(_, data)| Some(data)),
        }
    }

    /// The text in an array of one string.
    pub(super) fn text(&mut self, name: &str) -> Result<String, ReferenceError> {
        let array = self.array(name)?;
        if array.size() > TEXT_LIMIT {
            return Err(wrong(name, format!("its text has {} bytes; at most {TEXT_LIMIT} are read", array.size())));
        }
        array.text().ok_or_else(|| of_kind(name, &array, "one string"))
    }

    /// The array `name`.
    fn array(&mut self, name: &str) -> Result<Array, ReferenceError> {
        self.0.array(name)?.ok_or_else(|| ReferenceError::Missing { name: name.into() })
    }
}

/// The error of an array that is not of the kind `needed`.
fn of_kind(name: &str, array: &Array, needed: &str) -> ReferenceError {
    wrong(name, format!("it must be {needed}, but is {} of shape {:?}", array.kind(), array.shape))
}

/// Spikes that were recorded of one neuron layer.
pub(super) struct Spikes {
    /// Number of time steps, T.
    pub(super) steps: usize,
    /// Channels, rows and columns of the layer.
    pub(super) shape: [usize; 3],
    /// Spikes as bits, in the order of [`super::Recorded::bits`].
    pub(super) bits: Vec<u8>,
}

impl Spikes {
    /// Reads the spikes of every layer on `count` images, by the layer's name.
    pub(super) fn read_all(
        archive: &mut Archive<impl Read + Seek>,
        count: usize,
    ) -> Result<BTreeMap<String, Self>, ReferenceError> {
        let layers = archive.names("spike_bits/");
        if layers.is_empty() {
            return Err(ReferenceError::Missing { name: "spike_bits/LAYER".into() });
        }
        layers.into_iter().map(|layer| Ok((layer.clone(), Self::read(archive, &layer, count)?))).collect()
    }

    fn read(archive: &mut Archive<impl Read + Seek>, layer: &str, count: usize) -> Result<Self, ReferenceError> {
        let (shape_name, bits_name) = (format!("spike_shape/{layer}"), format!("spike_bits/{layer}"));
        let shape = archive.array(&shape_name)?;
        let sizes = shape.whole_numbers().ok_or_else(|| of_kind(&shape_name, &shape, "whole numbers"))?;
        let shape: Vec<i128> = sizes.collect();
        let sizes: Option<Vec<usize>> = shape.iter().map(|&n| usize::try_from(n).ok().filter(|&n| n > 0)).collect();
        let Some(&[steps, images, channels, rows, columns]) = sizes.as_deref() else {
            return Err(wrong(&shape_name, format!("{shape:?} is not [T, N, channels, rows, columns]")));
        };
        if images != count {
            return Err(wrong(&shape_name, format!("{images} images, but `input` has {count}")));
        }
        let bits = archive.array(&bits_name)?;
        let kind = of_kind(&bits_name, &bits, "uint8");
        let bits = bits.into_bytes().ok_or(kind)?;
        let len = [images, channels, rows, columns].iter().try_fold(steps, |len, &n| len.checked_mul(n));
        if len.map(|len| len.div_ceil(8)) != Some(bits.len()) {
            return Err(wrong(&bits_name, format!("{} bytes for spikes of shape {shape:?}", bits.len())));
        }
        Ok(Self { steps, shape: [channels, rows, columns], bits })
    }
}
