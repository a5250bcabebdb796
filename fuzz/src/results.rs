//! Tables of a result folder, read, summarised and drawn.

use crate::check_message;
use cospike_results::manifest::{MANIFEST_SCHEMA, Manifest, StoredManifest};
use cospike_results::rows::Results;
use cospike_results::store::folder;
use cospike_results::summary::Summary;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The tables, which the first byte of an input chooses from.
const TABLES: [&str; 6] = ["points", "layers", "compute_energy", "replications", "latencies", "answers"];

/// The tables that are made of these, and that nothing reads but to compare their hashes.
const MADE: [&str; 3] = ["probes", "runs", "comparisons"];

thread_local! {
    /// A result folder of this thread whose tables are empty.
    static FOLDER: TempDir = {
        let folder = tempfile::tempdir().expect("there is a place for temporary files");
        folder::write(&empty(), folder.path()).expect("results can be written");
        folder
    };
}

/// A result folder in which one table is what the fuzzer made up, and the manifest says that this is right, so that it is not the
/// hash that refuses it: what is read can be summarised and drawn, or is refused.
pub fn result_folder(bytes: &[u8]) {
    let Some((table, content)) = bytes.split_first() else { return };
    let name = format!("{}.parquet", TABLES[usize::from(*table) % TABLES.len()]);
    FOLDER.with(|folder| {
        let folder = folder.path();
        let old = fs::read(folder.join(&name)).expect("the folder has all tables");
        write(folder, &name, content);
        match folder::read(folder) {
            Ok(results) => {
                Summary::new(&results).err().iter().for_each(check_message);
                cospike_reports::render(&results).err().iter().for_each(check_message);
            }
            Err(error) => check_message(&error),
        }
        write(folder, &name, &old);
    });
}

/// Puts `content` in the place of a table, with its hash in the manifest.
fn write(folder: &Path, name: &str, content: &[u8]) {
    let mut tables: BTreeMap<String, String> = TABLES
        .iter()
        .chain(&MADE)
        .map(|table| format!("{table}.parquet"))
        .map(|table| {
            let content = fs::read(folder.join(&table)).expect("the folder has all tables");
            (table, blake3::hash(&content).to_hex().to_string())
        })
        .collect();
    tables.insert(name.into(), blake3::hash(content).to_hex().to_string());
    fs::write(folder.join(name), content).expect("a temporary file can be written");
    let manifest = StoredManifest { manifest: empty().manifest, tables }.to_json().expect("a manifest can be written");
    fs::write(folder.join("manifest.json"), manifest).expect("a temporary file can be written");
}

fn empty() -> Results {
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        version: "0".into(),
        name: "fuzzed".into(),
        question: None,
        scenario: String::new(),
        settings: vec![],
        selected: vec![],
        search: None,
        goal: None,
        seed: 0,
        replications: 1,
        axes: vec![],
        networks: vec![],
        datasets: vec![],
        traces: vec![],
        profiles: vec![],
        warnings: vec![],
    };
    Results::new(manifest, 0)
}
