//! Weight files of the zoo: safetensors with metadata.

use anyhow::{Context, Result};
use cospike_sim_core::network::{Tensor, TensorStore};
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
        let file = safetensors::SafeTensors::deserialize(&bytes)?;
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes)?;
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        let floats = |data: &[u8]| data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let tensors = file
            .iter()
            .map(|(name, view)| (name.to_string(), Tensor { shape: view.shape().to_vec(), data: floats(view.data()) }))
            .collect();
        Ok(Self { tensors, metadata })
    }
}
