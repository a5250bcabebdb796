//! Which places are taken for results and which are refused, and what stays in them.

use crate::shim::{Fault, cospike, faulty, said};
use crate::{copy, files, scenario};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs the program, which must refuse with exit code 2 and say all of this, and change nothing below `here`.
fn refuses(here: &Path, arguments: &[&str], parts: &[&str]) {
    let before = files(here);
    let output = cospike(arguments, here).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
    for part in parts {
        assert!(said(&output).contains(part), "`{part}` in: {}", said(&output));
    }
    assert!(files(here) == before, "{arguments:?} changed something");
}

fn succeeds(here: &Path, arguments: &[&str]) {
    let output = cospike(arguments, here).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
}

fn write(here: &Path, path: &str, text: &str) {
    copy(&BTreeMap::from([(PathBuf::from(path), text.as_bytes().to_vec())]), here);
}

#[test]
fn invariant_13_a_stranger_s_folder_is_refused_before_anything_is_computed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let scenario = scenario(here, 1);
    write(here, "app/manifest.json", r#"{"name": "my extension", "version": "1.0"}"#);
    write(here, "app/.git/HEAD", "ref: refs/heads/main");
    write(here, "app/src/main.js", "precious");
    let older = r#"{"version": "0.1.0", "name": "s", "scenario": "[study]", "seed": 1, "replications": 1}"#;
    write(here, "older/manifest.json", older);
    write(here, "schema/manifest.json", &older.replace('{', r#"{"schema": 1, "#));
    write(here, "notes/one.txt", "");
    write(here, "notes/two.txt", "");
    write(here, "file", "");
    write(here, "lock/.lock", "a lock of another program");
    write(here, "incoming/.incoming/mail", "a letter");
    let (long, deep) = ("n".repeat(300), "d/".repeat(2100));
    for (place, parts) in [
        ("app", &["app/manifest.json", "no manifest of CoSpike", "choose another place"][..]),
        ("older", &["older/manifest.json", "an older version of CoSpike (0.1.0)", "choose another place"]),
        ("schema", &["another version of CoSpike (0.1.0) wrote it, with schema 1"]),
        ("notes", &["notes holds `one.txt` and 1 more, and no results of CoSpike"]),
        (".", &["no results of CoSpike", "choose another place"]),
        ("file", &["file is no folder"]),
        ("file/r", &["file/r: Not a directory"]),
        ("lock", &["lock/.lock was not written by CoSpike"]),
        ("incoming", &["incoming holds `.incoming`"]),
        (&long, &["File name too long"]),
        (&deep, &["File name too long"]),
    ] {
        refuses(here, &["run", &scenario, "--out", place], parts);
    }
    for (option, path, part) in [
        ("--trace", scenario.as_str(), "is no trace of CoSpike"),
        ("--trace", "app/src/main.js", "is no trace of CoSpike"),
        ("--trace", "app", "app is no plain file"),
        ("--trace", "/dev/null", "/dev/null is no plain file"),
        ("--trace", "no/t.json", "no/t.json: No such file"),
        ("--trace", "new/manifest.json", "a name that the results need"),
        ("--trace", "new/report.html", "a name that the results need"),
        ("--store", "new", "a name that the results need"),
        ("--store", "file", "file is no folder: give a folder for the store"),
    ] {
        refuses(here, &["run", &scenario, "--out", "new", option, path], &[part]);
    }
    refuses(here, &["report", "app"], &["app/manifest.json: it is no manifest of CoSpike"]);
    refuses(here, &["report", "notes"], &["notes holds no results"]);
    refuses(here, &["report", "nowhere"], &["there is no folder nowhere"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(here.join("nothing"), here.join("dangling")).unwrap();
        let output = cospike(&["run", &scenario, "--out", "dangling"], here).output().unwrap();
        assert!(output.status.code() == Some(2) && said(&output).contains("dangling is a link to something"));
        assert!(!here.join("nothing").exists());
        for name in ["manifest.json", "report.json", ".lock"] {
            let place = here.join(name.replace('.', "-"));
            fs::create_dir(&place).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(place.join(name)).status().unwrap().success());
            for arguments in
                [&["run", &scenario, "--out", place.to_str().unwrap()][..], &["report", place.to_str().unwrap()]]
            {
                let output = cospike(arguments, here).output().unwrap();
                assert_eq!(output.status.code(), Some(2), "nothing waits for a pipe: {}", said(&output));
            }
        }
    }
}

/// Modes of files would not keep `root` from writing.
#[test]
fn invariant_13_a_place_that_cannot_be_written_to_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let scenario = scenario(here, 1);
    for (name, is_there) in [("there", true), ("new", false)] {
        let place = here.join(name);
        // From the making of the folder over its lock to the proof that files can be written in it.
        for (kind, at) in ["EACCES", "full", "EIO"].iter().flat_map(|kind| (1..=6).map(move |at| (kind, at))) {
            if is_there {
                fs::create_dir_all(&place).unwrap();
            }
            let arguments = ["run", &scenario, "--out", place.to_str().unwrap()];
            let Some(mut command) = faulty(&arguments, here, Fault { below: &place, at, kind }) else { return };
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{kind} at {at}: {}", said(&output));
            assert!(said(&output).contains(place.to_str().unwrap()), "{}", said(&output));
            assert_eq!(place.exists(), is_there, "{kind} at {at}");
            assert!(!is_there || files(&place).is_empty(), "{kind} at {at}");
        }
    }
}

#[test]
fn invariant_13_an_empty_folder_a_link_and_a_mount_point_are_good_places() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let scenario = scenario(here, 1);
    succeeds(here, &["run", &scenario, "--out", "new/in/new"]);
    let whole = files(&here.join("new/in/new"));
    fs::create_dir_all(here.join("mount/lost+found")).unwrap();
    succeeds(here, &["run", &scenario, "--out", "mount/"]);
    assert!(here.join("mount/lost+found").is_dir());
    fs::remove_dir(here.join("mount/lost+found")).unwrap();
    assert!(files(&here.join("mount")) == whole);
    fs::create_dir(here.join("empty")).unwrap();
    succeeds(&here.join("empty"), &["run", "../seed-1.toml", "--out", ".", "--no-store"]);
    assert!(files(&here.join("empty")) == whole);
    #[cfg(unix)]
    {
        fs::create_dir(here.join("target")).unwrap();
        std::os::unix::fs::symlink("target", here.join("link")).unwrap();
        for _ in 0..2 {
            succeeds(here, &["run", &scenario, "--out", "link"]);
            assert!(fs::symlink_metadata(here.join("link")).unwrap().is_symlink());
            assert!(files(&here.join("target")) == whole);
        }
    }
    // Left by a container in which every process has the number 1, and was killed.
    write(here, "killed/.lock", "CoSpike 0.1.0: cospike, process 1 on box\n");
    write(here, "killed/.staging-0123456789ab/points.parquet", "half");
    write(here, "killed/.staging-ba9876543210", "half a trace");
    succeeds(here, &["run", &scenario, "--out", "killed"]);
    assert!(files(&here.join("killed")) == whole);
}

