//! A weight file: tensors, and metadata that say what network they belong to.

use super::metadata::Metadata;
use super::tensors::Tensors;
use super::{WeightFileError, ZooError, foreign};
use crate::file::{self, DATA_LIMIT};
use crate::json::{Object, place};
use cospike_sim_core::network::{Family, Network, NetworkError, TensorStore, read_safetensors, safetensors_metadata};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A weight file of a zoo.
#[derive(Clone, Debug)]
pub struct WeightFile {
    /// Name of the file, without ending.
    pub name: String,
    /// Metadata that are needed to make a network of the file.
    pub metadata: Metadata,
    /// BLAKE3 of the file's bytes, hexadecimal.
    pub blake3: String,
    /// Path as given, or the name of a file that was not read from a folder.
    pub(super) path: String,
    pub(super) size: usize,
    pub(super) tensors: Tensors,
    /// Layers, if another framework has made them; those of an architecture of the catalogue otherwise.
    pub(super) imported: Option<Arc<Network>>,
    /// How a network of another framework was read; `None` of weight files.
    pub(super) read_as: Option<String>,
    /// Hash of what the network computes, once it was asked for, see [`WeightFile::content`].
    pub(super) content: OnceLock<String>,
}

impl WeightFile {
    /// Reads the weight file at `path`.
    ///
    /// # Errors
    /// [`ZooError::Read`] and [`ZooError::File`].
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self::decode(path.display().to_string(), name, &file::read(path, DATA_LIMIT)?)
    }

    /// Decodes the `bytes` of the weight file `name`, without ending.
    ///
    /// # Errors
    /// [`ZooError::File`]: bytes that are not a safetensors file, metadata that describe no network, and tensors that are not
    /// exactly those of its layers, with finite values.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ZooError> {
        Self::decode(name.into(), name.into(), bytes)
    }

    fn decode(path: String, name: String, bytes: &[u8]) -> Result<Self, ZooError> {
        match decode(bytes) {
            Ok((tensors, metadata)) => {
                let blake3 = blake3::hash(bytes).to_hex().to_string();
                Ok(Self {
                    name,
                    path,
                    metadata,
                    blake3,
                    size: bytes.len(),
                    tensors: tensors.into(),
                    imported: None,
                    read_as: None,
                    content: OnceLock::new(),
                })
            }
            Err(error) => Err(ZooError::File { path, error }),
        }
    }

    /// The weight file `name` that ships, of which only the metadata are read now.
    pub(super) fn shipped(name: &str, blake3: &str, bytes: &'static [u8]) -> Result<Self, ZooError> {
        let metadata = safetensors_metadata(bytes).map_err(WeightFileError::Format).and_then(Metadata::read);
        Ok(Self {
            name: name.into(),
            path: name.into(),
            metadata: metadata.map_err(|error| ZooError::File { path: name.into(), error })?,
            blake3: blake3.into(),
            size: bytes.len(),
            tensors: Tensors::shipped(bytes),
            imported: None,
            read_as: None,
            content: OnceLock::new(),
        })
    }

    /// Name without the family, which the file has in common with that of its twin.
    pub(super) fn pair_name(&self) -> String {
        self.name.replace(&format!("-{}", self.metadata.family.name()), "")
    }

    /// What the backbone that it is, or is a unit of, is known by: its name, or of a unit that says it the content; and its family.
    pub(super) fn backbone(&self) -> (String, Family) {
        let content = self.metadata.unit.as_ref().and_then(|unit| unit.backbone_content.as_ref());
        (content.unwrap_or(&self.metadata.backbone).clone(), self.metadata.family)
    }

    /// Path as it was given; the name, if the file was not read from a folder.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Layer graph of the backbone.
    ///
    /// # Errors
    /// Those of [`Metadata::architecture`].
    pub fn architecture(&self) -> Result<Network, NetworkError> {
        match &self.imported {
            Some(network) => Ok(Network::clone(network)),
            None => {
                let mut network = self.metadata.architecture()?;
                if let Some(normalisation) = &self.metadata.normalisation {
                    let layer = network.name.clone();
                    let wrong = |reason| NetworkError::Inconsistent { layer, reason };
                    // Its weights are among the tensors already.
                    normalisation.insert(&mut network, &mut TensorStore::new()).map_err(wrong)?;
                }
                Ok(network)
            }
        }
    }

    /// Hash of everything that a backbone computes with: its graph and weights, neurons and normalisation. Time steps, records and the
    /// name are not part of it. A unit says by it which network it belongs to (metadata `backbone_blake3`).
    pub fn content(&self) -> &str {
        self.content.get_or_init(|| {
            let Metadata { network, family, levels, neuron, normalisation, .. } = &self.metadata;
            let normalisation = normalisation.as_ref().map_or_else(|| "none".into(), ToString::to_string);
            let (family, levels, neuron) = (family.name(), levels.unwrap_or(0), foreign::neuron_text(neuron));
            let mut hasher = blake3::Hasher::new();
            hasher.update(format!("{network} {family} {levels} {neuron} {normalisation}").as_bytes());
            for (name, tensor) in self.tensors() {
                hasher.update(format!(" {name} {:?} ", tensor.shape).as_bytes());
                tensor.data.iter().for_each(|value| {
                    hasher.update(&value.to_le_bytes());
                });
            }
            hasher.finalize().to_hex().to_string()
        })
    }

    /// Whether another framework has made the network, of which this is no weight file.
    pub fn is_imported(&self) -> bool {
        self.imported.is_some()
    }

    /// This backbone under another name.
    pub fn renamed(mut self, name: &str) -> Self {
        self.name = name.into();
        self.metadata.backbone = name.into();
        self
    }

    /// Whether it holds a unit of a network that is no architecture of the catalogue, so that only the backbone's file says its layers.
    pub fn is_of_another_file(&self) -> bool {
        self.metadata.is_of_another_file()
    }

    /// Whether this file is a unit of `backbone`: by content, if it says that of its backbone, and otherwise by name.
    pub fn belongs_to(&self, backbone: &Self) -> bool {
        self.metadata.unit.as_ref().is_some_and(|unit| match &unit.backbone_content {
            Some(content) => content == backbone.content(),
            None => self.metadata.backbone == backbone.metadata.backbone,
        })
    }

    /// Whether this file is a unit that was trained for a network of the name of `backbone`, or of its file, but of other content.
    pub(super) fn is_outdated_for(&self, backbone: &Self) -> bool {
        let file = Path::new(&backbone.path).file_name().unwrap_or_default();
        let is_called_so = [backbone.metadata.backbone.as_ref(), file].contains(&self.metadata.backbone.as_ref());
        let content = self.metadata.unit.as_ref().and_then(|unit| unit.backbone_content.as_ref());
        is_called_so && content.is_some_and(|content| content != backbone.content())
    }

    /// Size of the file in bytes; of an imported network, of its weights.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Tensors by name.
    pub fn tensors(&self) -> &TensorStore {
        self.tensors.get(|bytes| decode(bytes).expect("every file that ships is decoded by a test").0)
    }
}

