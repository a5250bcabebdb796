//! Tables of a result folder, read, summarised and drawn.

use crate::is_accepted;
use cospike_results::manifest::{MANIFEST_SCHEMA, Manifest, StoredManifest};
use cospike_results::rows::Results;
use cospike_results::store::folder::{self, FolderError};
use cospike_results::summary::Summary;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The tables that are read, which the first byte of an input chooses from.
const TABLES: [&str; 7] = ["points", "layers", "compute_energy", "replications", "latencies", "answers", "time_line"];

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
pub fn result_folder(bytes: &[u8]) -> bool {
    match read(bytes) {
        None => false,
        Some(Ok(results)) => is_accepted(Summary::new(&results)) && is_accepted(cospike_reports::render(&results)),
        Some(refused) => is_accepted(refused),
    }
}

/// Reads the folder with the table that the first byte names, and puts the empty one back.
fn read(bytes: &[u8]) -> Option<Result<Results, FolderError>> {
    let (table, content) = bytes.split_first()?;
    let name = format!("{}.parquet", TABLES[usize::from(*table) % TABLES.len()]);
    FOLDER.with(|folder| {
        let folder = folder.path();
        let old = fs::read(folder.join(&name)).expect("the folder has all tables");
        write(folder, &name, content);
        let found = folder::read(folder);
        write(folder, &name, &old);
        Some(found)
    })
}

/// Puts `content` in the place of a table, with its hash in the manifest.
fn write(folder: &Path, name: &str, content: &[u8]) {
    fs::write(folder.join(name), content).expect("a temporary file can be written");
    let files = fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("it can be listed").path());
    let tables = files.filter(|file| file.extension().is_some_and(|ending| ending == "parquet")).map(|file| {
        let content = fs::read(&file).expect("the folder's files can be read");
        let name = file.file_name().expect("files have names").to_string_lossy().into_owned();
        (name, blake3::hash(&content).to_hex().to_string())
    });
    let tables: BTreeMap<_, _> = tables.collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the fuzzer begins with are tables as they are written today; others would be refused for their columns or their compression.
    #[test]
    fn tables_of_the_corpus_are_read() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/result_folder");
        for (number, table) in TABLES.iter().enumerate() {
            let seed = fs::read(corpus.join(table)).unwrap();
            assert_eq!(usize::from(seed[0]), number, "{table}");
            let found = read(&seed).unwrap().map(|_| ()).map_err(|error| error.to_string());
            let renewed = "`cospike run tests/data/small.toml --set samples.count=12 --set workload.requests=40 --set workload.warmup=2` writes it";
            assert_eq!(found, Ok(()), "{table}: put the number of the table before it, {renewed}");
        }
    }
}
