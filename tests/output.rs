//! Nobody reads what a command prints, or there is no room for it: no panic, and the exit code says whether anything is lost.

use assert_cmd::cargo::cargo_bin;
use std::fs::File;
use std::io::pipe;
use std::process::{Command, Stdio};

/// A command of each kind that prints much, which takes little time.
const COMMANDS: [&[&str]; 15] = [
    &["--help"],
    &["--version"],
    &["schema"],
    &["networks"],
    &["profiles"],
    &["profile", "wifi"],
    &["prices"],
    &["zoo"],
    &["zoo", "--json"],
    &["check", "quickstart"],
    &["check", "quickstart", "--plan"],
    &["check", "quickstart", "--json"],
    &["infer", "resnet14-spiking", "--samples", "2"],
    &["energy", "resnet14", "--samples", "2"],
    &["run", "no such scenario"],
];

/// Exit code of a command with this standard output and standard error, and with a terminal's worth of words.
fn code(arguments: &[&str], out: impl Into<Stdio>, error: impl Into<Stdio>) -> Option<i32> {
    Command::new(cargo_bin("cospike")).args(arguments).stdout(out).stderr(error).status().unwrap().code()
}

fn closed() -> Stdio {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_has_seen_enough_changes_nothing() {
    for arguments in COMMANDS {
        let expected = code(arguments, Stdio::null(), Stdio::null());
        let refused = arguments.contains(&"no such scenario");
        assert_eq!(expected, Some(if refused { 2 } else { 0 }), "{arguments:?}");
        assert_eq!(code(arguments, closed(), Stdio::null()), expected, "{arguments:?} | true");
        assert_eq!(code(arguments, Stdio::null(), closed()), expected, "{arguments:?} 2>&1 >/dev/null | true");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn lost_output_is_a_failure_and_lost_complaints_are_not() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for arguments in COMMANDS {
        let expected = code(arguments, Stdio::null(), Stdio::null());
        let with_nothing_printed = if expected == Some(0) { Some(1) } else { expected };
        assert_eq!(code(arguments, full(), Stdio::null()), with_nothing_printed, "{arguments:?} > /dev/full");
        assert_eq!(code(arguments, Stdio::null(), full()), expected, "{arguments:?} 2> /dev/full");
    }
    let said = Command::new(cargo_bin("cospike")).arg("zoo").stdout(full()).output().unwrap().stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(said.starts_with("error: a part of the output is lost") && said.contains("No space left"), "{said}");
}
