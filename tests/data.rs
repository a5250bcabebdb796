//! `cospike data check`, as a user runs it.

use assert_cmd::Command;
use std::path::Path;

fn check(folder: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("cospike").unwrap().arg("data").arg("check").arg(folder).args(more).assert()
}

fn output(assert: assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Two images of 1 x 2 pixels, of the classes 0 and 3.
fn write_idx(folder: &Path, start: &str) {
    let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &[1, 2, 3, 4]].concat();
    std::fs::write(folder.join(format!("{start}-images-idx3-ubyte")), images).unwrap();
    std::fs::write(folder.join(format!("{start}-labels-idx1-ubyte")), [0, 0, 8, 1, 0, 0, 0, 2, 0, 3]).unwrap();
}

#[test]
fn a_folder_says_what_it_is_taken_for_or_what_is_wrong_with_it() {
    let place = tempfile::tempdir().unwrap();
    let nothing = check(place.path(), &[]).code(2);
    let error = String::from_utf8(nothing.get_output().stderr.clone()).unwrap();
    assert!(error.contains("or PNG and JPEG files in test/CLASS/"), "{error}");

    write_idx(place.path(), "train");
    let found = output(check(place.path(), &[]).success());
    assert!(found.contains("training: 2 images of 1x1x2 (channels x rows x columns)\n"), "{found}");
    assert!(found.contains("classes 0 to 3, 0 to 1 samples of each"), "{found}");
    assert!(found.contains("There are no test samples"), "{found}");

    write_idx(place.path(), "t10k");
    let found = output(check(place.path(), &["--json"]).success());
    let json: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(json["test"]["class_sizes"], serde_json::json!([1, 0, 0, 1]));
    assert_eq!(json["test"]["blake3"], json["training"]["blake3"]);

    std::fs::write(place.path().join("t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 0]).unwrap();
    let damaged = check(place.path(), &[]).code(2);
    let error = String::from_utf8(damaged.get_output().stderr.clone()).unwrap();
    assert!(error.contains("t10k-labels-idx1-ubyte") && error.contains("promises 2 bytes"), "{error}");
}
