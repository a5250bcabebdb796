//! Networks of other frameworks beside the weight files of a zoo.

use super::{Metadata, WeightFile, Zoo, ZooError};
use crate::import::nir::{NirError, NirFile, NirOptions};
use cospike_sim_core::network::{Family, Neuron};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

impl WeightFile {
    /// The network in the NIR file at `path` as a backbone of the name `name`, executed for `time_steps` unless a choice says
    /// otherwise.
    ///
    /// # Errors
    /// [`ZooError::Nir`] for a file that makes no network; [`ZooError::TimeSteps`] if a network that is executed once is to have several
    /// steps.
    pub fn read_nir(path: &Path, name: &str, options: &NirOptions, time_steps: u32) -> Result<Self, ZooError> {
        let file = NirFile::read(path, options)?;
        let in_file = |error| NirError::File { path: file.path.clone(), error: Box::new(error) };
        let made = file.network.map_err(in_file)?;
        let output = made.network.layers[made.network.layers.len() - 1].output;
        if output.area() != 1 {
            return Err(in_file(NirError::Graph(format!(
                "it emits values of shape {output} instead of one score for each class"
            )))
            .into());
        }
        let family = made.network.family();
        if family == Family::Float && time_steps != 1 {
            return Err(ZooError::TimeSteps { path: file.path, time_steps });
        }
        // The same file is another network with another length of a time step, and so on.
        let resolved = NirOptions { dt: file.time_step.map(|step| step.dt), ..*options };
        let content = format!("{} {resolved:?}", file.blake3);
        Ok(Self {
            name: name.into(),
            metadata: Metadata {
                backbone: name.into(),
                network: name.into(),
                family,
                neuron: Neuron::INTEGRATE_AND_FIRE,
                unit: None,
                time_steps,
                levels: None,
                task: None,
                all: BTreeMap::new(),
            },
            blake3: blake3::hash(content.as_bytes()).to_hex().to_string(),
            path: file.path,
            size: made.tensors.values().map(|tensor| size_of::<f32>() * tensor.data.len()).sum(),
            tensors: made.tensors,
            imported: Some(Arc::new(made.network)),
        })
    }
}

impl Zoo {
    /// This zoo with `file` in the place of the one that describes the same unit, or has the same name.
    ///
    /// # Errors
    /// [`ZooError::SameNetwork`].
    pub fn replaced(&self, file: WeightFile) -> Result<Self, ZooError> {
        let same = |other: &&WeightFile| {
            let unit =
                |file: &WeightFile| file.metadata.unit.as_ref().map(|unit| (unit.split.clone(), unit.choice.clone()));
            other.name == file.name || (other.backbone(), unit(other)) == (file.backbone(), unit(&file))
        };
        let others: Vec<_> = self.weight_files().iter().filter(|other| !same(other)).cloned().collect();
        Self::from_weight_files(others.into_iter().chain([file]))
    }

    /// This zoo with `files` besides.
    ///
    /// # Errors
    /// [`ZooError::SameNetwork`].
    pub fn extended(&self, files: impl IntoIterator<Item = WeightFile>) -> Result<Self, ZooError> {
        Self::new(self.weight_files().iter().cloned().chain(files).map(Ok))
    }
}
