//! Description of what was run: `manifest.json` in a result folder.

use crate::goal::GoalUsed;
use crate::sealed::{self, SealError};
use cospike_sim_core::record::Kind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Number of the present form of the manifest and of the tables that it names. A change that another version would misread, or could not
/// read, takes the next one.
pub const MANIFEST_SCHEMA: u32 = 5;
/// Kind of document that a manifest is, for its seal.
const KIND: &str = "manifest";

/// Description of what was run, enough to run it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Number of the manifest's form, [`MANIFEST_SCHEMA`] for the one that this version writes and reads.
    pub schema: u32,
    /// Version of CoSpike that ran the study.
    pub version: String,
    /// Name of the study.
    pub name: String,
    /// Question that the study is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Text of the scenario file, verbatim.
    pub scenario: String,
    /// Values that were given beside the scenario and replace its own, each as `KEY=VALUE`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// Design points of the scenario that were selected, as numbers and ranges `FROM..TO` without TO, counted from 0; empty if
    /// all were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<String>,
    /// What was searched, and how it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchUsed>,
    /// Which design point is the best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalUsed>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications per design point.
    pub replications: u32,
    /// Swept keys, in the order of the file.
    pub axes: Vec<Axis>,
    /// Weight files of the networks that were run, by their names in the zoo.
    pub networks: Vec<FileUsed>,
    /// Data sets on which the networks were run; the hash covers shape, classes and pixels, whatever files hold them.
    pub datasets: Vec<FileUsed>,
    /// Recorded rates and arrivals, and measured heads, by the paths in the scenario.
    pub traces: Vec<FileUsed>,
    /// Every profile and price list that was used, with the provenance of each value.
    pub profiles: Vec<ProfileUsed>,
    /// What was simulated but is not as it should be, in sentences: a mix of prices and rates, a law beyond its range.
    pub warnings: Vec<String>,
}

/// A swept key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Dotted path of the key.
    pub key: String,
    /// Kind of its values.
    pub kind: Kind,
}

/// Search for a value of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchUsed {
    /// Dotted path of the searched key.
    pub key: String,
    /// `largest` or `smallest`.
    pub goal: String,
    /// Smallest candidate.
    pub from: f64,
    /// Largest candidate.
    pub to: f64,
    /// Number of candidates.
    pub candidates: u32,
    /// Condition that must hold, as it was written.
    pub condition: String,
    /// Probability that no verdict of one search is wrong.
    pub confidence: f64,
    /// Maximum number of replications of a candidate.
    pub max_replications: u32,
}

/// File that a study read beside its scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileUsed {
    /// Name of the file, without a folder for what is built in.
    pub name: String,
    /// BLAKE3 hash of the content, in hexadecimal digits.
    pub blake3: String,
    /// How a network of another framework was read, as its format leaves it open: `dt=1e-4 reset=hard fire=gt initial=rest`, and the
    /// normalisation that was given; `None` of other files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
}

impl FileUsed {
    /// A file that can be read in one way only.
    pub fn new(name: impl Into<String>, blake3: impl Into<String>) -> Self {
        Self { name: name.into(), blake3: blake3.into(), read_as: None }
    }
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

/// A manifest as it lies in a result folder: with the tables that belong to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredManifest {
    /// What was run.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// BLAKE3 hash of every table's file, in hexadecimal digits, by the name of the file.
    pub tables: BTreeMap<String, String>,
}

/// Reason why a text is no manifest that this version reads.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The text is something else.
    #[error("it is no manifest of CoSpike")]
    Foreign,
    /// The manifest was written before manifests had a schema number.
    #[error(
        "it has no schema number, so an older version of CoSpike{} wrote it; this one reads schema {MANIFEST_SCHEMA}",
        version(written_by)
    )]
    NoSchema {
        /// Version of CoSpike that wrote the manifest, if it says so.
        written_by: Option<String>,
    },
    /// The manifest has another schema number.
    #[error(
        "another version of CoSpike{} wrote it, with schema {found}; this one reads schema {MANIFEST_SCHEMA}",
        version(written_by)
    )]
    Schema {
        /// Schema number of the manifest.
        found: u32,
        /// Version of CoSpike that wrote the manifest, if it says so.
        written_by: Option<String>,
    },
    /// The manifest is not as it was written.
    #[error("it is damaged or was changed: {0}")]
    Seal(#[from] SealError),
}

fn version(written_by: &Option<String>) -> String {
    written_by.as_ref().map_or(String::new(), |version| format!(" ({version})"))
}

