//! What a user may bring along: a zoo and a dataset of their own.

use crate::Failure;
use clap::Args;
use cospike_models::dataset::{Dataset, Subset};
use cospike_models::zoo::{Zoo, ZooError, ZooNetwork};
use cospike_scenarios::diagnostic::did_you_mean;
use std::path::PathBuf;

/// The networks to choose from.
#[derive(Args)]
pub(crate) struct GivenZoo {
    /// Folder of weight files (*.safetensors) to use instead of the built-in zoo
    #[arg(id = "zoo", long = "zoo", value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// The test images to run on.
#[derive(Args)]
pub(crate) struct GivenData {
    /// Folder of the dataset whose test images to use [default: Fashion-MNIST, built in]: IDX files, CIFAR in its binary
    /// version, or test.npz
    #[arg(id = "data", long = "data", value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl GivenZoo {
    pub(crate) fn open(&self) -> Result<Zoo, Failure> {
        let Some(folder) = &self.folder else { return Ok(Zoo::shipped()?) };
        let zoo = Zoo::from_folder(folder).map_err(|error| Failure::Input(format!("error: {error}")))?;
        if zoo.weight_files().is_empty() {
            let message = format!("error: {} holds no weight file (*.safetensors)", folder.display());
            return Err(Failure::Input(message));
        }
        Ok(zoo)
    }
}

impl GivenData {
    pub(crate) fn open(&self) -> Result<Dataset, Failure> {
        match &self.folder {
            None => Ok(Dataset::fashion_mnist_test()?),
            Some(folder) => {
                Dataset::from_folder(folder, Subset::Test).map_err(|error| Failure::Input(format!("error: {error}")))
            }
        }
    }
}

/// Refuses images of another shape than `network` takes.
pub(crate) fn check_shape(dataset: &Dataset, network: &ZooNetwork) -> Result<(), Failure> {
    let (images, input) = (dataset.shape, network.network.network().input());
    if images == input {
        return Ok(());
    }
    let message = format!("error: the test images are of shape {images}, the network takes {input}");
    Err(Failure::Input(format!("{message}\nhelp: name the folder of its dataset with `--data`")))
}

/// A wrong name, with the one that was probably meant or those that exist.
pub(crate) fn unknown_name(error: ZooError) -> Failure {
    match &error {
        ZooError::UnknownName { name, known } => {
            let help = did_you_mean(name, known.iter().map(String::as_str));
            Failure::Input(format!("error: {error}\nhelp: {help}"))
        }
        _ => error.into(),
    }
}
