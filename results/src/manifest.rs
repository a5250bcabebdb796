//! Description of what was run: `manifest.json` in a result folder.

use serde::{Deserialize, Serialize};

/// What was run, enough to run it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of CoSpike.
    pub version: String,
    /// Name of the study.
    pub name: String,
    /// The scenario file, verbatim.
    pub scenario: String,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications per design point.
    pub replications: u32,
    /// Dotted paths of the swept keys, in the order of the file.
    pub axes: Vec<String>,
    /// Weight files of the networks that were run, by their names in the zoo.
    pub networks: Vec<FileUsed>,
    /// Images that they were run on: hash of shape, classes and pixels, whatever files these are from.
    pub datasets: Vec<FileUsed>,
    /// Recorded rates and arrivals, by the paths in the scenario.
    pub traces: Vec<FileUsed>,
    /// Every profile and price list that was used, with the provenance of each value.
    pub profiles: Vec<ProfileUsed>,
}

/// What a study read beside its scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileUsed {
    /// Its name.
    pub name: String,
    /// BLAKE3 of its content, hexadecimal.
    pub blake3: String,
}

/// A device, link or cloud profile or a price list, as used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileUsed {
    /// `device`, `link`, `cloud` or `prices`.
    pub kind: String,
    /// Its name, or path.
    pub name: String,
    /// What it describes.
    pub description: String,
    /// Its values.
    pub values: Vec<ValueUsed>,
}

/// One value of a profile with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueUsed {
    /// Name of the quantity.
    pub key: String,
    /// The value, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Where it is from.
    pub source: String,
    /// What it covers: per operation, or all-in at an operating point.
    pub scope: String,
    /// How good it is: measured, simulated, published model, or assumed.
    pub evidence: String,
}
