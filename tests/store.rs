//! `cospike store`: what is in a store, and what can go.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Standard output of a command that must end with this exit code, on the store `s` in `here`.
fn run(here: &Path, arguments: &[&str], code: i32) -> String {
    let mut command = Command::cargo_bin("cospike").unwrap();
    let output = command.current_dir(here).env("COSPIKE_STORE", "s").args(arguments).assert().code(code);
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

fn json(here: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(here, arguments, 0)).unwrap()
}

/// Paths of the entries in a store.
fn entries(store: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut found: Vec<_> = inside(&store.join("entries")).iter().flat_map(|folder| inside(folder)).collect();
    found.sort();
    found
}

/// Two studies that share an inference: one network, two replications of one point; the other one has another rate.
fn two_studies() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("data/small.toml").replace("[\"spiking\", \"float\"]", "[\"spiking\"]");
    let text = text.replace("network.width = [4, 8]", "network.width = [4]");
    let other = text.replace("name = \"small\"", "name = \"other\"").replace("uplink_mbps = 10.0", "uplink_mbps = 9.0");
    assert_ne!(text, other);
    for (name, text) in [("small.toml", text), ("other.toml", other)] {
        fs::write(folder.path().join(name), text).unwrap();
        run(folder.path(), &["run", name], 0);
    }
    folder
}

#[test]
fn what_is_in_a_store_is_listed_by_study_and_by_kind() {
    let folder = two_studies();
    let here = folder.path();
    let listed = json(here, &["store", "ls", "--json"]);
    let studies = listed["studies"].as_array().unwrap();
    let mut names: Vec<&str> = studies.iter().map(|study| study["study"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["other", "small"]);
    for study in studies {
        assert_eq!((&study["pieces"], &study["design_points"], &study["networks"]), (&4.into(), &1.into(), &1.into()));
    }
    let sizes = json(here, &["store", "du", "--json"]);
    let kinds: Vec<(&str, u64)> = sizes["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| (kind["kind"].as_str().unwrap(), kind["pieces"].as_u64().unwrap()))
        .collect();
    assert_eq!(kinds, [("inferences", 1), ("summaries of inferences", 1), ("replications", 4)]);
    let bytes: u64 = entries(&here.join("s")).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert_eq!((&sizes["bytes"], &sizes["pieces"]), (&bytes.into(), &6.into()));
    assert!(run(here, &["store", "ls"], 0).contains("small"));
    fs::create_dir(here.join("thesis")).unwrap();
    for folder in ["nowhere", "thesis"] {
        for verb in [&["ls"][..], &["du"], &["gc"], &["verify"], &["export", "copy"]] {
            run(here, &[&["store"], verb, &["--store", folder]].concat(), 2);
        }
    }
    assert!(!here.join("nowhere").exists() && fs::read_dir(here.join("thesis")).unwrap().next().is_none());
}

#[test]
fn invariant_13_only_what_no_study_has_is_removed() {
    let folder = two_studies();
    let here = folder.path();
    let before = entries(&here.join("s"));
    let key = "ab".to_owned() + &"0".repeat(62);
    let orphan = here.join("s/entries/ab").join(&key);
    fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    fs::write(&orphan, "of an older version").unwrap();
    // Whatever else lies in a store, somebody else has put there.
    let mine = ["notes.txt", "entries/post.md", "entries/ab/draft.damaged", "notes/workers/list.txt"]
        .map(|name| here.join("s").join(name));
    for path in &mine {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    let worker = here.join("s/notes/workers").join("0".repeat(64)).join("0123456789abcdef");
    fs::create_dir_all(worker.parent().unwrap()).unwrap();
    fs::write(&worker, "{}").unwrap();
    assert!(run(here, &["store", "gc"], 0).contains("removed 0 pieces"));
    assert!(orphan.exists(), "a process may be about to write its record");
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_hours(25);
    for path in mine.iter().chain([&orphan, &worker]) {
        fs::File::options().write(true).open(path).unwrap().set_modified(yesterday).unwrap();
    }
    assert!(run(here, &["store", "gc", "--dry-run"], 0).contains("would remove 1 piece "));
    assert!(orphan.exists());
    assert!(run(here, &["store", "gc"], 0).contains("removed 1 piece "));
    assert!(!orphan.exists() && !worker.exists());
    assert!(mine.iter().all(|path| fs::read_to_string(path).unwrap() == "mine"));
    mine.iter().for_each(|path| fs::remove_file(path).unwrap());
    assert_eq!(entries(&here.join("s")), before);
    // One study is forgotten; what the other one has as well stays.
    let record = fs::read_dir(here.join("s/notes/studies")).unwrap().map(|entry| entry.unwrap().path());
    let record =
        record.into_iter().find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("other")).unwrap();
    let text = fs::read_to_string(&record).unwrap();
    let used = text.find("\"used\":\"").unwrap() + 8;
    fs::write(&record, text.replacen(&text[used..used + 4], "2001", 1)).unwrap();
    assert!(run(here, &["store", "gc", "--unused-days", "30"], 0).contains("removed 2 pieces"));
    assert_eq!(entries(&here.join("s")).len(), 4);
    assert!(!record.exists());
    fs::write(&record, "{").unwrap();
    run(here, &["store", "gc"], 1);
    assert_eq!(entries(&here.join("s")).len(), 4);
}

#[test]
fn damage_is_found_and_what_is_exported_is_found_elsewhere() {
    let folder = two_studies();
    let here = folder.path();
    assert!(run(here, &["store", "verify"], 0).contains("6 pieces whole, 0 damaged"));
    assert!(run(here, &["store", "export", "all"], 0).contains("copied 6 pieces"));
    assert!(run(here, &["store", "export", "all"], 0).contains("copied 0 pieces"));
    run(here, &["store", "export", "one", "--study", "small"], 0);
    run(here, &["store", "export", "one", "--study", "smal"], 2);
    let names = |store: &str| -> Vec<_> {
        entries(&here.join(store)).iter().map(|path| path.file_name().unwrap().to_owned()).collect()
    };
    assert_eq!((names("all"), names("one").len()), (names("s"), 4));
    let mut command = Command::cargo_bin("cospike").unwrap();
    let output = command.current_dir(here).args(["run", "small.toml", "--store", "one"]).assert().success();
    let said = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert!(said.contains("found 1 of 1 inference and 2 of 2 replications in the store one"), "{said}");
    let first = &entries(&here.join("s"))[0];
    let mut bytes = fs::read(first).unwrap();
    bytes[33] ^= 1;
    fs::write(first, bytes).unwrap();
    assert!(run(here, &["store", "verify"], 1).contains("5 pieces whole, 1 damaged"));
    assert!(run(here, &["store", "gc"], 0).contains("removed 1 piece "));
}
