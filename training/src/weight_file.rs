//! Weight files of the zoo: safetensors with metadata.

use anyhow::{Context, Result};
use cospike_sim_core::network::{Tensor, TensorStore, read_safetensors};
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;
use std::path::Path;

/// Tensors and what is to be known of them.
pub(crate) struct WeightFile {
    pub(crate) tensors: TensorStore,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl WeightFile {
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let bytes: Vec<(&String, &Tensor, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, t)| (name, t, t.data.iter().flat_map(|v| v.to_le_bytes()).collect()))
            .collect();
        let views = bytes
            .iter()
            .map(|(name, t, data)| Ok((name.as_str(), TensorView::new(Dtype::F32, t.shape.clone(), data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        let metadata = self.metadata.clone().into_iter().collect();
        let file = safetensors::serialize(views, Some(metadata))?;
        // A file under its final name is whole: the plan takes it as done.
        let partial = path.with_extension("partial");
        std::fs::write(&partial, file).with_context(|| partial.display().to_string())?;
        std::fs::rename(&partial, path).with_context(|| path.display().to_string())
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let (tensors, metadata) = read_safetensors(&bytes).with_context(|| path.display().to_string())?;
        Ok(Self { tensors, metadata })
    }
}