/// The keys that manifests of every schema have.
#[derive(Deserialize)]
struct Head {
    schema: Option<u32>,
    version: Option<String>,
    // Other programs have files of this name, with a `version` too.
    #[serde(rename = "scenario")]
    _scenario: String,
    #[serde(rename = "seed")]
    _seed: u64,
}

impl StoredManifest {
    /// The manifest as JSON text, with a line break at the end.
    ///
    /// # Errors
    /// [`ManifestError::Seal`] for a number that is not finite.
    pub fn to_json(&self) -> Result<String, ManifestError> {
        Ok(sealed::to_json(KIND, self)?)
    }

    /// Reads a manifest of the present schema.
    ///
    /// # Errors
    /// [`ManifestError`] for another schema, for what is no manifest, and for one that is not as it was written.
    pub fn from_json(text: &str) -> Result<Self, ManifestError> {
        match serde_json::from_str(text).map_err(|_| ManifestError::Foreign)? {
            Head { schema: Some(MANIFEST_SCHEMA), .. } => Ok(sealed::from_json(KIND, text)?),
            Head { schema: Some(found), version, .. } => Err(ManifestError::Schema { found, written_by: version }),
            Head { schema: None, version, .. } => Err(ManifestError::NoSchema { written_by: version }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::proptest;
    use proptest::sample::Index;

    fn stored() -> StoredManifest {
        let value = ValueUsed {
            key: "idle_w".into(),
            value: 0.1 + 0.2,
            unit: "W".into(),
            source: "a data sheet".into(),
            scope: "all-in".into(),
            evidence: "measured".into(),
        };
        let profile =
            ProfileUsed { kind: "link".into(), name: "wifi".into(), description: "d".into(), values: vec![value] };
        let manifest = Manifest {
            schema: MANIFEST_SCHEMA,
            version: "0.1.0".into(),
            name: "study".into(),
            question: Some("Which is best?".into()),
            scenario: "[study]\n".into(),
            settings: vec!["fleet.devices=10".into()],
            selected: vec!["0".into(), "3..7".into()],
            search: None,
            goal: None,
            seed: u64::MAX,
            replications: 2,
            axes: vec![Axis { key: "network.width".into(), kind: Kind::Whole64 }],
            networks: vec![FileUsed { read_as: Some("dt=1e-4".into()), ..FileUsed::new("n", "0") }],
            datasets: vec![],
            traces: vec![],
            profiles: vec![profile],
            warnings: vec!["w".into()],
        };
        StoredManifest { manifest, tables: [("points.parquet".into(), "ab".into())].into() }
    }

    #[test]
    fn a_manifest_of_another_schema_is_refused_with_the_version_that_reads_it() {
        let text = stored().to_json().unwrap();
        assert!(text.starts_with("{\n  \"schema\": 5,\n"), "{text}");
        assert_eq!(StoredManifest::from_json(&text).unwrap(), stored());
        let newer = text.replacen("\"schema\": 5", "\"schema\": 99", 1);
        let error = StoredManifest::from_json(&newer).unwrap_err();
        assert!(matches!(error, ManifestError::Schema { found: 99, .. }) && error.to_string().contains("(0.1.0)"));
        let older = text.replace("  \"schema\": 5,\n", "");
        assert!(matches!(StoredManifest::from_json(&older), Err(ManifestError::NoSchema { .. })));
        for foreign in ["{}", "schema = 1", "", "[]", r#"{"name": "my extension", "version": "1.0"}"#] {
            assert!(matches!(StoredManifest::from_json(foreign), Err(ManifestError::Foreign)), "{foreign}");
        }
    }

    #[test]
    fn a_manifest_in_other_clothes_is_the_same_and_one_with_more_in_it_is_not() {
        let text = stored().to_json().unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(StoredManifest::from_json(&value.to_string()).unwrap(), stored());
        assert_eq!(StoredManifest::from_json(&text.replace('\n', "\r\n")).unwrap(), stored());
        let noted = text.replacen("{", "{ \"note\": \"mine\",", 1);
        assert!(matches!(StoredManifest::from_json(&noted), Err(ManifestError::Seal(SealError::Changed))));
    }

    proptest! {
        #[test]
        fn invariant_13_a_flipped_bit_of_a_manifest_is_found(place: Index, bit in 0..8_u8) {
            let mut bytes = stored().to_json().unwrap().into_bytes();
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(read) = String::from_utf8(bytes).map_err(drop).and_then(|t| StoredManifest::from_json(&t).map_err(drop)) {
                // Blank for blank.
                assert_eq!(read, stored());
            }
        }
    }
}
