//! Tensors and their metadata from the safetensors format.

use super::{NetworkError, Tensor, TensorStore};
// The reference implementation of the format that training frameworks write.
use half::f16; // numbers of half precision
use half::slice::HalfFloatSliceExt;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::collections::BTreeMap;

/// Longest header that is read, in bytes: it describes each tensor in about a hundred.
const HEADER_LIMIT: u64 = 16 << 20;

/// Most dimensions of a tensor; those of a convolution are four.
const MOST_DIMENSIONS: usize = 8;

/// The tensors, float32 or float16, and the metadata in the bytes of a safetensors file.
///
/// # Errors
/// [`NetworkError::Safetensors`] if the bytes are not in that format; [`NetworkError::TensorType`] for a tensor of
/// another type.
pub fn read_safetensors(bytes: &[u8]) -> Result<(TensorStore, BTreeMap<String, String>), NetworkError> {
    read_safetensors_but(bytes, |_| false)
}

/// As [`read_safetensors`], without the tensors of which `skip` is true by their names; these may be of any type.
///
/// # Errors
/// Those of [`read_safetensors`].
pub fn read_safetensors_but(
    bytes: &[u8],
    skip: impl Fn(&str) -> bool,
) -> Result<(TensorStore, BTreeMap<String, String>), NetworkError> {
    let metadata = safetensors_metadata(bytes)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| broken(&error))?;
    let mut store = TensorStore::new();
    for (name, view) in tensors.iter().filter(|(name, _)| !skip(name)) {
        if name.chars().any(char::is_control) || view.shape().len() > MOST_DIMENSIONS {
            let reason = format!(
                "tensor {name:?} has control characters in its name, or more than {MOST_DIMENSIONS} dimensions"
            );
            return Err(NetworkError::Safetensors { reason });
        }
        // The format's own check made sure that the bytes are whole values of the shape.
        let data = match view.dtype() {
            Dtype::F32 => view.data().as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect(),
            Dtype::F16 => halves(view.data()),
            other => return Err(NetworkError::TensorType { name: name.into(), found: format!("{other:?}") }),
        };
        store.insert(name.into(), Tensor { shape: view.shape().to_vec(), data });
    }
    Ok((store, metadata))
}

/// The metadata in the bytes of a safetensors file.
///
/// # Errors
/// [`NetworkError::Safetensors`] if the bytes are not in that format.
pub fn safetensors_metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, NetworkError> {
    let length = bytes.first_chunk().map(|&length| u64::from_le_bytes(length));
    if let Some(length) = length.filter(|&length| length > HEADER_LIMIT) {
        let reason = format!("its first 8 bytes promise a header of {length} bytes; at most {HEADER_LIMIT} are read");
        return Err(NetworkError::Safetensors { reason });
    }
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| broken(&error))?;
    Ok(header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect())
}

fn broken(error: &SafeTensorError) -> NetworkError {
    NetworkError::Safetensors { reason: reason(error) }
}

/// Values of half precision, converted many at a time where the machine can.
fn halves(bytes: &[u8]) -> Vec<f32> {
    let halves: Vec<f16> = bytes.as_chunks().0.iter().map(|&value| f16::from_le_bytes(value)).collect();
    let mut values = vec![0.0; halves.len()];
    halves.convert_to_f32_slice(&mut values);
    values
}

/// The reason in words.
fn reason(error: &SafeTensorError) -> String {
    match error {
        SafeTensorError::HeaderTooSmall => "it has fewer than 8 bytes".into(),
        SafeTensorError::InvalidHeaderLength => "it ends within the header that its first 8 bytes promise".into(),
        SafeTensorError::InvalidHeader(_) => "its header is not UTF-8 text".into(),
        // What a value should have been is said in words of the decoder's.
        SafeTensorError::InvalidHeaderDeserialization(error) if error.is_data() => {
            format!(
                "its header describes no tensors, or a tensor without type, shape and place, at byte {}",
                error.column()
            )
        }
        SafeTensorError::InvalidHeaderDeserialization(error) => {
            format!("its header is not JSON of tensors (line {}, column {})", error.line(), error.column())
        }
        SafeTensorError::InvalidOffset(name) => {
            format!("tensor `{name}` does not begin where the one before it ends, or ends before it begins")
        }
        SafeTensorError::TensorInvalidInfo => {
            "the place of a tensor has another size than its shape and type need".into()
        }
        SafeTensorError::ValidationOverflow => "the shape of a tensor promises more bytes than can be counted".into(),
        SafeTensorError::MetadataIncompleteBuffer => {
            "its tensors do not end where the file does: it is truncated, or something follows them".into()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    #[test]
    fn reads_float32_tensors_and_metadata_and_refuses_the_rest() {
        let raw: Vec<u8> = [1.5_f32, -2.0, 0.25].iter().flat_map(|v| v.to_le_bytes()).collect();
        let file = |dtype, shape| {
            let metadata = [("input".to_string(), "1x28x28".to_string())].into();
            let view = TensorView::new(dtype, shape, &raw).unwrap();
            safetensors::serialize([("fc.weight", view)], Some(metadata)).unwrap()
        };
        let (store, metadata) = read_safetensors(&file(Dtype::F32, vec![1, 3])).unwrap();
        assert_eq!(store["fc.weight"], Tensor { shape: vec![1, 3], data: vec![1.5, -2.0, 0.25] });
        assert_eq!(metadata["input"], "1x28x28");
        assert_eq!(
            read_safetensors(&file(Dtype::I32, vec![3])).unwrap_err(),
            NetworkError::TensorType { name: "fc.weight".into(), found: "I32".into() }
        );
        assert!(matches!(read_safetensors(&raw), Err(NetworkError::Safetensors { .. })));
    }
}
