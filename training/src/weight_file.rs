//! Weight files of the zoo, and checkpoints: safetensors with metadata.

use anyhow::{Context, Result};
use cospike_models::file::{self, DATA_LIMIT};
use cospike_sim_core::network::{Tensor, TensorStore, read_safetensors};
use half::f16; // numbers of half precision
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;
use std::io::Write;
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
        write_whole(path, &self.to_bytes(precision)?).with_context(|| path.display().to_string())
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self, precision: Precision) -> Result<Vec<u8>> {
        let stored: Vec<_> = self.tensors.iter().map(|(name, t)| (name, t, store(t, precision))).collect();
        let views = stored
            .iter()
            .map(|(name, t, (kind, data))| Ok((name.as_str(), TensorView::new(*kind, t.shape.clone(), data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        let metadata = self.metadata.clone().into_iter().collect();
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// Reads the file at `path`; numbers become float32.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = file::read(path, DATA_LIMIT)?;
        let (tensors, metadata) = read_safetensors(&bytes).with_context(|| path.display().to_string())?;
        Ok(Self { tensors, metadata })
    }
}

/// Writes a file aside and renames it: under its name it must be whole, because a job whose file exists counts as done, also
/// for another process that trains the same.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::Builder::new(); // unique names; removed if it fails
    aside.prefix(".partial-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Others may read weights as far as the user's file mode mask allows.
        aside.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = aside.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Type and bytes of a tensor in the file.
fn store(tensor: &Tensor, precision: Precision) -> (Dtype, Vec<u8>) {
    if precision == Precision::Half && tensor.shape.len() > 1 {
        return (Dtype::F16, tensor.data.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect());
    }
    (Dtype::F32, tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect())
}
