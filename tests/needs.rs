//! What a study needs is said, and held against what the machine has, before it starts.

use assert_cmd::Command;
use std::path::Path;

fn cospike(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(folder).args(arguments).env("COSPIKE_STORE", folder.join(".store"));
    command
}

/// A million replications of each of a thousand design points are more rows than any machine holds.
#[test]
fn a_study_that_needs_more_memory_than_the_machine_has_is_refused_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let devices: Vec<String> = (1..=1_000).map(|devices| devices.to_string()).collect();
    let (text, _) = include_str!("data/small.toml").split_once("[sweep]").unwrap();
    let text =
        text.replace("replications = 2", "replications = 1_000_000").replace("requests = 120", "requests = 1_000_000");
    let sweep = format!("[sweep]\nnetwork.family = [\"spiking\"]\nfleet.devices = [{}]\n", devices.join(", "));
    std::fs::write(folder.path().join("huge.toml"), text + &sweep).unwrap();
    let checked = cospike(&["check", "huge.toml"], folder.path()).assert().success().get_output().clone();
    let printed = String::from_utf8(checked.stdout).unwrap();
    for part in
        ["needs at least", "GiB of memory", "most of it for the rows of replications", "takes at least", "years"]
    {
        assert!(printed.contains(part), "`{part}` in {}", &printed[..500]);
    }
    let refused = cospike(&["run", "huge.toml"], folder.path()).assert().code(2).get_output().clone();
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("the study `small` needs at least") && message.contains("this machine has"), "{message}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is written");
    let json = cospike(&["check", "huge.toml", "--json"], folder.path()).assert().success().get_output().clone();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["requests"], 1e15);
}

/// A mistake in a file far larger than a scenario, and one in a line without end, are reported at once.
#[test]
fn files_that_are_too_large_or_no_text_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("large.toml", "a".repeat(5 << 20).as_bytes());
    write("deep.toml", format!("a = {}", "[".repeat(3 << 20)).as_bytes());
    write("latin.toml", b"[study]\nname = \"caf\xe9\"\n");
    std::fs::create_dir(folder.path().join("folder.toml")).unwrap();
    let marked = ["\u{feff}".as_bytes(), b"sedd = 1\n"].concat();
    write("marked.toml", &marked);
    for (name, part) in [
        ("large.toml", "large.toml: it is larger than 4 MiB"),
        ("deep.toml", "deep.toml:1:"),
        ("latin.toml", "latin.toml: line 2, column 12 is not text in UTF-8"),
        ("folder.toml", "folder.toml: it is a folder, not a file"),
        ("marked.toml", "marked.toml:1:1\n"),
    ] {
        let output = cospike(&["check", name], folder.path()).assert().code(2).get_output().clone();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(part) && message.len() < 3_000, "`{part}` in {message}");
    }
}
