//! Programs whose file operations fail, or that are killed at one, by a library that is loaded before the system's.

use assert_cmd::cargo::CommandCargoExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What happens at an operation.
pub(crate) const KINDS: [&str; 8] = ["ENOSPC", "KILL", "EIO", "TERM", "EACCES", "INT", "full", "broken"];
pub(crate) const SIGNALS: [&str; 3] = ["KILL", "TERM", "INT"];

/// The library, compiled once; `None`, said aloud, where there is no compiler or another system.
fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let compile = || {
        if !cfg!(target_os = "linux") || Command::new("cc").arg("--version").output().is_err() {
            eprintln!("SKIPPED: faults of the system need Linux and the C compiler `cc`");
            return None;
        }
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/faults.c");
        let compiled =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&path).args([source, "-ldl"]).status();
        assert!(compiled.unwrap().success());
        Some(path)
    };
    LIBRARY.get_or_init(compile).as_deref()
}

/// A fault at the operation number `at` on what lies below a folder.
#[derive(Clone, Copy)]
pub(crate) struct Fault<'a> {
    pub(crate) below: &'a Path,
    pub(crate) at: u64,
    pub(crate) kind: &'a str,
}

/// The program with these arguments, on one thread.
pub(crate) fn cospike(arguments: &[&str], here: &Path) -> Command {
    let mut command = Command::cargo_bin("cospike").unwrap();
    command.current_dir(here).args(arguments).env("COSPIKE_STORE", here.join(".store")).env("RAYON_NUM_THREADS", "1");
    if arguments.first() == Some(&"run") {
        command.arg("--zoo").arg(crate::inputs().join("zoo"));
    }
    command
}

/// The program with a fault; `None` where there can be none.
pub(crate) fn faulty(arguments: &[&str], here: &Path, fault: Fault<'_>) -> Option<Command> {
    let mut command = cospike(arguments, here);
    command.env("LD_PRELOAD", library()?);
    command.env("FAULTS_BELOW", fault.below).env("FAULTS_AT", fault.at.to_string()).env("FAULTS_KIND", fault.kind);
    Some(command)
}

/// Number of operations on what lies below a folder; `None` where they cannot be counted.
pub(crate) fn count(arguments: &[&str], here: &Path, below: &Path) -> Option<u64> {
    let mut command = faulty(arguments, here, Fault { below, at: 0, kind: "" })?;
    let number = here.join("count");
    assert!(command.env("FAULTS_COUNT", &number).output().unwrap().status.success());
    Some(std::fs::read_to_string(number).unwrap().parse().unwrap())
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
