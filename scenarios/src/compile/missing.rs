//! The networks that a scenario asks for and a zoo does not have, which would have to be trained.

use super::points::located;
use super::{CompileError, Compiler, Failure, networks};
use crate::diagnostic::Source;
use crate::given::Given;
use crate::scenario::DatasetName;
use crate::sweep;
use cospike_models::zoo::{ImportOptions, NetworkChoice, Zoo};
use cospike_sim_core::network::Network;
use std::collections::BTreeMap;

/// A network that has to be trained, and for which samples.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingNetwork {
    /// Data set that the scenario names.
    pub dataset: DatasetName,
    /// The network. Without a unit it is a backbone.
    pub choice: NetworkChoice,
    /// Of a unit of the network of a file: that file.
    pub file: Option<FileOfUnit>,
}

/// The file of a network to which a unit shall belong.
#[derive(Clone, Debug, PartialEq)]
pub struct FileOfUnit {
    /// Its path, as the scenario gives it.
    pub path: String,
    /// How it is read.
    pub options: ImportOptions,
    /// Number of time steps for which it is executed.
    pub time_steps: u32,
    /// Its layers.
    pub network: Network,
}

/// The networks of `zoo` that the scenario in `source`, with what is `given` beside it, asks for and that are not there: each unit once, and
/// each backbone that is missing under its own choice, whole. Units of the network of a file are looked for beside the file too.
///
/// # Errors
/// A mistake in a design point, and a file that cannot be read.
pub fn missing_networks(source: &Source, given: &Given, zoo: &Zoo) -> Result<Vec<MissingNetwork>, CompileError> {
    let found = sweep::read(&source.text, &given.settings, None).map_err(Failure::from).and_then(|expansion| {
        let mut missing = BTreeMap::new();
        let mut compiler = Compiler::new(&source.origin, zoo)?;
        // One design point of all that need the same networks.
        let numbers: Vec<usize> = given.selected_of(expansion.bases()).collect();
        let groups = expansion.grouped_by_networks(numbers.iter().copied());
        let first = groups.iter().filter_map(|group| Some(numbers[*group.first()? as usize]));
        for point in expansion.points(first) {
            let (_, point) = point?;
            let dataset = &*point.scenario.samples.dataset;
            let cuts = networks::cuts(&point.scenario)?;
            for asked in cuts.iter().chain(networks::local(&point.scenario).iter()) {
                let (mut file, mut frames) = (None, None);
                if let Some(options) = &asked.file {
                    compiler.load_samples(&point.scenario)?;
                    frames = compiler.datasets[&String::from(dataset.clone())].0.kind.steps();
                    compiler.import(asked, frames)?;
                    file = compiler.imported.iter().find(|file| file.name == asked.name()).map(|read| {
                        Ok::<_, Failure>(FileOfUnit {
                            path: asked.named().to_string(),
                            options: options.clone(),
                            time_steps: asked.steps(frames).unwrap_or(read.metadata.time_steps),
                            network: read.architecture().map_err(|error| Failure::Zoo(error.into()))?,
                        })
                    });
                }
                let file = file.transpose()?;
                for choice in compiler.zoo.missing(&asked.choice(frames)) {
                    missing.insert((dataset.clone(), choice), file.clone());
                }
            }
        }
        Ok(missing)
    });
    let missing = found.map_err(|failure| located(failure, source, given))?;
    let network = |((dataset, choice), file)| MissingNetwork { dataset, choice, file };
    Ok(missing.into_iter().map(network).collect())
}
