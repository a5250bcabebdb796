//! Networks in the Neuromorphic Intermediate Representation, NIR (Pedersen et al., Nature Communications 15, 2024), as snnTorch,
//! SpikingJelly, Norse, Sinabs, Rockpool and others write them (`.nir`, an HDF5 file).
//!
//! | module | does |
//! |---|---|
//! | `read` | the file, into a typed graph (`graph`) |
//! | `options` | what the format leaves open |
//! | `flat` | graphs in graphs resolved, an order of execution, and which edges close loops |
//! | `shapes` | shapes of everything, from the input on |
//! | `discrete` | continuous time to time steps |
//! | `convert` | layers and tensors |
//! | `write` | networks of ours, into the format |
//!
//! The format has no time step, no kind of reset, no rule for what equals a threshold and no initial state: [`NirOptions`] says them, or
//! the file itself, in the group `metadata` of its graph: `dt`, `reset`, `fire`, `initial`, and also `time_steps` and `readout`. No framework
//! writes these; CoSpike does. Edges into one node are summed; a loop reads what its neurons emitted one step earlier.

mod convert;
mod discrete;
mod error;
mod flat;
mod graph;
mod options;
mod read;
mod shapes;
mod write;

pub use discrete::TimeStep;
pub use error::NirError;
pub use options::{Initial, MAX_DT, MIN_DT, NirMetadata, NirOptions};
pub use write::{TIME_STEP, write};

use super::imported::{Ending, Imported, NodeReport};
use crate::file::{self, DATA_LIMIT};
use flat::Flat;
use std::path::Path;

/// A file in the NIR format, examined.
#[derive(Debug)]
pub struct NirFile {
    /// Path as given.
    pub path: String,
    /// Version of NIR that wrote it, if it says so.
    pub version: Option<String>,
    /// BLAKE3 of the file's bytes, hexadecimal.
    pub blake3: String,
    /// Its nodes in the order of execution, each with how it is executed.
    pub nodes: Vec<NodeReport>,
    /// What is not executed as it is in the file, in sentences.
    pub notes: Vec<String>,
    /// What it says of itself beside its graph.
    pub metadata: NirMetadata,
    /// How its neurons are made: what was given, else what it says.
    pub options: NirOptions,
    /// Length of a time step; `None` of a network without neurons.
    pub time_step: Option<TimeStep>,
    /// The network that it makes, or why it makes none.
    pub network: Result<Imported, NirError>,
}

impl NirFile {
    /// Reads and examines the file at `path`.
    ///
    /// # Errors
    /// [`NirError::Read`], or [`NirError::File`] for one that is not in the format. A network that cannot be executed is no error, see
    /// [`NirFile::network`].
    pub fn read(path: &Path, options: &NirOptions) -> Result<Self, NirError> {
        let bytes = file::read(path, DATA_LIMIT)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let shown = path.display().to_string();
        let in_file = |error| NirError::File { path: shown.clone(), error: Box::new(error) };
        Ok(Self { path: shown.clone(), ..Self::from_bytes(&name, bytes, options).map_err(in_file)? })
    }

    /// Examines the `bytes` of a file; the network gets the name `name`.
    ///
    /// # Errors
    /// Bytes that are not in the format, or whose edges make no graph with one input and one output.
    pub fn from_bytes(name: &str, bytes: Vec<u8>, options: &NirOptions) -> Result<Self, NirError> {
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        let read::Content { graph, said, version, notes } = read::read(bytes)?;
        let metadata = NirMetadata::read(&said)?;
        let options = options.or(metadata.options);
        let mut flat = Flat::new(graph)?;
        flat.notes.extend(version.as_deref().and_then(newer).into_iter().chain(notes));
        let sizes = convert::sizes(&flat);
        let found = discrete::time_step(&flat.nodes, options.dt);
        let time_step = *found.as_ref().unwrap_or(&None);
        let made = found.and_then(|time_step| convert::convert(name, &flat, &sizes, time_step, &options));
        let nodes = convert::reports(&flat, &sizes, time_step, &options);
        let network = made.and_then(|mut made| {
            made.network.readout = metadata.readout;
            made.network.check()?;
            let layers = made.network.layers.iter().enumerate();
            let values = layers.map(|(index, layer)| (layer.name.clone(), index)).collect();
            Ok(Imported::new(made.network, made.store, values, Ending::None)?)
        });
        let (path, notes) = (name.into(), flat.notes);
        Ok(Self { path, version, blake3, nodes, notes, metadata, options, time_step, network })
    }
}

/// Says that `version` is newer than what this was written for, or none.
fn newer(version: &str) -> Option<String> {
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
    let mut parts = version.split('.');
    match (number(parts.next()), number(parts.next())) {
        (Some(0 | 1), Some(_)) => None,
        _ => Some(format!(
            "its version is `{}`, but versions 0 and 1 are read: its nodes may mean something else",
            version.escape_debug()
        )),
    }
}