#[test]
fn invariant_13_what_the_user_keeps_in_a_result_folder_stays_and_what_was_changed_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (first, second) = (scenario(here, 1), scenario(here, 2));
    succeeds(here, &["run", &first, "--out", "r", "--trace", "r/t.json"]);
    write(here, "r/notes.txt", "mine");
    write(here, "r/.git/HEAD", "mine");
    let with_notes = files(&here.join("r"));
    assert!(with_notes.contains_key(Path::new("t.json")));
    succeeds(here, &["run", &second, "--out", "r"]);
    let kept = |path: &str| files(&here.join("r"))[Path::new(path)] == with_notes[Path::new(path)];
    assert!(kept("notes.txt") && kept(".git/HEAD") && kept("t.json") && !kept("manifest.json"));
    succeeds(here, &["run", &first, "--out", "r", "--trace", "r/t.json"]);
    assert!(files(&here.join("r")) == with_notes);

    let mut changed = with_notes.clone();
    for (path, part) in [
        ("report.html", "r/report.html is not as CoSpike wrote it"),
        ("latency.svg", "r/latency.svg is not as CoSpike wrote it"),
        ("report.json", "r/report.json is not as CoSpike wrote it"),
        ("points.parquet", "r/points.parquet is not as CoSpike wrote it"),
        ("manifest.json", "r/manifest.json cannot be replaced"),
    ] {
        changed.get_mut(Path::new(path)).unwrap().push(b'!');
        fs::remove_dir_all(here.join("r")).unwrap();
        copy(&changed, &here.join("r"));
        refuses(here, &["run", &second, "--out", "r"], &[part]);
        let reported = part.replace("cannot be replaced", "").replace("as CoSpike wrote it", "");
        refuses(here, &["report", "r"], &[reported.trim_end()]);
        changed = with_notes.clone();
    }
    // A file of the user's under a name that was free.
    changed.remove(Path::new("report.json"));
    fs::remove_dir_all(here.join("r")).unwrap();
    copy(&changed, &here.join("r"));
    refuses(here, &["run", &second, "--out", "r"], &["was not written by CoSpike, which needs this name"]);
    // What was removed comes again.
    changed.retain(|path, _| ["svg", "html"].iter().all(|ending| path.extension().is_none_or(|e| e != *ending)));
    fs::remove_dir_all(here.join("r")).unwrap();
    copy(&changed, &here.join("r"));
    succeeds(here, &["report", "r"]);
    assert!(files(&here.join("r")) == with_notes);
}

