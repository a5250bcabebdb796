//! A table at which the Parquet library panics, and whose hash the manifest confirms: refused in words.

use assert_cmd::Command;
use cospike_results::manifest::StoredManifest;
use std::fs;
use std::path::Path;

/// Durations of a study with a column chunk of a negative length, which the fuzzer found. The first byte names the table.
const FORGED: &[u8] = include_bytes!("../fuzz/corpus/result_folder/negative-column-length");

#[test]
fn a_forged_table_is_refused_without_the_words_of_a_panic() {
    let place = tempfile::tempdir().unwrap();
    let cospike = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("cospike").unwrap();
        command.current_dir(place.path()).args(arguments).assert()
    };
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small.toml");
    cospike(&["run", scenario.to_str().unwrap(), "--no-store", "--out", "results"]).success();

    let folder = place.path().join("results");
    fs::write(folder.join("latencies.parquet"), &FORGED[1..]).unwrap();
    let mut manifest = StoredManifest::from_json(&fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let hash = blake3::hash(&FORGED[1..]).to_hex().to_string();
    *manifest.tables.get_mut("latencies.parquet").expect("durations have a table") = hash;
    fs::write(folder.join("manifest.json"), manifest.to_json().unwrap()).unwrap();

    let said = String::from_utf8(cospike(&["report", "results"]).failure().get_output().stderr.clone()).unwrap();
    assert!(said.contains("latencies.parquet") && said.contains("its metadata contradict themselves"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
