//! The bytes of a safetensors file. The format's own crate writes metadata in an order that differs from run to run, and a file is known by
//! its hash, so the header is made here: its length, then a JSON object, then the values.

use cospike_sim_core::network::TensorStore;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Multiple of which the header's length is, filled up with spaces, so that values are aligned in memory.
const ALIGNMENT: usize = 8;

/// A safetensors file of `tensors`, in float32, with `metadata`; the same bytes for the same content.
pub(super) fn write(tensors: &TensorStore, metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let mut header = Map::new();
    header.insert("__metadata__".into(), json!(metadata));
    let mut at = 0;
    for (name, tensor) in tensors {
        let end = at + size_of::<f32>() * tensor.data.len();
        header.insert(name.clone(), json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [at, end] }));
        at = end;
    }
    let mut text = Value::Object(header).to_string();
    text.push_str(&" ".repeat(text.len().next_multiple_of(ALIGNMENT) - text.len()));
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes.extend(tensors.values().flat_map(|tensor| &tensor.data).flat_map(|value| value.to_le_bytes()));
    bytes
}