/// A trace in the place of a study that was killed is no obstacle for the same command.
#[test]
fn invariant_13_the_same_command_goes_on_beside_its_own_trace_and_store() {
    let folder = tempfile::tempdir().unwrap();
    let here = fs::canonicalize(folder.path()).unwrap();
    let scenario = scenario(&here, 1);
    succeeds(&here, &["run", &scenario, "--out", "whole"]);
    let place = here.join("r");
    let [out, store, trace] = ["", "store", "t.json"].map(|inside| place.join(inside).to_str().unwrap().to_owned());
    let arguments = ["run", &scenario, "--out", &out, "--store", &store, "--trace", &trace];
    let fault = Fault { below: &place.join(".incoming"), at: 1, kind: "EIO" };
    let Some(mut command) = faulty(&arguments, &here, fault) else { return };
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(here.join("r/t.json").exists() && here.join("r/store").is_dir() && !here.join("r/manifest.json").exists());
    succeeds(&here, &arguments);
    let mut found = files(&place);
    found.retain(|path, _| !path.starts_with("store") && path != Path::new("t.json"));
    assert!(found == files(&here.join("whole")));
}

#[test]
fn invariant_13_a_damaged_piece_is_named_set_aside_and_computed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let scenario = scenario(here, 1);
    let run = |out: &str| cospike(&["run", &scenario, "--store", "s", "--out", out], here).output().unwrap();
    assert!(run("first").status.success());
    let entries = here.join("s/entries");
    let pieces = files(&entries);
    for (name, bytes) in &pieces {
        let mut damaged = bytes.clone();
        damaged[40] ^= 4;
        fs::write(entries.join(name), damaged).unwrap();
    }
    let output = run("second");
    assert!(output.status.success(), "{}", said(&output));
    for name in pieces.keys() {
        assert!(said(&output).contains(&format!("s/entries/{} is damaged", name.display())), "{}", said(&output));
        assert!(entries.join(name).with_extension("damaged").exists());
    }
    assert!(files(&here.join("second")) == files(&here.join("first")));
    assert!(pieces.iter().all(|(name, bytes)| files(&entries)[name] == *bytes));
}

/// Where the results are the same, no file is written again, and no report is drawn; but what is missing of it, or was drawn by another
/// program, is.
#[test]
fn a_repeat_changes_no_file_and_draws_the_report_only_if_it_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let (here, out) = (folder.path(), folder.path().join("out"));
    let first = scenario(here, 1);
    let run = || succeeds(here, &["run", &first, "--out", "out", "--store", "store"]);
    run();
    let written = files(&out);
    let times = || -> BTreeMap<PathBuf, std::time::SystemTime> {
        let shown = written.keys().filter(|path| !path.starts_with(".lock")).cloned();
        shown.map(|path| (path.clone(), fs::metadata(out.join(path)).unwrap().modified().unwrap())).collect()
    };
    let before = times();
    assert!(before.contains_key(Path::new("manifest.json")) && before.contains_key(Path::new("report.html")));
    run();
    assert_eq!(times(), before, "nothing was written");
    assert!(files(&out) == written);
    fs::remove_file(out.join("report.html")).unwrap();
    run();
    assert!(files(&out) == written, "what is missing is drawn");
    let place = cospike_results::store::folder::Place::open(&out, &[]).unwrap();
    place.write_report([("report.html", "a page of another program")], "another program").unwrap();
    drop(place);
    run();
    assert!(files(&out) == written, "what another program has drawn is drawn anew");
    succeeds(here, &["run", &scenario(here, 2), "--out", "out", "--store", "store"]);
    assert!(files(&out) != written);
    run();
    assert!(files(&out) == written, "the results of another study are replaced");
}
