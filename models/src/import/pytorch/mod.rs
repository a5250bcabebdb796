//! Weights that PyTorch has trained (`state_dict`, saved as safetensors), made a weight file of an architecture of the catalogue.
//!
//! | module | does |
//! |---|---|
//! | `names` | which module of PyTorch's is which layer |
//! | `file` | the bytes of a weight file |
//! | `weights` | tensors, renamed; what is missing, extra, of another shape or no weight |

mod error;
mod file;
mod names;
mod weights;

pub use error::{Found, PytorchError};
pub use names::Names;

use crate::zoo::{Normalisation, WeightFile, ZooError, neuron_text};
use cospike_sim_core::network::{Family, NetworkName, Neuron, TensorStore, read_safetensors_but};
use std::collections::BTreeMap;
use weights::Renamed;

/// What the tensors do not say of the network that they are of.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Architecture.
    pub network: NetworkName,
    /// Neuron and number of time steps of a spiking network; `None` of a float one.
    pub spiking: Option<(Neuron, u32)>,
    /// Normalisation of the samples; `None` feeds them in as they are.
    pub normalisation: Option<Normalisation>,
    /// Data set that it was trained for, if that shall be on record.
    pub task: Option<String>,
    /// Which module is which layer.
    pub names: Names,
}

/// A weight file made of PyTorch's tensors.
#[derive(Debug)]
pub struct Converted {
    /// Bytes of the weight file.
    pub bytes: Vec<u8>,
    /// Modules, with the layers that their tensors are of now.
    pub modules: Vec<(String, String)>,
    /// Number of tensors that were taken over.
    pub tensors: usize,
}

/// Counts how often a normalisation was trained; nothing is computed from it.
const COUNTER: &str = "num_batches_tracked";

impl Recipe {
    /// Makes a weight file, to be called `name`, of the `bytes` of a safetensors file.
    ///
    /// # Errors
    /// [`PytorchError`]: another format, and tensors that are missing, extra, of another shape, or no weights.
    pub fn convert(&self, name: &str, bytes: &[u8]) -> Result<Converted, PytorchError> {
        let is_counter = |tensor: &str| tensor.rsplit('.').next() == Some(COUNTER);
        // An archive of pickles, or a bare one; the length at the beginning of a safetensors file may look the same.
        let is_pickle = bytes.starts_with(b"PK") || bytes.first() == Some(&0x80);
        let refused = |error| if is_pickle { PytorchError::Pickle } else { PytorchError::Format(error) };
        let (tensors, _) = read_safetensors_but(bytes, is_counter).map_err(refused)?;
        let network = match &self.spiking {
            Some((neuron, _)) => self.network.spiking(*neuron),
            None => self.network.float(),
        };
        let modules = self.names.of_layers(&network, &self.network, &tensors)?;
        let Renamed { store, modules } = weights::renamed(&network, &modules, tensors)?;
        let count = store.len();
        let bytes = self.file(name, &store)?;
        Ok(Converted { bytes, modules, tensors: count })
    }

    /// The bytes of the weight file with the tensors `store`, read once more as everybody will.
    fn file(&self, name: &str, store: &TensorStore) -> Result<Vec<u8>, PytorchError> {
        let family = if self.spiking.is_some() { Family::Spiking } else { Family::Float };
        let mut metadata: BTreeMap<String, String> = [
            ("kind", "backbone"),
            ("backbone", name),
            ("network", &self.network.to_string()),
            ("family", family.name()),
            ("time_steps", &self.spiking.map_or(1, |(_, steps)| steps).to_string()),
            ("coding", "direct"),
            ("normalisation", &self.normalisation.as_ref().map_or("none".into(), ToString::to_string)),
        ]
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .into();
        metadata.extend(self.spiking.map(|(neuron, _)| ("neuron".into(), neuron_text(&neuron))));
        metadata.extend(self.task.clone().map(|task| ("task".into(), task)));
        let bytes = file::write(store, &metadata);
        WeightFile::from_bytes(name, &bytes).map_err(|error| match error {
            ZooError::File { error, .. } => PytorchError::Refused(Box::new(error)),
            other => PytorchError::Other(other.to_string()),
        })?;
        Ok(bytes)
    }
}