/// The tensors and the metadata in the bytes of a weight file.
fn decode(bytes: &[u8]) -> Result<(TensorStore, Metadata), WeightFileError> {
    let (tensors, all) = read_safetensors(bytes).map_err(WeightFileError::Format)?;
    check_header(bytes)?;
    let metadata = Metadata::read(all)?;
    metadata.check_tensors(&tensors)?;
    Ok((metadata.normalised(tensors)?, metadata))
}

/// Refuses a header in which a tensor or a metadata key is there twice, so that it is not clear which is meant. `bytes` are a
/// safetensors file.
fn check_header(bytes: &[u8]) -> Result<(), WeightFileError> {
    let wrong = |reason: String| WeightFileError::Header(reason);
    let (length, rest) = bytes.split_first_chunk().ok_or_else(|| wrong("no length".into()))?;
    let header = rest.get(..u64::from_le_bytes(*length) as usize).unwrap_or(rest);
    let entries: Object<Object<serde::de::IgnoredAny>> = serde_json::from_slice(header)
        .map_err(|error| wrong(format!("something else than objects of objects{}", place(&error))))?;
    let inner = entries.0.iter().map(|(_, value)| value.repeated());
    match std::iter::once(entries.repeated()).chain(inner).flatten().next() {
        Some(key) => Err(wrong(format!("the key {key:?} twice"))),
        None => Ok(()),
    }
}
