//! The way in: a scenario of one's own, and the profiles and price lists that it can name.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn cospike(arguments: &[&str], folder: &Path) -> assert_cmd::assert::Assert {
    Command::cargo_bin("cospike").unwrap().current_dir(folder).args(arguments).assert()
}

fn printed(arguments: &[&str], folder: &Path) -> String {
    String::from_utf8(cospike(arguments, folder).success().get_output().stdout.clone()).unwrap()
}

fn refused(arguments: &[&str], folder: &Path) -> String {
    String::from_utf8(cospike(arguments, folder).code(2).get_output().stderr.clone()).unwrap()
}

/// What `cospike check` says of a scenario.
fn checked(scenario: &str, settings: &[&str], folder: &Path) -> Value {
    serde_json::from_str(&printed(&[&["check", scenario, "--json"], settings].concat(), folder)).unwrap()
}

/// Every shipped scenario becomes one of the user's that has the same design points, and replaces no file.
#[test]
fn a_copy_of_each_scenario_compiles_to_the_same_points() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    for (index, file) in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")).unwrap().enumerate() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "toml") || path.ends_with("Cargo.toml") {
            continue;
        }
        let from = path.file_stem().unwrap().to_str().unwrap();
        let own = format!("of-{index}/mine.toml");
        printed(&["new", &own, "--from", from], here);
        let mut own = checked(&own, &[], here);
        assert_eq!(own["study"], "mine");
        own["study"] = from.into();
        assert_eq!(own, checked(from, &[], here));
    }
    fs::write(here.join("taken.toml"), "mine").unwrap();
    let said = refused(&["new", "taken.toml"], here);
    assert!(said.contains("taken.toml is there already, and is not replaced"), "{said}");
    assert_eq!(fs::read(here.join("taken.toml")).unwrap(), b"mine");
}

#[test]
fn what_cannot_be_a_scenario_is_refused_before_anything_is_written() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    for name in ["mine", "mine.txt", ".toml", "two words.toml", "-"] {
        let said = refused(&["new", "--", name], here);
        assert!(said.contains("is no name for a scenario file"), "{said}");
    }
    let said = refused(&["new", "mine.toml", "--from", "fleeet"], here);
    assert!(said.contains("did you mean `fleet`?"), "{said}");
    fs::create_dir(here.join("traces")).unwrap();
    fs::write(here.join("traces/round-trip.csv"), "mine").unwrap();
    let said = refused(&["new", "mine.toml", "--from", "adaptive-split"], here);
    assert!(said.contains("round-trip.csv is there already and is not the trace"), "{said}");
    assert!(!here.join("mine.toml").exists());
    assert_eq!(fs::read(here.join("traces/round-trip.csv")).unwrap(), b"mine");
}

/// What is printed of a profile or a price list can be used in its place.
#[test]
fn a_printed_profile_is_one_for_scenarios() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    printed(&["new", "mine.toml"], here);
    let listed = printed(&["profiles"], here);
    for name in ["microcontroller", "wifi", "server"] {
        assert!(listed.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name} in {listed}");
    }
    for (key, command, name) in [
        ("fleet.profile", "profile", "edge-accelerator"),
        ("link.profile", "profile", "wifi"),
        ("cloud.profile", "profile", "server"),
        ("fleet.prices", "prices", "horowitz-45nm-fp32"),
    ] {
        fs::write(here.join("own.toml"), printed(&[command, name], here)).unwrap();
        // A machine does not name the lists of others as its own, and it is warned of that.
        let points =
            |value: &str| checked("mine.toml", &["--set", &format!("{key}={value}")], here)["design_points"].take();
        assert_eq!(points("own.toml"), points(name), "{key}");
    }
    assert!(printed(&["prices"], here).contains("horowitz-45nm-fp32"));
    assert!(refused(&["profile", "wify"], here).contains("did you mean `wifi`?"));
    assert!(
        refused(&["prices", "horowitz"], here).contains("no price list that ships with CoSpike is called `horowitz`")
    );
}
