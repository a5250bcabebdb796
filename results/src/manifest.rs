//! Description of what was run: `manifest.json` in a result folder.

use serde::{Deserialize, Serialize};

/// Number of the manifest's present form. A change that older versions would misread takes the next one.
pub const MANIFEST_SCHEMA: u32 = 1;

/// Description of what was run, enough to run it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Number of the manifest's form, [`MANIFEST_SCHEMA`] for the one that this version writes and reads.
    pub schema: u32,
    /// Version of CoSpike that ran the study.
    pub version: String,
    /// Name of the study.
    pub name: String,
    /// Text of the scenario file, verbatim.
    pub scenario: String,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications per design point.
    pub replications: u32,
    /// Dotted paths of the swept keys, in the order of the file.
    pub axes: Vec<String>,
    /// Weight files of the networks that were run, by their names in the zoo.
    pub networks: Vec<FileUsed>,
    /// Data sets on which the networks were run; the hash covers shape, classes and pixels, whatever files hold them.
    pub datasets: Vec<FileUsed>,
    /// Recorded rates and arrivals, by the paths in the scenario.
    pub traces: Vec<FileUsed>,
    /// Every profile and price list that was used, with the provenance of each value.
    pub profiles: Vec<ProfileUsed>,
}

/// File that a study read beside its scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileUsed {
    /// Name of the file, without a folder for what is built in.
    pub name: String,
    /// BLAKE3 hash of the content, in hexadecimal digits.
    pub blake3: String,
}

/// Device, link or cloud profile or price list, as it was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileUsed {
    /// Kind of the profile: `device`, `link`, `cloud` or `prices`.
    pub kind: String,
    /// Name of a built-in profile, or path of the user's own.
    pub name: String,
    /// Sentence on what the profile describes.
    pub description: String,
    /// Values of the profile, in the order of its file.
    pub values: Vec<ValueUsed>,
}

/// One value of a profile with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueUsed {
    /// Key of the value in the profile.
    pub key: String,
    /// Number, in `unit`.
    pub value: f64,
    /// Unit of the value.
    pub unit: String,
    /// Publication, data sheet or reasoning that the value is from.
    pub source: String,
    /// Scope of the value: per operation, or all-in at an operating point.
    pub scope: String,
    /// Strength of the evidence: measured, simulated, published model, or assumed.
    pub evidence: String,
}

/// Reason why a text is no manifest that this version reads.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The text is no JSON, or lacks a key.
    #[error("no manifest of results: {0}")]
    Json(#[from] serde_json::Error),
    /// The manifest was written before manifests had a schema number.
    #[error(
        "the manifest has no schema number, so an older version of CoSpike{} wrote it: run the study again, or read the \
         results with that version; this one reads schema {MANIFEST_SCHEMA}",
        version(written_by)
    )]
    NoSchema {
        /// Version of CoSpike that wrote the manifest, if it says so.
        written_by: Option<String>,
    },
    /// The manifest has another schema number.
    #[error(
        "the manifest has schema {found}, but this version of CoSpike reads schema {MANIFEST_SCHEMA}: read the results with \
         the version that wrote them{}, or run the study again",
        version(written_by)
    )]
    Schema {
        /// Schema number of the manifest.
        found: u32,
        /// Version of CoSpike that wrote the manifest, if it says so.
        written_by: Option<String>,
    },
}

fn version(written_by: &Option<String>) -> String {
    written_by.as_ref().map_or(String::new(), |version| format!(" ({version})"))
}

/// The keys that manifests of every schema have.
#[derive(Deserialize)]
struct Head {
    schema: Option<u32>,
    version: Option<String>,
}

impl Manifest {
    /// The manifest as JSON text, with a line break at the end.
    ///
    /// # Errors
    /// [`ManifestError::Json`] if the writer fails.
    pub fn to_json(&self) -> Result<String, ManifestError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Reads a manifest of the present schema.
    ///
    /// # Errors
    /// [`ManifestError`] for another schema, or for what is no manifest.
    pub fn from_json(text: &str) -> Result<Self, ManifestError> {
        match serde_json::from_str(text)? {
            Head { schema: Some(MANIFEST_SCHEMA), .. } => Ok(serde_json::from_str(text)?),
            Head { schema: Some(found), version } => Err(ManifestError::Schema { found, written_by: version }),
            Head { schema: None, version } => Err(ManifestError::NoSchema { written_by: version }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_another_schema_is_refused_with_the_version_that_reads_it() {
        let manifest = Manifest {
            schema: MANIFEST_SCHEMA,
            version: "0.1.0".into(),
            name: "study".into(),
            scenario: "[study]\n".into(),
            seed: 7,
            replications: 2,
            axes: vec![],
            networks: vec![],
            datasets: vec![],
            traces: vec![],
            profiles: vec![],
        };
        let text = manifest.to_json().unwrap();
        assert!(text.starts_with("{\n  \"schema\": 1,\n"), "{text}");
        assert_eq!(Manifest::from_json(&text).unwrap(), manifest);
        let newer = Manifest { schema: 99, ..manifest.clone() }.to_json().unwrap();
        let error = Manifest::from_json(&newer).unwrap_err();
        assert!(matches!(error, ManifestError::Schema { found: 99, .. }) && error.to_string().contains("(0.1.0)"));
        let older = text.replace("  \"schema\": 1,\n", "");
        assert!(matches!(Manifest::from_json(&older), Err(ManifestError::NoSchema { .. })));
        assert!(matches!(Manifest::from_json("{}"), Err(ManifestError::NoSchema { written_by: None })));
        assert!(matches!(Manifest::from_json("schema = 1"), Err(ManifestError::Json(_))));
    }
}
