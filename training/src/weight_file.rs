//! Weight files of the zoo, and checkpoints: safetensors with metadata.

use anyhow::{Context, Result};
use cospike_models::file::{self, DATA_LIMIT};
use cospike_sim_core::network::{Tensor, TensorStore, read_safetensors};
use half::f16; // numbers of half precision
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;
use std::path::Path;

/// Tensors by name, with metadata.
pub(crate) struct WeightFile {
    pub(crate) tensors: TensorStore,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Number format in which tensors are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// All tensors in float32.
    Full,
    /// Kernels and matrices, which are most of a file, in float16; vectors in float32.
    Half,
}

impl WeightFile {
    /// Writes the file at `path`, whole or not at all.
    pub(crate) fn write(&self, path: &Path, precision: Precision) -> Result<()> {
        let stored: Vec<_> = self.tensors.iter().map(|(name, t)| (name, t, store(t, precision))).collect();
        let views = stored
            .iter()
            .map(|(name, t, (kind, data))| Ok((name.as_str(), TensorView::new(*kind, t.shape.clone(), data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        let metadata = self.metadata.clone().into_iter().collect();
        let file = safetensors::serialize(views, Some(metadata))?;
        // A file under its final name must be whole, because a job whose file exists counts as done.
        let partial = path.with_extension("partial");
        std::fs::write(&partial, file).with_context(|| partial.display().to_string())?;
        std::fs::rename(&partial, path).with_context(|| path.display().to_string())
    }

    /// Reads the file at `path`; numbers become float32.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = file::read(path, DATA_LIMIT)?;
        let (tensors, metadata) = read_safetensors(&bytes).with_context(|| path.display().to_string())?;
        Ok(Self { tensors, metadata })
    }
}

/// Type and bytes of a tensor in the file.
fn store(tensor: &Tensor, precision: Precision) -> (Dtype, Vec<u8>) {
    if precision == Precision::Half && tensor.shape.len() > 1 {
        return (Dtype::F16, tensor.data.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect());
    }
    (Dtype::F32, tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect())
}
