//! Arrays of a reference's archive, decoded and checked.

use super::error::{ReferenceError, wrong};
use crate::npz;
use npyz::{Deserialize, NpyFile, Order};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// The open archive of a reference.
pub(super) struct Archive(npz::Archive<Cursor<Vec<u8>>>);

impl Archive {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, ReferenceError> {
        npz::Archive::open(Cursor::new(bytes)).map(Self).map_err(ReferenceError::Archive)
    }

    /// Names of the arrays that begin with `prefix`, without it, sorted.
    pub(super) fn names(&self, prefix: &str) -> Vec<String> {
        let mut names: Vec<_> =
            self.0.array_names().filter_map(|name| name.strip_prefix(prefix).map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// Shape and values of an array of float32 or float64.
    pub(super) fn floats(&mut self, name: &str) -> Result<(Vec<usize>, Vec<f32>), ReferenceError> {
        match self.read::<f32>(name) {
            Err(single @ ReferenceError::Array { .. }) => {
                let (shape, data) = self.read::<f64>(name).map_err(|_| single)?;
                Ok((shape, data.into_iter().map(|value| value as f32).collect()))
            }
            other => other,
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
        let (_, mut texts) = self.read::<String>(name)?;
        match texts.len() {
            1 => Ok(texts.remove(0)),
            many => Err(wrong(name, format!("it holds {many} strings instead of one"))),
        }
    }

    /// Shape and values of the array `name`.
    fn read<V: Deserialize>(&mut self, name: &str) -> Result<(Vec<usize>, Vec<V>), ReferenceError> {
        let file = self.0.array(name).map_err(|error| wrong(name, error.to_string()))?;
        let file = file.ok_or_else(|| ReferenceError::Missing { name: name.into() })?;
        values(file).map_err(|reason| wrong(name, reason))
    }
}

/// Shape and values of an array, which must be stored in C order.
fn values<V: Deserialize, R: Read>(file: NpyFile<R>) -> Result<(Vec<usize>, Vec<V>), String> {
    let shape: Vec<usize> = file.shape().iter().map(|&n| n as usize).collect();
    let len = shape.iter().try_fold(1_usize, |len, &n| len.checked_mul(n));
    if file.order() == Order::Fortran && shape.len() > 1 {
        return Err("it is stored in Fortran order: save `numpy.ascontiguousarray` of it".into());
    }
    let mut data = vec![];
    // One by one: the header may promise more than there is, and than fits in memory.
    for value in file.data::<V>().map_err(|error| error.to_string())? {
        data.push(value.map_err(|error| error.to_string())?);
    }
    if len == Some(data.len()) {
        Ok((shape, data))
    } else {
        Err(format!("it holds {} values for a shape of {shape:?}", data.len()))
    }
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
    pub(super) fn read_all(archive: &mut Archive, count: usize) -> Result<BTreeMap<String, Self>, ReferenceError> {
        let layers = archive.names("spike_bits/");
        if layers.is_empty() {
            return Err(ReferenceError::Missing { name: "spike_bits/LAYER".into() });
        }
        layers.into_iter().map(|layer| Ok((layer.clone(), Self::read(archive, &layer, count)?))).collect()
    }

    fn read(archive: &mut Archive, layer: &str, count: usize) -> Result<Self, ReferenceError> {
        let (shape_name, bits_name) = (format!("spike_shape/{layer}"), format!("spike_bits/{layer}"));
        let (_, shape) = archive.read::<i64>(&shape_name)?;
        let sizes: Option<Vec<usize>> = shape.iter().map(|&n| usize::try_from(n).ok().filter(|&n| n > 0)).collect();
        let Some(&[steps, images, channels, rows, columns]) = sizes.as_deref() else {
            return Err(wrong(&shape_name, format!("{shape:?} is not [T, N, channels, rows, columns]")));
        };
        if images != count {
            return Err(wrong(&shape_name, format!("{images} images, but `input` has {count}")));
        }
        let (_, bits) = archive.read::<u8>(&bits_name)?;
        let len = [images, channels, rows, columns].iter().try_fold(steps, |len, &n| len.checked_mul(n));
        if len.map(|len| len.div_ceil(8)) != Some(bits.len()) {
            return Err(wrong(&bits_name, format!("{} bytes for spikes of shape {shape:?}", bits.len())));
        }
        Ok(Self { steps, shape: [channels, rows, columns], bits })
    }
}
